"""Links of a Loket customer: who crosses, and as whom (docs/reference/loket.md, 6)."""

from datetime import timedelta

import pytest
from crossings import Crossing, Make
from linked import LOCK, cells, decide, details, guid, line, of, rows, start, with_77

from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.preview import preview
from veerpont.pipeline.trail.trace import trace
from veerpont.store import links
from veerpont.store.links import Choice
from veerpont.store.tables import Decision
from veerpont_sandbox.loket import changes

FLOWS = ("employers", "employees", "organigram", "accounts", "absence")


@pytest.fixture
def sluis(make: Make) -> Crossing:
    return start(make)


def to_ask(crossing: Crossing) -> None:
    with_77(crossing)
    crossing.configure(links={"default": "ask"})


@pytest.fixture
def asking(make: Make) -> Crossing:
    """Nobody has decided about anybody yet."""
    return make("sluis", night=("employers", "employees"), ready=to_ask)


@pytest.fixture
def told(make: Make) -> Crossing:
    return make("sluis", night=FLOWS, ready=with_77)


class TestSkip:
    def test_nothing_of_somebody_who_is_left_out_is_kept(self, asking: Crossing) -> None:
        decide(asking, Choice.ADD, *(number for number in range(1001, 1011) if number != 1003))
        decide(asking, Choice.SKIP, 1003)
        books = asking("employees")
        assert (books["delivered"], books["filtered"], books["rejected"]) == (11, 1, 0)
        assert "1003" not in asking.people()
        assert asking.stored("Hart") == []

    def test_whom_the_portal_has_goes_with_the_guards(self, told: Crossing) -> None:
        told.configure(guards={"max_gone": 0})
        decide(told, Choice.SKIP, 1002)
        assert told("employees")["gone"] == 0
        assert told("employees")["gone"] == 0
        assert "1002" in told.people()
        told.release(told.held("employees")["id"])
        books = told("employees")
        assert (books["gone"], books["filtered"], books["rejected"]) == (1, 1, 0)
        assert "1002" not in told.people()

    def test_the_other_flows_go_on_until_then_and_filter_afterwards(self, told: Crossing) -> None:
        """Anna manages a department, is ill, and has an account."""
        told.round()
        decide(told, Choice.SKIP, 1001)
        told("employees")
        before = told.periods()
        for flow in ("absence", "accounts"):
            assert told(flow)["gone"] == 0
        assert told.periods() == before
        told.later(20)("employees")
        assert "1001" not in told.people()
        for _ in range(2):
            told.today += timedelta(days=1)
            for flow in ("accounts", "absence"):
                books = told(flow)
                assert guid(told, 1001) not in told.rejects(flow)
                assert books["filtered"] > 0
            assert told.round() == {"extract": {}, "transform": {}, "load": {}}
        assert not {period for period in told.periods() if period[1] == "1001"}
        assert "unknown_employee" not in told.rejects("absence").values()
        assert "1001" not in {user.number for user in told.state.users.values() if user.active}
        absence = changes.person(of(told), 1001)[1].absences[0].content["id"]
        assert [path for path in told.stored(str(absence)) if "history" in path] == []

    def test_decided_back_in_time_it_was_nothing(self, told: Crossing) -> None:
        decide(told, Choice.SKIP, 1002)
        told("employees")
        decide(told, Choice.ADD, 1002)
        books = told("employees")
        assert (books["gone"], books["delivered"], books["unchanged"]) == (0, 0, 12)
        told("employees")
        assert "1002" in told.people()

    def test_somebody_who_comes_back_is_taken_over_anew(self, told: Crossing) -> None:
        decide(told, Choice.SKIP, 1002)
        told("employees")
        told.later(20)("employees")
        assert "1002" not in told.people()
        changes.move(of(told), 1002, "2026-11-01", 4)
        decide(told, Choice.ADD, 1002)
        told("employees")
        assert cells(told, "1002", "department_code") == ["4"]


