"""The section `hours` of an integration file: hours from a time registration into Loket payroll.

Facts: docs/reference/loket.md, 5.

What a file is like, and what its codes mean in Loket, only the customer knows: no default in production.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HoursColumns(_Section):
    """Our name → the header in the customer's file. A row says its period, or a date in it.

    `number`: the payroll number (personeelsnummer verloning), not the employee number. `code`: of the hour or wage
    component, as the time registration has it. `period`: 202611, 2026-11, or only 11 beside a column `year`.
    `administration`: the client number, where one payroll number may be in two administrations.
    """

    number: str | None = None
    code: str | None = None
    value: str | None = None
    date: str | None = None
    period: str | None = None
    year: str | None = None
    department: str | None = None
    shift: str | None = None
    administration: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Our name → header, of the columns that the file has."""
        return {name: header for name, header in self.model_dump().items() if header is not None}


class HoursMail(_Section):
    to: list[str] = []


class HoursSettings(_Section):
    """Where files are dropped, what they are like, and where their hours go.

    `address`: of a folder, anything fsspec knows (`file:///…`, `s3://…`); or `connection` (type sftp) and `folder`.
    `several_files`: `newest`: each file is complete for the periods in it, so the newest one counts; `all`: files add
    up. `components`: code → number of Loket's component, null leaves it out. `departments`: the file's department →
    code of the distribution unit or cost centre. `client_numbers`: administration → `aanslnr` in the file, where that
    is another number. `shift`: where neither the row nor the employment says one. `months`: rows of periods that ended
    longer ago are left out.
    """

    address: str | None = None
    connection: str | None = None
    folder: str = "."
    several_files: Literal["newest", "all"] | None = None
    delimiter: Literal[";", ",", "\t"] = ";"
    decimal_mark: Literal[",", "."] = ","
    columns: HoursColumns = HoursColumns()
    components: dict[str, int | None] = {}
    departments: dict[str, str] = {}
    unit: Literal["distribution_unit", "cost_centre", "none"] | None = None
    client_numbers: dict[str, Annotated[str, Field(pattern=r"^\d{1,20}$")]] = {}
    shift: Annotated[int, Field(ge=1)] = 1
    months: Annotated[int, Field(ge=1)] = 12
    delivery: Literal["csv", "api"] = "csv"
    mail: HoursMail = HoursMail()

    def missing(self) -> list[str]:
        """Return what the section does not say, one sentence each."""
        sentences = []
        if (self.address is None) == (self.connection is None):
            sentences.append(
                "hours.address or hours.connection is missing (one of the two): where the files of the time "
                "registration are dropped, an fsspec address or an Airflow connection of type sftp with hours.folder."
            )
        if self.several_files is None:
            sentences.append(
                "hours.several_files is missing: newest, when each file has all hours of the periods in it; all, when "
                "files add up."
            )
        sentences += [
            f"hours.columns.{name} is missing: the header of that column in the customer's file."
            for name in ("number", "code", "value")
            if getattr(self.columns, name) is None
        ]
        if (self.columns.date is None) == (self.columns.period is None):
            sentences.append("hours.columns.date or hours.columns.period is missing (one of the two).")
        if not self.components:
            sentences.append(
                "hours.components is missing: each code of an hour or wage component in the file → the number of the "
                "component in Loket, or null to leave it out."
            )
        if self.unit is None:
            sentences.append(
                "hours.unit is missing: distribution_unit, cost_centre or none; by which of Loket's notions the "
                "customer books its departments."
            )
        if self.unit == "cost_centre" and self.delivery == "csv":
            sentences.append(
                "hours.unit: cost_centre takes hours.delivery: api; how a csv names cost centres is not documented."
            )
        if self.mail.to and self.delivery == "api":
            sentences.append("hours.mail.to: with hours.delivery: api there is no file to mail; take one of them out.")
        return sentences
