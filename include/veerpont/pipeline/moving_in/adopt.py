"""Adopt: what a portal in use has becomes what the first delivery is compared with (docs/decisions/0029)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows.job import Job, open_job
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import UNMATCHED, Line
from veerpont.model.messages import coded, listed
from veerpont.pipeline.moving_in.reconcile import (
    Reconciled,
    Sides,
    brought,
    chosen,
    known_employers,
    looked_at,
    read_active,
    reconciled,
)
from veerpont.pipeline.preview import would_send
from veerpont.store import clock, deliveries, kinds
from veerpont.store.deliveries import State
from veerpont.store.leases import lease
from veerpont.store.scope import Scope
from veerpont.store.sweep import sweep
from veerpont.store.tables import Decision
from veerpont.systems.portal import TheirFile, TheirLine
from veerpont.systems.registry import portal
from veerpont.systems.source import Note

OLDEST = timedelta(hours=24)
AHEAD = timedelta(minutes=5)
"""How far the clock of another machine may be ahead of ours."""
SHOWN = 20

_RUN = "adopt"
_encode = msgspec.json.encode


class Adoption(msgspec.Struct):
    """What was adopted. `found`: how it differs from what the next run would send.

    `adopted`: lines that are kept; `unmatched`: those of them that are not ours, and wait for a decision. A line of
    a reject is ours: it is repeated as it is until the record passes.
    `superseded`: the questions that are asked again. `repeated`: the same was adopted before, and nothing changed.
    """

    found: Reconciled
    adopted: int
    unmatched: int
    superseded: list[int]
    repeated: bool = False


def adopt(
    integration: str,
    flow: Flow,
    file: Path | bytes,
    by: str,
    note: Note,
    portal_name: str | None = None,
    taken_at: datetime | None = None,
) -> Adoption:
    """Adopt what is at a portal before the first delivery of a flow.

    Args:
        file: as in `reconcile.compare`, or its bytes: then somebody says when it was made. by: who says so; it is kept.
        note, portal_name: as in `reconcile.compare`.
        taken_at: when the export was made (aware); None: when the file was written.

    Raises SettingsError when the portal accepted a delivery before, the file is too old, a line of it could not be
    repeated whole, or what would be sent is itself in doubt; else as a preview.
    """
    _require(by)
    job = open_job(flow, integration, _RUN, note)
    name = chosen(job.integration, flow, portal_name)
    scope = job.scope.to(name)
    if not portal(name).complete:
        raise SettingsError(
            coded(
                "adopt.no_complete",
                "{name} takes no complete files: what a delivery leaves out stays there. Adopt nothing.",
                name=name,
            )
        )
    with job.ledger.session() as session:
        _require_none_accepted(session, scope)
    content = file if isinstance(file, bytes) else brought(file)
    _require_fresh(_age(file, taken_at))
    theirs = read_active(job, name, content)
    _require_whole(theirs)
    sent = would_send(job.name, flow, name, note)
    if doubts := sent.held - {"first_delivery", "not_ours"}:
        raise SettingsError(
            coded(
                "adopt.would_wait",
                "What the next run would send would wait for a person ({doubts}): settle that first, for "
                "what is at the portal is compared with it. Nothing was adopted.",
                doubts=", ".join(sorted(doubts)),
            )
        )
    sides = looked_at(job, name, theirs, sent.lines, sent.rejected)
    found = reconciled(job, name, sides, "next", known_employers(job))
    lines = sorted(_told(job, sides), key=lambda line: line.order)
    encoded = list(map(_encode, lines))
    unmatched = len(sides.paired.there) - len(sides.of_rejects())
    with lease(job.ledger, scope.loads) as guard:
        with job.ledger.session() as session:
            before = deliveries.pointer(session, scope, kinds.ADOPTED)
        if before is not None and list(job.vault.read(before)) == encoded:
            return Adoption(found, len(lines), unmatched, [], repeated=True)
        written = job.vault.write(kinds.ADOPTED.path(scope, uuid4().hex), encoded)
        with job.ledger.session() as session:
            guard.require(session)
            _require_none_accepted(session, scope)
            deliveries.point(session, scope, kinds.ADOPTED, written)
            superseded = _ask_asked_again(session, scope)
            _decided(session, scope, "adopt", by)
        sweep(job.ledger, job.vault, scope)
    return Adoption(found, len(lines), unmatched, superseded)


def discard(integration: str, flow: Flow, by: str, portal_name: str | None = None) -> list[int]:
    """Forget what was adopted; returns the questions that are asked again. Raises SettingsError when nothing was."""
    _require(by)
    job = open_job(flow, integration, _RUN, lambda _: None)
    scope = job.scope.to(chosen(job.integration, flow, portal_name))
    with lease(job.ledger, scope.loads) as guard:
        with job.ledger.session() as session:
            guard.require(session)
            if deliveries.pointer(session, scope, kinds.ADOPTED) is None:
                raise SettingsError(
                    coded(
                        "adopt.nothing",
                        "Nothing is adopted of {scope}, or the portal accepted a delivery since.",
                        scope=scope,
                    )
                )
            deliveries.unpoint_at(session, scope, kinds.ADOPTED)
            superseded = _ask_asked_again(session, scope)
            _decided(session, scope, "discard", by)
        sweep(job.ledger, job.vault, scope)
    return superseded


def _require(by: str) -> None:
    if not by.strip():
        raise SettingsError("Say who decides this (--by): it is kept.")


def _require_none_accepted(session: Session, scope: Scope) -> None:
    if deliveries.pointer(session, scope, kinds.SNAPSHOTS) is not None:
        raise SettingsError(
            coded(
                "adopt.accepted",
                "{scope}: the portal accepted a delivery already, so the guards count from that. "
                "`veerpont compare` says how the portal differs from it. Nothing was adopted.",
                scope=scope,
            )
        )
    if prepared := deliveries.find(session, scope, State.PREPARED):
        raise SettingsError(
            coded(
                "adopt.prepared",
                "{scope}: delivery {id} is prepared, and may be at the portal already. Let the next run "
                "finish it, or discard it (veerpont deliveries discard). Nothing was adopted.",
                scope=scope,
                id=prepared[0].id,
            )
        )


def _age(file: Path | bytes, taken_at: datetime | None) -> timedelta:
    """Return how old a file is; its time is the machine's, what people say is of our clock."""
    if taken_at is not None:
        return clock.now() - taken_at
    if isinstance(file, bytes):
        raise TypeError("bytes do not say when they were made")
    return clock.machine() - datetime.fromtimestamp(file.stat().st_mtime, clock.machine().tzinfo)


