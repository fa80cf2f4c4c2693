"""The folder Verzuim takes complete absence histories as docs/reference/xpert-suite.md, 2.4 and 4 say."""

import json
from datetime import date

import pytest
from sandbox_clients import Sender, table

from veerpont_sandbox.customers import customer
from veerpont_sandbox.portal.account import Account
from veerpont_sandbox.portal.state import Report, Traject

# The portal's date in these tests is 2026-11-22: its window begins on 2024-11-22.
HEADER = (
    "WerkgeverCode Personeelsnummer Protocol TrajectId TrajectVerloopId StartdatumTrajectVerloop "
    "EinddatumTrajectVerloop VerzuimOorzaak Verzuimpercentage BevallingsDatumVermoedelijk BevallingsDatumFeitelijk"
)
OPEN = "-"


def ill(
    start: str,
    end: str = OPEN,
    percent: str = "100",
    *,
    person: str = "1001",
    employer: str = "01",
    ids: str = "- -",
    cause: str = "12",
) -> str:
    return f"{employer} {person} Ziekte {ids} {start} {end} {cause} {percent}"


def leave(start: str, end: str = OPEN, births: str = "2026-03-01 -", person: str = "1001") -> str:
    return f"01 {person} Zwangerschap - - {start} {end} 20 100 {births}"


MARCH = ill("2026-03-02", "2026-03-13")
RUNNING = ill("2026-11-02")


def codes(report: Report, level: int) -> list[str]:
    return [message.code for message in report.messages if message.level == level]


