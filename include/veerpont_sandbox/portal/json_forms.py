"""The forms of docs/json-api.yaml: which operations are well-formed, and which of those the portal accepts."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

FLOWS = ("employers", "organigram", "employees", "accounts", "absence", "iban")
MAX_OPERATIONS = 500

Operation = dict[str, Any]
Record = dict[str, str | None]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _matches(pattern: str) -> Callable[[str], bool]:
    found = re.compile(pattern)
    return lambda value: found.fullmatch(value) is not None


def _is_day(value: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_decimal = _matches(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")


def _is_percentage(value: str) -> bool:
    return _decimal(value) and 0 <= float(value) <= 100


def is_iban(value: str) -> bool:
    """Check an IBAN with its own two digits: the rest of the division by 97 is 1."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", value):
        return False
    return int("".join(str(int(letter, 36)) for letter in value[4:] + value[:4])) % 97 == 1


KINDS: dict[str, Callable[[str], bool]] = {
    "text": lambda value: True,
    "day": _is_day,
    "digits": _matches(r"[0-9]+"),
    "decimal": _decimal,
    "percentage": _is_percentage,
    "protocol": _matches("Ziekte|Zwangerschap"),
    "flag": _matches("true|false"),
    "iban": is_iban,
    "bic": _matches(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?"),
}


@dataclass(frozen=True)
class Form:
    """The record of one flow: name → kind, and what it must have. `id`: what makes the operation's id, in order.

    `extras`: as `names`, of what comes only where a customer names it. `each`: the names in which several records of
    one id may differ; without them there is one record.
    """

    names: dict[str, str]
    required: tuple[str, ...]
    id: tuple[str, ...] = ()
    each: tuple[str, ...] = ()
    extras: dict[str, str] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, str]:
        """Every name that may come."""
        return self.names | self.extras


def _names(text: str) -> dict[str, str]:
    """Read "name name:kind"; without a kind it is a text."""
    parts = (word.partition(":") for word in text.split())
    return {name: kind or "text" for name, _, kind in parts}


FORMS = {
    "employers": Form(
        _names(
            "employer_code name street house_number:digits house_number_addition postal_code city country",
        ),
        required=("employer_code", "name"),
        id=("employer_code",),
    ),
    "organigram": Form(
        _names("employer_code department_code name parent_department_code manager_personnel_number"),
        required=("employer_code", "department_code", "name"),
        id=("employer_code", "department_code"),
    ),
    "employees": Form(
        _names(
            "employer_code personnel_number external_id employment_number:digits initials first_name prefix last_name "
            "partner_prefix partner_last_name name_usage gender birth_date:day street house_number:digits "
            "house_number_addition postal_code city country phone_private mobile_private email_private mobile_work "
            "email_work department_code department_name cost_centre_code cost_centre_name function contract_type "
            "employment_start:day employment_end:day contract_end:day fte:decimal hours_per_week:decimal "
            "manager_personnel_number"
        ),
        extras=_names(
            "hours_monday:decimal hours_tuesday:decimal hours_wednesday:decimal hours_thursday:decimal "
            "hours_friday:decimal hours_saturday:decimal hours_sunday:decimal"
        ),
        required=("employer_code", "personnel_number", "external_id", "employment_number", "last_name"),
        id=("external_id", "employer_code"),  # and what tells the employment: its number, or a source's own id
    ),
    "accounts": Form(
        _names(
            "user_group personnel_number login last_name prefix initials gender first_name email phone employer_code "
            "department_code"
        ),
        required=("personnel_number", "login", "last_name", "employer_code", "department_code"),
        each=("employer_code", "department_code"),
    ),
    "absence": Form(
        _names(
            "WerkgeverCode Personeelsnummer Protocol:protocol TrajectId TrajectVerloopId StartdatumTrajectVerloop:day "
            "EinddatumTrajectVerloop:day VerzuimOorzaak Verzuimpercentage:percentage BevallingsDatumVermoedelijk:day "
            "BevallingsDatumFeitelijk:day"
        ),
        extras=_names("employment_number:digits recovery_reason no_risk:flag safety_net:flag"),
        required=(
            "WerkgeverCode",
            "Personeelsnummer",
            "Protocol",
            "TrajectId",
            "TrajectVerloopId",
            "StartdatumTrajectVerloop",
            "VerzuimOorzaak",
            "Verzuimpercentage",
        ),
        id=("TrajectId",),
        each=("TrajectVerloopId", "StartdatumTrajectVerloop", "EinddatumTrajectVerloop", "Verzuimpercentage"),
    ),
    "iban": Form(_names("external_id iban:iban bic:bic"), required=("external_id", "iban"), id=("external_id",)),
}


def well_formed(flow: str, operations: Any) -> bool:
    """Say whether these are operations at all: what is wrong here makes the whole call wrong (422)."""
    if not isinstance(operations, list) or not operations:
        return False
    ids = [each.get("id") if isinstance(each, dict) else None for each in operations]
    if not all(isinstance(each, str) and each for each in ids) or len(set(ids)) < len(ids):
        return False
    return all(_is_operation(flow, each) for each in operations)


def _is_operation(flow: str, operation: Operation) -> bool:
    if operation.get("op") == "delete":
        return operation.keys() == {"id", "op"}
    records = operation.get("records")
    if operation.keys() != {"id", "op", "records"} or operation["op"] != "put":
        return False
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(record, dict) and _is_record(flow, record) for record in records)
    )


def _is_record(flow: str, record: dict[str, Any]) -> bool:
    return record.keys() <= FORMS[flow].all.keys() and all(
        value is None or isinstance(value, str) for value in record.values()
    )


def judge(flow: str, operation: Operation) -> tuple[str, str | None] | None:
    """Return reason and field of what rejects a well-formed operation; None when nothing does."""
    form = FORMS[flow]
    records: list[Record] = operation.get("records", [])
    if len(records) > 1 and not form.each:
        return "too_many_records", None
    for record in records:
        if wrong := _judge_record(form, record):
            return wrong
        whose = operation["id"].rpartition("/")[0] if flow == "employees" else operation["id"]
        if form.id and "/".join(record[name] or "" for name in form.id) != whose:
            return "other_id", form.id[0]
        if record is not records[0]:
            for name in form.all:
                if name not in form.each and record.get(name) != records[0].get(name):
                    return "not_alike", name
    if flow == "absence":
        return _judge_periods(records)
    scopes = [tuple(record.get(name) for name in form.each) for record in records]
    return ("twice", form.each[-1]) if form.each and len(set(scopes)) < len(scopes) else None


def _judge_record(form: Form, record: Record) -> tuple[str, str | None] | None:
    for name in form.required:
        if not record.get(name):
            return "missing_value", name
    for name, value in record.items():
        # A text that is there is filled.
        if value is not None and (not value or _CONTROL.search(value) or not KINDS[form.all[name]](value)):
            return "invalid_value", name
    return None


def _judge_periods(records: list[Record]) -> tuple[str, str | None] | None:
    """Check that the periods of a case follow each other in time, without overlap."""
    passed = ""
    for record in records:
        start, end = record["StartdatumTrajectVerloop"] or "", record.get("EinddatumTrajectVerloop") or "9999-12-31"
        if end < start:
            return "end_before_start", "EinddatumTrajectVerloop"
        if start <= passed:
            return "overlap", "StartdatumTrajectVerloop"
        passed = end
    return None
