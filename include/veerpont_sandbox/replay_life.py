"""The life that `veerpont sandbox replay` lets happen: people fall ill, clerks enter, correct and delete."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

from veerpont_sandbox.absence import Case
from veerpont_sandbox.afas.schema import ABSENCE, EMPLOYEES
from veerpont_sandbox.world import Sandbox

NEVER = "9999-12-31"
_DAY = timedelta(days=1)
_SOON = timedelta(days=8)
"""So soon a clerk sees a mistake."""
_SELDOM = timedelta(days=9)
"""In so many days clerks of one employer make two of them."""

Who = tuple[str, str]
"""Employer and personnel number."""


class Life:
    """What clerks enter, correct and delete at the source: the same for one seed. AFAS would take all of it."""

    def __init__(self, sandbox: Sandbox, active: frozenset[str], seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 (invented people: repeatable, not secret)
        self.book = sandbox.afas.environments["ours"].books[ABSENCE]
        rows = sandbox.afas.rows("ours", EMPLOYEES)
        self.people = {
            (row["Werkgeverscode"], row["Personeelsnummer"]): (row["GUID"], row["Dienstverbandnummer"])
            for row in rows
            if row["Werkgeverscode"] in active and not row["Datum_eind_dvb"]
        }
        self.happened: Counter[str] = Counter()
        self.deleted: dict[Who, datetime] = {}
        """When something of a person's was last deleted, which the source does not tell."""
        self._entered: dict[str, datetime] = {}
        self._mistakes: list[tuple[str, datetime]] = []
        self._gap = 24 * 60 * 60 / (0.15 * len(self.people))
        self._next: datetime | None = None
        self._kinds: dict[Callable[[datetime], str], int] = {
            self._open: 26, self._close: 24, self._change: 18, self._reopen: 5, self._correct: 14,
            self._nursing_address: 4, self._delete_line: 4, self._delete: 3, self._enter_again: 2,
        }  # fmt: skip

    def go_on(self, begin: datetime, until: datetime) -> None:
        """Let happen what happens from `begin` until `until`."""
        at = self._next or begin
        while at < until:
            work = self.rng.choices(list(self._kinds), list(self._kinds.values()))[0]
            if what := work(at):
                self.happened[what] += 1
            at += timedelta(seconds=60 + self.rng.expovariate(1 / self._gap))
        self._next = at

    def _cases(self, at: datetime, wanted: Callable[[Case], bool] = lambda _: True) -> list[Case]:
        """Return a case that is wanted, of the last half year; none when there is no such case."""
        since = at.date() - timedelta(days=180)
        people = list(self.people)
        self.rng.shuffle(people)
        for employer, number in people:
            for case in self.rng.sample(cases := self.book.cases(number), len(cases)):
                if case.employer == employer and case.begin >= since and wanted(case):
                    return [case]
        return []

    def _free(self, who: Who, leave: bool, begin: date, last: date, but: str = "") -> bool:
        """Tell whether AFAS would take a case on these days: never beside another one of the same kind."""
        return not any(
            (case.employer, case.number) == who
            and case.guid != but
            and (case.type == "ZW") == leave
            and case.begin <= last
            and (case.recovered or date.max) > begin
            for case in self.book.cases(who[1])
        )

    def _open(self, at: datetime, who: Who | None = None, begin: date | None = None) -> str:
        who = who or self.rng.choice(list(self.people))
        begin = begin or at.date() - timedelta(days=self.rng.choice((-1, 0, 0, 0, 0, 1, 1, 2, 5)))
        kind = self.rng.choices(("Z", "AO", "F", "ZW"), (90, 4, 3, 3))[0]
        if not self._free(who, kind == "ZW", begin, date.max):
            return ""
        guid, employment = self.people[who]
        case = self.book.open(
            who[1],
            begin,
            at=at,
            employer=who[0],
            employment=employment,
            guid_person=guid,
            type=kind,
            presence=0 if kind == "ZW" else self.rng.choice((0, 0, 0, 50)),
            expected_birth=begin + timedelta(days=38) if kind == "ZW" else None,
        )
        self._entered[case] = at
        return "opened"

    def _close(self, at: datetime) -> str:
        for case in self._cases(at, lambda case: not case.recovered):
            on = max(case.course[-1].on, at.date() + timedelta(days=self.rng.choice((-3, -1, 0, 0, 0, 1, 2))))
            if case.type == "ZW":
                self.book.correct(case.guid, birth=case.begin + timedelta(days=40), at=at)
            self.book.close(case.guid, on, at=at)
            return "closed"
        return ""

    def _change(self, at: datetime) -> str:
        for case in self._cases(at, lambda case: not case.recovered and case.type != "ZW"):
            on = at.date() - timedelta(days=self.rng.choice((0, 0, 0, 1, 4)))
            if on >= case.begin and _lines_on(case, on) < 2:
                self.book.change(case.guid, on, self.rng.choice((0, 20, 33.33, 50, 75, 100)), at=at)
                return "partial recovery"
        return ""

    def _nursing_address(self, at: datetime) -> str:
        today = at.date()
        for case in self._cases(
            at, lambda case: not case.recovered and case.begin < today and not _lines_on(case, today)
        ):
            self.book.nursing_address(case.guid, at.date(), at=at)
            return "nursing address"
        return ""

    def _reopen(self, at: datetime) -> str:
        for case in self._cases(at, lambda case: bool(case.recovered)):
            if self._free((case.employer, case.number), case.type == "ZW", case.begin, date.max, case.guid):
                self.book.reopen(case.guid, at=at)
                return "reopened"
        return ""

    def _correct(self, at: datetime) -> str:
        for case in self._cases(at, lambda case: case.type != "ZW"):
            who, later, stop = (case.employer, case.number), case.course[1:], case.recovered
            days = timedelta(days=self.rng.choice((-3, -2, -1, 1, 2)))
            what = self.rng.choice(("begin", "presence_of_first", "recovered"))
            if what == "presence_of_first" and _lines_on(case, case.begin) > 1:
                return ""
            if what == "presence_of_first":
                self.book.correct(case.guid, at=at, presence_of_first=self.rng.choice((0, 25, 50)))
                return "corrected"
            begin = case.begin + days if what == "begin" else case.begin
            end = stop + days if stop and what == "recovered" else stop
            latest = max([begin, *(line.on for line in later)])
            fits = begin <= min([at.date(), *(line.on - _DAY for line in later)]) and (end is None or latest <= end)
            if fits and self._free(who, False, begin, end - _DAY if end else date.max, case.guid):
                if what == "begin":
                    self.book.correct(case.guid, at=at, begin=begin)
                elif end:
                    self.book.correct(case.guid, at=at, recovered=end)
                return "corrected" if what == "begin" or end else ""
        return ""

    def _delete_line(self, at: datetime) -> str:
        for case in self._cases(at, lambda case: len(case.course) > 1):
            on = self.rng.choice(case.course[1:]).on
            self.book.delete_line(case.guid, on, at=self.rng.choice((at, None)))
            self.deleted[case.employer, case.number] = at
            return "line deleted"
        return ""

    def _delete(self, at: datetime) -> str:
        for case in self._cases(at, lambda case: self._is_a_mistake(case, at)):
            return self._deleted(case, at, "deleted")
        return ""

    def _is_a_mistake(self, case: Case, at: datetime) -> bool:
        """Tell whether a clerk would delete a case: entered a few days ago, and few of them at one employer."""
        entered = self._entered.get(case.guid)
        lately = sum(employer == case.employer and at - then < _SELDOM for employer, then in self._mistakes)
        return entered is not None and at - entered < _SOON and lately < 2

    def _deleted(self, case: Case, at: datetime, what: str) -> str:
        self.book.delete(case.guid)
        self._mistakes.append((case.employer, at))
        self.deleted[case.employer, case.number] = at
        return what

    def _enter_again(self, at: datetime) -> str:
        """Delete a case and enter it again, on some of the same days."""
        for case in self._cases(at, lambda case: not case.recovered and self._is_a_mistake(case, at)):
            what = self._deleted(case, at, "entered again")
            begin = min(case.begin + timedelta(days=self.rng.choice((-1, 0, 1))), at.date())
            self._open(at, (case.employer, case.number), begin)
            return what
        return ""


def _lines_on(case: Case, day: date) -> int:
    """Count the lines of one day. The book takes the one entered last, and our rules the one changed last."""
    return sum(line.on == day for line in case.course)
