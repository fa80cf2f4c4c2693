"""What every portal must do, whatever it is: a kit of tests, for a portal by filling the fixture `case`."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec
import pytest

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.names import EXTRAS
from veerpont.model.records import AbsenceCase, AbsencePeriod, Employment, Record
from veerpont.model.schema import Schema
from veerpont.systems.registry import portal


class Case(NamedTuple):
    """A portal with an integration that delivers `flow` to it, two records of it, and a look at what has arrived.

    `personal`: values of theirs that no name, no message and no destination may show.
    """

    name: str
    flow: Flow
    integration: Integration
    records: Sequence[Record]
    arrived: Callable[[], object]
    personal: Sequence[str] = ()
    schema: Schema | None = None

    def lines(self) -> list[Line]:
        found = [portal(self.name).line(self.integration, self.flow, record) for record in self.records]
        return sorted((line for line in found if isinstance(line, Line)), key=lambda line: line.order)

    def render(self) -> bytes:
        lines = self.lines()
        return b"".join(portal(self.name).render(self.integration, self.flow, lines, schema=self.schema))

    def file_name(self) -> str:
        return portal(self.name).file_name(self.integration, self.flow, 42, "9f86d081884c" + "0" * 52)

    def deliver(self, content: bytes) -> list[object]:
        return list(portal(self.name).deliver(self.integration, self.flow, self.file_name(), Content.of(content)))

    def entry(self, **changes: object) -> Integration:
        (taken,) = self.integration.portals_for(self.flow)
        return self.integration.model_copy(update={"portals": [taken.model_copy(update=changes)]})


_TODAY = date(2026, 11, 22)
FULL: dict[Flow, tuple[Record, dict[str, object]]] = {
    Flow.EMPLOYEES: (
        Employment("01", "1001", "AB12", 1, "Jansen", birth_date=_TODAY, employment_start=_TODAY, department_code="D1"),
        dict.fromkeys(EXTRAS[Flow.EMPLOYEES], Decimal("7.77")),
    ),
    Flow.ABSENCE: (
        AbsenceCase("C1", "01", "1001", "Ziekte", "12", (AbsencePeriod("P1", _TODAY, None, Decimal(100)),)),
        {"employment_number": 7, "recovery_reason": "4", "no_risk": True, "safety_net": True},
    ),
}
"""A record of each flow that has extras, and all of these."""


class PortalConformance:
    def test_nothing_is_missing_from_its_integration(self, case: Case) -> None:
        assert portal(case.name).missing(case.integration, case.flow) == []

    def test_settings_that_it_does_not_know_are_refused(self, case: Case) -> None:
        """By their names, not by what they hold."""
        wrong = case.entry(settings={"fodler": "secret place"})
        found = " ".join(map(str, portal(case.name).missing(wrong, case.flow)))
        assert "fodler" in found
        assert "secret place" not in found

    def test_lines_keep_what_the_pipeline_counts_by(self, case: Case) -> None:
        """Record key, order and employer are the record's; an id is of one line."""
        lines = case.lines()
        assert len({line.id for line in lines}) == len(case.records)
        assert {line.key for line in lines} <= {record.key for record in case.records}
        assert [line.order for line in lines] == sorted(record.order for record in case.records)
        assert all(line.employer for line in lines)

    @pytest.mark.parametrize("flow", EXTRAS)
    def test_what_is_not_named_for_it_is_dropped(self, case: Case, flow: Flow) -> None:
        """A record with all that may be named makes the line that one without it makes, and none of it is asked for."""
        target, taken = portal(case.name), case.entry(flows=[flow], extra={})
        if any(flow in sentence for sentence in map(str, target.missing(taken, flow))):
            pytest.skip("it does not take this flow")
        record, more = FULL[flow]
        assert more.keys() == set(EXTRAS[flow])
        assert target.names(taken, flow).isdisjoint(EXTRAS[flow])
        line = target.line(taken, flow, record)
        assert isinstance(line, Line)
        assert target.line(taken, flow, msgspec.structs.replace(record, **more)) == line

    def test_the_same_lines_give_the_same_bytes(self, case: Case) -> None:
        content = case.render()
        assert content
        assert case.render() == content

    def test_a_name_and_a_destination_show_nobody(self, case: Case) -> None:
        """And one name stays one name, whenever it is asked for."""
        name = case.file_name()
        place = portal(case.name).destination(case.integration, case.flow)
        assert name.isascii()
        assert "/" not in name
        assert name == case.file_name()
        assert place == portal(case.name).destination(case.integration, case.flow)
        assert not any(value in name + place for value in case.personal)

    def test_a_delivery_arrives_and_once_more_has_no_second_effect(self, case: Case) -> None:
        content, before = case.render(), case.arrived()
        assert case.deliver(content) == []
        after = case.arrived()
        assert after != before
        assert case.deliver(content) == []
        assert case.arrived() == after

    def test_a_connection_that_lets_us_in_says_nothing(self, case: Case) -> None:
        before = case.arrived()
        portal(case.name).try_connection(case.integration, case.flow)
        assert case.arrived() == before

    def test_a_connection_that_is_not_there_is_a_setting(self, case: Case) -> None:
        gone = case.entry(connection="nowhere")
        with pytest.raises(SettingsError, match="nowhere"):
            portal(case.name).try_connection(gone, case.flow)

    def test_a_flow_that_it_does_not_get_is_refused(self, case: Case) -> None:
        """Whether it could take it or not: there is no connection for it."""
        other = Flow.HOURS if case.flow is not Flow.HOURS else Flow.IBAN
        with pytest.raises(VeerpontError):
            portal(case.name).try_connection(case.integration, other)
