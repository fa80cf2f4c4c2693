"""What people really send crosses; what could be read in two ways is refused, with its line."""

import io
from itertools import product
from typing import Any

import openpyxl
import pytest
from hostile import filled
from proving import every_other

from veerpont.model.failures import SettingsError
from veerpont.systems.workbook.reader import read
from veerpont.systems.workbook.sheets import Form
from veerpont.systems.workbook.table import find

WANTED = {"number": "Nummer", "value": "Aantal uren"}
TEXT = 'Nummer;Naam;Aantal uren\r\n11;Zoë;7,5\r\n12;"Jan; Piet";8\r\n'
ROWS = [{"number": "11", "value": "7,5"}, {"number": "12", "value": "8"}]


def rows(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    table = find(read(content, "The file", Form(delimiter, ",")), WANTED, "The file", "hours.columns")
    return [cells for _, cells in table.rows()]


def book(*sheets: tuple[str, str, list[list[Any]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, state, content in sheets:
        sheet = made.create_sheet(title)
        sheet.sheet_state = state
        for row in content:
            sheet.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


DATA = [["Nummer", "Naam", "Aantal uren"], [11, "Zoë", 7.5], [12, "Jan; Piet", 8]]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("cp1252"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        b"sep=;\r\n" + TEXT.encode(),
        ("sep=;\r\n" + TEXT).encode("utf-16"),
        b"\xef\xbb\xbfsep=\t\r\n" + TEXT.replace(";", "\t").replace("Jan\t", "Jan;").encode(),
        f"Urenoverzicht november\r\n\r\nAfdeling: Techniek;;\r\n{TEXT}".encode(),
        TEXT.replace("uren", "  UREN ").encode(),
        TEXT.replace("\r\n11", "\r\nVerplicht;Optioneel;Verplicht\r\n11").encode(),
        TEXT.replace("Zoë", '"Zo\u2028ë, 5"" buis\nen meer"').encode(),
        TEXT.replace("\r\n", ";;\r\n").encode(),
    ],
)  # fmt: skip
def test_a_csv_is_read_as_what_it_is(content: bytes) -> None:
    assert rows(content) == ROWS


@pytest.mark.parametrize(
    "content",
    [
        filled(DATA),
        filled([["Uren november"], [], ["Afdeling", "Techniek"], *DATA]),
        filled([DATA[0], ["Verplicht", "Optioneel", "Verplicht*"], *DATA[1:]]),
        book(("Toelichting", "visible", [["Vul in bij Nummer het nummer"]]), ("Uren", "visible", DATA)),
        book(("Lijsten", "hidden", [DATA[0], [99, "oud", 1]]), ("Uren", "visible", DATA)),
        book(("Lijsten", "veryHidden", DATA), ("Uren", "visible", DATA)),
        filled([DATA[0], [11, "Zoë", 7.4999999999999999], [], DATA[2]]),
        filled([[None, *DATA[0], "let op: alleen gewerkte uren"], *([None, *row, None, "klopt"] for row in DATA[1:])]),
    ],
)
def test_the_header_is_found_by_its_names(content: bytes) -> None:
    assert rows(content) == ROWS


STRAY = [
    ('11;"Zo;7,5\r\n12;Jan;8\r\n13;Kees;8\r\n', "line 2 that is never closed"),
    ('11;Zo;7,5\r\n12;"Jan;8\r\n13;Kees;8\r\n14;Piet";8\r\n', "line 3 after which rows"),
    ('11;Zo;7,5\r\n12;"Jan;8\r\n13;Piet";4\r\n', "line 3 after which rows"),
    ('11;Zo;7,5\r\n12;"Jan;8\r\n13;"Kees";8\r\n', "line 3 that is never closed, or that more text follows"),
    ('11;"Zo\r\n12;Jan"x;8\r\n', "line 2"),
    ("11;Zo;7,5\r\n12;Jan; Piet;8\r\n", "more cells in line 3 than its header in line 1"),
]


@pytest.mark.parametrize("where", every_other(list(product(("", ";Opmerking"), range(3), range(3)))))
def test_two_stray_quotes_never_join_two_rows(where: tuple[str, int, int]) -> None:
    """One before any cell of a row and one after any cell of the next: each is refused, also where the rows fit."""
    more, first, last = where
    one, other = ["12", "Jan", "8"], ["13", "Piet", "4"]
    one[first], other[last] = f'"{one[first]}', f'{other[last]}"'
    content = f"Nummer;Naam;Aantal uren{more}\r\n11;Zo;7,5\r\n{';'.join(one)}\r\n{';'.join(other)}\r\n"
    with pytest.raises(SettingsError, match=r"line [34]"):
        rows(content.encode())


def test_a_remark_of_two_lines_is_read() -> None:
    """People write them; only with the delimiter in it a cell may be two rows."""
    assert rows(b'Nummer;Naam;Aantal uren;Opmerking\r\n11;Zo;7,5;"een, \r\ntwee"\r\n') == ROWS[:1]


@pytest.mark.parametrize(("lines", "says"), STRAY)
def test_a_stray_quote_is_refused_with_its_line(lines: str, says: str) -> None:
    """Read over, it would take the rows up to the next quote with it."""
    with pytest.raises(SettingsError, match=says) as error:
        rows(f"Nummer;Naam;Aantal uren\r\n{lines}".encode())
    assert not {"Kees", "Jan", "Zo"} & set(str(error.value).replace(";", " ").split())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (book(("November", "visible", DATA), ("December", "visible", DATA)), "on 2 sheets"),
        (book(("Uren", "hidden", DATA), ("Leeg", "visible", [["niets"]])), "hidden sheet only"),
        (filled([["Nummer", "Naam"], [1, 2]]), r"lacks a column, or has it twice: Aantal uren \(hours.columns\)"),
        (filled([["Nummer", "Nummer", "Aantal uren"], [1, 2, 3]]), "twice: Nummer"),
        (b"Nummer,Aantal uren\n1,2\n", "Aantal uren, Nummer"),
        (b"sep=#\nNummer#Aantal uren\n", "sep="),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        rows(content)
