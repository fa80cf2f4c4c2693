"""The import of the folder Verzuim: the complete absence history of an account.

Facts: docs/reference/xpert-suite.md, 2.4 and 4.
"""

import calendar
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from veerpont_sandbox.portal.lines import Job, Wrong
from veerpont_sandbox.portal.state import Period, Settings, Traject, Values

PROTOCOLS = ("Ziekte", "Zwangerschap")
FOREVER = "9999-12-31"
COMPOUND = 27
"""Days of recovery between two cases of illness that make them one: fewer than four weeks."""

_PERCENTAGE = re.compile(r"\d{1,3}([.,]\d{1,2})?")
Case = tuple[str, str, str, str]
"""Employer, personnel number, protocol, and the group of the employment, empty where it is not given."""


@dataclass(frozen=True)
class _Line:
    number: int
    key: str
    period: Period

    @property
    def until(self) -> str:
        return self.period.end or FOREVER


def apply(job: Job, lines: Iterable[tuple[int, Values]]) -> None:
    """Take the lines of one file for everything there is."""
    _Absence(job).run(lines)


class _Absence:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.known = {
            (e.values.get("employer_code") or "", e.values.get("personnel_number") or "")
            for e in job.state.employments.values()
        }
        self.existing: dict[tuple[str, str, str], list[Traject]] = defaultdict(list)
        for traject in job.state.trajects.values():
            self.existing[traject.employer, traject.number, traject.protocol].append(traject)
        self.rejected: set[tuple[str, str]] = set()
        self.delivered: set[str] = set()

    def run(self, lines: Iterable[tuple[int, Values]]) -> None:
        cases: dict[Case, list[_Line]] = defaultdict(list)
        for number, values in lines:
            self._fill_employer(values)
            key = self.job.key(values)
            names = "WerkgeverCode", "Personeelsnummer", "Protocol", "DienstverbandGroepCode"
            employer, person, protocol, group = (values.get(name) or "" for name in names)
            case = employer, person, protocol, group
            if wrong := self._wrong(values, key):
                self._reject(wrong, case, number, key)
            else:
                cases[case].append(_Line(number, key, _period(values)))
        found: dict[Case, list[list[_Line]]] = {}
        for case in sorted(cases):
            found[case] = self._trajects(case, cases[case])
            self._compare_ids(case, found[case])
        # Those that start on the same day find each other first, whatever the order of the file.
        exact = {_key(case, lines) for case, trajects in found.items() for lines in trajects}
        for case, trajects in found.items():
            for each in trajects:
                self._save(case, each, exact)
        self._missing()
        self._flag_compound()

    def _reject(self, wrong: Wrong, case: Case, line: int, key: str) -> None:
        self.job.reject(wrong, line, key)
        self.rejected.add(case[:2])

    def _fill_employer(self, values: Values) -> None:
        """An account of one employer does not need the code."""
        if not values.get("WerkgeverCode") and len(self.job.state.employers) == 1:
            values["WerkgeverCode"] = next(iter(self.job.state.employers))

    # Lines

    def _wrong(self, values: Values, key: str) -> Wrong | None:
        """Return code and text of what rejects this line; None when nothing does."""
        job, employer = self.job, values.get("WerkgeverCode") or ""
        also = ["BevallingsDatumVermoedelijk"] if values.get("Protocol") == "Zwangerschap" else []
        if wrong := job.empty(values, "WerkgeverCode", *also):
            return wrong
        if job.refused(key):
            return job.refusal(values)
        if employer not in job.state.employers:
            return "werkgever_onbekend", "De werkgevercode is niet bekend."
        if (employer, values["Personeelsnummer"]) not in self.known:
            return "medewerker_onbekend", "De medewerker is niet bekend bij deze werkgever."
        if values["Protocol"] not in PROTOCOLS:
            return "protocol_onbekend", f"Veld Protocol is niet {' of '.join(PROTOCOLS)}."
        percentage = values["Verzuimpercentage"] or ""
        if not _PERCENTAGE.fullmatch(percentage) or Decimal(percentage.replace(",", ".")) > 100:
            return (
                "percentage",
                "Veld Verzuimpercentage is geen getal van 0 tot en met 100 met ten hoogste 2 decimalen.",
            )
        if wrong := job.misshapen(values):
            return wrong
        start, end = values["StartdatumTrajectVerloop"] or "", values.get("EinddatumTrajectVerloop")
        if end and end < start:
            return "einde_voor_begin", "Het trajectverloop eindigt voor het begint."
        if values["Protocol"] == "Ziekte" and start > job.today:
            return "toekomst", "Een ziekmelding begint niet in de toekomst."
        causes = job.settings.causes
        if causes is not None and values["VerzuimOorzaak"] not in causes.get(employer, []):
            return "oorzaak_onbekend", "De verzuimoorzaak is niet aan de werkgever gekoppeld."
        return None

    def _trajects(self, case: Case, lines: list[_Line]) -> list[list[_Line]]:
        """Return the lines of one person and protocol as trajects, without those that cannot stand together."""
        wrong = _overlaps(lines)
        if case[2] == "Zwangerschap":
            wrong |= _without_birth([line for line in lines if line not in wrong])
        trajects = _grouped([line for line in lines if line not in wrong])
        for traject in trajects:
            if not _in_agreement(self.job.settings, case[0], traject[0].period.start):
                text = "De eerste verzuimdag valt buiten de dienstverleningsovereenkomst."
                wrong |= dict.fromkeys(traject, ("buiten_overeenkomst", text))
        for line, reason in sorted(wrong.items(), key=lambda item: item[0].number):
            self._reject(reason, case, line.number, line.key)
        return [traject for traject in trajects if traject[0] not in wrong]

    def _compare_ids(self, case: Case, trajects: list[list[_Line]]) -> None:
        """Warn where the sender's ids group the lines in another way than their dates do."""
        groups = [{line.period.traject_id for line in traject} - {None} for traject in trajects]
        counts: dict[str | None, int] = defaultdict(int)
        for group in groups:
            for each in group:
                counts[each] += 1
        if any(len(group) > 1 for group in groups) or any(count > 1 for count in counts.values()):
            text = "TrajectId groepeert de regels anders dan hun data"
            self.job.report.say(3, "andere_groepering", text, key="/".join(case[:2]))

    # Trajects

    def _save(self, case: Case, lines: list[_Line], exact: set[str]) -> None:
        """Create or update one traject, and count its lines."""
        state = self.job.state
        new = Traject(*case[:3], [line.period for line in lines], group=case[3])
        known = state.trajects.get(new.key) or self._regrouped(new) or self._overlapping(case, new, exact)
        self.delivered.add(new.key)
        before = known.periods if known else []
        same = [period in before for period in new.periods]
        self.job.tally(new=known is None, same=same, equal=before == new.periods)
        if known:
            state.trajects.pop(known.key, None)
            new.has_notes, new.compound = known.has_notes, known.compound
        state.trajects[new.key] = new

    def _regrouped(self, new: Traject) -> Traject | None:
        """Return the one of the same first day that had no group yet, or has none any more."""
        for traject in self.existing[new.employer, new.number, new.protocol]:
            there = self.job.state.trajects.get(traject.key) is traject
            if there and traject.start == new.start and "" in {traject.group, new.group}:
                return traject
        return None

    def _overlapping(self, case: Case, new: Traject, exact: set[str]) -> Traject | None:
        """Return a traject of the same person and protocol that shares a day, where that is the setting."""
        if self.job.settings.traject_match == "strict":
            return None
        for traject in self.existing[case[:3]]:
            if {traject.group, case[3]} - {"", case[3]}:
                continue  # of another employment
            taken = traject.key in exact or traject.key not in self.job.state.trajects
            if not taken and traject.start <= (new.end or FOREVER) and new.start <= (traject.end or FOREVER):
                return traject
        return None

    def _missing(self) -> None:
        """Delete, or log, the trajects in the window that were not delivered (docs/reference/xpert-suite.md, 4.5)."""
        job = self.job
        since = cutoff(job.settings, job.today)
        for key in sorted(job.state.trajects.keys() - self.delivered):
            traject = job.state.trajects[key]
            if traject.over(since):
                continue
            kept = job.settings.rejected_lines == "kept"
            if kept and (traject.employer, traject.number) in self.rejected:
                continue
            name = _name(traject)
            if not self._may_delete(traject):
                job.report.say(3, "traject_ontbreekt", "Traject ontbreekt in de aanlevering, maar blijft", key=name)
            elif traject.has_notes:
                text = "Traject kan niet worden verwijderd: het dossier is gevuld"
                job.report.say(3, "dossier_gevuld", text, key=name)
            else:
                del job.state.trajects[key]
                job.report.deleted += 1
                job.report.say(2, "traject_verwijderd", "Traject verwijderd: ontbreekt in de aanlevering", key=name)

    def _may_delete(self, traject: Traject) -> bool:
        settings = self.job.settings
        if settings.traject_action == "Log als startdatum voor einddatum valt":
            return traject.start >= (settings.delivery_from or "")
        return settings.traject_action == "Delete"

    def _flag_compound(self) -> None:
        """Flag the cases of illness that go on from an earlier one (docs/reference/xpert-suite.md, 4.3)."""
        people: dict[tuple[str, str], list[Traject]] = defaultdict(list)
        for traject in self.job.state.trajects.values():
            people[traject.employer, traject.number].append(traject)
        for trajects in people.values():
            leaves = [each for each in trajects if each.protocol == "Zwangerschap"]
            illnesses = sorted((each for each in trajects if each.protocol == "Ziekte"), key=lambda each: each.start)
            for at, traject in enumerate(illnesses):
                ended = max((each.end or FOREVER for each in illnesses[:at]), default=None)
                compound = ended is not None and recovered(ended, traject.start, leaves) <= COMPOUND
                if compound and not traject.compound:
                    text = "Samengesteld verzuim: minder dan 28 dagen hersteld"
                    self.job.report.say(2, "samengesteld", text, key=_name(traject))
                traject.compound = compound


