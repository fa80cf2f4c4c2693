"""How long what may pass by itself may last before somebody hears of it: each flow, sentence and hour."""

from datetime import datetime, timedelta

import pytest
from alert_days import ENGINEERS, Desk, at, customer
from test_watch import ON_SQLITE

from veerpont.alerts import causes
from veerpont.alerts.causes import is_due
from veerpont.alerts.watch import after_run
from veerpont.messages import catalog
from veerpont.rules.dates import AMSTERDAM
from veerpont.store.alerts import FlowStanding
from veerpont.store.ledger import Ledger
from veerpont.systems.registry import source

AFAS = "AFAS is not available now and is asked again later. (metainfo: HTTP 503)"
AFAS_BUSY = "AFAS is not available now and is asked again later. (metainfo: HTTP 429)"
AFAS_ODD = "AFAS gives an answer that its documentation does not know. (metainfo: HTTP 418)"
LOKET = "Loket is not available now and is asked again later. (employers: HTTP 503)"
PORTAL = "The portal is not available now and is asked again later. (iban: HTTP 503)"
SERVER = "sftp.example:22 cannot be reached (refused). When this lasts, have host and port checked."

TOLD = [
    ("iban", AFAS, "09:00", "11:00"),
    ("iban", AFAS, "17:30", "07:30 the next day"),  # what it lasted before 19:00 counts
    ("iban", AFAS, "20:00", "09:00 the next day"),
    ("iban", AFAS_ODD, "20:00", "09:00 the next day"),
    ("iban", LOKET, "09:00", "11:00"),
    ("iban", PORTAL, "09:00", "11:00"),
    ("iban", PORTAL, "20:00", "22:00"),
    ("absence", AFAS, "09:00", "11:00"),
    ("absence", AFAS_BUSY, "20:00", "09:00 the next day"),
    ("absence", SERVER, "09:00", "11:00"),
    ("absence", SERVER, "20:00", "07:00 the next day"),  # the third try
    ("employees", AFAS, "21:00", "06:30 the next day"),
    ("employees", AFAS_ODD, "21:00", "06:30 the next day"),
    ("employees", AFAS, "10:00", "12:00"),
    ("employees", PORTAL, "21:00", "23:00"),
    ("employees", LOKET, "21:00", "23:00"),
]


def _tried(flow: str, begun: datetime, until: datetime) -> int:
    """Return how often a flow is tried: by day at each of its ticks, at night when somebody starts it once more."""
    if flow == "employees":
        return 1 + min((until - begun) // timedelta(minutes=10), 4)
    every = timedelta(minutes=5 if flow == "iban" else 60)
    ticks = (begun + every * number for number in range((until - begun) // every + 1))
    local = [tick.astimezone(AMSTERDAM) for tick in ticks]
    return sum(7 <= tick.hour < 21 or (tick.hour, tick.minute) == (21, 0) for tick in local)


@pytest.mark.parametrize(("flow", "message", "broken", "told"), TOLD)
def test_when_it_is_told(flow: str, message: str, broken: str, told: str) -> None:
    begun = at(f"2026-11-23 {broken}")
    system = "loket" if message == LOKET else "afas"
    moment = begun
    while True:
        tries = _tried(flow, begun, moment)
        standing = FlowStanding("a run", "failed", "passing", message, begun, moment, broken_since=begun, tries=tries)
        if is_due(flow, standing, moment, source(system).maintenance):
            break
        moment += timedelta(minutes=5)
    local = moment.astimezone(AMSTERDAM)
    assert f"{local:%H:%M}{' the next day' if local.day == 24 else ''}" == told


@ON_SQLITE
@pytest.mark.any_day
def test_the_hours_are_those_of_the_customers_own_source(ledger: Ledger) -> None:
    """AFAS has its patches from 19:00 on; Loket has no such hours."""
    loket = customer("sluis", source={"system": "loket", "connection": "loket_sluis"})
    desk = Desk(ledger, customer("acme"), loket)
    desk.others_run()
    for name in desk.customers:
        for flow in ("employers", "organigram", "employees", "accounts", "absence", "iban"):
            desk.run(name, flow, "2026-11-23 18:30", tell=False)
    for name, said in (("acme", AFAS), ("sluis", LOKET)):
        for minute in range(0, 61, 15):
            desk.run(name, "iban", f"2026-11-23 {20 + minute // 60}:{minute % 60:02}", "skipped", "passing", said)
    for clock in ("23 21:59", "23 22:01", "24 06:31", "24 08:59", "24 09:01"):
        desk.clock = at(f"2026-11-{clock}")
        after_run(desk.watch, "absence", [], desk.clock)
    told = [line for line in desk.got(ENGINEERS[0]) if "IBAN" in line]
    assert [line[:5] for line in told] == ["22:01", "09:01"]
    assert ("Sluis" in told[0], "Acme" in told[1]) == (True, True)


def test_each_cause_that_managers_hear_of_is_one_that_is_raised() -> None:
    assert not causes._OF_MANAGERS - catalog.dutch().keys()
