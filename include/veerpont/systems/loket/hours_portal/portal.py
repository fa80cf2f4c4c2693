"""Loket payroll as the pipeline sees it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from importlib import import_module
from types import ModuleType

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words, coded
from veerpont.model.pay_records import Hours
from veerpont.model.records import AbsencePeriod, Record
from veerpont.model.schema import Schema
from veerpont.systems.loket.client import PARALLEL
from veerpont.systems.loket.hours_portal import api
from veerpont.systems.loket.hours_portal.lines import csv, line
from veerpont.systems.loket.payroll import PayrollClient
from veerpont.systems.portal import OURS, Account, Refused, entry, refused_settings


class LoketHours:
    """Hours for Loket: files that people fetch at the desk, or calls. Fills `veerpont.systems.portal.Portal`.

    Not `complete`: nothing follows from what a file leaves out. What was taken out is said.
    """

    complete = False
    shareable = False
    readable = True
    title = ("Loket (uren)", "Loket (hours)")
    person_columns = OURS

    def knows_by_bsn(self, integration: Integration) -> bool:
        """Say no: it has numbers of its own."""
        return False

    def told_case(self, line: Line) -> ToldCase:
        """Refuse: it takes no absence."""
        raise TypeError("loket_hours takes no absence")

    def cut(self, line: Line, left: Sequence[tuple[int, AbsencePeriod]]) -> Line:
        """Refuse: it takes no absence."""
        raise TypeError("loket_hours takes no absence")

    def settles(self, integration: Integration) -> timedelta:
        """Return nothing: it takes what comes."""
        return timedelta(0)

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what the integration file does not say; the section `hours` is checked with the source."""
        if flow is not Flow.HOURS:
            return [
                coded("loket.not_taken", "portals: the portal loket_hours does not take the flow {flow}.", flow=flow)
            ]
        return refused_settings(integration, flow, "loket_hours")

    def names(self, integration: Integration, flow: Flow) -> frozenset[str]:
        """Return nothing: rows of hours have no more fields than they need."""
        return frozenset()

    def line(self, integration: Integration, flow: Flow, record: Record) -> Line | Problem:
        """Return the line of `record`."""
        if not isinstance(record, Hours):
            raise TypeError(f"loket_hours takes Hours, not {type(record).__name__}")
        return line(record, in_parts=integration.hours.delivery == "csv")

    def file_name(self, integration: Integration, flow: Flow, delivery_id: int, sha256: str, part: str = "") -> str:
        """Return `loket_<aanslnr>_<year>_<period>.csv`, which whoever uploads it must know.

        Facts: docs/reference/loket.md, 5.
        """
        return f"loket_{part}.csv" if part else f"{flow}_{delivery_id:08d}_{sha256[:12]}"

    def render(
        self,
        integration: Integration,
        flow: Flow,
        lines: Iterable[Line],
        gone: Iterable[Line] = (),
        schema: Schema | None = None,
    ) -> Iterator[bytes]:
        """Yield the file of one administration and period; for the API what is new, changed or gone."""
        if integration.hours.delivery == "api":
            return api.render(lines, gone, integration.hours.unit == "cost_centre")
        return iter([csv(lines, with_unit=integration.hours.unit == "distribution_unit")])

    def destination(self, integration: Integration, flow: Flow) -> str:
        """Return the integration: its files wait at the desk, apart from everybody else's."""
        return f"loket_hours/{integration.name}"

    def account(self, integration: Integration, flow: Flow) -> None:
        """Return nothing: the destination says it all."""

    def temporary_ending(self, integration: Integration) -> str:
        """Return nothing: people fetch the files, or there are none."""
        return ""

    def same_place(self, integration: Integration, flow: Flow, others: Sequence[Account]) -> list[Account]:
        """Return nothing: see `account`."""
        return []

    def try_connection(self, integration: Integration, flow: Flow) -> None:
        """Ask whether hours may be written, or a mail with them be sent; else nothing is called."""
        if integration.hours.mail.to:
            _mail().require_tls()
        if integration.hours.delivery == "api":
            api.require_allowed(_client(integration, flow))

    def deliver(self, integration: Integration, flow: Flow, name: str, content: Content) -> list[Refused]:
        """Write the values and look what the payroll has then; a file is there to be fetched from now on,
        and goes by mail where somebody is to get it.

        Raises:
            SettingsError: the login may not write hours, its tokens are refused, or the mail would go without TLS.
            PassingError: Loket or the mail server cannot be reached or asks us to come back later.
        """
        hours = integration.hours
        if hours.delivery == "api":
            return api.deliver(_client(integration, flow), content)
        if hours.mail.to:
            unit = hours.unit == "distribution_unit"
            _mail().send(hours.mail.to, integration.mail.language, name, content.read(), unit)
        return []


def _mail() -> ModuleType:
    return import_module("veerpont.systems.loket.hours_portal.hook")


def _client(integration: Integration, flow: Flow) -> PayrollClient:
    # Imported when it is used: all but the calls works without Airflow.
    hook = import_module("veerpont.systems.loket.hook").LoketHook
    connection = entry(integration, flow, "loket_hours").connection
    source = integration.source
    return PayrollClient.of(
        hook(connection).client(integration.name, source.calls_per_second, source.parallel_calls or PARALLEL)
    )
