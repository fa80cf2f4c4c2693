"""Days through Airflow: absence and bank accounts, against AFAS, the portal and its JSON API in the sandbox."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow_night import DAILY, Night
from proving import WHOLE, Proof

from veerpont.desk import lists
from veerpont.rules.dates import business_date
from veerpont.store.tables import Run

Make = Callable[..., Night]


def begun(here: Night, *flows: str) -> Night:
    """Let the first night pass, or these flows of it; that it does so through Airflow, test_nights.py shows."""
    here.begin(*flows)
    return here


def truth(here: Night, customer: str) -> set[Any]:
    """Return what the portal must have of a customer's absence."""
    spec = here.sandbox.customers[customer]
    assert spec.book
    return {told for told in spec.book.truth(business_date(datetime.now(UTC))) if told[0] in spec.activate}


def falls_ill(here: Night, customer: str) -> None:
    """Let somebody of an active employer who never was absent report ill, today."""
    spec, now = here.sandbox.customers[customer], datetime.now(UTC)
    assert spec.book
    absent = {case.number for case in spec.book.cases()}
    rows = here.sandbox.afas.rows(customer, "Newdays_Connect_Medewerker_Gegevens_v1")
    row = next(
        row
        for row in rows
        if row["Werkgeverscode"] in spec.activate
        and row["Personeelsnummer"] not in absent
        and row["Datum_eind_dvb"] is None
        and row["Datum_start_dvb"] < "2026"
    )
    spec.book.open(
        row["Personeelsnummer"],
        business_date(now),
        at=now,
        employer=row["Werkgeverscode"],
        guid_person=row["GUID"],
    )


def sent(here: Night) -> list[tuple[int, str]]:
    return [(row["id"], row["state"]) for row in lists.list_deliveries(here.ledger, None, None)]


