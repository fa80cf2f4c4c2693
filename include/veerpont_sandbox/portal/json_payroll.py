"""The form of payroll data in docs/json-api.yaml: every call says its tables, and records fit them."""

import re
from typing import Any

Operation = dict[str, Any]
TABLES = {"calculated_bases", "employment", "formation", "wage_components"}
_KINDS = {
    "text": re.compile(r".*", re.DOTALL),
    "integer": re.compile(r"-?\d+"),
    "decimal": re.compile(r"-?\d+(\.\d+)?"),
    "boolean": re.compile(r"true|false"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "moment": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?"),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PUT = {"id", "op", "table", "employer_code", "personnel_number", "records"}


def well_formed(schema: Any, operations: Any) -> bool:
    """Say whether these are tables, and operations on them: what is wrong here makes the whole call wrong (422)."""
    if not isinstance(schema, dict) or schema.keys() != {"version", "tables"} or not _are_tables(schema["tables"]):
        return False
    if not isinstance(operations, list) or not operations or not all(isinstance(each, dict) for each in operations):
        return False
    ids = [each.get("id") for each in operations]
    if not all(isinstance(each, str) and each for each in ids) or len(set(ids)) < len(ids):
        return False
    return all(_is_operation(schema["tables"], each) for each in operations)


def _are_tables(tables: Any) -> bool:
    return (
        isinstance(tables, dict)
        and tables.keys() == TABLES
        and all(
            column.keys() == {"name", "type", "length"} and column["type"] in _KINDS
            for columns in tables.values()
            for column in columns
        )
    )


def _is_operation(tables: dict[str, Any], operation: Operation) -> bool:
    if operation.get("op") == "delete":
        return operation.keys() == {"id", "op"}
    if operation.keys() != _PUT or operation["op"] != "put" or operation["table"] not in tables:
        return False
    names = [column["name"] for column in tables[operation["table"]]]
    return bool(operation["records"]) and all(
        list(record) == names and all(value is None or isinstance(value, str) for value in record.values())
        for record in operation["records"]
    )


def judge(schema: dict[str, Any], operation: Operation) -> tuple[str, str | None] | None:
    """Return reason and field of what rejects a well-formed operation; None when nothing does."""
    if operation["op"] == "delete":
        return None
    whose = f"{operation['table']}/{operation['employer_code']}/number:{operation['personnel_number']}"
    if operation["id"] != whose:
        return "other_id", None
    for column in schema["tables"][operation["table"]]:
        for record in operation["records"]:
            value = record[column["name"]]
            if value is not None and (
                not value or _CONTROL.search(value) or not _KINDS[column["type"]].fullmatch(value)
            ):
                return "invalid_value", column["name"]
    return None
