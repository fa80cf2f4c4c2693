"""A portal over HTTP does what every portal must do."""

from collections.abc import Callable

import pytest
from kits.link import SIX, Link
from kits.pipeline import PipelineConformance
from kits.portals import Case, PortalConformance

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.records import BankAccount

pytest_plugins = ["kits.fixtures"]


class TestJsonApi(PortalConformance):
    @pytest.fixture
    def case(self, server, connect: Callable[..., None], acme: Callable[..., Integration]) -> Case:
        records = [
            BankAccount("0000000000000000000000000000000A", "NL91ABNA0417164300", None, "01"),
            BankAccount("0000000000000000000000000000000B", "NL69INGB0123456789", None, "01"),
        ]
        taken = [{"portal": "json_api", "connection": "portal_acme", "flows": ["iban"]}]
        return Case("json_api", Flow.IBAN, acme(portals=taken), records, lambda: server.effects, ("NL91", "NL69"))


class TestThroughTheWholePipeline(PipelineConformance):
    @pytest.fixture
    def link(self, dropped: Link, connect: Callable[..., None]) -> Link:
        dropped.write([{"portal": "json_api", "connection": "portal_acme", "flows": list(SIX)}])
        return dropped