def asset_events(since: datetime) -> list[tuple[str, int, str]]:
    """Return of each event of our assets: which asset, which delivery, its checksum. The database is of all tests."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.execute(
            select(AssetModel.name, AssetEvent.extra)
            .join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
            .where(AssetModel.name.startswith("veerpont/"), AssetEvent.timestamp >= since)
        )
        return [(name, extra["delivery"], extra["sha256"]) for name, extra in rows]


class TestAllFlows:
    def test_everything_arrives_and_the_second_time_nothing_is_sent(self, night: Make, proof: Proof) -> None:
        """Six flows of two customers. The first file of absence waits for a read that covers the portal's window.

        The sample: one customer, without the flows that test_nights.py runs through Airflow.
        """
        here = night(customers=proof.size(["veerhuis", "oeverland"], ["veerhuis"]))
        here.without_airflow("employers")
        here.activate()
        here.without_airflow(*proof.size((), ("employers", "employees", "organigram")))
        began, earlier = datetime.now(UTC), sent(here)
        for flow in proof.size(DAILY, ("accounts",)):
            assert set(here.run(flow).values()) == {"success"}
        assert set(here.run("absence").values()) == {"success"}
        for customer in here.sandbox.customers:
            assert here.books(customer, "absence")["state"] == "held"
            assert here.sandbox.portal.files(customer, "absence") == []
        assert set(here.run("absence").values()) == {"success"}
        assert set(here.run("iban").values()) == {"success"}
        before = sent(here)
        states = here.run("iban")
        assert states == {
            "extract[-1]": "success",
            "transform[-1]": "skipped",
            "load[-1]": "skipped",
            "end[-1]": "success",
        }
        assert here.dag_run.state == "success"
        for customer in here.sandbox.customers:
            counts = here.sandbox.portal.counts(customer)
            assert all(counts.values()), counts
            assert here.sandbox.portal.periods(customer) == truth(here, customer)
            assert here.sandbox.portal.api(customer, "iban")

        for flow in proof.size((*DAILY, "absence", "iban"), ("absence",)):
            assert set(here.run(flow).values()) == {"success"}
            for customer in here.sandbox.customers:
                books = here.books(customer, flow)
                assert (books["state"], books["delivered"], books["gone"]) == ("success", 0, 0)
        assert sent(here) == before
        told = asset_events(began)
        known = {number for number, _ in earlier}
        accepted = [
            row
            for row in lists.list_deliveries(here.ledger, None, None)
            if row["state"] == "delivered" and row["id"] not in known
        ]
        assert sorted(told) == sorted(
            (f"veerpont/{row['integration']}/{row['flow']}/{row['portal']}", row["id"], row["sha256"])
            for row in accepted
        ), "one event for each accepted delivery, none for a run that sent nothing"

    def test_before_any_employee_there_is_no_absence(self, night: Make) -> None:
        """A skipped extract skips what follows it; the run itself is no failure, and the ledger has the reason."""
        here = night(customers=["veerhuis"])
        here.without_airflow("employers")
        here.activate()
        states = here.run("absence")
        assert {state for task, state in states.items() if task.startswith("cross.")} == {"skipped"}
        assert here.dag_run.state == "success"
        books = here.books("veerhuis", "absence")
        assert (books["state"], "employees" in books["message"]) == ("skipped", True)

    def test_a_new_case_is_there_an_hour_later(self, night: Make) -> None:
        """What changed in the last days is read, and the file has everything else too."""
        here = begun(night(customers=["oeverland"]))
        here.without_airflow("absence", "absence")
        falls_ill(here, "oeverland")
        here.run("absence", "oeverland")
        assert here.books("oeverland", "absence")["delivered"] == 1
        assert here.sandbox.portal.periods("oeverland") == truth(here, "oeverland")


class TestOneCustomerFails:
    def test_iban_names_the_one_and_brings_the_others(self, night: Make) -> None:
        """A revoked token makes the last task fail with the customer's name; the records of the other arrive.

        The run is a failed one, as it is of absence.
        """
        here = begun(night(), "employees")
        here.sandbox.faults.add("revoked", customer="veerhuis")
        states = here.run("iban")
        steps = dict.fromkeys(("extract[-1]", "transform[-1]", "load[-1]"), "success")
        assert states == {**steps, "end[-1]": "failed"}
        assert here.dag_run.state == "failed"
        assert here.sandbox.portal.api("oeverland", "iban")
        assert not here.sandbox.portal.api("veerhuis", "iban")
        broken, fine = here.books("veerhuis", "iban"), here.books("oeverland", "iban")
        assert (broken["state"], broken["kind"], "token" in broken["message"]) == ("failed", "settings", True)
        assert (fine["state"], fine["delivered"] > 0) == ("success", True)

    @pytest.mark.parametrize("flow", ["iban", pytest.param("absence", marks=WHOLE)])
    def test_a_run_that_failed_for_everybody_is_a_failed_run(self, night: Make, flow: str) -> None:
        """Nothing is left to do for the steps that follow, and that is no success."""
        here = begun(night(), "employees")
        here.sandbox.faults.add("revoked")
        here.run(flow)
        assert here.dag_run.state == "failed"

    def test_a_portal_that_is_out_of_order_costs_a_turn_of_iban(self, night: Make) -> None:
        """Nobody has to act: the task ends well, the ledger says so, and the next turn brings what this one did not."""
        here = begun(night(), "employees")
        here.sandbox.faults.add("api_error", customer="oeverland")
        states = here.run("iban")
        assert set(states.values()) == {"success"}
        assert here.books("oeverland", "iban")["state"] == "skipped"
        assert here.sandbox.portal.api("veerhuis", "iban")
        here.sandbox.faults.clear()
        assert set(here.run("iban").values()) == {"success"}
        assert here.sandbox.portal.api("oeverland", "iban")

    def test_maintenance_costs_a_turn_of_iban(self, night: Make) -> None:
        """So does AFAS when it is away; the records of the other customer arrive."""
        here = begun(night(), "employees")
        here.sandbox.faults.add("maintenance", customer="veerhuis")
        assert set(here.run("iban").values()) == {"success"}
        away, fine = here.books("veerhuis", "iban"), here.books("oeverland", "iban")
        assert (away["state"], away["kind"], "next one" in away["message"]) == ("skipped", "passing", True)
        assert (fine["state"], fine["delivered"] > 0) == ("success", True)

    def test_absence_of_the_other_goes_on(self, night: Make) -> None:
        """One customer's revoked token, another's absence."""
        here = begun(night())
        here.without_airflow("absence")
        here.sandbox.faults.add("revoked", customer="veerhuis")
        states = here.run("absence")
        assert sorted(state for task, state in states.items() if "extract" in task) == ["failed", "success"]
        assert here.sandbox.portal.periods("oeverland") == truth(here, "oeverland")


class TestUnattended:
    """Runs that nobody looks at: those of `dag.test` are a person's, so here the steps are called by themselves."""

    def test_an_hour_under_maintenance_is_skipped(self, night: Make, step: Callable[..., Any]) -> None:
        """The next turn brings what changed, so nobody waits and nobody is alarmed; the ledger says so."""
        from airflow.sdk.exceptions import AirflowSkipException

        here = begun(night(customers=["veerhuis"]), "employees")
        here.sandbox.faults.add("maintenance", customer="veerhuis", retry_after=7200)
        with pytest.raises(AirflowSkipException, match="This turn is skipped"):
            step("absence", "cross.extract", "veerhuis")
        books = here.books("veerhuis", "absence")
        assert (books["state"], books["kind"], "next one" in books["message"]) == ("skipped", "passing", True)

    def test_a_night_under_maintenance_waits(self, night: Make, step: Callable[..., Any]) -> None:
        """The same fault at 21:00 gives the slot back until AFAS says that it returns.

        The tick is in three hours: whatever the time of day, its night does not end before AFAS is back.
        """
        from airflow.sdk.exceptions import AirflowRescheduleException

        here = begun(night(customers=["veerhuis"]), "employees")
        here.sandbox.faults.add("maintenance", customer="veerhuis", retry_after=7200)
        with pytest.raises(AirflowRescheduleException) as waits:
            step("employers", "cross.extract", "veerhuis", late=-timedelta(hours=3))
        wait = waits.value.reschedule_date - datetime.now(UTC)
        assert timedelta(hours=1, minutes=55) < wait < timedelta(hours=2, minutes=10)
        assert here.books("veerhuis", "employers")["state"] == "running"

    def test_accounts_wait_for_the_employees_of_the_night(self, night: Make, step: Callable[..., Any]) -> None:
        """A tick of this moment: the employees that crossed before it do not count."""
        from airflow.sdk.exceptions import AirflowRescheduleException

        here = begun(night(customers=["veerhuis"]))
        with pytest.raises(AirflowRescheduleException):
            step("accounts", "cross.extract", "veerhuis")
        here.without_airflow("employees")
        assert step("accounts", "cross.extract", "veerhuis", late=timedelta(minutes=1))["read"] > 0

    def test_the_portal_gets_time_for_a_file_of_absence(self, night: Make, step: Callable[..., Any]) -> None:
        """Within `settle_minutes` of the last file a load waits, though its hour could be skipped: it has the read."""
        from airflow.sdk.exceptions import AirflowRescheduleException

        here = begun(night(customers=["oeverland"]))
        here.without_airflow("absence", "absence")
        falls_ill(here, "oeverland")
        read = step("absence", "cross.extract", "oeverland")
        made = step("absence", "cross.transform", "oeverland", read)
        with pytest.raises(AirflowRescheduleException) as waits:
            step("absence", "cross.load", "oeverland", made)
        wait = waits.value.reschedule_date - datetime.now(UTC)
        assert timedelta(minutes=25) < wait <= timedelta(minutes=30)
        assert here.books("oeverland", "absence")["state"] == "running"

    @pytest.mark.parametrize(
        ("dag", "task", "late"),
        [
            ("absence", "plan", timedelta(minutes=51)),
            ("iban", "extract", timedelta(minutes=11)),
            ("employers", "plan", timedelta(hours=2, minutes=46)),
            ("accounts", "plan", timedelta(hours=2, minutes=46)),
            ("absence_history", "plan", timedelta(0)),
        ],
    )
    def test_an_old_tick_is_skipped(
        self, night: Make, step: Callable[..., Any], dag: str, task: str, late: timedelta
    ) -> None:
        """Unpausing fires the last missed tick, at whatever hour. History is never loaded by the schedule."""
        from airflow.sdk.exceptions import AirflowSkipException

        here = night()
        here.ledger.migrate()
        with pytest.raises(AirflowSkipException):
            step(dag, task, late=late)
        assert lists.list_runs(here.ledger, None, None) == []

    @pytest.mark.parametrize(
        ("dag", "late"), [("absence", timedelta(minutes=49)), ("employers", timedelta(hours=2, minutes=44))]
    )
    def test_a_tick_in_time_is_not(self, night: Make, step: Callable[..., Any], dag: str, late: timedelta) -> None:
        """A scheduler that was down for a while does not cost the turn."""
        night()
        assert step(dag, "plan", late=late) == ["oeverland", "veerhuis"]

    @pytest.mark.parametrize(
        ("run_type", "names"), [("scheduled", ["oeverland"]), ("manual", ["oeverland", "veerhuis"])]
    )
    def test_one_that_nobody_took_live_is_left_out_of_the_schedule_only(
        self, night: Make, step: Callable[..., Any], run_type: str, names: list[str]
    ) -> None:
        here = night()
        file = here.home / "integrations" / "veerhuis.yaml"
        file.write_text(f"schedule: when_live\n{file.read_text()}")
        assert step("employers", "plan", run_type=run_type) == names
        assert step("reject_digest", "plan", run_type=run_type) == names


