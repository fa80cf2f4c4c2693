"""Reads the absences of the people whom the calendar of an employer shows; rows that did not change are remembered.

Facts: docs/reference/loket.md, 2.1 and 3.6. Loket has no list of an employer's absences: a person costs one call, and
each absence that counts one more, so two years of 2,000 people are some 4,000 calls.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypedDict, cast

from veerpont.model.failures import DriftError
from veerpont.model.messages import coded
from veerpont.rules import absence
from veerpont.rules.dates import AMSTERDAM, parse_date
from veerpont.systems.loket import resources as all_
from veerpont.systems.loket.memory import AGE, Memory
from veerpont.systems.loket.reading import MARGIN, Reader
from veerpont.systems.loket.resources import employee_of, id_of, number_of, value
from veerpont.systems.loket.rows import AbsenceRow, compose
from veerpont.systems.source import Row

_FUTURE = timedelta(days=366)  # a leave is known long before it begins
_ABSENCE, _STEP = "absence.", "absenceProgress."


class _Absence(TypedDict):
    """An absence, and its progress rows; None where no question needed them. Fields by their paths."""

    absence: Row
    steps: list[Row] | None


class _Person(TypedDict):
    """What was read of a person: when, since when reads agree (both ISO), and the days that the calendar showed."""

    read_at: str
    since: str
    calendar: list[list[str]]
    absences: list[_Absence]


@dataclass(frozen=True)
class AbsenceReader:
    """One read of the absences of one login.

    A read of the whole window takes a person from memory when nothing speaks against it: the calendar shows the days
    that it showed, none of them is recent, no employment of theirs has moved, and two reads a day apart had agreed. So
    an answer that was wrong for once is not repeated, and what is deleted because two reads say so had two reads.
    Any other read asks Loket, and nobody whom it asked about is remembered: no memory is older than what is known.
    """

    reader: Reader
    memory: Memory

    def absences(self) -> Iterator[list[Row]]:
        """Yield the course of every absence of whoever was absent on one of the days that were asked for."""
        first, last = self._days()
        client = self.reader.client
        for employer in self.reader.employers_asked(people=True):
            here = id_of(employer)
            days = {"startDate": first.isoformat(), "endDate": last.isoformat()}
            people = {id_of(person): person for person in client.rows(all_.EMPLOYEES, here)}
            shown = _by_person(client.rows(all_.CALENDAR, here, query=days))
            if unknown := shown.keys() - people.keys():
                raise DriftError(
                    coded(
                        "loket.absent_missing",
                        "{activity} does not show {count} of those who are absent.",
                        activity=all_.EMPLOYEES.activity,
                        count=len(unknown),
                    )
                )
            for person, found in self._found(here, first, shown):
                parts = {**number_of(employer), "employee": people[person], "read_at": found["read_at"]}
                common = compose(AbsenceRow, parts)
                steps = ((each["absence"], step) for each in found["absences"] for step in each["steps"] or ())
                if page := [{**common, **head, **step} for head, step in steps]:
                    yield page

    def _found(self, employer: str, first: date, shown: Mapping[str, list[Row]]) -> Iterator[tuple[str, _Person]]:
        """Yield what is known of each person, read now or before."""
        read = partial(self._read, first, shown)
        if not self._is_whole:
            self.memory.drop(shown)
            for person, (row,) in zip(sorted(shown), self.reader.client.each(read, sorted(shown)), strict=True):
                yield person, cast("_Person", row)
            return
        moved = self.memory.changed(self.reader.client, employer)
        jobs = {person: [str(value(item, "employment.id")) for item in items] for person, items in shown.items()}
        due = {person for person in shown if self._is_due(person, first, shown[person]) or moved(jobs[person])}
        wanted = [(person, [person]) for person in sorted(shown)]
        found = self.memory.rows(self.reader.client, read, wanted, lambda ids: not due.isdisjoint(ids))
        for person, (row,) in found.items():
            yield person, cast("_Person", row)

    def _known(self, person: str) -> _Person | None:
        rows = self.memory.known(person)
        return cast("_Person", rows[0]) if rows else None

    @property
    def _is_whole(self) -> bool:
        asked = self.reader.asked
        return asked.changed_since is None and asked.began_from is None and asked.began_before is None

    def _days(self) -> tuple[date, date]:
        """Return the first and the last day of absence that the question is about."""
        settings, asked, today = self.reader.integration.absence, self.reader.asked, self.reader.today
        window = absence.cutoff(today, settings.history_months, settings.delivery_from) - MARGIN
        since = asked.changed_since.astimezone(AMSTERDAM).date() if asked.changed_since else None
        first = since or asked.not_ended_before or asked.began_from or window
        return first, asked.began_before - timedelta(days=1) if asked.began_before else today + _FUTURE

    def _read(self, first: date, shown: Mapping[str, list[Row]], person: str) -> list[Row]:
        """Return the absences of a person, with the progress rows of those that a question from `first` on needs."""
        client, moment = self.reader.client, self.reader.moment.isoformat()
        absences = {id_of(item): self._kept(_ABSENCE, item) for item in client.rows(all_.ABSENCES, person)}
        needed = _needed(absences, first, self.reader.integration.absence.types)
        found: list[_Absence] = []
        for each in sorted(absences):
            steps = [self._kept(_STEP, step) for step in client.rows(all_.PROGRESS, each)] if each in needed else None
            found.append({"absence": absences[each], "steps": steps})
        calendar, before = _days_shown(shown[person]), self._known(person)
        agrees = before and (before["calendar"], before["absences"]) == (calendar, found)
        since = before["since"] if before and agrees else moment
        return [{"read_at": moment, "since": since, "calendar": calendar, "absences": found}]

    def _kept(self, part: str, item: Row) -> Row:
        """Return the fields of a resource that are asked for, by their paths: nothing else is remembered."""
        fields = self.reader.asked.fields
        row = compose(AbsenceRow, {part.rstrip("."): item})
        return {path: found for path, found in row.items() if path.startswith(part) and (not fields or path in fields)}

    def _is_due(self, person: str, first: date, shown: Sequence[Row]) -> bool:
        """Tell whether a person whom we know must be read again."""
        known = self._known(person)
        if known is None:
            return True
        calendar = _days_shown(shown)
        settings, fields = self.reader.integration.absence, self._kept(_ABSENCE, {}).keys()
        recent = (self.reader.today - timedelta(days=settings.lookback_days)).isoformat()
        absences = {str(each["absence"]["absence.id"]): each["absence"] for each in known["absences"]}
        read = {str(each["absence"]["absence.id"]) for each in known["absences"] if each["steps"] is not None}
        return (
            known["calendar"] != calendar
            or any((end or recent) >= recent for *_, end in calendar)
            or datetime.fromisoformat(known["read_at"]) - datetime.fromisoformat(known["since"]) < AGE
            or any(each.keys() != fields for each in absences.values())
            or not _needed(absences, first, settings.types) <= read
        )


def _by_person(calendar: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for item in calendar:
        found[employee_of(item)].append(item)
    return found


def _days_shown(calendar: Iterable[Row]) -> list[list[str]]:
    """Return the employment, the first and the last day of each period."""
    found = []
    for item in calendar:
        periods = item.get("calendar")
        for period in periods if isinstance(periods, list) else ():
            days = (str(value(period, name) or "") for name in ("startDate", "endDate"))
            found.append([str(value(item, "employment.id")), *days])
    return sorted(found)


def _needed(absences: Mapping[str, Row], first: date, types: Mapping[str, str | None]) -> set[str]:
    """Return which absences of a person lasted until `first` or later, or belong to a chain before one that did.

    The dates stand in the absence itself, so that the course of what ended long ago costs no call. What may claim the
    same days is always read together: then the moment of the read never decides between them.
    """
    kept, spans = set(), []
    for each, item in absences.items():
        protocol = absence.protocol(str(item["absence.causeOfAbsence.key"]), types)
        end = item["absence.progress.endOfAbsence.date"]
        try:
            begin = parse_date(str(item["absence.progress.startDate"]))
            last = parse_date(str(end)) if end else None
        except ValueError:
            kept.add(each)  # its rows say what is wrong with it
            continue
        spans.append(absence.Span(each, None, protocol if isinstance(protocol, str) else "", begin, last))
    chained = absence.in_delivery(spans, first)
    return kept | chained | absence.leave_between(spans, chained)
