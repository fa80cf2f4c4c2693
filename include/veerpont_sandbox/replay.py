"""`veerpont sandbox replay`: days of absence through two links side by side, ours and a careless one.

The careless link sends each extract of the last 14 days as a complete file, so that the portal deletes what did not
change lately (docs/reference/xpert-suite.md, 4.5). Ours is the pipeline as it stands, over HTTP and SFTP, with a
simulated clock. Everything is invented, and runs in a folder of its own that is gone afterwards.
"""

import csv
import io
import os
import tempfile
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import paramiko
import requests
import yaml
from cryptography.fernet import Fernet

from veerpont.config.settings import sqlite
from veerpont.desk import lists
from veerpont.flows.job import Job, open_job
from veerpont.model.flows import Flow
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import clock, employers
from veerpont.store.ledger import Ledger
from veerpont_sandbox.absence import PROTOCOLS, Case, Told
from veerpont_sandbox.absence_truth import months_before
from veerpont_sandbox.afas.schema import ABSENCE
from veerpont_sandbox.customers import generated
from veerpont_sandbox.customers.spec import CAUSES
from veerpont_sandbox.portal.state import State
from veerpont_sandbox.replay_life import NEVER, Life
from veerpont_sandbox.world import Sandbox

TICKS = (8, 11, 14, 17, 21)
"""The hours at which both links run: five of the fifteen of a real day, the last one reads widely."""
WINDOW = 14
"""Days that the careless link's extract goes back."""
LATE = timedelta(days=2)
"""So long after a deletion at the source the portal may still have what was deleted."""
FIRST = date(2026, 11, 23)

_DAY = timedelta(days=1)


@dataclass
class Day:
    """How the portal's two accounts stand at the end of a day.

    `lost_…`: cases that still existed and that were at the portal before, counted once each since the first day.
    `missing_…`: cases that exist and are not there. `extra_…`: cases there that do not exist. `happened`: what clerks
    did on this day, by kind.
    """

    day: str
    happened: dict[str, int]
    truth: int
    ours: int
    careless: int
    lost_ours: int
    lost_careless: int
    missing_ours: int
    missing_careless: int
    extra_ours: int
    extra_careless: int


@dataclass
class Replay:
    """What came of all days.

    `missed`: runs after which a case that exists was not at the portal by our link. `late`: runs after which somebody's
    periods were not the truth, as after the run before, though nothing of theirs had been deleted in the last two
    days. `held`: our deliveries
    that waited for a person. `unsound`: our runs that ended otherwise than well.
    """

    days: list[Day] = field(default_factory=list)
    runs: int = 0
    missed: int = 0
    late: int = 0
    held: int = 0
    unsound: int = 0

    @property
    def good(self) -> bool:
        """Whether our link never missed a case, was never late, and never asked for a person."""
        return not (self.missed or self.late or self.held or self.unsound)

    @property
    def verdict(self) -> str:
        """One sentence."""
        last = self.days[-1]
        ours = f"Ours, in {self.runs} runs: {last.lost_ours} cases lost, {self.missed} runs that missed one, "
        ours += f"{self.late} that were more than two days late with a deletion, {self.held} deliveries held"
        ours += f", {self.unsound} runs that did not end well. " if self.unsound else ". "
        return ours + f"The careless link lost {last.lost_careless} cases that still existed."

    def as_json(self) -> dict[str, Any]:
        """Return everything as one document."""
        return {**asdict(self), "good": self.good, "verdict": self.verdict}


def replay(days: int = 60, people: int = 60, seed: int = 1, tell: Callable[[Day], None] = lambda _: None) -> Replay:
    """Let both links carry the same life for so many days; `tell` hears of each day when it is over."""
    memory = Path("/dev/shm")  # noqa: S108 -- a run makes hundreds of small transactions; the folder below is our own
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        home = Path(folder)
        ours = generated("ours", people)
        careless = replace(ours, name="careless", member=str(int(ours.member) + 1))
        flows = ("employers", "organigram", "employees", "absence")
        with Sandbox(home / "sandbox", (ours, careless), flows=flows) as sandbox, _environment(home, sandbox):
            return _Replay(sandbox, home, seed).run(days, tell)


