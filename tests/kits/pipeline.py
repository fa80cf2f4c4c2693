"""What the whole pipeline does for every portal, whatever it calls its columns: by filling the fixture `link`."""

from datetime import timedelta

import pytest

from kits.link import BOSS, CASE, ILL, NAME, NEWER, OLD, SIX, WELL, Link, absence_line
from veerpont.flows.absence.coverage import table
from veerpont.model.flows import Flow
from veerpont.pipeline.forget.person import forget
from veerpont.pipeline.preview import preview
from veerpont.pipeline.trail.trace import trace
from veerpont.store import clock
from veerpont.systems.registry import portal


class PipelineConformance:
    """`link`: a customer of a csv_drop whose six flows go to the portal; some flows may be left out."""

    flows: tuple[str, ...] = SIX[1:]

    @pytest.fixture
    def known(self, link: Link) -> Link:
        """After a first night in which every flow crossed."""
        books = link.first_night(*self.flows)
        assert all(each["delivered"] > 0 for each in books.values()), [
            (flow, *each.values()) for flow, each in books.items()
        ]
        return link

    def test_nothing_changed_is_unchanged(self, known: Link) -> None:
        """The books balance, and a second run has nothing to say."""
        for flow in self.flows:
            books = known.run(flow)
            assert (books["delivered"], books["rejected"], books["held"]) == (0, 0, 0), (flow, books)
            assert books["unchanged"] > 0

    def test_only_the_active_employer_is_told(self, known: Link) -> None:
        assert {line.employer for line in known.told("employees").values()} == {"01"}
        assert known.stored("Elders") == []

    def test_a_preview_says_what_the_run_does(self, known: Link) -> None:
        *others, last = known.records["employees"][:3]
        known.put("employees", *others, _with(last, last_name="Anders"), *known.records["employees"][3:])
        found, *_ = preview(NAME, Flow.EMPLOYEES, known.notes.append).portals
        assert found.changed == {"01": [WELL]}
        books = known.run("employees")
        assert found.counts == {name: books[name] for name in found.counts}

    def test_the_case_is_on_the_line(self, known: Link) -> None:
        """In our own types, whatever the portal's columns are; and it is the same after a day in the snapshot."""
        case = known.told("absence")[CASE].case
        assert case is not None
        assert (case.person, case.protocol) == ("81002", "Ziekte")
        assert [(each.begin, each.end, each.percentage) for each in case.periods] == [
            (clock.today() - timedelta(20), None, 100)
        ]

    def test_coverage_counts_what_the_portal_has(self, known: Link) -> None:
        cells = table(known.integration)
        assert sum(int(str(cell["delivered"])) for cell in cells) == 2
        assert all(cell["covered"] for cell in cells)

    def test_a_told_case_that_fails_is_kept_without_the_days_of_a_newer_one(self, known: Link) -> None:
        """It stays as the portal has it, and what a good case of the same person claims is taken out of it."""
        begin = clock.today() - timedelta(5)
        ill, well = known.records["absence"]
        moved = f"{clock.today()}T08:00:00"
        bad = _with(ill, type="??", line_changed=moved, case_changed=moved)
        known.put("absence", bad, well, absence_line(ILL, "81002", NEWER, begin))
        books = known.run("absence")
        assert (books["rejected"], books["delivered"]) == (1, 1)
        told = known.told("absence")
        assert told.keys() == {CASE, OLD, NEWER}
        case = told[CASE].case
        assert case is not None
        assert [(each.begin, each.end) for each in case.periods] == [
            (clock.today() - timedelta(20), begin - timedelta(1))
        ]
        assert str(begin - timedelta(1)) in told[CASE].values.values()
        known.put("absence", ill, well)
        assert known.run("absence")["rejected"] == 0

    def test_a_record_can_be_traced_in_every_flow(self, known: Link) -> None:
        found = trace(ILL, NAME)["records"]
        assert {each["flow"] for each in found} >= {"employees", "iban"} & set(self.flows)
        (case,) = trace(CASE, NAME)["records"]
        assert (case["flow"], case["integration"]) == ("absence", NAME)

    def test_a_person_is_forgotten_with_cases_and_accounts(self, known: Link) -> None:
        """Known by the GUID: what only they have is nowhere in the vault any more, and the others stay."""
        theirs = (ILL, "Waterlelie", "81002", CASE, "NL91ABNA0417164300")
        assert known.stored(*theirs)
        forget(NAME, ILL, "Jo", True)
        # a portal that is told what is gone is told later: until then the ids of its lines wait, and nothing else
        assert [path for path in known.stored(*theirs) if "/forgotten/" not in path] == []
        assert known.stored("Waterlelie", "81002", "NL91ABNA0417164300") == []
        assert known.told("absence").keys() == {OLD}
        assert {line.key for line in known.told("employees").values()} == {BOSS, WELL}

    def test_a_manager_is_forgotten_in_the_lines_of_others(self, known: Link) -> None:
        assert known.stored("81001")
        forget(NAME, BOSS, "Jo", True)
        assert known.stored("81001", "Zandkasteel") == []

    def test_every_line_says_which_column_is_whose(self, known: Link) -> None:
        """Forget and reports know people by these columns: a number in a line stands in one of them."""
        taken = known.integration.portals_for(Flow.EMPLOYEES)[0]
        columns = portal(taken.portal).person_columns
        for line in known.told("employees").values():
            for row in line.rows:
                with_number = {name for name, value in row.items() if value in {"81001", "81002", "81003"}}
                assert with_number <= columns.numbers | columns.managers
                with_name = {
                    name for name, value in row.items() if value in {"Zandkasteel", "Waterlelie", "Dijkwachter"}
                }
                assert with_name <= columns.names


def _with(record: object, **changes: object) -> object:
    import msgspec

    return msgspec.structs.replace(record, **changes)  # type: ignore[type-var]
