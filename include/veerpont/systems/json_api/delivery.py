"""Lines → operations, operations → calls, answers → what was refused (docs/json-api.yaml)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import count, islice
from typing import Literal, NamedTuple

import msgspec

from veerpont.model.content import Content
from veerpont.model.failures import Problem, SettingsError, Stage, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.marks import Marks
from veerpont.model.messages import coded
from veerpont.model.names import EXTRAS
from veerpont.model.schema import Column, Schema, fingerprint
from veerpont.systems.json_api.client import Client, Result
from veerpont.systems.json_api.lines import fields
from veerpont.systems.portal import Refused

MAX_OPERATIONS = 500
MAX_BYTES = 1_000_000
"""The API's own limit is 1,048,576."""

_HEAD, _TAIL = b'{"operations":[', b"]}"
MAX_OPERATION = MAX_BYTES - len(_HEAD) - len(_TAIL)
MAX_SCHEMA = 100_000
"""So much of a call is left for the tables of payroll data."""

# A code, never a value: five digits in a row may be part of a number that belongs to a person.
_REASON = re.compile(r"(?!.*\d{5})[a-z0-9_]{1,60}", re.ASCII)

_encode = msgspec.json.encode


class _Put(msgspec.Struct):
    id: str
    records: list[Mapping[str, str | None]]
    op: Literal["put"] = "put"


class _PutPayroll(msgspec.Struct):
    id: str
    table: str
    employer_code: str
    personnel_number: str
    records: list[dict[str, str | None]]
    op: Literal["put"] = "put"


class _Tables(msgspec.Struct):
    """The tables of payroll data. `version`: another one when they changed."""

    version: str
    tables: dict[str, tuple[Column, ...]]


class _Schema(msgspec.Struct):
    """Stands before the operations of a delivery, and in each of its calls."""

    schema: _Tables


class _Delete(msgspec.Struct, omit_defaults=True):
    """`after`: the puts of the same record, which is somewhere else now; ours, not sent."""

    id: str
    op: Literal["delete"]
    after: list[str] = []


class _Operation(msgspec.Struct):
    id: str
    op: Literal["put", "delete"]
    after: list[str] = []


class Batch(NamedTuple):
    """The operations of one call: id → put or delete, and the call's body."""

    operations: dict[str, Literal["put", "delete"]]
    body: bytes


_decode_operation = msgspec.json.Decoder(_Operation).decode


def put(flow: Flow, line: Line, schema: Schema | None = None, extra: Sequence[str] = ()) -> bytes:
    """Return the operation that brings `line`: every name that the flow, or its table, has, in one order.

    extra: what this portal gets besides; left out where the line was made without it.
    """
    if flow is Flow.PAYROLL:
        table = line.id.partition("/")[0]
        columns = [column.name for column in schema[table]] if schema else list(line.values)
        records = [{name: row.get(name) for name in columns} for row in line.rows]
        return _encode(_PutPayroll(line.id, table, line.employer, line.key.removeprefix("number:"), records))
    names = fields(flow) + tuple(name for name in extra if name in line.values)
    rows = (row if tuple(row) == names else {name: row.get(name) for name in names} for row in line.rows)
    return _encode(_Put(line.id, list(rows)))


def fits(flow: Flow, line: Line, extra: Sequence[str] = ()) -> bool:
    """Tell whether a call can hold the line: only one with thousands of rows does not."""
    if not line.more and flow is not Flow.PAYROLL:  # one row of our own names always does (lines.MAX_TEXT)
        return True
    return len(put(flow, line, extra=extra)) <= MAX_OPERATION - (MAX_SCHEMA if flow is Flow.PAYROLL else 0)


def render(
    flow: Flow,
    lines: Iterable[Line],
    gone: Iterable[Line],
    schema: Schema | None = None,
    extra: Sequence[str] = (),
) -> Iterator[bytes]:
    """Yield one JSON document a line, one operation each: the puts in the order they come in, then the deletes.

    `gone` is read first, and what it has to forget is held. Of the puts only a mark of each id is: two that meet by
    chance fail the attempt, and the next one marks them otherwise.

    Before them, where there is a schema: that. Raises SettingsError when it is too large for a call.
    """
    if schema:
        yield _tables(schema)
    leaving: dict[str, str] = {}
    for line in gone:
        if line.id in leaving:
            raise _twice()
        leaving[line.id] = line.key
    keys = set(leaving.values())
    seen = Marks()
    puts: dict[str, list[str]] = {}
    for line in lines:
        if line.id in leaving:
            raise _twice()
        seen.add(line.id)
        if line.key in keys:
            puts.setdefault(line.key, []).append(line.id)
        yield put(flow, line, schema, extra) + b"\n"
    if seen.twice():
        raise _twice()
    for identity, key in leaving.items():
        yield _encode(_Delete(identity, "delete", puts.get(key, []))) + b"\n"


