"""Xpert Suite does what every portal must do."""

from collections.abc import Callable

import msgspec
import pytest
from kits.link import NAME, Link
from kits.pipeline import PipelineConformance
from kits.portals import Case, PortalConformance

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.records import Employer
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont.systems.registry import portal

pytest_plugins = ["kits.fixtures"]


class TestXpertSuite(PortalConformance):
    @pytest.fixture
    def case(self, server, connection, integration: Callable[..., Integration]) -> Case:
        (server.root / "Werkgevers").mkdir()

        def arrived() -> dict[str, int]:
            return {path.name: path.stat().st_mtime_ns for path in (server.root / "Werkgevers").iterdir()}

        records = [Employer("01", "Veerhuis Zorg"), Employer("02", "Veerhuis Thuis")]
        return Case("xpert_suite", Flow.EMPLOYERS, integration(), records, arrived, ("Veerhuis",))


class TestThroughTheWholePipeline(PipelineConformance):
    flows = ("employees", "organigram", "accounts", "absence")

    @pytest.fixture
    def link(self, dropped: Link, server, connection) -> Link:
        for folder in ("Werkgevers", "Afdelingen", "Gebruikers", "Verzuim"):
            (server.root / folder).mkdir()
        dropped.write([{"portal": "xpert_suite", "connection": "xpert", "flows": ["employers", *self.flows]}])
        return dropped

    def test_cases_of_an_older_snapshot_are_read_back(self, known: Link) -> None:
        """Lines had no case once: the portal reads it from its own texts, and all goes on as it would have."""
        told = known.told("absence")
        older = [msgspec.structs.replace(line, case=None) for line in told.values()]
        assert [portal("xpert_suite").told_case(line) for line in older] == [line.case for line in told.values()]
        kept = known.vault.write(f"{NAME}/absence/xpert_suite/snapshots/older", map(msgspec.json.encode, older))
        with known.ledger.session() as session:
            deliveries.point(session, Scope(NAME, Flow.ABSENCE, "xpert_suite"), kinds.SNAPSHOTS, kept)
        self.test_coverage_counts_what_the_portal_has(known)
        assert known.run("absence")["unchanged"] == 2
        self.test_a_told_case_that_fails_is_kept_without_the_days_of_a_newer_one(known)
