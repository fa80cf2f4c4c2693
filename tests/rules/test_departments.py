"""The department tree: current units, cycles, and where they hang."""

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from veerpont.model.records import Department
from veerpont.rules import departments
from veerpont.rules.departments import current, cycles, place

TODAY = date(2026, 11, 22)
CODES = [f"U{number}" for number in range(8)]


def unit(code: str, parent: str | None = None, **values: object) -> Department:
    return msgspec.structs.replace(Department(department_code=code, name=code, parent_department_code=parent), **values)


CHARTS = st.lists(
    st.builds(unit, st.sampled_from(CODES), st.none() | st.sampled_from([*CODES, "elsewhere"])),
    unique_by=lambda each: each.department_code,
)
USED = st.dictionaries(st.sampled_from(["01", "02"]), st.frozensets(st.sampled_from([*CODES, "unknown"])))
MAPPED = st.dictionaries(st.sampled_from(CODES), st.sampled_from(["01", "02", "99"]))


class TestCurrent:
    def test_the_first_and_last_day_count(self) -> None:
        """A unit is there from its first to its last day, both included."""
        day = timedelta(1)
        assert current([unit("A", valid_from=TODAY, valid_until=TODAY)], TODAY)
        assert not current([unit("A", valid_until=TODAY - day)], TODAY)
        assert not current([unit("A", valid_from=TODAY + day)], TODAY)
        assert current([unit("A")], TODAY)

    def test_of_several_the_latest_begun_counts(self) -> None:
        """A unit that two charts hold is as the later one says, whatever their order."""
        old, new = unit("A", "X"), unit("A", "Y", valid_from=date(2020, 1, 1))
        for chart in ([old, new], [new, old]):
            assert current(chart, TODAY) == [new]


class TestCharts:
    def test_each_employer_has_its_own_where_the_source_knows_them(self) -> None:
        first, second, shared = unit("A", employer_code="01"), unit("A", employer_code="02"), unit("B")
        other = unit("C", employer_code="01")
        found = departments.charts([first, second, shared, other])
        assert found == {"01": [first, other], "02": [second], None: [shared]}

    def test_a_chart_without_an_employer_is_everybodys(self) -> None:
        used = {"01": {"A"}, "02": {"B"}}
        assert departments.of_chart("02", used) == {"02": {"B"}}
        assert departments.of_chart(None, used) == used

    def test_a_unit_of_an_employer_is_another_than_one_of_the_same_code(self) -> None:
        assert departments.key(None, "A") == "A"
        assert departments.key("01", "A") == "01/A"


class TestCycles:
    def test_only_those_on_the_cycle_are_named(self) -> None:
        """What hangs below a cycle is not on it; a unit that is its own parent is."""
        chart = [unit("A", "B"), unit("B", "A"), unit("C", "A"), unit("D", "D"), unit("E"), unit("F", "elsewhere")]
        assert cycles(chart) == {"A", "B", "D"}

    @given(CHARTS)
    def test_without_them_every_walk_ends(self, chart: list[Department]) -> None:
        """A unit is on a cycle exactly when following its parents leads back to it."""
        parents = {each.department_code: each.parent_department_code for each in chart}
        for code, parent in parents.items():
            step = parent
            for _ in chart:
                if step in {None, code}:
                    break
                step = parents.get(step or "")
            assert (code in cycles(chart)) == (step == code)


class TestPlace:
    CHART = (unit("TOP", "hidden"), unit("A", "TOP"), unit("A1", "A"), unit("B", "TOP"), unit("B1", "B"))

    def placed(self, tree: str, **how: dict[str, object]) -> dict[str, str | None]:
        found = place(self.CHART, tree, how.get("used", {}), how.get("mapped", {}))
        return {each.id: each.parent_department_code for each in found}

    def test_derive_takes_units_in_use_and_what_is_above_them(self) -> None:
        """An employer has the units its people are in, with their ancestors; the top has no parent."""
        assert self.placed("derive", used={"01": {"A1"}, "02": {"B"}, "03": set()}) == {
            "01/TOP": None,
            "01/A": "TOP",
            "01/A1": "A",
            "02/TOP": None,
            "02/B": "TOP",
        }

    def test_shared_gives_everybody_everything(self) -> None:
        """Every employer has the whole chart."""
        assert len(self.placed("shared", used={"01": set(), "02": set()})) == 10

    def test_map_follows_the_nearest_mapped_ancestor(self) -> None:
        """A unit belongs to the employer of the nearest mapped unit above it; its parent may stay behind."""
        assert self.placed("map", used={"01": set(), "02": set()}, mapped={"TOP": "01", "B": "02", "A1": "03"}) == {
            "01/TOP": None,
            "01/A": "TOP",
            "02/B": None,
            "02/B1": "B",
        }

    @given(CHARTS, st.sampled_from(["derive", "shared", "map"]), USED, MAPPED)
    def test_a_parent_is_always_in_the_tree_and_no_walk_is_endless(
        self, chart: list[Department], tree: str, used: dict[str, frozenset[str]], mapped: dict[str, str]
    ) -> None:
        """Of any chart: each unit once for an employer, of a known employer, its parent there too, no cycle."""
        good = [each for each in chart if each.department_code not in cycles(chart)]
        placed = place(good, tree, used, mapped)
        parents = {
            (each.employer_code, each.department_code): (each.employer_code, each.parent_department_code)
            for each in placed
        }
        assert len(parents) == len(placed)
        assert {employer for employer, _ in parents} <= set(used)
        for parent in parents.values():
            assert parent[1] is None or parent in parents
        assert not any(cycles([each for each in placed if each.employer_code == code]) for code in used)
        if tree == "derive":
            codes = {each.department_code for each in good}
            assert {(employer, code) for employer, units in used.items() for code in units & codes} <= set(parents)
