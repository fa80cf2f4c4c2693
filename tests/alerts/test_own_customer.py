"""A task of one customer looks at that customer only: a night of a thousand ends thousands of tasks."""

from dataclasses import replace

from alert_days import Desk, at, customer

from veerpont.alerts.watch import after_run
from veerpont.model.failures import SettingsError

ACME, BOREALIS = "beheer@acme.example", "hr@borealis.example"


def test_a_task_tells_of_its_own_customer_and_the_next_look_at_all_of_the_others(desk: Desk) -> None:
    for name in ("acme", "borealis"):
        desk.run(name, "employees", "2026-11-23 21:00", "failed", "settings", "No token.", tell=False)
    after_run(replace(desk.watch, only=frozenset({"acme"})), "employees", ["acme"], desk.clock)
    assert (len(desk.got(ACME)), len(desk.got(BOREALIS))) == (1, 0)
    desk.run("others", "iban", "2026-11-23 21:05")
    assert (len(desk.got(ACME)), len(desk.got(BOREALIS))) == (1, 1)


def test_a_task_closes_nothing_of_another_customer(desk: Desk) -> None:
    desk.broken = {"borealis": SettingsError("borealis.yaml cannot be read as YAML.")}
    desk.run("borealis", "employees", "2026-11-23 21:00", "failed", "settings", "No token.")
    told = len(desk.outbox)
    desk.broken = {}  # as a task of acme reads it: its own file only
    desk.customers = {"acme": customer("acme", mail={"to": [ACME]})}
    desk.run("acme", "employees", "2026-11-23 21:05", tell=False)
    after_run(replace(desk.watch, only=frozenset({"acme"})), "employees", ["acme"], at("2026-11-23 21:07"))
    assert len(desk.outbox) == told
