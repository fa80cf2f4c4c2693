"""Dirty data, and a failure at every stage of every flow, at log level DEBUG: no personal value anywhere outside.

Outside is: what is printed, logs, both databases with XCom and rendered fields, mails, the names and the sealed content
of the vault, folders for temporary files, and everything that a Viewer can ask of Airflow's API and of the desk.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from airflow_night import ROOT
from airflow_rest import wait_until
from airflow_up import AirflowUp
from cryptography.fernet import Fernet
from proving import Proof
from requests import HTTPError
from traces import PLANTED, Search, dirty, personal, places, secrets
from viewer import Viewer

from veerpont.model.failures import Problem, Stage
from veerpont.pipeline.desk_work import give
from veerpont.store import clock, employers, rejects
from veerpont.store.scope import Scope
from veerpont_sandbox.customers import BAD_ROWS
from veerpont_sandbox.world import Sandbox

HERE = Path(__file__).parent
CUSTOMERS = ("veerhuis", "sluis")
"""One from AFAS and one from Loket, with every flow between them."""
FLOWS = ("employers", "employees", "organigram", "accounts", "absence", "iban", "hours", "payroll")
PROBLEM = Problem(Stage.TRANSFORM, "Naam", "missing_value", "Fill it in.")
STAGES = {"extract": "put /rows", "transform": "put /records", "load": "get /records"}
LOGGERS = ("paramiko", "requests", "urllib3", "sqlalchemy", "sqlalchemy.engine", "airflow", "asyncio", "fsspec", "s3fs")
EVERYTHING = {
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
    "AIRFLOW__LOGGING__NAMESPACE_LEVELS": " ".join(f"{name}=DEBUG" for name in LOGGERS),
}


def environment(home: Path) -> dict[str, str]:
    """Return what an instance has besides its own: everything is logged, and the vault breaks on demand."""
    (home / "tmp").mkdir(parents=True)
    return EVERYTHING | {
        "PYTHONPATH": os.pathsep.join([str(HERE / "broken_vault"), str(ROOT / "dags")]),
        "VEERPONT_PROOF_DEFECT": str(home / "defect"),
        "VEERPONT_ENGINEERS": "engineers@veerpont.example",
        "TMPDIR": str(home / "tmp"),
    }


def judge(search: Search, found: Iterable[tuple[str, str, str]], kinds: set[str]) -> Counter[str]:
    """Require that nothing is found but what was planted, and that in every kind of place. Returns places by kind."""
    looked: Counter[str] = Counter()
    leaks, planted = [], set()
    for kind, place, text in found:
        looked[kind] += 1
        values = search.found(text)
        if PLANTED in values:
            planted.add(kind)
        if values - {PLANTED}:
            leaks.append((kind, place, sorted(values - {PLANTED})[:5]))
    assert leaks == []
    assert planted == kinds, "the search looks there, and does not find what is there"
    return looked


def plant(home: Path, vault: Path, mails: Path) -> set[str]:
    """Put what the search must find where no run of a flow can put it; returns the kinds of place."""
    (home / "tmp" / "planted.csv").write_text(PLANTED)
    (vault / f"{PLANTED}.part").write_bytes(b"")
    mails.mkdir(parents=True, exist_ok=True)
    (mails / "planted.eml").write_bytes(
        b"Subject: =?utf-8?q?planted?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + "".join(f"={ord(letter):02X}" for letter in PLANTED).encode()
    )
    return {"temporary file", "vault", "mail"}


def test_a_night_at_debug(tmp_path: Path, proof: Proof) -> None:
    """A few flows in one process, one of them broken at two stages."""
    home, vault = tmp_path / "home", tmp_path / "home" / "vault"
    with Sandbox(tmp_path / "sandbox", CUSTOMERS, bad_rows=tuple(BAD_ROWS)) as sandbox:
        dirty(sandbox, "veerhuis")
        values = environment(home) | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "VEERPONT_INTEGRATIONS": str(home / "integrations"),
            "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
            "VEERPONT_VAULT": f"file://{vault}",
            "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
        }
        sandbox.write_integrations(home / "integrations")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "VEERPONT"))}
        steps = proof.size(
            (
                "employers",
                "employees",
                "broken:put /records:iban",
                "broken:get /records:absence",
                "accounts",
                "payroll",
            ),
            ("employers", "broken:put /records:employees", "employees"),
        )
        with (home / "night.log").open("w") as log:
            done = subprocess.run(
                [sys.executable, HERE / "debug_night.py", *steps],
                env=clean | values | sandbox.connections(),
                stdout=log,
                stderr=log,
                check=False,
                timeout=240,
            )
        printed = (home / "night.log").read_text(errors="replace")
        assert done.returncode == 0, printed[-3000:]
        search = Search(personal(sandbox))
    for step in steps:
        assert f"{step} ended: {'failed' if step.startswith('broken') else 'success'}" in printed
    assert "RuntimeError, a defect of ours" in printed
    assert "DEBUG" in printed.upper()
    kinds = plant(home, vault, tmp_path / "sandbox" / "mail")
    (home / "planted.log").write_text(PLANTED)
    looked = judge(search, places(home, vault, tmp_path / "sandbox" / "mail"), kinds | {"log"})
    proof.note(f"{len(steps)} runs at DEBUG in one process: places searched", sum(looked.values()))


def break_in_turn(up: AirflowUp) -> Iterator[str]:
    """Let everything go wrong, one after the other, and at last nothing; yields what it is."""
    faults, defect = up.sandbox.faults, up.home / "defect"
    for stage, objects in STAGES.items():
        defect.write_text(objects)
        yield f"a defect at {stage}"
        defect.unlink()
    for kinds in (("truncated",), ("unexpected",), ("drop_upload", "api_error"), ("refuse_rename", "api_lost_answer")):
        for kind in kinds:
            faults.add(kind)
        yield " and ".join(kinds)
        faults.clear()
    faults.add("replaced_column", customer="veerhuis", field="Achternaam")
    yield "a replaced column"
    faults.clear()
    keys = [f"{number}" for number in range(1001, 1013)]
    faults.add("reject_lines", keys=keys, value="{Achternaam} {BSN} is not right")
    yield "the portal rejects lines"
    faults.clear()
    yield "nothing wrong any more"


def start(up: AirflowUp, flow: str) -> str:
    """Start a run and return its id. Airflow's SQLite may be locked for a while when much is going on."""
    for _ in range(10):
        try:
            return str(up.call("POST", f"dags/{flow}/dagRuns", logical_date=None, conf={})["dag_run_id"])
        except HTTPError as error:
            if error.response.status_code != 500:
                raise
            time.sleep(2)
    raise TimeoutError(f"{flow} cannot be started")


