"""Airflow's own database is kept small: what our DAGs left long ago goes, and nobody else's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

NOW = datetime.now(UTC)
LEFT = {
    "iban": (6, 8, 20),
    "employers": (1, 29, 31, 90),
    "reject_digest": (100,),
    "somebody_elses": (1, 31, 400),
}
"""DAG → how many days ago its runs were. The newest of each stays, whatever its age."""
STAY = {"iban": {6}, "employers": {1, 29}, "reject_digest": {100}, "somebody_elses": {1, 31, 400}}


def runs(stored: bool = False) -> dict[str, set[int]]:
    """Return DAG → how many days ago the runs were that Airflow has; first store them where that is asked."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType
    from sqlalchemy import delete, select

    with create_session() as session:
        if stored:
            session.execute(delete(DagRun).where(DagRun.dag_id.in_(LEFT)))
            for name, days in LEFT.items():
                for ago in days:
                    moment = NOW - timedelta(days=ago)
                    run = DagRun(
                        dag_id=name,
                        run_id=f"scheduled__{ago}",
                        logical_date=moment,
                        run_after=moment,
                        start_date=moment,
                        run_type=DagRunType.SCHEDULED,
                        state="success",
                    )
                    session.add(run)
            session.flush()
        found: dict[str, set[int]] = {}
        for name, run_id in session.execute(select(DagRun.dag_id, DagRun.run_id).where(DagRun.dag_id.in_(LEFT))):
            found.setdefault(name, set()).add(int(run_id.removeprefix("scheduled__")))
    return found


@pytest.fixture
def address() -> str:
    """The address of Airflow's database, which a task may not see by itself."""
    from airflow.configuration import conf

    return str(conf.get("database", "sql_alchemy_conn"))


def test_what_is_old_goes_and_the_newest_run_of_each_stays(
    dags: Any, step: Callable[..., Any], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEERPONT_AIRFLOW_DATABASE", address)
    # as a worker has it: nobody finds the database by Airflow's own setting
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    assert runs(stored=True) == {name: set(days) for name, days in LEFT.items()}
    step("airflow_cleanup", "delete")
    assert runs() == STAY


def test_without_an_address_it_is_skipped_and_says_what_to_set(dags: Any, step: Callable[..., Any]) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    with pytest.raises(AirflowSkipException, match="VEERPONT_AIRFLOW_DATABASE is not set"):
        step("airflow_cleanup", "delete")


def test_a_clean_up_that_fails_says_so_without_the_address(
    dags: Any, step: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    monkeypatch.setenv("VEERPONT_AIRFLOW_DATABASE", "postgresql+psycopg2://airflow:geheim@127.0.0.1:9/airflow")
    with pytest.raises(AirflowFailException, match="the log shows why"):
        step("airflow_cleanup", "delete")
    assert "geheim" not in "".join(capfd.readouterr())