class TestTheDefault:
    def test_ask_lets_nobody_cross_before_somebody_decides(self, asking: Crossing) -> None:
        books = asking.books("employees")
        assert (books["read"], books["rejected"], books["delivered"]) == (12, 12, 0)
        assert set(asking.rejects("employees").values()) == {"link_undecided"}
        assert len(asking.rejects("employees")) == 10
        assert "veerpont links" in details(asking, [guid(asking, 1001)])[0]
        assert asking.stored("Vries") == []
        for flow in ("absence", "accounts"):
            asking(flow)
        assert asking.rejects("absence") == {}
        assert asking.rejects("accounts") == {}
        decide(asking, Choice.ADD, 1001, 1004)
        books = asking("employees")
        assert (books["delivered"], books["rejected"]) == (3, 9)
        assert asking.people() >= {"1001", "1004"}

    def test_skip_leaves_new_ones_out_by_themselves(self, sluis: Crossing) -> None:
        sluis.configure(links={"default": "skip"})
        sluis.first_night("employers", "employees")
        books = sluis.books("employees")
        assert (books["read"], books["filtered"], books["delivered"]) == (12, 12, 0)
        assert {row.decision for row in rows(sluis).values()} == {"undecided"}
        decide(sluis, Choice.ADD, 1001)
        assert sluis("employees")["delivered"] == 1

    @pytest.mark.parametrize("default", ["ask", "skip"])
    def test_whom_the_portal_has_keeps_crossing_when_it_changes(self, told: Crossing, default: str) -> None:
        told.configure(links={"default": default})
        changes.rename(of(told), 1001, "Visser")
        changes.hire(of(told), LOCK, 1020, "Nieuw", "2026-11-01", department=2)
        books = told("employees")
        assert (books["delivered"], books["unchanged"], books["gone"]) == (1, 11, 0)
        assert cells(told, "1001", "last_name") == ["Visser"]
        assert "1020" not in told.people()
        assert told("absence")["state"] == "success"

    def test_who_is_gone_and_undecided_is_forgotten_and_a_decision_is_not(self, asking: Crossing) -> None:
        decide(asking, Choice.SKIP, 1001)
        skipped, undecided = guid(asking, 1001), guid(asking, 1002)
        for number in (1001, 1002):
            changes.remove(of(asking), number)
        asking("employees")
        assert skipped in rows(asking)
        assert undecided not in rows(asking)

    def test_an_employer_that_was_purged_is_forgotten(self, make: Make) -> None:
        haven = make("haven", night=FLOWS)
        keys = {row.key for row in rows(haven).values() if row.employer == "20102"}
        assert [path for path in haven.stored(next(iter(keys))) if "/contracts/" in path]
        haven.deactivate("20102", purge=True)
        haven("employees")
        assert {row.employer for row in rows(haven).values()} == {"20101"}
        assert [path for key in keys for path in haven.stored(key) if "/contracts/" in path] == []

    def test_nobody_of_an_employer_that_is_not_active_is_noted(self, asking: Crossing) -> None:
        assert {row.employer for row in rows(asking).values()} == {str(LOCK)}


class TestLink:
    def test_it_goes_under_the_portals_number_and_keeps_department_and_email(self, asking: Crossing) -> None:
        decide(asking, Choice.LINK, 1001, as_="77", department="P9")
        books = asking("employees")
        assert books["delivered"] == 1
        found = line(asking, "77")
        assert (found["department_code"], found["email_work"], found["email_private"]) == (
            "P9",
            "kept@portal.example",
            "home@portal.example",
        )
        assert (found["last_name"], found["function"], found["hours_per_week"]) == ("Vries", "Sluismeester", "36")
        assert asking.people() == {"77"}
        changes.rename(of(asking), 1001, "Visser")
        changes.job(of(asking), 1001).entities[0]["department"] = changes.job(of(asking), 1003).entities[0][
            "department"
        ]
        changes.terminate(of(asking), 1001, "2026-11-30")
        changes.change(of(asking), 1001, "contactInformation", businessEmailAddress="new@sluis.example")
        asking("employees")
        assert cells(asking, "77", "last_name", "department_code", "email_work", "employment_end") == [
            *("Visser", "P9", "kept@portal.example", "2026-11-30")
        ]
        changes.reinstate(of(asking), 1001)
        asking("employees")
        assert cells(asking, "77", "employment_end", "contract_end", "department_code") == [None, None, "P9"]

    def test_without_a_department_it_waits_unless_an_empty_cell_keeps_it(self, asking: Crossing) -> None:
        decide(asking, Choice.LINK, 1001, as_="77")
        asking("employees")
        assert asking.rejects("employees")[guid(asking, 1001)] == "link_department"
        assert cells(asking, "77", "last_name", "department_code") == ["Peters", "P9"]
        asking.configure(links={"empty_department": "keeps"})
        asking("employees")
        assert guid(asking, 1001) not in asking.rejects("employees")
        assert cells(asking, "77", "last_name", "department_code") == ["Vries", None]  # this portal clears it after all

    def test_the_other_flows_use_the_portals_number(self, asking: Crossing) -> None:
        """Anna is ill, manages a department and has a bank account."""
        decide(asking, Choice.LINK, 1001, as_="77", department="2")
        for flow in ("employees", "organigram", "absence", "accounts"):
            asking(flow)
        assert {period[1] for period in asking.periods()} == {"77"}
        assert {user.number for user in asking.state.users.values()} == {"77"}
        asking.round()
        assert set(asking.sandbox.portal.api("sluis", "iban")) == {guid(asking, 1001)}

    def test_linked_later_it_is_asked_as_every_new_number(self, told: Crossing) -> None:
        """The line under the old number would end: a person confirms that, and may decide back before."""
        decide(told, Choice.LINK, 1002, as_="1077", department="2")
        told("employees")
        assert told.rejects("employees") == {guid(told, 1002): "portal_key_changed"}
        decide(told, Choice.ADD, 1002)
        told("employees")
        assert told.rejects("employees") == {}
        assert "1002" in told.people()
        decide(told, Choice.LINK, 1002, as_="1077", department="2")
        told("employees")
        told.confirm("employees", guid(told, 1002))
        told("employees")
        assert "1077" in told.people()
        assert "1002" not in told.people()

    def test_a_number_of_somebody_else_rejects_those_two_and_names_them(self, told: Crossing) -> None:
        changes.hire(of(told), LOCK, 1020, "Nieuw", "2026-11-01", department=2)
        changes.rename(of(told), 1003, "Harte")
        told.configure(links={"default": "ask"})
        told("employees")
        decide(told, Choice.LINK, 1020, as_="1001", department="2")
        books = told("employees")
        pair = {guid(told, 1020), guid(told, 1001)}
        assert told.rejects("employees") == dict.fromkeys(pair, "duplicate_key")
        assert (books["rejected"], books["gone"]) == (2, 0)
        assert all(key in detail for detail in details(told, pair) for key in pair)
        assert "1001" in told.people()

    def test_a_link_is_of_one_with_one(self, asking: Crossing) -> None:
        decide(asking, Choice.LINK, 1001, as_="77")
        for numbers, as_ in (((1002,), "77"), ((1002,), " "), ((1002, 1003), "78"), ((1002,), "7" * 51)):
            with pytest.raises(SettingsError):
                decide(asking, Choice.LINK, *numbers, as_=as_)
        with asking.ledger.session() as session, pytest.raises(SettingsError, match="NOBODY"):
            links.decide(session, "sluis", ["nobody"], Choice.ADD, "Jo")
        assert {row.decision for row in rows(asking).values()} == {"undecided", "link"}

    def test_who_decided_is_kept(self, asking: Crossing) -> None:
        decide(asking, Choice.LINK, 1001, as_="77")
        decide(asking, Choice.SKIP, 1001)
        with asking.ledger.session() as session:
            kept = [(row.decision, row.by) for row in session.query(Decision) if row.subject.startswith("link ")]
        assert kept == [("link 77", "Jo"), ("skip", "Jo")]
        row = rows(asking)[guid(asking, 1001)]
        assert (row.decision, row.personnel_number, row.by) == ("skip", None, "Jo")