def _require_fresh(age: timedelta) -> None:
    """Refuse what may not be so any more."""
    if age > OLDEST:
        hours = int(age.total_seconds() // 3600)
        raise SettingsError(
            coded(
                "adopt.too_old",
                "The file is {hours} hours old, and may be at most {most}: what changed at the portal "
                "since would be taken for what is there. Make a new export. Nothing was adopted.",
                hours=hours,
                most=int(OLDEST.total_seconds() // 3600),
            )
        )
    if age < -AHEAD:
        raise SettingsError(
            coded("adopt.future", "The file was made in the future: say when (--taken-at). Nothing was adopted.")
        )


def _require_whole(theirs: TheirFile) -> None:
    """Refuse what could not be repeated as it is: a line that waits would lose what we do not carry."""
    wrong = []
    if theirs.foreign:
        some = _some(theirs.foreign)
        wrong.append(coded("adopt.foreign", "it has columns that are not ours (number {some})", some=some))
    if theirs.lacking:
        wrong.append(coded("adopt.lacks", "it lacks {some}", some=_some(theirs.lacking)))
    if theirs.unusable:
        wrong.append(coded("adopt.unusable", "rows cannot be read ({some})", some=_some(theirs.unusable)))
    if wrong:
        raise SettingsError(
            coded(
                "adopt.not_whole",
                "A line of the file could not be repeated whole: {wrong}. Export the columns of the "
                "integration file, no more and no fewer. `veerpont compare` compares what there is. "
                "Nothing was adopted.",
                wrong=listed(wrong),
            )
        )


def _some(found: list[int] | list[str]) -> str:
    return ", ".join(map(str, found[:SHOWN])) + (", …" if len(found) > SHOWN else "")


def _told(job: Job, sides: Sides) -> Iterator[Line]:
    """Yield the lines as if the portal had been told them: by our ids where they are ours."""
    replace = msgspec.structs.replace
    for there, ours in sides.paired.pairs:
        values, *more = ({name: row.get(name) for name in ours.line.values} for row in there.line.rows)
        yield replace(ours.line, values=values, more=tuple(more), case=there.line.case)
    for each in sides.paired.there:
        identity = f"{UNMATCHED}{each.row}:{_mark(job, each)}"
        # behind all that is ours: it is only repeated while the record that it turns out to be is rejected
        order = f"\uffff\t{each.row:09}"
        yield replace(each.line, id=identity, key=each.line.key or identity, order=order)


def _mark(job: Job, each: TheirLine) -> str:
    return job.vault.fingerprint(f"adopted {job.flow} {each.line.portal_key}".encode())[:16]


def _ask_asked_again(session: Session, scope: Scope) -> list[int]:
    """Take back the questions that are open: what people saw was compared with something else."""
    rows = [row for row in deliveries.find(session, scope, State.HELD, State.DISCARDED) if not row.name]
    for row in rows:
        row.state = State.SUPERSEDED
    return [row.id for row in rows]


def _decided(session: Session, scope: Scope, decision: str, by: str) -> None:
    subject = f"adopted {scope.flow} {scope.portal}"
    row = Decision(
        integration=scope.integration, subject=subject, decision=decision, by=by.strip()[:200], at=clock.now()
    )
    session.add(row)
