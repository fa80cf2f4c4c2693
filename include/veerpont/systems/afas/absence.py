"""AFAS's absence lines → ours, and how to ask AFAS for some of them (docs/reference/afas.md, 3.1 to 3.3 and 8.4)."""

from datetime import date, datetime

from veerpont.model.failures import Problem
from veerpont.model.records import AbsenceLine
from veerpont.rules.dates import AMSTERDAM
from veerpont.systems.afas.problems import read_row
from veerpont.systems.afas.rows import AbsenceRow
from veerpont.systems.source import AbsenceMarks, Asked, Row
from veerpont.systems.source_row import record_of

_spelled = AbsenceRow.spelled

ABSENCE_MARKS = AbsenceMarks(
    needed=frozenset(map(_spelled, ("begin", "starts_on", "case_guid", "guid"))),
    moments=(_spelled("line_changed_at"), _spelled("case_changed_at")),
)

_AT_LEAST, _BEFORE, _EMPTY = "2", "5", "8"  # operators (docs/reference/afas.md, 3.2)
_NOTHING = '""'  # the value that AFAS's own sample gives with operator 8
_AND, _OR = ",", ";"


def absence_line(row: Row) -> AbsenceLine | Problem:
    """Turn a row of GetConnector 4 into a line of an absence case."""
    read = read_row(AbsenceRow, row)
    if isinstance(read, Problem):
        return read
    return record_of(
        AbsenceLine,
        read,
        recovered_on=read.resumed_on or read.recovery_reported,
        line_changed=_text(read.line_changed_at),
        case_changed=_text(read.case_changed_at),
    )


def question(asked: Asked, windowed: bool) -> dict[str, str]:
    """Return the filter parameters that ask AFAS for these lines; none when they do not limit it.

    windowed: the connector itself shows only what changed lately, so `changed_since` is left to it. AFAS applies a
    filter on top of the connector's own and of the user's authorisation. Its answer is taken as it is: who reads must
    bear lines that were not asked for, and must not take a line that is missing for one that is gone.

    Raises ValueError for limits that AFAS's lists cannot combine, and for a moment without a zone: defects of ours.
    """
    began = asked.began_from is not None or asked.began_before is not None
    if (asked.changed_since is not None) + (asked.not_ended_before is not None) + began > 1:
        raise ValueError("changed_since, not_ended_before and began_from/began_before cannot be combined")
    if asked.changed_since is not None:
        since = _local(asked.changed_since).isoformat()
        changed = [(field, _AT_LEAST, since) for field in ABSENCE_MARKS.moments]
        return {} if windowed else _lists(_OR, changed)
    if asked.not_ended_before is not None:
        ended = _spelled("resumed_on")
        return _lists(_OR, [(ended, _EMPTY, _NOTHING), (ended, _AT_LEAST, _midnight(asked.not_ended_before))])
    bounds = [(_AT_LEAST, asked.began_from), (_BEFORE, asked.began_before)]
    return _lists(_AND, [(_spelled("begin"), operator, _midnight(day)) for operator, day in bounds if day is not None])


def _lists(join: str, conditions: list[tuple[str, str, str]]) -> dict[str, str]:
    if not conditions:
        return {}
    fields, operators, values = (join.join(part) for part in zip(*conditions, strict=True))
    return {"filterfieldids": fields, "filtervalues": values, "operatortypes": operators}


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def _local(moment: datetime) -> datetime:
    """Return the earliest time on Dutch clocks at or after `moment`, in whole seconds: a filter takes no zone.

    In the last hour of summer time that is the beginning of that hour, which comes again.
    """
    if moment.tzinfo is None:
        raise ValueError("changed_since needs a moment with a time zone")
    local = moment.astimezone(AMSTERDAM).replace(microsecond=0)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        local = local.replace(minute=0, second=0)
    return local.replace(tzinfo=None)


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
