"""A report that a person brings to the page Deliveries: the rejects are there, and nobody brings one who may not."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
import yaml
from somebody import Somebody
from sqlalchemy import select
from test_acts import decisions, form

from veerpont.config.settings import settings
from veerpont.model.lines import Line
from veerpont.store import deliveries, reports
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.store.reports import Sent
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
        deliveries.point(session, "acme", "employees", "xpert_suite", "snapshot", lines)
        reports.expect(session, row, Sent(lines, None), None, reports.now() - reports.now().replace(year=2000))
    return filled


def bring(client: Any, content: bytes, **changes: Any) -> Any:
    """Fill in the form of the page and press its button."""
    action, fields = form(client, "/deliveries", "report")
    data = {**fields, "integration": "acme"} | changes
    return client.post(action, data=data, files={"file": ("log.csv", content, "text/csv")})


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
def test_an_operator_brings_a_report(client: Any, sent: Ledger, language: str, words: str) -> None:
    """The page of the delivery says what came of it; the reject is at the desk with the portal's words."""
    client.headers["accept-language"] = language
    page = bring(client, REPORT).text
    assert words in page
    assert ("Rejected by the portal" if language == "en" else "Uitval in het portaal") in page
    assert rejected(sent) == [("A9", "The portal says: Medewerker [last_name] bestaat al.")]
    assert state(sent) == "confirmed"
    assert decisions(sent)[-1] == ("report", "delivery 1 employees xpert_suite", "els")
    with sent.session() as session:
        number = session.scalar(select(Reject.id).where(Reject.key == "A9"))
    shown = client.get(f"/rejects/{number}").text
    assert "Medewerker [last_name] bestaat al." in shown
    assert "Jansen" not in shown
    again = bring(client, REPORT).text
    assert ("This report was taken before" if language == "en" else "was al ingelezen") in again


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
        (b"x" * 1_100_000, {}, 409, "larger than a megabyte"),
        (b"what is this", {}, 409, "lacks a column"),
        (REPORT.replace(b"Uitval", b"Zwaar"), {}, 409, "level that is not known"),
        (REPORT, {"integration": "nobody"}, 409, "There is no integration nobody"),
        (REPORT, {"integration": ""}, 400, ""),
        (REPORT.replace(b"00000001", b"00000009"), {}, 200, "a file that was not sent from here"),
    ],
)
def test_what_cannot_be_taken_is_said(
    client: Any, sent: Ledger, content: bytes, changes: dict[str, str], status: int, words: str
) -> None:
    client.headers["accept-language"] = "en"
    answer = bring(client, content, **changes)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert "Jansen" not in answer.text
    assert (rejected(sent), state(sent)) == ([], "delivered")


def test_a_large_form_is_refused_before_it_is_read(client: Any, sent: Ledger) -> None:
    """What is larger would be put into a temporary file by the server; one that does not say how large is refused."""
    action, fields = form(client, "/deliveries", "report")
    chunks = iter([b"--x\r\n"])
    answer = client.post(action, content=chunks, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 409
    assert fields["token"]


def test_while_the_flow_is_loaded(client: Any, sent: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long at the desk: the page says that it has to be done again."""
    from desk.pages import reports as page

    client.headers["accept-language"] = "en"
    monkeypatch.setattr(page, "PATIENCE", timedelta())
    with lease(sent, "load:acme:employees"):
        answer = bring(client, REPORT)
        assert (answer.status_code, "This flow is busy" in answer.text) == (409, True)
    assert state(sent) == "delivered"
