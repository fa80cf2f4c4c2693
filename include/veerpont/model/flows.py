"""The flows, and the order in which a night runs them (docs/decisions/0024)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from veerpont.model.texts import Text


class Flow(StrEnum):
    """One kind of data. The value is the DAG id, the ledger's word and the key in integration files."""

    EMPLOYERS = "employers"
    ORGANIGRAM = "organigram"
    EMPLOYEES = "employees"
    ACCOUNTS = "accounts"
    ABSENCE = "absence"
    IBAN = "iban"
    HOURS = "hours"
    PAYROLL = "payroll"


TITLES: Mapping[Flow, Text] = {
    Flow.EMPLOYERS: ("Werkgevers", "Employers"),
    Flow.ORGANIGRAM: ("Organigram", "Organisation chart"),
    Flow.EMPLOYEES: ("Medewerkers", "Employees"),
    Flow.ACCOUNTS: ("Accounts van leidinggevenden", "Managers' accounts"),
    Flow.ABSENCE: ("Verzuim", "Absence"),
    Flow.IBAN: ("Bankrekeningen (IBAN)", "Bank accounts (IBAN)"),
    Flow.HOURS: ("Uren", "Hours"),
    Flow.PAYROLL: ("Salarisgegevens", "Payroll data"),
}
"""What people call a flow: Dutch, English."""

NIGHTLY = (Flow.EMPLOYERS, Flow.ORGANIGRAM, Flow.EMPLOYEES, Flow.ACCOUNTS, Flow.HOURS, Flow.PAYROLL)
"""The flows that tick at 21:00, in the order in which each integration runs them."""


class FlowPace(NamedTuple):
    """How much opening time a flow of the day may be without a success.

    `late`: until a page says so. `lasts`: until the mail of 07:00 says so, and the flow counts as silent.
    """

    late: timedelta
    lasts: timedelta


BY_DAY: Mapping[str, FlowPace] = {
    Flow.ABSENCE: FlowPace(late=timedelta(hours=2), lasts=timedelta(hours=3)),
    Flow.IBAN: FlowPace(late=timedelta(minutes=15), lasts=timedelta(hours=1)),
}
"""The flows of the day; nightly ones have until the end of their night."""
