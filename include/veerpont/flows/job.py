"""What the steps hand each other: references into the vault, counts, and the problems found on the way."""

import gc
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from veerpont.config.integration import LONGEST_NEW_NAME, Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import NothingToDoError, Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, changed, coded
from veerpont.rules.calendar import end_of_night
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import clock, kinds, mappings, runs
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.registry import source
from veerpont.systems.source import Note, Row

NIGHTLY_TICK = time(21)

LONGEST_KEY = 150

COLLECT_AFTER = 50_000
"""New objects until Python looks for circles among them."""

_encode_row = msgspec.json.Encoder(decimal_format="number").encode
_decode_row = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


@dataclass(frozen=True)
class Job:
    """One flow run of one integration, with what every step of it needs.

    `today` is the Dutch business date of the run, `tick` the moment it is for (aware); `note` takes sentences for the
    task's log, never a personal value; `unattended`: nobody waits for the run, so that it may wait itself.
    `preview_of`: the ledger that `ledger` is a copy of: then nothing is delivered. `period`: year and number of
    the only period whose hours are wanted.
    """

    integration: Integration
    flow: Flow
    run_id: str
    today: date
    ledger: Ledger
    vault: Vault
    note: Note
    unattended: bool = False
    tick: datetime | None = None
    preview_of: Ledger | None = None
    period: tuple[int, int] | None = None

    @property
    def shared(self) -> Ledger:
        """The ledger in which all runs see who reads from a source."""
        return self.preview_of or self.ledger

    @property
    def moment(self) -> datetime:
        """What the run is for (aware); noon of its day where nobody says it."""
        return self.tick or datetime.combine(self.today, time(12), AMSTERDAM)

    @property
    def last_night(self) -> datetime:
        """The 21:00 tick at or before the run's moment."""
        local = self.moment.astimezone(AMSTERDAM)
        tick = datetime.combine(local.date(), NIGHTLY_TICK, AMSTERDAM)
        return tick if tick <= local else datetime.combine(local.date() - timedelta(days=1), NIGHTLY_TICK, AMSTERDAM)

    @property
    def name(self) -> str:
        return self.integration.name

    @property
    def scope(self) -> Scope:
        return Scope(self.name, self.flow)

    @property
    def folder(self) -> str:
        """Where this run stages what it has in hand; the same for every attempt of one run."""
        batch = hashlib.sha256(self.run_id.encode()).hexdigest()[:16]
        return kinds.STAGED.path(self.scope, batch)


def open_job(
    flow: Flow,
    integration: str,
    run_id: str,
    note: Note,
    unattended: bool = False,
    tick: datetime | None = None,
    period: tuple[int, int] | None = None,
) -> Job:
    """Open ledger and vault for one run; its day is today, whatever the run is for (docs/decisions/0005).

    Raises SettingsError when the integration file is missing or wrong, what is kept at the desk does not fit it, or the
    ledger is not at our version.
    """
    ours = settings()
    # Rows and records are freed by their counts: looking through all that is alive after every 700 takes a tenth.
    gc.set_threshold(COLLECT_AFTER)
    found, broken = read_integrations(ours.integrations, integration)
    if integration not in found:
        raise broken.get(integration) or SettingsError(f"No file in VEERPONT_INTEGRATIONS has name: {integration}.")
    ledger = Ledger(ours.ledger)
    ledger.require_current()
    refuse_new_long_name(ledger, integration)
    with ledger.session() as session:
        opened = mappings.opened_one(session, found[integration])
    vault = Vault(ours.vault, ours.vault_keys)
    moment = tick or clock.now()
    return Job(opened, flow, run_id, clock.today(), ledger, vault, note, unattended, moment, period=period)


def refuse_new_long_name(ledger: Ledger, name: str) -> None:
    """Raise SettingsError when a name is longer than new ones may be, and nothing ever ran under it."""
    if len(name) > LONGEST_NEW_NAME:
        with ledger.session() as session:
            ran = runs.ran(session, name)
        if not ran:
            raise SettingsError(f"name: a new integration's name has at most {LONGEST_NEW_NAME} characters.")


def refuse_moved_clock(integration: Integration) -> None:
    """Raise SettingsError when the clock is moved for an integration that is in production."""
    if not integration.is_sandbox:
        clock.refuse_offset()


class RecordProblem(msgspec.Struct, frozen=True):
    """A problem with a record, how many source rows it costs, and the employer where that is known."""

    key: str
    rows: int
    problem: Problem
    employer: str = ""


class StagedRecord(msgspec.Struct, frozen=True):
    """A staged record. `group` tells which records share source rows, `rows` how many: a row has one fate."""

    group: str
    rows: int
    record: msgspec.Raw


class Problems:
    """Problems by record key; of several with one record the first is shown, and their rows add up."""

    def __init__(self, found: list[RecordProblem] | None = None) -> None:
        self._found: dict[str, RecordProblem] = {item.key: item for item in found or []}

    def add(self, key: str, problem: Problem, rows: int = 1, employer: str | None = None) -> None:
        known = self._found.get(key)
        if known is None:
            self._found[key] = RecordProblem(key, rows, problem, employer or "")
        else:
            self._found[key] = RecordProblem(key, rows + known.rows, known.problem, known.employer or employer or "")

    def cost(self, key: str, rows: int) -> None:
        """Count further source rows of a record that is rejected already."""
        self.add(key, self._found[key].problem, rows)

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def __iter__(self) -> Iterator[RecordProblem]:
        return iter(self._found.values())

    @property
    def rows(self) -> int:
        return sum(item.rows for item in self._found.values())


