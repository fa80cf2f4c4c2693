"""Rejects in the ledger: when they open, close and open again, what people do about them, and what is kept of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.store import rejects
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings, RejectFilter
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Reject

BAD = Problem(Stage.TRANSFORM, "Achternaam", "missing_value", "Achternaam is empty; fill it in in AFAS.")
WORSE = Problem(Stage.EXPORT, "last_name", "too_long", "Shorten last_name.")


class TestRejects:
    def settle(self, ledger: Ledger, run: str, problems: dict[str, Problem], **questions: str) -> None:
        with ledger.session() as session:
            rejects.settle(session, Scope("acme", "employees"), run, Findings(problems, questions))

    def rows(self, ledger: Ledger, state: str | None = None) -> dict[str, Reject]:
        with ledger.session() as session:
            return {row.key: row for row in rejects.listed(session, RejectFilter("acme", "employees", state=state))}

    def test_settling_twice_in_one_run_is_settling_once(self, ledger: Ledger) -> None:
        """A load that dies after settling and runs again counts no attempt twice."""
        for _ in range(2):
            self.settle(ledger, "one", {"A": BAD})
        assert self.rows(ledger)["A"].attempts == 1
        for _ in range(2):
            self.settle(ledger, "two", {"A": WORSE})
        row = self.rows(ledger)["A"]
        assert (row.attempts, row.stage, row.reason) == (2, "export", "too_long")
        assert row.first_seen < row.last_seen

    def test_what_passed_is_closed_by_the_run_that_brought_it(self, ledger: Ledger) -> None:
        """A record that is no longer a problem closes its reject, with the run; another one stays open."""
        self.settle(ledger, "one", {"A": BAD, "B": BAD})
        self.settle(ledger, "two", {"B": BAD})
        row = self.rows(ledger, "closed")["A"]
        assert row.closed_by == "two"
        assert list(self.rows(ledger, "open")) == ["B"]

    def test_a_reject_that_comes_back_is_new_again(self, ledger: Ledger) -> None:
        """A closed reject reopens in its own row, with its count from one."""
        self.settle(ledger, "one", {"A": BAD})
        self.settle(ledger, "two", {})
        self.settle(ledger, "three", {"A": BAD})
        row = self.rows(ledger)["A"]
        assert (row.state, row.attempts, row.closed_at, row.closed_by) == ("open", 1, None, None)

    def test_what_happened_to_it_is_kept_in_its_order(self, ledger: Ledger) -> None:
        """With the reason at that time; of a run that changed nothing about it there is nothing."""
        for run, problem in (("one", BAD), ("two", BAD), ("three", WORSE), ("four", None), ("five", BAD)):
            self.settle(ledger, run, {"A": problem} if problem else {})
        with ledger.session() as session:
            events = rejects.events(session, self.rows(ledger)["A"].id)
            assert [(event.event, event.by, event.detail) for event in events] == [
                ("opened", "one", "missing_value"),
                ("changed", "three", "too_long"),
                ("closed", "four", ""),
                ("opened again", "five", "missing_value"),
            ]

    @pytest.mark.parametrize(
        ("ignored_for", "reason", "state"),
        [(None, BAD, "open"), ("this", BAD, "ignored"), ("this", WORSE, "open")],
        ids=["nobody ignored it", "for this reason", "for another reason"],
    )
    def test_one_that_the_portal_refuses_in_the_run_that_closed_it_goes_on(
        self, ledger: Ledger, ignored_for: str | None, reason: Problem, state: str
    ) -> None:
        """It counts one more, is as old as it was, and stays ignored where it was for this very reason."""
        self.settle(ledger, "one", {"A": BAD})
        first = self.rows(ledger)["A"].first_seen
        with ledger.session() as session:
            session.execute(update(Reject).values(ignored_for=ignored_for))
        self.settle(ledger, "two", {})
        with ledger.session() as session:
            rejects.add(session, Scope("acme", "employees"), "two", {"A": reason})
        row = self.rows(ledger)["A"]
        assert (row.state, row.attempts, row.first_seen, row.closed_at, row.closed_by) == (state, 2, first, None, None)

    def test_an_answer_is_for_one_change(self, ledger: Ledger) -> None:
        """The run that brings it across may still need it; from the next one on it is no answer any more."""
        self.settle(ledger, "one", {"A": BAD, "B": BAD}, A="print")
        with ledger.session() as session:
            rejects.confirm(session, "acme", "employees", "A", "Jo")
        for run, answers in (("two", {"A": "print"}), ("two", {"A": "print"}), ("three", {})):
            self.settle(ledger, run, {"B": BAD})
            with ledger.session() as session:
                assert rejects.confirmed(session, "acme", "employees") == answers

    def test_acts_are_about_open_ones_or_about_all_that_are_not_closed(self, ledger: Ledger) -> None:
        """Of those that a filter chooses: who is asked for another try, who is ignored, and who gets a note."""
        self.settle(ledger, "one", {"ignored": BAD, "open": BAD, "closed": BAD})
        self.settle(ledger, "two", {"ignored": BAD, "open": BAD})
        every = RejectFilter("acme", "employees")
        with ledger.session() as session:
            assert rejects.retry(session, every, "Jo") == 2
            assert rejects.ignore(session, RejectFilter(key="ignored"), "Jo", "known") == 1
            assert rejects.asked_again(session, "acme", "employees") == {"open"}
            assert rejects.asked_again(session, "acme", "employers") == set()
            assert rejects.assign(session, every, "Jo", "Kim", None) == 2
            assert rejects.reopen(session, every, "Jo") == 1
        assert {key: (row.state, row.owner) for key, row in self.rows(ledger).items()} == {
            "ignored": ("open", "Kim"),
            "open": ("open", "Kim"),
            "closed": ("closed", None),
        }

    def test_codes_are_counted_without_their_keys(self, ledger: Ledger) -> None:
        """Those of the last read, of one reason and employer."""
        counts = {("no_cause", "01", "Z"): 3, ("no_cause", "01", "ZW"): 1, ("no_cause", "02", "Z"): 2}
        for found in ({("no_cause", "01", "B"): 9}, counts):
            with ledger.session() as session:
                rejects.count_codes(session, "acme", "absence", found)
        with ledger.session() as session:
            assert rejects.codes(session, "acme", "absence", "no_cause", "01") == {"Z": 3, "ZW": 1}
            assert rejects.codes(session, "acme", "absence", "no_cause", "03") == {}

    def test_other_flows_and_integrations_are_left_alone(self, ledger: Ledger) -> None:
        """Settling one flow closes nothing of another flow or integration."""
        with ledger.session() as session:
            rejects.settle(session, Scope("acme", "employers"), "one", Findings({"01": BAD}))
            rejects.settle(session, Scope("other", "employees"), "one", Findings({"A": BAD}))
        self.settle(ledger, "two", {})
        with ledger.session() as session:
            assert {row.state for row in rejects.listed(session, RejectFilter())} == {"open"}

    def test_only_an_open_question_can_be_confirmed(self, ledger: Ledger) -> None:
        """A person confirms the very change that was asked; where nothing is asked it is refused."""
        self.settle(ledger, "one", {"A": BAD, "B": BAD}, A="print")
        with ledger.session() as session:
            rejects.confirm(session, "acme", "employees", "A", "Jo")
        for key in ("B", "C"):
            with pytest.raises(SettingsError, match=key), ledger.session() as session:
                rejects.confirm(session, "acme", "employees", key, "Jo")
        with ledger.session() as session:
            assert rejects.confirmed(session, "acme", "employees") == {"A": "print"}
            (decision,) = session.scalars(select(Decision))
            assert decision.by == "Jo"

    def test_closed_rejects_are_forgotten_after_their_time(self, ledger: Ledger) -> None:
        """Closed rejects go when they are older than the integration keeps them, open ones never."""
        self.settle(ledger, "one", {"old": BAD, "new": BAD, "open": BAD})
        self.settle(ledger, "two", {"open": BAD})
        with ledger.session() as session:
            long_ago = now() - timedelta(days=91)
            session.execute(update(Reject).where(Reject.key == "old").values(closed_at=long_ago))
            session.execute(update(Reject).where(Reject.key == "open").values(first_seen=long_ago))
            rejects.forget_closed(session, "acme", 90)
        assert set(self.rows(ledger)) == {"new", "open"}