class Portal:
    """The account of veerhuis, which knows employer 01 with the people 1001 and 1002, of whom 1002 has left."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        sender.employers("01", "02")
        jan, piet = "01 1001 1 Jansen 2020-01-01 -", "01 1002 1 Pietersen 2015-01-01 2025-06-30"
        sender.employees(jan, piet, header="employment_end")

    @property
    def account(self) -> Account:
        return self.sender.sandbox.portal.accounts["veerhuis"]

    @property
    def trajects(self) -> dict[str, Traject]:
        return self.account.state.trajects

    def starts(self) -> list[str]:
        return sorted(traject.start for traject in self.trajects.values())

    def send(self, *lines: str) -> Report:
        report = self.sender.send("/Verzuim/v.csv", table(HEADER, *lines))
        assert report.status == "processed"
        assert report.lines_read == report.created + report.updated + report.unchanged + report.rejected
        return report


@pytest.fixture
def portal(sender: Sender) -> Portal:
    return Portal(sender)


class TestWhatIsKept:
    def test_each_line_is_a_period_and_touching_ones_are_one_traject(self, portal: Portal) -> None:
        report = portal.send(
            ill("2026-01-05", "2026-01-18"),
            ill("2026-01-19", "2026-01-25", "33,33"),
            ill("2026-05-01", "2026-05-08", person="1002"),
            RUNNING,
        )
        assert report.created == 4
        assert portal.account.periods() == {
            ("01", "1001", "Ziekte", "2026-01-05", "2026-01-18", "100"),
            ("01", "1001", "Ziekte", "2026-01-19", "2026-01-25", "33.33"),
            ("01", "1002", "Ziekte", "2026-05-01", "2026-05-08", "100"),
            ("01", "1001", "Ziekte", "2026-11-02", None, "100"),
        }
        assert portal.starts() == ["2026-01-05", "2026-05-01", "2026-11-02"]
        assert portal.account.counts()["absences"] == 1

    @pytest.mark.parametrize("name", ["veerhuis", "oeverland"])
    def test_what_really_happened_goes_in_and_comes_out(self, portal: Portal, name: str) -> None:
        """The truth of a customer, as a file, is taken whole."""
        book = customer(name, 300).book
        assert book
        truth = book.truth(date(2026, 11, 22))
        births = {"Ziekte": "- -", "Zwangerschap": "2026-01-01 2026-01-01"}
        people = sorted({told[:2] for told in truth})
        portal.sender.employers(*sorted({employer for employer, _ in people}))
        portal.sender.employees(*(f"{employer} {number} 1 Naam 2010-01-01" for employer, number in people))
        report = portal.send(
            *(
                f"{employer} {number} {protocol} - - {start} {end or OPEN} 12 {percent} {births[protocol]}"
                for employer, number, protocol, start, end, percent in truth
            )
        )
        assert (report.created, report.rejected) == (len(truth), 0)
        assert portal.sender.sandbox.portal.periods("veerhuis") == truth

    def test_the_order_of_the_lines_does_not_matter(self, portal: Portal) -> None:
        portal.send(ill("2026-01-19", "2026-01-25", "50"), ill("2026-01-05", "2026-01-18"))
        assert portal.starts() == ["2026-01-05"]

    def test_the_same_file_twice_changes_nothing(self, portal: Portal) -> None:
        lines = [MARCH, RUNNING, ill("2026-03-20", "2026-04-01", "40.5"), leave("2026-02-01")]
        assert portal.send(*lines).created == 4
        report = portal.send(*lines)
        assert (report.changes, report.unchanged) == (0, 4)
        assert codes(report, 2) == []

    def test_an_open_case_is_closed_and_reopened(self, portal: Portal) -> None:
        portal.send(RUNNING)
        assert portal.send(ill("2026-11-02", "2026-11-10")).updated == 1
        assert portal.account.counts()["absences"] == 0
        assert portal.send(RUNNING).updated == 1

    def test_a_second_percentage_leaves_the_first_line_as_it_was_but_for_its_end(self, portal: Portal) -> None:
        portal.send(ill("2026-10-01", "2026-10-31"), ill("2026-11-01"))
        report = portal.send(ill("2026-10-01", "2026-10-31"), ill("2026-11-01", "2026-11-14"), ill("2026-11-15"))
        assert (report.unchanged, report.updated, report.created, report.deleted) == (1, 2, 0, 0)

    def test_a_traject_that_only_loses_a_line_is_a_change(self, portal: Portal) -> None:
        portal.send(ill("2026-10-01", "2026-10-31"), ill("2026-11-01"))
        assert portal.send(ill("2026-10-01", "2026-10-31")).updated == 1

    @pytest.mark.parametrize(("start", "compound"), [("2026-04-10", True), ("2026-04-11", False)])
    def test_27_days_of_recovery_make_one_case_and_28_do_not(self, portal: Portal, start: str, compound: bool) -> None:
        report = portal.send(MARCH, ill(start, "2026-04-20"))
        assert portal.trajects[f"01/1001/Ziekte/{start}"].compound is compound
        assert ("samengesteld" in codes(report, 2)) is compound

    def test_leave_does_not_count_as_recovery(self, portal: Portal) -> None:
        births = "2026-04-20 2026-04-20"
        portal.send(MARCH, leave("2026-03-20", "2026-07-10", births), ill("2026-07-20"))
        assert portal.trajects["01/1001/Ziekte/2026-07-20"].compound

    def test_the_senders_ids_may_not_suggest_another_grouping(self, portal: Portal) -> None:
        one = ill("2026-01-05", "2026-01-18", ids="A 1"), ill("2026-01-19", "2026-01-25", ids="B 2")
        assert codes(portal.send(*one), 3) == ["andere_groepering"]
        two = ill("2026-01-05", "2026-01-18", ids="A 1"), ill("2026-01-20", "2026-01-25", ids="A 2")
        assert codes(portal.send(*two), 3) == ["andere_groepering"]
        assert codes(portal.send(ill("2026-01-05", "2026-01-18", ids="A 1")), 3) == []

    def test_what_the_portal_knows_survives_a_file_of_before(self, portal: Portal) -> None:
        old = {"employers": {"01": {"name": "x"}}, "departments": {}, "employments": {}, "files": 3}
        (portal.account.folder / "state.json").write_text(json.dumps(old))
        kept = Account(portal.account.folder, portal.account.faults)
        assert (kept.state.trajects, kept.state.users, kept.state.files) == ({}, {}, 3)


class TestRejectedLines:
    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("01 1001 Ziekte - V9 2026-05-01 - - 100", "verplicht"),
            ("01 - Ziekte - V9 2026-05-01 - 12 100", "verplicht"),
            (ill("2026-05-01", employer="-"), "verplicht"),
            (ill("2026-05-01", employer="09"), "werkgever_onbekend"),
            (ill("2026-05-01", person="1009"), "medewerker_onbekend"),
            (ill("2026-05-01", employer="02"), "medewerker_onbekend"),
            ("01 1001 ziekte - V9 2026-05-01 - 12 100", "protocol_onbekend"),
            (ill("2026-02-30"), "datum"),
            (ill("01-05-2026"), "datum"),
            (ill("2026-05-01", "2026-04-30"), "einde_voor_begin"),
            (ill("2026-05-01", percent="101"), "percentage"),
            (ill("2026-05-01", percent="-5"), "percentage"),
            (ill("2026-05-01", percent="33.333"), "percentage"),
            (ill("2026-11-23"), "toekomst"),
            (ill("2026-05-01", "2026-05-02", cause="1\x072"), "stuurteken"),
        ],
    )
    def test_a_bad_line_is_rejected_and_the_rest_goes_on(self, portal: Portal, line: str, code: str) -> None:
        report = portal.send(MARCH, line, ill("2025-05-01", "2025-05-09", person="1002"))
        assert (report.created, report.rejected, codes(report, 4)) == (2, 1, [code])
        (message,) = [message for message in report.messages if message.level == 4]
        assert message.line == 3
        assert "2026" not in f"{message.text} {message.key}"

    @pytest.mark.parametrize("percent", ["0", "100", "0.5", "99.99"])
    def test_percentages_from_0_to_100_are_taken(self, portal: Portal, percent: str) -> None:
        portal.send(ill("2026-05-01", "2026-05-02", percent))
        assert {period[-1] for period in portal.account.periods()} == {percent}

    def test_an_account_of_one_employer_does_not_need_its_code(self, portal: Portal) -> None:
        del portal.account.state.employers["02"]
        assert portal.send(ill("2026-05-01", employer="-")).created == 1
        assert list(portal.trajects) == ["01/1001/Ziekte/2026-05-01"]

    def test_lines_that_share_a_day_are_both_rejected(self, portal: Portal) -> None:
        report = portal.send(ill("2026-05-01", "2026-05-10"), ill("2026-05-10", "2026-05-12", "50"), MARCH)
        assert (report.created, codes(report, 4)) == (1, ["overlap", "overlap"])
        assert portal.starts() == ["2026-03-02"]

    def test_two_open_lines_are_both_rejected(self, portal: Portal) -> None:
        assert codes(portal.send(ill("2026-05-01"), RUNNING), 4) == ["twee_open", "twee_open"]

    def test_an_open_line_is_the_last(self, portal: Portal) -> None:
        report = portal.send(ill("2026-05-01"), ill("2026-06-01", "2026-06-05"))
        assert codes(report, 4) == ["overlap", "overlap"]

    def test_illness_and_leave_and_other_people_may_overlap(self, portal: Portal) -> None:
        assert portal.send(RUNNING, leave("2026-11-05"), ill("2026-11-02", person="1002")).created == 3

    def test_an_unknown_cause(self, portal: Portal) -> None:
        portal.account.settings.causes = {"01": ["7", "20"]}
        assert codes(portal.send(MARCH, ill("2026-05-01", cause="7")), 4) == ["oorzaak_onbekend"]
        portal.account.settings.causes = {"02": ["12"]}
        assert codes(portal.send(MARCH), 4) == ["oorzaak_onbekend"]

    def test_leave_needs_its_births(self, portal: Portal) -> None:
        assert codes(portal.send(leave("2026-02-01", births="- -")), 4) == ["verplicht"]
        assert codes(portal.send(leave("2026-02-01", "2026-05-20")), 4) == ["verplicht"]
        assert portal.send(leave("2026-02-01", "2026-05-20", "2026-03-01 2026-03-02")).created == 1

    def test_a_leave_that_goes_on_in_another_line_has_not_ended(self, portal: Portal) -> None:
        assert portal.send(leave("2026-02-01", "2026-02-28"), leave("2026-03-01")).created == 2

    def test_leave_may_begin_in_the_future(self, portal: Portal) -> None:
        assert portal.send(leave("2026-12-15")).created == 1

    def test_a_report_after_the_service_has_ended(self, portal: Portal) -> None:
        """Inside the agreement it comes in; one that begins outside does not, with all of its lines."""
        portal.account.settings.agreements = {"01": [("2020-01-01", "2026-03-31")]}
        late = ill("2026-04-01", "2026-04-10"), ill("2026-04-11", "2026-04-12", "50")
        report = portal.send(ill("2026-03-02", "2026-04-08", person="1002"), *late)
        assert (report.created, codes(report, 4)) == (1, ["buiten_overeenkomst", "buiten_overeenkomst"])

    def test_an_employee_who_is_not_there_any_more_has_no_absence(self, portal: Portal) -> None:
        """One who is missing from the employee file is ended, and still known; a deleted one is not."""
        portal.sender.employees("01 1002 1 Pietersen 2015-01-01 2025-06-30", header="employment_end")
        assert portal.send(MARCH).created == 1
        portal.account.settings.missing_employee = "delete"
        portal.sender.employees("01 1001 1 Jansen 2020-01-01 -", header="employment_end")
        portal.sender.employees("01 1003 1 Smit 2020-01-01 -", header="employment_end")
        report = portal.send(MARCH)
        assert (codes(report, 4), report.deleted) == (["medewerker_onbekend"], 1)

    def test_a_fault_rejects_by_the_id_of_the_line_or_the_person(self, portal: Portal) -> None:
        portal.sender.sandbox.faults.add("reject_lines", flow="absence", keys=["V2"], times=1)
        report = portal.send(ill("2026-05-01", "2026-05-02", ids="T V1"), ill("2026-05-03", "2026-05-04", ids="T V2"))
        assert (report.created, codes(report, 4)) == (1, ["geweigerd"])


class TestNotDelivered:
    def test_a_14_day_extract_wipes_the_history(self, portal: Portal) -> None:
        history = [ill("2025-02-03", "2025-02-14"), MARCH, ill("2026-06-01", "2026-06-05", person="1002"), RUNNING]
        portal.send(*history)
        report = portal.send(RUNNING)
        assert (report.unchanged, report.deleted) == (1, 3)
        assert portal.starts() == ["2026-11-02"]

    @pytest.mark.parametrize(("end", "deleted"), [("2024-11-21", 0), ("2024-11-22", 1)])
    def test_what_ended_before_the_window_is_left_alone(self, portal: Portal, end: str, deleted: int) -> None:
        portal.send(ill("2024-11-01", end))
        assert portal.send().deleted == deleted

    def test_the_latest_of_window_and_fixed_date_counts(self, portal: Portal) -> None:
        portal.account.settings.delivery_from = "2026-03-14"
        portal.send(MARCH)
        assert portal.send().deleted == 0
        portal.account.settings.delivery_from = "2026-03-13"
        assert portal.send().deleted == 1
        portal.account.settings.delivery_from = "2020-01-01"
        portal.send(ill("2024-11-01", "2024-11-21"))
        assert portal.send().deleted == 0

    def test_the_window_has_a_length(self, portal: Portal) -> None:
        portal.account.settings.months = 6
        portal.send(MARCH)
        assert portal.send().deleted == 0

    def test_a_dossier_with_a_note_survives(self, portal: Portal) -> None:
        portal.send(MARCH, RUNNING)
        portal.account.add_note("01/1001/Ziekte/2026-03-02")
        report = portal.send()
        assert (report.deleted, portal.starts()) == (1, ["2026-03-02"])
        assert "dossier_gevuld" in codes(report, 3)
        assert portal.send(MARCH).changes == 0
        assert portal.trajects["01/1001/Ziekte/2026-03-02"].has_notes

    def test_log_deletes_nothing(self, portal: Portal) -> None:
        portal.account.settings.traject_action = "Log"
        portal.send(MARCH, RUNNING)
        report = portal.send()
        assert (report.changes, codes(report, 3)) == (0, ["traject_ontbreekt", "traject_ontbreekt"])

    def test_the_third_mode_only_logs_what_began_before_the_fixed_date(self, portal: Portal) -> None:
        portal.account.settings.delivery_from = "2026-03-01"
        portal.account.settings.traject_action = "Log als startdatum voor einddatum valt"
        before, on = ill("2026-02-28", "2026-03-20"), ill("2026-03-01", "2026-03-20", person="1002")
        portal.send(before, on)
        report = portal.send()
        assert (report.deleted, codes(report, 3)) == (1, ["traject_ontbreekt"])
        assert portal.starts() == ["2026-02-28"]

    def test_a_corrected_start_is_another_traject(self, portal: Portal) -> None:
        portal.send(RUNNING)
        report = portal.send(ill("2026-11-03"))
        assert (report.created, report.deleted) == (1, 1)
        assert portal.starts() == ["2026-11-03"]

    def test_unless_the_portal_matches_on_overlap(self, portal: Portal) -> None:
        portal.account.settings.traject_match = "overlap"
        portal.send(MARCH, RUNNING)
        portal.account.add_note("01/1001/Ziekte/2026-11-02")
        report = portal.send(MARCH, ill("2026-11-03"))
        assert (report.unchanged, report.updated, report.deleted) == (1, 1, 0)
        assert portal.trajects["01/1001/Ziekte/2026-11-03"].has_notes

    def test_a_rejected_line_takes_its_traject_with_it(self, portal: Portal) -> None:
        portal.send(MARCH, RUNNING)
        report = portal.send(MARCH, ill("2026-11-02", percent="101"))
        assert (report.rejected, report.deleted) == (1, 1)

    def test_unless_the_portal_keeps_what_it_rejected(self, portal: Portal) -> None:
        portal.account.settings.rejected_lines = "kept"
        portal.send(MARCH, RUNNING, ill("2026-05-01", "2026-05-02", person="1002"))
        report = portal.send(ill("2026-11-02", percent="101"))
        assert (report.rejected, report.deleted) == (1, 1)
        assert portal.starts() == ["2026-03-02", "2026-11-02"]

    def test_an_empty_file_delivers_nothing(self, portal: Portal) -> None:
        for name in ("leeg.csv", "leeg.xlsx"):
            portal.send(MARCH)
            report = portal.sender.send(f"/Verzuim/{name}", b"")
            assert (report.status, report.deleted) == ("processed", 1)
        portal.account.settings.empty_absence = "fails"
        portal.send(MARCH)
        report = portal.sender.send("/Verzuim/leeg.csv", b"")
        assert (report.status, report.deleted) == ("failed", 0)

    def test_garbage_and_a_missing_column_change_nothing(self, portal: Portal) -> None:
        portal.send(MARCH)
        assert portal.sender.send("/Verzuim/a.xlsx", b"PK\x03\x04").status == "failed"
        assert portal.sender.send("/Verzuim/b.csv", table("WerkgeverCode Protocol", "01 Ziekte")).status == "failed"
        assert portal.starts() == ["2026-03-02"]