class TestTimeOfAStep:
    @pytest.mark.parametrize(("took", "given"), [pytest.param(1, 3, marks=WHOLE), (4, 8)])
    def test_twice_the_longest_run_where_that_is_more(
        self, night: Make, monkeypatch: pytest.MonkeyPatch, took: int, given: int
    ) -> None:
        """A customer that grew is not stopped by a limit for all: only what was well counts, for it alone."""
        from airflow.sdk import get_current_context

        from veerpont.airflow import flow_dag

        here = night()
        here.ledger.migrate()
        end = datetime.now(UTC)
        with here.ledger.session() as session:
            for state, hours in (("success", took), ("failed", 40)):
                session.add(
                    Run(
                        integration="veerhuis",
                        flow="employers",
                        portal="xpert_suite",
                        run_id=state,
                        started_at=end - timedelta(hours=hours),
                        ended_at=end,
                        state=state,
                    )
                )
        limits: dict[str, Any] = {}

        def step(flow: str, integration: str, *_: Any) -> None:
            context: Any = get_current_context()
            context["integration"] = integration
            limits[integration] = context["task"].execution_timeout

        monkeypatch.setattr(flow_dag, "_step", step)
        here.run("employers")
        assert limits == {"veerhuis": timedelta(hours=given), "oeverland": timedelta(hours=3)}


