"""The DAGs as Airflow sees them: a change of schedule, retries or pools shows here before it shows at night."""

import json
import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow_night import ROOT

NIGHTLY = ["employers", "organigram", "employees", "accounts", "hours", "payroll"]
MAPPED = [*NIGHTLY, "absence"]
ALL = [*MAPPED, "iban", "absence_history", "portal_reports", "desk_work", "reject_digest", "airflow_cleanup"]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def ticks(dag: Any, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the moments at which a DAG runs, in its own zone."""
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction

    timetable, run = coerce_to_core_timetable(dag.timetable), None
    while run := timetable.next_dagrun_info_v2(last_dagrun_info=run, restriction=TimeRestriction(first, last, True)):
        yield run.run_after.astimezone(AMSTERDAM)


def test_one_dag_for_each_flow(dags: Any) -> None:
    """Every flow is one DAG in one file that is named after it; so are the historic loads."""
    assert sorted(dags) == sorted(ALL)
    assert {Path(dag.fileloc).stem for dag in dags.values()} == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_no_task_may_hang_for_ever(dags: Any, name: str) -> None:
    """One that does would keep the next run of its flow waiting. The task that only ends a run does nothing."""
    limits = {task.task_id: task.execution_timeout for task in dags[name].tasks if task.task_type != "EmptyOperator"}
    assert set(limits.values()) == {timedelta(hours=3)}, limits


@pytest.mark.parametrize("flow", NIGHTLY)
def test_nightly_schedule(dags: Any, flow: str) -> None:
    """Every night at 21:00 Dutch time, one run at a time, nothing caught up."""
    dag = dags[flow]
    assert (dag.timetable.expression, str(dag.timetable.timezone)) == ("0 21 * * *", "Europe/Amsterdam")
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    assert set(dag.tags) == {"veerpont", "nightly", flow}


def test_the_order_of_a_night() -> None:
    """Each flow waits for the one before it, so accounts find the employees of the same night."""
    from veerpont.model import flows

    assert list(flows.NIGHTLY) == NIGHTLY


class TestTheDay:
    @pytest.mark.parametrize("day", [datetime(2026, 11, 23, tzinfo=AMSTERDAM), datetime(2026, 3, 29, tzinfo=AMSTERDAM)])
    def test_absence_ticks_every_hour(self, dags: Any, day: datetime) -> None:
        """From 07:00 to 21:00 on the Dutch clock, also on the day that summer time begins."""
        dag = dags["absence"]
        found = list(ticks(dag, day, day + timedelta(hours=23)))
        assert [f"{tick:%H:%M}" for tick in found] == [f"{hour:02}:00" for hour in range(7, 22)]
        assert (dag.catchup, dag.max_active_runs) == (False, 1)
        assert set(dag.tags) == {"veerpont", "hourly", "absence"}

    @pytest.mark.parametrize(
        "day", [datetime(2026, 11, 23, tzinfo=AMSTERDAM), datetime(2026, 10, 25, tzinfo=AMSTERDAM)]
    )
    def test_iban_ticks_every_five_minutes(self, dags: Any, day: datetime) -> None:
        """From 07:00 to 21:00 on the Dutch clock, the last at 21:00 sharp, also on the day that summer time ends."""
        dag = dags["iban"]
        found = list(ticks(dag, day, day + timedelta(hours=23)))
        assert len(found) == 169
        assert (f"{found[0]:%H:%M}", f"{found[-1]:%H:%M}") == ("07:00", "21:00")
        assert all(later - earlier == timedelta(minutes=5) for earlier, later in pairwise(found))
        assert (dag.catchup, dag.max_active_runs) == (False, 1)
        assert set(dag.tags) == {"veerpont", "every 5 minutes", "iban"}


def test_reports_are_looked_for_day_and_night(dags: Any) -> None:
    """Every quarter of an hour, by one task: what the portal rejects at night is in the mail of 07:00."""
    dag = dags["portal_reports"]
    first = pendulum.datetime(2026, 11, 23, tz="Europe/Amsterdam")  # a cron of every hour asks for no other kind
    found = list(ticks(dag, first, first.add(hours=23, minutes=59)))
    assert len(found) == 96
    assert all(later - earlier == timedelta(minutes=15) for earlier, later in pairwise(found))
    assert (dag.catchup, dag.max_active_runs, [task.task_id for task in dag.tasks]) == (False, 1, ["read"])
    assert set(dag.tags) == {"veerpont", "every 15 minutes", "reports"}


def test_what_the_desk_is_given_is_done_when_the_desk_says_so(dags: Any) -> None:
    """No schedule; one customer's wait keeps no other one's report back, and a killed task is tried again."""
    dag = dags["desk_work"]
    assert (dag.schedule, dag.max_active_runs, [task.task_id for task in dag.tasks]) == (None, 4, ["do"])
    assert dag.is_paused_upon_creation is False
    assert {task.retries for task in dag.tasks} == {3}


class TestHistory:
    def test_every_month_can_be_loaded_also_the_present_one(self, dags: Any) -> None:
        """A bare date is the first of a month in UTC; what a backfill asks for has ended when the month began."""
        dag = dags["absence_history"]
        found = list(ticks(dag, datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)))
        assert [tick.astimezone(UTC) for tick in found] == [datetime(2026, m, 1, tzinfo=UTC) for m in (9, 10, 11)]
        assert dag.max_active_runs == 4
        assert set(dag.tags) == {"veerpont", "backfill", "absence"}

    def test_tasks(self, dags: Any) -> None:
        """Plan, then one read per integration, capped by the pool, with retries."""
        dag = dags["absence_history"]
        assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {"plan": {"fetch"}, "fetch": set()}
        assert dag.get_task("fetch").pool == "sources"
        assert {task.retries for task in dag.tasks} == {3}


@pytest.mark.parametrize("flow", MAPPED)
class TestMapped:
    def test_tasks(self, dags: Any, flow: str) -> None:
        """Plan, then extract, transform and load, mapped over the integrations; then the late ones, and the end."""
        assert {task.task_id: sorted(task.downstream_task_ids) for task in dags[flow].tasks} == {
            "plan": ["cross.extract", "cross.load", "cross.transform"],
            "cross.extract": ["cross.transform"],
            "cross.transform": ["cross.load"],
            "cross.load": ["end", "left"],
            "left": ["late"],
            "late": ["end"],
            "end": [],
        }

    def test_retries_and_pools(self, dags: Any, flow: str) -> None:
        """Every task has retries: a cold API server fails the first one. Reads and deliveries are capped by pools."""
        tasks = {task.task_id: task for task in dags[flow].tasks}
        work = [task for name, task in tasks.items() if name != "end"]
        assert {(task.retries, task.retry_delay) for task in work} == {(3, timedelta(minutes=5))}
        # what is ahead goes first: else no load would begin before the extract of every customer had
        assert {task.weight_rule for task in tasks.values()} == {"upstream"}
        assert tasks["cross.extract"].pool == "sources"
        assert tasks["cross.load"].pool == "portals"


def test_iban_is_three_tasks_and_an_end(dags: Any) -> None:
    """One of each over all integrations, and one by which the run fails when a step or a customer did.

    What one part's failure must not stop runs whatever came before it.
    """
    tasks = {task.task_id: task for task in dags["iban"].tasks}
    assert {name: task.downstream_task_ids for name, task in tasks.items()} == {
        "extract": {"transform", "end"},
        "transform": {"load", "end"},
        "load": {"end"},
        "end": set(),
    }
    assert [tasks[name].trigger_rule.value for name in ("transform", "load")] == ["all_done", "all_done"]
    assert {task.retries for task in tasks.values()} == {0}
    assert (tasks["extract"].pool, tasks["load"].pool) == ("sources", "portals")


def crons(timetable: Any) -> list[str]:
    """Return the expressions of a timetable, and its zone."""
    parts = getattr(timetable, "timetables", [timetable])
    return [f"{part.expression} {part.timezone}" for part in parts if hasattr(part, "expression")]


def test_they_are_as_kept(dags: Any) -> None:
    """Names, schedules, tags, tasks, pools, retries and trigger rules: other people's DAGs and scripts rest on them.

    A change that is meant is kept by `KEEP=1 pytest tests/dags/test_definitions.py`.
    """
    found = {
        name: {
            "shown": dag.dag_display_name,
            "schedule": crons(dag.timetable),
            "tags": sorted(dag.tags),
            "tasks": {
                task.task_id: f"pool {task.pool}, {task.retries} retries, {task.trigger_rule.value}"
                for task in dag.tasks
            },
        }
        for name, dag in sorted(dags.items())
    }
    kept = Path(__file__).parent / "dags.json"
    if os.environ.get("KEEP"):
        kept.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(kept.read_text())


@pytest.mark.parametrize("name", ALL)
class TestExplainsItself:
    def test_what_it_does_and_what_to_do(self, dags: Any, name: str) -> None:
        """Whoever is on call finds what the DAG does and where to look, and can run it for one integration."""
        dag = dags[name]
        assert dag.doc_md.strip().startswith("### ")
        assert "veerpont " in dag.doc_md
        assert name in {"iban", "absence_history"} or "When it fails" in dag.doc_md
        assert "integration" in dag.params or name == "airflow_cleanup"

    def test_the_grid_names_the_integration(self, dags: Any, name: str) -> None:
        """A mapped task shows the customer's name in place of a number."""
        mapped = [task for task in dags[name].tasks if task.is_mapped or task.task_id.startswith("cross.")]
        assert {task.map_index_template for task in mapped} <= {"{{ integration }}"}
        assert bool(mapped) == (name not in {"iban", "portal_reports", "desk_work", "airflow_cleanup"})


def test_loading_the_dag_files_brings_in_no_room_of_the_house() -> None:
    """DAG files are parsed all the time: what they do is imported by the tasks, not by the files."""
    code = (
        f"import sys, runpy; sys.path.insert(0, 'dags'); [runpy.run_path(f'dags/{{name}}.py') for name in {ALL}];"
        "heavy = ('veerpont.', 'pandas', 'paramiko', 'alembic', 'xlsxwriter', 'pyarrow');"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.strip().splitlines()[-1]
    rooms = {name.split(".")[1] for name in literal_eval(loaded) if name.startswith("veerpont.")}
    assert rooms <= {"airflow"}
    assert all(name.startswith("veerpont.") for name in literal_eval(loaded))


def test_nothing_that_airflow_has_taken_away_or_will() -> None:
    """Ruff's rules for Airflow find nothing in the DAGs."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--preview", "--select", "AIR", "dags"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
