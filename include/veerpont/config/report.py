"""The section `xpert_suite.report` of an integration file: the portal's log of each import, read back.

Its form is not documented (docs/reference/xpert-suite.md, 1.6): what the report is like only the customer knows, so
outside of `profile: sandbox` its columns have no default.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from veerpont.config.section import Section

LEVELS = {"Metadata": 1, "Meldingen": 2, "Waarschuwingen": 3, "Uitval": 4, "1": 1, "2": 2, "3": 3, "4": 4}
"""The portal's four levels (docs/reference/xpert-suite.md, 1.6), by their Dutch names and their numbers."""


class ReportColumns(Section):
    """What → the header in the report. `file`: the name of our file; `line`: the number of a row in that file.

    `key`: by which the portal knows the row, its parts apart by a slash where it has several. One of the two is needed.
    """

    file: str = Field(description="Header of the name of our file.")
    level: str = Field(description="Header of the level.")
    text: str = Field(description="Header of the message.")
    line: str | None = Field(
        None, description="Header of the number of the row. The line or the key is needed, or both."
    )
    key: str | None = Field(None, description="Header of the portal's key of the row, its parts separated by a slash.")
    code: str | None = Field(None, description="Header of the message's code.")

    @model_validator(mode="after")
    def _names_the_row(self) -> "ReportColumns":
        if self.line is None and self.key is None:
            raise ValueError("line or key is required: without either nobody knows which row was rejected")
        return self


SANDBOX = ReportColumns(file="Bestand", level="Niveau", text="Melding", line="Regel", key="Sleutel", code="Code")


class ReportSettings(Section):
    """Where reports are found, by when, and what they are like.

    `folder`: on the SFTP account; null: people bring them. `within_hours`: after a delivery; later is an alert, null
    expects none. `format`: of no matter any more, as a file is what its content is. `first_line`: the number that a
    report gives to the first row below the header of our file. `levels`: the report's word → 1 to 4, besides `LEVELS`.
    """

    folder: str | None = Field(
        None, description="The folder on the SFTP account where reports are. null: people bring them."
    )
    within_hours: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="A delivery without a report by then is told to the managers, once. null expects none. Set it "
        "only where reports always come.",
    )
    format: Literal["csv", "xlsx"] = Field(
        "csv", description="No longer of importance: a report is read as what its content is."
    )
    delimiter: Literal[";", ",", "\t"] = Field(
        ";", description="What separates the cells of a csv that does not say it with sep=."
    )
    first_line: Annotated[int, Field(ge=0)] = Field(
        2, description="The number that the report gives to the first row below the header."
    )
    columns: ReportColumns | None = Field(None, description="Our name → the report's header. Needed in production.")
    levels: dict[str, Annotated[int, Field(ge=1, le=4)]] = Field(
        {},
        description="The report's word → 1 (metadata), 2 (message), 3 (warning) or 4 (rejected). Metadata, Meldingen, "
        "Waarschuwingen, Uitval and the numbers are known.",
    )
