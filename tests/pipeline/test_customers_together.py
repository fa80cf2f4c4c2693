"""Customers of a batch, each on its own: what one of them meets keeps nothing from the others (docs/decisions/0025)."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from crossings import EMPLOYERS, Make
from together import THREE, TICK, Together, all_steps, ours

from veerpont.desk import lists
from veerpont.flows.job import Job, Transformed
from veerpont.model.failures import PassingError, SettingsError
from veerpont.pipeline.crossing import CrossingStep
from veerpont.pipeline.late import late_batches
from veerpont.pipeline.verdict import Patience

SECRET = "123456782"
OTHERS = tuple(name for name in THREE if name != "dommel")


@pytest.fixture
def three(make: Make) -> Together:
    return Together(make)


def late(engine: Any) -> list[list[str]]:
    """Return who is late, in the groups in which they wait."""
    return [each.members for each in late_batches(engine.steps.flow, engine.turn.run_id, engine.turn.attempt)]


class TestEachOnItsOwn:
    def test_all_of_them_cross_and_the_second_time_nothing_is_sent(self, three: Together) -> None:
        engine = three.engine("employers")
        read, _, loaded = all_steps(engine)
        assert (set(read.messages("on")), set(loaded.messages("well"))) == (set(THREE), set(THREE))
        assert set(three.states("employers", engine).values()) == {"success"}
        assert [three.files(name) for name in THREE] == [1] * 3
        again = three.engine("employers")
        all_steps(again)
        assert {three.known.books("employers", name, again.turn.run_id)["delivered"] for name in THREE} == {0}
        assert late(engine) == late(again) == []

    def test_what_a_person_must_change_keeps_the_others_from_nothing(self, three: Together) -> None:
        """A wrong token and a file that is no YAML: noted for these two, said in the log, and not tried again."""
        three.sandbox.faults.add("revoked", customer="dommel")
        (three.known.home / "integrations" / "waal.yaml").write_text("name: [waal\n")
        engine = three.engine("employers")
        read, made, _ = all_steps(engine)
        assert set(read.failed) == {"dommel", "waal"}
        assert list(made.messages("on")) == ["amstel"]
        assert str(read) == "1 well; failed: dommel, waal"
        assert any(note.startswith("dommel: ") and "token" in note for note in three.notes)
        books = three.known.books("employers", "dommel", engine.turn.run_id)
        assert (books["state"], books["kind"]) == ("failed", "settings")
        three.sandbox.faults.clear()
        assert engine.step(CrossingStep.EXTRACT, THREE).outcomes == [], "a retry does only what is left"

    def test_a_defect_is_that_customers(self, three: Together, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where it was is in the log; no value is, nor in the ledger."""
        from veerpont.pipeline import crossing

        real = crossing.transform

        def transform(job: Any, handed: Any) -> Any:
            if job.name == "dommel":
                raise ValueError(SECRET)
            return real(job, handed)

        monkeypatch.setattr(crossing, "transform", transform)
        engine = three.engine("employers")
        _, made, loaded = all_steps(engine)
        assert (set(made.failed), set(loaded.messages("well"))) == ({"dommel"}, set(OTHERS))
        assert any("ValueError" in note and Path(__file__).name in note for note in three.notes)
        assert SECRET not in "".join(three.notes)
        assert not three.known.in_ledger(SECRET)
        assert three.known.books("employers", "dommel", engine.turn.run_id)["kind"] == "defect"

    def test_today_is_the_day_of_each_ones_own_turn(self, three: Together) -> None:
        """A batch whose first load takes until after midnight."""
        engine = three.engine("employers")
        engine.hold(THREE)
        engine.step(CrossingStep.EXTRACT, THREE)
        engine.step(CrossingStep.TRANSFORM, THREE)
        days = []

        def load_slowly(job: Job, handed: Transformed) -> None:
            days.append((job.today - TICK.date()).days)
            three.later(240)

        replace(engine, steps=replace(engine.steps, load=load_slowly)).step(CrossingStep.LOAD, THREE)
        assert days == [0, 1, 1]

    def test_whoever_started_it_by_hand_is_told_at_once(self, three: Together) -> None:
        """Nobody waits in a run that a person looks at."""
        three.sandbox.faults.add("maintenance", customer="dommel", retry_after=3600)
        engine = three.engine("employers", by_hand=True)
        all_steps(engine)
        books = three.known.books("employers", "dommel", engine.turn.run_id)
        assert (books["state"], books["kind"], "run it again at" in books["message"]) == ("failed", "passing", True)
        assert late(engine) == []

    def test_a_turn_of_an_hour_is_skipped_for_the_one_that_is_away(self, three: Together) -> None:
        three.sandbox.faults.add("maintenance", customer="dommel", retry_after=3600)
        engine = three.engine("employers", patience=Patience.HOUR)
        all_steps(engine)
        assert three.state("employers", "dommel", engine) == "skipped"
        assert {three.state("employers", name, engine) for name in OTHERS} == {"success"}


