"""Deliveries: calls, keys, what is tried again, what is refused, and that nothing happens twice."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import PassingError, SettingsError, Stage, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.systems.http import Limits
from veerpont.systems.json_api import delivery
from veerpont.systems.json_api.client import Client
from veerpont.systems.portal import Refused
from veerpont.systems.registry import portal

from .server import Answer, Clock, PortalServer, error, ok

NAME = "iban_00000042_8f434346648f"
IbanLine = Callable[..., Line]
Hidden = Callable[[object], None]


def send(client: Client, content: bytes, name: str = NAME) -> list[Refused]:
    return delivery.deliver(client, "acme", Flow.IBAN, name, Content.of(content))


def render(*lines: Line, gone: tuple[Line, ...] = ()) -> bytes:
    return b"".join(delivery.render(Flow.IBAN, lines, gone))


def test_a_delivery_says_what_is_new_and_what_is_gone(client: Client, server: PortalServer, iban: IbanLine) -> None:
    send(client, render(iban("A"), iban("B")))
    send(client, render(iban("B", "CANARY2"), gone=(iban("A"), iban("UNKNOWN"))), "iban_00000043_000000000000")
    assert server.records["acme/iban"] == {"B": [{"external_id": "B", "iban": "CANARY2", "bic": None}]}


def test_the_same_lines_give_the_same_bytes_in_the_order_given(iban: IbanLine) -> None:
    content = render(iban("B"), iban("A"), gone=(iban("D"), iban("C")))
    again = render(*(iban(identity) for identity in "BA"), gone=(iban("D"), iban("C")))
    assert content == again
    assert [(item["id"], item["op"]) for item in map(json.loads, content.splitlines())] == [
        ("B", "put"),
        ("A", "put"),
        ("D", "delete"),
        ("C", "delete"),
    ]


def test_the_values_are_sent_in_one_order_whatever_the_snapshot_has(iban: IbanLine) -> None:
    line = Line(id="A", key="A", employer="01", portal_key="A", order="A", values={"iban": "I", "external_id": "A"})
    assert list(json.loads(render(line))["records"][0].items()) == [("external_id", "A"), ("iban", "I"), ("bic", None)]


def test_two_operations_for_one_id_are_a_defect_of_ours(iban: IbanLine, secrets_hidden: Hidden) -> None:
    for lines, gone in ((("A", "A"), ()), (("A",), ("A",))):
        with pytest.raises(VeerpontError, match="two operations") as caught:
            render(*map(iban, lines), gone=tuple(map(iban, gone)))
        assert caught.value.kind == "defect"
        secrets_hidden(caught.value)


def test_an_empty_delivery_makes_no_call(client: Client, server: PortalServer) -> None:
    assert send(client, render()) == []
    assert server.calls == []


def test_a_call_has_at_most_500_operations(client: Client, server: PortalServer, iban: IbanLine) -> None:
    send(client, render(*(iban(f"{number:04}") for number in range(1001)), gone=(iban("GONE"),)))
    assert [len(call.operations) for call in server.calls] == [500, 500, 2]
    assert [call.key for call in server.calls] == [f"{NAME}-00001", f"{NAME}-00002", f"{NAME}-00003"]
    sent = [operation["id"] for call in server.calls for operation in call.operations]
    assert sent == [f"{number:04}" for number in range(1001)] + ["GONE"]


def test_a_call_has_at_most_a_million_bytes(client: Client, server: PortalServer, iban: IbanLine) -> None:
    send(client, render(*(iban(f"{number:03}", "é" * 2000) for number in range(500))))
    sizes = [len(call.body) for call in server.calls]
    assert len(sizes) == 3
    assert all(900_000 < size <= 1_000_000 for size in sizes[:-1])
    assert len(server.records["acme/iban"]) == 500


def test_each_refused_record_is_returned_and_the_others_stand(
    client: Client, server: PortalServer, iban: IbanLine
) -> None:
    server.rejects = {"0003": ("unknown_person", "external_id"), "0700": ("too_late", None)}
    refused = send(client, render(*(iban(f"{number:04}") for number in range(701))))
    assert [(each.id, each.problem.stage, each.problem.field, each.problem.reason) for each in refused] == [
        ("0003", Stage.EXPORT, "external_id", "unknown_person"),
        ("0700", Stage.EXPORT, "", "too_late"),
    ]
    assert "because of external_id (its code: unknown_person)" in str(refused[0].problem.detail)
    assert len(server.records["acme/iban"]) == 699


def test_a_refused_delete_says_that_it_was_one(client: Client, server: PortalServer, iban: IbanLine) -> None:
    server.rejects = {"A": ("has_open_case", None)}
    (refused,) = send(client, render(gone=(iban("A"),)))
    assert "refused to forget" in str(refused.problem.detail)


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ("CANARY is not valid", "CANARY"),
        ("canary 123456782".upper(), "bsn"),
        ("bsn_123456782", "CANARY\nCANARY"),
        ("a" * 61, None),
        ("reason\n", "last_name"),
        (None, None),
        (["CANARY"], {"CANARY": 1}),
        ("", ""),
    ],
)
def test_the_portals_own_words_are_not_taken_over(
    client: Client, server: PortalServer, iban: IbanLine, secrets_hidden: Hidden, reason: object, field: object
) -> None:
    server.rejects = {"A": (reason, field)}
    (refused,) = send(client, render(iban("A")))
    assert (refused.problem.reason, refused.problem.field) == ("refused", "")
    assert "123456782" not in str(refused)
    secrets_hidden(refused)


def test_results_may_come_in_any_order_with_more_in_them(client: Client, server: PortalServer, iban: IbanLine) -> None:
    server.rejects = {"B": ("no", None)}
    server.results = lambda results: [{**result, "more": {}} for result in reversed(results)]
    assert [each.id for each in send(client, render(*map(iban, "ABC")))] == ["B"]


# -- answers that are none, and what is tried again ------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(reset=True),
        Answer(reset=True, after=True),
        Answer(500, b"CANARY", after=True),
        error(502),
        error(504),
        error(500),
        error(599),
        error(408),
        Answer(202, b'{"results": []}'),
        Answer(204),
        Answer(200, b"CANARY"),
        Answer(200, b""),
        Answer(200, b"[]"),
        Answer(200, b"[" * 100_000),
        Answer(200, b'{"results": [', after=True),
        Answer(200, b"\xff\xfe", after=True),
        Answer(200, b"{}", {"Content-Length": "10"}),
        ok({"results": []}),
        ok({"results": [{"id": "A", "status": "accepted"}]}),
        ok({"results": [{"id": "A", "status": "accepted"}] * 2}),
        ok({"results": [{"id": identity, "status": "accepted"} for identity in "ABB"]}),
        ok({"results": [{"id": identity, "status": "accepted"} for identity in "ABC"]}),
        ok({"results": [{"id": identity, "status": "perhaps"} for identity in "AB"]}),
        ok({"results": [{"id": 1, "status": "accepted"}, {"id": "B", "status": "accepted"}]}),
    ],
)
def test_an_answer_that_is_none_is_tried_again_twice_with_the_same_key(
    client: Client, server: PortalServer, clock: Clock, iban: IbanLine, secrets_hidden: Hidden, answer: Answer
) -> None:
    if answer.headers.get("Content-Length"):
        client.limits = Limits(0.2, 0.2)  # the rest never comes
    content = render(iban("A"), iban("B"))
    server.answers = [answer, answer]
    assert send(client, content) == []
    assert len({(call.key, call.body) for call in server.calls}) == 1
    assert (len(server.calls), server.effects, len(clock.slept)) == (3, 1, 2)

    server.answers = [answer] * 3
    with pytest.raises(PassingError, match="portal_acme") as caught:
        send(client, content, "iban_00000043_000000000000")
    assert caught.value.retry_at == clock.now + timedelta(seconds=60)
    assert len(server.calls) == 6
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    secrets_hidden(caught.value)


def test_a_portal_that_is_away_passes(
    client: Client, server: PortalServer, iban: IbanLine, secrets_hidden: Hidden
) -> None:
    server.close()
    with pytest.raises(PassingError, match=rf"portal_acme.*{NAME}-00001") as caught:
        send(client, render(iban("A")))
    secrets_hidden(caught.value)


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_wait_is_waited(
    client: Client, server: PortalServer, clock: Clock, iban: IbanLine, status: int
) -> None:
    server.answers = [error(status, Retry_After="4"), error(status, Retry_After="0"), error(status, Retry_After="5")]
    assert send(client, render(iban("A"))) == []
    assert (clock.slept, server.effects) == ([4.0, 1.0, 5.0], 1)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("said", "wait"), [("11", 60), ("120", 120), ("86400", 900)])
def test_a_long_wait_is_given_back(
    client: Client, server: PortalServer, clock: Clock, iban: IbanLine, status: int, said: str, wait: int
) -> None:
    """At the moment that the portal said, never within a minute and never later than a quarter of an hour."""
    server.answers = [error(status, Retry_After=said)]
    with pytest.raises(PassingError, match=f"portal_acme.*later.*HTTP {status}") as caught:
        send(client, render(iban("A")))
    assert (clock.slept, caught.value.retry_at) == ([], clock.now + timedelta(seconds=wait))


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "CANARY"}, {"Retry_After": "0"}, {"Retry_After": "3"}])
def test_ten_seconds_are_waited_in_one_call_and_no_more(
    client: Client, server: PortalServer, clock: Clock, iban: IbanLine, secrets_hidden: Hidden, headers: dict[str, str]
) -> None:
    server.answers = [error(503, **headers)] * 20
    with pytest.raises(PassingError) as caught:
        send(client, render(iban("A")))
    assert 8 < sum(clock.slept) <= 10
    assert caught.value.retry_at == clock.now + timedelta(seconds=60)
    secrets_hidden(caught.value)


def test_every_call_may_wait(client: Client, server: PortalServer, clock: Clock, iban: IbanLine) -> None:
    """A portal that slows us down gets everything, in one attempt."""
    busy = error(429, Retry_After="8")
    server.answers = [busy, None, busy, None]
    assert send(client, render(*(iban(f"{number:04}") for number in range(1000)))) == []
    assert (clock.slept, len(server.records["acme/iban"])) == ([8.0, 8.0], 1000)


def test_a_portal_that_keeps_us_waiting_gets_no_more_of_our_time(
    client: Client, server: PortalServer, clock: Clock, iban: IbanLine
) -> None:
    busy = error(429, Retry_After="8")
    server.answers = [busy, Answer(reset=True), busy]
    with pytest.raises(PassingError, match="HTTP 429"):
        send(client, render(iban("A")))
    assert clock.slept == [8.0, 0.5]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "malformed"),
        (401, "token"),
        (403, "allow"),
        (404, "does not know this address"),
        (409, "other content"),
        (413, "too large"),
        (422, "form of an operation"),
        (301, "base URL"),
        (308, "base URL"),
        (405, "does not have"),
        (418, "does not have"),
    ],
)
def test_what_a_person_has_to_change_is_said_once(
    client: Client, server: PortalServer, iban: IbanLine, secrets_hidden: Hidden, status: int, words: str
) -> None:
    server.answers = [error(status, Location=f"{server.url}/CANARY")]
    with pytest.raises(SettingsError, match=rf"portal_acme.*{words}.*{NAME}-00001: HTTP {status}") as caught:
        send(client, render(iban("A")))
    assert len(server.calls) == 1
    secrets_hidden(caught.value)


def test_the_portal_itself_says_409_401_404_and_422(
    client: Client, server: PortalServer, iban: IbanLine, connect: Callable[..., None], secrets_hidden: Hidden
) -> None:
    """The same by the rules of docs/json-api.yaml instead of a prepared answer."""
    send(client, render(iban("A")))
    with pytest.raises(SettingsError, match="HTTP 409"):
        send(client, render(iban("B")))
    with pytest.raises(SettingsError, match="HTTP 404"):
        delivery.deliver(client, "other", Flow.IBAN, NAME, Content.of(render(iban("A"))))
    with pytest.raises(SettingsError, match="HTTP 422"):
        send(client, b'{"id": "A", "op": "put"}\n', "iban_00000043_000000000000")
    client.session.auth = lambda request: request
    with pytest.raises(SettingsError, match="HTTP 401"):
        send(client, render(iban("A")))
    assert server.effects == 1


def test_a_delivery_that_broke_off_has_no_second_effect(client: Client, server: PortalServer, iban: IbanLine) -> None:
    """The next attempt sends the same keys and bytes, and gets the first refusals again too."""
    server.rejects = {"0001": ("unknown_person", None)}
    content = render(*(iban(f"{number:04}") for number in range(1100)))
    server.answers = [Answer(after=True, reset=True), Answer(after=True, status=503, headers={"Retry-After": "300"})]
    with pytest.raises(PassingError):
        send(client, content)
    server.rejects = {"0600": ("unknown_person", None)}  # from now on; what was answered before stays as it was
    refused = send(client, content)
    assert [each.id for each in refused] == ["0001", "0600"]
    assert (server.effects, len(server.records["acme/iban"])) == (3, 1098)
    by_key: dict[str, set[bytes]] = {}
    for call in server.calls:
        by_key.setdefault(call.key, set()).add(call.body)
    assert [len(bodies) for bodies in by_key.values()] == [1, 1, 1]


def test_nothing_of_a_delivery_is_logged(
    client: Client, server: PortalServer, acme: Callable[..., Integration], iban: IbanLine, secrets_hidden: Hidden
) -> None:
    server.rejects = {"A": ("CANARY", "CANARY")}
    json_api = portal("json_api")
    content = b"".join(json_api.render(acme(), Flow.IBAN, [iban("A")]))
    secrets_hidden(json_api.deliver(acme(), Flow.IBAN, NAME, Content.of(content)))


def test_a_flow_that_does_not_go_there_is_a_setting(acme: Callable[..., Integration]) -> None:
    only_iban = acme(portals=[{"portal": "json_api", "connection": "portal_acme", "flows": ["iban"]}])
    with pytest.raises(SettingsError, match=r"acme.*employees"):
        portal("json_api").deliver(only_iban, Flow.EMPLOYEES, NAME, Content.of(b""))
