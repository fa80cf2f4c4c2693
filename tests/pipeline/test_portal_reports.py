"""The portal's report of a file: what it rejects waits at the desk with its words, and the rest is confirmed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from crossings import After, Crossing, guid
from forgetting import by_jo
from illness import at
from proving import every_other
from reported import TEXT, night, read, rejected, report, sent, told, with_reports
from sqlalchemy import update

from veerpont.model.failures import PassingError
from veerpont.pipeline.load import load
from veerpont.pipeline.reports.take import intake, take
from veerpont.pipeline.trail.trace import trace
from veerpont.store import deliveries, kinds, rejects
from veerpont.store.leases import lease
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery

pytest_plugins = ["at_noon"]

ANNA, KEYS = guid(1), ("1001", "1003", "1004")


@pytest.fixture
def reporting(known: Crossing) -> Crossing:
    """Veerhuis after a first night, with a portal that reports."""
    return with_reports(known)


def change_one(known: Crossing) -> None:
    change(with_reports(known), "1001")
    night(known, "employees", 22)


@pytest.fixture
def changed(after: After) -> Crossing:
    """The name of 1001 changed, and a file with that has gone to a portal that reports."""
    return after(change_one)


def change(known: Crossing, *numbers: str, name: str = "Nieuwenhuis") -> None:
    for number in numbers:
        known.change(number, Achternaam=name)


def bring(known: Crossing, content: bytes, by: str = "Jo") -> Any:
    return take(intake(known.name, by), content)


class TestRejected:
    def test_three_lines_wait_with_the_portals_words_and_close_when_they_pass(self, reporting: Crossing) -> None:
        """Three rejects with the portal's words; no file before the night; then all three pass and close."""
        known = reporting
        known.sandbox.faults.add("reject_lines", keys=list(KEYS), value=TEXT)
        change(known, *KEYS)
        books = night(known, "employees", 22)
        assert books["rejected"] == 0, "the books are as they were when the file went"
        assert sent(known, "employees")["state"] == "delivered"
        (said,) = read(known)
        assert "3 rows were rejected, 3 records wait" in said
        found = rejected(known)
        assert len(found) == 3
        assert {(row["stage"], row["reason"], row["field"]) for row in found.values()} == {
            ("export", "portal_rejected", "geweigerd")
        }
        (detail,) = {row["detail"] for row in found.values()}
        assert detail == (
            "The portal says: Medewerker [first_name] [last_name], geboren [birth_date]: Personeelsnummer "
            "[personnel_number] is geblokkeerd."
        )
        delivery = sent(known, "employees")
        assert (delivery["state"], delivery["rejected"]) == ("confirmed", 3)

        books = known.at("2026-11-23T10:00")("employees")
        assert (books["rejected"], books["delivered"]) == (5, 0), "two of them have two rows at the source"
        assert len(known.files("employees")) == 2
        assert {row["attempts"] for row in rejected(known).values()} == {1}

        known.sandbox.faults.clear()
        assert night(known, "employees", 23)["delivered"] == 5
        assert rejected(known) == {}
        assert {row["attempts"] for row in rejected(known, state="closed").values()} == {1}
        read(known)
        assert (sent(known, "employees")["state"], sent(known, "employees")["rejected"]) == ("confirmed", 0)
        assert known.employments()["01/1001/1"].values["last_name"] == "Nieuwenhuis"

    def test_where_it_went_says_that_the_portal_rejected_it(self, reporting: Crossing) -> None:
        """The trace has the delivery that was rejected; what the portal was told last is of the one before."""
        known = reporting
        before = sent(known, "employees")["id"]
        known.sandbox.faults.add("reject_lines", keys=["1001"])
        change(known, "1001")
        night(known, "employees", 22)
        read(known)
        (record,) = [each for each in trace(ANNA, known.name)["records"] if each["flow"] == "employees"]
        assert [each["event"] for each in record["events"]][-3:] == ["changed", "reject opened", "refused"]
        assert [each["delivery"] for each in record["portals"]] == [before]
        assert record["reject"]["reason"] == "portal_rejected"

    def test_rejected_again_is_the_same_reject(self, reporting: Crossing) -> None:
        """A second night of no: the reject opens again with its first day, and one attempt more."""
        known = reporting
        known.sandbox.faults.add("reject_lines", keys=["1001"])
        change(known, "1001")
        night(known, "employees", 22)
        read(known)
        first = rejected(known)[ANNA]
        night(known, "employees", 23)
        assert rejected(known) == {}
        read(known)
        again = rejected(known)[ANNA]
        assert (again["first_seen"], again["attempts"]) == (first["first_seen"], 2)

    def test_what_the_portal_was_told_before_is_in_every_file_until_then(self, reporting: Crossing) -> None:
        """A line that was rejected is never left out of a complete file: the portal would end the employment."""
        known = reporting
        known.sandbox.faults.add("reject_lines", keys=["1001"])
        change(known, "1001")
        night(known, "employees", 22)
        read(known)
        assert "01/1001/1" not in known.employments(), "the sandbox takes a rejected line to be undelivered"
        known.sandbox.faults.clear()
        change(known, "1003")
        books = known.at("2026-11-23T10:00")("employees")
        assert (books["rejected"], books["repeated"]) == (2, 1)
        assert known.employments()["01/1001/1"].values["last_name"] == "Vries"

    def test_a_new_line_that_was_rejected_was_never_told(self, reporting: Crossing) -> None:
        known = reporting
        rows = [row for row in known.source("employees") if row["Personeelsnummer"] == "1004"]
        new = [row | {"Personeelsnummer": "1099", "GUID": f"{{{guid(99)}}}"} for row in rows]
        known.sandbox.afas.insert("veerhuis", "Newdays_Connect_Medewerker_Gegevens_v1", new)
        known.sandbox.faults.add("reject_lines", keys=["1099"])
        night(known, "employees", 22)
        assert guid(99) in told(known, "employees")
        read(known)
        assert guid(99) not in told(known, "employees")
        assert list(rejected(known)) == [guid(99)]

    def test_an_unchanged_line_that_is_rejected_is_sent_again_at_night(self, reporting: Crossing) -> None:
        """It is as the portal accepted it once; it stays in every file, and waits, and the night tries it."""
        known = reporting
        known.sandbox.faults.add("reject_lines", keys=["1004"])
        change(known, "1001")
        night(known, "employees", 22)
        read(known)
        key = guid(4)
        assert list(rejected(known)) == [key]
        assert key in told(known, "employees")
        assert known.at("2026-11-23T10:00")("employees")["rejected"] == 1
        known.sandbox.faults.clear()
        assert night(known, "employees", 23)["delivered"] == 1
        assert rejected(known) == {}
        assert "01/1004/1" in known.employments()
        assert night(known, "employees", 24)["delivered"] == 0

    def test_somebody_may_ask_for_another_try_at_once(self, reporting: Crossing) -> None:
        known = reporting
        known.sandbox.faults.add("reject_lines", keys=["1001"], times=1)
        change(known, "1001")
        night(known, "employees", 22)
        read(known)
        with known.ledger.session() as session:
            rejects.retry(session, rejects.RejectFilter(known.name, "employees", key=ANNA), "Jo")
        assert known.at("2026-11-23T10:00")("employees")["delivered"] == 2
        assert rejected(known) == {}

    def test_an_absence_line_is_its_case_and_every_run_tries_it(self, ill: Crossing) -> None:
        known = with_reports(ill)
        case = known.book.open("0109", date(2026, 11, 23), at=at("2026-11-23"))
        known.sandbox.faults.add("reject_lines", keys=["0109"], times=1)
        known.at("2026-11-23T10:00")("absence")
        read(known)
        assert rejected(known, "absence")[case.strip("{}")]["reason"] == "portal_rejected"
        known.at("2026-11-23T11:00")("absence")
        assert "portal_rejected" not in known.rejects("absence").values()
        assert known.periods() == known.truth()


