"""What really happened at a customer (who was absent, when, how much), and what AFAS shows of it.

The model is of cases. `rows` is AFAS's view of them, `truth` what a portal must have of them; neither is made from the
other, so that what comes through Veerpont can be checked against the second.
"""

import copy
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from veerpont_sandbox.absence_case import MEDICAL, Case, Line, rows
from veerpont_sandbox.absence_truth import delivered, months_before, periods, simulated_begins
from veerpont_sandbox.afas.schema import Row

__all__ = ["AMSTERDAM", "MEDICAL", "PROTOCOLS", "AbsenceBook", "Case", "Line", "Told", "local"]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PROTOCOLS = dict.fromkeys(("Z", "ZB", "ZZW", "ZOD", "AO", "B", "D", "O", "PO"), "Ziekte") | {"ZW": "Zwangerschap"}
"""AFAS's type code → the portal's protocol; other types are no absence of the portal's."""

Presence = int | float | Decimal
Told = tuple[str, str, str, str, str | None, str]
"""Employer, personnel number, protocol, first day, last day (None: it goes on), percentage absent."""


class AbsenceBook:
    """The absence cases of one customer. Every change has its local moment `at`, as AFAS stamps it.

    `name`: seeds the GUIDs. `people`: personnel number → employee GUID (in braces). `recovery_date_is`: what dates of
    recovery mean. `fill`: puts the first cases in when somebody first looks. `protocols`: may be changed, like the
    `types` of an integration. Cases of one person that overlap are shown as they are; their truth is not defined. Safe
    to use from several threads.
    """

    def __init__(
        self,
        name: str = "book",
        people: Mapping[str, str] | None = None,
        *,
        recovery_date_is: Literal["first_day_back", "last_absent_day"] = "first_day_back",
        fill: Callable[["AbsenceBook"], None] | None = None,
    ) -> None:
        self.name = name
        self.recovery_date_is = recovery_date_is
        self.protocols: dict[str, str] = dict(PROTOCOLS)
        self._people = people or {}
        self._fill = fill
        self._lock = threading.RLock()
        self._cases: dict[str, Case] = {}
        self._of_person: dict[tuple[str, str], list[str]] = {}
        self._made = 0
        self._last_id = 1000
        self._stale: set[tuple[str, str]] = set()
        self._shown: dict[str, list[Row]] = {}
        self._rows: list[Row] = []

    # What happens

    def open(
        self,
        number: str,
        on: date,
        *,
        at: datetime,
        employer: str = "01",
        presence: Presence = 0,
        type: str = "Z",
        employment: int = 1,
        guid_person: str | None = None,
        safety_net: bool = False,
        no_risk: bool = False,
        reason: str | None = None,
        expected_birth: date | None = None,
        before_contract: date | None = None,
    ) -> str:
        """Report somebody absent from `on`; return the case's GUID. `reason`: a code, "" for none, None for "0"."""
        with self._ready():
            self._last_id += 1
            case = Case(
                guid=self._guid("case"),
                id=self._last_id,
                employer=employer,
                number=number,
                employment=employment,
                person=guid_person or self._people.get(number) or _guid(f"{self.name} person {number}"),
                type=type,
                begin=on,
                reported=local(at).date(),
                changed=local(at),
                reason="0" if reason is None else reason,
                safety_net=safety_net,
                no_risk=no_risk,
                expected_birth=expected_birth,
                before_contract=before_contract,
            )
            self._line(case, on, presence, at)
            self._cases[case.guid] = case
            self._of_person.setdefault((employer, number), []).append(case.guid)
            self._stale.add((employer, number))
            return case.guid

    def change(self, case: str, on: date, presence: Presence, *, at: datetime, second: bool = False) -> str:
        """Let `presence` percent be present from `on`; return the line's GUID. The head keeps its stamp.

        A line that is there for that day is corrected, or gets a `second` one beside it, which then counts.
        """
        with self._changing(case) as found:
            for line in found.course:
                if line.on == on and not second:
                    line.presence, line.changed = _percentage(presence), local(at)
                    return line.guid
            return self._line_within(found, on, presence, at).guid

    def nursing_address(self, case: str, on: date, *, at: datetime) -> str:
        """Add a line with a nursing address from `on`, the presence unchanged; return its GUID."""
        with self._changing(case) as found:
            before = [line for line in found.course if line.on <= on] or found.course[:1]
            line = self._line_within(found, on, before[-1].presence, at)
            line.nursing = True
            return line.guid

    def close(self, case: str, on: date, *, at: datetime, reason: str = "1") -> str:
        """Report the recovery: a closing line of 100 percent on `on`, and the dates in the head; return its GUID."""
        with self._changing(case) as found:
            if found.recovered or on < found.course[-1].on:
                raise ValueError("The case is closed, or has a line after this day.")
            line = self._line(found, on, 100, at)
            line.closing = True
            found.recovered, found.closing_reason = on, reason
            found.changed, found.recovery_reported = local(at), local(at).date()
            return line.guid

    def reopen(self, case: str, *, at: datetime) -> None:
        """Take a recovery back as AFAS does: the closing line is deleted, and the head's dates are emptied."""
        with self._changing(case) as found:
            if not found.recovered:
                raise ValueError("The case is open.")
            found.lines = [line for line in found.lines if not line.closing]
            found.recovered = found.recovery_reported = found.closing_reason = None
            found.changed = local(at)

    def correct(
        self,
        case: str,
        *,
        at: datetime,
        begin: date | None = None,
        presence_of_first: Presence | None = None,
        recovered: date | None = None,
        birth: date | None = None,
        expected_birth: date | None = None,
        type: str | None = None,
        reason: str | None = None,
        safety_net: bool | None = None,
        no_risk: bool | None = None,
    ) -> None:
        """Correct what is given. The first line moves with `begin`, the closing line with `recovered`.

        What changed is stamped: the head, the line, or both.
        """
        head: dict[str, Any] = {"begin": begin, "recovered": recovered, "birth": birth, "type": type, "reason": reason}
        head |= {"expected_birth": expected_birth, "safety_net": safety_net, "no_risk": no_risk}
        head = {name: value for name, value in head.items() if value is not None}
        with self._changing(case) as found:
            first, *others = found.course
            start, end = begin or found.begin, recovered or found.recovered
            days = [line.on for line in others]
            if any(day < start for day in days) or (end and end < max([start, *days])):
                raise ValueError("The case would have lines before its begin or after its end.")
            if recovered and not found.recovered:
                raise ValueError("The case is open.")
            for name, value in head.items():
                setattr(found, name, value)
            found.changed = local(at) if head else found.changed
            if begin is not None:
                first.on, first.changed = begin, local(at)
            if presence_of_first is not None:
                first.presence, first.changed = _percentage(presence_of_first), local(at)
            if recovered and (closing := found.closing_line):
                closing.on, closing.changed = recovered, local(at)

    def move(self, case: str, employer: str, *, at: datetime | None = None) -> None:
        """Move a case to another employer; without `at` no stamp shows it."""
        with self._changing(case) as found:
            self._of_person[found.employer, found.number].remove(case)
            found.employer = employer
            self._of_person.setdefault((employer, found.number), []).append(case)
            self._stale.add((employer, found.number))
            found.changed = local(at) if at else found.changed

    def delete_line(self, case: str, on: date, *, at: datetime | None = None) -> None:
        """Delete what stands on `on` between the first line and the closing one; without `at` no stamp shows it."""
        with self._changing(case) as found:
            gone = [line.guid for line in found.course[1:] if line.on == on]
            if not gone:
                raise KeyError(f"No line between the first and the closing one on {on}.")
            found.lines = [line for line in found.lines if line.guid not in gone]
            found.changed = local(at) if at else found.changed

    def delete(self, case: str) -> None:
        """Delete a case: nothing ever shows that it was there."""
        with self._changing(case) as found:
            del self._cases[case]
            self._of_person[found.employer, found.number].remove(case)

    # What is seen of it

    def rows(self) -> list[Row]:
        """Return the connector's rows, by VerzuimId and day: the same list until something changes."""
        with self._ready():
            if self._stale:
                for person in self._stale:
                    cases = [self._cases[guid] for guid in self._of_person.get(person, [])]
                    begins = simulated_begins(cases, PROTOCOLS, self.recovery_date_is)
                    self._shown |= {case.guid: rows(case, begins[case.guid]) for case in cases}
                self._stale.clear()
                self._rows = [row for guid in self._cases for row in self._shown[guid]]
            return self._rows

    __call__ = rows

    def truth(
        self, today: date, months: int = 24, delivery_from: date | None = None, *, zero_percent: bool = False
    ) -> set[Told]:
        """Return what a portal must have on `today`: the periods of the cases in its window and in their chains.

        A planned period of an illness comes when it begins; one that has begun has the end that is planned.
        `zero_percent`: days of full presence within a case count too.
        """
        cutoff = max(months_before(today, months), delivery_from or date.min)
        told: set[Told] = set()
        with self._ready():
            for guids in self._of_person.values():
                known: dict[str, list[tuple[Case, list[Any]]]] = {"Ziekte": [], "Zwangerschap": []}
                for case in map(self._cases.__getitem__, guids):
                    protocol = self.protocols.get(case.type)
                    days = periods(case, self.recovery_date_is, zero_percent) if protocol else []
                    if protocol == "Ziekte":
                        days = [period for period in days if period[0] <= today]
                    if protocol and days:
                        known[protocol].append((case, days))
                leaves = [(days[0][0], days[-1][1]) for _, days in known["Zwangerschap"]]
                for protocol, chain in (("Ziekte", leaves), ("Zwangerschap", None)):
                    for case, days in delivered(known[protocol], cutoff, chain):
                        who = (case.employer, case.number, protocol)
                        told |= {(*who, str(b), str(e) if e else None, f"{p.normalize():f}") for b, e, p in days}
        return told

    def cases(self, number: str | None = None) -> list[Case]:
        """Return copies of the cases (of one person), by VerzuimId."""
        with self._ready():
            return [copy.deepcopy(case) for case in self._cases.values() if number in {None, case.number}]

    @property
    def case_count(self) -> int:
        with self._ready():
            return len(self._cases)

    def restore(self, cases: list[Case]) -> None:
        """Put back what `cases` returned earlier; identities are not given out again."""
        with self._ready():
            self._stale.update(self._of_person)
            self._cases = {case.guid: copy.deepcopy(case) for case in cases}
            self._of_person = {}
            for case in cases:
                self._of_person.setdefault((case.employer, case.number), []).append(case.guid)
            self._stale.update(self._of_person)

    # Inside

    @contextmanager
    def _ready(self) -> Iterator[None]:
        """Hold the book, filled."""
        with self._lock:
            if fill := self._fill:
                self._fill = None
                fill(self)
            yield

    @contextmanager
    def _changing(self, guid: str) -> Iterator[Case]:
        with self._ready():
            case = self._cases[guid]
            self._stale.add((case.employer, case.number))
            yield case

    def _guid(self, what: str) -> str:
        self._made += 1
        return _guid(f"{self.name} {what} {self._made}")

    def _line_within(self, case: Case, on: date, presence: Presence, at: datetime) -> Line:
        if on < case.begin or (case.recovered and on > case.recovered):
            raise ValueError("The day lies outside of the case.")
        return self._line(case, on, presence, at)

    def _line(self, case: Case, on: date, presence: Presence, at: datetime) -> Line:
        line = Line(self._guid("line"), on, _percentage(presence), local(at), self._made)
        case.lines.append(line)
        return line


def local(moment: datetime) -> datetime:
    """Return a moment in Dutch local time, without its zone; one that has no zone is local already."""
    return moment.astimezone(AMSTERDAM).replace(tzinfo=None) if moment.tzinfo else moment


def _percentage(presence: Presence) -> Decimal:
    return presence if isinstance(presence, Decimal) else Decimal(str(presence))


def _guid(seed: str) -> str:
    digits = hashlib.blake2b(seed.encode(), digest_size=16).hexdigest().upper()
    return f"{{{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}}}"
