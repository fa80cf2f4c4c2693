"""The ledger: its tables on both databases, and what becomes of runs, rejects, employers and deliveries in it."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.store import deliveries, employers, kinds, notes, runs
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.table_base import Base
from veerpont.store.tables import Decision, Delivery, Run
from veerpont.store.vault import Sequence

WHERE = Scope("acme", "employees", "xpert_suite")
BAD = Problem(Stage.TRANSFORM, "Achternaam", "missing_value", "Achternaam is empty; fill it in in AFAS.")
WORSE = Problem(Stage.EXPORT, "last_name", "too_long", "Shorten last_name.")


class TestTables:
    def test_the_migrations_make_exactly_the_tables(self, ledger: Ledger) -> None:
        """After all migrations nothing is left to change."""
        with ledger.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []

    def test_an_empty_database_gets_its_tables(self, ledger_url: str) -> None:
        """The first one who needs the ledger makes it, and the second finds it there."""
        for _ in range(2):
            ledger = Ledger(ledger_url)
            ledger.require_current()
            with ledger.session() as session:
                assert list(session.scalars(select(Run))) == []

    def test_a_process_connects_once(self, ledger: Ledger, ledger_url: str) -> None:
        """A batch opens a ledger for each customer; a forked process may not use what its parent has open."""
        own = Ledger(ledger_url).engine
        assert Ledger(ledger_url).engine is own
        child = os.fork()
        if child == 0:
            os._exit(Ledger(ledger_url).engine is own)
        assert os.waitpid(child, 0)[1] == 0

    def test_another_version_is_refused_and_left_alone(self, ledger: Ledger, ledger_url: str) -> None:
        """A ledger of an older or newer release is refused with what to do, and is not migrated behind one's back.

        The tables of a newer one never go back, so `migrate` of an old machine is refused too, with the same words.
        """
        newer = r"newer release .* version 9999; .*Bring this machine to that release"
        for version, says in (("0000", "at version 0000.*veerpont ledger migrate"), ("9999", newer)):
            with ledger.engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
            with pytest.raises(SettingsError, match=says):
                Ledger(ledger_url).require_current()
            if version == "9999":
                with pytest.raises(SettingsError, match=says):
                    Ledger(ledger_url).migrate()
            with ledger.engine.connect() as connection:
                assert connection.scalar(text("SELECT version_num FROM alembic_version")) == version

    def test_a_ledger_that_may_not_be_written_is_a_setting(self, tmp_path: Path) -> None:
        """At once, with its cause: it was told as passing, and nobody heard of it."""
        Ledger(f"sqlite:///{tmp_path / 'ledger.db'}").require_current()
        reading = Ledger(f"sqlite:///file:{tmp_path / 'ledger.db'}?mode=ro&uri=true")
        with pytest.raises(SettingsError, match="may not be written by this user"), reading.session() as session:
            runs.begin(session, "acme", "employees", ["xpert_suite"], "run")
        with pytest.raises(SettingsError, match="its folder is not there"):
            Ledger(f"sqlite:///{tmp_path / 'nowhere' / 'ledger.db'}").require_current()

    def test_a_transaction_happens_whole_or_not_at_all(self, ledger: Ledger) -> None:
        """What a block did before it failed has not happened."""

        def fail() -> None:
            with ledger.session() as session:
                employers.show(session, "acme", "01", "Acme")
                session.flush()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        with ledger.session() as session:
            assert employers.states(session, "acme") == {}

    def test_times_are_aware(self, ledger: Ledger) -> None:
        """A time comes back with its zone, also from a database that forgets it."""
        with ledger.session() as session:
            employers.show(session, "acme", "01", "Acme")
        with ledger.session() as session:
            at = employers.states(session, "acme")["01"].at
        assert at.tzinfo is not None
        assert abs(now() - at) < timedelta(minutes=1)


class TestEmployers:
    def state(self, ledger: Ledger, code: str = "01") -> tuple[str, bool, str | None]:
        with ledger.session() as session:
            row = employers.states(session, "acme")[code]
            return row.state, row.frozen, row.by

    def show(self, ledger: Ledger, name: str = "Acme") -> None:
        with ledger.session() as session:
            employers.show(session, "acme", "01", name)

    def test_a_new_employer_is_pending(self, ledger: Ledger) -> None:
        """Nobody crosses before a person said so."""
        self.show(ledger)
        assert self.state(ledger) == (Gate.PENDING, False, None)

    def test_who_decided_is_kept_for_ever(self, ledger: Ledger) -> None:
        """Every decision is kept with who took it, also after later ones."""
        self.show(ledger)
        with ledger.session() as session:
            employers.activate(session, "acme", ["01"], "Jo")
        with ledger.session() as session:
            employers.deactivate(session, "acme", ["01"], "Kim")
        assert self.state(ledger) == (Gate.INACTIVE, True, "Kim")
        with ledger.session() as session:
            employers.deactivate(session, "acme", ["01"], "Lu", purge=True)
        assert self.state(ledger) == (Gate.INACTIVE, False, "Lu")
        with ledger.session() as session:
            taken = [(row.decision, row.by) for row in session.scalars(select(Decision).order_by(Decision.id))]
        assert taken == [("activate", "Jo"), ("deactivate", "Kim"), ("purge", "Lu")]

    def test_an_unknown_code_changes_nothing(self, ledger: Ledger) -> None:
        """Of several codes one that the source never showed refuses them all."""
        self.show(ledger)
        for change in (employers.activate, employers.deactivate):
            with pytest.raises(SettingsError, match="99"), ledger.session() as session:
                change(session, "acme", ["01", "99"], "Jo")
        assert self.state(ledger) == (Gate.PENDING, False, None)

    def test_an_active_employer_with_another_name_waits_again(self, ledger: Ledger) -> None:
        """A changed name puts an active employer back to pending and frozen; the same name changes nothing."""
        self.show(ledger)
        with ledger.session() as session:
            employers.activate(session, "acme", ["01"], "Jo")
        self.show(ledger)
        assert self.state(ledger) == (Gate.ACTIVE, False, "Jo")
        self.show(ledger, "Somebody Else B.V.")
        assert self.state(ledger) == (Gate.PENDING, True, None)

    def test_a_new_name_activates_nobody(self, ledger: Ledger) -> None:
        """An inactive employer stays inactive whatever it is called."""
        self.show(ledger)
        with ledger.session() as session:
            employers.deactivate(session, "acme", ["01"], "Jo")
        self.show(ledger, "Somebody Else B.V.")
        assert self.state(ledger) == (Gate.INACTIVE, True, "Jo")


class TestRuns:
    def begin(self, ledger: Ledger, run: str = "one", flow: str = "employees") -> None:
        with ledger.session() as session:
            runs.begin(session, "acme", flow, ["xpert_suite"], run)

    def end(self, ledger: Ledger, state: str, run: str = "one", portal: str = "", **more: Any) -> None:
        with ledger.session() as session:
            runs.end(session, Scope("acme", "employees", portal), run, state, **more)

    def row(self, ledger: Ledger, run: str = "one") -> Run:
        with ledger.session() as session:
            return session.scalars(select(Run).where(Run.run_id == run)).one()

    def test_a_second_attempt_goes_on_in_the_same_row(self, ledger: Ledger) -> None:
        """A run that failed and is tried again is one run, and its old message is gone."""
        self.begin(ledger)
        self.end(ledger, "failed", kind="passing", message="Maintenance.")
        assert self.row(ledger).message == "Maintenance."
        self.begin(ledger)
        row = self.row(ledger)
        assert (row.state, row.ended_at, row.message) == ("running", None, None)

    def test_a_failure_afterwards_does_not_undo_a_success(self, ledger: Ledger) -> None:
        """What ended well stays so when a later portal of the same run fails."""
        self.begin(ledger)
        self.end(ledger, "success", portal="xpert_suite", counts={"read": 3, "delivered": 3})
        self.end(ledger, "failed", kind="settings", message="The other portal.")
        row = self.row(ledger)
        assert (row.state, row.read, row.delivered) == ("success", 3, 3)

    def test_counts_are_numbers_also_for_a_failed_run(self, ledger: Ledger) -> None:
        """A failed run has counts of nought, never nothing."""
        self.begin(ledger)
        self.end(ledger, "failed")
        assert [getattr(self.row(ledger), name) for name in runs.COUNTS] == [0] * len(runs.COUNTS)

    def test_only_ended_runs_since_the_moment_count(self, ledger: Ledger) -> None:
        """Last night's run and one that still runs do not let the next flow start; a failed one of tonight does."""
        self.begin(ledger)
        self.end(ledger, "success")
        tonight = now()
        with ledger.session() as session:
            assert not runs.ended_since(session, "acme", "employees", tonight)
        self.begin(ledger, "two")
        with ledger.session() as session:
            assert not runs.ended_since(session, "acme", "employees", tonight)
        self.end(ledger, "failed", "two")
        with ledger.session() as session:
            assert runs.ended_since(session, "acme", "employees", tonight)
            assert not runs.ended_since(session, "acme", "employers", tonight)
            assert not runs.ended_since(session, "other", "employees", tonight)

    def test_the_newest_come_first(self, ledger: Ledger) -> None:
        """The list of runs begins with the newest."""
        for run in ("one", "two", "three"):
            self.begin(ledger, run)
        with ledger.session() as session:
            assert [row.run_id for row in runs.listed(session, "acme", None)] == ["three", "two", "one"]


