"""Xpert Suite does what every portal must do."""

from collections.abc import Callable

import msgspec
import pytest
from kits.link import Link
from kits.pipeline import PipelineConformance
from kits.portals import Case, PortalConformance

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.records import Employer
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

    def test_a_case_of_an_older_snapshot_is_read_back(self, known: Link) -> None:
        """Lines had no case once: the portal reads it from its own texts."""
        for line in known.told("absence").values():
            old = msgspec.structs.replace(line, case=None)
            assert portal("xpert_suite").told_case(old) == line.case
