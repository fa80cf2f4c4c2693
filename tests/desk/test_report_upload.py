"""A report that a person brings to the page Deliveries: the rejects are there, and nobody brings one who may not."""

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import yaml
from somebody import Somebody
from sqlalchemy import select
from test_acts import decisions, form

from veerpont.config.settings import settings
from veerpont.model.failures import VeerpontError
from veerpont.model.lines import Line
from veerpont.pipeline import desk_work
from veerpont.store import deliveries, kinds, reports, work
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.store.reports import Sent
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Reject
from veerpont.store.vault import Vault

NAME = "employees_00000001_abcdef012345.xlsx"
HEADER = "Bestand;Regel;Sleutel;Niveau;Code;Melding\r\n"
REPORT = f"{HEADER}{NAME};2;1001;Uitval;X1;Medewerker Jansen bestaat al.\r\n".encode()


@pytest.fixture
def sent(filled: Ledger) -> Ledger:
    """Delivery 1 with its line in the vault, and acme with reports."""
    ours = settings()
    path = ours.integrations / "acme.yaml"
    path.write_text(
        yaml.safe_dump({
            "name": "acme",
            "customer": "Acme B.V.",
            "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
            "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employees"]}],
            "xpert_suite": {"profile": "sandbox", "report": {}},
        })
    )
    values = {"employer_code": "01", "personnel_number": "1001", "last_name": "Jansen"}
    line = Line(id="A9/01/1", key="A9", employer="01", portal_key="01/1001/1", order="1", values=values)
    vault = Vault(ours.vault, ours.vault_keys)
    lines = vault.write("acme/employees/xpert_suite/snapshots/one", [msgspec.json.encode(line)])
    with filled.session() as session:
        row = session.get_one(Delivery, 1)
        deliveries.point(session, Scope("acme", "employees", "xpert_suite"), kinds.SNAPSHOTS, lines)
        reports.expect(session, row, Sent(lines, None), None, reports.now() - reports.now().replace(year=2000))
    return filled


def bring(client: Any, content: bytes, **changes: Any) -> Any:
    """Fill in the form of the page and press its button."""
    action, fields = form(client, "/deliveries", "report")
    data = {**fields, "integration": "acme"} | changes
    return client.post(action, data=data, files={"file": ("log.csv", content, "text/csv")})


def read(client: Any, brought: Any) -> str:
    """Let the task do what was brought, and return the page that says what came of it."""
    assert 'http-equiv="refresh"' in brought.text
    assert not desk_work.do(lambda _: None)
    page = client.get(str(brought.url)).text
    assert 'http-equiv="refresh"' not in page
    return str(page)


def rejected(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.session() as session:
        rows = session.scalars(select(Reject).where(Reject.reason == "portal_rejected"))
        return [(row.key, row.detail) for row in rows]


def state(ledger: Ledger) -> str:
    with ledger.session() as session:
        return session.get_one(Delivery, 1).state


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Taken: the delivery is confirmed."), ("nl", "Ingelezen: de levering is bevestigd.")]
)
def test_an_operator_brings_a_report(client: Any, sent: Ledger, person: Somebody, language: str, words: str) -> None:
    """The page shows that it is being read, then what came of it; the reject is at the desk with the portal's words."""
    client.headers["accept-language"] = language
    brought = bring(client, REPORT)
    assert ("Being read" if language == "en" else "Wordt gelezen") in brought.text
    assert (state(sent), person.started) == ("delivered", [("desk_work", "acme")])
    page = read(client, brought)
    assert words in page
    assert 'href="../../deliveries/1"' in page
    assert ("Rejected by the portal" if language == "en" else "Uitval in het portaal") in client.get(
        "/deliveries/1"
    ).text
    assert rejected(sent) == [("A9", "The portal says: Medewerker [last_name] bestaat al.")]
    assert state(sent) == "confirmed"
    assert decisions(sent)[-1] == ("report", "delivery 1 employees xpert_suite", "els")
    with sent.session() as session:
        number = session.scalar(select(Reject.id).where(Reject.key == "A9"))
    shown = client.get(f"/rejects/{number}").text
    assert "Medewerker [last_name] bestaat al." in shown
    assert "Jansen" not in shown
    again = read(client, bring(client, REPORT))
    assert ("This report was taken before" if language == "en" else "was al ingelezen") in again
    assert len(re.findall(r"work/\d", client.get("/deliveries").text)) == 2


