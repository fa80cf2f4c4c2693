"""Deletions at the source: two complete wide reads must agree, and a read that is not to be believed merges nothing."""

from datetime import date

import pytest
from crossings import ABSENCE, After, Crossing
from illness import at, case_of, days, in_history, key, mistakes, nights, noted

from veerpont.desk.lists import show_delivery
from veerpont.model.failures import DriftError, PassingError
from veerpont.store import notes
from veerpont.store.scope import Scope
from veerpont.systems.afas import reader

pytest_plugins = ["at_noon"]

GONE = "KMA", "2026-08-17"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page have five rows, so that a wide read takes several."""
    monkeypatch.setattr(reader, "_CELLS", 5 * 35)


def hide(crossing: Crossing, *cases: str) -> None:
    """Let AFAS not show these cases, though they exist."""
    assert crossing.sandbox.afas.delete("veerhuis", ABSENCE, "Guid_verzuimmelding", cases)


def show(crossing: Crossing) -> None:
    """Let AFAS show all there is again."""
    crossing.sandbox.afas.environments["veerhuis"].tables[ABSENCE].rows = crossing.book.rows()


def miss_once(ill: Crossing) -> None:
    (case,) = mistakes(ill, "0109")
    ill.book.delete(case)
    nights(ill, 22)


@pytest.fixture
def missed(ill: Crossing, after: After) -> Crossing:
    """A clerk deleted a case of 0109 on its first day, and the wide read of that night did not show it."""
    return after(miss_once)


class TestTwoThatAgree:
    def test_a_deleted_case_goes_after_the_second_one(self, missed: Crossing) -> None:
        """The first night without it changes nothing; the second one is believed."""
        books = missed.books("absence")
        assert (books["gone"], books["repeated"]) == (0, 0)
        assert days(missed, "0109")[-1] == ("2026-11-22", None, "100")
        assert len(missed.files("absence")) == 2
        (books,) = nights(missed, 23)
        assert (books["gone"], books["held"]) == (1, 0)
        assert missed.periods() == missed.truth()

    def test_two_within_an_hour_are_not_two(self, missed: Crossing) -> None:
        """After an outage the wide read of the night and the next one may be close together: 20 hours must pass."""
        missed.configure(absence={"lookback_days": 13})
        with missed.ledger.session() as session:
            notes.note(session, Scope("veerhuis", "absence"), "wide_at", "2026-11-21T21:00:00+01:00")
        assert missed.at("2026-11-22T22:00")("absence")["gone"] == 0
        assert noted(missed, "wide_at") == "2026-11-22T22:00:00+01:00", "it was a wide one"
        assert nights(missed, 23)[0]["gone"] == 1

    def test_an_older_case_waits_for_a_person(self, ill: Crossing) -> None:
        """What was there for long is not deleted by mistake: it is asked about, and why is said."""
        ill.book.delete(case_of(ill, *GONE))
        nights(ill, 22)
        (books,) = nights(ill, 23)
        assert (books["state"], books["gone"], books["repeated"]) == ("success", 0, 1)
        row = ill.held("absence")
        assert (row["reasons"], row["gone"]) == ("case_gone", 1)
        assert list(show_delivery(row["id"])["why"]) == ["gone_old"]
        ill.release(row["id"])
        assert nights(ill, 24)[0]["gone"] == 1
        assert ill.periods() == ill.truth()

    def test_more_than_two_in_a_week_wait(self, ill: Crossing) -> None:
        """Three fresh cases of one employer at once are no clerk's mistake; of two more people one at the other is."""
        ill.configure(guards={"max_gone_percent": 100})
        three = [*mistakes(ill, "0109", "1003", "KMA")]
        (other,) = mistakes(ill, "1008", employer="02")
        for case in (*three, other):
            ill.book.delete(case)
        nights(ill, 22)
        assert nights(ill, 23)[0]["gone"] == 1
        row = ill.held("absence")
        assert (row["gone"], list(show_delivery(row["id"])["why"])) == (3, ["gone_several"])

    def test_a_mistake_that_goes_with_an_older_case_waits(self, ill: Crossing) -> None:
        """An authorisation takes both: nobody is asked about the one, and not about the other."""
        (case,) = mistakes(ill, "0109")
        hide(ill, case, case_of(ill, *GONE))
        nights(ill, 22, 23)
        row = ill.held("absence")
        assert row["gone"] == 2
        assert set(show_delivery(row["id"])["why"]) == {"gone_old", "gone_together"}

    def test_the_reads_of_changes_in_between_prove_nothing(self, missed: Crossing) -> None:
        """However many hours it is not shown among the changes, it takes two wide reads."""
        for hour in range(7, 10):
            assert missed.at(f"2026-11-23T{hour:02}:00")("absence")["gone"] == 0
        assert days(missed, "0109")[-1] == ("2026-11-22", None, "100")
        nights(missed, 23)
        assert missed.periods() == missed.truth()

    def test_a_deleted_line_goes_as_late(self, ill: Crossing) -> None:
        """A partial recovery that was taken back without a stamp stays until two wide reads did not show it."""
        ill.book.delete_line(case_of(ill, "1004", "2026-09-07"), date(2026, 10, 12))
        nights(ill, 22)
        assert [percent for *_, percent in days(ill, "1004")] == ["100", "50", "25"]
        nights(ill, 23)
        assert [percent for *_, percent in days(ill, "1004")] == ["100", "25"]
        assert ill.periods() == ill.truth()

    def test_a_reopened_case_is_open_at_the_next_run(self, ill: Crossing) -> None:
        """Reopening deletes the closing line, which no read of changes tells: the case goes on all the same."""
        ill.book.reopen(case_of(ill, "1003", "2026-11-04"), at=at("2026-11-22", 12))
        ill.at("2026-11-22T13:00")("absence")
        assert days(ill, "1003") == [("2026-11-04", "2026-11-10", "100"), ("2026-11-11", None, "60")]
        nights(ill, 22, 23)
        assert ill.periods() == ill.truth()

    def test_a_case_that_is_shown_again_was_never_missed(self, ill: Crossing) -> None:
        """One wide read misses it, the next one shows it: nothing happens, and it has to be missed twice again."""
        for night in (22, 24):
            hide(ill, case_of(ill, *GONE))
            assert nights(ill, night)[0]["gone"] == 0
            show(ill)
            assert nights(ill, night + 1)[0]["gone"] == 0
        assert len(ill.files("absence")) == 1
        assert ill.deliveries("absence", "held") == []
        assert ill.periods() == ill.truth()

    def test_a_line_that_is_shown_among_the_changes_in_between(self, ill: Crossing) -> None:
        """Also a read of changes that shows it says that it is there."""
        hide(ill, case_of(ill, "1001", "2026-11-16"))
        nights(ill, 22)
        show(ill)
        ill.at("2026-11-23T08:00")("absence")
        hide(ill, case_of(ill, "1001", "2026-11-16"))
        nights(ill, 23)
        assert days(ill, "1001") == [("2026-11-16", None, "100")]

    def test_running_one_read_twice_is_not_two_reads(self, ill: Crossing) -> None:
        """A load that runs again with the rows it has in hand finds the same deletion once."""
        from veerpont.pipeline.load import load

        ill.book.delete(case_of(ill, *GONE))
        job, transformed = ill.at("2026-11-22T21:00").until_load("absence")
        load(job, transformed)
        load(job, transformed)
        assert days(ill, "KMA") == [("2026-08-17", "2026-08-23", "50")]


