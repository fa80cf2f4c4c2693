"""The section `xpert_suite.report` of an integration file: the portal's log of each import, read back.

Its form is not documented (docs/reference/xpert-suite.md, 1.6): what the report is like only the customer knows, so
outside of `profile: sandbox` its columns have no default.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

LEVELS = {"Metadata": 1, "Meldingen": 2, "Waarschuwingen": 3, "Uitval": 4, "1": 1, "2": 2, "3": 3, "4": 4}
"""The portal's four levels (docs/reference/xpert-suite.md, 1.6), by their Dutch names and their numbers."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReportColumns(_Section):
    """What → the header in the report. `file`: the name of our file; `line`: the number of a row in that file.

    `key`: by which the portal knows the row, its parts apart by a slash where it has several. One of the two is needed.
    """

    file: str
    level: str
    text: str
    line: str | None = None
    key: str | None = None
    code: str | None = None

    @model_validator(mode="after")
    def _names_the_row(self) -> "ReportColumns":
        if self.line is None and self.key is None:
            raise ValueError("line or key is required: without either nobody knows which row was rejected")
        return self


SANDBOX = ReportColumns(file="Bestand", level="Niveau", text="Melding", line="Regel", key="Sleutel", code="Code")


class ReportSettings(_Section):
    """Where reports are found, by when, and what they are like.

    `folder`: on the SFTP account; null: people bring them. `within_hours`: after a delivery; later is an alert, null
    expects none. `format`: of no matter any more, as a file is what its content is. `first_line`: the number that a
    report gives to the first row below the header of our file. `levels`: the report's word → 1 to 4, besides `LEVELS`.
    """

    folder: str | None = None
    within_hours: Annotated[int, Field(ge=1)] | None = None
    format: Literal["csv", "xlsx"] = "csv"
    delimiter: Literal[";", ",", "\t"] = ";"
    first_line: Annotated[int, Field(ge=0)] = 2
    columns: ReportColumns | None = None
    levels: dict[str, Annotated[int, Field(ge=1, le=4)]] = {}
