"""The records about pay: hours for a payroll, and what a payroll shows (see records)."""

from datetime import date
from decimal import Decimal

import msgspec


class Hours(msgspec.Struct, frozen=True, array_like=True):
    """What an employment has of one payroll component in one period, shift and unit: hours, or an amount.

    `employment`: its id, as the payroll spells it; `number`: its payroll number; `client_number`: of the payroll
    administration, as its file says it. `ends`: the last day of the period. `closed`: its payroll run was approved.
    `unit`: code of a distribution unit or cost centre, with the key by which the payroll's API knows it. `is_hours`:
    the component counts hours.
    """

    employer_code: str
    employment: str
    number: str
    administration: str
    client_number: str
    year: int
    period: int
    ends: date
    shift: int
    component: int
    value: Decimal
    unit: str | None = None
    unit_key: str | None = None
    is_hours: bool = True
    closed: bool = False

    @property
    def key(self) -> str:
        return f"{self.employment.upper()}/{self.year}-{self.period:02}"

    @property
    def id(self) -> str:
        return f"{self.key}/{self.shift}/{self.unit or ''}/{self.component}"

    @property
    def part(self) -> str:
        """The administration and period: what the payroll gets as one file."""
        return f"{self.client_number}_{self.year}_{self.period:02}"

    @property
    def order(self) -> str:
        return f"{self.part}\t{self.number:>12}\t{self.shift:06}\t{self.unit or '':>12}\t{self.component:06}"


class PayrollEntry(msgspec.Struct, frozen=True, array_like=True):
    """What one table of payroll data shows of one person at one employer: all its rows, with every column.

    Rows have no key of their own that is documented, so they are compared together. A value is the source's, as text
    (dates as ISO, numbers as the source wrote them); None is empty. `rows` are sorted: their order says nothing.
    """

    table: str
    employer_code: str
    employee: str
    rows: tuple[dict[str, str | None], ...]

    @property
    def key(self) -> str:
        return f"number:{self.employee}"

    @property
    def id(self) -> str:
        return f"{self.table}/{self.employer_code}/{self.key}"

    @property
    def order(self) -> str:
        return f"{self.table}\t{self.employer_code}\t{self.employee:>20}"
