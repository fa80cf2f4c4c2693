"""What the desk says and does, on both databases, without a page around it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledgers import fill
from sqlalchemy import select

from veerpont.config.integration import Integration
from veerpont.desk import deliveries, employers, rejects, today
from veerpont.desk.refused import ActRefusedError
from veerpont.model.failures import SettingsError
from veerpont.store import runs
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import RejectFilter
from veerpont.store.scope import Scope
from veerpont.store.tables import Reject, RejectEvent, Run

SUMMER = datetime(2026, 7, 15, 10, 0, tzinfo=UTC)  # 12:00 in Amsterdam
WINTER = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)  # 07:10 in Amsterdam


@pytest.fixture
def acme(ledger: Ledger) -> Ledger:
    fill(ledger)
    return ledger


class TestIsLate:
    @pytest.mark.parametrize(
        ("flow", "moment", "ago", "late"),
        [
            ("employees", SUMMER, timedelta(hours=26), False),
            ("employees", SUMMER, timedelta(hours=26, minutes=1), True),
            ("absence", SUMMER, timedelta(hours=2), False),
            ("absence", SUMMER, timedelta(hours=2, minutes=1), True),
            ("absence", WINTER, timedelta(hours=10), False),  # 21:10 until 07:10: ten minutes of it were open
            ("absence", WINTER, timedelta(hours=12), False),  # 19:10: an hour and fifty, and ten minutes
            ("absence", WINTER, timedelta(hours=12, minutes=1), True),
            ("iban", SUMMER, timedelta(minutes=15), False),
            ("iban", SUMMER, timedelta(minutes=16), True),
            ("iban", WINTER, timedelta(hours=10), False),
            ("iban", WINTER + timedelta(minutes=6), timedelta(hours=10, minutes=6), True),
            ("iban", SUMMER, timedelta(days=9000), True),
        ],
    )
    def test_by_the_hours_in_which_a_flow_runs(self, flow: str, moment: datetime, ago: timedelta, late: bool) -> None:
        """Nights do not count for the flows of the day."""
        assert today.is_late(flow, moment - ago, moment) is late

    def test_one_that_never_succeeded_is_new(self) -> None:
        assert not today.is_late("absence", None, SUMMER)


class TestOverview:
    def test_of_a_flow_the_newest_run_and_the_last_success(self, acme: Ledger) -> None:
        """A failure after a success shows the failure, and the age of the success."""
        with acme.session() as session:
            (customer,) = today.overview(session, {}, {}, now())
        lines = {line.flow: line for line in customer.lines}
        assert [line.flow for line in customer.lines] == ["employers", "employees", "absence"]
        assert customer.pending == 1
        assert lines["employers"].late
        assert lines["employees"].last is not None
        assert lines["employees"].last.books == {
            "delivered": 12,
            "unchanged": 4100,
            "filtered": 37,
            "rejected": 11,
            "held": 40,
        }
        assert (lines["employees"].rejects, lines["employees"].questions, lines["employees"].held) == (3, 2, 1)
        assert lines["absence"].last is not None
        assert (lines["absence"].last.state, lines["absence"].success_at) == ("failed", None)

    def test_what_is_configured_is_shown_before_it_ever_ran(self, ledger: Ledger) -> None:
        """And only that; a file that cannot be used says why."""
        file = Integration.model_validate({
            "name": "acme",
            "customer": "Acme",
            "source": {"system": "afas", "connection": "a", "environment": "O1AA"},
            "portals": [{"portal": "xpert_suite", "connection": "x", "flows": ["absence", "employers"]}],
        })
        with ledger.session() as session:
            runs.begin(session, "acme", "iban", ["json_api"], "old")  # of a flow that it has no more
            found = today.overview(session, {"acme": file}, {"beta": SettingsError("beta.yaml is wrong")}, now())
        assert [(customer.name, str(customer.broken)) for customer in found] == [
            ("acme", ""),
            ("beta", "beta.yaml is wrong"),
        ]
        assert [(line.flow, line.portal, line.last) for line in found[0].lines] == [
            ("employers", "xpert_suite", None),
            ("absence", "xpert_suite", None),
        ]

    def test_a_run_that_failed_before_it_knew_its_portals_is_the_last(self, acme: Ledger) -> None:
        """A historic load, which has no portal either, is not a run of the flow."""
        with acme.session() as session:
            for run_id, state in (("broken", "failed"), ("history", "success")):
                runs.begin(session, "acme", "employees", [""], run_id)
                runs.end(session, Scope("acme", "employees"), run_id, state, kind="settings")
            (customer,) = today.overview(session, {}, {}, now())
        line = next(line for line in customer.lines if line.flow == "employees")
        assert line.last is not None
        assert (line.last.run_id, line.portal) == ("broken", "xpert_suite")

    def test_a_flow_that_waits_for_another_is_not_late(self, acme: Ledger) -> None:
        with acme.session() as session:
            runs.begin(session, "acme", "employers", ["xpert_suite"], "waits")
            runs.end(session, Scope("acme", "employers"), "waits", "skipped", message="no index yet")
            (customer,) = today.overview(session, {}, {}, now())
        assert not next(line for line in customer.lines if line.flow == "employers").late


class TestGroups:
    def test_one_for_each_thing_that_one_repair_puts_right(self, acme: Ledger) -> None:
        """Fields do not split a group; their names are kept."""
        with acme.session() as session:
            session.scalars(select(Reject).where(Reject.key == "CASE001")).one().field = "Reden"
            found = rejects.groups(session, RejectFilter(state="open"))
        assert [(group.reason, group.count, group.questions) for group in found] == [
            ("no_cause", 412, 0),
            ("portal_key_changed", 2, 2),
            ("impossible_date", 1, 0),
        ]
        assert set(found[0].fields) == {"Reden", "Type_verzuim"}

    @pytest.mark.parametrize(
        ("age", "keys"), [("new", {"A2", "A3"}), ("day", {"A1"}), ("week", {"A1"}), ("month", set())]
    )
    def test_by_age(self, acme: Ledger, age: str, keys: set[str]) -> None:
        moment = now()
        with acme.session() as session:
            session.scalars(select(Reject).where(Reject.key == "A1")).one().first_seen = moment - timedelta(days=8)
            chosen = rejects.older_than(RejectFilter(flow="employees"), age, moment)
            assert {row.key for row in rejects.page(session, chosen).rows} == keys

    def test_pages_hold_each_record_once(self, acme: Ledger) -> None:
        with acme.session() as session:
            pages = [rejects.page(session, RejectFilter(flow="absence"), number, 100) for number in range(1, 6)]
        assert len({row.key for page in pages for row in page.rows}) == 412
        assert pages[0].pages == 5


class TestActs:
    def test_are_in_the_history_of_each_record(self, acme: Ledger) -> None:
        """With who did it, and what they wrote."""
        chosen = RejectFilter("acme", "absence", "01", reason="no_cause")
        with acme.session() as session:
            assert rejects.retry(session, chosen, "els") == rejects.Acted(412, (("acme", "absence"),))
            assert rejects.ignore(session, chosen, "els", " known ").count == 412
            assert rejects.retry(session, chosen, "els").count == 0  # an ignored one is not tried by hand
            assert rejects.reopen(session, chosen, "jan").count == 412
        with acme.session() as session:
            happened = list(session.scalars(select(RejectEvent).where(RejectEvent.by.in_(["els", "jan"]))))
        assert len(happened) == 3 * 412
        assert {(row.event, row.by, row.detail) for row in happened} == {
            ("retry asked", "els", ""),
            ("ignored", "els", "known"),
            ("opened by hand", "jan", ""),
        }

    @pytest.mark.parametrize(
        ("act", "arguments", "code"),
        [
            (rejects.retry, (" ",), "who"),
            (rejects.ignore, ("els", " "), "why"),
            (rejects.ignore, ("els", "x" * 2001), "too_long"),
            (rejects.note, ("els", None, None), "note"),
            (rejects.note, ("els", "x" * 201, None), "too_long"),
            (rejects.confirm, ("els", datetime(2100, 1, 1, tzinfo=UTC)), "no_question"),
        ],
    )
    def test_are_refused_in_a_sentence(self, acme: Ledger, act: Any, arguments: tuple[Any, ...], code: str) -> None:
        with acme.session() as session, pytest.raises(ActRefusedError) as refused:
            act(session, RejectFilter(flow="absence"), *arguments)
        assert refused.value.code == code


class TestEmployers:
    def test_pending_ones_come_first(self, acme: Ledger) -> None:
        with acme.session() as session:
            assert [row.code for row in employers.listed(session, None, None)["acme"]] == ["03", "01", "02"]
            assert employers.listed(session, None, "frozen") == {}

    def test_a_question_counts_the_people(self, acme: Ledger) -> None:
        with acme.session() as session:
            question = employers.ask(session, "deactivate", "acme", ["01", "02", "01"])
            assert (question.people, question.uncounted, len(question.rows)) == (4200, 0, 2)
            employers.answer(session, question, "els", question.seen)
            with pytest.raises(ActRefusedError, match="so already"):
                employers.ask(session, "deactivate", "acme", ["01"])
            assert employers.ask(session, "purge", "acme", ["01"]).people == 4120  # frozen lines may still be erased


class TestDeliveries:
    def test_what_waits_is_found(self, acme: Ledger) -> None:
        with acme.session() as session:
            (row,) = deliveries.waiting(session)
            assert deliveries.reasons(row) == [("many_gone", "")]
            assert deliveries.page(session, None, None, "waiting").total == 1
            assert deliveries.page(session, "acme", "employees", None).total == 2
            question = deliveries.ask(session, "release", row.id)
            deliveries.answer(session, question, "els", question.seen)
            assert deliveries.waiting(session) == []
            assert not deliveries.may_release(row)
            assert deliveries.may_discard(row)  # who released it may think again until the run has come


def test_nothing_here_keeps_the_ledger(acme: Ledger) -> None:
    """What was read can be shown after the transaction has ended."""
    with acme.session() as session:
        found = rejects.page(session, RejectFilter(flow="employees"))
    assert [row.detail for row in found.rows]
    with acme.session() as session:
        assert session.scalars(select(Run)).first() is not None
