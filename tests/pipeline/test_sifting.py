"""Sifting: whatever is left unlooked at, the outcome is that of looking at every line."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compare import BAD, CODES, GUARDS, PEOPLE, SIDES, TODAY, mark

from veerpont.config.sections import GuardSettings
from veerpont.flows.job import Problems, StagedRecord
from veerpont.model.lines import Line
from veerpont.pipeline.compare.decide import decide, look, look_elsewhere, remember, sift, sift_rejected
from veerpont.pipeline.compare.state import Comparison
from veerpont.pipeline.compare.stream import Rendered, Sieve, Way

WAYS = ("carried", "missing", "removed", "left", "waiting", "moved")


class Night:
    """What both sides say, and what is known besides; compared in either way."""

    def __init__(self, draw: st.DrawFn) -> None:
        by_order: Callable[[Line], str] = lambda line: line.order  # noqa: E731 -- one place needs it
        told, shown = draw(SIDES), draw(SIDES)
        told = list({line.portal_key: line for line in told}.values())  # no two lines that crossed share one
        alike = draw(st.lists(st.sampled_from(told), unique_by=lambda line: line.id)) if told else []
        shown = list({line.id: line for line in [*shown, *alike]}.values())  # most lines are as they were
        self.told, self.shown = sorted(told, key=by_order), sorted(shown, key=by_order)
        self.rows = {line.id: draw(st.integers(1, 3)) for line in shown}
        self.active = draw(CODES)
        self.frozen = draw(CODES) - self.active
        self.bad = draw(st.frozensets(st.sampled_from(PEOPLE), max_size=2))
        self.wrong = draw(st.frozensets(st.sampled_from([*PEOPLE, "number:P1", "row:1"]), max_size=1)) - self.bad
        self.elsewhere = draw(st.frozensets(st.sampled_from(PEOPLE), max_size=2))
        some = st.frozensets(st.sampled_from([line.id for line in told])) if told else st.just(frozenset[str]())
        self.before, self.approved, self.leaving = draw(some), draw(some), draw(some)
        self.complete = draw(st.booleans())
        self.limits = draw(GUARDS)

    def rendered(self) -> Iterator[Rendered]:
        for line in self.shown:
            bad = line.key in self.bad
            yield Rendered(line.id, self.rows[line.id], line.key, None if bad else line, BAD if bad else None)

    def compare(self, quietly: bool, confirmed: dict[str, str]) -> Comparison:
        problems = Problems()
        for key in sorted(self.wrong):
            problems.add(key, BAD, rows=2)
        comparison = Comparison(problems)
        sieve = Sieve(lambda: iter(self.told), self.rendered, self.active, self.before)
        held: Any
        if quietly:
            held = sift(comparison, sieve, iter(self.told), self.rendered(), comparison.columns)
        else:
            remember(comparison, self.told)
            comparison.quiet.ways.extend([Way.HELD] * len(self.shown))
            held = [
                (StagedRecord(each.group, each.rows, msgspec.Raw()), each.key, each.line or each.problem)
                for each in self.rendered()
            ]
        look(comparison, held, self.active, confirmed, mark)
        look_elsewhere(comparison, self.elsewhere, self.active, confirmed, mark)
        sift_rejected(comparison, sieve, self.active)
        decide(
            comparison,
            active=self.active,
            frozen=self.frozen,
            complete=self.complete,
            nothing_read=False,
            missing_before=set(self.before),
            approved=self.approved,
            leaving=self.leaving,
            today=TODAY,
            limits=self.limits,
        )
        return comparison


@st.composite
def nights(draw: st.DrawFn) -> tuple[Night, bool]:
    return Night(draw), draw(st.booleans())


@settings(max_examples=150)
@given(nights(), st.booleans())
def test_what_is_not_looked_at_changes_nothing(night_and_answers: tuple[Night, bool], whole_held: bool) -> None:
    """Books, ways, problems and questions are those of a comparison that holds every line."""
    night, answered = night_and_answers
    confirmed = night.compare(False, {}).questions if answered else {}
    every, quiet = night.compare(False, confirmed), night.compare(True, confirmed)
    assert quiet.books(whole_held) == every.books(whole_held)
    assert {way: getattr(quiet, way) for way in WAYS} == {way: getattr(every, way) for way in WAYS}
    assert {found.key: found.problem for found in quiet.problems} == {
        found.key: found.problem for found in every.problems
    }
    assert quiet.questions == every.questions
    assert (quiet.crossing, quiet.has_news, quiet.says_something) == (
        every.crossing,
        every.has_news,
        every.says_something,
    )
    for place, line in enumerate(night.shown):
        if line.key not in night.bad:
            assert quiet.way(line.id, place) == every.way(line.id, place)
    for found in every.problems:
        assert quiet.homes.get(found.key) == every.homes.get(found.key)


def people(count: int, name: str = "a") -> list[Line]:
    return [
        Line(f"{n:04}", f"{n:04}", "01", f"01/{n:04}", f"{n:04}", {"last_name": name}, identity=f"{n:04}/1")
        for n in range(count)
    ]


def compared(told: list[Line], shown: list[Line]) -> Comparison:
    rendered = [Rendered(line.id, 1, line.key, line) for line in shown]
    comparison = Comparison(Problems())
    sieve = Sieve(lambda: iter(told), lambda: iter(rendered), {"01"}, ())
    look(comparison, sift(comparison, sieve, iter(told), iter(rendered), comparison.columns), {"01"}, {}, mark)
    sift_rejected(comparison, sieve, {"01"})
    decide(
        comparison, active={"01"}, frozen=set(), complete=True, nothing_read=False, missing_before=set(),
        approved=set(), leaving=set(), today=TODAY, limits=GuardSettings(),
    )  # fmt: skip
    return comparison


def test_a_first_load_an_unchanged_night_and_new_values_hold_nothing() -> None:
    """Of lines that have to do with no other line a byte is kept."""
    for told, shown, way in (
        ([], people(100), Way.NEW),
        (people(100), people(100), Way.SAME),
        (people(100), people(100, "b"), Way.CHANGED),
    ):
        comparison = compared(told, shown)
        assert (comparison.told, comparison.shown, comparison.rows) == ({}, {}, {})
        assert bytes(comparison.quiet.ways) == bytes([way]) * 100


def test_only_what_differs_is_held() -> None:
    """Who is missing is, and two lines with one key at the portal."""
    told = people(100)
    twin = Line("twin", "twin", "01", told[7].portal_key, "0007", {"last_name": "z"})
    comparison = compared(told, [*told[:7], twin, *told[7:50], *told[51:]])
    assert set(comparison.told) == {"0007", "0050"}
    assert set(comparison.shown) == {"0007", "twin"}
    assert {found.key for found in comparison.problems} == {"0007", "twin"}
    assert comparison.carried == {"0007", "0050"}
