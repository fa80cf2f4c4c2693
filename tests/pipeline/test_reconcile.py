"""`veerpont compare`: what the portal has that we never told, what we told that it has not, what differs."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import ready_ledgers
from crossings import Crossing, guid
from exports import Row, changed, export, told
from proving import in_turn
from sqlalchemy import select
from test_absence_window import run as first_absence
from test_preview import everything

from veerpont.cli import main
from veerpont.store.tables import Decision

pytest_plugins = ["at_noon"]

STRANGER = {"personnel_number": "7777", "last_name": "Onbekend", "external_id": "", "bsn": ""}
ZERO = {"same": 0, "differs": 0, "only_there": 0, "only_ours": 0, "columns": {}}


@pytest.fixture
def veerpont(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command; returns its exit code and what it printed."""

    def run(*words: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["veerpont", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def compared(veerpont: Any, *words: str | Path) -> dict[str, Any]:
    """Compare, and return the document and with it the exit code."""
    code, printed = veerpont("compare", *words, "--json")
    found: dict[str, Any] = json.loads(printed)
    assert "error" not in found, found
    differs = any(each["differs"] + each["only_there"] + each["only_ours"] for each in found["employers"].values())
    assert code == int(differs or bool(found["unusable"]))
    return found


def of(rows: list[Row], number: str) -> Row:
    return next(row for row in rows if row["personnel_number"] == number)


class TestWithWhatWasTold:
    @pytest.mark.parametrize(
        ("flow", "name"), in_turn(["employers", "organigram", "employees"], ["export.csv", "export.xlsx"])
    )
    def test_an_export_of_just_that_is_the_same(self, known: Crossing, veerpont: Any, flow: str, name: str) -> None:
        """Every form of file, every flow: nothing differs, and nothing is changed by looking."""
        file = export(known, told(known, flow), name)
        before = everything(known)
        found = compared(veerpont, "veerhuis", flow, file)
        assert everything(known) == before
        assert (found["against"], found["dropped"], found["unusable"], found["foreign"]) == ("told", {}, [], [])
        assert set(found["employers"]) == {"01", "02"}
        assert sum(each["same"] for each in found["employers"].values()) == found["lines"] > 0

    def test_what_differs_is_counted_by_employer_and_column(self, known: Crossing, veerpont: Any) -> None:
        """One never told, one that it has not, one that differs; a spelling of a day or a number is no difference."""
        rows = told(known, "employees")
        of(rows, "1003")["last_name"] = "Anders"
        year, month, day = of(rows, "1004")["birth_date"].split("-")
        of(rows, "1004")["birth_date"] = f"{day}-{month}-{year}"
        of(rows, "1004")["fte"] = f"{of(rows, '1004')['fte']},00"
        rows = [row for row in rows if row["personnel_number"] != "1001"]
        rows.append(of(rows, "1003") | STRANGER)
        rows += [of(rows, "1003") | STRANGER | {"employer_code": code} for code in ("04", "99", "98")]
        found = compared(veerpont, "veerhuis", "employees", export(known, rows))
        assert found["employers"]["01"] == {
            "same": 5, "differs": 1, "only_there": 1, "only_ours": 1, "columns": {"last_name": 1},
        }  # fmt: skip
        assert found["employers"].keys() == {"01", "02"}
        assert found["dropped"] == {"04": 1, "": 2}
        assert found["keys"] is None

    def test_which_lines_is_an_export_that_is_kept(self, known: Crossing, veerpont: Any) -> None:
        """Rows and record keys only for whoever says who they are; no value even then."""
        rows = told(known, "employees")
        of(rows, "1003")["last_name"] = "Anders"
        rows.append(of(rows, "1004") | STRANGER)
        file = export(known, rows)
        found = compared(veerpont, "veerhuis", "employees", file, "--by", "Jo")
        at = rows.index(of(rows, "1003")) + 2
        assert found["keys"] == [
            {"what": "differs", "employer": "01", "row": at, "other_row": 0, "key": guid(3), "columns": ["last_name"]},
            {"what": "only_there", "employer": "01", "row": len(rows) + 1, "other_row": 0, "key": "", "columns": []},
        ]
        with known.ledger.session() as session:
            kept = session.scalars(select(Decision).where(Decision.decision == "export")).all()
        assert [(each.subject, each.by) for each in kept] == [("compare employees xpert_suite", "Jo")]
        code, printed = veerpont("compare", "veerhuis", "employees", file, "--by", "Jo")
        assert code == 1
        assert f"differs, employer 01, row {at}, key {guid(3)}: last_name" in printed
        assert not any(text in printed + json.dumps(found) for text in ("7777", "Onbekend", "Anders"))
        assert veerpont("compare", "veerhuis", "employees", file, "--by", " ")[0] == 1

    def test_a_column_that_is_not_ours_and_one_that_is_missing(self, known: Crossing, veerpont: Any) -> None:
        """The rest is compared; columns are told by their place, for a title may hold anything."""
        rows = [{"Pasnummer": "12", **row} for row in told(known, "employees")]
        for row in rows:
            del row["city"]
        found = compared(veerpont, "veerhuis", "employees", export(known, rows))
        assert (found["foreign"], found["lacking"]) == ([1], ["city"])
        assert [each["differs"] for each in found["employers"].values()] == [0, 0]

    def test_rows_without_a_key_are_told(self, known: Crossing, veerpont: Any) -> None:
        rows = changed(told(known, "employees"), lambda row: row["personnel_number"] == "1003", personnel_number="")
        found = compared(veerpont, "veerhuis", "employees", export(known, rows))
        assert len(found["unusable"]) == 1
        assert found["employers"]["01"]["only_ours"] == 1


class TestAbsence:
    def test_a_case_with_another_key_is_matched_by_person_first_day_and_protocol(
        self, known: Crossing, veerpont: Any
    ) -> None:
        """The link before may have told its own ids, or none; periods that touch are one case."""
        first_absence(known)
        rows = told(known, "absence")
        cases = {row["TrajectId"] for row in rows}
        ours, *_ = sorted(cases)
        rows = changed(rows, lambda row: row["TrajectId"] == ours, TrajectId="{other-1}")
        found = compared(veerpont, "veerhuis", "absence", export(known, rows))
        assert found["by_second"] == 1
        assert sum(each["same"] + each["differs"] for each in found["employers"].values()) == len(cases)
        assert sum(each["only_there"] + each["only_ours"] for each in found["employers"].values()) == 0
        rows = changed(rows, lambda _: True, TrajectId="", TrajectVerloopId="")
        found = compared(veerpont, "veerhuis", "absence", export(known, rows))
        assert found["by_second"] == len(cases)

    def test_a_case_that_ended_before_the_window_is_nobodys_work(self, known: Crossing, veerpont: Any) -> None:
        """The portal keeps it whatever a file says; one inside is only there."""
        first_absence(known)
        rows = told(known, "absence")
        some = next(row for row in rows if row["Personeelsnummer"] == "1001") | {"TrajectId": "X-1"}
        old = some | {"StartdatumTrajectVerloop": "2020-01-06", "EinddatumTrajectVerloop": "2020-01-10"}
        new = old | {"StartdatumTrajectVerloop": "2026-01-05", "EinddatumTrajectVerloop": "09-01-2026"}
        bad = old | {"StartdatumTrajectVerloop": "32-01-2026"}
        found = compared(veerpont, "veerhuis", "absence", export(known, [*rows, old, new | {"TrajectId": "X-2"}, bad]))
        assert (found["outside"], found["unusable"]) == (1, [len(rows) + 4])
        assert found["employers"]["01"]["only_there"] == 1


class TestBeforeTheFirstFile:
    def test_it_is_compared_with_what_would_be_sent(self, crossing: Crossing, veerpont: Any) -> None:
        """What the first file would end at the portal: people that it does not know, counted. Nothing is kept."""
        crossing.first_night("employers")
        crossing("employees")
        rows = told(crossing, "employees")
        strangers = [rows[0] | STRANGER | {"personnel_number": f"77{at:02}"} for at in range(25)]
        fresh = export(crossing, [*rows, *strangers])
        ready_ledgers.let_go()
        (crossing.home / "ledger.db").unlink()
        crossing.ledger.migrate()
        crossing.first_night("employers")
        before = everything(crossing)
        found = compared(veerpont, "veerhuis", "employees", fresh)
        assert everything(crossing) == before
        assert found["against"] == "next"
        assert found["employers"]["01"]["only_there"] == 25
        assert not any("77" in note for note in crossing.notes)


class TestTwoFiles:
    def test_the_files_of_two_links(self, known: Crossing, veerpont: Any) -> None:
        """Of any two: their own employers, by the integration's columns or by the portal's spellings."""
        rows = told(known, "employees")
        one = export(known, rows, "one.csv")
        two = export(known, changed(rows, lambda row: row["employer_code"] == "02", city="Elders"), "two.xlsx")
        for how in (["--portal", "xpert_suite"], ["--integration", "veerhuis"]):
            found = compared(veerpont, one, two, "--flow", "employees", *how)
            assert found["employers"]["02"] == ZERO | {"differs": 4, "columns": {"city": 4}}
            assert found["employers"]["01"]["differs"] == 0
        code, printed = veerpont("compare", one, two, "--flow", "employees", "--portal", "xpert_suite")
        assert code == 1
        assert "Elders" not in printed

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["veerhuis", "employees"], 2),
            (["a.csv", "b.csv"], 2),
            (["a.csv", "b.csv", "--flow", "employees", "--by", "Jo", "--portal", "xpert_suite"], 2),
            (["a.csv", "b.csv", "--flow", "employees"], 1),
            (["a.csv", "b.csv", "--flow", "employees", "--portal", "json_api"], 1),
            (["a.csv", "b.csv", "--flow", "employees", "--portal", "xpert_suite"], 1),
            (["nobody", "employees", "a.csv"], 1),
            (["veerhuis", "iban", "a.csv"], 1),
            (["veerhuis", "employees", "a.csv", "--portal", "json_api"], 1),
        ],
    )
    def test_what_cannot_be_is_refused_in_a_sentence(
        self, known: Crossing, veerpont: Any, words: list[str], code: int
    ) -> None:
        seen, printed = veerpont("compare", *words)
        assert seen == code
        assert "Traceback" not in printed

    @pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\0" * 64, b"", b"%PDF-1.7", b'a;"b\n' * 9])
    def test_a_file_that_is_none(self, known: Crossing, veerpont: Any, content: bytes) -> None:
        """It goes through the guarded reader: a sentence, and nothing of what is in it."""
        file = known.home / "export.xlsx"
        file.write_bytes(content)
        code, printed = veerpont("compare", "veerhuis", "employees", file)
        assert code == 1
        assert printed.startswith("The file")
        assert "Traceback" not in printed
        code, printed = veerpont("compare", "veerhuis", "employees", known.home)
        assert (code, "is no file" in printed.replace("\n", " ")) == (1, True)

    def test_a_portal_that_cannot_read_back_says_so(self, known: Crossing, veerpont: Any) -> None:
        code, printed = veerpont("compare", "a.csv", "b.csv", "--flow", "iban", "--portal", "json_api")
        assert code == 1
        assert "json_api cannot read a file of its own back" in printed
        assert "xpert_suite" in printed
