"""The laws of comparing, over any portal and any source: the books balance and nobody leaves but by a rule."""

import hashlib
import itertools

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from veerpont.config.sections import GuardSettings
from veerpont.flows.guards import ColumnCheck, too_many_gone
from veerpont.flows.job import Problems, StagedRecord
from veerpont.model.failures import Problem, Stage
from veerpont.model.lines import Fate, Line
from veerpont.pipeline.compare.decide import decide, look, look_elsewhere, remember
from veerpont.pipeline.compare.state import Comparison

TODAY = "2026-11-22"
BAD = Problem(Stage.EXPORT, "last_name", "missing_value", "Fill in last_name.")
EMPLOYERS = ("01", "02", "03")
PEOPLE = [f"P{number}" for number in range(6)]


def line(person: str, employer: str, number: int, *, name: str, ends: str | None = None, known_as: str = "") -> Line:
    key = f"{employer}/{known_as or person}/{number}"
    return Line(
        id=f"{person}/{employer}/{number}",
        key=person,
        employer=employer,
        portal_key=key,
        order=key,
        values={"last_name": name},
        leaves_on=ends,
        identity=f"{person}/{number}",
        alias=f"number:{person}",
    )


LINES = st.builds(
    line,
    st.sampled_from(PEOPLE),
    st.sampled_from(EMPLOYERS),
    st.integers(1, 2),
    name=st.sampled_from(["a", "b"]),
    ends=st.sampled_from([None, None, "2026-01-01", "2027-01-01"]),
    known_as=st.sampled_from(["", "", "", "X"]),
)
SIDES = st.lists(LINES, max_size=14, unique_by=lambda each: each.id)
CODES = st.frozensets(st.sampled_from(EMPLOYERS))
GUARDS = st.builds(
    GuardSettings, max_gone=st.integers(0, 5), max_gone_percent=st.integers(0, 100), min_gone=st.integers(0, 4)
)


def mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@st.composite
def nights(draw: st.DrawFn) -> tuple[Comparison, dict[str, object], int]:
    """Draw what the portal was told, what the source shows, and what people decided; return it decided."""
    told, shown = draw(SIDES), draw(SIDES)
    active = draw(CODES)
    bad = draw(st.frozensets(st.sampled_from(PEOPLE), max_size=2))
    rejected_before = draw(st.frozensets(st.sampled_from([*PEOPLE, "number:P1", "row:1"]), max_size=2))
    staged = [each for each in shown if each.key not in rejected_before]
    rows = {each.id: draw(st.integers(1, 3)) for each in staged}

    def seen(confirmed: dict[str, str]) -> Comparison:
        problems = Problems()
        for key in sorted(rejected_before):
            problems.add(key, BAD, rows=2)
        comparison = Comparison(problems)
        remember(comparison, told)
        items = [
            (StagedRecord(each.id, rows[each.id], msgspec.Raw(b"{}")), each.key, BAD if each.key in bad else each)
            for each in staged
        ]
        look(comparison, items, active, confirmed, mark)
        return comparison

    asked = seen({}).questions
    comparison = seen({key: question for key, question in asked.items() if draw(st.booleans())})
    context: dict[str, object] = {
        "active": active,
        "frozen": draw(CODES) - active,
        "complete": draw(st.booleans()),
        "nothing_read": not staged and not rejected_before and draw(st.booleans()),
        "missing_before": draw(st.frozensets(st.sampled_from([each.id for each in told]))) if told else frozenset(),
        "approved": draw(st.frozensets(st.sampled_from([each.id for each in told]))) if told else frozenset(),
        "leaving": draw(st.frozensets(st.sampled_from([each.id for each in told]))) if told else frozenset(),
        "limits": draw(GUARDS),
    }
    decide(comparison, today=TODAY, **context)  # type: ignore[arg-type]
    return comparison, context, sum(rows.values())


@settings(max_examples=150)
@given(nights(), st.booleans())
def test_every_staged_row_has_one_fate(night: tuple[Comparison, dict[str, object], int], whole_held: bool) -> None:
    """Whatever is told, shown, rejected and decided: delivered, unchanged, filtered, rejected and held add up."""
    comparison, _, rows = night
    books = comparison.books(whole_held)
    assert sum(books.values()) == rows
    assert all(count >= 0 for count in books.values())
    assert not (books[Fate.DELIVERED] if whole_held else books[Fate.HELD])


@settings(max_examples=150)
@given(nights())
def test_every_told_line_goes_one_way(night: tuple[Comparison, dict[str, object], int]) -> None:
    """A told line crosses again, is carried, removed, left or moved: exactly one of these."""
    comparison, _, _ = night
    again = {identity for identity in comparison.told if comparison.accepted(identity)}
    ways = (again, comparison.carried, comparison.removed, comparison.left, comparison.moved)
    assert set().union(*ways) == set(comparison.told)
    for one, other in itertools.combinations(ways, 2):
        assert not one & other


@settings(max_examples=150)
@given(nights())
def test_nobody_of_an_active_employer_is_removed_without_proof(
    night: tuple[Comparison, dict[str, object], int],
) -> None:
    """Removed is only who was missed twice by complete reads, or whom a person approved; never a known problem."""
    comparison, context, _ = night
    rejected = {found.key for found in comparison.problems}
    for identity in comparison.removed:
        told = comparison.told[identity]
        if told.employer not in context["active"]:  # type: ignore[operator]
            assert told.employer not in context["frozen"]  # type: ignore[operator]
            continue
        assert context["complete"]
        assert told.leaves_on is None
        assert not {told.key, told.alias} & rejected
        approved = identity in context["approved"]  # type: ignore[operator]
        assert approved or (identity in context["missing_before"] and not context["nothing_read"])  # type: ignore[operator]
    assert not comparison.waiting & comparison.removed
    assert comparison.waiting <= comparison.carried
    for identity in comparison.left:
        told = comparison.told[identity]
        assert context["complete"]
        assert identity in context["leaving"] or (told.leaves_on is not None and told.leaves_on <= TODAY)  # type: ignore[operator]


