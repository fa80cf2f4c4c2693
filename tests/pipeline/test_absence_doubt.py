"""Every read is doubted, also one of what changed (docs/decisions/0003)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from crossings import Crossing
from illness import at, case_of, causes, days, in_history, key, message, nights, noted

from veerpont.systems.afas.client import Client

pytest_plugins = ["at_noon"]


@contextmanager
def answers(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[None]:
    """Let AFAS answer with other rows, as long as this lasts."""
    rows = Client.rows
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "rows", lambda *asked: [row | change(row) for row in rows(*asked)])
        yield


class TestOneHourlyRead:
    """Three cases of which lines changed in the last 14 days: 1001 (open), 1003 (closed, five lines), 1004 (open)."""

    @pytest.mark.parametrize(
        "column", ["Datum_deelherstel", "Begin", "Guid_verzuimmelding", "GUID_verzuimverloop", "Melding_Gewijzigd_Op"]
    )
    def test_a_blank_column_deletes_nothing(self, ill: Crossing, column: str) -> None:
        """The whole read waits, since the column broke; the next good one is right, and asks nothing."""
        before = ill.periods()
        with answers(lambda _: {column: None}):
            books = ill.at("2026-11-22T13:00")("absence")
        assert (books["state"], books["delivered"], books["gone"]) == ("held", 0, 0)
        assert ill.held("absence")["reasons"] == f"column_blank:{column}"
        assert ill.periods() == before
        ill.at("2026-11-22T14:00")("absence")
        assert ill.deliveries("absence", "held") == []
        assert ill.periods() == ill.truth()

    def test_a_value_that_vanished_from_one_line_is_not_believed(self, ill: Crossing) -> None:
        """The date of recovery of one case is gone and nothing says why: it stays closed, and the run says so."""
        closed = case_of(ill, "1003", "2026-11-04")
        with answers(lambda row: {"Datum_hervatting": None} if row["Guid_verzuimmelding"] == closed else {}):
            books = ill.at("2026-11-22T13:00")("absence")
        assert books["delivered"] == 0
        assert days(ill, "1003") == [("2026-11-04", "2026-11-10", "100"), ("2026-11-11", "2026-11-18", "60")]
        ill.at("2026-11-22T14:00")("absence")
        assert ill.periods() == ill.truth()

    def test_a_column_that_the_settings_do_not_ask_for_any_more_is_no_loss(self, ill: Crossing) -> None:
        """Reasons are counted, and then they are not: nothing is doubted, and nothing of them stays in the history."""
        ill.configure(absence={"count_reasons": True})
        nights(ill, 22)
        assert in_history(ill, '"Reden_verzuim_code":"')
        ill.configure(absence={"count_reasons": False})
        nights(ill, 23)
        assert "not believed" not in message(ill)
        assert not in_history(ill, "Reden_verzuim_code")
        assert ill.periods() == ill.truth()

    def test_it_is_asked_for_again_until_it_is_well(self, ill: Crossing) -> None:
        """The next read looks back as far as the one that was doubted."""
        line = key(ill.book.change(case_of(ill, "1004", "2026-09-07"), date(2026, 11, 20), 80, at=at("2026-11-20")))
        ill.at("2026-11-22T12:30")("absence")
        with answers(lambda row: {"Aanwezigheidspercentage": None} if line in row["GUID_verzuimverloop"] else {}):
            ill.at("2026-11-22T13:00")("absence")
        assert "1 lines of absence are not believed" in message(ill)
        assert noted(ill, "doubted_at") == "2026-11-22T13:00:00+01:00"
        assert days(ill, "1004")[-1] == ("2026-11-20", None, "20")
        ill.at("2026-11-22T14:00")("absence")
        assert noted(ill, "doubted_at") == ""

    def test_what_the_wide_read_says_too_is_believed(self, ill: Crossing) -> None:
        """A safety net that is gone though no moment moved: not in the first night, but in the second one."""
        case, before = case_of(ill, "1010", "2026-07-04"), causes(ill, "1010")
        with answers(lambda row: {"Vangnetregeling": None} if row["Guid_verzuimmelding"] == case else {}):
            nights(ill, 22)
            assert causes(ill, "1010") == before
            assert "Vangnetregeling of 2" in message(ill)
            nights(ill, 23)
        assert causes(ill, "1010") != before

    def test_a_reopening_with_its_moment_is_believed_at_once(self, ill: Crossing) -> None:
        """That is ordinary, and no reason to doubt."""
        ill.book.reopen(case_of(ill, "1003", "2026-11-04"), at=at("2026-11-22", 12))
        ill.at("2026-11-22T13:00")("absence")
        assert days(ill, "1003")[-1] == ("2026-11-11", None, "60")
        assert ill.deliveries("absence", "held") == []

    def test_a_line_without_its_key_freezes_nothing(self, ill: Crossing) -> None:
        """It is a reject and is never merged: the case goes on, and the key that is back closes the reject."""
        case = case_of(ill, "1001", "2026-11-16")
        with answers(lambda row: {"GUID_verzuimverloop": ""} if row["Guid_verzuimmelding"] == case else {}):
            ill.at("2026-11-22T13:00")("absence")
        assert "missing_value" in ill.rejects("absence").values()
        assert "have no key of their own" in message(ill)
        ill.book.close(case, date(2026, 11, 22), at=at("2026-11-22", 13))
        ill.at("2026-11-22T14:00")("absence")
        assert ill.periods() == ill.truth()
        nights(ill, 22)
        assert "missing_value" not in ill.rejects("absence").values()


class TestAWithdrawnCase:
    def test_it_leaves_when_the_next_read_says_so_too(self, ill: Crossing) -> None:
        """Closed on its first day: no day is left. One hour it stays, the next one it goes."""
        case = ill.book.open("0109", date(2026, 11, 21), at=at("2026-11-22", 12))
        ill.at("2026-11-22T13:00")("absence")
        ill.book.close(case, date(2026, 11, 21), at=at("2026-11-22", 13))
        assert ill.at("2026-11-22T14:00")("absence")["gone"] == 0
        assert days(ill, "0109")[-1] == ("2026-11-21", None, "100")
        assert ill.at("2026-11-22T15:00")("absence")["gone"] == 1
        assert ill.periods() == ill.truth()

    def test_a_percentage_put_right_to_present(self, ill: Crossing) -> None:
        """Nobody was absent after all: the moment of the line moved, so it is a clerk's work, and believed at once."""
        case = ill.book.open("0109", date(2026, 11, 21), at=at("2026-11-22", 12))
        ill.at("2026-11-22T13:00")("absence")
        ill.book.correct(case, presence_of_first=100, at=at("2026-11-22", 13))
        assert [ill.at(f"2026-11-22T{hour}:00")("absence")["gone"] for hour in (14, 15)] == [0, 1]
        assert ill.periods() == ill.truth()

    def test_without_a_moved_moment_it_stays(self, ill: Crossing) -> None:
        """A column that brings other values withdraws every case it can; nobody did that. The next read is right."""
        before = ill.periods()
        with answers(lambda row: {"Datum_hervatting": row["Begin"]}):
            for hour in (13, 14, 15):
                assert ill.at(f"2026-11-22T{hour}:00")("absence")["gone"] == 0
        assert ill.periods() == before
        assert "Datum_hervatting of" in message(ill)
        ill.at("2026-11-22T16:00")("absence")
        assert ill.deliveries("absence", "held") == []
        assert ill.periods() == ill.truth()

    def test_when_the_wide_reads_say_so_too_a_person_is_asked(self, ill: Crossing) -> None:
        """Then the source says it for good; still nothing shows that a clerk did it."""
        case = case_of(ill, "1001", "2026-11-16")
        of_case = {"Guid_verzuimmelding": case}.items()
        with answers(lambda row: {"Datum_hervatting": row["Begin"]} if of_case <= row.items() else {}):
            books = nights(ill, 22, 23, 24, 25)
        assert [each["gone"] for each in books] == [0] * len(books)
        assert [(row["reasons"], row["gone"]) for row in ill.deliveries("absence", "held")] == [("case_gone", 1)]
        assert days(ill, "1001")

    def test_what_a_clerk_does_after_it_counts(self, ill: Crossing) -> None:
        """A value changed without its moment once; the case that is withdrawn later, with one, leaves unasked."""
        case = ill.book.open("0109", date(2026, 11, 21), at=at("2026-11-22", 12))
        ill.at("2026-11-22T13:00")("absence")
        with answers(lambda _: {"Werkelijk_op": None}):
            ill.at("2026-11-22T14:00")("absence")
        ill.book.close(case, date(2026, 11, 21), at=at("2026-11-22", 14))
        ill.at("2026-11-22T15:00")("absence")
        assert ill.at("2026-11-22T16:00")("absence")["gone"] == 1
        assert ill.periods() == ill.truth()


