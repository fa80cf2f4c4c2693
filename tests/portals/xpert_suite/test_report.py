"""Reading the portal's report: in whichever form an integration says, whole or not at all; and finding it there."""

import os
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import asyncssh
import pytest
from openpyxl import Workbook

from veerpont.config.integration import Integration
from veerpont.model.failures import PassingError, SettingsError
from veerpont.systems.portal import ReportLine
from veerpont.systems.registry import reporting

Make = Callable[..., Integration]
HEADER = "Bestand;Regel;Sleutel;Niveau;Code;Melding"
FILE = "employees_00000042_9f86d081884c.xlsx"
ENGLISH = {"file": "File name", "level": "Severity", "text": "Message", "key": "Employee"}


def read(integration: Integration, *lines: str, encoding: str = "utf-8-sig") -> tuple[str, list[ReportLine]]:
    found = reporting("xpert_suite").read_report(integration, "\r\n".join(lines).encode(encoding))
    return found.file, found.rejected


@pytest.fixture
def sandbox(integration: Make) -> Integration:
    return integration(report={})


class TestTheFormOfTheSandbox:
    def test_four_levels_of_which_the_last_is_rejected(self, sandbox: Integration) -> None:
        """Line 2 of our file is its first row."""
        name, rejected = read(
            sandbox,
            HEADER,
            f"{FILE};;;Metadata;ontvangen;Ontvangen",
            f"{FILE};2;01/1001/1;Meldingen;nieuw;Nieuw",
            f'{FILE};3;01/1002/1;Waarschuwingen;leeg;"Leeg; en meer"',
            f"{FILE};4;01/1003/1;Uitval;datum;Veld is geen datum.",
            f"{FILE};;;Uitval;bestand;Niet gelezen.",
        )
        assert name == FILE
        assert rejected == [
            ReportLine(3, "01/1003/1", "datum", "Veld is geen datum."),
            ReportLine(None, "", "bestand", "Niet gelezen."),
        ]

    def test_empty_rows_and_a_path_before_the_name(self, sandbox: Integration) -> None:
        assert read(sandbox, HEADER, "", f"Medewerkers\\{FILE};;;1;;", ";;;;;", ";5;;4;;Nee.")[0] == FILE

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            (["Bestand;Regel;Sleutel;Niveau;Code", f"{FILE};;;1;"], "lacks a column.*Melding"),
            ([f"{HEADER};Code", f"{FILE};;;1;;;"], "lacks a column, or has it twice: Code"),
            ([HEADER.replace(";", ","), f"{FILE},,,1,,"], "lacks a column"),
            ([HEADER, f"{FILE};;;1;;", f"{FILE};2;k;Fataal;;Weg"], "Row 3 .* level that is not known"),
            ([HEADER, f"{FILE};twee;k;Uitval;;Weg"], "line number that is none"),
            ([HEADER, ";;;1;;"], "names no files"),
            ([HEADER, f"{FILE};;;1;;", "accounts_00000043_ab.xlsx;;;1;;"], "names 2 files"),
            ([HEADER], "names no files"),
            ([], "lacks a column"),
        ],
    )
    def test_what_is_no_report_is_not_taken_at_all(self, sandbox: Integration, lines: list[str], says: str) -> None:
        """The sentence says what to do, without a value of the report."""
        with pytest.raises(SettingsError, match=says) as error:
            read(sandbox, *lines)
        assert "Fataal" not in str(error.value)

    @pytest.mark.parametrize("content", [b"PK\x03\x04 no csv \xff\xfe", "Sleutel\u00e9".encode("latin-1")])
    def test_bytes_that_are_no_csv(self, sandbox: Integration, content: bytes) -> None:
        with pytest.raises(SettingsError):
            reporting("xpert_suite").read_report(sandbox, content)


