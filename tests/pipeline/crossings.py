"""Runs a flow as its DAG does: plan, extract, transform, load, with JSON between the steps, against the sandbox."""

import json
import os
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from time import time_ns
from typing import Any

import msgspec
import yaml
from cryptography.fernet import Fernet
from unpacking import unpacked, without_digests

from veerpont.config.integration import read_integrations
from veerpont.desk import lists
from veerpont.flows.absence.coverage import table
from veerpont.flows.job import Extracted, Job, Transformed, open_job
from veerpont.model.failures import NothingToDoError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.pipeline import settled
from veerpont.pipeline.backfill import fetch
from veerpont.pipeline.crossing import Crossing as Crossings
from veerpont.pipeline.crossing import CrossingStep
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.outcomes import StepReport
from veerpont.pipeline.plan import end, plan
from veerpont.pipeline.transform import transform
from veerpont.pipeline.verdict import Turn
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import clock, deliveries, employers, in_hand, rejects
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont_sandbox.absence import AbsenceBook, Told
from veerpont_sandbox.portal.state import Employment, State
from veerpont_sandbox.world import Sandbox

EMPLOYERS = "Newdays_Connect_Werkgevers_v1"
ORGANIGRAM = "Newdays_Connect_Organigram_v1"
EMPLOYEES = "Newdays_Connect_Medewerker_Gegevens_v1"
ACCOUNTS = "Newdays_Connect_Accounts_Autorisaties_v1"
ABSENCE = "Newdays_Connect_Verzuim_v1"
IBAN = "Newdays_Connect_Medewerker_IBAN_v1"
FATES = ("delivered", "unchanged", "filtered", "rejected", "held")

BEGAN = clock.machine()

Books = dict[str, Any]
Make = Callable[..., "Crossing"]
After = Callable[[Callable[["Crossing"], object]], "Crossing"]


def move_clock(moment: datetime) -> None:
    """Let it be this moment from now on, for the product and the sandbox; `settings_for` takes it back."""
    os.environ[clock.OFFSET] = str((moment - clock.machine()).total_seconds())


