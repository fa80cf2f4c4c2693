"""OAuth of the simulated Loket (docs/reference/loket.md, 1.2)."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from loket_sandbox_client import LoketClient

from veerpont_sandbox.world import Sandbox

BACK = "http://127.0.0.1:9/back"


def test_a_refresh_gives_the_fields_of_the_portal_and_a_new_token(loket: LoketClient) -> None:
    old = loket.refresh_token
    answer = loket.token(grant_type="refresh_token", refresh_token=old).json()
    assert set(answer) == {"access_token", "token_type", "expires_in", "refresh_token", "two_factor_state"}
    assert (answer["token_type"], answer["expires_in"], answer["two_factor_state"]) == ("bearer", 3599, "None")
    assert answer["refresh_token"] != old


def test_strict_rotation_kills_the_old_token_and_lenient_keeps_it(waterway: Sandbox, loket: LoketClient) -> None:
    old = loket.refresh_token
    loket.log_in()
    again = loket.token(grant_type="refresh_token", refresh_token=old)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    waterway.loket.providers["sluis"].settings.rotation = "lenient"
    for _ in range(2):
        assert loket.token(grant_type="refresh_token", refresh_token=loket.refresh_token).status_code == 200


def test_of_eight_at_the_same_moment_one_gets_a_token(loket: LoketClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        calls = [
            pool.submit(loket.token, grant_type="refresh_token", refresh_token=loket.refresh_token) for _ in range(8)
        ]
        statuses = sorted(call.result().status_code for call in calls)
    assert statuses == [200] + [400] * 7


def test_an_answer_that_is_lost_after_the_commit_ends_the_integration(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.faults.add("lost_answer", connector="token", times=1)
    with pytest.raises(requests.ConnectionError):
        loket.token(grant_type="refresh_token", refresh_token=loket.refresh_token)
    assert loket.token(grant_type="refresh_token", refresh_token=loket.refresh_token).json() == {
        "error": "invalid_grant"
    }


def test_a_lost_answer_is_no_loss_when_rotation_is_lenient(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.loket.providers["sluis"].settings.rotation = "lenient"
    waterway.faults.add("lost_answer", connector="token", times=1)
    with pytest.raises(requests.ConnectionError):
        loket.token(grant_type="refresh_token", refresh_token=loket.refresh_token)
    loket.log_in()


def test_a_reset_before_the_work_loses_nothing(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.faults.add("reset", connector="token", times=1)
    with pytest.raises(requests.ConnectionError):
        loket.token(grant_type="refresh_token", refresh_token=loket.refresh_token)
    loket.log_in()


def test_an_access_token_ends_after_expires_in(waterway: Sandbox, loket: LoketClient) -> None:
    assert loket.get("/user").status_code == 200
    waterway.loket.providers["sluis"].settings.expires_in = 0
    loket.log_in()
    assert loket.get("/user").status_code == 401


def test_the_client_is_checked(waterway: Sandbox, loket: LoketClient) -> None:
    refresh = {"grant_type": "refresh_token", "refresh_token": loket.refresh_token}
    for wrong in ({"client_secret": "no"}, {"client_id": "nobody"}):
        answer = loket.token(**refresh, **wrong)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    form = refresh | {"client_id": loket.client_id}
    assert requests.post(loket.token_url, data=form, timeout=10).status_code == 401
    waterway.loket.providers["sluis"].settings.secret_required = False
    assert requests.post(loket.token_url, data=form, timeout=10).status_code == 200


def test_the_form_may_be_plain_text_but_no_json(loket: LoketClient) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": loket.refresh_token,
        # The portal's spelling.
        "client_Id": loket.client_id,
        "client_secret": loket.client_secret,
    }
    as_json = requests.post(loket.token_url, json=form, timeout=10)
    assert (as_json.status_code, as_json.json()) == (400, {"error": "invalid_request"})
    body = "&".join(f"{name}={value}" for name, value in form.items())
    as_text = requests.post(loket.token_url, data=body, headers={"Content-Type": "text/plain"}, timeout=10)
    assert as_text.status_code == 200


@pytest.mark.parametrize(
    ("grant", "error"), [("password", "unauthorized_client"), ("client_credentials", "unsupported_grant_type")]
)
def test_other_grants_are_refused(loket: LoketClient, grant: str, error: str) -> None:
    answer = loket.token(grant_type=grant, username="a", password="b")
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def _authorize(sandbox: Sandbox, loket: LoketClient, **changed: str) -> requests.Response:
    asked = {
        "client_id": loket.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "all",
        "state": "a b&c",
    } | changed
    return requests.get(sandbox.loket.authorize_url, params=asked, allow_redirects=False, timeout=10)


def test_a_code_is_exchanged_once_at_the_address_that_it_was_given_for(waterway: Sandbox, loket: LoketClient) -> None:
    answer = _authorize(waterway, loket)
    assert answer.status_code == 302
    back = urlsplit(answer.headers["Location"])
    given = parse_qs(back.query)
    assert (back.netloc, back.path, given["state"]) == ("127.0.0.1:9", "/back", ["a b&c"])
    exchange = {"grant_type": "authorization_code", "code": given["code"][0], "redirect_uri": BACK}
    tokens = loket.token(**exchange)
    assert tokens.status_code == 200
    assert loket.token(**exchange).json() == {"error": "invalid_grant"}
    assert loket.token(grant_type="refresh_token", refresh_token=tokens.json()["refresh_token"]).status_code == 200
    other = parse_qs(urlsplit(_authorize(waterway, loket).headers["Location"]).query)["code"][0]
    elsewhere = loket.token(grant_type="authorization_code", code=other, redirect_uri="http://127.0.0.1:9/else")
    assert elsewhere.json() == {"error": "invalid_grant"}


def test_a_wrong_authorisation_is_refused(waterway: Sandbox, loket: LoketClient) -> None:
    assert _authorize(waterway, loket, client_id="nobody").status_code == 400
    wrong = parse_qs(urlsplit(_authorize(waterway, loket, scope="some").headers["Location"]).query)
    assert wrong["error"] == ["invalid_scope"]


def test_after_everything_is_forgotten_only_a_new_authorisation_helps(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.loket.tokens["sluis"].forget()
    assert loket.get("/user").status_code == 401
    assert loket.token(grant_type="refresh_token", refresh_token=loket.refresh_token).status_code == 400
    code = parse_qs(urlsplit(_authorize(waterway, loket).headers["Location"]).query)["code"][0]
    assert loket.token(grant_type="authorization_code", code=code, redirect_uri=BACK).status_code == 200


def test_the_newest_refresh_token_survives_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path, ["sluis"]) as sandbox:
        first = LoketClient(sandbox)
    with Sandbox(tmp_path, ["sluis"]) as sandbox:
        # What was open is closed; the stored token opens it again.
        assert first.get("/user").status_code == 401
        first.log_in()
        assert first.get("/user").status_code == 200


def test_calls_are_counted_without_tokens(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.loket.requests.clear()
    loket.log_in()
    loket.get("/user")
    loket.get("/nothing")
    assert waterway.loket.counts() == {"token": 1, "GetUserByToken": 1, "unknown": 1}
    assert [each["status"] for each in waterway.loket.requests] == [200, 200, 404]
    assert loket.refresh_token not in str(waterway.loket.requests)
    assert str(loket.session.headers["Authorization"]).split()[1] not in str(waterway.loket.requests)