def recovered(ended: str, start: str, leaves: Iterable[Traject]) -> int:
    """Return how many days lie between two cases of illness; days of pregnancy leave do not count."""
    first, last = date.fromisoformat(ended).toordinal() + 1, date.fromisoformat(start).toordinal() - 1
    days = set(range(first, last + 1))
    for leave in leaves:
        begin = date.fromisoformat(leave.start).toordinal()
        end = date.fromisoformat(leave.end or FOREVER).toordinal()
        days -= set(range(max(begin, first), min(end, last) + 1))
    return len(days)


def cutoff(settings: Settings, today: str) -> str:
    """Return the first day of which the absence must be in the file: of two settings the later one."""
    day = date.fromisoformat(today)
    months = day.year * 12 + day.month - 1 - settings.months
    year, month = months // 12, months % 12 + 1
    before = day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))
    return max(before.isoformat(), settings.delivery_from or "")


def _period(values: Values) -> Period:
    percentage = Decimal((values["Verzuimpercentage"] or "").replace(",", "."))
    return Period(
        start=values["StartdatumTrajectVerloop"] or "",
        end=values.get("EinddatumTrajectVerloop"),
        percent=format(percentage.normalize() + 0, "f"),
        cause=values["VerzuimOorzaak"] or "",
        traject_id=values.get("TrajectId"),
        verloop_id=values.get("TrajectVerloopId"),
        expected_birth=values.get("BevallingsDatumVermoedelijk"),
        actual_birth=values.get("BevallingsDatumFeitelijk"),
    )