class TestAnotherForm:
    def test_other_columns_words_and_delimiter(self, integration: Make) -> None:
        mine = integration(report={"delimiter": ",", "columns": ENGLISH, "levels": {"Error": 4, "info": 2}})
        assert read(mine, "Severity,Message,Employee,File name", f"INFO,Done,,{FILE}", f"error,No,1001,{FILE}") == (
            FILE,
            [ReportLine(None, "1001", "", "No")],
        )

    def test_a_workbook_with_numbers_in_it(self, integration: Make) -> None:
        mine = integration(report={"format": "xlsx", "first_line": 1, "columns": ENGLISH | {"line": "Row"}})
        book = Workbook()
        sheet: Any = book.active
        for row in [[*ENGLISH.values(), "Row"], [FILE, 4, "Nee.", 1001, 7], [FILE, 2, "Klaar.", None, None]]:
            sheet.append(row)
        content = BytesIO()
        book.save(content)
        found = reporting("xpert_suite").read_report(mine, content.getvalue())
        assert (found.file, found.rejected) == (FILE, [ReportLine(7, "1001", "", "Nee.")])

    def test_in_production_only_the_customer_knows_the_columns(self, integration: Make) -> None:
        unsaid = integration(profile="production", report={"folder": "Log"})
        assert "xpert_suite.report.columns is missing" in str(reporting("xpert_suite").missing_of_reports(unsaid)[0])
        with pytest.raises(SettingsError, match="columns is missing"):
            read(unsaid, HEADER, f"{FILE};;;1;;")
        said = integration(profile="production", report={"columns": ENGLISH})
        assert reporting("xpert_suite").missing_of_reports(said) == []

    def test_without_a_section_nothing_is_read(self, integration: Make) -> None:
        with pytest.raises(SettingsError, match="it says what"):
            read(integration(), HEADER, f"{FILE};;;1;;")

    def test_a_row_must_be_named_somehow(self, integration: Make) -> None:
        with pytest.raises(ValueError, match="line or key"):
            integration(report={"columns": {"file": "a", "level": "b", "text": "c"}})


class TestTheFolder:
    @pytest.fixture
    def found(self, server: Any, connection: Any, integration: Make) -> Callable[..., dict[str, bytes | None]]:
        mine = integration(report={"folder": "Log"})
        (server.root / "Log").mkdir()
        (server.root / "Log" / "nested").mkdir()
        for name, age in (("old.csv", 3600), ("new.csv", 120), ("growing.csv", 0)):
            path = server.root / "Log" / name
            path.write_bytes(name.encode())
            os.utime(path, (time.time() - age,) * 2)

        def look(taken: str = "old.csv") -> dict[str, bytes | None]:
            reports = reporting("xpert_suite").find_reports(
                mine, lambda file: (file.name, file.size) != (taken, len(taken))
            )
            return {each.name: each.content for each in reports}

        return look

    def test_new_ones_that_stand_still_are_read_and_nothing_is_touched(self, server: Any, found: Any) -> None:
        before = server.stands("Log/nested")
        assert found() == {"old.csv": None, "new.csv": b"new.csv"}
        assert sorted(path.name for path in (server.root / "Log").iterdir()) == [
            "growing.csv",
            "nested",
            "new.csv",
            "old.csv",
        ]
        assert server.stands("Log/nested") == before == {}

    def test_a_folder_that_is_not_there(self, server: Any, connection: Any, integration: Make) -> None:
        with pytest.raises(SettingsError, match=r"xpert_suite\.report\.folder"):
            reporting("xpert_suite").find_reports(integration(report={"folder": "Weg"}), lambda *_: True)

    def test_a_server_that_hangs_up(self, server: Any, found: Any) -> None:
        class Gone(asyncssh.SFTPServer):
            def scandir(self, path: bytes) -> Any:
                server.connections[-1].abort()
                raise asyncssh.SFTPFailure("gone")

        server.files = Gone
        with pytest.raises(PassingError):
            found()

    def test_without_a_folder_nobody_connects(self, integration: Make) -> None:
        assert reporting("xpert_suite").find_reports(integration(report={}), lambda *_: True) == []


def test_a_portal_that_answers_per_record_gives_no_reports() -> None:
    with pytest.raises(SettingsError, match="gives no reports"):
        reporting("json_api")
