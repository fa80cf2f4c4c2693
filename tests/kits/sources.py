"""What every source must do, whatever it is: a kit of tests, for a source by filling the fixture `case`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
import pytest

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.names import NAMES
from veerpont.model.records import (
    AbsenceLine,
    BankAccount,
    Department,
    Employer,
    Employment,
    ManagerUnit,
)
from veerpont.systems import defaults
from veerpont.systems.registry import source
from veerpont.systems.source import NO_FAILURE, Asked, Row, Source

KINDS: Mapping[Flow, type[msgspec.Struct]] = {
    Flow.EMPLOYERS: Employer,
    Flow.ORGANIGRAM: Department,
    Flow.EMPLOYEES: Employment,
    Flow.ACCOUNTS: ManagerUnit,
    Flow.ABSENCE: AbsenceLine,
    Flow.IBAN: BankAccount,
}


class Case(NamedTuple):
    """A source with an integration that reads from it. `employers`: the codes of those that are read.

    `personal`: values in its rows that no queue and no message may show. `lacks`: a flow that it does not deliver.
    `bad`: the reasons of what is wrong with some of its rows.
    """

    integration: Integration
    employers: frozenset[str]
    personal: tuple[str, ...]
    lacks: Flow
    bad: frozenset[str] = frozenset()

    @property
    def source(self) -> Source:
        return source(self.integration.source.system)

    def rows(self, flow: Flow, names: frozenset[str] | None = None) -> list[Row]:
        fields = self.source.fields(flow, frozenset(NAMES[flow]) if names is None else names)
        asked = Asked(employers=self.employers, fields=fields)
        found = [row for page in self.source.pages(self.integration, flow, _alone, _unheard, asked) for row in page]
        return [{field: value for field, value in row.items() if field in fields} for row in found]


@contextmanager
def _alone(name: str) -> Iterator[None]:
    yield


def _unheard(sentence: str) -> None:
    """Take a note that nobody reads."""


class SourceConformance:
    @pytest.mark.parametrize("flow", KINDS)
    def test_nothing_is_missing_from_its_integration(self, case: Case, flow: Flow) -> None:
        assert case.source.missing(case.integration, flow) == []

    def test_settings_that_it_does_not_know_are_refused(self, case: Case) -> None:
        """By their names, not by what they hold."""
        given = case.integration.source.model_copy(update={"settings": {"fodler": "secret place"}})
        wrong = case.integration.model_copy(update={"source": given})
        found = " ".join(map(str, case.source.missing(wrong, Flow.EMPLOYEES)))
        assert "fodler" in found
        assert "secret place" not in found

    @pytest.mark.parametrize("flow", KINDS)
    def test_a_row_is_a_record_of_its_key(self, case: Case, flow: Flow) -> None:
        """Of what the portals ask for, nothing more is needed of a row; its key is that of the record."""
        rows = case.rows(flow)
        assert rows
        for row in rows:
            found = case.source.record(flow, row)
            if isinstance(found, Problem):  # a source that says nothing of a unit's manager, an account abroad
                assert found.reason in NO_FAILURE | case.bad, found
                continue
            assert isinstance(found, KINDS[flow])
            key = case.source.key(flow, row)
            assert key is not None
            assert flow is Flow.ABSENCE or key == found.key  # type: ignore[attr-defined]
            assert flow in {Flow.IBAN, Flow.ORGANIGRAM, Flow.ACCOUNTS} or case.source.employer_code(flow, row)

    @pytest.mark.parametrize("flow", KINDS)
    def test_a_read_is_whole_and_the_same_again(self, case: Case, flow: Flow) -> None:
        """In whatever order: who comes is the same."""

        def read() -> list[tuple[str, str]]:
            found = [(case.source.key(flow, row) or "", case.source.group(flow, row) or "") for row in case.rows(flow)]
            return sorted(found)

        first = read()
        assert first
        assert read() == first

    def test_a_citizen_service_number_passes_only_when_it_is_asked_for(self, case: Case) -> None:
        names = frozenset(NAMES[Flow.EMPLOYEES]) - {"bsn"}
        for row in case.rows(Flow.EMPLOYEES, names):
            found = case.source.record(Flow.EMPLOYEES, row)
            assert isinstance(found, Employment)
            assert found.bsn is None

    def test_a_line_of_absence_names_its_case_and_its_person(self, case: Case) -> None:
        people = {case.source.key(Flow.EMPLOYEES, row) for row in case.rows(Flow.EMPLOYEES)}
        for row in case.rows(Flow.ABSENCE):
            found = case.source.record(Flow.ABSENCE, row)
            assert isinstance(found, AbsenceLine)
            assert case.source.group(Flow.ABSENCE, row) == found.case_guid
            assert case.source.key(Flow.EMPLOYEES, row) in people | {f"number:{found.personnel_number}"}

    def test_what_says_whether_absence_can_be_believed_is_kept(self, case: Case) -> None:
        marks = case.source.absence_marks
        assert {*marks.needed, *marks.moments} <= case.source.fields(Flow.ABSENCE, frozenset())

    @pytest.mark.parametrize("flow", KINDS)
    def test_a_row_without_anything_is_nobodys(self, case: Case, flow: Flow) -> None:
        assert case.source.key(flow, {}) is None
        assert case.source.group(flow, {}) is None
        assert case.source.employer_code(flow, {}) is None
        assert isinstance(case.source.record(flow, {}), Problem)

    def test_a_queue_shows_nobody_and_stays(self, case: Case) -> None:
        queue = case.source.queue(case.integration)
        assert queue == case.source.queue(case.integration)
        assert not any(value in queue for value in case.personal)

    def test_a_flow_that_it_does_not_deliver_is_refused(self, case: Case) -> None:
        with pytest.raises(VeerpontError):
            case.source.fields(case.lacks, frozenset())
        assert case.source.missing(case.integration, case.lacks)

    def test_a_name_that_it_has_no_field_for_keeps_it(self, case: Case) -> None:
        assert case.source.spelled(Flow.EMPLOYEES, "no_such_name") == "no_such_name"

    def test_a_connection_that_lets_us_in_says_nothing(self, case: Case) -> None:
        names = frozenset(NAMES[Flow.EMPLOYEES])
        case.source.try_connection(case.integration, Flow.EMPLOYEES, _alone, names)

    def test_what_the_file_leaves_open_is_answered(self, case: Case) -> None:
        assert defaults.tree(case.integration) in {"derive", "shared", "map"}
        assert defaults.recovery_date_is(case.integration) in {"first_day_back", "last_absent_day"}
        assert defaults.missing(case.integration, Flow.EMPLOYEES) == []
