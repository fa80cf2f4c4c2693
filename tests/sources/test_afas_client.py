"""One call to AFAS: what every answer means, what is tried again, and what nobody may read in a message."""

import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest
from afas_server import AfasServer, Answer, Clock, ok

from veerpont.model.failures import PassingError, SettingsError
from veerpont.systems.afas.auth import ClientCredentials
from veerpont.systems.afas.client import Client
from veerpont.systems.http import Limits

Hidden = Callable[[object], None]
PAGE = ok({"skip": 0, "take": 10, "rows": [{"a": 1}]})
REFERENCE = "0123456789ABCDEF0123456789ABCDEF"


def error_500(message: str) -> Answer:
    body = {"externalMessage": f"{message} CANARY", "errorNumber": -2147180999, "profitLogReference": REFERENCE}
    return Answer(500, json.dumps(body).encode(), {"X-Trace-Identifier": "trace-1"})


@pytest.fixture
def oauth(client: Client, afas: AfasServer, clock: Clock) -> Client:
    client.auth = ClientCredentials(
        f"{client.base}/oauth/token", "id", "CANARYSECRET", Limits(1, 1), clock, sleep=clock.sleep
    )
    return client


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_refusal_is_for_a_person_and_is_not_repeated(
    client: Client, afas: AfasServer, secrets_hidden: Hidden, status: int
) -> None:
    """Except a refused token: that is tried once more, for AFAS refuses a good one now and then for a moment."""
    tries = 2 if status == 401 else 1
    afas.answer("/connectors/", *[Answer(status, b"CANARY", {"Content-Type": "application/xml"})] * tries)
    with pytest.raises(SettingsError, match=f"connectors/X: HTTP {status}") as error:
        client.rows("X", {"take": 10})
    assert len(afas.calls) == tries
    secrets_hidden(error.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<error>CANARY</error>",
        b"<html>CANARY",
        b'{"message": "CANARY"}',
        b'["CANARY"]',
        b'{"errorNumber": "CANARY"}',
    ],
)
def test_an_error_500_of_any_shape_may_pass_and_is_tried_minutes_later(
    client: Client, afas: AfasServer, clock: Clock, secrets_hidden: Hidden, body: bytes
) -> None:
    afas.answer("/connectors/", Answer(500, body))
    with pytest.raises(PassingError) as error:
        client.rows("X", {"take": 10})
    assert error.value.retry_at == clock() + timedelta(minutes=5)
    assert len(afas.calls) == 1
    if b"errorNumber" not in body:
        secrets_hidden(error.value)


def test_an_error_500_names_the_references_and_not_the_message(
    client: Client, afas: AfasServer, secrets_hidden: Hidden
) -> None:
    afas.answer("/connectors/", error_500("Er is een onverwachte fout opgetreden."))
    with pytest.raises(PassingError) as error:
        client.rows("X", {"take": 10})
    assert "errorNumber -2147 1809 99, profitLogReference 0123 4567 89ABCDEF" in str(error.value)
    assert "X-Trace-Identifier trace-1" in str(error.value)
    secrets_hidden(error.value)


def test_no_reference_looks_like_a_citizen_service_number(client: Client, afas: AfasServer) -> None:
    body = {"errorNumber": "123456782", "profitLogReference": "AB111222333CD987654321012345678"}
    afas.answer("/connectors/", Answer(500, json.dumps(body).encode(), {"X-Trace-Identifier": "0" * 64}))
    with pytest.raises(PassingError) as error:
        client.rows("X", {"take": 10})
    assert "errorNumber 1234 5678 2" in str(error.value)
    assert not re.search(r"\d{8}", str(error.value))


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("Deze GetConnector (definitie) is geblokkeerd", "blocked"),
        ("GetConnector niet ondersteund voor deze app of de gebruiker is niet geautoriseerd", "not authorised"),
        ("This GetConnector is not supported or the user is not authorized", "not authorised"),
        ("Connector-veld 'X' niet gevonden", "does not find a field"),
        ("Invalid Index field", "cannot sort or "),
        ("Ongeldig veld in de sortering", "cannot sort or "),
        ("Out of String space", "too large"),
    ],
)
def test_a_documented_permanent_500_is_for_a_person(
    client: Client, afas: AfasServer, secrets_hidden: Hidden, message: str, advice: str
) -> None:
    afas.answer("/connectors/", error_500(message))
    with pytest.raises(SettingsError, match=advice) as error:
        client.rows("X", {"take": 10})
    secrets_hidden(error.value)


