"""One absence case: its protocol, its cause, and from its lines to its periods."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from absence_lines import DAY, LINE, course, line, nov, refused, shown

from veerpont.model.failures import Problem
from veerpont.model.records import AbsencePeriod
from veerpont.rules import absence
from veerpont.rules.absence import Unknown, cause, head, protocol


class TestProtocol:
    @pytest.mark.parametrize("code", ["Z", "ZB", "ZZW", "ZOD", "AO", "B", "D", "O", "PO"])
    def test_illness(self, code: str) -> None:
        assert protocol(code, {}) == "Ziekte"

    def test_only_the_leave_itself_is_pregnancy(self) -> None:
        """Illness caused by a pregnancy or a birth (ZZW, ZB) is illness."""
        assert [code for code in absence.DEFAULT_TYPES if protocol(code, {}) == "Zwangerschap"] == ["ZW"]

    @pytest.mark.parametrize("code", ["A", "P", "BR", "F", "PM", "PZ", "TO"])
    def test_other_leave_is_no_absence(self, code: str) -> None:
        assert protocol(code, {}) is None

    @pytest.mark.parametrize("code", ["X9", "", "z"])
    def test_an_unknown_code_is_not_the_same_as_no_absence(self, code: str) -> None:
        assert protocol(code, {}) is Unknown.TYPE

    def test_the_customers_own_entries_go_first(self) -> None:
        own = {"X9": "Ziekte", "P": "Ziekte", "Z": None}
        assert [protocol(code, own) for code in ("X9", "P", "Z", "ZW")] == ["Ziekte", "Ziekte", None, "Zwangerschap"]


class TestCause:
    CODES = {"Z": "12", "Z/1": "13", "vangnet": "7"}  # noqa: RUF012

    def test_the_safety_net_wins(self) -> None:
        assert cause(self.CODES, line(4, safety_net=True, reason_code="1")) == "7"

    def test_the_safety_net_counts_only_where_it_is_configured(self) -> None:
        assert cause({"Z": "12"}, line(4, safety_net=True)) == "12"

    def test_type_with_reason_goes_before_type(self) -> None:
        assert cause(self.CODES, line(4, reason_code="1")) == "13"
        assert cause(self.CODES, line(4, reason_code="2")) == "12"
        assert cause(self.CODES, line(4)) == "12"

    def test_there_is_no_other_fallback(self) -> None:
        assert cause(self.CODES, line(4, type="ZB", reason_code="1")) is None
        assert cause({"Z/1": "13"}, line(4)) is None


class TestHead:
    def test_the_latest_change_of_the_case_counts(self) -> None:
        old, new = line(11, case_changed="2026-11-11T09:00:00"), line(4, case_changed="2026-11-12T09:00:00")
        assert head([old, new]) is head([new, old]) is new

    def test_then_the_latest_change_of_the_line_then_the_guid(self) -> None:
        assert head([line(4), line(5)]).guid == "L05"
        assert head([line(4, guid="A"), line(4, guid="B")]).guid == "B"


class TestExampleOfAfas:
    """Ill from 4 to 19 November, in hospital on 5 and 6, at work for 40 % from the 11th.

    Facts: docs/reference/afas.md, 8.4.
    """

    @pytest.mark.parametrize("closing", [100, 0, 40])
    @pytest.mark.parametrize(("first_day_back", "end"), [(True, "18-11"), (False, "19-11")])
    def test_whatever_the_closing_row_says(self, closing: int, first_day_back: bool, end: str) -> None:
        rows = [line(4), line(5), line(7), line(11, 40), line(19, closing)]
        result = course(*rows, first_day_back=first_day_back, recovered_on=nov(19))
        assert shown(result) == ["04-11…10-11 100", f"11-11…{end} 60"]
        assert not isinstance(result, Problem)
        assert [each.guid for each in result] == ["L04", "L11"]

    def test_while_it_goes_on_the_last_period_is_open(self) -> None:
        assert shown(course(line(4), line(5), line(7), line(11, 40))) == ["04-11…10-11 100", "11-11… 60"]


class TestClosing:
    def test_a_row_dated_after_the_recovery_closes_too(self) -> None:
        assert shown(course(line(4), line(20, 100), recovered_on=nov(19), first_day_back=False)) == ["04-11…19-11 100"]

    def test_a_case_of_one_day_has_both_rows_on_one_date(self) -> None:
        """The closing row was changed last, but the day is as the first row says."""
        for closing in (100, 0, 40):
            rows = line(4, 20, guid="S"), line(4, closing, guid="E", line_changed="2026-11-05T09:00:00")
            assert shown(course(*rows, first_day_back=False, recovered_on=nov(4))) == ["04-11…04-11 80"]

    def test_a_case_of_one_day_with_the_day_after_as_first_day_back(self) -> None:
        assert shown(course(line(4), line(5, 100), recovered_on=nov(5))) == ["04-11…04-11 100"]

    def test_a_closed_case_may_have_no_closing_row_yet(self) -> None:
        assert shown(course(line(4), recovered_on=nov(4), first_day_back=False)) == ["04-11…04-11 100"]
        assert shown(course(line(4), line(11, 40), recovered_on=nov(19))) == ["04-11…10-11 100", "11-11…18-11 60"]

    def test_back_on_the_first_day_is_no_day_of_absence(self) -> None:
        assert course(line(4), line(4, 100, guid="E"), recovered_on=nov(4), first_day_back=True) == ()

    def test_a_change_on_the_last_day_of_absence_stays_beside_the_closing_row(self) -> None:
        rows = line(4), line(19, 40, guid="C"), line(19, 100, guid="E", line_changed="2026-11-20T09:00:00")
        assert shown(course(*rows, first_day_back=False, recovered_on=nov(19))) == ["04-11…18-11 100", "19-11…19-11 60"]
        assert shown(course(*rows, first_day_back=True, recovered_on=nov(19))) == ["04-11…18-11 100"]

    def test_rows_after_the_last_day_of_absence_are_dropped(self) -> None:
        assert shown(course(line(4), line(12, 50), line(15, 80), recovered_on=nov(12))) == ["04-11…11-11 100"]

    def test_a_head_that_was_read_later_closes_the_case_for_older_rows(self) -> None:
        """Only the closing row was read again: the other rows still hold a head without recovery."""
        closing = line(19, 100, recovered_on=nov(19), case_changed="2026-11-19T09:00:00")
        assert shown(course(line(4), line(11, 40), closing)) == ["04-11…10-11 100", "11-11…18-11 60"]

    def test_a_reopened_case_goes_on(self) -> None:
        """AFAS deletes the closing row."""
        before = line(4, recovered_on=nov(19), case_changed="2026-11-19T09:00:00")
        after = line(11, 40, case_changed="2026-11-20T09:00:00")
        assert shown(course(before, after)) == ["04-11…10-11 100", "11-11… 60"]

    def test_a_reopened_case_goes_on_though_its_closing_row_is_still_in_the_history(self) -> None:
        """A source that shows only what changed never tells that a row was deleted."""
        closing = line(19, 100, recovered_on=nov(19), case_changed="2026-11-19T09:00:00")
        for send_zero in (True, False):
            rows = line(4, case_changed="2026-11-20T09:00:00"), closing
            assert shown(course(*rows, send_zero=send_zero)) == ["04-11… 100"]

    def test_a_recovery_that_was_put_off_does_not_end_at_the_old_date(self) -> None:
        old = line(19, 100, recovered_on=nov(19), case_changed="2026-11-19T09:00:00")
        new = line(25, 100, recovered_on=nov(25), case_changed="2026-11-25T09:00:00")
        assert shown(course(line(4), old, new)) == ["04-11…24-11 100"]


class TestRows:
    def test_of_two_rows_on_one_date_the_last_changed_counts(self) -> None:
        first = line(11, 40, guid="Z", line_changed="2026-11-11T09:00:00")
        second = line(11, 50, guid="B", line_changed="2026-11-12T09:00:00")
        assert shown(course(line(4), second, first)) == ["04-11…10-11 100", "11-11… 50"]

    def test_equal_neighbours_are_one_period_with_the_first_guid(self) -> None:
        result = course(line(4), line(5, guid="HOSPITAL"), line(9, 50), line(12, 50.0, guid="REPLACEMENT"))
        assert shown(result) == ["04-11…08-11 100", "09-11… 50"]
        assert not isinstance(result, Problem)
        assert [each.guid for each in result] == ["L04", "L09"]

    def test_decimals_stay_exact(self) -> None:
        assert shown(course(line(4, 33.33))) == ["04-11… 66.67"]

    def test_days_fully_present_are_left_out(self) -> None:
        rows = line(4), line(11, 100), line(16)
        assert shown(course(*rows)) == ["04-11…10-11 100", "16-11… 100"]

    def test_days_fully_present_are_sent_where_that_was_agreed(self) -> None:
        rows = line(4), line(11, 100), line(16)
        assert shown(course(*rows, send_zero=True)) == ["04-11…10-11 100", "11-11…15-11 0", "16-11… 100"]

    def test_a_case_that_was_fully_present_throughout_has_no_periods(self) -> None:
        assert course(line(4, 100)) == ()
        assert shown(course(line(4, 100), send_zero=True)) == ["04-11… 0"]

    def test_the_clock_change_moves_no_day(self) -> None:
        """On 25 October 2026 a day has 25 hours, on 29 March 23."""
        for first, last in ((date(2026, 10, 24), date(2026, 10, 26)), (date(2026, 3, 28), date(2026, 3, 30))):
            rows = [
                msgspec.structs.replace(LINE, guid=f"G{day}", begin=first, starts_on=first + day * DAY, presence=pct)
                for day, pct in enumerate([Decimal(0), Decimal(50), Decimal(0), Decimal(100)])
            ]
            result = course(*rows, recovered_on=last + DAY)
            assert not isinstance(result, Problem)
            assert [(each.begin, each.end) for each in result] == [(first + day * DAY,) * 2 for day in range(3)]


class TestFuture:
    def test_rows_of_an_illness_in_the_future_wait(self) -> None:
        assert shown(course(line(4), line(11, 40), today=nov(10))) == ["04-11… 100"]
        assert shown(course(line(4), line(11, 40), today=nov(11))) == ["04-11…10-11 100", "11-11… 60"]

    def test_an_illness_that_has_not_begun_has_no_periods(self) -> None:
        assert course(line(4), today=nov(3)) == ()
        assert shown(course(line(4), today=nov(4))) == ["04-11… 100"]

    def test_a_planned_recovery_is_the_end(self) -> None:
        assert shown(course(line(4), line(19, 100), recovered_on=nov(19), today=nov(10))) == ["04-11…18-11 100"]

    def test_a_leave_in_the_future_is_normal(self) -> None:
        assert shown(course(line(4), protocol="Zwangerschap", today=nov(1), expected_birth=date(2026, 12, 20))) == [
            "04-11… 100"
        ]


class TestPregnancy:
    LEAVE = (line(4), line(19, 100))

    def test_the_expected_date_is_needed(self) -> None:
        field = "Vermoedelijke_bevallingsdatum", "expected_birth_missing"
        assert refused(course(line(4), protocol="Zwangerschap", actual_birth=nov(10))) == field

    def test_an_ended_leave_needs_the_actual_date(self) -> None:
        values = {"protocol": "Zwangerschap", "expected_birth": nov(10), "recovered_on": nov(19)}
        field = "Werkelijke_bevallingsdatum", "actual_birth_missing"
        assert refused(course(*self.LEAVE, **values)) == field
        assert shown(course(*self.LEAVE, actual_birth=nov(9), **values)) == ["04-11…18-11 100"]

    @pytest.mark.parametrize("first_day_back", [True, False])
    def test_a_planned_end_is_not_final_before_the_birth(self, first_day_back: bool) -> None:
        """Until the day before the last one the end stays open; on the last day the birth must be known."""
        last = nov(18) if first_day_back else nov(19)

        def leave(today: date, born: date | None = None) -> tuple[AbsencePeriod, ...] | Problem:
            return course(
                *self.LEAVE,
                protocol="Zwangerschap",
                first_day_back=first_day_back,
                today=today,
                recovered_on=nov(19),
                expected_birth=nov(10),
                actual_birth=born,
            )

        assert shown(leave(last - DAY)) == ["04-11… 100"]
        assert shown(leave(last - DAY, nov(9))) == [f"04-11…{last:%d-%m} 100"]
        assert refused(leave(last))[1] == "actual_birth_missing"

    def test_illness_needs_no_birth(self) -> None:
        assert shown(course(*self.LEAVE, recovered_on=nov(19))) == ["04-11…18-11 100"]


class TestRefused:
    def test_a_line_before_the_begin(self) -> None:
        assert refused(course(line(3), line(4))) == ("Datum_deelherstel", "line_before_begin")

    def test_a_case_of_which_the_first_line_was_never_read(self) -> None:
        field = "Datum_deelherstel", "first_line_missing"
        assert refused(course(line(11, 40))) == field
        assert refused(course(line(19, 100), recovered_on=nov(19))) == field

    def test_a_closing_row_on_the_first_day_is_not_the_first_line(self) -> None:
        """Of this case of one day only the end was read: taking it for no absence would remove it at the portal."""
        field = "Datum_deelherstel", "first_line_missing"
        assert refused(course(line(4, 100), recovered_on=nov(4), first_day_back=False)) == field

    @pytest.mark.parametrize("first_day_back", [True, False])
    def test_recovery_before_the_begin(self, first_day_back: bool) -> None:
        result = course(line(4), first_day_back=first_day_back, recovered_on=nov(3))
        assert refused(result) == ("Datum_hervatting", "recovered_before_begin")

    @pytest.mark.parametrize("presence", ["-0.01", "100.01", "NaN", "Infinity"])
    def test_a_percentage_that_cannot_be(self, presence: str) -> None:
        rows = line(4), msgspec.structs.replace(line(5), presence=Decimal(presence))
        assert refused(course(*rows)) == ("Aanwezigheidspercentage", "impossible_percentage")

    def test_a_case_without_lines_is_a_mistake_of_the_caller(self) -> None:
        with pytest.raises(ValueError, match="empty"):
            course()


def test_no_problem_tells_a_value() -> None:
    """They are the same for every case: nothing of a record can be in them."""
    problems = [each for each in vars(absence).values() if isinstance(each, Problem)]
    assert len(problems) == 6
    assert len({each.reason for each in problems}) == 6
    assert all(str(each.detail).endswith(".") and ":" in str(each.detail) for each in problems)