def test_nothing_is_parsed_and_no_process_started_by_the_page(
    client: Any, sent: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is brought is in the vault, encrypted, and nowhere else; once it is done it is nowhere at all."""

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the API server parses nothing and starts no process")

    with monkeypatch.context() as here:
        here.setattr("subprocess.Popen.__init__", never)
        here.setattr("veerpont.systems.xpert_suite.report.read", never)
        here.setattr("tempfile.SpooledTemporaryFile.rollover", never)
        brought = bring(client, REPORT + b"x;" * 3_000_000)
    assert brought.status_code == 200
    vault = Vault(settings().vault, settings().vault_keys)
    kept = vault.paths(work.FOLDER)
    assert kept
    with sent.session() as session:
        (row,) = work.waiting(session)
        assert "Jansen" not in repr({name.key: getattr(row, name.key) for name in work.Work.__table__.c})
    read(client, brought)
    assert vault.paths(work.FOLDER) == []


def test_a_killed_task_is_run_again_with_the_same_effect(
    client: Any, sent: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it dies after its effect and before it says so: the page says what the first one did."""
    client.headers["accept-language"] = "en"
    brought = bring(client, REPORT)

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    for where in ("veerpont.pipeline.desk_work.take", "veerpont.pipeline.reports.take.rejects.settle"):
        with monkeypatch.context() as here:
            here.setattr(where, die)
            with pytest.raises(Killed):
                desk_work.do(lambda _: None)
        assert state(sent) == "delivered"
    with monkeypatch.context() as here:
        here.setattr(desk_work.Taken, "sentence", property(lambda _: die()))
        with pytest.raises(Killed):
            desk_work.do(lambda _: None)
    assert "Taken: the delivery is confirmed." in read(client, brought)
    assert [key for key, _ in rejected(sent)] == ["A9"]
    assert [decision for decision, _, _ in decisions(sent)].count("report") == 1


def test_who_may_not_act_on_the_flow_brings_nothing_about_it(
    client: Any, sent: Ledger, person: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "may_act", lambda flow: flow != "employees", raising=False)
    assert "may not act" in read(client, bring(client, REPORT))
    assert (rejected(sent), state(sent)) == ([], "delivered")


def test_when_the_dag_is_paused_the_page_says_so(client: Any, sent: Ledger, person: Somebody) -> None:
    client.headers["accept-language"] = "en"
    person.how = "paused"
    assert "is paused in Airflow" in bring(client, REPORT).text


def test_the_form_is_there_only_for_who_may_act_where_reports_are_read(
    client: Any, filled: Ledger, person: Somebody, request: pytest.FixtureRequest
) -> None:
    assert 'name="file"' not in client.get("/deliveries").text
    request.getfixturevalue("sent")
    assert 'name="file"' in client.get("/deliveries").text
    person.acts = False
    assert 'name="file"' not in client.get("/deliveries").text


def test_a_viewer_and_a_forged_form_change_nothing(client: Any, sent: Ledger, person: Somebody) -> None:
    action, fields = form(client, "/deliveries", "report")
    data, files = {**fields, "integration": "acme"}, {"file": ("log.csv", REPORT, "text/csv")}
    forged = client.post(action, data=data | {"token": "0" * 64}, files=files)
    elsewhere = client.post(action, data=data, files=files, headers={"origin": "http://evil.example"})
    person.acts = False
    viewer = client.post(action, data=data, files=files)
    assert [answer.status_code for answer in (forged, elsewhere, viewer)] == [403, 403, 403]
    assert (rejected(sent), state(sent), decisions(sent)[-1][0]) == ([], "delivered", "activate")


@pytest.mark.parametrize(
    ("content", "changes", "status", "words"),
    [
        (b"x" * 20_100_000, {}, 409, "larger than 20 MB"),
        (REPORT, {"integration": "nobody"}, 404, "There is no such page"),
        (REPORT, {"integration": ""}, 400, ""),
    ],
)
def test_what_cannot_be_kept_is_said(
    client: Any, sent: Ledger, content: bytes, changes: dict[str, str], status: int, words: str
) -> None:
    client.headers["accept-language"] = "en"
    answer = bring(client, content, **changes)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert Vault(settings().vault, settings().vault_keys).paths(work.FOLDER) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"what is this", "lacks a column"),
        (REPORT.replace(b"Uitval", b"Zwaar"), "level that is not known"),
        (REPORT + b'"', "never closed"),
        (REPORT.replace(b"00000001", b"00000009"), "a file that was not sent from here"),
    ],
)
def test_what_cannot_be_taken_is_said(client: Any, sent: Ledger, content: bytes, words: str) -> None:
    client.headers["accept-language"] = "en"
    page = read(client, bring(client, content))
    assert words in page
    assert "Jansen" not in page
    assert (rejected(sent), state(sent)) == ([], "delivered")


def test_permission_is_asked_before_anything_is_read(
    client: Any, sent: Ledger, person: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.requests import Request

    def never(_: Any) -> None:
        raise AssertionError("read before anybody asked who this is")

    action, fields = form(client, "/deliveries", "report")
    person.acts = False
    monkeypatch.setattr(Request, "stream", never)
    answer = client.post(action, data=fields, files={"file": ("log.csv", REPORT, "text/csv")})
    assert answer.status_code == 403


def test_a_large_form_is_refused_before_it_is_read(client: Any, sent: Ledger) -> None:
    """What is larger would be put into a temporary file by the server; one that does not say how large is refused."""
    action, fields = form(client, "/deliveries", "report")
    chunks = iter([b"--x\r\n"])
    answer = client.post(action, content=chunks, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 409
    assert fields["token"]


def test_while_the_flow_is_loaded(client: Any, sent: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits, others do not wait for it, and after an hour it is given back."""
    client.headers["accept-language"] = "en"
    monkeypatch.setattr(desk_work, "PATIENCE", timedelta())
    brought = bring(client, REPORT)
    other = bring(client, b"no report")
    with lease(sent, "load:acme:employees"):
        assert desk_work.do(lambda _: None)
        assert "Being read" in client.get(str(brought.url)).text
        assert "lacks a column" in client.get(str(other.url)).text
        monkeypatch.setattr(desk_work, "LONGEST", timedelta())
        assert not desk_work.do(lambda _: None)
    assert "was busy for an hour" in client.get(str(brought.url)).text
    assert state(sent) == "delivered"


def test_one_that_meets_a_defect_keeps_no_other_back(
    client: Any, sent: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.headers["accept-language"] = "en"
    first, second = bring(client, b"Jansen"), bring(client, REPORT)
    real, said = desk_work.take, []

    def breaks(taking: Any, content: bytes) -> Any:
        if content != REPORT:
            raise KeyError(content)
        return real(taking, content)

    monkeypatch.setattr(desk_work, "take", breaks)
    with pytest.raises(VeerpontError, match="1 pieces"):
        desk_work.do(said.append)
    assert "A defect of Veerpont" in client.get(str(first.url)).text
    assert "the delivery is confirmed" in client.get(str(second.url)).text
    assert "Jansen" not in "".join(said)
