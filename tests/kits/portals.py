"""What every portal must do, whatever it is: a kit of tests, for a portal by filling the fixture `case`."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.records import Record
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
