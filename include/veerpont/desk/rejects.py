"""Rejects (uitval) as people work on them: a group for each thing that is wrong, its records, and what they decide.

The command line and the desk's pages both call this. A group is one integration, flow, employer, stage and reason:
what one repair at the source or in the settings puts right.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.desk.refused import ActRefusedError
from veerpont.store import rejects as store
from veerpont.store.rejects import RejectFilter
from veerpont.store.tables import Reject, RejectCode, RejectEvent

AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
"""Older than."""
STATES = ("open", "ignored", "closed")


@dataclass(frozen=True)
class Group:
    """Rejects with the same thing wrong."""

    integration: str
    flow: str
    employer: str
    stage: str
    reason: str
    fields: tuple[str, ...]
    count: int
    oldest: datetime
    newest: datetime
    questions: int

    @property
    def coded(self) -> tuple[str, str, str, str]:
        """Under what `codes` has the codes of these."""
        return self.integration, self.flow, self.reason, self.employer


@dataclass(frozen=True)
class RejectPage:
    """Some rejects of many."""

    rows: list[Reject]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def older_than(chosen: RejectFilter, age: str, moment: datetime) -> RejectFilter:
    """Return the choice narrowed to what was first seen longer ago than `age` (a key of AGES, or `new`: within a day).

    Any other age narrows nothing.
    """
    if age == "new":
        return replace(chosen, after=moment - AGES["day"])
    return replace(chosen, before=moment - AGES[age]) if age in AGES else chosen


def groups(session: Session, chosen: RejectFilter) -> list[Group]:
    """Return the rejects grouped by what is wrong, the largest first."""
    found: dict[tuple[str, ...], Group] = {}
    for integration, flow, employer, stage, field, reason, count, oldest, newest, questions in store.groups(
        session, chosen
    ):
        key = (integration, flow, employer, stage, reason)
        fields = (field,) if field else ()
        known = found.get(key)
        found[key] = (
            Group(
                *key,
                fields=(*known.fields, *fields),
                count=count + known.count,
                oldest=min(oldest, known.oldest),
                newest=max(newest, known.newest),
                questions=questions + known.questions,
            )
            if known
            else Group(*key, fields, count, oldest, newest, questions)
        )
    return sorted(found.values(), key=lambda group: -group.count)


def codes(session: Session) -> dict[tuple[str, str, str, str], dict[str, int]]:
    """Return integration, flow, reason and employer → code of the source → how many open rejects have it."""
    found: dict[tuple[str, str, str, str], dict[str, int]] = {}
    columns = (RejectCode.integration, RejectCode.flow, RejectCode.reason, RejectCode.employer)
    query = select(*columns, RejectCode.code, RejectCode.count)
    for integration, flow, reason, employer, code, count in session.execute(query):
        found.setdefault((integration, flow, reason, employer), {})[code] = count
    return found


def counted(session: Session, chosen: RejectFilter) -> list[dict[str, Any]]:
    """Return the groups as plain data, of open absence with how many records have which code of the source."""
    known = codes(session) if chosen.state == "open" else {}
    return [plain_group(group, known.get(group.coded, {})) for group in groups(session, chosen)]


def choices(found: Iterable[Group]) -> dict[str, list[str]]:
    """Return what there is to filter by."""
    names = ("integration", "flow", "employer", "stage", "reason")
    seen = list(found)
    return {name: sorted({getattr(group, name) for group in seen}) for name in names}


def page(session: Session, chosen: RejectFilter, number: int = 1, size: int = 50) -> RejectPage:
    """Return one page of rejects, the oldest first; a number beyond the last is the last."""
    total = session.scalar(chosen.narrow(select(func.count()).select_from(Reject))) or 0
    number = max(1, min(number, -(-total // size)))
    return RejectPage(store.listed(session, chosen, size, (number - 1) * size), total, number, size)


def one(session: Session, reject_id: int) -> tuple[Reject, list[RejectEvent]]:
    """Return a reject and what happened to it.

    Raises ActRefusedError when there is none.
    """
    row = session.get(Reject, reject_id)
    if row is None:
        raise ActRefusedError("no_reject", id=str(reject_id))
    return row, store.events(session, row.id)


def of_key(session: Session, chosen: RejectFilter) -> list[tuple[Reject, list[RejectEvent]]]:
    """Return every reject of a record key with what happened to it.

    Raises ActRefusedError when there is none.
    """
    rows = store.listed(session, chosen)
    if not rows:
        raise ActRefusedError(
            "no_key",
            key=chosen.key,
        )
    return [(row, store.events(session, row.id)) for row in rows]


# -- what people do ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Acted:
    """What an act came to: how many rejects, and the flows (integration, flow) of which a run would take them up."""

    count: int
    flows: tuple[tuple[str, str], ...] = ()


def retry(session: Session, chosen: RejectFilter, by: str) -> Acted:
    """Ask for another try of open rejects by the next run of their flow."""
    chosen = replace(chosen, state="open")
    flows = _flows(session, chosen)
    return Acted(store.retry(session, chosen, _who(by)), flows)


def ignore(session: Session, chosen: RejectFilter, by: str, why: str) -> Acted:
    """Ignore open rejects as long as their reason stays the same. Raises ActRefusedError without a why."""
    if not why.strip():
        raise ActRefusedError("why")
    return Acted(store.ignore(session, chosen, _who(by), _text(why, 2000) or ""))


def reopen(session: Session, chosen: RejectFilter, by: str) -> Acted:
    """Make ignored rejects open again."""
    return Acted(store.reopen(session, replace(chosen, state="ignored"), _who(by)))


def note(session: Session, chosen: RejectFilter, by: str, owner: str | None, text: str | None) -> Acted:
    """Say who looks after rejects and what they should know: an empty text takes it away, None leaves it."""
    if owner is None and text is None:
        raise ActRefusedError("note")
    return Acted(store.assign(session, chosen, _who(by), _text(owner, 200), _text(text, 2000)))


def confirm(session: Session, chosen: RejectFilter, by: str, seen: datetime) -> Acted:
    """Confirm the changes that open rejects ask about, as they were at `seen`.

    Raises ActRefusedError when a run has asked again since, or when nothing asks: a person confirms what they saw.
    """
    who = _who(by)
    asking = [row for row in store.listed(session, replace(chosen, state="open")) if row.question is not None]
    if not asking:
        raise ActRefusedError("no_question")
    if any(row.last_seen > seen for row in asking):
        raise ActRefusedError(
            "asked_anew",
        )
    for row in asking:
        store.confirm(session, row.integration, row.flow, row.key, who)
    return Acted(len(asking), tuple(sorted({(row.integration, row.flow) for row in asking})))


def _flows(session: Session, chosen: RejectFilter) -> tuple[tuple[str, str], ...]:
    columns: list[Any] = [Reject.integration, Reject.flow]
    found = session.execute(chosen.narrow(select(*columns)).distinct())
    return tuple(sorted((row.integration, row.flow) for row in found))


def _who(by: str) -> str:
    if not by.strip():
        raise ActRefusedError("who")
    return by.strip()[:200]


def _text(value: str | None, longest: int) -> str | None:
    if value is not None and len(value.strip()) > longest:
        raise ActRefusedError("too_long", longest=longest)
    return None if value is None else value.strip()


def plain(row: Reject, happened: Iterable[RejectEvent]) -> dict[str, Any]:
    """Return a reject with its history as plain data: the JSON of `veerpont rejects show`."""
    names = ("integration", "flow", "stage", "key", "field", "reason", "detail", "first_seen", "last_seen", "attempts")
    more = ("state", "employer", "owner", "note", "ignored_for", "retry_at", "closed_at", "closed_by", "confirmed_by")
    found = {name: _iso(getattr(row, name)) for name in (*names, *more)}
    events = [{name: _iso(getattr(event, name)) for name in ("at", "event", "by", "detail")} for event in happened]
    return {**found, "asks": row.question is not None, "events": events}


def plain_group(group: Group, counts: dict[str, int]) -> dict[str, Any]:
    """Return a group as plain data: the JSON of `veerpont rejects groups`."""
    return {
        "integration": group.integration,
        "flow": group.flow,
        "employer": group.employer,
        "stage": group.stage,
        "reason": group.reason,
        "fields": list(group.fields),
        "count": group.count,
        "questions": group.questions,
        "oldest": group.oldest.isoformat(),
        "newest": group.newest.isoformat(),
        "codes": counts,
    }


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
