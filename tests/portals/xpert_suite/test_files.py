"""The bytes of the files: what a reader of the workbook or the csv sees."""

import csv
import tempfile
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.systems.registry import portal
from veerpont.systems.workbook import writer
from veerpont.systems.xpert_suite import files
from veerpont.systems.xpert_suite.columns import TemplateColumn

FLOW = Flow.EMPLOYEES
COLUMNS = {
    "employer_code": "WerkgeverCode",
    "personnel_number": "Personeelsnummer",
    "last_name": "Achternaam",
    "birth_date": "Geboortedatum",
    "house_number": "Huisnummer",
    "fte": "FTE",
}


def a_line(**values: str | None) -> Line:
    return Line(id="1", key="1", employer="01", portal_key="01/1", order="1", values=values)


def sheet(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content)).active


@pytest.fixture
def workbook(integration):
    def render(*lines: Line, **settings: Any) -> bytes:
        ours = integration(columns={FLOW: COLUMNS}, **settings)
        return b"".join(portal("xpert_suite").render(ours, FLOW, iter(lines)))

    return render


def test_the_first_row_is_the_configured_headers_in_their_order(workbook):
    """The header row is the columns of the integration file, in the order of the file."""
    assert [cell.value for cell in sheet(workbook())[1]] == list(COLUMNS.values())


def test_a_formula_stays_a_text(workbook):
    """A name that looks like a formula is a text cell, never a formula."""
    cell = sheet(workbook(a_line(last_name="=1+1")))["C2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_codes_keep_their_leading_zeros(workbook):
    """Codes and keys are text cells in Excel's text format, so that editing one keeps its zeros too."""
    row = sheet(workbook(a_line(employer_code="01", personnel_number="0007")))[2]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in row[:2]] == [
        ("01", "s", "@"),
        ("0007", "s", "@"),
    ]


def test_numbers_are_number_cells(workbook):
    """House numbers and hours are numbers; an empty value is an empty cell."""
    row = sheet(workbook(a_line(house_number="12", fte="0.9", last_name=None)))[2]
    assert (row[4].value, row[5].value, row[2].value) == (12, 0.9, None)


def test_dates_are_text_or_cells_as_configured(workbook):
    """A date is the text yyyy-MM-dd, or a true date cell when the template has those."""
    line = a_line(birth_date="1980-02-29")
    assert sheet(workbook(line, dates="text"))["D2"].value == "1980-02-29"
    cell = sheet(workbook(line, dates="cell"))["D2"]
    assert (cell.value, cell.is_date, cell.number_format) == (datetime(1980, 2, 29), True, "yyyy\\-mm\\-dd")  # noqa: DTZ001  # a date has no zone


def test_dates_before_excels_phantom_leap_day_stay_text(workbook):
    """Before March 1900 Excel's calendar is a day off, so such a date stays a text."""
    assert sheet(workbook(a_line(birth_date="1900-02-28"), dates="cell"))["D2"].value == "1900-02-28"
    assert sheet(workbook(a_line(birth_date="1900-03-01"), dates="cell"))["D2"].value == datetime(1900, 3, 1)  # noqa: DTZ001  # a date has no zone


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_the_same_lines_give_the_same_bytes(workbook, file_format, monkeypatch):
    """Two renderings of the same lines are equal to the byte, whatever the clock says."""
    lines = [a_line(last_name=f"Jansen {number}", house_number=str(number)) for number in range(1200)]
    first = workbook(*lines, file_format=file_format)
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert workbook(*lines, file_format=file_format) == first


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")), max_size=5))
def test_every_text_that_may_cross_comes_back_from_the_workbook(texts):
    """Whatever the validator lets through is read back as it was, escapes and spaces included."""
    lines = [a_line(last_name=f"|{text}|") for text in texts]
    content = b"".join(
        files.write_xlsx({"last_name": "Achternaam"}, {"last_name": TemplateColumn()}, lines, date_cells=False)
    )
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows == [["Achternaam"], *[[f"|{text}|"] for text in texts]]


def test_a_text_that_looks_like_an_escape_is_not_taken_for_one(workbook):
    """`_x0041_` arrives as these seven characters and not as the letter A."""
    content = workbook(a_line(last_name="_x0041_", employer_code=" a "))
    row = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()[1]
    assert (row[2], row[0]) == ("_x0041_", " a ")


def test_csv_is_what_the_sheet_prescribes(workbook):
    """csv: byte order mark, semicolons, every cell quoted, CRLF, formulas untouched, empty for None."""
    line = a_line(employer_code="01", last_name='De "Wit"; =1+1', fte="0.9")
    content = workbook(line, file_format="csv")
    assert content.startswith(b'\xef\xbb\xbf"WerkgeverCode";')
    assert content.endswith(b'"01";"";"De ""Wit""; =1+1";"";"";"0.9"\r\n')
    rows = list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[1] == ["01", "", 'De "Wit"; =1+1', "", "", "0.9"]


def test_columns_beyond_z_are_named_as_excel_does():
    """The 27th column is AA, the 702nd ZZ and the 703rd AAA."""
    assert [writer._letters(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_a_file_is_refused_without_its_columns(integration):
    """In production nothing is written before the required columns are known."""
    with pytest.raises(SettingsError, match=r"xpert_suite\.columns\.employees\.last_name is missing"):
        portal("xpert_suite").render(integration(profile="production"), FLOW, [])


def test_too_many_lines_for_a_sheet_are_a_setting(workbook, monkeypatch):
    """A workbook that would be cut off by Excel's limit is refused, and csv proposed."""
    monkeypatch.setattr(writer, "MAX_ROWS", 3)
    workbook(a_line(), a_line())
    with pytest.raises(SettingsError, match="csv"):
        workbook(a_line(), a_line(), a_line())


def test_no_temporary_file_is_ever_written(workbook, tmp_path: Path, monkeypatch):
    """Rendering opens no file at all, and so leaves nothing in the temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened: list[str] = []
    import sys

    watching = True
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if watching and event == "open" else None)
    for file_format in ("xlsx", "csv"):
        workbook(*[a_line(last_name="Jansen") for _ in range(2000)], file_format=file_format)
    watching = False
    assert opened == []
    assert list(tmp_path.iterdir()) == []
