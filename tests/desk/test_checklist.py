"""The checklist of a customer: what is done and what is missing before it goes by itself, and what to do about it."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from ledgers import fill

from veerpont.config.integration import Integration
from veerpont.config.settings import settings
from veerpont.desk import check, checklist
from veerpont.desk.checklist import Check, Looked, StepName, StepState
from veerpont.flows.absence.coverage import months
from veerpont.rules.dates import business_date
from veerpont.store import coverage, deliveries, employers, kinds, notes, runs
from veerpont.store.clock import now, today
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery
from veerpont.store.vault import Sequence

FLOWS = ["employers", "organigram", "employees", "accounts", "absence"]
FILE: dict[str, Any] = {
    "name": "acme",
    "customer": "Acme Holding B.V.",
    "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
    "portals": [
        {"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employers", "employees", "absence"]},
        {"portal": "json_api", "connection": "portal_acme", "flows": ["iban"]},
    ],
    "xpert_suite": {"profile": "sandbox"},
    "absence": {"connector_window": None, "causes": {"01": {"Z": "12"}}},
}
GOOD: Looked = {"afas_acme": (), "xpert_acme": (), "portal_acme": ()}


def steps(
    ledger: Ledger, file: dict[str, Any] | None = FILE, wrong: str = "", looked: Looked | None = GOOD
) -> list[Check]:
    found = Integration.model_validate(file) if file else None
    with ledger.session() as session:
        return checklist.checklist(session, "acme", found, wrong, looked, today())


def one(found: list[Check], name: StepName, flow: str = "", **more: str) -> Check:
    (step,) = [
        step
        for step in found
        if step.name is name and flow in {"", step.flow} and all(getattr(step, key) == more[key] for key in more)
    ]
    return step


def said(step: Check) -> list[str]:
    return [line.key or str(line.sentence) for line in step.said]


def ran(ledger: Ledger, flow: str, portal: str, state: str = "success", message: str = "") -> None:
    with ledger.session() as session:
        runs.begin(session, "acme", flow, [portal], f"{flow} {state}")
        runs.end(session, Scope("acme", flow), f"{flow} {state}", state, message=message)


def delivered(ledger: Ledger, flow: str, portal: str, state: State, **more: Any) -> int:
    with ledger.session() as session:
        row = Delivery(integration="acme", flow=flow, portal=portal, run_id="r", state=state, at=now(), **more)
        session.add(row)
        session.flush()
        return row.id


class TestANewCustomer:
    def test_has_its_steps_in_the_order_in_which_they_are_taken(self, ledger: Ledger) -> None:
        found = steps(ledger)
        assert [(step.name, step.flow or step.portal or step.connection, step.state) for step in found] == [
            (StepName.FILE, "", StepState.DONE),
            (StepName.SOURCE, "", StepState.DONE),
            (StepName.PORTAL, "xpert_suite", StepState.DONE),
            (StepName.PORTAL, "json_api", StepState.DONE),
            (StepName.CONNECTION, "afas_acme", StepState.DONE),
            (StepName.CONNECTION, "xpert_acme", StepState.DONE),
            (StepName.CONNECTION, "portal_acme", StepState.DONE),
            (StepName.EMPLOYERS, "", StepState.MISSING),
            (StepName.CAUSES, "absence", StepState.DONE),
            (StepName.RUN, "employers", StepState.MISSING),
            (StepName.DELIVERY, "employers", StepState.MISSING),
            (StepName.RUN, "employees", StepState.MISSING),
            (StepName.DELIVERY, "employees", StepState.MISSING),
            (StepName.RUN, "absence", StepState.MISSING),
            (StepName.DELIVERY, "absence", StepState.MISSING),
            (StepName.RUN, "iban", StepState.MISSING),
            (StepName.DELIVERY, "iban", StepState.MISSING),
            (StepName.COVERAGE, "absence", StepState.MISSING),
        ]
        assert said(one(found, StepName.EMPLOYERS)) == ["no_employers"]
        assert said(one(found, StepName.RUN, "iban")) == ["not_run"]
        assert said(one(found, StepName.DELIVERY, "iban")) == ["no_delivery"]
        assert said(one(found, StepName.COVERAGE)) == ["none_active"]

    def test_says_all_that_the_check_says(
        self, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of a file with the least in it, whose connections Airflow does not have."""
        bare = FILE | {"xpert_suite": {}, "absence": {}, "organigram": {}}
        bare["portals"] = [FILE["portals"][0] | {"flows": FLOWS}, FILE["portals"][1]]
        (tmp_path / "acme.yaml").write_text(yaml.safe_dump(bare))
        monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path))
        monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
        told = {entry["problem"] for entry in check.check(settings(), "acme")}
        looked = checklist.look_up(checklist.looks(Integration.model_validate(bare)))
        found = steps(ledger, bare, looked=looked)
        assert len(told) > 8
        assert told <= {str(line.sentence) for step in found for line in step.said}
        assert [
            step.connection for step in found if step.name is StepName.CONNECTION and step.state is StepState.MISSING
        ] == [
            "afas_acme",
            "xpert_acme",
            "portal_acme",
        ]
        assert one(found, StepName.CAUSES).state is StepState.MISSING

    def test_without_a_usable_file_has_what_the_ledger_knows(self, ledger: Ledger) -> None:
        ran(ledger, "employers", "xpert_suite")
        found = steps(ledger, None, "acme.yaml, line 3: no.")
        assert [step.name for step in found] == [StepName.FILE, StepName.EMPLOYERS, StepName.RUN, StepName.DELIVERY]
        assert said(found[0]) == ["acme.yaml, line 3: no."]
        assert one(found, StepName.RUN).state is StepState.DONE


