"""The connection type `loket`: what of a connection reaches Loket, and how a person authorises it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from afas_server import Leases
from loket_rows import integration
from loket_server import Answer, LoketServer
from typer.testing import CliRunner

from veerpont.airflow.provider import get_provider_info
from veerpont.cli.main import app
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.loket import resources
from veerpont.systems.loket.hook import LoketHook
from veerpont.systems.loket.resources import EMPLOYERS, OF_FLOW
from veerpont.systems.loket.source import Loket

Connect = Callable[..., LoketHook]
BACK = "https://koppeling.example/terug"


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, loket: LoketServer, home: dict[str, str]) -> Connect:
    def make(name: str = "loket_test", extra: dict[str, object] | None = None, **values: object) -> LoketHook:
        more = {"token_url": f"{loket.url}/token", "refresh_token": "CANARY-refresh-0"} | (extra or {})
        connection = {"conn_type": "loket", "host": f"{loket.url}/v2", "login": "id", "password": "CANARY-secret"}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection | {"extra": more} | values))
        return LoketHook(name)

    loket.lists["/providers/employers"] = []
    return make


def test_calls_carry_exactly_these_headers(connect: Connect, loket: LoketServer) -> None:
    connect(extra={"verify": False, "X-Leak": "CANARY", "environment": "acceptance"}).client().rows(EMPLOYERS)
    asked, called = loket.calls
    assert (asked.method, asked.path) == ("POST", "/token")
    headers = dict(called.headers)
    assert headers.pop("User-Agent").startswith("python-requests/")
    assert headers == {
        "Host": f"127.0.0.1:{loket.port}",
        "Accept": "application/json;version=2018-01-01",
        "Accept-Encoding": headers["Accept-Encoding"],
        "Connection": "keep-alive",
        "Authorization": "Bearer CANARY-access-1",
    }


def test_a_netrc_login_never_replaces_the_token(
    connect: Connect, loket: LoketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    connect().client().rows(EMPLOYERS)
    asked, called = loket.calls
    assert "Authorization" not in dict(asked.headers)
    assert dict(called.headers)["Authorization"] == "Bearer CANARY-access-1"


def test_the_inherited_run_sends_the_same_and_logs_no_body(
    connect: Connect, loket: LoketServer, secrets_hidden: Callable[[object], None]
) -> None:
    loket.answer("/providers/employers", Answer(403, b"CANARY"))
    with pytest.raises(SettingsError) as error:
        connect().run("/providers/employers")
    secrets_hidden(error.value)
    assert dict(loket.calls[1].headers)["Authorization"] == "Bearer CANARY-access-1"


@pytest.mark.parametrize(
    ("extra", "base", "token"),
    [
        ({}, "https://api.loket.nl/v2", "https://oauth.loket.nl/token"),
        ({"environment": "production"}, "https://api.loket.nl/v2", "https://oauth.loket.nl/token"),
        ({"environment": "acceptance"}, "https://api.loket-acc.nl/v2", "https://oauth.loket-acc.nl/token"),
    ],
)
def test_without_a_host_the_environment_makes_the_addresses(
    connect: Connect, extra: dict[str, object], base: str, token: str
) -> None:
    hook = connect(host="", extra=extra | {"token_url": ""})
    assert hook.client().base == base
    assert hook.tokens().login.token_url == token


def test_a_host_may_come_in_every_form_that_airflow_knows(connect: Connect, loket: LoketServer) -> None:
    forms: list[dict[str, object]] = [
        {"host": f"{loket.url}/v2"},
        {"host": f"{loket.url}/v2/"},
        {"host": "http://127.0.0.1/v2", "port": loket.port},
        {"host": f"127.0.0.1:{loket.port}/v2", "schema": "http"},
    ]
    found = [connect(**form).client().base for form in forms]
    assert found[0] == found[1] == found[3] == f"{loket.url}/v2"
    assert found[2] == f"{loket.url}/v2"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"login": ""}, "client id"),
        ({"host": "", "extra": {"environment": "CANARY", "token_url": ""}}, "environment"),
        ({"host": "https://CANARY"}, "end in /v2"),
        ({"host": "ftp://CANARY/v2"}, "base URL"),
        ({"host": "http://CANARY:port/v2"}, "base URL"),
        ({"extra": {"token_url": ""}}, "token_url"),
        ({"extra": {"token_url": "ftp://CANARY"}}, "token_url"),
    ],
)
def test_a_wrong_connection_says_what_to_fill_in(
    connect: Connect, secrets_hidden: Callable[[object], None], values: dict[str, object], word: str
) -> None:
    extra = values.pop("extra", {})
    with pytest.raises(SettingsError, match=word) as error:
        connect(extra=extra, **values).client()
    assert "loket_test" in str(error.value)
    secrets_hidden(error.value)


def test_a_missing_connection_is_named(home: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="loket_nowhere"):
        LoketHook("loket_nowhere").client()


# -- test connection ------------------------------------------------------------------------------------------------


def authorised(loket: LoketServer, *lacking: str) -> None:
    needed = {resource.activity for resources in OF_FLOW.values() for resource in resources} - set(lacking)
    loket.lists["/providers/employers"] = [{"id": "e1", "employerNumber": 7}]
    loket.lists["/providers/employers/e1/authorizations"] = [{"id": name, "description": name} for name in needed]


def test_test_connection_says_what_it_found(connect: Connect, loket: LoketServer) -> None:
    authorised(loket)
    assert connect().test_connection() == (
        True,
        "Loket answers: 1 employers. Every activity that the flows need is authorised.",
    )


def test_test_connection_lists_the_missing_authorisations(connect: Connect, loket: LoketServer) -> None:
    authorised(loket, "GetAbsencesByEmployeeId", "GetDepartmentsByEmployerId")
    done, message = connect().test_connection()
    assert done
    assert "at employer 7: GetDepartmentsByEmployerId, GetAbsencesByEmployeeId." in message


def test_test_connection_says_why_not(connect: Connect, loket: LoketServer) -> None:
    loket.answer("/token", Answer(401, b'{"error": "invalid_client"}'))
    done, message = connect().test_connection()
    assert not done
    assert "client secret" in message


@pytest.mark.parametrize("first", ["CANARY-refresh-0", ""])
def test_the_form_tests_under_another_name_and_takes_the_same_tokens(
    connect: Connect, loket: LoketServer, first: str
) -> None:
    authorised(loket)
    if not first:
        connect(extra={"refresh_token": first}).tokens().exchange("CANARY-code", BACK)
    assert connect(extra={"refresh_token": first}).client().rows(EMPLOYERS)
    loket.access = "ended early"  # so that the form's test refreshes
    assert connect("qwertyuiop", extra={"refresh_token": first}).test_connection()[0]
    loket.access = "ended again"
    assert connect(extra={"refresh_token": first}).client().rows(EMPLOYERS)


def test_airflow_finds_the_connection_type() -> None:
    (found,) = [item for item in get_provider_info()["connection-types"] if item["connection-type"] == "loket"]
    assert found["hook-class-name"] == f"{LoketHook.__module__}.{LoketHook.__name__}"
    assert found["conn-fields"].keys() == {"environment", "refresh_token", "token_url", "redirect_uri"}
    assert found["conn-fields"]["refresh_token"]["schema"]["format"] == "password"


# -- authorising ----------------------------------------------------------------------------------------------------


@pytest.fixture
def acme(home: dict[str, str], connect: Connect) -> LoketHook:
    folder = Path(home["VEERPONT_INTEGRATIONS"])
    folder.mkdir()
    content = {
        "name": "acme",
        "customer": "Acme",
        "source": {"system": "loket", "connection": "loket_test"},
        "portals": [{"portal": "xpert_suite", "connection": "x", "flows": ["employees"]}],
    }
    (folder / "acme.yaml").write_text(yaml.safe_dump(content))
    return connect(extra={"refresh_token": "", "redirect_uri": BACK})


def authorise(answer: Callable[[str], str], *options: str) -> tuple[int, str]:
    """Run the command; `answer` makes what is pasted of the state in the URL."""
    import veerpont.cli.loket as ours

    shown: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours.secrets, "token_urlsafe", lambda size: "the-state")
        result = CliRunner().invoke(app, ["loket", "authorise", *options], input=answer("the-state") + "\n")
    shown.append(result.output)
    return result.exit_code, result.output if result.exception is None else str(result.exception)


def test_authorising_prints_the_url_and_stores_the_first_token(acme: LoketHook, loket: LoketServer) -> None:
    code, output = authorise(lambda state: f"{BACK}?state={state}&code=CANARY-code", "acme")
    assert code == 0
    (line,) = [line for line in output.splitlines() if line.startswith("http")]
    url = urlsplit(line)
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{loket.url}/authorize"
    assert parse_qs(url.query) == {
        "client_id": ["id"],
        "redirect_uri": [BACK],
        "response_type": ["code"],
        "scope": ["all"],
        "state": ["the-state"],
    }
    assert parse_qs(loket.calls[0].body)["redirect_uri"] == [BACK]
    assert acme.client().rows(EMPLOYERS) == []
    assert len(loket.asked("/token")) == 1


def test_the_code_alone_is_enough(acme: LoketHook, loket: LoketServer) -> None:
    assert authorise(lambda state: " CANARY-code ", "acme", "--redirect-uri", "https://else.example")[0] == 0
    assert parse_qs(loket.calls[0].body)["redirect_uri"] == ["https://else.example"]


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (f"{BACK}?state=other&code=CANARY-code", "another attempt"),
        (f"{BACK}?state=the-state&error=access_denied", "gave no code"),
        ("CANARY-wrong", "works once"),
    ],
)
def test_a_wrong_answer_stores_nothing(acme: LoketHook, loket: LoketServer, answer: str, word: str) -> None:
    code, output = authorise(lambda state: answer, "acme")
    assert code != 0
    assert word in output
    with pytest.raises(SettingsError, match="no refresh token yet"):
        acme.tokens().access()


def test_what_is_missing_is_named(acme: LoketHook, connect: Connect) -> None:
    assert "no integration nobody" in authorise(lambda state: "", "nobody")[1]
    connect(extra={"refresh_token": ""})
    assert "--redirect-uri" in authorise(lambda state: "", "acme")[1]


def test_the_page_on_loket_names_every_activity() -> None:
    page = (Path(__file__).parents[2] / "docs" / "loket.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:Get|Patch)[A-Za-z]+)`", page))
    used = {value.activity for value in vars(resources).values() if isinstance(value, resources.Resource)}
    assert named == used


def test_what_a_flow_may_not_do_is_named_before_it_runs(connect: Connect, loket: LoketServer, leases: Leases) -> None:
    connect()
    authorised(loket, "GetDepartmentsByEmployerId")
    Loket().try_connection(integration(), Flow.EMPLOYERS, leases, frozenset())
    with pytest.raises(SettingsError, match=r"employer 7.*GetDepartmentsByEmployerId"):
        Loket().try_connection(integration(), Flow.ORGANIGRAM, leases, frozenset())
    assert set(leases.names) == {"loket:loket_test"}
