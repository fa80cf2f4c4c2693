"""The section `hours` of an integration file: hours from a time registration into Loket payroll.

Facts: docs/reference/loket.md, 5.

What a file is like, and what its codes mean in Loket, only the customer knows: no default in production.
"""

from typing import Annotated, Literal

from pydantic import Field

from veerpont.config.section import Section
from veerpont.model.messages import Words, coded


class HoursColumns(Section):
    """Our name → the header in the customer's file. A row says its period, or a date in it.

    `number`: the payroll number (personeelsnummer verloning), not the employee number. `code`: of the hour or wage
    component, as the time registration has it. `period`: 202611, 2026-11, or only 11 beside a column `year`.
    `administration`: the client number, where one payroll number may be in two administrations.
    """

    number: str | None = Field(
        None, description="Header of the payroll number (personeelsnummer verloning), not the employee number. Needed."
    )
    code: str | None = Field(None, description="Header of the component, as the time registration calls it. Needed.")
    value: str | None = Field(None, description="Header of the hours or the amount. Needed.")
    date: str | None = Field(
        None, description="Header of a date (2026-11-30 or 30-11-2026). A date or a period is needed."
    )
    period: str | None = Field(
        None, description="Header of the period: 202611, 2026-11, or 11 beside a column with the year."
    )
    year: str | None = Field(None, description="Header of the year, where the period has none.")
    department: str | None = Field(None, description="Header of the department. Left out: the employment's own unit.")
    shift: str | None = Field(None, description="Header of the shift (ploeg). Left out: the employment's own shift.")
    administration: str | None = Field(
        None,
        description="Header of the administration's client number. Left out: a payroll number must be unique over all "
        "administrations.",
    )

    @property
    def headers(self) -> dict[str, str]:
        """Our name → header, of the columns that the file has."""
        return {name: header for name, header in self.model_dump().items() if header is not None}


class HoursMail(Section):
    to: list[str] = Field([], description="Addresses that get each file by mail too, over a mail connection with TLS.")


class HoursSettings(Section):
    """Where files are dropped, what they are like, and where their hours go.

    `address`: of a folder, anything fsspec knows (`file:///…`, `s3://…`); or `connection` (type sftp) and `folder`.
    `several_files`: `newest`: each file is complete for the periods in it, so the newest one counts; `all`: files add
    up. `components`: code → number of Loket's component, null leaves it out. `departments`: the file's department →
    code of the distribution unit or cost centre. `client_numbers`: administration → `aanslnr` in the file, where that
    is another number. `shift`: where neither the row nor the employment says one. `months`: rows of periods that ended
    longer ago are left out.
    """

    address: str | None = Field(
        None,
        description="The folder in which the time registration drops its files (.csv, .xlsx): file:///…, s3://…, "
        "anything fsspec knows. This or hours.connection is needed.",
    )
    connection: str | None = Field(
        None, description="Id of an Airflow connection, type sftp, where the files are on an SFTP server."
    )
    folder: str = Field(".", description="The folder there.")
    several_files: Literal["newest", "all"] | None = Field(
        None,
        description="newest: each file has all hours of the periods in it, so the newest counts. all: files add up. "
        "Needed.",
    )
    delimiter: Literal[";", ",", "\t"] = Field(
        ";", description="What separates the cells of a csv that does not say it with sep=."
    )
    decimal_mark: Literal[",", "."] = Field(",", description="The decimal mark of a csv.")
    columns: HoursColumns = Field(HoursColumns(), description="Our name → the header in the customer's file.")
    components: dict[str, int | None] = Field(
        {},
        description="Code in the file → number of the component in Loket; null leaves it out. A code that is not "
        "listed is left out too, and the run says how many. Needed.",
    )
    departments: dict[str, str] = Field(
        {}, description="Department in the file → code of the distribution unit or cost centre."
    )
    unit: Literal["distribution_unit", "cost_centre", "none"] | None = Field(
        None, description="By what the payroll books departments. cost_centre only with delivery: api. Needed."
    )
    client_numbers: dict[str, Annotated[str, Field(pattern=r"^\d{1,20}$")]] = Field(
        {}, description="Client number of an administration → aanslnr in its file, where that is another number."
    )
    shift: Annotated[int, Field(ge=1)] = Field(
        1, description="The shift, where neither the row nor the employment has one."
    )
    months: Annotated[int, Field(ge=1)] = Field(
        12, description="Rows of periods that ended more months ago are left out."
    )
    delivery: Literal["csv", "api"] = Field(
        "csv",
        description="csv: a file for each administration and period, which people fetch at the desk and import. api: "
        "Loket's API.",
    )
    mail: HoursMail = Field(HoursMail(), description="Who gets each file by mail too.")

    def missing(self) -> list[Words]:
        """Return what the section does not say, one sentence each."""
        sentences: list[Words] = []
        if (self.address is None) == (self.connection is None):
            sentences.append(
                coded(
                    "hours.address",
                    "hours.address or hours.connection is missing (one of the two): where the files of "
                    "the time registration are dropped, an fsspec address or an Airflow connection of "
                    "type sftp with hours.folder.",
                )
            )
        if self.several_files is None:
            sentences.append(
                coded(
                    "hours.several_files",
                    "hours.several_files is missing: newest, when each file has all hours of the periods "
                    "in it; all, when files add up.",
                )
            )
        sentences += [
            coded(
                "hours.column",
                "hours.columns.{name} is missing: the header of that column in the customer's file.",
                name=name,
            )
            for name in ("number", "code", "value")
            if getattr(self.columns, name) is None
        ]
        if (self.columns.date is None) == (self.columns.period is None):
            sentences.append(
                coded("hours.date_or_period", "hours.columns.date or hours.columns.period is missing (one of the two).")
            )
        if self.unit is None:
            sentences.append(
                coded(
                    "hours.unit",
                    "hours.unit is missing: distribution_unit, cost_centre or none; by which of Loket's "
                    "notions the customer books its departments.",
                )
            )
        if self.unit == "cost_centre" and self.delivery == "csv":
            sentences.append(
                coded(
                    "hours.unit_of_csv",
                    "hours.unit: cost_centre takes hours.delivery: api; how a csv names cost centres is "
                    "not documented.",
                )
            )
        if self.mail.to and self.delivery == "api":
            sentences.append(
                coded(
                    "hours.nothing_to_mail",
                    "hours.mail.to: with hours.delivery: api there is no file to mail; take one of them out.",
                )
            )
        return sentences
