"""Xpert Suite does what every portal must do."""

from collections.abc import Callable

import pytest

from portals.conformance import Case, PortalConformance
from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.records import Employer


class TestXpertSuite(PortalConformance):
    @pytest.fixture
    def case(self, server, connection, integration: Callable[..., Integration]) -> Case:
        (server.root / "Werkgevers").mkdir()

        def arrived() -> dict[str, int]:
            return {path.name: path.stat().st_mtime_ns for path in (server.root / "Werkgevers").iterdir()}

        records = [Employer("01", "Veerhuis Zorg"), Employer("02", "Veerhuis Thuis")]
        return Case("xpert_suite", Flow.EMPLOYERS, integration(), records, arrived, ("Veerhuis",))