class TestConfirmed:
    def test_a_clean_report_confirms_and_is_not_taken_twice(self, changed: Crossing) -> None:
        assert len(read(changed)) == 1
        assert sent(changed, "employees")["state"] == "confirmed"
        assert read(changed) == []
        files = {path.name for path in (changed.sandbox.portal.accounts["veerhuis"].root / "Rapporten").iterdir()}
        assert len(files) == 1, "nothing is taken out of the folder"

    def test_the_next_file_need_not_wait_for_the_portal_any_more(self, reporting: Crossing) -> None:
        """Once the report is there the portal has read the file: a scheduled run sends the next one at once."""
        known = reporting
        with known.ledger.session() as session:  # the first night was long ago
            session.execute(update(Delivery).values(at=datetime(2025, 1, 1, tzinfo=UTC)))
        change(known, "1001")
        known("employees")
        change(known, "1003")
        job, transformed = known.until_load("employees")
        unattended = replace(job, unattended=True)
        with pytest.raises(PassingError, match="still has the last file"):
            load(unattended, transformed)
        read(known)
        assert load(unattended, transformed)["xpert_suite"]["delivered"] == 2

    def test_brought_by_a_person_and_again(self, reporting: Crossing) -> None:
        known = reporting
        change(known, "1001", "1003")
        night(known, "employees", 22)
        name = sent(known, "employees")["name"]
        content = report(name, ("", "01/1001/1", "Uitval", "X1", "Nee."), ("", "", "Meldingen", "", "Klaar."))
        assert bring(known, content).result == "confirmed"
        before = rejected(known)
        assert bring(known, content).result == "repeated"
        assert rejected(known) == before
        with known.ledger.session() as session:
            row = session.get_one(Delivery, sent(known, "employees")["id"])
            assert [(each.decision, each.by) for each in deliveries.decisions(session, row)] == [("report", "Jo")]

    def test_a_file_that_was_never_sent(self, reporting: Crossing) -> None:
        result = bring(reporting, report("employees_00000099_0123456789ab.xlsx", (2, "", "Uitval", "", "Nee.")))
        assert (result.result, result.rejected) == ("unknown", 1)
        assert rejected(reporting) == {}

    def test_a_report_of_before_reports_were_read_comes_too_late(self, reporting: Crossing) -> None:
        name = sent(reporting, "employees")["name"]
        result = bring(reporting, report(name, (2, "", "Uitval", "", "Nee.")))
        assert result.result == "superseded"
        assert (rejected(reporting), sent(reporting, "employees")["state"]) == ({}, "delivered")

    def test_an_older_report_only_speaks_of_lines_that_are_still_as_they_were_sent(self, reporting: Crossing) -> None:
        known = reporting
        change(known, "1001", "1003")
        known("employees")
        older = sent(known, "employees")["name"]
        change(known, "1001", name="Anders")
        known("employees")
        rows = [("", key, "Uitval", "", "Nee.") for key in ("01/1001/1", "01/1003/1")]
        result = bring(known, report(older, *rows))
        assert (result.result, result.rejected, result.rejects) == ("confirmed", 2, 1)
        assert list(rejected(known)) == [guid(3)]
        assert [row["state"] for row in known.deliveries("employees")][:2] == ["delivered", "confirmed"]
        assert bring(known, report(sent(known, "employees")["name"], *rows)).rejects == 1
        assert set(rejected(known)) == {ANNA, guid(3)}

    def test_while_the_flow_is_loaded_nothing_is_taken(self, reporting: Crossing) -> None:
        known = reporting
        change(known, "1001")
        known("employees")
        content = report(sent(known, "employees")["name"], ("", "01/1001/1", "Uitval", "", "Nee."))
        impatient = replace(intake(known.name, "Jo"), wait=timedelta())
        with lease(known.ledger, "load:veerhuis:employees"), pytest.raises(PassingError):
            take(impatient, content)
        assert take(impatient, content).result == "confirmed"

    def test_without_reports_nothing_is_kept_for_them_any_more(self, reporting: Crossing) -> None:
        known = reporting
        kept = known.home / "vault" / "veerhuis" / "employees" / "xpert_suite" / "snapshots"
        change(known, "1001")
        known("employees")
        assert len(list(kept.iterdir())) == 2
        known.configure(xpert_suite={"report": None})
        change(known, "1003")
        known("employees")
        assert len(list(kept.iterdir())) == 1

    def test_what_waits_for_another_reason_keeps_it(self, reporting: Crossing) -> None:
        """The old line goes along while the new one waits; the portal's no to it changes nothing about the question."""
        known = reporting
        known.change("1004", Personeelsnummer="1044")
        change(known, "1001")
        night(known, "employees", 22)
        assert known.rejects("employees") == {guid(4): "portal_key_changed"}
        name = sent(known, "employees")["name"]
        assert bring(known, report(name, ("", "01/1004/1", "Uitval", "", "Nee."))).rejects == 1
        assert known.rejects("employees") == {guid(4): "portal_key_changed"}


