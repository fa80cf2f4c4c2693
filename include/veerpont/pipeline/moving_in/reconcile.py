"""Compare: what is at a portal against what we told it, or would; and the files of two links against each other."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

import msgspec

from veerpont.config.integration import Integration
from veerpont.flows import FLOWS
from veerpont.flows.flow_load import lines_of
from veerpont.flows.job import Job, open_job
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.pipeline.moving_in.adopted import active_at
from veerpont.pipeline.moving_in.pairing import AtEmployer, Paired, counted, named, pair
from veerpont.pipeline.preview import would_send
from veerpont.store import deliveries, employers, kinds
from veerpont.store.clock import now
from veerpont.store.tables import Decision
from veerpont.systems.portal import ReadsBack, TheirFile, TheirLine
from veerpont.systems.registry import portal, reads_back
from veerpont.systems.source import Note
from veerpont.systems.workbook.limits import FILE, MB

_RUN = "compare"


class Reconciled(msgspec.Struct):
    """How two sides differ.

    `against`: `told` (what the portal was told last), `next` (what the next run would send; nothing was told yet) or
    `file`. `lines`: of the file. `employers`: code → counts. `by_second`: lines that were only matched by the second
    key. `rejected`: lines that are only there and of which the record is a reject of ours. `outside`: lines that are
    only there and that no file of ours ends. `dropped`: code → rows of employers that are not active; empty: of those
    that are not known. `unusable`: rows that cannot be read. `lacking`, `foreign`: columns (`TheirFile`). `keys`: which
    lines differ, where they were asked for.
    """

    integration: str
    flow: str
    portal: str
    against: str
    lines: int
    employers: dict[str, AtEmployer]
    by_second: int
    rejected: int
    outside: int
    dropped: dict[str, int]
    unusable: list[int]
    lacking: list[str]
    foreign: list[int]
    keys: list[dict[str, object]] | None = None

    @property
    def differs(self) -> bool:
        """Whether anything is not the same, or not known to be."""
        return bool(self.unusable) or any(
            each.differs or each.only_there or each.only_ours for each in self.employers.values()
        )


@dataclass(frozen=True)
class Sides:
    """What a comparison looked at. `paired`: without `outside`, which no file of ours ends."""

    theirs: TheirFile
    paired: Paired
    outside: list[TheirLine]
    rejected: Mapping[str, str]

    def of_rejects(self) -> list[TheirLine]:
        """Return the lines that are only there, and of which the record is a reject of ours."""
        return [each for each in self.paired.there if each.line.key and each.line.key in self.rejected]


def compare(
    integration: str, flow: Flow, file: Path, portal_name: str | None, note: Note, by: str | None = None
) -> Reconciled:
    """Compare what is at a portal with what we told it, or with what we would tell it where we told nothing yet.

    Args:
        file: an export of the portal, or the last file of the link that is replaced.
        portal_name: None: the one that can read it.
        note: takes sentences for whoever waits, never a personal value.
        by: who wants to know which lines differ, which is kept; None: nobody, they are counted.

    Raises SettingsError when the portal cannot read the file, and as a preview does.
    """
    job = open_job(flow, integration, _RUN, note)
    name = chosen(job.integration, flow, portal_name)
    content = brought(file)
    with job.ledger.session() as session:
        told = deliveries.pointer(session, job.scope.to(name), kinds.SNAPSHOTS)
        frozen = employers.covered(session, job.name)
    if told is not None:
        ours = list(lines_of(job.vault, told))
        covered = active_at(job) | (frozen & {line.employer for line in ours})
        theirs = reads_back(name).read_back(job.integration, flow, content, covered.__contains__)
        sides = looked_at(job, name, theirs, (line for line in ours if line.employer in covered), {})
    else:
        theirs = read_active(job, name, content)
        sent = would_send(job.name, flow, name, note)
        sides = looked_at(job, name, theirs, sent.lines, sent.rejected)
    found = reconciled(job, name, sides, "told" if told is not None else "next", known_employers(job))
    if by is not None:
        found.keys = named(sides.paired)
        _note(job, name, by)
    return found


def compare_files(
    files: tuple[Path, Path], flow: Flow, portal_name: str | None, integration: Integration | None
) -> Reconciled:
    """Compare the files of two links to one kind of portal, all employers of both.

    Args:
        files: what is there, and what is taken as ours.
        portal_name: whose files they are; None: as in `compare`.
        integration: whose columns they have; None: those that the portal's own spellings tell.
    """
    if portal_name is None and integration is None:
        raise SettingsError("Say of which portal the files are: --portal, or --integration of whose it is.")
    name = chosen(integration, flow, portal_name) if integration else portal_name or ""
    system = reads_back(name)
    theirs, ours = (system.read_back(integration, flow, brought(file), lambda _: True) for file in files)
    paired = pair(theirs.lines, ours.lines)
    return Reconciled(
        integration=integration.name if integration else "",
        flow=flow,
        portal=name,
        against="file",
        lines=len(theirs.lines),
        employers=counted(paired),
        by_second=paired.by_second,
        rejected=0,
        outside=0,
        dropped={},
        unusable=sorted({*theirs.unusable, *ours.unusable}),
        lacking=sorted(theirs.columns ^ ours.columns),
        foreign=sorted({*theirs.foreign, *ours.foreign}),
    )


def chosen(integration: Integration, flow: Flow, name: str | None) -> str:
    """Return the portal whose file it is. Raises SettingsError when that is not clear, or it cannot read one."""
    there = [each.portal for each in integration.portals_for(flow)]
    if name is None:
        able = [each for each in there if isinstance(portal(each), ReadsBack)]
        if len(able) > 1:
            raise SettingsError(f"{integration.name} has several portals for {flow}: say which one (--portal).")
        name = next(iter([*able, *there]), None)
    if name is None or name not in there:
        raise SettingsError(
            f"{integration.name}: no portal{f' {name}' if name else ''} takes the flow {flow} (portals)."
        )
    reads_back(name)
    return name


def brought(file: Path) -> bytes:
    """Return a file that somebody brings. Raises SettingsError when it cannot be read, or is too large."""
    try:
        if not file.is_file():
            raise SettingsError(f"{file} is no file.")
        if file.stat().st_size > FILE:
            raise SettingsError(f"{file} is larger than {FILE // MB} MB.")
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None


def read_active(job: Job, name: str, content: bytes) -> TheirFile:
    """Read a file of the employers that are active for the flow today: nothing is kept of others."""
    return reads_back(name).read_back(job.integration, job.flow, content, active_at(job).__contains__)


def known_employers(job: Job) -> set[str]:
    """Return the codes of the employers of which the ledger has heard."""
    with job.ledger.session() as session:
        return set(employers.states(session, job.name))


def looked_at(job: Job, name: str, theirs: TheirFile, ours: Iterable[Line], rejected: Mapping[str, str]) -> Sides:
    """Pair what is there with what is ours. `rejected`: record key → reason, of what is not among ours."""
    second = reads_back(name).second_key
    paired = pair(theirs.lines, (TheirLine(0, line, second(job.flow, line)) for line in ours))
    may_end = FLOWS[job.flow].may_end
    outside = [each for each in paired.there if not may_end(job, each.line)]
    paired.there = [each for each in paired.there if may_end(job, each.line)]
    return Sides(theirs, paired, outside, rejected)


def reconciled(job: Job, name: str, sides: Sides, against: str, known: Set[str]) -> Reconciled:
    """Count. `known`: the codes of the employers of which the ledger has heard."""
    dropped: dict[str, int] = {}
    for code, count in sides.theirs.dropped.items():
        shown = code if code in known else ""
        dropped[shown] = dropped.get(shown, 0) + count
    return Reconciled(
        integration=job.name,
        flow=job.flow,
        portal=name,
        against=against,
        lines=len(sides.theirs.lines),
        employers=counted(sides.paired),
        by_second=sides.paired.by_second,
        rejected=len(sides.of_rejects()),
        outside=len(sides.outside),
        dropped=dict(sorted(dropped.items())),
        unusable=sides.theirs.unusable,
        lacking=sides.theirs.lacking,
        foreign=sides.theirs.foreign,
    )


def _note(job: Job, name: str, by: str) -> None:
    if not by.strip():
        raise SettingsError("Say who wants to know which lines differ (--by): it is kept.")
    with job.ledger.session() as session:
        subject = f"compare {job.flow} {name}"
        session.add(Decision(integration=job.name, subject=subject, decision="export", by=by.strip()[:200], at=now()))
