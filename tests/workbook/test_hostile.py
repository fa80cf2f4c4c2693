"""No file from outside hurts who reads it: each is refused, and the sentence says which limit it goes beyond."""

import pytest
from hostile import HOSTILE, SLOW, filled, workbook

from veerpont.model.failures import SettingsError
from veerpont.model.messages import PLAIN, codes
from veerpont.systems.workbook import child, limits, reader
from veerpont.systems.workbook.reader import read
from veerpont.systems.workbook.sheets import Form


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - SLOW))
def test_it_is_refused_with_its_reason(name: str) -> None:
    make, says = HOSTILE[name]
    with pytest.raises(SettingsError, match=rf"The file .*{says}") as error:
        read(make(), "The file")
    assert "xxx" not in str(error.value)
    assert PLAIN not in set(codes(error.value.message))  # so that a page in Dutch says all of it in Dutch


def test_what_gets_past_the_guard_breaks_the_child_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measured fault: one far cell, for which calamine asks for 549 GB and aborts its process."""
    corner = workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    code = "from veerpont.systems.workbook import child, guard; guard.inspect = lambda content: None; child.main()"
    real = reader.subprocess.run

    def unguarded(command: list[str], **more: object) -> object:
        assert command[1] == "-m"
        return real([command[0], "-c", code, command[3]], **more)

    monkeypatch.setattr(reader.subprocess, "run", unguarded)
    with pytest.raises(SettingsError, match="takes more than 1000 MB of memory"):
        read(corner, "The file")


def test_it_takes_no_longer_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0)
    with pytest.raises(SettingsError, match="takes longer than 0 seconds"):
        read(filled([["a"]]), "The file")


def test_the_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", "secret")
    monkeypatch.setenv("AIRFLOW_CONN_AFAS", "secret")
    seen: dict[str, str] = {}
    real = reader.subprocess.run

    def run(*command: object, **more: object) -> object:
        seen.update(more["env"])  # type: ignore[call-overload]
        return real(*command, **more)

    monkeypatch.setattr(reader.subprocess, "run", run)
    read(b"a;b\n", "The file")
    assert "secret" not in seen.values()


@pytest.mark.parametrize(
    "content",
    [
        workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'),
        workbook('<row r="1"><c r="A1"><v>1</v></c></row>', xl__comments1="<t>" + "<t>x</t>" * 40_000 + "</t>"),
    ],
    ids=["a format to the last corner", "long remarks"],
)
def test_what_only_looks_large_is_read(content: bytes) -> None:
    assert [sheet.rows for sheet in read(content, "The file")] == [[["1"]]]


def test_a_large_ordinary_file_is_read() -> None:
    rows = [["Nummer", "Naam", *range(18)], *([at, f"naam {at}", *range(18)] for at in range(2_000))]
    (sheet,) = read(filled(rows), "The file")
    assert (len(sheet.rows), sheet.lines[-1], sheet.rows[-1][:3]) == (2_001, 2_001, ["1999", "naam 1999", "0"])


def test_an_old_workbook_only_where_it_is_promised() -> None:
    with pytest.raises(SettingsError, match="damaged, or no workbook"):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "The file", Form(old=True))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (7.5999999999999979, "7,6"),
        (8.0, "8"),
        (76.25, "76,25"),
        (0.1 + 0.2, "0,3"),
        (1e20, "100000000000000000000"),
        (1e-7, "0,0000001"),
        (-2.0, "-2"),
        (True, "TRUE"),
        ("8.5", "8.5"),
    ],
)
def test_a_number_is_what_excel_shows(number: object, shown: str) -> None:
    assert child.shown(number, ",") == shown
