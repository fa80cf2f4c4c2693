"""How failures reach Airflow: an unattended night waits or retries, whoever started a run by hand is told at once."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import airflow_night  # noqa: F401 -- sets Airflow's environment before it is imported
import pytest

from veerpont.flows.index import NothingToReadError
from veerpont.model.failures import PassingError, SettingsError

TICK = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 21:00 in Amsterdam


@pytest.fixture(params=["scheduled", "backfill", "manual"])
def run_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["worker", "dag.test"])
def run(run_type: str, request: pytest.FixtureRequest) -> Any:
    """A run as a task sees it: in a worker its type is another enum than under `dag.test`, with another text."""
    from airflow.sdk.api.datamodels._generated import DagRunType as OfWorkers
    from airflow.utils.types import DagRunType as OfTests

    kind: Any = OfWorkers if request.param == "worker" else OfTests
    # a backfill's run is for a moment of long ago, and waits from the moment on at which it runs
    run_after = TICK - timedelta(days=400) if run_type == "backfill" else TICK
    return SimpleNamespace(run_type=kind(run_type), run_after=run_after, run_id="r", clear_number=0)


@pytest.fixture
def began(run_type: str) -> datetime:
    """When it began to wait."""
    return datetime.now(UTC) if run_type == "backfill" else TICK


@pytest.fixture
def guarded(run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Raise something inside a step of a run; returns what Airflow gets to see and what the ledger was told."""
    from airflow.sdk.exceptions import AirflowException

    from veerpont.airflow import terms

    monkeypatch.setattr(terms, "get_current_context", lambda: {"dag_run": run})

    def attempt(error: Exception) -> tuple[Exception, list[tuple[str, str, str]]]:
        told: list[tuple[str, str, str]] = []

        def work() -> None:
            raise error

        with pytest.raises((AirflowException, RuntimeError)) as caught:
            terms.guarded(work, lambda state, kind, message: told.append((state, kind, str(message))))
        return caught.value, told

    return attempt


def test_who_looks_at_a_run(run: Any, run_type: str) -> None:
    """Nobody at one that the schedule began."""
    from veerpont.airflow import terms

    assert terms.unattended(run) == (run_type == "scheduled")


class TestFailures:
    def test_settings_are_never_retried(self, guarded: Any) -> None:
        """What a person must change fails at once, in any run, with the same words in the ledger."""
        from airflow.sdk.exceptions import AirflowFailException

        seen, told = guarded(SettingsError("Ask for a new token."))
        assert isinstance(seen, AirflowFailException)
        assert told == [("failed", "settings", "Ask for a new token.")]

    def test_maintenance_is_waited_for_at_night(self, guarded: Any, run_type: str, began: datetime) -> None:
        """A night gives the long wait back to the scheduler and alarms nobody; a person's run ends and says so."""
        from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException

        until = began + timedelta(seconds=1)
        seen, told = guarded(PassingError("AFAS is in maintenance.", retry_at=until))
        if run_type != "manual":
            assert isinstance(seen, AirflowRescheduleException)
            assert seen.reschedule_date == until
            assert told == []
        else:
            assert isinstance(seen, AirflowFailException)
            assert told == [("failed", "passing", str(seen))]
            assert str(seen).startswith("AFAS is in maintenance.")
            assert "run it again at 21-11 21:00 or later" in str(seen)

    def test_the_night_ends(self, guarded: Any, began: datetime) -> None:
        """A wait beyond 06:30 Dutch time is a failure: somebody has to hear of it."""
        from airflow.sdk.exceptions import AirflowRescheduleException

        seen, told = guarded(PassingError("AFAS is in maintenance.", retry_at=began + timedelta(hours=25)))
        assert not isinstance(seen, AirflowRescheduleException)
        assert told == [("failed", "passing", str(seen))]

    def test_a_reset_is_retried_at_night(self, guarded: Any, run_type: str) -> None:
        """Without a known moment Airflow's own retries do it; a person's run is not retried."""
        from airflow.sdk.exceptions import AirflowFailException

        seen, _ = guarded(PassingError("The connection was reset."))
        assert isinstance(seen, AirflowFailException) == (run_type == "manual")

    def test_a_flow_that_waits_for_another_is_skipped(self, guarded: Any) -> None:
        """It is no failure that employees come first."""
        from airflow.sdk.exceptions import AirflowSkipException

        seen, told = guarded(NothingToReadError("Employees come first."))
        assert isinstance(seen, AirflowSkipException)
        assert told == [("skipped", "", "Employees come first.")]

    def test_a_defect_shows_where_but_never_with_which_values(self, guarded: Any) -> None:
        """The message of an exception that nobody foresaw may hold a value of a row."""
        seen, told = guarded(KeyError("123456782"))
        assert "KeyError" in str(seen)
        assert "test_waiting.py" in str(seen)
        assert "123456782" not in str(seen) + repr(told)
        assert seen.__cause__ is None
        assert seen.__suppress_context__
