"""The month before the demo: what happened at its customers, and the runs of the pipeline that brought it.

Each run is the pipeline as its DAG runs it, with the clock moved to that night. Nothing is written into the ledger by
hand. The big customer and some flows run less often than in life: `make demo` is over in two minutes.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from veerpont.config.settings import settings
from veerpont.flows.job import Job, open_job
from veerpont.model.flows import Flow
from veerpont.pipeline.crossing import Crossing, CrossingStep, FlowSteps
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.pipeline.verdict import Turn
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import clock, employers
from veerpont.store.ledger import Ledger
from veerpont_sandbox.afas.schema import ABSENCE, EMPLOYEES
from veerpont_sandbox.customers.bad_rows import BAD_ROWS
from veerpont_sandbox.world import Sandbox

NIGHTS = 28
LOOKED_AT = 14
"""The nights of which the desk's first page shows how they went."""
LIVED = "lived"
"""The file that says that the month is behind us: it is lived once, also when it was broken off."""
SMALL, BIG, LOKET = "veerhuis", "oeverland", "sluis"
REFUSED = 12
"""The night, so many before tonight, at which AFAS refused the token of the small customer."""
LATE = timedelta(days=3, hours=2)
"""So long ago the flow that is late ran for the last time."""
READ = (18, 14, 10, 8, 6, 5, 3, 0)
"""The nights at which the employees of the big customer are read after the first one; 0: today."""
GONE_EMPLOYER, GONE = "02", 40
"""Of the big customer: where people vanish, and how many: more than leave unasked."""