class TestAStepThatAirflowStops:
    @pytest.mark.parametrize("flow", [pytest.param("employees", marks=WHOLE), "iban"])
    def test_it_is_passing_and_the_next_run_finishes(
        self, night: Make, monkeypatch: pytest.MonkeyPatch, flow: str
    ) -> None:
        """In the middle of a delivery, where Airflow's exception is none that a step catches: nothing is sent twice."""
        from airflow.sdk.exceptions import AirflowTaskTimeout

        from veerpont.systems.json_api.portal import JsonApi
        from veerpont.systems.xpert_suite.portal import XpertSuite

        here = night(customers=["veerhuis"])
        here.without_airflow("employers")
        here.activate()
        if flow == "iban":
            here.without_airflow("employees")
        before = sent(here)

        def stopped(*_: Any, **__: Any) -> None:
            raise AirflowTaskTimeout

        with monkeypatch.context() as patch:
            patch.setattr(XpertSuite, "deliver", stopped)
            patch.setattr(JsonApi, "deliver", stopped)
            states = here.run(flow)
        assert "failed" in {state for task, state in states.items() if "load" in task}
        books = here.books("veerhuis", flow)
        assert (books["state"], books["kind"], "Airflow stopped the step" in books["message"]) == (
            "failed",
            "passing",
            True,
        )
        (waiting,) = [one for one in sent(here) if one not in before]
        assert waiting[1] == "prepared"
        here.run(flow)
        assert [one for one in sent(here) if one not in before] == [(waiting[0], "delivered")]
