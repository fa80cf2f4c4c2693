"""Only today is delivered: what becomes of backfills, of dates of another day, and of runs that are cleared late."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow_night import Night
from proving import WHOLE
from test_days import begun, falls_ill, truth

from veerpont.desk import lists

Make = Callable[..., Night]

DELIVERING = ("employers", "organigram", "employees", "accounts", "absence", "hours", "payroll", "iban")
WEEK = timedelta(days=7)


def refused(step: Callable[..., Any], flow: str, **run: Any) -> str:
    """Return why the first task of a run fails."""
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException) as error:
        step(flow, "extract" if flow == "iban" else "plan", **run)
    return str(error.value)


@pytest.mark.parametrize("flow", DELIVERING)
class TestOfAnotherDay:
    def test_airflow_offers_no_backfill(self, dags: Any, flow: str) -> None:
        assert set(dags[flow].allowed_run_types) == {"scheduled", "manual", "operator_triggered"}

    def test_a_backfill_is_refused_before_anything_is_read(
        self, night: Make, step: Callable[..., Any], flow: str
    ) -> None:
        """Also one that was made before Airflow knew that it may not be. Absence has a DAG for its past."""
        here = night()
        here.ledger.migrate()
        said = refused(step, flow, run_type="backfill", late=WEEK, logical_date=datetime.now(UTC) - WEEK)
        assert said.startswith("A backfill delivers nothing")
        assert ("absence_history" in said) == (flow == "absence")
        assert lists.list_runs(here.ledger, None, None) == []

    @pytest.mark.parametrize("days", [-7, 7])
    def test_so_is_a_date_of_another_day(self, night: Make, step: Callable[..., Any], flow: str, days: int) -> None:
        night().ledger.migrate()
        said = refused(step, flow, run_type="manual", logical_date=datetime.now(UTC) + timedelta(days=days))
        assert said.startswith("Only today is delivered")
        assert ("absence_history" in said) == (flow == "absence")


def test_history_is_loaded_by_backfill_only(dags: Any) -> None:
    """Airflow insists on `scheduled` for a DAG that has a schedule; such a run is skipped."""
    assert set(dags["absence_history"].allowed_run_types) == {"scheduled", "backfill"}


class TestAbsence:
    def test_no_step_of_an_old_run_takes_a_case_away(self, night: Make, step: Callable[..., Any]) -> None:
        """A run of a fortnight ago, cleared: it reads again, today is today, and what began since stays."""
        here = begun(night(customers=["oeverland"]))
        here.without_airflow("absence", "absence")
        falls_ill(here, "oeverland")
        here.without_airflow("absence")
        before = here.sandbox.portal.periods("oeverland")
        old: dict[str, Any] = {"late": 2 * WEEK, "run_id": "a fortnight ago", "clear_number": 1, "run_type": "manual"}
        read = step("absence", "cross.extract", "oeverland", **old)
        made = step("absence", "cross.transform", "oeverland", read, **old)
        step("absence", "cross.load", "oeverland", made, **old)
        assert here.sandbox.portal.periods("oeverland") == before == truth(here, "oeverland")
        books = here.books("oeverland", "absence")
        assert (books["state"], books["gone"]) == ("success", 0)

    @pytest.mark.parametrize("days", [pytest.param(-14, marks=WHOLE), -7, pytest.param(30, marks=WHOLE)])
    def test_no_step_of_a_backfill_sends_anything(self, night: Make, step: Callable[..., Any], days: int) -> None:
        from airflow.sdk.exceptions import AirflowFailException

        here = begun(night(customers=["oeverland"]), "employees")
        moment = datetime.now(UTC) + timedelta(days=days)
        with pytest.raises(AirflowFailException, match="absence_history"):
            step("absence", "cross.extract", "oeverland", run_type="backfill", logical_date=moment)
        assert here.sandbox.portal.files("oeverland", "absence") == []


class TestCleared:
    def test_an_old_tick_that_is_cleared_is_a_run_of_now(self, night: Make, step: Callable[..., Any]) -> None:
        """At 08:30 an engineer clears what failed last night."""
        night()
        assert step("employers", "plan", late=timedelta(hours=11), clear_number=1) == ["oeverland", "veerhuis"]

    def test_a_load_without_a_read_of_today_is_skipped(
        self, night: Make, step: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It says what to clear instead; then all goes well."""
        from airflow.sdk.exceptions import AirflowSkipException

        here = begun(night(customers=["veerhuis"]), "employees")
        made = step(
            "employees", "cross.transform", "veerhuis", step("employees", "cross.extract", "veerhuis", clear_number=1)
        )
        monkeypatch.setenv("VEERPONT_CLOCK_OFFSET", str(timedelta(days=2).total_seconds()))
        with pytest.raises(AirflowSkipException, match="clear from extract"):
            step("employees", "cross.load", "veerhuis", made, clear_number=1)
        assert here.books("veerhuis", "employees")["state"] == "skipped"
        made = step(
            "employees", "cross.transform", "veerhuis", step("employees", "cross.extract", "veerhuis", clear_number=1)
        )
        step("employees", "cross.load", "veerhuis", made, clear_number=1)
        assert here.books("veerhuis", "employees")["state"] == "success"


def test_a_run_by_hand_over_midnight_is_of_the_day_on_which_it_began(night: Make, step: Callable[..., Any]) -> None:
    """Triggered a moment before it starts, with the date that Airflow's form fills in."""
    night()
    moment = datetime.now(UTC) - timedelta(minutes=5)
    assert step("employers", "plan", run_type="manual", logical_date=moment) == ["oeverland", "veerhuis"]
