"""What needs a person: the most harmful first, each with whose it is; and how the last nights went."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from ledgers import fill
from somebody import Somebody
from sqlalchemy import event

from veerpont.config.integration import Integration
from veerpont.desk import today
from veerpont.desk.todo import ENGINEERS, MANAGERS, Todo, TodoFilter, TodoKind, todo
from veerpont.model.failures import SettingsError
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import alerts, clock, employers, runs
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Run

ACME = Integration.model_validate({
    "name": "acme",
    "customer": "Acme Holding B.V.",
    "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
    "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employers", "employees", "absence"]}],
    "xpert_suite": {"profile": "sandbox"},
    "mail": {"to": ["beheer@acme.example"]},
})


@pytest.fixture
def busy(ledger: Ledger) -> Ledger:
    fill(ledger)
    return ledger


def things(ledger: Ledger, *paused: str, **files: Any) -> list[Todo]:
    found = files.get("found", {"acme": ACME})
    with ledger.session() as session:
        customers = today.overview(session, found, files.get("broken", {}), now())
        return todo(session, found, customers, paused, now(), files.get("chosen", TodoFilter())).things


def test_the_most_harmful_comes_first_and_says_whose_it_is(busy: Ledger) -> None:
    found = things(busy, broken={"beta": SettingsError("beta.yaml, line 3: no.")})
    assert [(each.kind, each.integration, each.flow, each.count, each.owner) for each in found] == [
        (TodoKind.REMOVALS, "acme", "employees", 40, MANAGERS),
        (TodoKind.FILE, "beta", "", 0, ENGINEERS),
        (TodoKind.FAILED, "acme", "absence", 0, MANAGERS),
        (TodoKind.LATE, "acme", "employers", 0, ENGINEERS),
        (TodoKind.QUESTIONS, "acme", "employees", 2, MANAGERS),
        (TodoKind.REJECTS, "acme", "absence", 412, MANAGERS),
        (TodoKind.REJECTS, "acme", "employees", 1, MANAGERS),
        (TodoKind.PENDING, "acme", "", 1, MANAGERS),
    ]
    assert str(found[1].message) == "beta.yaml, line 3: no."
    assert str(found[2].message) == "AFAS refuses the token."


def test_no_statement_is_asked_for_each_customer(ledger: Ledger) -> None:
    """The page of a thousand customers asks the ledger as often as that of three."""
    asked: list[int] = []
    for count in (3, 12):
        found = {f"c{number}": ACME.model_copy(update={"name": f"c{number}"}) for number in range(count)}
        for name in list(found)[3 if asked else 0 :]:
            fill(ledger, integration=name)
        statements: list[str] = []

        def note(*given: Any, to: list[str] = statements) -> None:
            to.append(given[2])

        event.listen(ledger.engine, "before_cursor_execute", note)
        assert {each.integration for each in things(ledger, found=found)} == found.keys()
        event.remove(ledger.engine, "before_cursor_execute", note)
        asked.append(len(statements))
    assert asked[0] == asked[1]


def test_what_is_paused_is_not_late(busy: Ledger) -> None:
    """It failed all the same."""
    kinds = [each.kind for each in things(busy, "employers", "absence")]
    assert TodoKind.LATE not in kinds
    assert TodoKind.FAILED in kinds


def test_a_flow_that_reaches_neither_of_two_portals_is_one_thing_to_do(busy: Ledger) -> None:
    """Since it went wrong at the first of them; what is wrong at one alone stands apart."""
    flows = {"flows": ["employers", "employees", "absence"]}
    both = [{"portal": "xpert_suite", "connection": "xpert_acme"}, {"portal": "files", "connection": "files_acme"}]
    acme = Integration.model_validate(ACME.model_dump() | {"portals": [each | flows for each in both]})
    with busy.session() as session:
        runs.begin(session, "acme", "employers", ["xpert_suite", "files"], "e2")
        runs.end(session, Scope("acme", "employers"), "e2", "failed", kind="defect", message="KeyError")
    found = [each for each in things(busy, found={"acme": acme}) if each.flow == "employers"]
    assert [(each.kind, each.message) for each in found] == [(TodoKind.FAILED, "KeyError")]
    since = {line.success_at for line in lines(busy, acme) if line.flow == "employers"}
    assert found[0].since == min(at for at in since if at is not None)


def lines(ledger: Ledger, integration: Integration) -> list[today.TodayLine]:
    with ledger.session() as session:
        (customer,) = today.overview(session, {integration.name: integration}, {}, now())
    return customer.lines


def test_a_run_that_ended_before_it_knew_its_portals_is_of_each_of_them(busy: Ledger) -> None:
    """What succeeded before it is known all the same; a load of months is no run of its flow."""
    with busy.session() as session:
        runs.begin(session, "acme", "employers", [""], "e2")
        runs.end(session, Scope("acme", "employers"), "e2", "failed", kind="settings", message="No token.")
        runs.begin(session, "acme", "employees", [""], "months")
        runs.end(session, Scope("acme", "employees"), "months", "success")
    found = {line.flow: line for line in lines(busy, ACME)}
    assert {flow: line.last.run_id for flow, line in found.items() if line.last} == {
        "employers": "e2",
        "employees": "r1",
        "absence": "a1",
    }
    assert found["employers"].success_at is not None


def test_a_defect_is_the_engineers(busy: Ledger) -> None:
    with busy.session() as session:
        runs.begin(session, "acme", "employers", ["xpert_suite"], "e2")
        runs.end(session, Scope("acme", "employers"), "e2", "failed", kind="defect", message="KeyError")
    (found,) = [each for each in things(busy) if each.flow == "employers"]
    assert (found.kind, found.owner, found.message) == (TodoKind.FAILED, ENGINEERS, "KeyError")


def test_what_may_pass_by_itself_is_nobodys_until_it_lasts(busy: Ledger) -> None:
    with busy.session() as session:
        runs.begin(session, "acme", "absence", ["xpert_suite"], "a2")
        runs.end(session, Scope("acme", "absence"), "a2", "failed", kind="passing", message="AFAS is away.")
    assert [
        each for each in things(busy) if each.flow == "absence" and each.kind in {TodoKind.FAILED, TodoKind.LATE}
    ] == []


def test_without_managers_all_is_the_engineers(busy: Ledger) -> None:
    nobody = ACME.model_copy(update={"mail": ACME.mail.model_copy(update={"to": []})})
    assert {each.owner for each in things(busy, found={"acme": nobody})} == {ENGINEERS}


def test_a_held_file_and_a_login_that_ends(busy: Ledger) -> None:
    """The oldest of a kind first, with the working days that it waits."""
    with busy.session() as session:
        for number, (flow, ago) in enumerate((("absence", 1), ("employers", 20))):
            at = now() - timedelta(days=ago)
            session.add(
                Delivery(
                    integration="acme",
                    flow=flow,
                    portal="xpert_suite",
                    run_id=f"h{number}",
                    state=State.HELD,
                    reasons="first_delivery",
                    records=7,
                    at=at,
                )
            )
        alerts.add(session, "expiry acme 30", "acme", "", MANAGERS, "The token ends.", now())
    found = things(busy)
    held = [each for each in found if each.kind is TodoKind.WHOLE]
    assert [(each.flow, each.count, each.reasons) for each in held] == [
        ("employers", 7, ("first_delivery",)),
        ("absence", 7, ("first_delivery",)),
    ]
    assert held[0].days >= 12
    assert (found[-1].kind, found[-1].message) == (TodoKind.LOGIN, "The token ends.")


@pytest.mark.parametrize(("ago", "asks"), [(90, False), (91, True), (100, True)])
def test_a_service_that_is_over_is_to_be_deactivated(busy: Ledger, ago: int, asks: bool) -> None:
    """Once late reports are not read any more; since that day, and until somebody does it."""
    ended = clock.today() - timedelta(days=ago)
    with busy.session() as session:
        employers.activate(session, "acme", ["02"], "Els", {"last": ended})
    found = [each for each in things(busy) if each.kind is TodoKind.SERVICE]
    if not asks:
        assert found == []
        return
    (over,) = found
    assert (over.integration, over.count, over.owner) == ("acme", 1, MANAGERS)
    assert over.since is not None
    assert over.since.astimezone(AMSTERDAM).date() == ended + timedelta(days=91)
    with busy.session() as session:
        employers.deactivate(session, "acme", ["02"], "Els")
    assert TodoKind.SERVICE not in {each.kind for each in things(busy)}


def test_how_long_late_reports_are_read_is_a_setting(busy: Ledger) -> None:
    shorter = ACME.model_copy(update={"absence": ACME.absence.model_copy(update={"late_report_days": 10})})
    with busy.session() as session:
        employers.activate(session, "acme", ["01", "02"], "Els", {"last": clock.today() - timedelta(days=11)})
    (over,) = [each for each in things(busy, found={"acme": shorter}) if each.kind is TodoKind.SERVICE]
    assert over.count == 2
    assert TodoKind.SERVICE not in {each.kind for each in things(busy)}


@pytest.mark.parametrize(
    ("narrowed", "kinds"),
    [
        (TodoFilter(text="HOLDING", flow="absence"), {TodoKind.FAILED, TodoKind.REJECTS}),
        (TodoFilter(text="acm", kind="pending"), {TodoKind.PENDING}),
        (TodoFilter(owner=ENGINEERS), {TodoKind.LATE}),
        (TodoFilter(text="nobody"), set()),
    ],
)
def test_the_list_can_be_narrowed(busy: Ledger, narrowed: TodoFilter, kinds: set[TodoKind]) -> None:
    assert {each.kind for each in things(busy, chosen=narrowed)} == kinds


def test_a_run_of_which_something_is_held_is_not_called_succeeded(busy: Ledger) -> None:
    with busy.session() as session:
        (customer,) = today.overview(session, {"acme": ACME}, {}, now())
    states = {line.flow: line.state for line in customer.lines}
    assert states == {"employers": "success", "employees": "held", "absence": "failed"}


def test_a_night_is_as_good_as_the_worst_of_it(ledger: Ledger) -> None:
    """What runs after midnight is of the evening before; a night without a run is empty."""
    moment = datetime.combine(now().astimezone(AMSTERDAM).date(), time(12), AMSTERDAM)
    with ledger.session() as session:
        for flow, back, state in (
            ("employers", timedelta(hours=14), "success"),
            ("organigram", timedelta(hours=9), "failed"),
            ("employers", timedelta(hours=62), "held"),
            ("employees", timedelta(hours=61), "success"),
            ("absence", timedelta(hours=37), "failed"),  # no flow of the night
        ):
            at = moment - back
            session.add(
                Run(
                    integration="acme", flow=flow, portal="p", run_id=f"{back}", started_at=at, ended_at=at, state=state
                )
            )
    with ledger.session() as session:
        assert today.nights(session, ["acme", "other"], moment, 5) == {
            "acme": ["", "held", "", "failed", ""],
            "other": [""] * 5,
        }


def test_each_integration_with_a_run_is_known_without_its_file(ledger: Ledger) -> None:
    """One of which the runs ended before they knew their portals too."""
    with ledger.session() as session:
        for name, portal in (("alpha", "xpert_suite"), ("beta", ""), ("gamma", "xpert_suite")):
            runs.begin(session, name, "employees", [portal], "r1")
            runs.end(session, Scope(name, "employees"), "r1", "failed", kind="settings", message=name)
    with ledger.session() as session:
        customers = today.overview(session, {}, {}, now())
        assert runs.integrations(session) == {"alpha", "beta", "gamma"}
    assert [(each.name, [line.portal for line in each.lines]) for each in customers] == [
        ("alpha", ["xpert_suite"]),
        ("beta", [""]),
        ("gamma", ["xpert_suite"]),
    ]


class TestPage:
    def test_says_what_is_paused_and_links_to_what_is_to_be_done(self, client: Any, person: Somebody) -> None:
        person.stopped = {"absence", "employers"}
        said = client.get("/?lang=en").text
        assert "Paused in Airflow: Employers, Absence." in said
        assert "flow silent too long" not in said
        assert 'href="./deliveries/2"' in said
        assert 'href="./employers?integration=acme&amp;state=pending"' in said

    def test_a_word_that_finds_nothing_says_so(self, client: Any) -> None:
        assert "Nothing to do within this filter." in client.get("/?lang=en&text=zzz").text

    @pytest.mark.parametrize("query", ["page=99999999999", "page=0", "customers=-1", "text=" + "x" * 5000])
    def test_an_odd_address_is_no_defect(self, client: Any, query: str) -> None:
        assert client.get(f"/?lang=en&{query}").status_code in {200, 400, 404}