def failed_steps(up: AirflowUp, flow: str, run: str) -> set[str]:
    """Return the steps of a run that failed: a run of `iban` whose first step failed is itself a success."""
    tasks = up.call("GET", f"dags/{flow}/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
    return {task["task_id"].rpartition(".")[2] for task in tasks if task["state"] == "failed"}


def give_up(up: AirflowUp, dag: str) -> None:
    """End a run as failed once its task has failed: its three retries would take a quarter of an hour."""

    def failed_once() -> str:
        for run in up.runs(dag):
            path = f"dags/{dag}/dagRuns/{run['dag_run_id']}"
            tasks = up.call("GET", f"{path}/taskInstances")["task_instances"]
            if any(each["state"] == "up_for_retry" for each in tasks):
                return path
        return ""

    wait_until(failed_once, 300, "failing")
    up.call("PATCH", failed_once(), state="failed")


def load_a_month(up: AirflowUp) -> set[str]:
    """Load this month's history by backfill, with a defect and then without one; returns how the runs ended."""
    defect, month, ended = up.home / "defect", f"{clock.today().replace(day=1)}T00:00:00Z", set()
    up.unpause("absence_history")

    def loads() -> list[dict[str, Any]]:
        return list(up.call("GET", "backfills?dag_id=absence_history")["backfills"])

    for objects in (STAGES["extract"], ""):
        if objects:
            defect.write_text(objects)
        asked = {"dag_id": "absence_history", "from_date": month, "to_date": month, "reprocess_behavior": "completed"}
        up.call("POST", "backfills", **asked, dag_run_conf={"integration": "veerhuis"}, max_active_runs=1)
        if objects:
            give_up(up, "absence_history")
        wait_until(lambda: all(each["completed_at"] for each in loads()), 600, "loading")
        ended |= {run["state"] for run in up.runs("absence_history")}
        defect.unlink(missing_ok=True)
    return ended


def bring_reports(up: AirflowUp, values: set[str], patch: pytest.MonkeyPatch) -> None:
    """Bring reports to the desk with personal values in names of columns, cells and nothing that is a report."""
    for name, value in up.environment.items():
        if name.startswith("VEERPONT"):
            patch.setenv(name, value)
    row = ";".join(sorted(values)[:40])
    for content in (f"Bestand;Regel;Niveau;Melding\n{row}\n", f"{row}\n1;2;3;4\n", f"PK\x03\x04{row}", row):
        give(up.ledger, "veerhuis", "els", FLOWS, content.encode())
    assert up.run("desk_work", "veerhuis") == "success"


@pytest.mark.timeout(3000)
def test_every_flow_fails_at_every_stage(tmp_path: Path, proof: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a real scheduler and real workers, with everything that the sandbox can do wrong."""
    if not proof.full:
        pytest.skip("starts a whole Airflow and breaks every flow in turn: `make proof` does")
    up = AirflowUp(tmp_path / "up", customers=CUSTOMERS, bad_rows=tuple(BAD_ROWS), reports=True)
    # no tick comes between: one that fails would be tried again for half an hour, and keep the next run waiting
    up.environment |= environment(up.home) | {"AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False"}
    failed: dict[tuple[str, str], set[str]] = {}

    with up:
        up.unpause(*FLOWS, "portal_reports", "reject_digest")
        assert up.run("employers") == "success"
        for customer, codes in up.sandbox.activate.items():
            with up.ledger.session() as session:
                employers.activate(session, customer, list(codes), "test")
        assert up.run("employees") == "success"
        assert dirty(up.sandbox, "veerhuis") > 15
        for what in break_in_turn(up):
            started = {flow: start(up, flow) for flow in FLOWS}
            for flow, run in started.items():
                up.ended(flow, run)
                failed[what, flow] = failed_steps(up, flow, run)
        up.sandbox.portal.settle()
        for flow in ("portal_reports", "reject_digest"):
            assert up.run(flow) == "success"
        values = personal(up.sandbox) | secrets(up.sandbox)
        assert load_a_month(up) == {"failed", "success"}
        bring_reports(up, personal(up.sandbox), monkeypatch)
        # by a person who types a name where an integration is asked for, and by a key that is one
        assert up.run("employers", PLANTED) == "failed"
        with up.ledger.session() as session:
            rejects.add(session, Scope("veerhuis", "employees"), "planted", {PLANTED: PROBLEM})
        kinds = plant(up.home, up.home / "vault", up.home / "sandbox" / "mail")
        search, viewer = Search(values), Viewer(up)

        def everywhere() -> Iterator[tuple[str, str, str]]:
            yield from places(up.home, up.home / "vault", up.home / "sandbox" / "mail")
            for kind, pages in (("API", viewer.api()), ("desk", viewer.desk())):
                for place, text in pages:
                    yield kind, place, text

        looked = judge(search, everywhere(), kinds | {"log", "airflow", "ledger", "API", "desk"})
    for stage, flow in product(STAGES, FLOWS):
        # where one task reads for everybody, a defect is one customer's: the step goes on, and `end` fails for it
        assert ("end" if flow == "iban" else stage) in failed[f"a defect at {stage}", flow], flow
    proof.note(f"{len(failed)} runs of {len(FLOWS)} flows at DEBUG, steps that failed", sum(map(len, failed.values())))
    proof.note("personal values outside", 0, 0)
    proof.note(f"values looked for in {search.read / 1e6:.0f} MB", len(values))
    proof.note("answers that a Viewer was given", viewer.given)
    for kind, number in sorted(looked.items()):
        proof.note(f"places searched: {kind}", number)