class Month:
    """What happened at the sources of the demo's customers, night by night."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.afas = sandbox.afas
        self.books = sandbox.afas.environments[BIG].books
        self.rng = random.Random(7)  # the same month each time

    def happen(self, ago: int) -> None:
        """Let happen what happened in the day before the night that was so many nights ago; 0: today."""
        self._change(SMALL, 1)
        if ago in READ:
            self._change(BIG, self.rng.randint(3, 14))
        for kind, came, went in (("missing_name", 24, 16), ("end_before_start", 20, 7), ("long_name", 9, 5)):
            number = BAD_ROWS[kind]["Personeelsnummer"]
            if ago == came:
                self.afas.insert(SMALL, EMPLOYEES, [BAD_ROWS[kind]])
            elif ago == went:
                self.afas.delete(SMALL, EMPLOYEES, "Personeelsnummer", [number])
        if ago == 18:
            self._spoil(9)
        elif ago in {14, 10, 8}:
            self._mend(3)
        elif ago == 6:
            self._vanish()
        elif ago == 1:
            self.afas.update(SMALL, EMPLOYEES, "Personeelsnummer", "1007", {"Personeelsnummer": "1907"})

    def all(self) -> None:
        """Let all of it have happened: AFAS starts with its first rows again."""
        for ago in range(NIGHTS, -1, -1):
            self.happen(ago)

    def _change(self, customer: str, people: int) -> None:
        """Give some people other hours."""
        rows = self.afas.rows(customer, EMPLOYEES)
        for row in self.rng.sample([row for row in rows if not row["Datum_eind_dvb"]], people):
            row["Uren_per_week"] = self.rng.choice((16, 20, 24, 28, 32, 36, 40))
        self.afas.replace(customer, EMPLOYEES, rows)

    def _spoil(self, people: int) -> None:
        """Let a clerk give some people a birth date that does not exist."""
        rows = self.afas.rows(BIG, EMPLOYEES)
        self.spoilt = [
            (row["GUID"], row["Geboortedatum"])
            for row in self.rng.sample([row for row in rows if row["Werkgeverscode"] == "01"], people)
        ]
        self._born(dict.fromkeys((guid for guid, _ in self.spoilt), "1980-02-31T00:00:00Z"))

    def _mend(self, people: int) -> None:
        """Let the clerk put some of them right again."""
        self._born(dict(self.spoilt[:people]))
        self.spoilt = self.spoilt[people:]

    def _born(self, dates: dict[str, str]) -> None:
        rows = self.afas.rows(BIG, EMPLOYEES)
        for row in rows:
            if row["GUID"] in dates:
                row["Geboortedatum"] = dates[row["GUID"]]
        self.afas.replace(BIG, EMPLOYEES, rows)

    def _vanish(self) -> None:
        """Take people out of AFAS without a last day; none who manages a department or was ill."""
        ill = {case.number for case in self.books[ABSENCE].cases()}
        numbers = [
            row["Personeelsnummer"]
            for row in self.afas.rows(BIG, EMPLOYEES)
            if row["Werkgeverscode"] == GONE_EMPLOYER
            and not row["Datum_eind_dvb"]
            and row["Personeelsnummer"] not in ill
        ]
        self.afas.delete(BIG, EMPLOYEES, "Personeelsnummer", numbers[-GONE:])


def is_lived(home: Path) -> bool:
    """Tell whether the month of an instance is behind it."""
    return (home / LIVED).exists()


def live(home: Path, sandbox: Sandbox, tell: Callable[[int], None]) -> None:
    """Live the month: let things happen, and run the flows; the clock is back when it is over.

    Args:
        tell: hears of each night how many are left.
    """
    (home / LIVED).touch()
    tonight = datetime.combine(clock.today(), time(21), AMSTERDAM)
    runs, month = _Runs(), Month(sandbox)
    with moved():
        for ago in range(NIGHTS, 0, -1):
            tell(ago)
            month.happen(ago)
            night = tonight - timedelta(days=ago)
            if ago == NIGHTS:
                _first(sandbox, runs, night)
            if ago == REFUSED:
                sandbox.faults.add("revoked", customer=SMALL)
                runs.refused(Flow.EMPLOYEES, SMALL, night)
                sandbox.faults.clear("revoked")
            for flow, customer in _of_night(ago):
                if (ago, customer) != (REFUSED, SMALL):
                    runs(flow, customer, night)
            runs.minutes.clear()
        sandbox.portal.settle()
        month.happen(0)


def _first(sandbox: Sandbox, runs: "_Runs", night: datetime) -> None:
    """Let all employers be seen, and a person decide about them; then everything crosses for the first time."""
    for customer in sandbox.customers:
        runs(Flow.EMPLOYERS, customer, night)
    activate(sandbox)
    for customer in sandbox.customers:
        for flow in (Flow.EMPLOYERS, Flow.EMPLOYEES, Flow.ORGANIGRAM, Flow.ACCOUNTS, Flow.ABSENCE):
            runs(flow, customer, night)


def _of_night(ago: int) -> Iterator[tuple[Flow, str]]:
    """Yield what runs in a night after the first one."""
    if ago == NIGHTS:
        return
    yield Flow.EMPLOYEES, SMALL
    if ago in READ:
        yield Flow.EMPLOYEES, BIG
    if ago <= LOOKED_AT:
        yield Flow.EMPLOYERS, BIG
        yield Flow.EMPLOYERS, LOKET
    if ago % 7 == 0:
        yield Flow.ORGANIGRAM, SMALL
        yield Flow.ACCOUNTS, SMALL
    if ago % 3 == 0:
        yield Flow.ABSENCE, SMALL


def activate(sandbox: Sandbox) -> None:
    """Decide about the employers, as `veerpont employers activate` and `deactivate` do."""
    with Ledger(settings().ledger).session() as session:
        for customer, codes in sandbox.activate.items():
            employers.activate(session, customer, list(codes), "the demo")
        for customer, codes in sandbox.inactive.items():
            if codes:
                employers.deactivate(session, customer, list(codes), "the demo")


@contextmanager
def moved(by: timedelta = timedelta()) -> Iterator[None]:
    """Let the clock be elsewhere for a while, `by` at first."""
    before = os.environ.get(clock.OFFSET, "")
    os.environ[clock.OFFSET] = str((clock.offset() + by).total_seconds())
    try:
        yield
    finally:
        os.environ[clock.OFFSET] = before


class _Runs:
    """Runs of flows, one after the other: the clock goes on between the steps as it would with much to read."""

    def __init__(self) -> None:
        self.jobs: dict[tuple[Flow, str], Job] = {}  # opened once: a ledger opened again compiles all its queries
        self.rng = random.Random(3)
        self.minutes: dict[str, float] = {}
        self.count = 0

    def __call__(self, flow: Flow, customer: str, night: datetime) -> None:
        """Run one flow of one customer, in turn after those of the same night."""
        run, moment = self._begin(customer, night)
        if (flow, customer) not in self.jobs:
            self.jobs[flow, customer] = open_job(flow, customer, run, lambda _: None)
        job = replace(self.jobs[flow, customer], run_id=run, today=moment.date(), tick=moment)
        read = extract(job)
        self._later(customer, night, (3, 25) if customer == BIG else (0.5, 6))
        load(job, transform(job, read))

    def refused(self, flow: Flow, customer: str, night: datetime) -> None:
        """Run a flow that fails, as a task of several customers does: what goes wrong is noted, and nothing raised."""
        run, moment = self._begin(customer, night)
        crossing: Any = Crossing(FlowSteps(flow), Turn(run, moment), lambda _: None)
        crossing.hold([customer])
        crossing.step(CrossingStep.EXTRACT, [customer])

    def _begin(self, customer: str, night: datetime) -> tuple[str, datetime]:
        self.count += 1
        self.minutes.setdefault(customer, 1.0)
        return f"month {self.count}", self._later(customer, night, (0.3, 2))

    def _later(self, customer: str, night: datetime, between: tuple[float, float]) -> datetime:
        self.minutes[customer] += self.rng.uniform(*between)
        moment = night + timedelta(minutes=self.minutes[customer])
        os.environ[clock.OFFSET] = str((moment - clock.machine()).total_seconds())
        return moment
