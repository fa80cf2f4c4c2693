"""Lists as files: what pandas reads back is what `--json` says, and a spreadsheet finds no formula."""

import json
import stat
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from test_frames import MOMENT
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.desk import lists
from veerpont.store import employers
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import PAGE
from veerpont.store.tables import Reject

LISTS = ["runs", "rejects list", "rejects groups", "deliveries list", "employers list", "links list"]
LISTS += ["batches list", "calls"]
WORKBOOK = partial(pd.read_excel, engine="calamine")
FORMULAS = ["=1+1", "+31 6", "-2", "@SUM(A1)", "\tx", "'a", "007"]


def run(*words: str) -> Any:
    return CliRunner().invoke(app, [word for part in words for word in part.split(" ")])


def as_json(command: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run(command, "--json").stdout)
    return rows


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(command: str, form: str) -> Path:
        to = tmp_path / f"{command.replace(' ', '-')}.{form}"
        done = run(command, "--format", form, "--output", str(to))
        assert done.exit_code == 0, done.exception
        assert done.stdout == ""
        return to

    return write


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as --json has them."""
    for name, kind in frame.dtypes.items():
        if str(kind) == MOMENT:
            frame[name] = frame[name].dt.tz_convert("UTC").map(pd.Timestamp.isoformat, na_action="ignore")
        if str(kind).startswith("datetime64[us]"):
            frame[name] = frame[name].map(lambda day: day.date().isoformat(), na_action="ignore")
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")
    ]


def texts(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: lists.as_text(value) or "" for name, value in row.items()} for row in rows]


@pytest.mark.usefixtures("filled")
class TestFiles:
    @pytest.mark.parametrize("command", LISTS)
    def test_parquet_has_the_rows_with_their_types(self, command: str, written: Any) -> None:
        frame, rows = pd.read_parquet(written(command, "parquet")), as_json(command)
        assert all("float" not in str(kind) for kind in frame.dtypes)
        for row in rows:
            row.update({name: lists.as_text(value) for name, value in row.items() if isinstance(value, list | dict)})
        assert plain(frame) == rows

    @pytest.mark.parametrize("command", LISTS)
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_pandas_reads_the_rows_as_text(self, command: str, form: str, written: Any) -> None:
        path = written(command, form)
        read = pd.read_csv if form == "csv" else WORKBOOK
        frame = read(path, dtype=str, keep_default_na=False)
        assert frame.to_dict("records") == texts(as_json(command))

    @pytest.mark.parametrize("form", ["json", "csv", "parquet", "xlsx"])
    def test_only_its_owner_reads_a_file_and_none_is_written_over(self, form: str, written: Any) -> None:
        path = written("runs", form)
        before = path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        again = run("runs", "--format", form, "--output", str(path))
        assert (again.exit_code, path.read_bytes()) == (1, before)
        assert "File exists" in str(again.exception)

    def test_of_what_is_refused_no_file_is_left(self, tmp_path: Path) -> None:
        to = tmp_path / "runs.csv"
        assert run("runs --integration typo --format csv --output", str(to)).exit_code == 1
        assert not to.exists()

    @pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
    def test_a_list_without_rows_has_its_columns(self, form: str, written: Any) -> None:
        path = written("batches list", form)
        read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": WORKBOOK}[form]
        assert (list(read(path).columns), len(read(path))) == (list(lists.BATCH), 0)


class TestFormulas:
    @pytest.fixture
    def named(self, filled: Ledger) -> list[str]:
        with filled.session() as session:
            for number, name in enumerate(FORMULAS):
                employers.show(session, "acme", f"0{number}", name)
        with filled.session() as session:
            return [row.name for row in employers.listed(session, None)]

    def test_none_is_in_a_csv(self, named: list[str], written: Any) -> None:
        assert set(FORMULAS) <= set(named)
        found = list(pd.read_csv(written("employers list", "csv"), dtype=str, keep_default_na=False)["name"])
        assert not [name for name in found if name.startswith(("=", "+", "-", "@", "\t"))]
        assert [name.removeprefix("'") for name in found] == [name.removeprefix("'") for name in named]

    def test_in_a_workbook_they_are_texts_as_they_are(self, named: list[str], written: Any) -> None:
        sheet = openpyxl.load_workbook(written("employers list", "xlsx")).active
        assert sheet is not None
        cells = [row[2] for row in sheet.iter_rows(min_row=2)]
        assert [(cell.value, cell.data_type, cell.number_format) for cell in cells] == [
            (name, "s", "@") for name in named
        ]


@pytest.mark.usefixtures("filled")
class TestOptions:
    def test_json_by_either_option_is_the_same(self) -> None:
        assert run("runs --json").stdout == run("runs --format json").stdout == run("runs --json --format=json").stdout
        assert run("runs").stdout == run("runs --format table").stdout

    def test_csv_goes_to_the_screen_too(self) -> None:
        said = run("employers list acme --format csv")
        frame = pd.read_csv(StringIO(said.stdout), dtype=str)
        assert frame["code"].tolist() == ["01", "02", "03"]

    @pytest.mark.parametrize(
        "words",
        [
            "runs --json --format csv",
            "runs --format xlsx",
            "runs --format parquet",
            "runs --output x",
            "runs --format odt",
        ],
    )
    def test_what_cannot_be_is_wrong_usage(self, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert run(words).exit_code == 2
        assert list(tmp_path.glob("x")) == []

    def test_a_failing_check_fails_in_every_format(self, tmp_path: Path) -> None:
        (tmp_path / "integrations" / "bad.yaml").write_text("name: [")
        for form in ("table", "json", "csv"):
            assert run("check --format", form).exit_code == 1


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_many_rejects_are_written_as_they_come(form: str, filled: Ledger) -> None:
    """The first part of the document is there before the last page was read from the ledger."""
    shared = {"integration": "acme", "flow": "iban", "stage": "import", "field": "", "reason": "missing_value",
              "detail": "", "last_run": "r", "state": "open", "first_seen": now(), "last_seen": now()}  # fmt: skip
    with filled.session() as session:
        session.add_all(Reject(**shared, key=f"K{number:05}") for number in range(3 * PAGE))
    from veerpont.cli import listing

    seen = 0

    def counted() -> Any:
        nonlocal seen
        for row in lists.each_reject(filled, None, "iban", None):
            seen += 1
            yield row

    parts = listing.write(listing.Format(form), counted(), lists.REJECT)
    early = 0
    size = 0
    for part in parts:
        early = early or (seen if size > 5_000 else 0)
        size += len(part)
    assert seen == 3 * PAGE
    assert 0 < early <= 2 * PAGE
