"""The flows, and the order in which a night runs them (docs/decisions/0024)."""

from enum import StrEnum


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


NIGHTLY = (Flow.EMPLOYERS, Flow.ORGANIGRAM, Flow.EMPLOYEES, Flow.ACCOUNTS, Flow.HOURS, Flow.PAYROLL)
"""The flows that tick at 21:00, in the order in which each integration runs them."""
