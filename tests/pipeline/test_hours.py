"""Hours from a time registration into Loket: the csv that people import, what is refused, what a correction does."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from crossings import Crossing, Make
from dropped_hours import FOUR_WEEKS, NOVEMBER, drop, files, payroll, provider, upload

from veerpont.flows.job import open_job, read_problems
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.preview import preview
from veerpont_sandbox.customers.timesheets import timesheet
from veerpont_sandbox.loket import changes


@pytest.fixture
def sluis(make: Make) -> Crossing:
    """Sluis with employer 20001 active, and the sample of its time registration dropped."""
    return make("sluis", night=("employers",))


def test_the_file_of_a_month_byte_for_byte(sluis: Crossing) -> None:
    books = sluis("hours")
    assert (books["read"], books["delivered"], books["filtered"]) == (10, 9, 1)
    assert files(sluis) == {"loket_7001_2026_11.csv": NOVEMBER, "loket_7002_2026_12.csv": FOUR_WEEKS}
    assert upload(sluis, NOVEMBER).refused == []
    assert upload(sluis, FOUR_WEEKS, 7002, 12).refused == []
    assert payroll(sluis) == {
        (11, 20): {1: 80, 15: 4.5},
        (12, 20): {1: 76.25, 372: 15},
        (12, 30): {1: 8},
        (18, 40): {1: 7.75},
    }


def test_the_same_files_again_change_nothing(sluis: Crossing) -> None:
    sluis("hours")
    books = sluis("hours")
    assert (books["delivered"], books["unchanged"], books["filtered"]) == (0, 9, 1)
    assert len(sluis.deliveries("hours")) == 2


def test_a_correction_sends_the_whole_period_and_what_was_taken_out_is_zero(sluis: Crossing) -> None:
    sluis("hours")
    upload(sluis, NOVEMBER)
    corrected = [
        (11, "02-11-2026", "UREN", "76", ""),
        (12, "03-11-2026", "UREN", "76,25", ""),
        (12, "10-11-2026", "REIS", "15", ""),
        (18, "05-11-2026", "UREN", "7,75", "Kantine"),
        (3, "04-11-2026", "UREN", "18", ""),
    ]
    drop(sluis, timesheet(corrected))
    books = sluis("hours")
    assert (books["delivered"], books["unchanged"], books["gone"]) == (1, 4, 2)
    expected = (
        b"aanslnr;persnr;ploeg;verdelingseenheid;1;15;372\r\n"
        b"7001;11;1;20;76;0;\r\n"
        b"7001;12;1;20;76,25;;15\r\n"
        b"7001;12;1;30;0;;\r\n"
        b"7001;18;1;40;7,75;;\r\n"
    )
    assert files(sluis)["loket_7001_2026_11.csv"] == expected
    assert len(sluis.deliveries("hours")) == 3  # the other administration has nothing new
    assert upload(sluis, expected).refused == []
    assert payroll(sluis)[11, 20] == {1: 76, 15: 0}
    # Whoever did not upload that one has the zeros in the next one; hours that come back are hours again.
    drop(
        sluis, timesheet([*corrected[1:], (11, "02-11-2026", "UREN", "70", ""), (11, "03-11-2026", "OVER125", "2", "")])
    )
    sluis("hours")
    assert files(sluis)["loket_7001_2026_11.csv"].splitlines()[1:4] == [
        b"7001;11;1;20;70;2;",
        b"7001;12;1;20;76,25;;15",
        b"7001;12;1;30;0;;",
    ]


def test_a_stray_quote_changes_nobodys_hours(sluis: Crossing) -> None:
    """In a column that is not mapped it made one row of all that follow: hours were halved, and others set to 0."""
    header = "Personeelsnummer;Datum;Component;Aantal;Afdeling;Opmerking"
    rows = [f"{number};0{day}-11-2026;UREN;8;;{{}}" for day in (2, 3) for number in (11, 12, 18)]
    drop(sluis, "\r\n".join([header, *rows, ""]).format(*["ja"] * 6).encode())
    sluis("hours")
    before = files(sluis)
    for remarks, line in ((["ja", '"ja', "ja", "ja", "ja", "ja"], 3), (["ja", '"ja', "ja", 'ja"', "ja", "ja"], 3)):
        drop(sluis, "\r\n".join([header, *rows, ""]).format(*remarks).encode())
        with pytest.raises(SettingsError, match=f"line {line}"):
            sluis("hours")
        assert files(sluis) == before


@pytest.mark.parametrize("name", ["uren.xls", "uren.ods", "uren.xlsm"])
def test_a_workbook_of_another_kind_is_refused_while_it_is_the_newest(sluis: Crossing, name: str) -> None:
    import os

    drop(sluis, b"whatever", name)
    os.utime(Path(sluis.sandbox.home) / "drops" / "sluis" / "2026-11.csv", (1, 1))
    with pytest.raises(SettingsError, match=r"of another kind than \.xlsx"):
        sluis("hours")
    os.utime(Path(sluis.sandbox.home) / "drops" / "sluis" / name, (0, 0))
    assert sluis("hours")["delivered"] == 9


def test_a_period_that_no_file_speaks_of_stays_as_it_is(sluis: Crossing) -> None:
    sluis("hours")
    drop(sluis, timesheet([(11, "02-12-2026", "UREN", "8", "")]))
    books = sluis("hours")
    assert (books["delivered"], books["gone"], books["repeated"]) == (1, 0, 7)
    assert files(sluis).keys() == {"loket_7001_2026_11.csv", "loket_7001_2026_12.csv", "loket_7002_2026_12.csv"}
    assert files(sluis)["loket_7001_2026_11.csv"] == NOVEMBER


def test_of_several_files_the_newest_counts_or_all_add_up(sluis: Crossing) -> None:
    import os

    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "8", "")]))
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "7", "")]), "later.csv")
    os.utime(Path(sluis.sandbox.home) / "drops" / "sluis" / "2026-11.csv", (1, 1))
    books = sluis("hours")
    assert (books["delivered"], books["filtered"]) == (1, 1)
    assert "1 of files of which a newer one has the same period" in books["message"]
    assert files(sluis)["loket_7001_2026_11.csv"].endswith(b"7001;11;1;20;7\r\n")
    sluis.configure(hours={"several_files": "all"})
    assert sluis("hours")["delivered"] == 2
    assert files(sluis)["loket_7001_2026_11.csv"].endswith(b"7001;11;1;20;15\r\n")


def test_a_component_that_is_not_mapped_is_left_out_and_counted(sluis: Crossing) -> None:
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "8", ""), *[(11, "02-11-2026", "VREEMD", "1", "")] * 3]))
    books = sluis("hours")
    assert (books["read"], books["delivered"], books["filtered"], books["rejected"]) == (4, 1, 3, 0)
    assert "3 of 1 components that hours.components does not list" in books["message"]
    assert "VREEMD" not in books["message"]  # a column that was mapped wrongly may hold anything


WRONG: list[tuple[tuple[Any, ...], str, str]] = [
    ((99, "02-11-2026", "UREN", "8", ""), "unknown_payroll_number", "Personeelsnummer"),
    (("", "02-11-2026", "UREN", "8", ""), "missing_value", "Personeelsnummer"),
    ((11, "02-11-2026", "ONBEKEND", "8", ""), "unknown_component", "Component"),
    ((11, "02-11-2026", "ZIEK", "8", ""), "blocked_component", "Component"),
    ((11, "02-11-2026", "", "8", ""), "missing_value", "Component"),
    ((11, "02-11-2026", "UREN", "1000", ""), "out_of_range", "value"),
    ((11, "02-11-2026", "UREN", "-1", ""), "out_of_range", "value"),
    ((11, "02-11-2026", "UREN", "8.5", ""), "not_a_number", "Aantal"),
    ((11, "02-11-2026", "UREN", "acht", ""), "not_a_number", "Aantal"),
    ((11, "02-11-2026", "UREN", "", ""), "missing_value", "Aantal"),
    ((11, "31-11-2026", "UREN", "8", ""), "impossible_date", "Datum"),
    ((11, "02-11-2029", "UREN", "8", ""), "unknown_period", "Datum"),
    ((11, "02-01-2028", "UREN", "8", ""), "test_year", "Datum"),
    ((11, "02-11-2026", "UREN", "8", "Bakkerij"), "unknown_unit", "Afdeling"),
    ((11, "02-11-2026", "UREN", "8", "Nergens"), "unknown_unit", "Afdeling"),
]


def test_a_bad_row_is_a_reject_and_the_rest_goes_on(sluis: Crossing) -> None:
    from veerpont.desk import lists

    sluis.configure(hours={"components": {"UREN": 1, "ONBEKEND": 999, "ZIEK": 20}, "departments": {"Nergens": "99"}})
    whose = changes.job(provider(sluis), 1001).id.upper()
    for row, reason, field in WRONG:
        drop(sluis, timesheet([row, (12, "02-11-2026", "UREN", "8", "")]))
        job, transformed = sluis.until_load("hours")
        (found,) = read_problems(job.vault, transformed.problems)
        assert (found.problem.reason, found.problem.field, transformed.items.items) == (reason, field, 1), row
        assert found.key.startswith("row:") or found.key.split("/")[0] == whose, row
    load(job, transformed)
    books = sluis.books("hours")
    assert (books["read"], books["delivered"], books["rejected"]) == (2, 1, 1)
    (reject,) = lists.list_rejects(sluis.ledger, "sluis", "hours", "open")
    assert (reject["key"], reject["reason"], reject["field"]) == (found.key, *WRONG[-1][1:])


def test_two_employments_with_one_number_are_a_reject_unless_the_row_names_the_administration(sluis: Crossing) -> None:
    changes.job(provider(sluis), 1004, at=1).content["payrollId"] = 11
    sluis("hours")
    assert set(sluis.rejects("hours").values()) == {"duplicate_payroll_number", "unknown_payroll_number"}
    assert b";11;" not in files(sluis)["loket_7001_2026_11.csv"]
    columns = {"number": "Nr", "administration": "Adm", "period": "Periode", "code": "Component", "value": "Aantal"}
    sluis.configure(hours={"columns": columns})
    drop(sluis, b"Nr;Adm;Periode;Component;Aantal\n11;7001;2026-11;UREN;8\n11;7002;2026-12;UREN;6\n")
    sluis("hours")
    assert sluis.rejects("hours") == {}
    assert b"7001;11;1;20;8;\r\n" in files(sluis)["loket_7001_2026_11.csv"]
    assert files(sluis)["loket_7002_2026_12.csv"].endswith(b"7002;11;1;40;6\r\n")


def test_a_bad_value_keeps_what_the_payroll_was_told_of_that_employment(sluis: Crossing) -> None:
    sluis("hours")
    rest = [(12, "03-11-2026", "UREN", "76", ""), (18, "05-11-2026", "UREN", "7,75", "Kantine")]
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "x", ""), *rest]))
    sluis("hours")
    assert files(sluis)["loket_7001_2026_11.csv"].splitlines()[1:3] == [b"7001;11;1;20;80;4,5;", b"7001;12;1;20;76;;0"]


def test_a_row_that_does_not_say_when_takes_nothing_out(sluis: Crossing) -> None:
    sluis("hours")
    drop(sluis, timesheet([(11, "02-13-2026", "UREN", "80", ""), (12, "03-11-2026", "UREN", "76", "")]))
    sluis("hours")
    assert list(sluis.rejects("hours").values()) == ["impossible_date"]
    assert b"7001;11;1;20;80;4,5;" in files(sluis)["loket_7001_2026_11.csv"]


class TestAPeriodThatIsPaid:
    @pytest.fixture
    def paid(self, sluis: Crossing) -> Crossing:
        """November was sent, and its payroll run approved since."""
        sluis("hours")
        for employer in provider(sluis).employers:
            for administration in employer.administrations:
                for period in administration.periods:
                    period["hasApprovedPayrollRun"] |= period["id"] in {202611, 202612}
        return sluis

    def test_is_refused_when_it_is_asked_for(self, paid: Crossing) -> None:
        job = open_job(Flow.HOURS, "sluis", "asked", print, period=(2026, 11))
        with pytest.raises(
            SettingsError, match="period 11 of 2026 of administration 7001: its payroll run is approved"
        ):
            extract(job)

    def test_takes_no_change_and_says_so(self, paid: Crossing) -> None:
        assert paid("hours")["unchanged"] == 9
        drop(paid, timesheet([(11, "02-11-2026", "UREN", "81", ""), (12, "03-11-2026", "UREN", "76,25", "")]))
        books = paid("hours")
        assert (books["rejected"], books["unchanged"], books["gone"]) == (1, 1, 0)
        assert list(paid.rejects("hours").values()) == ["period_closed"]
        assert files(paid)["loket_7001_2026_11.csv"] == NOVEMBER


def test_only_the_period_that_is_asked_for(sluis: Crossing) -> None:
    rows = [
        (11, "02-11-2026", "UREN", "8", ""),
        (11, "02-12-2026", "UREN", "8", ""),
        (11, "02-03-2024", "UREN", "8", ""),
    ]
    drop(sluis, timesheet(rows))
    found = extract(open_job(Flow.HOURS, "sluis", "asked", print, period=(2026, 12)))
    assert (found.read, found.filtered, found.rows.items) == (3, 2, 1)
    books = sluis("hours")
    assert (books["delivered"], books["filtered"]) == (2, 1)
    assert "1 of periods that ended more than hours.months ago" in books["message"]


def test_a_workbook_has_the_same_hours(sluis: Crossing) -> None:
    from datetime import datetime

    book = openpyxl.Workbook()
    for row in (
        ["Personeelsnummer", "Datum", "Component", "Aantal", "Afdeling"],
        [11, datetime(2026, 11, 2), "UREN", 76.25, None],  # noqa: DTZ001 -- a cell has no zone
        [12, "2026-11-02", "UREN", 7.5999999999999979, "Techniek"],
    ):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    (Path(sluis.sandbox.home) / "drops" / "sluis" / "2026-11.csv").unlink()
    drop(sluis, content.getvalue(), "uren.XLSX")
    drop(sluis, b"still being written", "uren.csv.part")
    sluis("hours")
    assert files(sluis)["loket_7001_2026_11.csv"].splitlines()[1:] == [b"7001;11;1;20;76,25", b"7001;12;1;30;7,6"]


def test_without_units_the_column_is_not_there(sluis: Crossing) -> None:
    sluis.configure(hours={"unit": "none", "client_numbers": {"7001": "555"}})
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "7,333", ""), (11, "03-11-2026", "UREN", "0,332", "")]))
    sluis("hours")
    assert files(sluis) == {"loket_555_2026_11.csv": b"aanslnr;persnr;ploeg;1\r\n555;11;1;7,67\r\n"}


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"address": "file:///nowhere/at/all"}, "no such folder"),
        ({"address": "strange://bucket"}, "not installed"),
        ({"columns": {"number": "Nummer", "date": "Datum", "code": "Component", "value": "Aantal"}}, "Nummer"),
        ({"unit": None}, "hours.unit is missing"),
        ({"several_files": None}, "hours.several_files is missing"),
        ({"unit": "cost_centre"}, "takes hours.delivery: api"),
        ({"connection": "sftp_x"}, "one of the two"),
    ],
)
def test_what_is_missing_is_said_before_people_are_read(sluis: Crossing, hours: dict[str, Any], words: str) -> None:
    sluis.configure(hours=hours)
    with pytest.raises(SettingsError, match=words):
        sluis("hours")


def test_a_preview_says_what_would_go_and_nothing_does(sluis: Crossing) -> None:
    found = preview("sluis", Flow.HOURS, lambda _: None)
    (portal,) = found.portals
    assert (portal.counts["delivered"], len(portal.new["20001"])) == (9, 7)
    assert sluis.deliveries("hours") == []
    sluis("hours")
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "81", "")]))
    (portal,) = preview("sluis", Flow.HOURS, lambda _: None).portals
    assert portal.held == [{"reasons": ["many_gone"], "records": 0, "gone": 5}]
    assert len(sluis.deliveries("hours")) == 2


def test_nothing_personal_outside_the_vault(sluis: Crossing, caplog: pytest.LogCaptureFixture) -> None:
    drop(
        sluis,
        timesheet([(87654, "02-11-2026", "UREN", "8", ""), (11, "02-11-2026", "UREN", "123,45", "")]),
        "Jansen.csv",
    )
    sluis("hours")
    for text in ("87654", "123.45", "123,45", "Jansen", "Vries"):
        assert not sluis.in_ledger(text)
        assert text not in caplog.text
        assert not any(text in note for note in sluis.notes)
    assert sluis.stored("87654") == []
    assert sluis.stored("Vries") == []
    assert sluis.stored("123,45") != []


def test_killed_between_two_files_the_next_run_has_both(sluis: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    from veerpont.systems.loket.hours_portal.portal import LoketHours

    delivered: list[str] = []

    def dies(self: object, integration: object, flow: object, name: str, content: bytes) -> list[Any]:
        delivered.append(name)
        if len(delivered) == 2:
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(LoketHours, "deliver", dies)
    with pytest.raises(KeyboardInterrupt):
        sluis("hours")
    states = {row["name"]: row["state"] for row in sluis.deliveries("hours")}
    assert states == {"loket_7001_2026_11.csv": "delivered", "loket_7002_2026_12.csv": "prepared"}
    assert sluis("hours")["unchanged"] == 9
    assert [row["state"] for row in sluis.deliveries("hours")] == ["delivered", "delivered"]


def test_a_large_customer_takes_a_few_calls(make: Make) -> None:
    kanaal = make("kanaal", people=400)
    kanaal.first_night("employers")
    kanaal.sandbox.loket.requests.clear()
    books = kanaal("hours")
    assert (books["read"], books["delivered"] + books["rejected"]) == (200, 200)
    assert set(kanaal.rejects("hours").values()) <= {"missing_value"}  # who has left is on no unit any more
    assert len(files(kanaal)) == 2
    assert sum(dict(kanaal.sandbox.loket.counts()).values()) < 25