class Crossing:
    """Both sides of one customer: run flows with it, decide things, and look at what became of them."""

    def __init__(self, sandbox: Sandbox, home: Path, key: str, name: str = "veerhuis") -> None:
        self.sandbox = sandbox
        self.home = home
        self.key = key
        self.name = name
        self._moment: datetime | None = None
        self._planned: dict[Flow, Any] = {}
        self.today = date(2026, 11, 22)  # the day of the sandbox's people
        self.notes: list[str] = []
        self._numbers = count(time_ns())  # a copied night goes on with numbers that it never had

    @classmethod
    def now(cls, sandbox: Sandbox, home: Path, key: str, name: str) -> "Crossing":
        """Make one that leaves the clock alone."""
        offset = os.environ.get(clock.OFFSET)
        made = cls(sandbox, home, key, name)
        if offset is None:
            del os.environ[clock.OFFSET]
        else:
            os.environ[clock.OFFSET] = offset
        return made

    # -- the clock -------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The Dutch date; setting it moves the clock to the morning, later each time in one process."""
        return clock.today()

    @today.setter
    def today(self, day: date) -> None:
        move_clock(datetime.combine(day, time(10), AMSTERDAM) + (clock.machine() - BEGAN))

    @property
    def moment(self) -> datetime | None:
        """What runs are for; None: now. Setting it moves the clock there."""
        return self._moment

    @moment.setter
    def moment(self, moment: datetime | None) -> None:
        self._moment = moment
        if moment is not None:
            move_clock(moment)

    def later(self, hours: float) -> "Crossing":
        """Let so much time go by."""
        moment = (self.moment or clock.now()) + timedelta(hours=hours)
        move_clock(moment)
        if self.moment is not None:
            self.moment = moment
        return self

    # -- running ---------------------------------------------------------------------------------------------------

    def __call__(self, flow: str, name: str | None = None) -> Books:
        """Run one flow of one customer and return its books, which balance."""
        name = name or self.name
        job, transformed = self.until_load(flow, name)
        self._told(job, lambda: load(job, transformed))
        return self.books(flow, name, job.run_id)

    def until_load(self, flow: str, name: str | None = None) -> tuple[Job, Transformed]:
        """Run a flow up to its load."""
        name = name or self.name
        self._plan(Flow(flow), name)
        job = self.job(flow, name, f"run {next(self._numbers)}")
        extracted = self._told(job, lambda: _handed(extract(job), Extracted))
        return job, self._told(job, lambda: _handed(transform(job, extracted), Transformed))

    def _plan(self, flow: Flow, name: str) -> None:
        """Plan the flow, once a day while files and ledger stay the same: a tenth of the time of each run."""
        ours = Path(os.environ["VEERPONT_INTEGRATIONS"])
        files = tuple((path.name, path.read_bytes()) for path in sorted(ours.iterdir()))
        ledger = Path(os.environ["VEERPONT_LEDGER"].removeprefix("sqlite:///"))
        seen = name, self.today, files, ledger.exists() and ledger.stat().st_ino
        if self._planned.get(flow) != seen:
            assert name in plan(flow, self.notes.append)
            self._planned[flow] = seen

    def job(self, flow: str, name: str, run_id: str) -> Job:
        return open_job(Flow(flow), name, run_id, self.notes.append, tick=self.moment)

    def at(self, moment: str) -> "Crossing":
        """Let it be this moment (ISO, Dutch time) for runs, AFAS's clock and the portal."""
        local = datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM)
        self.moment = local
        self.sandbox.afas.environments[self.name].clock = local
        self.sandbox.portal.accounts[self.name].today = local.date().isoformat()
        return self

    def round(self, only: str | None = None) -> dict[str, dict[str, str]]:
        """Run a round of iban as its DAG does; returns step → integration → why it failed."""
        rounds = self.rounds(f"round {next(self._numbers)}")
        return {
            "extract": rounds.extract(only).failed,
            "transform": rounds.transform().failed,
            "load": rounds.load().failed,
        }

    def rounds(self, run_id: str, moment: datetime | None = None, unattended: bool = False) -> "Rounds":
        """Return the steps of one run of iban."""
        moment = moment or self.moment or datetime.combine(self.today, time(12), AMSTERDAM)
        return Rounds(Turn(run_id, moment, unattended=unattended), self.notes.append)

    def fetch(self, *months: str) -> list[dict[str, int]]:
        """Load months of absence into the history, as the DAG absence_history does."""
        jobs = [self.job("absence", self.name, f"backfill {next(self._numbers)}") for _ in months]
        return [fetch(job, month) for job, month in zip(jobs, months, strict=True)]

    def _told(self, job: Job, work: Callable[[], Any]) -> Any:
        """Note a failure in the ledger, as the DAG does."""
        try:
            return work()
        except NothingToDoError as waits:
            end(job.name, job.flow, job.run_id, "skipped", "", str(waits))
            raise
        except VeerpontError as error:
            end(job.name, job.flow, job.run_id, "failed", error.kind, str(error))
            raise

    def books(self, flow: str, name: str | None = None, run_id: str | None = None) -> Books:
        """Return the newest books of a flow, after checking that they balance."""
        found = lists.list_runs(self.ledger, name or self.name, flow)
        books = next(row for row in found if run_id in {None, row["run_id"]})
        assert books["read"] == sum(books[fate] for fate in FATES), books
        return books

    def first_night(self, *flows: str) -> None:
        """Let the employers be known, decide about them as the customer would, and bring everything across once."""
        self("employers")
        with self.ledger.session() as session:
            employers.activate(session, self.name, self.sandbox.activate[self.name], "Jo")
            if inactive := self.sandbox.inactive[self.name]:
                employers.deactivate(session, self.name, inactive, "Jo")
        for flow in flows or ("employers", "employees", "organigram"):
            self(flow)

    # -- deciding --------------------------------------------------------------------------------------------------

    def configure(self, name: str | None = None, **sections: Any) -> None:
        """Change sections of the customer's integration file."""
        path = self.home / "integrations" / f"{name or self.name}.yaml"
        content = yaml.safe_load(path.read_text())
        for section, value in sections.items():
            content[section] = content.get(section, {}) | value if isinstance(value, dict) else value
        path.write_text(yaml.safe_dump(content))

    def activate(self, *codes: str) -> None:
        with self.ledger.session() as session:
            employers.activate(session, self.name, list(codes), "Jo")

    def serve(self, code: str, **days: str | None) -> None:
        """Give an employer a service period: `first` and `last` as ISO days; None takes one away."""
        service = {name: date.fromisoformat(day) if day else None for name, day in days.items()}
        with self.ledger.session() as session:
            employers.activate(session, self.name, [code], "Jo", service)

    def deactivate(self, *codes: str, purge: bool = False) -> None:
        with self.ledger.session() as session:
            employers.deactivate(session, self.name, list(codes), "Jo", purge)

    def release(self, delivery: int) -> None:
        with self.ledger.session() as session:
            deliveries.decide(session, delivery, "Jo", release=True)

    def discard(self, delivery: int) -> None:
        with self.ledger.session() as session:
            deliveries.decide(session, delivery, "Jo", release=False)

    def confirm(self, flow: str, key: str) -> None:
        with self.ledger.session() as session:
            rejects.confirm(session, self.name, flow, key, "Jo")

    # -- looking ---------------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        return Ledger(f"sqlite:///{self.home / 'ledger.db'}")

    @property
    def vault(self) -> Vault:
        return Vault(f"file://{self.home / 'vault'}", (self.key,))

    @property
    def state(self) -> State:
        """What the portal knows of the customer."""
        self.sandbox.portal.settle()
        return self.sandbox.portal.accounts[self.name].state

    def employments(self) -> dict[str, Employment]:
        """Return the portal's employments that it did not end, by `employer/person/employment`."""
        return {key: found for key, found in self.state.employments.items() if not found.ended}

    def people(self) -> set[str]:
        """Return the personnel numbers of those employments."""
        return {key.split("/")[1] for key in self.employments()}

    def files(self, flow: str, name: str | None = None) -> list[str]:
        """Return the names of the files that the portal got."""
        return self.sandbox.portal.files(name or self.name, flow)

    def last_file(self, flow: str) -> bytes:
        """Return the newest file of a flow, unpacked."""
        return unpacked(self.sandbox.portal.last_file(self.name, flow) or b"")

    def rejects(self, flow: str, state: str = "open") -> dict[str, str]:
        """Return record key → reason."""
        return {row["key"]: row["reason"] for row in lists.list_rejects(self.ledger, self.name, flow, state)}

    def deliveries(self, flow: str, *states: str) -> list[dict[str, Any]]:
        """Return a flow's deliveries in these states, the newest first."""
        found = lists.list_deliveries(self.ledger, self.name, flow)
        return [row for row in found if not states or row["state"] in states]

    def held(self, flow: str) -> dict[str, Any]:
        """Return the one delivery that waits for a person."""
        (found,) = self.deliveries(flow, "held")
        return found

    def stored(self, text: str) -> list[str]:
        """Return the vault objects, opened and unpacked, that hold this text."""
        vault = self.home / "vault"
        paths = [path for path in sorted(vault.rglob("*")) if path.is_file()]
        return [
            str(path.relative_to(vault))
            for path in paths
            if text.encode() in without_digests(unpacked(Fernet(self.key).decrypt(path.read_bytes())))
        ]

    def in_ledger(self, text: str) -> bool:
        """Tell whether any table of the ledger holds this text."""
        with self.ledger.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            return any(text.encode() in without_digests(line.encode()) for line in driver.iterdump())

    # -- absence -----------------------------------------------------------------------------------------------------

    @property
    def book(self) -> AbsenceBook:
        """What really happened at the customer."""
        return self.sandbox.afas.environments[self.name].books[ABSENCE]

    def truth(self, months: int = 24) -> set[Told]:
        """What the portal should have of the active employers."""
        with self.ledger.session() as session:
            active = {code for code, row in employers.states(session, self.name).items() if row.state == "active"}
        return {period for period in self.book.truth(self.today, months) if period[0] in active}

    def periods(self) -> set[Told]:
        """What the portal has."""
        self.sandbox.portal.settle()
        return self.sandbox.portal.accounts[self.name].periods()

    def coverage(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the map of the absence history: (employer, month) → cell."""
        found = read_integrations(self.home / "integrations")[0][self.name]
        return {(str(cell["employer"]), str(cell["month"])): cell for cell in table(found)}

    # -- the source --------------------------------------------------------------------------------------------------

    def source(self, flow: str) -> list[dict[str, Any]]:
        return self.sandbox.afas.rows(self.name, CONNECTOR[flow])

    def change(self, number: str, **changes: Any) -> None:
        """Change a person at the source."""
        assert self.sandbox.afas.update(self.name, EMPLOYEES, "Personeelsnummer", number, changes)

    def remove(self, *numbers: str) -> None:
        """Take people away at the source."""
        assert self.sandbox.afas.delete(self.name, EMPLOYEES, "Personeelsnummer", numbers)


class Rounds:
    """The steps of one run of iban, as its DAG does them."""

    def __init__(self, turn: Turn, note: Callable[[str], None]) -> None:
        self.crossing = Crossings(settled.steps(Flow.IBAN), turn, note)

    def extract(self, only: str | None = None, part: int = 0, parts: int = 1) -> StepReport:
        """Do the first task, of one of so many parts."""
        names = settled.members(self.crossing.turn, Flow.IBAN, part, parts, only)
        report = self.crossing.step(CrossingStep.EXTRACT, names)
        self._small()
        return report

    def transform(self) -> StepReport:
        report = self.crossing.step(CrossingStep.TRANSFORM)
        self._small()
        return report

    def load(self) -> StepReport:
        return self.crossing.step(CrossingStep.LOAD)

    def all(self) -> "Rounds":
        self.extract()
        self.transform()
        self.load()
        return self

    def handed(self) -> set[str]:
        """Return who has something in hand."""
        with self.crossing._ledger() as ledger, ledger.session() as session:
            return set(in_hand.found(session, self.crossing.attempt))

    def _small(self) -> None:
        """What is handed on is small, and nothing personal is in it."""
        with self.crossing._ledger() as ledger, ledger.session() as session:
            for row in in_hand.found(session, self.crossing.attempt).values():
                _check_handed(row.handed)


CONNECTOR = {
    "employers": EMPLOYERS,
    "organigram": ORGANIGRAM,
    "employees": EMPLOYEES,
    "accounts": ACCOUNTS,
    "absence": ABSENCE,
    "iban": IBAN,
}


def guid(number: int) -> str:
    """Return the record key of one of veerhuis's twelve."""
    return f"5A0D0001-0000-4000-8000-{number:012X}"


def _handed(result: Any, kind: type[Any]) -> Any:
    """Hand a result on as XCom would: small JSON without anything personal."""
    text = json.dumps(msgspec.to_builtins(result))
    _check_handed(text)
    return msgspec.convert(json.loads(text), kind)


def _check_handed(text: str) -> None:
    assert len(text) < 1500
    assert not re.search(r"5A0D0001|Vries|@|\b2274\b", text)  # nor what Karel earns
