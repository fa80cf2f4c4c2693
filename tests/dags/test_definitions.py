"""The DAGs as Airflow sees them: a change of schedule, retries or pools shows here before it shows at night."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow_night import ROOT

NIGHTLY = ["employers", "organigram", "employees"]


def test_one_dag_for_each_flow(dags: Any) -> None:
    """Every flow is one DAG in one file that is named after it."""
    assert sorted(dags) == sorted(NIGHTLY)
    assert {Path(dag.fileloc).stem for dag in dags.values()} == set(NIGHTLY)


@pytest.mark.parametrize("flow", NIGHTLY)
class TestNightly:
    def test_schedule(self, dags: Any, flow: str) -> None:
        """Every night at 21:00 Dutch time, one run at a time, nothing caught up."""
        dag = dags[flow]
        assert (dag.timetable.expression, str(dag.timetable.timezone)) == ("0 21 * * *", "Europe/Amsterdam")
        assert (dag.catchup, dag.max_active_runs) == (False, 1)

    def test_tasks(self, dags: Any, flow: str) -> None:
        """Plan, then extract, transform and load, mapped over the integrations."""
        dag = dags[flow]
        assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
            "plan": ["cross.extract", "cross.load", "cross.transform"],
            "cross.extract": ["cross.transform"],
            "cross.transform": ["cross.load"],
            "cross.load": [],
        }

    def test_retries_and_pools(self, dags: Any, flow: str) -> None:
        """Every task has retries: a cold API server fails the first one. Reads and deliveries are capped by pools."""
        tasks = {task.task_id: task for task in dags[flow].tasks}
        assert {(task.retries, task.retry_delay) for task in tasks.values()} == {(3, timedelta(minutes=5))}
        assert tasks["cross.extract"].pool == "sources"
        assert tasks["cross.load"].pool == "portals"

    def test_explains_itself(self, dags: Any, flow: str) -> None:
        """Whoever is on call finds what it does, what to do when it fails, tags and a readable map index."""
        dag = dags[flow]
        assert "When it fails" in dag.doc_md
        assert set(dag.tags) == {"veerpont", "nightly", flow}
        assert dag.get_task("cross.extract").map_index_template == "{{ integration }}"
        assert "integration" in dag.params


def test_loading_a_dag_file_brings_in_no_room_of_the_house() -> None:
    """DAG files are parsed all the time: what they do is imported by the tasks, not by the file."""
    code = (
        "import sys, runpy; sys.path.insert(0, 'dags'); runpy.run_path('dags/employees.py');"
        "print([name for name in sys.modules if name.startswith(('veerpont.', 'pandas', 'paramiko', 'alembic'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.strip().splitlines()[-1]
    assert loaded in {"[]", "['veerpont.provider']"}
