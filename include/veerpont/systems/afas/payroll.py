"""Payroll data as VDD takes it: four GetConnectors whose fields no document lists (docs/reference/afas.md, 8.7).

What a connector has is asked at each read, and every column of it passes: the one exception to "only what is used".
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from veerpont.config.integration import Integration
from veerpont.model.failures import DriftError, Problem, SettingsError, Stage
from veerpont.model.messages import NONE, coded
from veerpont.model.pay_records import PayrollEntry
from veerpont.model.schema import PAYROLL_TABLES, Column, ColumnType, Schema
from veerpont.systems.afas.problems import problem
from veerpont.systems.afas.reader import Reader
from veerpont.systems.source import Row

CONNECTORS: Mapping[str, str] = {
    "calculated_bases": "VDD_PowerBI_MedewerkerBerekendeGrondslagen",
    "employment": "VDD_PowerBI_MedewerkerDienstverband",
    "formation": "VDD_PowerBI_MedewerkerFormatieverdeling",
    "wage_components": "VDD_PowerBI_MedewerkerLooncomponenten",
}
FIELDS = frozenset({"table", "employer_field", "employee_field", "values"})
"""What a staged row has: its table, which of its columns say employer and person, and all of its columns."""

_TYPES = {
    "string": ColumnType.TEXT,
    "int": ColumnType.INTEGER,
    "decimal": ColumnType.DECIMAL,
    "boolean": ColumnType.BOOLEAN,
    "date": ColumnType.MOMENT,  # AFAS has one type for days and moments (docs/reference/afas.md, 5)
}
_LONGEST_NUMBER = 30
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSORTABLE = frozenset(".,;")  # docs/reference/afas.md, 3.4


def schema(reader: Reader, integration: Integration) -> Schema:
    """Return table → columns, after checking that it is the right environment and that the named columns are there.

    Raises SettingsError otherwise, naming the connector.
    """
    settings = integration.payroll
    names = {table: settings.connector_of(table, CONNECTORS[table]) for table in PAYROLL_TABLES}
    reader.check_environment(integration.source.environment, dict.fromkeys(names.values(), "payroll.connectors"))
    found = {table: tuple(_column(field) for field in reader.fields(name)) for table, name in names.items()}
    for table, columns in found.items():
        wanted = {
            "payroll.employer_field": settings.employer_of(table),
            "payroll.employee_field": settings.employee_of(table),
        }
        if table == "employment" and settings.kvk_field:
            wanted["payroll.kvk_field"] = settings.kvk_field
        for setting, field in wanted.items():
            if field not in {column.name for column in columns}:
                raise SettingsError(
                    coded(
                        "afas.no_field",
                        "GetConnector {connector} has no field {field}, which {setting} names. It has: "
                        "{columns}. Correct the setting, or have the customer's AFAS administrator put the field "
                        "back; nothing was read.",
                        connector=names[table],
                        field=field,
                        setting=setting,
                        columns=", ".join(column.name for column in columns) or NONE,
                    )
                )
    return found


def _column(field: Mapping[str, object]) -> Column:
    kind = _TYPES.get(str(field.get("dataType")).casefold(), ColumnType.TEXT)
    said = {ColumnType.TEXT: field.get("length"), ColumnType.DECIMAL: field.get("decimals")}.get(kind)
    return Column(str(field.get("id")), kind, said if isinstance(said, int) else None)


def pages(reader: Reader, integration: Integration, found: Schema) -> Iterator[list[Row]]:
    """Yield the rows of every table, table by table, all of their columns.

    Nothing documents what tells two rows apart, so they are sorted by person and employer, and rows that are alike are
    all kept: two equal amounts are paid twice.

    Raises DriftError when a row has a column that the schema does not name.
    """
    settings = integration.payroll
    for table, columns in found.items():
        connector = settings.connector_of(table, CONNECTORS[table])
        employer, employee = settings.employer_of(table), settings.employee_of(table)
        if _UNSORTABLE.isdisjoint(employer + employee):
            read = reader.sorted_rows(connector, (employee, employer), len(columns), distinct=False)
        else:
            read = reader.unsorted_rows(connector, len(columns), distinct=False)
        names = {column.name for column in columns}
        for page in read:
            if unknown := {field for row in page for field in row.keys() - names}:
                raise DriftError(
                    coded(
                        "afas.other_columns",
                        "GetConnector {connector} shows columns that its own description does not have "
                        "({unknown}): it was changed while it was read. Nothing was used.",
                        connector=connector,
                        unknown=", ".join(sorted(unknown)),
                    )
                )
            about = {"table": table, "employer_field": employer, "employee_field": employee}
            # where a row leaves out what is empty, it is empty
            yield [{**about, "values": {column.name: row.get(column.name) for column in columns}} for row in page]


def employer_code(row: Row) -> str | None:
    """Return the employer code of a row."""
    return _code(row, "employer_field")


def key(row: Row) -> str | None:
    """Return the record key: `number:<personnel number>`."""
    number = _code(row, "employee_field")
    return f"number:{number}" if number else None


def entry(row: Row) -> PayrollEntry | Problem:
    """Return the entry of one row: what belongs to one person is put together later."""
    employer, employee = employer_code(row), _code(row, "employee_field")
    for code, setting in ((employer, "employer_field"), (employee, "employee_field")):
        if code is None:
            return Problem(
                Stage.TRANSFORM,
                str(row[setting]),
                "missing_value",
                coded(
                    "afas.payroll_empty",
                    "{field} is empty in a row of {table}; fill it in in AFAS.",
                    field=row[setting],
                    table=row["table"],
                ),
            )
        if _CONTROL.search(code):  # entries are sorted by it, as lines of a text
            return problem(str(row[setting]), "control_characters")
    values = {name: _text(value) for name, value in _values(row).items()}
    return PayrollEntry(str(row["table"]), employer or "", employee or "", (values,))


def _values(row: Row) -> Mapping[str, object]:
    values = row["values"]
    return values if isinstance(values, dict) else {}


def _code(row: Row, setting: str) -> str | None:
    return _text(_values(row).get(str(row[setting])))


def _text(value: object) -> str | None:
    """Return a value as text: numbers plain, moments without the `Z` that is none; None is empty.

    Facts: docs/reference/afas.md, 4.
    """
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal() if value.is_finite() and abs(value.adjusted()) < _LONGEST_NUMBER:
            return format(value.normalize() + 0, "f")  # 36.0 and 36 are one amount
        case int() | Decimal():
            return str(value)
        case str():
            return (value[:-1] if _MOMENT.fullmatch(value) else value.strip()) or None
    return msgspec.json.encode(value).decode()
