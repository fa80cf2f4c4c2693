"""Runs, books, rejects, deliveries, coverage, calls, previews and the lines of a delivery as pandas DataFrames.

For notebooks and checks of your own (docs/how-to/frames.md). The settings come from the environment, as those of the
commands, and the rows are those of their JSON (docs/contracts.md). Moments are in Dutch time, words of which there are
few are categories, numbers are nullable Int64, and all else is text: a code keeps its zeros.

No step of a flow imports this: loading pandas takes most of a second, and 50 MB of memory.
"""

import tarfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import msgspec
import pandas as pd

from veerpont.config.settings import settings
from veerpont.desk import export, lists
from veerpont.desk.lists import KINDS, ColumnKind, as_text
from veerpont.flows.absence.coverage import table_of
from veerpont.model.content import Content
from veerpont.model.failures import NothingToDoError, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Fate
from veerpont.rules.dates import AMSTERDAM
from veerpont.store.clock import today
from veerpont.store.ledger import Ledger

__all__ = ["books", "calls", "coverage", "deliveries", "frame", "lines", "preview", "rejects", "runs"]

NEWEST = 10_000
_RUN = ["integration", "flow", "portal", "run_id", "started_at", "ended_at", "state"]
_PREVIEW = ("integration", "flow", "portal", "what", "employer", "key", "reason", "field", "detail")
_EXTENSION = {
    ColumnKind.NUMBER: "Int64",
    ColumnKind.DAY: "datetime64[us]",
    ColumnKind.WORD: "category",
    ColumnKind.YES_NO: "boolean",
}


def runs(integration: str | None = None, flow: str | None = None, limit: int = NEWEST) -> pd.DataFrame:
    """Return the newest `limit` runs with their books, the newest first: a row for each, as `veerpont runs --json`.

    Raises SettingsError when there is no such integration.
    """
    return frame(lists.of(integration, lists.list_runs(_ledger(), integration, flow, limit)), lists.RUN)


def books(integration: str | None = None, flow: str | None = None, limit: int = NEWEST) -> pd.DataFrame:
    """Return the books of the same runs, a row for each fate: what was `read`, and how many `rows` had that `fate`.

    Of a run that read everything, the rows of the five fates add up to what was read (docs/decisions/0014).
    """
    fates = [fate.value for fate in Fate]
    found = runs(integration, flow, limit).melt([*_RUN, "read"], fates, "fate", "rows")
    return found.astype({"fate": pd.CategoricalDtype(fates), "rows": "Int64"})


def rejects(integration: str | None = None, flow: str | None = None, state: str | None = None) -> pd.DataFrame:
    """Return records that could not cross, the oldest first, as `veerpont rejects list --json`.

    `state`: only those that are open, closed or ignored. Raises SettingsError when there is no such integration.
    """
    return frame(lists.of(integration, lists.each_reject(_ledger(), integration, flow, state)), lists.REJECT)


def deliveries(integration: str | None = None, flow: str | None = None, limit: int = NEWEST) -> pd.DataFrame:
    """Return all deliveries that wait and the newest `limit` of the others, as `veerpont deliveries list --json`.

    Raises SettingsError when there is no such integration.
    """
    return frame(lists.of(integration, lists.list_deliveries(_ledger(), integration, flow, limit)), lists.DELIVERY)


def calls(integration: str | None = None, days: int = 90) -> pd.DataFrame:
    """Return how many calls each flow made to its source on each of the last `days` days, as `veerpont calls --json`.

    Raises SettingsError when there is no such integration.
    """
    since = today() - timedelta(days=days - 1)
    return frame(lists.of(integration, lists.list_calls(_ledger(), integration, since)), lists.CALLS)


def coverage(integration: str) -> pd.DataFrame:
    """Return which months of absence the history was asked for, what came, and what the portal has.

    As `veerpont coverage --json`; `month` stays text. Raises SettingsError when there is no such integration.
    """
    return frame(table_of(integration), lists.COVERAGE)


def preview(integration: str, flow: str) -> pd.DataFrame:
    """Return what the next run of a flow would do: a row for each record that is new, changed, gone or rejected.

    The source is read; nothing is sent, and nothing is changed. `portal`: who would hear of it; of what is rejected
    none, and its `reason`, `field` and `detail` say what is wrong.

    Raises as the steps of a run do: SettingsError, PassingError.
    """
    from veerpont.pipeline.preview import preview as previewed  # noqa: PLC0415 -- loads the whole engine

    try:
        found = previewed(integration, Flow(flow), lambda _: None)
    except NothingToDoError as waits:
        raise SettingsError(str(waits)) from None
    known = {"integration": found.integration, "flow": found.flow}
    rows: list[dict[str, Any]] = [
        known | {"portal": each.portal, "what": what, "employer": employer, "key": key}
        for each in found.portals
        for what, by_employer in each.told.items()
        for employer, keys in by_employer.items()
        for key in keys
    ]
    rows += [known | {"what": "rejected"} | row for row in found.rejects]
    return frame(rows, _PREVIEW)


