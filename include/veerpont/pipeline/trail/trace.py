"""Where did it go? Everything that is known of one record: what happened to it, and where it is now.

Put together from the trails of the loads, the rejects with their events, people's decisions, and what the portals were
told last. Record keys are shown, and reasons; never a value, and never a key by which a portal knows somebody.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.flows import FLOWS
from veerpont.flows.absence.history import Entry
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.trail.place import Found, RecordPlace, SnapshotLine, plain
from veerpont.store import deliveries, rejects, trail_log
from veerpont.store.deliveries import Kept, State, decode_kept
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Delivery
from veerpont.store.trail_log import LEAVING, TELLING, What
from veerpont.store.vault import Vault

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?(/.*)?")
_BY_RUNS = frozenset({"opened", "opened again", "changed", "closed"})
"""The events of a reject that runs make; people make the others."""
NO_DAY = "filtered: no day of it is in the portal's window (absence.history_months), or has to be told yet."
_DECIDED = {"release": "released", "discard": "discarded", "resend": "resent", "export": "exported"}


def trace(asked: str, integration: str | None = None, flow: Flow | None = None) -> Found:
    """Return all that is known of a record, in every flow and integration that knows it.

    Args:
        asked: its record key; or its line id, the key by which a portal knows it, `number:<personnel number>`, or the
            GUID of a line of an absence case.
        integration, flow: only these.

    Raises SettingsError when there is no such integration.
    """
    ours = settings()
    ledger, vault = Ledger(ours.ledger), Vault(ours.vault, ours.vault_keys)
    ledger.require_current()
    readable, broken = read_integrations(ours.integrations)
    names = sorted(readable.keys() | broken.keys())
    if integration is not None and integration not in names:
        raise SettingsError(f"There is no integration {integration}. There are: {', '.join(names) or 'none'}.")
    guid = _GUID.fullmatch(asked.strip())
    key = guid[1].upper() if guid else asked.strip()
    flows = [flow] if flow else list(Flow)
    records: list[Found] = []
    why: list[str] = []
    for name in [integration] if integration else names:
        place = RecordPlace(ledger, vault, name, readable.get(name))
        search = Search(place, key)
        known = [record for each in flows for record in search.records(each)]
        records += known
        if integration and not known:
            why = [sentence for each in flows for sentence in place.why_not(each, key)]
    if not records and integration is None:
        why = ["No integration knows this key. Name one of them, and a flow, to be told why that may be."]
    return {"found": bool(records), "records": records, "why": why}


class Search:
    """What one integration knows of what was asked."""

    def __init__(self, place: RecordPlace, *asked: str) -> None:
        self.place = place
        self.mark = trail_log.marker(place.vault)
        self.asked = set(map(self.mark, asked))
        self.lines = place.lines(asked)
        told = {line.key for _, _, line in self.lines}
        cases = place.cases({*asked, *told})
        self.keys = {*asked, *cases, *told}
        if self.keys != set(asked):
            self.lines = place.lines(self.keys)
        self.history = place.entries(cases)
        self._kept: dict[str, Kept] = {}

    def records(self, flow: Flow) -> Iterator[Found]:
        """Yield the records of a flow of which anything is known. One that left is known by its mark only."""
        names = {self.mark(key): key for key in sorted(self.keys)}
        steps = self._steps(flow, set(names))
        with self.place.ledger.session() as session:
            sent = deliveries.listed(session, self.place.name, flow)
        asking = [row for row in sent if row.state in {State.HELD, State.DISCARDED}]
        for mark in [*names, *(steps.keys() - names.keys())]:
            record = self._record(flow, names.get(mark, ""), steps.get(mark, []), asking)
            if record is not None:
                yield record

    def _steps(self, flow: Flow, marks: set[str]) -> dict[str, list[Found]]:
        """Return mark → what loads did to it, the newest first."""
        prepared, linked = self.place.trails(flow)
        found: dict[str, list[Found]] = {}
        for trail in [*prepared, *linked]:
            for step in trail_log.read(self.place.vault, trail.steps):
                # the newest first: by what a portal knew it is found where it left, by its own key in what was before
                if step.mark in marks or not self.asked.isdisjoint(step.also):
                    marks.add(step.mark)
                    waits = trail in prepared
                    happened = _event(
                        trail.at,
                        "prepared" if waits else step.what,
                        portal=trail.portal,
                        part=step.part,
                        run_id=trail.run_id,
                        delivery=step.delivery or trail.delivery or None,
                        detail=str(step.what) if waits else "",
                    )
                    found.setdefault(step.mark, []).append(happened)
        return found

    def _record(self, flow: Flow, key: str, steps: list[Found], asking: Iterable[Delivery]) -> Found | None:
        """Return what is known of a record; None when that is nothing. `asking`: what waits for a person, or did."""
        place = self.place
        here = [(portal, line) for at, portal, line in self.lines if (at, line.key) == (flow, key)]
        lines = [entry for at, entry in self.history if (at, entry.group) == (flow, key)]
        with place.ledger.session() as session:
            reject, troubles = self._reject(session, flow, key)
            sent = {step["delivery"] for step in steps}
            waiting = [row for row in asking if self._asks_about(row, key, sent)]
            decided = self._decided(session, {row.id for row in waiting} | sent)
            if key:
                decided += [
                    _event(row.at, "decided", by=row.by, detail=row.decision)
                    for row in FLOWS[flow].decisions(session, place.name, key)
                ]
        events = sorted([*reversed(steps), *troubles, *decided], key=lambda event: str(event["at"]))
        if not (here or lines or waiting or events):
            return None
        told = bool(here or waiting or reject) or any(step["event"] in {*LEAVING, "prepared"} for step in steps)
        return {
            "integration": place.name,
            "flow": str(flow),
            "key": key,
            "last_read": place.last_read(flow),
            "portals": [self._at_portal(flow, portal, line, steps) for portal, line in here],
            "reject": reject,
            "waiting": [plain(row, ("id", "portal", "state", "reasons", "gone", "decided_by")) for row in waiting],
            "history": _seen(lines),
            "why": [] if told else [NO_DAY] if lines else place.why_not(flow, key),
            "events": events,
        }

    def _at_portal(self, flow: Flow, portal: str, line: SnapshotLine, steps: list[Found]) -> Found:
        """Return how a line is at a portal, and since when, as far as that is still known."""
        part = trail_log.part(line.id, line.key)
        ours = [step for step in steps if (step["portal"], step["part"]) == (portal, part)]
        no = {step["delivery"] for step in ours if step["event"] == What.REFUSED}  # as its report said later
        last = next((step for step in ours if step["event"] in TELLING and step["delivery"] not in no), {})
        state = "delivered"
        if line.employer and self.place.is_frozen(flow, line.employer):
            state = "frozen"
        elif self.place.is_missing(flow, portal, line.id):
            state = "missing"
        since = {name: last.get(name) for name in ("at", "delivery", "run_id")}
        return {"portal": portal, "part": part, "state": state, **since}

    def _reject(self, session: Session, flow: Flow, key: str) -> tuple[Found | None, list[Found]]:
        """Return what is wrong with the record now, and what happened to its reject."""
        rows = rejects.listed(session, rejects.RejectFilter(self.place.name, flow, key=key)) if key else []
        names = ("state", "stage", "field", "reason", "detail", "attempts", "first_seen", "last_seen")
        reject = next((plain(row, names) for row in rows if row.state != "closed"), None)
        happened = [
            _event(
                event.at,
                f"reject {event.event}",
                run_id=event.by if event.event in _BY_RUNS else None,
                by=None if event.event in _BY_RUNS else event.by,
                detail=event.detail,
            )
            for row in rows
            for event in rejects.events(session, row.id)
        ]
        return reject, happened

    def _asks_about(self, row: Delivery, key: str, sent: Collection[int | None]) -> bool:
        """Tell whether a person was asked about this record by a delivery that has not been made.

        `sent`: the deliveries that the record's trail names.
        """
        if row.id in sent or not row.object or not key:
            return row.id in sent
        if row.object not in self._kept:
            self._kept[row.object] = decode_kept(self.place.vault.get(row.object))
        return any(trail_log.is_of(identity, key) for identity in self._kept[row.object].lines)

    def _decided(self, session: Session, ids: Collection[int | None]) -> list[Found]:
        """Return what people decided about deliveries."""
        rows = [row for each in ids if each and (row := session.get(Delivery, each))]
        return [
            _event(decision.at, _DECIDED[decision.decision], portal=row.portal, delivery=row.id, by=decision.by)
            for row in rows
            for decision in deliveries.decisions(session, row)
        ]


def _event(
    at: datetime,
    event: str,
    portal: str = "",
    part: str = "",
    run_id: str | None = None,
    delivery: int | None = None,
    by: str | None = None,
    detail: str = "",
) -> Found:
    return {
        "at": at.isoformat(),
        "event": event,
        "portal": portal,
        "part": part,
        "run_id": run_id,
        "delivery": delivery,
        "by": by,
        "detail": detail,
    }


def _seen(lines: list[Entry]) -> Found | None:
    """Return what the absence history knows of a case: how many lines, and when reads showed it, or did not."""
    if not lines:
        return None
    return {
        "lines": len(lines),
        "seen": max(entry.seen for entry in lines),
        "missed": max((entry.missed for entry in lines if entry.missed), default=None),
    }