def test_maintenance_is_given_back_until_the_moment_that_afas_names(
    client: Client, afas: AfasServer, clock: Clock
) -> None:
    body = {"error": {"code": "503", "message": "maintenance"}, "retry_after": 7200}
    afas.answer("/metainfo", Answer(503, json.dumps(body).encode(), {"Retry-After": "60"}))
    with pytest.raises(PassingError) as error:
        client.get("metainfo")
    assert error.value.retry_at == clock() + timedelta(seconds=7200)
    assert clock.slept == []


def test_a_retry_after_may_be_a_date(client: Client, afas: AfasServer, clock: Clock) -> None:
    later = clock() + timedelta(hours=1)
    afas.answer("/metainfo", Answer(503, b"", {"Retry-After": format_datetime(later, usegmt=True)}))
    with pytest.raises(PassingError) as error:
        client.get("metainfo")
    assert error.value.retry_at == later


@pytest.mark.parametrize(
    "value",
    ["soon", "-5", "nan", "1e99", "Thu, 99 Foo 2026", "Mon, 02 Nov 2026 21:00:00 +9999", "1 Jan 0001 00:00:00 +0100"],
)
def test_a_senseless_retry_after_is_a_short_wait(client: Client, afas: AfasServer, clock: Clock, value: str) -> None:
    afas.answer("/metainfo", Answer(429, b"", {"Retry-After": value}))
    assert client.get("metainfo")["info"]
    assert clock.slept == [2.0]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_short_wait_is_slept_and_the_call_repeated(
    client: Client, afas: AfasServer, clock: Clock, status: int
) -> None:
    afas.answer("/connectors/", Answer(status, b"<html>", {"Retry-After": "4"}), PAGE)
    assert client.rows("X", {"take": 10}) == [{"a": 1}]
    assert clock.slept == [4.0]


def test_waits_that_add_up_to_more_than_ten_seconds_are_given_back(
    client: Client, afas: AfasServer, clock: Clock
) -> None:
    busy = Answer(503, b"", {"Retry-After": "6"})
    afas.answer("/connectors/", busy, busy, PAGE)
    with pytest.raises(PassingError) as error:
        client.rows("X", {"take": 10})
    assert clock.slept == [6.0]
    assert error.value.retry_at == clock() + timedelta(seconds=60)