class TestConnections:
    def test_one_that_cannot_be_looked_up_is_not_called_missing(self, ledger: Ledger) -> None:
        found = steps(ledger, looked=GOOD | {"xpert_acme": None})
        assert one(found, StepName.CONNECTION, connection="xpert_acme").state is StepState.UNKNOWN
        assert one(found, StepName.CONNECTION, connection="afas_acme").state is StepState.DONE
        slow = steps(ledger, looked=None)
        assert {step.state for step in slow if step.name is StepName.CONNECTION} == {StepState.UNKNOWN}

    def test_whatever_a_backend_of_secrets_raises_stays_inside(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """What it says may be a secret: only its kind is logged."""

        def refuses(_: str) -> None:
            raise RuntimeError("hunter2")

        monkeypatch.setattr(checklist, "require_connection", refuses)
        looked = checklist.look_up(checklist.looks(Integration.model_validate(FILE)))
        assert looked["afas_acme"] is None
        assert "does not exist" in "".join(map(str, looked["xpert_acme"] or ()))
        assert "RuntimeError" in caplog.text
        assert "hunter2" not in caplog.text

    def test_one_place_of_two_customers_is_named(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            for name in ("acme", "beta"):
                notes.note_destination(session, Scope(name, "employees", "xpert_suite"), "host:22/login/folder")
        step = one(steps(ledger), StepName.PORTAL, portal="xpert_suite")
        assert said(step) == ["shared"]
        assert step.said[0].values == {"others": "beta (employees)"}
        assert step.said[0].flow == "employees"


class TestEmployers:
    def test_that_wait_for_a_decision_are_missing(self, ledger: Ledger) -> None:
        fill(ledger)
        step = one(steps(ledger), StepName.EMPLOYERS)
        assert (said(step), step.said[0].values) == (["pending"], {"count": 1})
        with ledger.session() as session:
            employers.deactivate(session, "acme", ["03"], "Els")
        assert one(steps(ledger), StepName.EMPLOYERS).state is StepState.DONE

    def test_are_not_enough_when_none_takes_part(self, ledger: Ledger) -> None:
        fill(ledger)
        with ledger.session() as session:
            employers.deactivate(session, "acme", ["01", "02", "03"], "Els")
        assert said(one(steps(ledger), StepName.EMPLOYERS)) == ["none_active"]

    def test_an_active_one_without_a_cause_is_named(self, ledger: Ledger) -> None:
        """One that waits is not: it may never take part."""
        fill(ledger)
        step = one(steps(ledger), StepName.CAUSES)
        assert step.state is StepState.MISSING
        assert [line.values for line in step.said] == [{"code": "02", "name": "Acme <b>Zorg</b> B.V."}]
        both = FILE | {"absence": {"causes": {"01": {"Z": "12"}, "02": {"Z": "13"}}}}
        assert one(steps(ledger, both), StepName.CAUSES).state is StepState.DONE

    def test_many_are_counted(self, ledger: Ledger) -> None:
        codes = [f"{number:03}" for number in range(50)]
        with ledger.session() as session:
            for code in codes:
                employers.show(session, "acme", code, f"Employer {code}")
        with ledger.session() as session:
            employers.activate(session, "acme", codes, "Els")
        step = one(steps(ledger), StepName.CAUSES)
        assert len(step.said) == checklist.NAMED + 1
        assert (step.said[-1].key, step.said[-1].values) == ("more", {"count": 50 - checklist.NAMED})


class TestFlows:
    def test_a_run_that_failed_says_why(self, ledger: Ledger) -> None:
        """Also one that failed before it knew its portals."""
        ran(ledger, "employees", "xpert_suite", "failed", "AFAS refuses the token.")
        ran(ledger, "absence", "", "failed", "There is no index.")
        found = steps(ledger)
        assert said(one(found, StepName.RUN, "employees")) == ["ran_failed", "AFAS refuses the token."]
        assert said(one(found, StepName.RUN, "absence")) == ["ran_failed", "There is no index."]

    def test_one_success_is_enough_and_its_rejects_are_counted(self, ledger: Ledger) -> None:
        fill(ledger)
        ran(ledger, "employees", "xpert_suite", "failed", "AFAS is away.")
        step = one(steps(ledger), StepName.RUN, "employees")
        assert (step.state, step.rejects) == (StepState.DONE, 3)

    def test_each_portal_of_a_flow_has_to_have_had_it(self, ledger: Ledger) -> None:
        twice = FILE | {"portals": [*FILE["portals"], FILE["portals"][1] | {"portal": "files", "flows": ["employees"]}]}
        ran(ledger, "employees", "xpert_suite")
        found = steps(ledger, twice)
        assert one(found, StepName.RUN, "employees").state is StepState.MISSING
        assert [step.portal for step in found if step.name is StepName.DELIVERY and step.flow == "employees"] == [
            "files",
            "xpert_suite",
        ]

    @pytest.mark.parametrize(
        ("state", "decided_by", "expected"),
        [
            (State.HELD, None, ["waits"]),
            (State.HELD, "Els", ["released"]),
            (State.PREPARED, None, ["prepared"]),
            (State.DISCARDED, None, ["discarded"]),
            (State.REFUSED, None, ["refused"]),
            (State.DELIVERED, None, []),
            (State.CONFIRMED, None, []),
            (State.SUPERSEDED, None, ["no_delivery"]),
        ],
    )
    def test_the_first_delivery_says_what_it_waits_for(
        self, ledger: Ledger, state: State, decided_by: str | None, expected: list[str]
    ) -> None:
        number = delivered(ledger, "employees", "xpert_suite", state, decided_by=decided_by, records=12)
        step = one(steps(ledger), StepName.DELIVERY, "employees")
        assert said(step) == expected
        assert step.number == (number if expected not in ([], ["no_delivery"]) else None)

    def test_what_the_portal_was_told_counts_when_its_delivery_is_kept_no_longer(self, ledger: Ledger) -> None:
        """What waits after that is no first delivery; the runs of that time may be forgotten too."""
        delivered(ledger, "employees", "xpert_suite", State.HELD, gone=40)
        with ledger.session() as session:
            scope = Scope("acme", "employees", "xpert_suite")
            deliveries.point(session, scope, kinds.SNAPSHOTS, Sequence("acme/snapshots/1"))
        found = steps(ledger)
        assert one(found, StepName.DELIVERY, "employees").state is StepState.DONE
        assert one(found, StepName.RUN, "employees").state is StepState.DONE

    def test_what_the_history_was_not_asked_for_is_missing(self, ledger: Ledger) -> None:
        fill(ledger)
        step = one(steps(ledger), StepName.COVERAGE)
        assert said(step) == ["uncovered", "uncovered", "cover"]
        assert step.said[0].values["code"] == "01"
        first = business_date(now()) - timedelta(days=800)
        asked = now() + timedelta(seconds=1)
        cells = {(code, month): 0 for code in ("01", "02") for month in (f"<{first:%Y-%m}", *months(first, today()))}
        with ledger.session() as session:
            coverage.record(session, "acme", cells, asked_at=asked, moment=asked, counts=True)
        assert one(steps(ledger), StepName.COVERAGE).state is StepState.DONE


class TestPage:
    @pytest.fixture
    def folder(self, tmp_path: Path, client: Any) -> Path:
        (tmp_path / "integrations" / "acme.yaml").write_text(yaml.safe_dump(FILE))
        return tmp_path / "integrations"

    @pytest.fixture
    def silent(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """A backend of secrets that does not answer while the test lasts."""
        answers = threading.Event()
        monkeypatch.setattr(checklist, "look_up", lambda _: answers.wait(30) and {})
        yield
        answers.set()

    def test_says_first_how_many_are_done(self, client: Any, folder: Path) -> None:
        text = client.get("/customers/acme?lang=en").text
        assert "<h1>Checklist of Acme Holding B.V.</h1>" in text
        done, total = map(int, re.search(r"(\d+) of (\d+) steps done\.", text).groups())  # type: ignore[union-attr]
        assert (done, total) == (text.count('<li class="done">'), text.count("<li class="))
        assert "Employer 02 (Acme &lt;b&gt;Zorg&lt;/b&gt; B.V.) has no cause" in text
        assert re.search(r"van de \d+ stappen gedaan\.", client.get("/customers/acme?lang=nl").text)

    def test_a_step_leads_to_where_it_is_done(self, client: Any, folder: Path, filled: Ledger) -> None:
        number = delivered(filled, "absence", "xpert_suite", State.HELD, records=7)
        text = client.get("/customers/acme?lang=en").text
        assert 'href="../employers?integration=acme&amp;state=pending"' in text
        assert 'href="../rejects?integration=acme&amp;flow=employees"' in text
        assert f'href="../deliveries/{number}"' in text
        assert 'target="_top" href="/dags/absence"' in text

    def test_says_how_often_the_source_was_asked(self, client: Any, folder: Path) -> None:
        assert "1,212 calls, most of them for Bank accounts" in client.get("/customers/acme?lang=en").text
        assert "1.212 aanroepen, de meeste voor" in client.get("/customers/acme?lang=nl").text

    def test_is_linked_from_today_and_leads_back(self, client: Any, folder: Path) -> None:
        assert 'href="./customers/acme"' in client.get("/?lang=en").text
        assert 'href="../"' in client.get("/customers/acme").text

    def test_of_a_broken_file_says_what_is_wrong_with_it(self, client: Any, folder: Path) -> None:
        (folder / "acme.yaml").write_text("name: acme\n")
        text = client.get("/customers/acme?lang=en").text
        assert "acme.yaml is not a valid integration file" in text
        assert "first delivery" in text

    def test_of_a_file_that_nobody_ran_yet_is_there(self, client: Any, folder: Path) -> None:
        (folder / "beta.yaml").write_text(yaml.safe_dump(FILE | {"name": "beta"}))
        assert "Has not run yet" in client.get("/customers/beta?lang=en").text

    def test_does_not_wait_for_a_backend_of_secrets(
        self, client: Any, folder: Path, silent: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from veerpont.desk.web.pages import customers

        monkeypatch.setattr(customers, "PATIENCE", 0.01)
        for _ in range(4):  # more than there are threads to wait in
            text = client.get("/customers/acme?lang=en").text
            assert text.count('<li class="unknown">') == 3
            assert "does not answer" in text