@contextmanager
def _environment(home: Path, sandbox: Sandbox) -> Iterator[None]:
    """Point the settings and the connections to the sandbox, as long as this lasts."""
    sandbox.write_integrations(home / "all")
    content = yaml.safe_load((home / "all" / "ours.yaml").read_text())
    content["absence"]["initial_days"] = 1500  # so that the first read covers the portal's window
    (home / "integrations").mkdir()
    (home / "integrations" / "ours.yaml").write_text(yaml.safe_dump(content))
    before = dict(os.environ)
    os.environ.update(sandbox.connections())
    os.environ.update({
        "VEERPONT_INTEGRATIONS": str(home / "integrations"),
        "VEERPONT_LEDGER": sqlite(home / "ledger.db"),
        "VEERPONT_VAULT": f"file://{home / 'vault'}",
        "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
        "AIRFLOW_HOME": before.get("AIRFLOW_HOME", str(home / "airflow")),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    })
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Replay:
    def __init__(self, sandbox: Sandbox, home: Path, seed: int) -> None:
        self.sandbox = sandbox
        self.ledger = Ledger(sqlite(home / "ledger.db"))
        self.active = frozenset(sandbox.activate["ours"])
        self.book = sandbox.afas.environments["ours"].books[ABSENCE]
        self.seed = seed
        self.jobs: dict[Flow, Job] = {}  # opened once: a ledger that is opened again compiles all of its queries
        self.found = Replay()
        self.wrong: set[Told] = set()
        self.rows: Any = None
        self.cases: list[Case] = []
        self.seen: dict[str, set[str]] = {}
        self.lost: dict[str, set[str]] = {"ours": set(), "careless": set()}

    def run(self, days: int, tell: Callable[[Day], None]) -> Replay:
        careless = self._go_live()
        life = Life(self.sandbox, self.active, self.seed)
        for day in (FIRST + _DAY * number for number in range(days)):
            before = time(0)
            for hour in TICKS:
                life.go_on(datetime.combine(day, before), datetime.combine(day, time(hour)))
                before = time(hour)
                self._at(datetime.combine(day, before, AMSTERDAM))
                self._ours(Flow.ABSENCE)
                careless()
                compared = self._compare(day, life)
            life.go_on(datetime.combine(day, before), datetime.combine(day, time(23, 59)))
            compared.happened = dict(sorted(life.happened.items()))
            life.happened.clear()
            self.found.days.append(compared)
            tell(compared)
        careless.close()
        return self.found

    def _go_live(self) -> "_Careless":
        """Let our link bring everything across once, and give the careless one the very same start."""
        self._at(datetime.combine(FIRST - _DAY, time(21), AMSTERDAM))
        self._ours(Flow.EMPLOYERS)
        with self.ledger.session() as session:
            employers.activate(session, "ours", sorted(self.active), "replay")
        for flow in (Flow.EMPLOYERS, Flow.EMPLOYEES, Flow.ORGANIGRAM, Flow.ABSENCE):
            self._ours(flow)
        self.found.runs = 0
        self.sandbox.portal.settle()
        accounts = self.sandbox.portal.accounts
        accounts["careless"].state = msgspec.convert(msgspec.to_builtins(accounts["ours"].state), State)
        self.sandbox.afas.environments["careless"].window(ABSENCE, WINDOW, "case")
        there = _by_case(self._truth(FIRST - _DAY), self.book.cases()).keys()
        self.seen = {"ours": set(there), "careless": set(there)}
        return _Careless(self.sandbox, self.active)

    def _at(self, moment: datetime) -> None:
        self.moment = moment
        os.environ[clock.OFFSET] = str((moment - clock.machine()).total_seconds())
        for name in ("ours", "careless"):
            self.sandbox.afas.environments[name].clock = moment
            self.sandbox.portal.accounts[name].today = moment.date().isoformat()

    def _ours(self, flow: Flow) -> None:
        """Run a flow of our link as its DAG does."""
        self.found.runs += 1
        run = f"run {self.moment.isoformat()} {self.found.runs}"
        if flow not in self.jobs:
            self.jobs[flow] = open_job(flow, "ours", run, lambda _: None)
        job = replace(self.jobs[flow], run_id=run, today=self.moment.date(), tick=self.moment)
        load(job, transform(job, extract(job)))

    def _compare(self, day: date, life: Life) -> Day:
        """Look at both accounts beside the truth."""
        self.sandbox.portal.settle()
        truth = self._truth(day)
        if self.rows is not self.book.rows():  # another list as soon as something has changed
            self.rows, self.cases = self.book.rows(), self.book.cases()
        cases = _by_case(truth, self.cases)
        counts: dict[str, int] = {}
        for name in ("ours", "careless"):
            there = self._in_window(name, day, truth)
            missing = {case for case, periods in cases.items() if not _touching(periods, there)}
            self.lost[name] |= missing & self.seen[name]
            self.seen[name] |= cases.keys() - missing
            extra = len(there) - len(_touching(there, truth))
            counts[name] = len(cases) - len(missing) + extra
            counts |= {f"lost_{name}": len(self.lost[name]), f"missing_{name}": len(missing), f"extra_{name}": extra}
            if name == "ours":
                at = self.moment.replace(tzinfo=None)
                lately = {who for who, deleted in life.deleted.items() if at - deleted < LATE}
                self.found.missed += bool(missing)
                wrong = {period for period in there ^ truth if period[:2] not in lately}
                self.found.late += bool(wrong & self.wrong)  # what has no day left goes when the next run says so too
                self.wrong = wrong
        (run, *_) = lists.list_runs(self.ledger, "ours", "absence")
        self.found.unsound += run["state"] != "success"
        self.found.held = sum(bool(row["reasons"]) for row in lists.list_deliveries(self.ledger, "ours", None))
        return Day(day.isoformat(), {}, truth=len(cases), **counts)

    def _truth(self, day: date) -> set[Told]:
        return {period for period in self.book.truth(day) if period[0] in self.active}

    def _in_window(self, name: str, day: date, truth: set[Told]) -> set[Told]:
        """Return an account's periods, without the cases that are out of its window: no file says anything of those."""
        account = self.sandbox.portal.accounts[name]
        since = months_before(day, account.settings.months).isoformat()
        return {
            (each.employer, each.number, each.protocol, period.start, period.end, period.percent)
            for each in account.state.trajects.values()
            for period in each.periods
            if not each.over(since)
            or (each.employer, each.number, each.protocol, period.start) in {t[:4] for t in truth}
        }