def _tables(schema: Schema) -> bytes:
    content = _encode(_Schema(_Tables(fingerprint(schema), dict(schema)))) + b"\n"
    if len(content) > MAX_SCHEMA:
        raise SettingsError(
            coded(
                "json_api.too_many_columns",
                "json_api: the four connectors have more columns than a call can describe. Ask the "
                "customer's AFAS administrator to take out what the receiver does not need. Nothing was "
                "sent.",
            )
        )
    return content


def _twice() -> VeerpontError:  # the last one would win: nobody may guess whether that is the delete
    return VeerpontError("json_api: a delivery has two operations for one id. Nothing was sent.")


def batches(found: Iterable[bytes], schema: bytes = b"") -> Iterator[Batch]:
    """Yield the calls of rendered operations, in order; the same operations give the same calls.

    `schema`: as rendered; it is in every call.
    """
    operations: list[bytes] = []
    size = 0
    most = MAX_OPERATION - len(schema)
    for operation in found:
        if operations and (len(operations) == MAX_OPERATIONS or size + len(operation) > most):
            yield _batch(operations, schema)
            operations, size = [], 0
        operations.append(operation)
        size += len(operation) + 1
    if operations:
        yield _batch(operations, schema)


def _batch(operations: list[bytes], schema: bytes) -> Batch:
    decoded = map(_decode_operation, operations)
    head = schema[:-1] + b"," + _HEAD[1:] if schema else _HEAD
    return Batch({each.id: each.op for each in decoded}, head + b",".join(operations) + _TAIL)


def deliver(client: Client, integration: str, flow: Flow, name: str, content: Content) -> list[Refused]:
    """Send every call of a delivery and return what was refused of all of them.

    A call that was answered before a later one failed is sent again at the next attempt, with the same key and bytes:
    the portal gives it the same answer, without a second effect.

    Raises:
        SettingsError: a person has to change something.
        PassingError: may succeed later, at its `retry_at`.
    """
    refused: dict[str, Problem] = {}
    calls = count(1)
    first = next(content.lines(), b"")
    schema = first if first.startswith(b'{"schema":') else b""
    names = {*fields(flow), *EXTRAS.get(flow, ()), *_columns(schema)}

    def send(operations: Iterable[bytes]) -> None:
        for batch in batches(operations, schema):
            key = f"{name}-{next(calls):05d}"
            for result in client.operations(f"{integration}/{flow}", key, batch.body, list(batch.operations)):
                if result.status == "rejected":
                    refused[result.id] = _problem(names, batch.operations[result.id], result)

    # A record that moves is put at its new place first, and forgotten at the old one only when that was accepted
    waiting: list[_Operation] = []

    def at_once() -> Iterator[bytes]:
        for line in islice(content.lines(), 1 if schema else 0, None):
            if b'"after":' in line and (operation := _decode_operation(line)).after:  # quotes in a value are escaped
                waiting.append(operation)
            else:
                yield line

    send(at_once())
    for each in waiting:
        if no := [refused[put] for put in each.after if put in refused]:
            refused[each.id] = no[0]
    send(_encode(_Delete(each.id, "delete")) for each in waiting if each.id not in refused)
    return [Refused(identity, problem) for identity, problem in refused.items()]


def _columns(schema: bytes) -> set[str]:
    if not schema:
        return set()
    tables = msgspec.json.decode(schema, type=_Schema).schema.tables
    return {column.name for columns in tables.values() for column in columns}


def _problem(names: Set[str], op: Literal["put", "delete"], result: Result) -> Problem:
    """Say why in our own words; of the portal's only a code and one of our names, for anything else may be a value."""
    reason = result.reason if isinstance(result.reason, str) and _REASON.fullmatch(result.reason) else "refused"
    field = result.field if isinstance(result.field, str) and result.field in names else ""
    did = (
        coded("json_api.no_put", "refused this record")
        if op == "put"
        else coded("json_api.no_delete", "refused to forget this record, which is gone here")
    )
    because = coded("json_api.because", ", because of {field}", field=field) if field else ""
    return Problem(
        Stage.EXPORT,
        field,
        reason,
        coded(
            "json_api.refused",
            "The portal {did}{because} (its code: {code}). Correct it at the source, or ask the portal what it means.",
            did=did,
            because=because,
            code=reason,
        ),
    )