class TestANarrowedRead:
    def test_it_is_called_what_it_is(self, ill: Crossing) -> None:
        """Without the leaves no birth is shown: rows are missing, no column went blank."""
        leaves = {row["Guid_verzuimmelding"] for row in ill.source("absence") if row["Type"] == "ZW"}
        assert ill.sandbox.afas.delete("veerhuis", "Newdays_Connect_Verzuim_v1", "Guid_verzuimmelding", leaves)
        (books,) = nights(ill, 22)
        assert (books["state"], ill.deliveries("absence", "held")) == ("success", [])
        assert "does not show" in message(ill)


class TestOtherSettings:
    @pytest.mark.parametrize("settings", [{"history_months": 2}, {"delivery_from": "2026-11-10"}])
    def test_a_shorter_window_is_asked_about(self, ill: Crossing, settings: dict[str, Any]) -> None:
        """What only the settings take out of the window waits with its keys, and stays when they are put right."""
        before = ill.periods()
        ill.configure(absence=settings)
        books = ill.at("2026-11-22T13:00")("absence")
        row = ill.held("absence")
        assert (books["gone"], row["reasons"]) == (0, "settings_gone")
        assert row["gone"] > 0
        assert ill.periods() == before
        ill.at("2026-11-23T13:00")("absence")
        assert ill.periods() == before, "nor at the next run"
        ill.configure(absence={"history_months": 24, "delivery_from": None})
        ill.at("2026-11-23T14:00")("absence")
        assert ill.deliveries("absence", "held") == []
        assert ill.periods() == ill.truth()

    def test_time_passes_all_the_same(self, ill: Crossing) -> None:
        """What the window itself passes leaves by a rule, and nobody is asked."""
        nights(ill, 22)
        ill.at("2028-10-22T21:00")("absence")
        ill.at("2028-10-23T21:00")("absence")
        assert ill.deliveries("absence", "held") == []
