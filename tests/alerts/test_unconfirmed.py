"""A file that the portal never reported about, and reports that cannot be read: told once, and once when it is well."""

from datetime import timedelta

import pytest
from alert_days import Desk, at, customer

from veerpont.alerts.watch import look, tell
from veerpont.store import reports
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Delivery

BOREALIS = "hr@borealis.example"
REPORT = {"profile": "sandbox", "report": {"folder": "Log", "within_hours": 24}}


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    """Acme expects no reports, Borealis does."""
    managers = {"to": [BOREALIS], "language": "en"}
    return Desk(ledger, customer("acme"), customer("borealis", mail=managers, xpert_suite=REPORT))


def send(desk: Desk, name: str, moment: str, flow: str = "employees") -> int:
    """Let a file be delivered, its report due a day later; returns the delivery."""
    number = desk.hold(name, flow, "")
    with desk.ledger.session() as session:
        row = session.get_one(Delivery, number)
        row.state, row.name, row.at = State.DELIVERED, f"{flow}_{number}.xlsx", at(moment)
        row.report_due = row.at + timedelta(hours=24)
    return number


def confirm(desk: Desk, delivery: int) -> None:
    with desk.ledger.session() as session:
        row = session.get_one(Delivery, delivery)
        row.state = State.CONFIRMED
        reports.close(session, row)


def watch(desk: Desk, moment: str) -> None:
    desk.clock = at(moment)
    look(desk.watch, desk.clock)
    tell(desk.watch, desk.clock)


def test_never_confirmed_is_told_once_and_well_when_a_report_comes(desk: Desk) -> None:
    delivery = send(desk, "borealis", "2026-11-22 21:00")
    send(desk, "acme", "2026-11-22 21:00")
    watch(desk, "2026-11-23 20:59")
    assert desk.outbox == []
    for moment in ("2026-11-23 21:15", "2026-11-23 21:30", "2026-11-24 07:00"):
        watch(desk, moment)
    assert desk.got(BOREALIS) == ["21:15 Veerpont: Employees of Borealis B.V.: sent, never confirmed"]
    text = desk.outbox[0][1].text
    assert f"Delivery {delivery} was sent" in text
    confirm(desk, delivery)
    watch(desk, "2026-11-24 09:00")
    assert desk.got(BOREALIS)[1:] == ["09:00 Veerpont: Employees of Borealis B.V.: confirmed by the portal again"]
    watch(desk, "2026-11-24 10:00")
    assert len(desk.outbox) == 2


def test_a_later_file_that_is_confirmed_speaks_for_those_before_it(desk: Desk) -> None:
    """Several that are overdue are one alert; the report of the last one is enough."""
    for day in (20, 21):
        send(desk, "borealis", f"2026-11-{day} 21:00")
    last = send(desk, "borealis", "2026-11-22 21:00")
    watch(desk, "2026-11-24 07:00")
    assert len(desk.outbox) == 1
    confirm(desk, last)
    watch(desk, "2026-11-24 09:00")
    assert len(desk.outbox) == 2


def test_each_flow_is_told_for_itself_in_one_mail(desk: Desk) -> None:
    send(desk, "borealis", "2026-11-22 21:00")
    send(desk, "borealis", "2026-11-22 21:00", "absence")
    watch(desk, "2026-11-24 07:00")
    (subject,) = desk.got(BOREALIS)
    assert subject.endswith("sent, never confirmed (+1)")


def test_reports_that_cannot_be_read(desk: Desk) -> None:
    """Told to the managers with what to do, and again when they can be read."""
    sentence = "The report lacks a column: Melding (xpert_suite.report.columns)."
    for moment, wrong in (("21:00", sentence), ("21:15", f"{sentence} Again."), ("21:30", ""), ("21:45", "")):
        with desk.ledger.session() as session:
            reports.note_wrong(session, "borealis", wrong)
        watch(desk, f"2026-11-22 {moment}")
    assert desk.got(BOREALIS) == [
        "21:00 Veerpont: The portal's reports for Borealis B.V. cannot be read",
        "21:30 Veerpont: The portal's reports for Borealis B.V. can be read again",
    ]
    assert sentence in desk.outbox[0][1].text