class TestUnclear:
    @pytest.mark.parametrize(
        "row",
        every_other([
            (99, "", "Uitval", "", "Nee."),  # no such row
            ("", "01/7777/1", "Uitval", "", "Nee."),  # no such key
            ("", "01", "Uitval", "", "Nee."),  # everybody of employer 01
            (3, "01/7777/1", "Uitval", "", "Nee."),  # the row is another one's
        ]),
    )
    def test_rejected_rows_that_name_no_line_are_not_lost(self, changed: Crossing, row: tuple[object, ...]) -> None:
        """One reject about the delivery, which stays until a later file was accepted."""
        delivery = sent(changed, "employees")
        result = bring(changed, report(delivery["name"], row))
        assert (result.rejects, result.unmatched) == (0, 1)
        key = f"delivery:{delivery['id']}"
        assert rejected(changed)[key]["reason"] == "report_unmatched"
        night(changed, "employees", 23)
        assert list(rejected(changed)) == [key], "a run that sends nothing says nothing of it"
        change(changed, "1003")
        night(changed, "employees", 24)
        assert rejected(changed) == {}

    def test_by_the_number_of_the_row(self, reporting: Crossing) -> None:
        """Row 2 of the file is the first line of what was rendered, wherever a report begins to count."""
        known = with_reports(reporting, first_line=1)
        change(known, "1001")
        night(known, "employees", 22)
        first = sorted(known.employments())[0].split("/")[1]
        bring(known, report(sent(known, "employees")["name"], (1, f"01/{first}/1", "Uitval", "", "Nee.")))
        assert len(rejected(known)) == 1

    def test_numbers_of_rows_mean_nothing_once_somebody_in_the_file_was_forgotten(self, reporting: Crossing) -> None:
        """The rows after theirs moved up: a number alone would blame the next one. Keys still tell."""
        known = reporting
        change(known, "1003")
        night(known, "employees", 22)
        delivery = sent(known, "employees")
        assert by_jo(known)["done"]
        rows = [(4, "", "Uitval", "", "Nee."), (4, "01/1003/1", "Uitval", "", "Nee.")]
        result = bring(known, report(delivery["name"], *rows))
        assert (result.result, result.rejects, result.unmatched) == ("confirmed", 1, 1)
        assert set(rejected(known)) >= {guid(3), f"delivery:{delivery['id']}"}

    def test_a_refused_file_is_not_confirmed_because_somebody_in_it_was_forgotten(self, reporting: Crossing) -> None:
        """Its message names no row and no key, so there is no number that could have moved."""
        known = reporting
        change(known, "1003")
        night(known, "employees", 22)
        assert by_jo(known)["done"]
        name = sent(known, "employees")["name"]
        assert bring(known, report(name, ("", "", "Uitval", "bestand", "Kolom ontbreekt."))).result == "refused"

    def test_two_files_refused_one_after_the_other_take_back_what_both_said(self, changed: Crossing) -> None:
        """What the portal was told before the second is not what the first one said, for it was refused as well."""
        first = sent(changed, "employees")["name"]
        change(changed, "1003")
        night(changed, "employees", 23)
        second = sent(changed, "employees")["name"]
        for name in (first, second):
            assert bring(changed, report(name, ("", "", "Uitval", "bestand", "Kolom ontbreekt."))).result == "refused"
        with changed.ledger.session() as session:
            snapshot = deliveries.pointer(session, Scope(changed.name, "employees", "xpert_suite"), kinds.SNAPSHOTS)
        assert snapshot is not None
        assert not any(b"Nieuwenhuis" in line for line in changed.vault.read(snapshot))

    @pytest.mark.parametrize("line", ["", 0])
    def test_a_file_that_the_portal_refused_as_a_whole_is_sent_again(self, changed: Crossing, line: object) -> None:
        delivery = sent(changed, "employees")
        text = "Verplichte kolom ontbreekt: last_name."
        assert bring(changed, report(delivery["name"], (line, "", "Uitval", "bestand", text))).result == "refused"
        (row,) = rejected(changed).values()
        assert (row["key"], row["reason"]) == (f"delivery:{delivery['id']}", "file_rejected")
        assert text in row["detail"]
        assert sent(changed, "employees")["state"] == "refused"
        assert night(changed, "employees", 23)["delivered"] == 2
        assert rejected(changed) == {}