BROKEN = {
    "truncated body": Answer(200, PAGE.body, cut=20),
    "truncated chunks": Answer(200, b'5\r\n{"row', {"Transfer-Encoding": "chunked", "X": ""}, cut=99),
    "reset connection": Answer(reset=True),
    "half JSON": Answer(200, PAGE.body[:-4]),
    "HTML": Answer(200, b"<html>CANARY</html>"),
    "no rows": ok({"skip": 0, "take": 10}),
    "rows of another kind": ok({"rows": {"a": 1}}),
    "rows that are no objects": ok({"rows": ["CANARY"]}),
    "not UTF-8": Answer(200, b'{"rows": [{"a": "CANARY\xff"}]}'),
    "broken gzip": Answer(200, b"CANARY", {"Content-Encoding": "gzip"}),
    "an endless number": Answer(200, b'{"rows": [{"a": 1e99999999999999999999}]}'),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_page_is_read_again_as_a_page(client: Client, afas: AfasServer, clock: Clock, broken: Answer) -> None:
    afas.answer("/connectors/", broken, broken, PAGE)
    assert client.rows("X", {"take": 10}) == [{"a": 1}]
    assert clock.slept == [0.5, 2.0]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_page_that_stays_broken_is_never_the_end(
    client: Client, afas: AfasServer, secrets_hidden: Hidden, broken: Answer
) -> None:
    afas.answer("/connectors/", *[broken] * 3)
    with pytest.raises(PassingError, match="connectors/X") as error:
        client.rows("X", {"take": 10})
    assert len(afas.calls) == 3
    assert error.value.__cause__ is None
    secrets_hidden(error.value)


def test_nobody_listening_passes(client: Client, clock: Clock) -> None:
    client.base = "http://127.0.0.1:1/ProfitRestServices"
    with pytest.raises(
        PassingError, match=r"AFAS cannot be reached at 127\.0\.0\.1:1 \(the connection is refused\).*firewall"
    ):
        client.get("metainfo")
    assert clock.slept == [0.5, 2.0]


@pytest.mark.parametrize("cut", [None, 30])
def test_after_a_time_out_afas_gets_a_quarter_of_an_hour(
    client: Client, afas: AfasServer, clock: Clock, cut: int | None
) -> None:
    client.limits = Limits(1, 0.2)
    hold = threading.Event()
    afas.answer("/connectors/", Answer(200, PAGE.body, cut=cut, wait=hold))
    with pytest.raises(PassingError) as error:
        client.rows("X", {"take": 10})
    hold.set()
    assert error.value.retry_at == clock() + timedelta(minutes=15)
    assert len(afas.calls) == 1


def test_a_redirect_is_not_followed(client: Client, afas: AfasServer) -> None:
    afas.answer("/metainfo", Answer(302, b"", {"Location": f"{afas.url}/elsewhere"}))
    with pytest.raises(SettingsError, match="HTTP 302"):
        client.get("metainfo")
    assert len(afas.calls) == 1


def test_a_query_longer_than_afas_takes_is_not_sent(client: Client, afas: AfasServer) -> None:
    fits = {"orderbyfieldids": "x" * (2049 - len("?orderbyfieldids="))}
    afas.answer("/connectors/", PAGE)
    client.rows("X", fits)
    with pytest.raises(SettingsError, match="2049"):
        client.rows("X", {"orderbyfieldids": fits["orderbyfieldids"] + "x"})
    assert len(afas.calls) == 1


def test_calls_share_one_connection(client: Client, afas: AfasServer) -> None:
    client.get("metainfo")
    client.get("profitversion")
    assert len({call.peer for call in afas.calls}) == 1


def test_an_oauth_token_is_used_again_until_shortly_before_it_expires(
    oauth: Client, afas: AfasServer, clock: Clock
) -> None:
    oauth.get("metainfo")
    clock.sleep(3500)
    oauth.get("metainfo")
    assert afas.tokens == 1
    clock.sleep(50)
    oauth.get("metainfo")
    assert afas.tokens == 2


def test_a_refused_oauth_token_is_renewed_once(oauth: Client, afas: AfasServer) -> None:
    afas.refuse_tokens_until = 1
    assert oauth.get("metainfo")["info"]
    assert afas.tokens == 2


def test_an_oauth_token_refused_twice_is_for_a_person(oauth: Client, afas: AfasServer) -> None:
    afas.refuse_tokens_until = 9
    with pytest.raises(SettingsError):
        oauth.get("metainfo")
    assert afas.tokens == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_client_secret_is_for_a_person(
    oauth: Client, afas: AfasServer, secrets_hidden: Hidden, status: int
) -> None:
    refused = Answer(status, b'{"error": "invalid_client", "x": "CANARY"}')
    afas.answer("/oauth/token", refused)
    assert oauth.get("metainfo")["info"]  # once is a moment's trouble
    oauth.auth.renew()
    afas.answer("/oauth/token", refused, refused)
    with pytest.raises(SettingsError, match="client secret") as error:
        oauth.get("metainfo")
    secrets_hidden(error.value)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"access_token": ""}', b'{"access_token": "CANARY\\n"}', b'{"expires_in": 9}']
)
def test_a_token_answer_without_a_token_passes(
    oauth: Client, afas: AfasServer, secrets_hidden: Hidden, body: bytes
) -> None:
    afas.answer("/oauth/token", Answer(200, body))
    with pytest.raises(PassingError, match="oauth/token") as error:
        oauth.get("metainfo")
    secrets_hidden(error.value)


def test_a_busy_token_endpoint_is_tried_again(oauth: Client, afas: AfasServer, clock: Clock) -> None:
    afas.answer("/oauth/token", Answer(reset=True), Answer(503))
    assert oauth.get("metainfo")["info"]
    assert clock.slept == [0.5, 2.0]


def test_half_a_character_costs_one_row_and_not_the_page(client: Client, afas: AfasServer) -> None:
    """A lone surrogate becomes a control character, which rejects its record; whole ones stay what they are."""
    afas.answer("/connectors/", ok({"rows": [{"a": "Jan\ud800"}, {"a": "\udc00Jan"}, {"a": "\U0001f6a2 \\ud800"}]}))
    rows = client.rows("X", {"take": 10})
    assert [row["a"] for row in rows[:2]] == ["Jan\x00", "\x00Jan"]
    assert str(rows[2]["a"]).startswith("\U0001f6a2 ")
