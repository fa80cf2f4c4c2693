"""Files does what every portal must do, in the clear and over SFTP."""

from collections.abc import Callable

import pytest
from kits.portals import Case, PortalConformance

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow

from .conftest import ENTRIES, SCHEMA


class TestFiles(PortalConformance):
    @pytest.fixture
    def case(self, server, connection, acme: Callable[..., Integration]) -> Case:
        def arrived() -> dict[str, int]:
            return {str(path): path.stat().st_mtime_ns for path in (server.root / "Medewerkers").rglob("*.*")}

        personal = ("1001", "1002", "2750")
        return Case("files", Flow.PAYROLL, acme(folder="Medewerkers"), ENTRIES, arrived, personal, SCHEMA)
