"""A task of one customer looks at that customer only: a night of a thousand ends thousands of tasks."""

import threading
from dataclasses import replace

import pytest
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


@pytest.mark.any_day
def test_of_two_tasks_that_end_at_the_same_moment_one_tells(quiet: Desk) -> None:
    for name in quiet.customers:
        quiet.run(name, "iban", "2026-11-23 09:00", "failed", "settings", "No token.", tell=False)
    watch = quiet.watch
    begin = threading.Barrier(6)

    def end() -> None:
        begin.wait()
        after_run(watch, "iban", list(quiet.customers), quiet.clock)

    threads = [threading.Thread(target=end) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(quiet.got(ACME)) == len(quiet.got(BOREALIS)) == 1
    assert len(quiet.alerts) == 2