class TestReadsThatDoNotCount:
    def test_one_that_failed(self, missed: Crossing) -> None:
        """A wide read that broke off is not the second one."""
        missed.sandbox.faults.add("maintenance")
        with pytest.raises(PassingError):
            nights(missed, 23)
        assert days(missed, "0109")[-1][0] == "2026-11-22"
        assert noted(missed, "wide_at") == "2026-11-22T21:00:00+01:00"
        missed.sandbox.faults.clear()
        assert missed.at("2026-11-24T07:00")("absence")["gone"] == 1

    def test_one_that_drifted(self, missed: Crossing, small_pages: None) -> None:
        """Pages that do not fit together, twice over, are no read."""
        missed.sandbox.faults.add("shuffled", connector=ABSENCE)
        with pytest.raises(DriftError):
            nights(missed, 23)
        assert days(missed, "0109")[-1][0] == "2026-11-22"
        assert noted(missed, "wide_at") == "2026-11-22T21:00:00+01:00"

    def test_one_that_drifted_and_was_repeated(self, ill: Crossing, small_pages: None) -> None:
        """The repeated read is one read: what it does not show was missed once."""
        ill.sandbox.faults.add(
            "change_rows", connector=ABSENCE, after=4, field="Guid_verzuimmelding", keys=[case_of(ill, *GONE)]
        )
        assert nights(ill, 22)[0]["gone"] == 0
        assert any("repeated once" in note for note in ill.notes)
        assert ill.deliveries("absence", "held") == []
        nights(ill, 23)
        assert ill.held("absence")["gone"] == 1

    def test_one_without_a_row(self, ill: Crossing) -> None:
        """Zero rows are held, again and again, and merge nothing; when AFAS is itself again nothing has happened."""
        ill.sandbox.faults.add("zero_rows", connector=ABSENCE)
        for night in (22, 23, 24):
            (books,) = nights(ill, night)
            assert (books["state"], books["read"], books["gone"]) == ("held", 0, 0)
            assert ill.held("absence")["reasons"] == "zero_rows"
        assert noted(ill, "wide_at") == "2026-11-22T12:00:00+01:00"
        assert len(ill.files("absence")) == 1
        ill.sandbox.faults.clear()
        (books,) = nights(ill, 25)
        assert (books["unchanged"], books["gone"]) == (19, 0)
        assert ill.deliveries("absence", "held") == []

    def test_no_changes_are_no_reason_to_doubt(self, ill: Crossing) -> None:
        """An hour in which nothing had changed for two weeks has zero rows, and is a quiet one."""
        ill.at("2026-12-20T20:00")("absence")
        books = nights(ill, 20, month="2026-12")[0]
        books = ill.at("2026-12-21T08:00")("absence")
        assert (books["state"], books["read"]) == ("success", 0)
        assert ill.deliveries("absence", "held") == []

    @pytest.mark.parametrize("moment", ["2026-11-22T13:00", "2026-11-22T21:00"])
    def test_a_column_that_is_replaced(self, ill: Crossing, moment: str) -> None:
        """`(replaced)` throughout a column is a broken definition: held as a whole, merged not at all."""
        ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 12))
        ill.sandbox.faults.add("replaced_column", connector=ABSENCE, field="Type")
        books = ill.at(moment)("absence")
        assert (books["state"], books["held"], books["rejected"]) == ("held", books["read"] - books["filtered"], 0)
        assert ill.held("absence")["reasons"] == "column_replaced:Type"
        assert not in_history(ill, "(replaced)")
        assert days(ill, "1001") == [("2026-11-16", None, "100")]
        assert list(ill.rejects("absence").values()) == ["unknown_type"]
        ill.sandbox.faults.clear()
        ill.at("2026-11-22T22:00")("absence")
        assert ill.deliveries("absence", "held") == []
        assert ill.periods() == ill.truth()

    def test_a_column_that_is_blank(self, ill: Crossing) -> None:
        """Without a single date of recovery every case would be open again: held, and merged not at all."""
        rows = [row | {"Datum_hervatting": None, "Datum_herstelmelding": None} for row in ill.source("absence")]
        ill.sandbox.afas.replace("veerhuis", ABSENCE, rows)
        (books,) = nights(ill, 22)
        assert (books["state"], books["held"], books["filtered"]) == ("held", 25, 2)
        assert set(ill.held("absence")["reasons"].split()) == {
            *("column_blank:Datum_hervatting", "column_blank:Datum_herstelmelding"),
        }
        show(ill)
        nights(ill, 23)
        assert ill.periods() == ill.truth()
        assert len(ill.files("absence")) == 1

    def test_a_blank_column_that_a_person_lets_pass(self, ill: Crossing) -> None:
        """Who knows that nobody's child was born releases it, and the read counts."""
        rows = [row | {"Datum_herstelmelding": None} for row in ill.source("absence")]
        ill.sandbox.afas.replace("veerhuis", ABSENCE, rows)
        nights(ill, 22)
        ill.release(ill.held("absence")["id"])
        (books,) = nights(ill, 23)
        assert (books["state"], books["unchanged"]) == ("success", 19)
        assert noted(ill, "wide_at") == "2026-11-23T21:00:00+01:00"


class TestAuthorisation:
    def test_an_employer_whose_rows_are_suddenly_hidden(self, ill: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """A filter authorisation takes an employer's rows away: its cases wait for a person, however long it lasts."""
        environment = ill.sandbox.afas.environments["veerhuis"]
        monkeypatch.setattr(environment, "authorisation", frozenset({"02"}))
        before = ill.periods()
        for night in (22, 23, 24):
            assert nights(ill, night)[0]["gone"] == 0
            assert ill.periods() == before
        assert ill.held("absence")["gone"] == 6
        monkeypatch.setattr(environment, "authorisation", "full")
        nights(ill, 25)
        assert ill.deliveries("absence", "held") == []
        assert ill.periods() == ill.truth()

    def test_no_rows_at_all(self, ill: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """An authorisation without an active filter shows nothing, and nothing is believed."""
        monkeypatch.setattr(ill.sandbox.afas.environments["veerhuis"], "authorisation", "none")
        for night in (22, 23):
            assert nights(ill, night)[0]["gone"] == 0
        assert ill.held("absence")["reasons"] == "zero_rows"
        assert not in_history(ill, "no such text")
        assert in_history(ill, key(case_of(ill, "1001", "2026-11-16")))