def _overlaps(lines: list[_Line]) -> dict[_Line, Wrong]:
    """Return every line that shares a day with another one of the same person and protocol."""
    ordered = sorted(lines, key=lambda line: (line.period.start, line.number))
    found: set[_Line] = set()
    reach: _Line | None = None
    for line in ordered:
        if reach and line.period.start <= reach.until:
            found |= {line, reach}
        reach = max(reach or line, line, key=lambda each: each.until)
    two_open = sum(line.period.end is None for line in lines) > 1
    return {
        line: ("twee_open", "Er is meer dan een open trajectverloop.")
        if two_open and line.period.end is None
        else ("overlap", "Het trajectverloop overlapt met een andere regel.")
        for line in found
    }


def _without_birth(lines: list[_Line]) -> dict[_Line, Wrong]:
    """Return the lines that end a leave without the date of birth: a line that another one goes on from ends none."""
    starts = {line.period.start for line in lines}
    text = "Verplicht veld is leeg: BevallingsDatumFeitelijk."
    return {
        line: ("verplicht", text)
        for line in lines
        if line.period.end and not line.period.actual_birth and _next_day(line.period.end) not in starts
    }


def _grouped(lines: list[_Line]) -> list[list[_Line]]:
    """Put together the lines that touch: the next one starts on the day after the previous one's end."""
    ordered = sorted(lines, key=lambda line: line.period.start)
    groups = [[line] for line in ordered[:1]]
    for before, line in pairwise(ordered):
        if before.period.end and _next_day(before.period.end) == line.period.start:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _in_agreement(settings: Settings, employer: str, start: str) -> bool:
    """Say whether a report that begins on this day may come in, also after the service has ended.

    Facts: docs/reference/xpert-suite.md, 4.8.
    """
    periods = (settings.agreements or {}).get(employer)
    return periods is None or any(first <= start <= (last or FOREVER) for first, last in periods)


def _next_day(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _key(case: Case, lines: list[_Line]) -> str:
    return Traject(*case[:3], [lines[0].period], group=case[3]).key


def _name(traject: Traject) -> str:
    """Return what the log calls a traject: whose, and the sender's id of it; not when it was."""
    return "/".join(filter(None, (traject.employer, traject.number, traject.periods[0].traject_id)))