class TestDeliveries:
    def add(self, ledger: Ledger, state: State, **values: Any) -> int:
        with ledger.session() as session:
            row = Delivery(integration="acme", flow="employees", portal="xpert_suite", run_id="one", state=state)
            row.at = now()
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)
            session.flush()
            return row.id

    def test_only_what_waits_can_be_decided(self, ledger: Ledger) -> None:
        """A delivery that was made, or is not there, can be neither released nor discarded."""
        for state in (State.PREPARED, State.DELIVERED, State.SUPERSEDED):
            known = self.add(ledger, state)
            with pytest.raises(SettingsError, match=f"{known} is {state}"), ledger.session() as session:
                deliveries.decide(session, known, "Jo", release=True)
        with pytest.raises(SettingsError, match="999"), ledger.session() as session:
            deliveries.decide(session, 999, "Jo", release=False)

    def test_one_that_was_made_and_then_given_up_is_not_released(self, ledger: Ledger) -> None:
        """What is kept of it is its file: no run could tell what was asked."""
        known = self.add(ledger, State.PREPARED, name="employees_00000001_0123456789ab.xlsx", object="a")
        with ledger.session() as session:
            deliveries.decide(session, known, "Jo", release=False)
        with pytest.raises(SettingsError, match="given up"), ledger.session() as session:
            deliveries.decide(session, known, "Jo", release=True)

    def test_a_decision_is_kept_and_can_be_taken_back_until_it_was_carried_out(self, ledger: Ledger) -> None:
        """Release and discard are kept with who said so; the last one counts."""
        known = self.add(ledger, State.HELD)
        for release in (True, False, True):
            with ledger.session() as session:
                row = deliveries.decide(session, known, "Jo", release=release)
                assert (row.state, row.decided_by) == ((State.HELD, "Jo") if release else (State.DISCARDED, None))
        with ledger.session() as session:
            assert [row.decision for row in session.scalars(select(Decision).order_by(Decision.id))] == [
                "release",
                "discard",
                "release",
            ]

    def test_files_are_kept_as_long_as_the_integration_says(self, ledger: Ledger) -> None:
        """A delivered file is old after its days; what waits or is under way never is."""
        old = now() - timedelta(days=91)
        delivered = self.add(ledger, State.DELIVERED, at=old, object="a")
        self.add(ledger, State.DELIVERED, object="b")
        self.add(ledger, State.DELIVERED, at=old)
        self.add(ledger, State.HELD, at=old, object="c")
        self.add(ledger, State.PREPARED, at=old, object="d")
        with ledger.session() as session:
            assert [row.id for row in deliveries.expired(session, "acme", 90)] == [delivered]
            assert deliveries.expired(session, "other", 90) == []

    def test_a_pointer_points_to_the_last_thing_it_was_pointed_to(self, ledger: Ledger) -> None:
        """A pointer is nothing at first, and then the latest."""
        with ledger.session() as session:
            assert deliveries.pointer(session, WHERE, kinds.SNAPSHOTS) is None
        for path in ("one", "two"):
            with ledger.session() as session:
                deliveries.point(session, WHERE, kinds.SNAPSHOTS, Sequence(path, 1, 2, "x"))
        with ledger.session() as session:
            assert deliveries.pointer(session, WHERE, kinds.SNAPSHOTS) == Sequence("two", 1, 2, "x")
            assert deliveries.pointer(session, WHERE, kinds.MISSING) is None

    def test_who_shares_a_folder_is_known_on_both_sides(self, ledger: Ledger) -> None:
        """Two integrations with one destination know of each other, until one of them goes elsewhere."""
        with ledger.session() as session:
            for name, place in (("acme", "here"), ("beta", "here"), ("coda", "there")):
                notes.note_destination(session, Scope(name, "employees", "xpert_suite"), place)
        with ledger.session() as session:
            shared = {
                name: notes.shares_destination(session, Scope(name, "employees", "xpert_suite"))
                for name in ("acme", "beta", "coda", "new")
            }
            assert shared == {"acme": ["beta (employees)"], "beta": ["acme (employees)"], "coda": [], "new": []}
            assert notes.shares_destination(session, Scope("acme", "employers", "xpert_suite")) == []
            notes.forget_destinations(session, "employees", {"acme", "coda"})
        with ledger.session() as session:
            assert notes.shares_destination(session, Scope("acme", "employees", "xpert_suite")) == []
