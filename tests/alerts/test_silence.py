"""A flow that has no runs any more tells nobody by itself: the others notice, and old alerts are forgotten."""

import pytest
from alert_days import Desk, at, customer
from test_watch import ACME, ENGINEER, NIGHTLY, ON_SQLITE, ticks

from veerpont.alerts.watch import look
from veerpont.store.ledger import Ledger


@ON_SQLITE
@pytest.mark.any_day
def test_a_flow_that_has_no_runs_any_more_is_told_once_for_all_customers(desk: Desk) -> None:
    """Somebody pauses iban on Monday at noon, and employees in the evening; absence goes on."""
    for name in desk.customers:
        for flow in NIGHTLY:
            desk.run(name, flow, "2026-11-22 21:00", tell=False)
        desk.run(name, "iban", "2026-11-23 12:00", tell=False)
    hours = [*ticks("2026-11-23 12:00", "2026-11-23 21:00", 60), *ticks("2026-11-24 07:00", "2026-11-24 21:00", 120)]
    for tick in hours:
        for name in desk.customers:
            desk.run(name, "absence", tick)
        if tick.endswith(" 21:00"):
            for flow in ("employers", "organigram", "accounts"):
                desk.run("acme", flow, tick, tell=False)  # one customer is enough: the DAG runs
    assert [(line[:5], line.partition("Veerpont: ")[2]) for line in desk.got(ENGINEER)] == [
        ("14:01", "Bank accounts (IBAN) no longer runs"),
        ("07:01", "Employees no longer runs"),
    ]
    assert not desk.got(ACME)
    assert "See in Airflow whether the DAG is paused" in desk.outbox[0][1].text

    desk.run("acme", "iban", "2026-11-25 07:00")
    assert desk.got(ENGINEER)[-1].endswith("Bank accounts (IBAN) runs again")


def test_a_flow_that_fails_is_not_silent(desk: Desk) -> None:
    """One alert for one trouble."""
    for tick in ticks("2026-11-23 07:00", "2026-11-23 12:00", 60):
        desk.run("acme", "absence", tick, "failed", "settings", "Ask for a new token.")
    assert not desk.got(ENGINEER)
    assert len(desk.got(ACME)) == 1


def test_nights_of_maintenance_are_no_silence(desk: Desk) -> None:
    """A 21:00 run may come until half past six; before that nobody is alarmed."""
    desk.run("acme", "employees", "2026-11-22 21:05", tell=False)
    for tick in ("2026-11-23 07:00", "2026-11-23 20:00", "2026-11-23 23:00", "2026-11-24 06:20"):
        look(desk.watch, at(tick))
    assert not desk.alerts
    look(desk.watch, at("2026-11-24 06:30"))
    assert [alert.subject for alert in desk.alerts] == ["silent employees"]


def test_old_alerts_are_forgotten(quiet: Desk, ledger: Ledger) -> None:
    quiet.run("acme", "iban", "2026-11-23 09:00", "failed", "settings", "No token.")
    quiet.run("acme", "iban", "2026-11-23 09:05")
    look(quiet.watch, at("2027-02-23 09:00"))
    assert not quiet.alerts


def test_a_customer_that_the_schedule_leaves_out_makes_no_flow_silent(desk: Desk) -> None:
    """It ran by hand, a week ago; nobody has taken it live, so that nothing of it is missed."""
    desk.customers = {"acme": customer("acme", schedule="when_live")}
    desk.run("acme", "employees", "2026-11-16 12:00")
    look(desk.watch, at("2026-11-24 07:00"))
    assert desk.alerts == []
    desk.customers = {"acme": customer("acme")}
    look(desk.watch, at("2026-11-24 07:00"))
    assert [alert.subject for alert in desk.alerts] == ["silent employees"]