class TestNumbersOfSeveralEmployers:
    def test_a_shared_number_is_no_trouble_where_the_portal_has_the_employer_with_it(self, make: Make) -> None:
        haven = make("haven", night=FLOWS)
        assert haven.rejects("employees") == {}
        assert {key for key in haven.employments() if "/1002/" in key} == {"20101/1002/1", "20102/1002/1"}
        assert haven.rejects("accounts") == {}

    def test_managers_who_share_one_are_rejected_and_nobody_else(self, make: Make) -> None:
        """The portal knows users by the number alone."""
        haven = make("haven", night=FLOWS)
        changes.renumber(of(haven), 2001, 1001)
        haven("employees")
        haven.confirm("employees", guid(haven, 1001, 20102))
        haven("employees")
        books = haven("accounts")
        pair = {guid(haven, 1001, employer) for employer in (20101, 20102)}
        assert haven.rejects("accounts") == dict.fromkeys(pair, "duplicate_key")
        assert books["rejected"] == 2
        assert books["gone"] == 0
        assert all(key in detail for detail in details(haven, pair) for key in pair)


def test_a_trace_says_what_was_decided(asking: Crossing) -> None:
    decide(asking, Choice.SKIP, 1001)
    asking("employees")
    (record,) = trace(guid(asking, 1001), "sluis", Flow.EMPLOYEES)["records"]
    assert ("decided", "Jo", "skip") in [(event["event"], event["by"], event["detail"]) for event in record["events"]]
    assert "decision about this employee is skip" in record["why"][0]


def test_a_preview_shows_what_decisions_would_do(told: Crossing) -> None:
    changes.hire(of(told), LOCK, 1020, "Nieuw", "2026-11-01", department=2)
    told.configure(links={"default": "ask"}, guards={"max_gone": 0})
    decide(told, Choice.SKIP, 1002)
    told("employees")
    before = told.files("employees")
    found = preview("sluis", Flow.EMPLOYEES, told.notes.append)
    assert found.portals[0].gone == {str(LOCK): [guid(told, 1002)]}
    decide(told, Choice.LINK, 1020, as_="77", department="P9")
    found = preview("sluis", Flow.EMPLOYEES, told.notes.append)
    assert found.portals[0].new == {str(LOCK): [guid(told, 1020)]}
    assert told.files("employees") == before
    assert told.rejects("employees")[guid(told, 1020)] == "link_undecided"


def test_distribution_units_can_be_the_departments(sluis: Crossing) -> None:
    """Departments there, cost centres here (docs/reference/loket.md, 6)."""
    sluis.configure(source={"department_is": "distribution_unit"})
    sluis.first_night("employers", "employees")
    assert cells(sluis, "1001", "department_code", "cost_centre_code") == ["20", "20"]
    for flow in ("organigram", "accounts"):
        with pytest.raises(SettingsError, match="distribution_unit"):
            sluis(flow)


def test_a_customer_with_afas_has_no_links(known: Crossing) -> None:
    before = known("employees")
    known.configure(links={"default": "ask"})
    assert known("employees")["unchanged"] == before["unchanged"]
    assert known.rejects("employees") == {}
    assert rows(known) == {}
