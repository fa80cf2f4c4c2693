"""A told case of absence where a portal's lines have our names: read back from its texts, and cut to fewer days."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from veerpont.model.lines import Line, ToldCase
from veerpont.model.records import AbsencePeriod

_BEGIN, _END, _PERCENTAGE = "StartdatumTrajectVerloop", "EinddatumTrajectVerloop", "Verzuimpercentage"


def read(line: Line) -> ToldCase:
    """Return the case in a line that was told before lines had one (`Line.case`)."""
    return ToldCase(
        line.values.get("BSN") or line.values.get("Personeelsnummer") or "",
        line.values.get("Protocol") or "",
        tuple(map(_period, line.rows)),
    )


def cut(line: Line, left: Iterable[tuple[int, AbsencePeriod]]) -> Line:
    """Return the line with what is left of its rows: number of the row, and its days."""
    rows = line.rows
    kept = [{**rows[number], _BEGIN: _text(period.begin), _END: _text(period.end)} for number, period in left]
    return msgspec.structs.replace(line, values=kept[0], more=tuple(kept[1:]))


def _period(row: Mapping[str, str | None]) -> AbsencePeriod:
    begin, end = row.get(_BEGIN), row.get(_END)
    return AbsencePeriod(
        row.get("TrajectVerloopId") or "",
        date.fromisoformat(begin or ""),
        date.fromisoformat(end) if end else None,
        Decimal(row.get(_PERCENTAGE) or 0),
    )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