class TestLate:
    def test_one_that_is_away_comes_later_and_delays_nobody(self, three: Together) -> None:
        three.sandbox.faults.add("maintenance", customer="dommel", retry_after=3600)
        engine = three.engine("employers")
        _, _, loaded = all_steps(engine)
        assert set(loaded.messages("well")) == set(OTHERS)
        assert {three.state("employers", name, engine) for name in OTHERS} == {"success"}
        assert late(engine) == [["dommel"]]
        _, until = engine.late(["dommel"])
        assert until is not None
        assert timedelta(minutes=59) < until - TICK < timedelta(minutes=61)
        three.sandbox.faults.clear()
        three.later(61)
        report, until = engine.late(["dommel"])
        assert (report.messages("well"), until) == ({"dommel": ""}, None)
        assert three.state("employers", "dommel", engine) == "success"
        assert three.files("dommel") == 1
        assert late(engine) == []

    def test_the_night_ends(self, three: Together) -> None:
        """Whoever is back after 06:30 has failed: somebody has to hear of it."""
        three.sandbox.faults.add("maintenance", customer="dommel", retry_after=9.6 * 3600)
        engine = three.engine("employers")
        all_steps(engine)
        books = three.known.books("employers", "dommel", engine.turn.run_id)
        assert (books["state"], books["kind"]) == ("failed", "passing")
        assert late(engine) == []

    def test_the_night_ends_for_what_gives_no_moment_too(self, three: Together) -> None:
        def away(_: Job) -> None:
            raise PassingError("The connection was reset.")

        engine = three.engine("employers")
        three.later(9.35 * 60)  # 06:21
        away_at_first = replace(engine, steps=replace(engine.steps, extract=away))
        away_at_first.hold(["dommel"])
        away_at_first.step(CrossingStep.EXTRACT, ["dommel"])
        assert late(engine) == [["dommel"]]
        three.later(6)
        away_at_first.late(["dommel"])
        assert late(engine) == []
        assert three.known.books("employers", "dommel", engine.turn.run_id)["state"] == "failed"

    def test_what_gives_no_moment_is_tried_three_times_more(
        self, three: Together, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As Airflow's retries of one customer alone: after 5, 10 and 20 minutes; then it has failed."""
        from veerpont.systems.afas.source import Afas

        def away(*_: Any, **__: Any) -> Any:
            raise PassingError("The connection was reset.")

        engine = three.engine("employers")
        with monkeypatch.context() as patch:
            patch.setattr(Afas, "pages", away)
            all_steps(engine, ("dommel",))
            pauses = []
            while waits := three.waits(engine):
                pauses.append(round(waits["dommel"].total_seconds() / 60))
                three.later(40)
                engine.late(["dommel"])
        assert pauses == [5, 50, 100]
        assert three.known.books("employers", "dommel", engine.turn.run_id)["kind"] == "passing"

    def test_a_portal_that_still_has_the_last_file_is_waited_for(self, three: Together) -> None:
        """Within `settle_minutes` of the file before it: the read is kept, and load comes later."""
        first = three.engine("employers")
        all_steps(first)
        assert three.sandbox.afas.update("dommel", EMPLOYERS, "Werkgeverscode", "01", {"Straatnaam": "Veerkade"})
        engine = three.engine("employers")
        _, _, loaded = all_steps(engine)
        assert set(loaded.messages("late")) == {"dommel"}
        three.sandbox.afas.requests.clear()
        three.later(31)
        report, until = engine.late(["dommel"])
        assert (list(report.messages("well")), until) == (["dommel"], None)
        assert list(three.sandbox.afas.requests) == [], "it is not read again"

    def test_one_that_is_still_away_keeps_no_other_late_one(self, three: Together) -> None:
        three.sandbox.faults.add("maintenance", customer="dommel", retry_after=3600)
        three.sandbox.faults.add("maintenance", customer="waal", retry_after=7200)
        engine = three.engine("employers")
        all_steps(engine)
        three.sandbox.faults.clear()
        three.later(61)
        report, until = engine.late(["dommel", "waal"])
        assert list(report.messages("well")) == ["dommel"]
        assert until is not None
        assert timedelta(minutes=119) < until - TICK < timedelta(minutes=121)


class TestTheOrderOfANight:
    def test_a_batch_waits_until_the_flow_before_has_ended_for_all_who_are_at_work(self, three: Together) -> None:
        engine = three.engine("organigram")
        again = engine.hold(THREE)
        assert again is not None, "employers have not begun"
        assert timedelta(minutes=3) <= again - TICK < timedelta(minutes=4)
        before = three.engine("employers")
        before.hold(THREE)
        before.step(CrossingStep.EXTRACT, THREE)
        again = engine.hold(THREE)
        assert again is not None
        assert timedelta(minutes=1) <= again - TICK < timedelta(minutes=2)
        before.step(CrossingStep.TRANSFORM, THREE)
        again = engine.hold(THREE)
        assert again is not None
        assert again - TICK < timedelta(minutes=1), "it only has to be loaded"
        before.step(CrossingStep.LOAD, THREE)
        assert engine.hold(THREE) is None
        assert engine.hold(THREE) is None
        assert three.waits(engine) == {}

    def test_it_looks_again_less_often_the_longer_it_waits(self, three: Together) -> None:
        engine, before = three.engine("organigram"), three.engine("employers")
        three.later(100)
        again = engine.hold(THREE)
        assert again is not None
        assert timedelta(minutes=110) <= again - TICK < timedelta(minutes=111)
        before.hold(THREE)
        before.step(CrossingStep.EXTRACT, THREE)
        before.step(CrossingStep.TRANSFORM, THREE)
        again = engine.hold(THREE)
        assert again is not None
        assert timedelta(minutes=102) <= again - TICK < timedelta(minutes=103), "a load may hang"

    def test_one_that_is_late_in_the_flow_before_is_late_and_the_others_go_on(self, three: Together) -> None:
        three.sandbox.faults.add("maintenance", customer="dommel", retry_after=3600)
        all_steps(three.engine("employers"))
        engine = three.engine("organigram")
        assert engine.hold(THREE) is None
        (waits,) = three.waits(engine).items()
        assert waits[0] == "dommel"
        assert waits[1] > timedelta(minutes=60)
        assert set(engine.step(CrossingStep.EXTRACT, THREE).messages("on", "skipped")) == set(OTHERS)

    def test_one_of_whom_nothing_was_seen_keeps_nobody(self, three: Together) -> None:
        """Its file came after the plan of the flow before: the others do not wait until 23:45."""
        all_steps(three.engine("employers"), OTHERS)
        engine = three.engine("organigram")
        assert engine.hold(THREE) is None
        assert set(three.waits(engine)) == {"dommel"}

    def test_at_a_quarter_to_twelve_everybody_starts(self, three: Together) -> None:
        engine = three.engine("organigram")
        three.later(165)
        assert engine.hold(THREE) is None
        assert three.waits(engine) == {}


class TestAgain:
    def test_a_cleared_run_reads_everybody_anew(self, three: Together) -> None:
        """And waits for no other flow: it is a run of now."""
        engine = three.engine("employers", "cleared")
        all_steps(engine)
        three.sandbox.afas.requests.clear()
        again = three.engine("employers", "cleared", attempt=1)
        read, *_ = all_steps(again)
        assert set(read.messages("on")) == set(THREE)
        assert {each["customer"] for each in three.sandbox.afas.requests} == set(THREE)

    def test_clearing_the_read_of_some_takes_nothing_from_the_others(self, three: Together) -> None:
        """Airflow counts what was cleared by the run, not by the task: the others go on with what they have."""
        engine = three.engine("employers", "partly")
        engine.hold(THREE)
        engine.step(CrossingStep.EXTRACT, THREE)
        again = three.engine("employers", "partly", attempt=1)
        three.sandbox.afas.requests.clear()
        again.hold(["dommel"])
        assert list(again.step(CrossingStep.EXTRACT, ["dommel"]).messages("on")) == ["dommel"]
        assert {each["customer"] for each in three.sandbox.afas.requests} == {"dommel"}
        again.step(CrossingStep.TRANSFORM, THREE)
        assert set(again.step(CrossingStep.LOAD, THREE).messages("well")) == set(THREE)

    def test_a_step_that_airflow_stopped_is_passing_for_whoever_was_not_done(self, three: Together) -> None:
        engine = three.engine("employers")
        engine.hold(THREE)
        engine.step(CrossingStep.EXTRACT, THREE)
        engine.step(CrossingStep.TRANSFORM, THREE)
        engine.step(CrossingStep.LOAD, ("amstel",))
        engine.stopped("Airflow stopped the step.", THREE)
        states = three.states("employers", engine)
        assert states == {name: "success" if name == "amstel" else "failed" for name in THREE}
        assert set(engine.step(CrossingStep.LOAD, THREE).messages("well")) == set(THREE) - {"amstel"}
        assert set(three.states("employers", engine).values()) == {"success"}


def test_killed_before_it_is_told_that_one_failed_it_is_told_by_the_retry(
    three: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever line it dies: nobody has ended of whom no one would hear that it failed."""
    from veerpont.store.ledger import Ledger

    class Died(BaseException):
        """What ends a process."""

    def wrong(_: Job) -> None:
        raise SettingsError("The token was revoked.")

    engine = three.engine("employers")
    engine = replace(engine, steps=replace(engine.steps, extract=wrong))
    engine.hold(["dommel"])
    session, left, died = Ledger.session, 0, 0

    @contextmanager
    def dies(ledger: Ledger) -> Iterator[Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise Died
        with session(ledger) as open_:
            yield open_

    for alive in range(50):
        left = alive
        with monkeypatch.context() as patch, suppress(Died):
            patch.setattr(Ledger, "session", dies)
            engine.step(CrossingStep.EXTRACT, ["dommel"])
            break
        died += 1
        if not engine.waiting_for(CrossingStep.EXTRACT, ["dommel"]):
            assert three.state("employers", "dommel", engine) == "failed"
    assert died > 2
    assert three.state("employers", "dommel", engine) == "failed"


def load_and_die(environment: dict[str, str], run_id: str) -> None:
    """Load a batch in this process, which dies when the file of dommel has arrived, and before the ledger knows."""
    os.environ.update(environment)
    from veerpont.model.flows import Flow
    from veerpont.pipeline.crossing import Crossing, FlowSteps
    from veerpont.pipeline.verdict import Turn
    from veerpont.systems.xpert_suite.portal import XpertSuite

    deliver = XpertSuite.deliver

    def then_die(*args: Any, **more: Any) -> Any:
        done = deliver(*args, **more)
        if args[1].name == "dommel":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    XpertSuite.deliver = then_die  # type: ignore[method-assign,assignment]
    Crossing(FlowSteps(Flow.EMPLOYERS), Turn(run_id, TICK, 0, True, True), lambda _: None).step(
        CrossingStep.LOAD, THREE
    )


def test_killed_in_the_middle_of_a_load_the_retry_finishes_the_others(
    three: Together, children: ForkServerContext
) -> None:
    """That customer is done again without a second effect; those before it are not touched."""
    engine = three.engine("employers", "killed")
    engine.hold(THREE)
    engine.step(CrossingStep.EXTRACT, THREE)
    engine.step(CrossingStep.TRANSFORM, THREE)
    child = children.Process(target=load_and_die, args=(ours(), "killed"))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    before = three.states("employers", engine)
    assert (before["amstel"], before["dommel"], before["waal"]) == ("success", "running", "running")
    report = engine.step(CrossingStep.LOAD, THREE)
    assert set(report.messages("well")) == {name for name, state in before.items() if state == "running"}
    assert set(three.states("employers", engine).values()) == {"success"}
    for name in THREE:  # the same file may come a second time, never another one
        assert len(set(three.known.files("employers", name))) == 1
        assert [row["state"] for row in lists.list_deliveries(three.ledger, name, "employers")] == ["delivered"]