def _by_case(truth: Iterable[Told], cases: Iterable[Case]) -> dict[str, set[Told]]:
    """Return case → its periods."""
    of_person: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    for case in cases:
        of_person[case.employer, case.number, PROTOCOLS.get(case.type, "")].append(case)
    found: dict[str, set[Told]] = defaultdict(set)
    for period in truth:
        before = [case for case in of_person[period[:3]] if case.begin.isoformat() <= period[3]]
        found[max(before, key=lambda case: (case.begin, case.id)).guid].add(period)
    return found


def _touching(periods: Iterable[Told], others: Iterable[Told]) -> set[Told]:
    """Return the periods that share a day with one of the others, of the same person and protocol."""
    of_person: dict[tuple[str, ...], list[Told]] = defaultdict(list)
    for other in others:
        of_person[other[:3]].append(other)
    return {
        period
        for period in periods
        if any(period[3] <= (other[4] or NEVER) and other[3] <= (period[4] or NEVER) for other in of_person[period[:3]])
    }


class _Careless:
    """A link as it should not be: what changed in the last 14 days, sent as the complete file."""

    def __init__(self, sandbox: Sandbox, active: frozenset[str]) -> None:
        self.active = active
        environment = sandbox.afas.environments["careless"]
        self.url = f"{sandbox.afas.url}/ProfitRestServices/connectors/{ABSENCE}?skip=-1&take=-1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"AfasToken {b64encode(environment.token.encode()).decode()}"
        self.transport = paramiko.Transport((sandbox.portal.host, sandbox.portal.port))
        key = paramiko.Ed25519Key.from_private_key(io.StringIO(sandbox.portal.accounts["careless"].key))
        self.transport.connect(username="careless", pkey=key)
        channel = self.transport.open_session()
        channel.invoke_subsystem("sftp")
        self.sftp = paramiko.SFTPClient(channel)
        self.number = 0

    def __call__(self) -> None:
        """Send what the extract shows."""
        answer = self.session.get(self.url, timeout=60)
        answer.raise_for_status()
        lines = self._lines(msgspec.json.decode(answer.content)["rows"])
        written = io.StringIO()
        sheet = csv.DictWriter(written, _COLUMNS, delimiter=";", lineterminator="\r\n")
        sheet.writeheader()
        sheet.writerows(lines)
        self.number += 1
        name = f"/Verzuim/verzuim_{self.number:06}.csv"
        self.sftp.putfo(io.BytesIO(written.getvalue().encode("utf-8-sig")), name, confirm=False)

    def close(self) -> None:
        self.transport.close()
        self.session.close()

    def _lines(self, rows: list[dict[str, Any]]) -> Iterator[dict[str, str | None]]:
        """Map the rows straight to the portal's lines, case by case."""
        cases: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            if row["Werkgevercode"] in self.active and row["Type"] in PROTOCOLS:
                cases[row["Guid_verzuimmelding"]].append(row)
        for case, found in cases.items():
            lines = sorted(found, key=itemgetter("Datum_deelherstel", "Verloop_Gewijzigd_Op"))
            by_day = list({line["Datum_deelherstel"]: line for line in lines}.values())
            for line, after in zip(by_day, [*by_day[1:], None], strict=True):
                stop = (after or {}).get("Datum_deelherstel") or line["Datum_hervatting"]
                if line["Aanwezigheidspercentage"] == 100:
                    continue
                yield {
                    "WerkgeverCode": line["Werkgevercode"],
                    "Personeelsnummer": line["Personeelsnummer"],
                    "Protocol": PROTOCOLS[line["Type"]],
                    "TrajectId": case.strip("{}"),
                    "TrajectVerloopId": line["GUID_verzuimverloop"].strip("{}"),
                    "StartdatumTrajectVerloop": line["Datum_deelherstel"][:10],
                    "EinddatumTrajectVerloop": ((date.fromisoformat(stop[:10]) - _DAY).isoformat() if stop else None),
                    "VerzuimOorzaak": CAUSES[line["Type"]],
                    "Verzuimpercentage": f"{100 - Decimal(str(line['Aanwezigheidspercentage'])):f}",
                    "BevallingsDatumVermoedelijk": (line["Vermoedelijke_bevallingsdatum"] or "")[:10] or None,
                    "BevallingsDatumFeitelijk": (line["Werkelijke_bevallingsdatum"] or "")[:10] or None,
                }


_COLUMNS = (
    *("WerkgeverCode", "Personeelsnummer", "Protocol", "TrajectId", "TrajectVerloopId"),
    *("StartdatumTrajectVerloop", "EinddatumTrajectVerloop", "VerzuimOorzaak", "Verzuimpercentage"),
    *("BevallingsDatumVermoedelijk", "BevallingsDatumFeitelijk"),
)
