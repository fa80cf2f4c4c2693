"""The section `payroll` of an integration file: the four tables that VDD takes from AFAS (docs/reference/afas.md, 8.7).

No document lists their fields, so which of them say employer, person and KvK number has no default in production.
"""

from typing import Annotated, Literal

from pydantic import Field

from veerpont.config.section import Section
from veerpont.model.messages import Words, coded
from veerpont.model.schema import PAYROLL_TABLES

Table = Literal["calculated_bases", "employment", "formation", "wage_components"]
Name = Annotated[str, Field(min_length=1)]


class PayrollSettings(Section):
    """Where the payroll data stands, and for whom it is.

    `connectors`: table → GetConnector, where a customer renamed one. `employer_field`, `employee_field`: the column
    with the employer code and the one with the personnel number, one name or one for each table. `kvk_field`: the
    column of `employment` with the employer's KvK number; null: there is none. `kvk`: employer code → KvK number, as
    the portal has it.
    """

    connectors: dict[Table, str] = Field(
        {}, description="Table → GetConnector, where the customer renamed one. Default: the VDD_PowerBI_… names."
    )
    employer_field: Name | dict[Table, Name] | None = Field(
        None,
        description="The column with the employer code: one name, or table → name. Needed in production; else "
        "Werkgever.",
    )
    employee_field: Name | dict[Table, Name] | None = Field(
        None,
        description="The column with the personnel number: one name, or table → name. Needed in production; else "
        "Medewerker.",
    )
    kvk_field: str | None = Field(
        None,
        description="The column of employment with the employer's KvK number. Without one, AFAS's number is not "
        "compared.",
    )
    kvk: dict[str, str] = Field(
        {}, description="Employer code → KvK number, 8 digits, as the portal has it. An employer without one waits."
    )

    def connector_of(self, table: str, default: str) -> str:
        """Return the GetConnector of a table."""
        return _of(self.connectors, table) or default

    def employer_of(self, table: str) -> str:
        """Return the column of a table with the employer code."""
        return _of(self.employer_field, table) or "Werkgever"

    def employee_of(self, table: str) -> str:
        """Return the column of a table with the personnel number."""
        return _of(self.employee_field, table) or "Medewerker"

    def missing(self, is_sandbox: bool) -> list[Words]:
        """Return what only the customer can know and the file does not say, one sentence each."""
        return [
            coded(
                "settings.payroll_field",
                "payroll.{setting} is missing for {table}: the column with {what}; the connectors' "
                "fields are not documented, so look at one of them in AFAS.",
                setting=setting,
                table=table,
                what=what,
            )
            for setting, given, what in (
                ("employer_field", self.employer_field, coded("settings.employer_code", "the employer code")),
                ("employee_field", self.employee_field, coded("settings.personnel_number", "the personnel number")),
            )
            for table in PAYROLL_TABLES
            if not _of(given, table) and not is_sandbox
        ]


def _of(given: str | dict[Table, str] | None, table: str) -> str | None:
    if isinstance(given, dict):
        return next((name for known, name in given.items() if known == table), None)
    return given
