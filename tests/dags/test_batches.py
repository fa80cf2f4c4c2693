"""Batches through Airflow: the grid is red for one, and the others are delivered; late ones come later."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from airflow_night import Night

from veerpont.desk import lists
from veerpont.store import in_hand
from veerpont.store.in_hand import Attempt

Make = Callable[..., Night]
FIVE = ["amstel", "dommel", "oeverland", "veerhuis", "waal"]
FLOW = "employers"


@pytest.fixture
def here(night: Make, monkeypatch: pytest.MonkeyPatch) -> Night:
    """Five customers whose employers are active, who cross in one batch."""
    made = night(customers=FIVE, people=12)
    made.without_airflow("employers")
    made.activate()
    monkeypatch.setenv("VEERPONT_BATCH_ABOVE", "4")
    return made


@pytest.fixture
def unattended(monkeypatch: pytest.MonkeyPatch, dags: Any) -> Iterator[None]:
    """As the schedule runs it: `dag.test` makes runs of a person; a retry comes at once."""
    from veerpont.airflow import terms

    monkeypatch.setattr(terms, "unattended", lambda _: True)
    kept = {}
    for task in dags[FLOW].tasks:
        settings = task.partial_kwargs if task.is_mapped else vars(task)
        kept[task.task_id] = (settings, settings.get("retry_delay"))
        if "retry_delay" in settings:
            settings["retry_delay"] = timedelta(0)
    yield
    for settings, delay in kept.values():
        if delay is not None:
            settings["retry_delay"] = delay


def states(here: Night) -> dict[str, str]:
    return {name: str(here.books(name, FLOW)["state"]) for name in FIVE}


def shown(here: Night, task: str) -> list[str]:
    """Return what the grid shows in place of the map indexes of a task."""
    return [str(ti.rendered_map_index) for ti in here.dag_run.get_task_instances() if ti.task_id == task]


def test_one_batch_delivers_for_everybody_and_each_delivery_is_announced_once(here: Night) -> None:
    assert here.run(FLOW) == {
        "plan[-1]": "success",
        "cross.extract[0]": "success",
        "cross.transform[0]": "success",
        "cross.load[0]": "success",
        "left[-1]": "success",
        "end[-1]": "success",
    }
    assert set(states(here).values()) == {"success"}
    assert shown(here, "cross.load") == ["batch 1: 5 well"]
    made = lists.list_deliveries(here.ledger, None, FLOW)
    assert sorted(row["integration"] for row in made if row["state"] == "delivered") == FIVE


def test_one_that_needs_a_person_fails_the_end_and_nobody_else(here: Night) -> None:
    here.sandbox.faults.add("revoked", customer="dommel")
    found = here.run(FLOW)
    assert {name: found[name] for name in ("cross.extract[0]", "cross.load[0]", "end[-1]")} == {
        "cross.extract[0]": "success",
        "cross.load[0]": "success",
        "end[-1]": "failed",
    }
    assert here.dag_run.state == "failed"
    assert shown(here, "cross.extract") == ["batch 1: 4 well; failed: dommel"]
    assert states(here) == {name: "failed" if name == "dommel" else "success" for name in FIVE}


def test_nobody_has_work_for_the_next_step(here: Night) -> None:
    here.sandbox.faults.add("revoked")
    found = here.run(FLOW)
    assert [found[f"cross.{step}[0]"] for step in ("extract", "transform", "load")] == ["skipped"] * 3
    assert (found["end[-1]"], here.dag_run.state) == ("failed", "failed")


def test_try_again_now_runs_that_one_alone(here: Night) -> None:
    found = here.run(FLOW, "waal")
    assert found["cross.load[0]"] == "success"
    assert shown(here, "cross.load") == ["waal"]
    assert {row["integration"] for row in lists.list_deliveries(here.ledger, None, FLOW)} == {"waal"}


def test_a_night_with_one_failing_one_away_and_one_load_that_died(
    here: Night, unattended: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the failing one are delivered, each once: the late one when it is back, the others by the retry."""
    from veerpont.systems.xpert_suite.portal import XpertSuite

    here.sandbox.faults.add("revoked", customer="dommel")
    here.sandbox.faults.add("maintenance", customer="waal", retry_after=15, times=1)
    deliver, died = XpertSuite.deliver, []

    class Died(BaseException):
        """What ends a process."""

    def dies_once(*args: Any, **more: Any) -> Any:
        done = deliver(*args, **more)
        if args[1].name == "oeverland" and not died:
            died.append("oeverland")
            raise Died
        return done

    monkeypatch.setattr(XpertSuite, "deliver", dies_once)
    found = here.run(FLOW)
    assert died == ["oeverland"]
    assert (found["cross.load[0]"], found["late[0]"], found["end[-1]"]) == ("success", "success", "failed")
    assert shown(here, "cross.extract") == ["batch 1: 3 well; failed: dommel; late: waal"]
    assert states(here) == {name: "failed" if name == "dommel" else "success" for name in FIVE}
    made = lists.list_deliveries(here.ledger, None, FLOW)
    assert sorted((row["integration"], row["state"]) for row in made) == [
        (name, "delivered") for name in FIVE if name != "dommel"
    ]
    with here.ledger.session() as session:
        rows = in_hand.found(session, Attempt(FLOW, here.dag_run.run_id))
    assert {row.step for row in rows.values()} == {"ended"}


def test_a_batch_waits_for_the_flow_before_without_a_slot(here: Night, step: Callable[..., Any]) -> None:
    from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

    batch = {"batch": 1, "members": FIVE}
    with pytest.raises(AirflowRescheduleException):  # what crossed before the tick is of another night
        step("organigram", "cross.extract", batch)
    here.run(FLOW)
    with pytest.raises(AirflowSkipException, match="skipped: amstel, dommel"):  # employees come first
        step("organigram", "cross.extract", batch, late=timedelta(hours=1))


def test_a_run_that_began_with_one_customer_in_an_instance_ends_so(here: Night, step: Callable[..., Any]) -> None:
    """The release before handed names and references on through XCom: they are taken as they are."""
    read = step(FLOW, "cross.extract", "waal", run_id="old")
    made = step(FLOW, "cross.transform", "waal", read, run_id="old")
    step(FLOW, "cross.load", "waal", made, run_id="old")
    assert here.books("waal", FLOW)["state"] == "success"


def test_a_run_of_iban_that_began_under_the_release_before(night: Make, step: Callable[..., Any]) -> None:
    """Its tasks handed on through XCom what the ledger now has: the next task takes it over."""
    from veerpont.flows.job import open_job
    from veerpont.model.flows import Flow
    from veerpont.pipeline import settled
    from veerpont.store.clock import now

    made = night(customers=["veerhuis"])
    made.without_airflow("employers")
    made.activate()
    made.without_airflow("employees")
    job = open_job(Flow.IBAN, "veerhuis", "scheduled", print, True, now())
    read = settled.extract(job)
    assert read is not None
    from msgspec import to_builtins

    step("iban", "transform", xcom={"extract": {"veerhuis": to_builtins(read)}})
    step("iban", "load")
    assert made.sandbox.portal.api("veerhuis", "iban")
