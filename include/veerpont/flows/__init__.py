"""What is particular about each flow. The engine knows them by this table alone."""

from collections.abc import Mapping

from veerpont.config.integration import Integration
from veerpont.flows.absence.flow import Absence
from veerpont.flows.accounts import Accounts
from veerpont.flows.codes import CodeTable
from veerpont.flows.employees import Employees
from veerpont.flows.employers import Employers
from veerpont.flows.flow import BaseFlow
from veerpont.flows.hours import HoursFlow
from veerpont.flows.iban import Iban
from veerpont.flows.organigram import Organigram
from veerpont.flows.payroll import Payroll
from veerpont.model.flows import Flow

FLOWS: Mapping[Flow, BaseFlow] = {
    Flow.EMPLOYERS: Employers(),
    Flow.ORGANIGRAM: Organigram(),
    Flow.EMPLOYEES: Employees(),
    Flow.ACCOUNTS: Accounts(),
    Flow.ABSENCE: Absence(),
    Flow.IBAN: Iban(),
    Flow.HOURS: HoursFlow(),
    Flow.PAYROLL: Payroll(),
}


def late_days(integration: Integration) -> int:
    """Return how many days after the end of an employer's service the last of its rows are still looked at."""
    return max(flow.late_days(integration) for flow in FLOWS.values())


_NAMED: Mapping[str, BaseFlow] = {str(flow): each for flow, each in FLOWS.items()}
_ORDINARY = BaseFlow()


def flow_named(name: str) -> BaseFlow:
    """Return the flow of this name; an ordinary one where a later release made what is kept."""
    return _NAMED.get(name, _ORDINARY)


def code_tables(integration: Integration) -> list[tuple[Flow, CodeTable]]:
    """Return the tables of codes that people may fill in for an integration, with the flow whose runs use each."""
    return [
        (flow, table)
        for flow, each in FLOWS.items()
        if integration.portals_for(flow)
        for table in each.tables
        if table.is_used_by(integration)
    ]


def tables_mending(flow: str, reason: str) -> list[CodeTable]:
    """Return in which tables of codes a person puts right what rejects of a flow have this reason."""
    return [table for table in flow_named(flow).tables if reason in table.mends]