def lines(delivery: int, *, by: str) -> pd.DataFrame:
    """Return the lines of a delivery, as the portal got them: every cell is text, an empty one is missing.

    They are people's data. Who took them is kept, as an export of the file is: `by` says who it is.

    Of operations that were sent as calls, `op` and `id` stand before the columns; of several tables, `table` does.

    Raises:
        ActRefusedError: nobody is named; there is no such delivery; its file is not kept.
        SettingsError: the file is encrypted for its receiver, or is no table.
    """
    with _ledger().session() as session:
        row, content = export.take(session, delivery, by)
        return _read(row.name, content)


def frame(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a DataFrame, each column of the type that its name says; what a row does not have is missing."""
    found = list(rows)
    return pd.DataFrame({name: _column([row.get(name) for row in found], KINDS.get(name)) for name in columns})


def _column(values: list[Any], kind: ColumnKind | None) -> pd.Series:
    if kind is ColumnKind.MOMENT:
        return (
            pd.Series(pd.to_datetime(values, utc=True, format="ISO8601")).dt.tz_convert(AMSTERDAM.key).dt.as_unit("us")
        )
    if kind is None or kind is ColumnKind.WORD:
        texts = pd.Series([as_text(value) for value in values], dtype="string")
        return texts.astype("category") if kind else texts
    return pd.Series(values, dtype=_EXTENSION[kind])


def _ledger() -> Ledger:
    found = Ledger(settings().ledger)
    found.require_current()
    return found


def _read(name: str, content: Content) -> pd.DataFrame:
    """Read a file of a delivery; what it is says its name, or how it begins."""
    if name.endswith(".tar"):
        return pd.concat(_tables(content.read()), ignore_index=True)
    if name.endswith(".xlsx"):
        return _workbook(content.read())
    if name.endswith(".csv"):
        return _csv(content.read())
    if next(content.lines(), b"{")[:1] == b"{":
        return pd.DataFrame(list(_operations(content)), dtype="string")
    raise SettingsError(f"{name} is no table: veerpont deliveries export writes it as it is.")


def _csv(content: bytes) -> pd.DataFrame:
    header = content.partition(b"\n")[0]
    return pd.read_csv(
        BytesIO(content),
        sep=max(";", ",", "\t", key=lambda mark: header.count(mark.encode())),
        encoding="utf-8-sig",
        dtype="string",
        index_col=False,
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
    )


def _workbook(content: bytes) -> pd.DataFrame:
    cells = pd.read_excel(BytesIO(content), engine="calamine", dtype=object, na_filter=False)
    return cells.map(_cell).astype("string")


def _cell(value: Any) -> str | None:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return None if value == "" else str(value)


def _operations(content: Content) -> Iterator[dict[str, str | None]]:
    for line in content.lines():
        found = msgspec.json.decode(line)
        if "op" in found:  # what has none says which columns the tables have
            head = {"op": found["op"]} | {name: found[name] for name in found if name not in {"records", "after"}}
            for record in found.get("records") or [{}]:
                yield head | record


def _tables(content: bytes) -> Iterator[pd.DataFrame]:
    with tarfile.open(fileobj=BytesIO(content)) as tar:
        for member in tar:
            table, _, ending = member.name.partition(".")
            file = tar.extractfile(member)
            if ending == "json" or file is None:
                continue
            if ending not in {"csv", "parquet"}:
                raise SettingsError(f"{member.name} is encrypted for its receiver: only who has the key can read it.")
            found = _csv(file.read()) if ending == "csv" else _parquet(file.read())
            found.insert(0, "table", pd.Series(table, index=found.index, dtype="string"))
            yield found


def _parquet(content: bytes) -> pd.DataFrame:
    import pyarrow as pa  # noqa: PLC0415 -- 60 MB that nothing else here needs
    from pyarrow import parquet  # noqa: PLC0415 -- the same

    found = parquet.read_table(BytesIO(content))
    texts = found.cast(pa.schema([(name, pa.string()) for name in found.column_names]))
    return pd.DataFrame({name: pd.Series(texts[name].to_pylist(), dtype="string") for name in texts.column_names})