@settings(max_examples=150)
@given(nights())
def test_nothing_of_an_inactive_employer_crosses_and_no_two_lines_share_a_key(
    night: tuple[Comparison, dict[str, object], int],
) -> None:
    """What crosses is of an active employer, one line for each key at the portal, and known by the key it had."""
    comparison, context, _ = night
    crossing = [identity for identity in comparison.shown if comparison.accepted(identity)]
    assert all(identity.split("/")[1] in context["active"] for identity in crossing)  # type: ignore[operator]


class TestTwoLinesOfOneKey:
    def look(self, *lines: Line) -> Comparison:
        comparison = Comparison(Problems())
        items = [(StagedRecord(each.id, 1, msgspec.Raw(b"{}")), each.key, each) for each in lines]
        look(comparison, items, {"01"}, {}, mark)
        return comparison

    def test_neither_crosses(self) -> None:
        """Of two records that the portal would take for one neither crosses."""
        one, two = line("P1", "01", 1, name="a", known_as="X"), line("P2", "01", 1, name="b", known_as="X")
        comparison = self.look(one, two, line("P3", "01", 1, name="c"))
        assert [comparison.accepted(each.id) for each in (one, two)] == [False, False]
        assert comparison.books(False)[Fate.REJECTED] == 2
        assert comparison.books(False)[Fate.DELIVERED] == 1


class TestGuards:
    def gone(self, gone: int, known: int, **limits: float) -> bool:
        return too_many_gone(
            {str(number): "01" for number in range(gone)},
            {str(number): "01" for number in range(known)},
            GuardSettings.model_validate(limits),
        )

    def test_the_limits_themselves_do_not_trip(self) -> None:
        """Exactly the number or the percentage passes; one more waits."""
        assert not self.gone(25, 1000)
        assert self.gone(26, 1000)
        assert not self.gone(10, 100)
        assert self.gone(11, 100)

    def test_fewer_than_the_least_number_is_never_too_much_of_a_percentage(self) -> None:
        """Two of two may go, three of three wait."""
        assert not self.gone(2, 2)
        assert self.gone(3, 3)

    def test_each_employer_is_judged_by_itself(self) -> None:
        """A small employer that empties waits, however small it is in the whole."""
        known = {f"a{number}": "01" for number in range(1000)} | {f"b{number}": "02" for number in range(3)}
        gone = {name: employer for name, employer in known.items() if employer == "02"}
        assert too_many_gone(gone, known, GuardSettings())

    @given(st.integers(0, 60), st.integers(0, 200), GUARDS)
    def test_more_gone_never_waits_less(self, gone: int, known: int, limits: GuardSettings) -> None:
        """If so many trip the guard, one more does too."""
        more = {"limits": limits}
        known += gone + 1

        def trips(count: int) -> bool:
            return too_many_gone(
                dict.fromkeys(map(str, range(count)), "01"), dict.fromkeys(map(str, range(known)), "01"), **more
            )

        assert not trips(gone) or trips(gone + 1)


class TestColumns:
    def check(self, before: list[str | None], now: list[str | None]) -> list[str]:
        check = ColumnCheck()
        for value in before:
            check.before({"name": value})
        for value in now:
            check.now({"name": value})
        return check.broken(GuardSettings())

    def test_a_blank_column_is_broken_when_it_was_filled_and_most_lines_are_there(self) -> None:
        """All lines blank where some were filled is no person's data; fewer lines are a matter of removals."""
        assert self.check(["a"] * 4, [None] * 4) == ["column_blank:name"]
        assert self.check(["a"] * 4, [None] * 3 + ["a"]) == []
        assert self.check([None] * 4, [None] * 4) == []
        assert self.check(["a"] * 9, [None] * 2) == []
        assert self.check(["a"] * 2 + [None] * 9, [None] * 11) == [], "so few may all have changed"

    def test_a_replaced_column_is_broken_also_the_first_time(self) -> None:
        """`(replaced)` in every filled line is AFAS's word for a lost link; in one of several it is a value."""
        assert self.check([], ["(replaced)", None]) == ["column_replaced:name"]
        assert self.check([], ["(replaced)", "a"]) == []


def test_whom_the_source_shows_at_an_inactive_employer_alone_is_asked_about() -> None:
    """Not who is also where they were, whose end is known, or who was told of for another employer."""
    stays = line("P1", "01", 1, name="a")
    told = [
        line("P0", "01", 1, name="a"),
        stays,
        line("P2", "01", 1, name="a", ends="2027-01-01"),
        line("P3", "03", 1, name="a"),
        line("P4", "01", 1, name="a"),
    ]

    def seen(confirmed: dict[str, str]) -> Comparison:
        comparison = Comparison(Problems())
        remember(comparison, told)
        look(comparison, [(StagedRecord(stays.id, 1, msgspec.Raw(b"{}")), stays.key, stays)], {"01"}, confirmed, mark)
        look_elsewhere(comparison, {"P0", "P1", "P2", "P3"}, {"01"}, confirmed, mark)
        return comparison

    asked = seen({})
    assert (asked.questions.keys(), asked.let_go) == ({"P0"}, set())
    answered = seen(asked.questions)
    assert (answered.questions, answered.let_go) == ({}, {told[0].id})