class Extracted(msgspec.Struct, frozen=True):
    """What extract hands to transform. `complete` is false when nothing was read on purpose: then nothing is gone.

    `elsewhere`: record keys, known from before, that the source now shows at an employer that is not active.
    `read_at`: when the read began (ISO, UTC); `number`: which read it was (store.reads), so that an old one never
    follows a newer one. `scope`: what of the absence was asked for (flows.absence.request), and `active` the
    employers whose lines were kept of it. `remarks`: what the run says about it. `schema`: the tables that the rows are
    of, in the flow payroll.
    """

    rows: Sequence
    problems: Sequence
    read: int
    filtered: int
    elsewhere: Sequence
    read_at: str
    complete: bool = True
    scope: str = ""
    active: list[str] = []
    remarks: list[Words] = []
    schema: Sequence | None = None
    number: int = 0


class Transformed(msgspec.Struct, frozen=True):
    """What transform hands to load; what was true of the read stays true.

    `held`: rows that wait for a person. `unasked`: of which tables of which employers (`table/employer`) the read says
    nothing. `returned`: the employments that another one of the same person counts for.
    """

    items: Sequence
    problems: Sequence
    read: int
    filtered: int
    elsewhere: Sequence
    read_at: str
    complete: bool = True
    scope: str = ""
    active: list[str] = []
    remarks: list[Words] = []
    schema: Sequence | None = None
    held: int = 0
    unasked: list[str] = []
    number: int = 0
    returned: Sequence | None = None


def encode_row(row: Row) -> bytes:
    """Return a row as one line of JSON, numbers exactly as the source wrote them."""
    return _encode_row(row)


def read_rows(vault: Vault, sequence: Sequence) -> Iterator[Row]:
    """Yield staged rows."""
    return map(_decode_row, vault.read(sequence))


def staged_rows(vault: Vault, sequence: Sequence) -> Iterator[tuple[bytes, Row]]:
    """Yield staged rows, each as it lies there and decoded."""
    return ((content, _decode_row(content)) for content in vault.read(sequence))


def spelled(job: Job, found: RecordProblem) -> RecordProblem:
    """Return a problem with its fields as the integration's source spells them: that is where it is repaired."""
    system, problem = source(job.integration.source.system), found.problem

    def theirs(name: re.Match[str]) -> str:
        return system.spelled(job.flow, name[0])

    names = rf"(?<![\w./-])(?:{re.escape(problem.field)}|[a-z]+(?:_[a-z]+)+)(?![\w/-]|\.\w)"
    told = replace(
        problem,
        field=system.spelled(job.flow, problem.field),
        detail=changed(problem.detail, lambda text: re.sub(names, theirs, text)),
    )
    return msgspec.structs.replace(found, problem=told)


def write_problems(job: Job, step: str, problems: Problems) -> Sequence:
    """Stage the problems that a step found."""
    items = (msgspec.json.encode(spelled(job, found)) for found in problems)
    return job.vault.write(f"{job.folder}/{step}-problems", items)


def read_problems(vault: Vault, sequence: Sequence) -> Problems:
    """Read staged problems back."""
    decode = msgspec.json.Decoder(RecordProblem).decode
    return Problems([decode(item) for item in vault.read(sequence)])


def row_key(job: Job, key: str | None, row: Row) -> str:
    """Return the record key of a row; an HMAC of the row where it has none that can be one.

    Facts: docs/reference/keys.md, 2.
    """
    usable = key is not None and len(key) <= LONGEST_KEY and key.isprintable()
    return key if key and usable else f"row:{job.vault.fingerprint(encode_row(row))}"


def duplicate(field: str, where: str) -> Problem:
    """Return the problem of two things that claim one key."""
    return Problem(
        Stage.TRANSFORM,
        field,
        "duplicate_key",
        coded(
            "record.shown_twice",
            "The source shows this key more than once with different content ({where}): keep one of them there.",
            where=where,
        ),
    )


def skip_older(job: Job, transformed: Transformed, newest: str | None) -> None:
    """A read never follows a newer one: it would take back what that one brought, and vouch for what it missed.

    Args:
        newest: the number of the newest read that was loaded.

    Raises NothingToDoError for the older one.
    """
    if newest is not None and transformed.number < int(newest):
        raise NothingToDoError(
            coded(
                "run.newer_read",
                "A newer read of {flow} has been loaded since this one was made: nothing is left to do for it.",
                flow=job.flow,
            )
        )


def skip_stale(job: Job, handed: "Extracted | Transformed") -> None:
    """Only today is delivered: what is done with a read is of its own day, or of the night after it.

    Why: docs/decisions/0005.

    Raises NothingToDoError when the read is of an earlier day.
    """
    began, present = datetime.fromisoformat(handed.read_at), clock.now()
    if business_date(began) != business_date(present) and present >= end_of_night(began):
        raise NothingToDoError(
            coded(
                "run.only_today",
                "What this run read is of {began}, and only today is delivered: clear from extract, so "
                "that it is read again.",
                began=f"{began.astimezone(AMSTERDAM):%d-%m-%Y %H:%M}",
            )
        )
