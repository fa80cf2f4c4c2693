"""Plan: who takes part, in which order a night goes, what is no longer kept; and `veerpont check`."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from crossings import Crossing, Make
from sqlalchemy import update

from veerpont.config.integration import Integration
from veerpont.config.settings import settings
from veerpont.desk.check import check
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline import settled
from veerpont.pipeline.plan import may_start, plan
from veerpont.pipeline.verdict import Turn
from veerpont.store import live, runs
from veerpont.store.clock import machine, now
from veerpont.store.live import LiveAct
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Reject
from veerpont.systems.xpert_suite.portal import XpertSuite


def silent(_: str) -> None:
    pass


def copy(crossing: Crossing, name: str, **changes: object) -> None:
    """Write a second integration that differs from the first in its name and these sections."""
    folder = crossing.home / "integrations"
    content = yaml.safe_load((folder / "veerhuis.yaml").read_text()) | {"name": name} | changes
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))


class TestWhoTakesPart:
    def test_those_that_have_the_flow(self, make: Make) -> None:
        """An integration without the flow is not in the plan."""
        crossing = make("veerhuis", "oeverland")
        assert plan(Flow.EMPLOYEES, silent) == ["oeverland", "veerhuis"]
        crossing.configure(
            "oeverland", portals=[{"portal": "xpert_suite", "connection": "xpert_oeverland", "flows": ["employers"]}]
        )
        assert plan(Flow.EMPLOYEES, silent) == ["veerhuis"]
        assert plan(Flow.EMPLOYERS, silent, "oeverland") == ["oeverland"]
        with pytest.raises(SettingsError, match=r"oeverland.*veerhuis"):
            plan(Flow.EMPLOYEES, silent, "oeverland")

    @pytest.mark.parametrize("content", ["name: [", "name: broken\n", "", "- a\n", "\xff"])
    def test_a_broken_file_is_its_own_problem(self, known: Crossing, content: str) -> None:
        """A file that cannot be read fails by itself, with what is wrong; the other customer crosses."""
        (known.home / "integrations" / "broken.yaml").write_bytes(content.encode("latin-1"))
        assert plan(Flow.EMPLOYEES, silent) == ["broken", "veerhuis"]
        with pytest.raises(SettingsError, match=r"broken\.yaml"):
            known.job("employees", "broken", "run")
        assert known("employees")["unchanged"] == 13

    def test_the_schedule_leaves_out_whom_nobody_has_taken_live(self, make: Make) -> None:
        """By hand such a customer runs; what somebody decided holds from the next run on, and can be taken back."""
        crossing = make("veerhuis", "oeverland")
        crossing.configure("oeverland", schedule="when_live")
        said: list[str] = []
        assert plan(Flow.EMPLOYERS, said.append, unattended=True) == ["veerhuis"]
        assert any("oeverland" in line and "veerpont live" in line for line in said)
        assert plan(Flow.EMPLOYERS, silent) == ["oeverland", "veerhuis"]
        assert plan(Flow.EMPLOYERS, silent, "oeverland") == ["oeverland"]
        for act, names in ((LiveAct.TAKE, ["oeverland", "veerhuis"]), (LiveAct.BACK, ["veerhuis"])):
            with crossing.ledger.session() as session:
                live.decide(session, "oeverland", act, "Jo")
            assert plan(Flow.EMPLOYERS, silent, unattended=True) == names

    def test_a_flow_of_minutes_leaves_them_out_as_well(self, make: Make) -> None:
        crossing = make("veerhuis", "oeverland")
        crossing.configure("oeverland", schedule="when_live")
        assert settled.members(Turn("by hand", now()), Flow.IBAN, 0, 1, None) == ["oeverland", "veerhuis"]
        assert settled.members(Turn("tick", now(), unattended=True), Flow.IBAN, 0, 1, None) == ["veerhuis"]
        with crossing.ledger.session() as session:
            live.decide(session, "oeverland", LiveAct.TAKE, "Jo")
        assert settled.members(Turn("tick", now(), unattended=True), Flow.IBAN, 0, 1, None) == ["oeverland", "veerhuis"]

    def test_a_name_that_nobody_has(self, known: Crossing) -> None:
        """An integration that is not there is said by name."""
        with pytest.raises(SettingsError, match="nobody"):
            known.job("employees", "nobody", "run")


class TestSharedFolder:
    def test_both_are_refused_and_check_names_both(self, known: Crossing) -> None:
        """Two integrations that deliver to one folder would delete each other's records: neither delivers."""
        copy(known, "twin")
        known.change("1005", Functie="Chef")
        for name in ("veerhuis", "twin"):
            with pytest.raises(SettingsError, match="same host, login and folder"):
                known("employees", name)
        assert len(known.files("employees")) == 1
        found = check(settings())
        assert {(entry["integration"], entry["flow"]) for entry in found} == {
            (name, flow)
            for name in ("veerhuis", "twin")
            for flow in ("employers", "organigram", "employees", "accounts", "absence")
        }
        assert all("twin, veerhuis" in entry["problem"] for entry in found)
        with pytest.raises(SettingsError, match="no integration nobody"):
            check(settings(), "nobody")

    def test_whoever_moves_to_the_place_of_another_is_refused_and_may_move_away(
        self, known: Crossing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each load says where it delivers itself: no plan has to ask all connections of all customers for that."""
        there = json.loads(os.environ["AIRFLOW_CONN_XPERT_VEERHUIS"])
        moved = {"portals": [{"portal": "xpert_suite", "connection": "xpert_twin", "flows": ["employees"]}]}
        monkeypatch.setenv("AIRFLOW_CONN_XPERT_TWIN", json.dumps(there | {"login": "twin"}))
        copy(known, "twin", **moved)
        known("employees")
        monkeypatch.setenv("AIRFLOW_CONN_XPERT_TWIN", json.dumps(there))
        with pytest.raises(SettingsError, match=r"veerhuis \(employees\)"):
            known("employees", "twin")
        known.change("1005", Functie="Chef")
        with pytest.raises(SettingsError, match=r"twin \(employees\)"):
            known("employees")
        monkeypatch.setenv("AIRFLOW_CONN_XPERT_TWIN", json.dumps(there | {"login": "twin"}))
        assert known("employees")["state"] == "success", "the other has not delivered since, but it is elsewhere now"

    def test_a_plan_asks_only_for_those_that_are_new(self, known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        where = XpertSuite.destination

        def destination(portal: XpertSuite, integration: Integration, flow: Flow) -> str:
            asked.append(integration.name)
            return where(portal, integration, flow)

        monkeypatch.setattr(XpertSuite, "destination", destination)
        known("employees")  # its own load asks for its own
        asked.clear()
        copy(known, "twin", xpert_suite={"profile": "sandbox", "folders": {"employees": "Elders"}})
        plan(Flow.EMPLOYEES, silent)
        plan(Flow.EMPLOYEES, silent)
        assert asked == ["twin"]
        copy(known, "twin", xpert_suite={"profile": "sandbox", "folders": {"employees": "Weer elders"}})
        plan(Flow.EMPLOYEES, silent)
        assert asked == ["twin", "twin"]

    def test_a_check_of_one_asks_no_other_whose_place_is_known(
        self, known: Crossing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A secret makes each next one dearer; whoever is said to be at the same place is asked all the same."""
        copy(known, "twin", xpert_suite={"profile": "sandbox", "folders": {"employees": "Elders"}})
        plan(Flow.EMPLOYEES, silent)
        asked: list[tuple[str, str]] = []
        where = XpertSuite.destination

        def destination(portal: XpertSuite, integration: Integration, flow: Flow) -> str:
            asked.append((integration.name, flow))
            return where(portal, integration, flow)

        monkeypatch.setattr(XpertSuite, "destination", destination)
        check(settings(), "veerhuis")
        assert ("twin", "employees") not in asked
        assert ("twin", "absence") in asked, "nobody knows that place yet"
        known.configure(xpert_suite={"folders": {"employees": "Elders"}})
        asked.clear()
        assert any("same host, login and folder" in entry["problem"] for entry in check(settings(), "veerhuis"))
        assert ("twin", "employees") in asked

    @pytest.mark.parametrize("folder", ["./Medewerkers", "Medewerkers/../Medewerkers/.", "Link"])
    def test_another_name_of_the_server_is_no_way_round(
        self, known: Crossing, monkeypatch: pytest.MonkeyPatch, folder: str
    ) -> None:
        """What the texts do not show the server says, of links too: both are refused before either sends."""
        there = json.loads(os.environ["AIRFLOW_CONN_XPERT_VEERHUIS"])
        assert there["host"] == "127.0.0.1"
        monkeypatch.setenv("AIRFLOW_CONN_XPERT_TWIN", json.dumps(there | {"host": "localhost"}))
        portals = [{"portal": "xpert_suite", "connection": "xpert_twin", "flows": ["employees"]}]
        copy(known, "twin", portals=portals, xpert_suite={"profile": "sandbox", "folders": {"employees": folder}})
        known.change("1005", Functie="Chef")
        link = known.sandbox.portal.accounts["veerhuis"].root / "Link"
        link.symlink_to("Medewerkers")
        try:
            for name in ("veerhuis", "twin"):
                with pytest.raises(SettingsError, match=r"(twin|veerhuis) \(employees\) deliver"):
                    known("employees", name)
            assert len(known.files("employees")) == 1
            assert all("as the server says" in entry["problem"] for entry in check(settings(), "twin", live=True))
        finally:
            link.unlink()

    def test_a_link_on_the_same_host_is_no_way_round(self, known: Crossing) -> None:
        """Nothing but the folder is spelled in another way."""
        copy(known, "twin", xpert_suite={"profile": "sandbox", "folders": {"employees": "Link"}})
        link = known.sandbox.portal.accounts["veerhuis"].root / "Link"
        link.symlink_to("Medewerkers")
        try:
            with pytest.raises(SettingsError, match=r"twin \(employees\) deliver"):
                known("employees")
        finally:
            link.unlink()
        assert len(known.files("employees")) == 1

    def test_two_logins_on_one_server_are_two_places(self, known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """All customers of a portal share its server, and each has the same folders."""
        there = json.loads(os.environ["AIRFLOW_CONN_XPERT_VEERHUIS"])
        monkeypatch.setenv("AIRFLOW_CONN_XPERT_TWIN", json.dumps(there | {"login": "twin"}))
        copy(known, "twin", portals=[{"portal": "xpert_suite", "connection": "xpert_twin", "flows": ["employees"]}])
        known.change("1005", Functie="Chef")
        assert known("employees")["state"] == "success"

    def test_it_passes_when_one_of_them_goes(self, known: Crossing) -> None:
        """Once the other is taken away, or has a folder of its own, delivery goes on."""
        copy(known, "twin")
        with pytest.raises(SettingsError):
            known("employees")
        copy(known, "twin", xpert_suite={"profile": "sandbox", "folders": {"employees": "Elders"}})
        assert known("employees")["unchanged"] == 13
        copy(known, "twin")
        with pytest.raises(SettingsError):
            known("employees")
        (known.home / "integrations" / "twin.yaml").unlink()
        assert known("employees")["unchanged"] == 13


class TestCheck:
    def test_all_that_is_missing_in_one_list(self, known: Crossing) -> None:
        """A production file without columns is told every required column and the tree, and a missing connection."""
        assert check(settings()) == []
        known.configure(xpert_suite={"profile": "production"})
        found = [entry["problem"] for entry in check(settings(), "veerhuis")]
        for what in ("employees.last_name", "employers.employer_code", "organigram.tree"):
            assert any(what in sentence for sentence in found)
        known.configure(portals=[{"portal": "xpert_suite", "connection": "nowhere", "flows": ["employers"]}])
        assert any("nowhere" in entry["problem"] for entry in check(settings()))

    def test_a_flow_with_unconfirmed_columns_reads_nothing(self, known: Crossing) -> None:
        """In production a flow without its columns is refused before anything personal is read."""
        known.configure(xpert_suite={"profile": "production"})
        known.sandbox.afas.requests.clear()
        with pytest.raises(SettingsError, match=r"xpert_suite\.columns.employees\.last_name"):
            known("employees")
        assert not known.sandbox.afas.requests


class TestOrder:
    TICK = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)  # 21:00 in Amsterdam

    def start(self, known: Crossing, flow: str, moment: datetime) -> bool:
        return may_start(known.job(flow, "veerhuis", "night"), self.TICK, moment)

    def run(self, known: Crossing, flow: str, ended: str | None, at: datetime) -> None:
        with known.ledger.session() as session:
            runs.begin(session, "veerhuis", flow, ["xpert_suite"], f"{flow} {at}")
            session.flush()
            row = runs.listed(session, "veerhuis", flow)[0]
            row.started_at = at
        if ended:
            with known.ledger.session() as session:
                runs.end(session, Scope("veerhuis", flow), f"{flow} {at}", ended)

    def test_a_flow_waits_for_the_one_before_it(self, known: Crossing) -> None:
        """The first flow starts at once; the next when tonight's run of the one before has ended, however it ended."""
        soon = self.TICK + timedelta(minutes=5)
        assert self.start(known, "employers", soon)
        self.run(known, "employers", "success", self.TICK - timedelta(days=1))
        assert not self.start(known, "organigram", soon), "last night's run does not count"
        self.run(known, "employers", None, self.TICK + timedelta(minutes=1))
        assert not self.start(known, "organigram", soon)
        with known.ledger.session() as session:
            runs.end(session, Scope("veerhuis", "employers"), f"employers {self.TICK + timedelta(minutes=1)}", "failed")
        assert self.start(known, "organigram", soon)
        assert not self.start(known, "employees", soon), "it waits for the one directly before it"

    def test_nobody_waits_after_a_quarter_to_twelve(self, known: Crossing) -> None:
        """At 23:45 Dutch time the waiting ends."""
        assert not self.start(known, "employees", datetime(2026, 11, 22, 22, 44, 59, tzinfo=UTC))
        assert self.start(known, "employees", datetime(2026, 11, 22, 22, 45, tzinfo=UTC))

    def test_a_flow_that_the_customer_has_not_is_not_waited_for(self, known: Crossing) -> None:
        """Without organigram, employees waits for employers."""
        known.configure(
            portals=[{"portal": "xpert_suite", "connection": "xpert_veerhuis", "flows": ["employers", "employees"]}]
        )
        self.run(known, "employers", "skipped", self.TICK)
        assert self.start(known, "employees", self.TICK + timedelta(minutes=5))


class TestRetention:
    def test_staged_batches_go_after_three_days(self, known: Crossing) -> None:
        """What a dead run left staged is deleted by the next plan after three days, not before."""
        known.until_load("employees")
        folder = known.home / "vault" / "veerhuis" / "employees" / "batches"
        (batch,) = folder.iterdir()
        plan(Flow.EMPLOYEES, silent)
        assert batch.exists()
        for path in batch.rglob("*"):
            os.utime(path, ((machine() - timedelta(days=4)).timestamp(),) * 2)
        plan(Flow.EMPLOYEES, silent)
        assert not batch.exists()

    def test_nothing_stays_staged_after_a_load(self, known: Crossing) -> None:
        """After a good run the vault has no rows, only what is current."""
        known("employees")
        folder = known.home / "vault" / "veerhuis" / "employees" / "batches"
        assert not folder.exists() or not list(folder.iterdir())

    def test_files_and_closed_rejects_go_after_their_days(self, known: Crossing) -> None:
        """A delivered file and a closed reject are kept as long as the integration says; the ledger's line stays."""
        known.change("1004", Achternaam=None)
        known("employees")
        known.change("1004", Achternaam="Hart")
        known("employees")
        assert known.rejects("employees", "closed")
        files = known.home / "vault" / "veerhuis" / "employees" / "xpert_suite" / "deliveries"
        assert len(list(files.iterdir())) == 1
        plan(Flow.EMPLOYEES, silent)
        assert len(list(files.iterdir())) == 1
        known.configure(retention={"deliveries_days": 10, "closed_rejects_days": 10})
        with known.ledger.session() as session:
            session.execute(update(Delivery).values(at=now() - timedelta(days=11)))
            session.execute(update(Reject).values(closed_at=now() - timedelta(days=11)))
        plan(Flow.EMPLOYEES, silent)
        assert list(files.iterdir()) == []
        assert known.rejects("employees", "closed") == {}
        assert len(known.deliveries("employees")) == 1
        assert known("employees")["unchanged"] == 13

    def test_a_lost_vault_is_not_taken_for_an_empty_portal(self, known: Crossing) -> None:
        """When the vault is gone the run fails, instead of sending a file as if nothing had been there."""
        shutil.rmtree(known.home / "vault")
        with pytest.raises((FileNotFoundError, SettingsError)):
            known("employees")
        assert len(known.files("employees")) == 1
