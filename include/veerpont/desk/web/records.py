"""A record that was found, as a page shows it: what happened to it by run, and nothing that says whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from veerpont.desk.web.view import View
from veerpont.model.flows import Flow
from veerpont.store.trail_log import LEAVING

NOBODY = frozenset({Flow.EMPLOYERS, Flow.ORGANIGRAM})
"""Flows whose records are of no person."""
EVENTS = 200
"""So many events of a record are shown, the newest ones."""
_REJECT = "reject "


@dataclass(frozen=True)
class ShownEvent:
    """One thing that happened, in words. `delivery`: the one that it was in, 0 for none; `by`: who did it."""

    at: datetime
    what: str
    where: str
    delivery: int
    by: str


@dataclass(frozen=True)
class ShownRun:
    """What one run did, or what people did between two runs (`run` is empty)."""

    run: str
    events: list[ShownEvent]


@dataclass(frozen=True)
class ShownRecord:
    """A record of one flow. `handle`: what the forms of its acts carry; empty where its key is not kept.

    `now`: where it is at each portal, in words, and since when; `runs`: what happened, the oldest first; `earlier`: how
    many events before these are not shown.
    """

    record: dict[str, Any]
    handle: str
    now: list[tuple[str, datetime | None]]
    runs: list[ShownRun]
    earlier: int

    @property
    def has_number(self) -> bool:
        """Whether it is of a person, whose number may be asked for."""
        return bool(self.handle) and self.record["flow"] not in NOBODY

    @property
    def has_timeline(self) -> bool:
        """Whether it is a case of absence."""
        return bool(self.handle) and self.record["flow"] == Flow.ABSENCE


def shown(view: View, record: dict[str, Any], handle: str) -> ShownRecord:
    """Return a record as pages show it."""
    events = [_event(view, each) for each in record["events"][-EVENTS:]]
    runs = [
        ShownRun(run, [event for _, event in group])
        for run, group in groupby(
            zip((each["run_id"] or "" for each in record["events"][-EVENTS:]), events, strict=True),
            key=lambda pair: pair[0],
        )
    ]
    now = [
        (f"{_where(view, each)}: {view.text('trace.now_' + each['state'])}", _moment(each["at"]))
        for each in record["portals"]
    ]
    return ShownRecord(record, handle, now, runs, max(0, len(record["events"]) - EVENTS))


def changes(view: View, records: Iterable[dict[str, Any]]) -> list[ShownEvent]:
    """Return what records lost at portals: when each was removed, or left by a rule."""
    events = (event for record in records for event in record["events"] if event["event"] in LEAVING)
    return [_event(view, event) for event in events]


def _event(view: View, event: dict[str, Any]) -> ShownEvent:
    name, detail = event["event"], event["detail"]
    if name.startswith(_REJECT):
        name = name.removeprefix(_REJECT)
        said = f"{view.text('trace.reject')}: {view.word(name)}"
        is_reason = name in {"opened", "opened again", "changed"} and detail
        said += f" ({view.reason(detail).title})" if is_reason else ""
    elif name == "decided":  # `link` is followed by a number
        said = view.text(f"links.{detail.partition(' ')[0]}")
    else:
        said = view.text(f"trace.{name}")
    return ShownEvent(
        _moment(event["at"]) or view.moment, said, _where(view, event), event["delivery"] or 0, event["by"] or ""
    )


def _where(view: View, known: dict[str, Any]) -> str:
    return " ".join(filter(None, (view.word(known["portal"]) if known["portal"] else "", view.key(known["part"]))))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
