"""Who is in which batch: within limits, the same in every flow, and nobody moves until somebody asks for it."""

from datetime import timedelta
from pathlib import Path

import pytest
from crossings import Make
from hypothesis import given
from hypothesis import strategies as st
from together import THREE, TICK

from veerpont.config.integration import read_integrations
from veerpont.model.flows import Flow
from veerpont.pipeline import batches
from veerpont.pipeline.batches import MOST, MOST_PEOPLE, UNKNOWN, placed
from veerpont.pipeline.late import MOST_INSTANCES, grouped
from veerpont.pipeline.plan import Batch, plan
from veerpont.store import batches as kept
from veerpont_sandbox.customers import customer

PEOPLE = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(0, 60_000), max_size=80)


class TestPlaced:
    @given(PEOPLE, st.sets(st.text("abcdef", min_size=1, max_size=4)))
    def test_within_limits_and_nobody_moves(self, people: dict[str, int], later: set[str]) -> None:
        first = placed(people, people, {}, {})
        assert set(first) == set(people)
        new = later - set(people)
        more = placed(new, people, {}, first)
        assert set(more) == new
        everybody = first | more
        for number in set(everybody.values()):
            members = [name for name, where in everybody.items() if where == number]
            weight = sum(people.get(name, UNKNOWN) for name in members)
            assert len(members) <= MOST
            assert weight <= MOST_PEOPLE or len(members) == 1

    def test_a_customer_that_is_too_large_is_alone(self) -> None:
        found = placed(["large", "small", "other"], {"large": 30_000, "small": 10}, {}, {})
        assert found == {"large": 1, "other": 2, "small": 2}

    def test_those_of_one_member_number_are_together_where_there_is_room(self) -> None:
        known = {f"full_{number}": 1 for number in range(MOST)} | {"mate": 2, "other": 3}
        queues = {"mate": "afas:1", "new": "afas:1"}
        assert placed(["new"], {}, queues, {**known, "other": 2, "mate": 3}) == {"new": 3}
        assert placed(["stranger"], {}, queues, known) == {"stranger": 2}


class TestLate:
    def test_by_what_is_away_and_when_it_is_back(self) -> None:
        soon, later = TICK + timedelta(minutes=30), TICK + timedelta(hours=2)
        waiting = {"a": (later, "afas"), "b": (soon, "afas"), "c": (soon + timedelta(seconds=20), "afas")}
        assert grouped({**waiting, "d": (soon, "loket")}) == [["b", "c"], ["d"], ["a"]]

    @given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(0, 600), max_size=900))
    def test_at_most_twenty_instances_and_everybody_once(self, minutes: dict[str, int]) -> None:
        groups = grouped({name: (TICK + timedelta(minutes=some), "afas") for name, some in minutes.items()})
        assert len(groups) <= MOST_INSTANCES
        assert sorted(name for names in groups for name in names) == sorted(minutes)


class TestPlan:
    @pytest.fixture
    def folder(self, make: Make) -> Path:
        known = make(*(customer(name, 12) for name in THREE))
        known("employers")
        return known.home / "integrations"

    def test_few_are_alone_and_bear_their_names(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert plan(Flow.EMPLOYERS, lambda _: None) == sorted(THREE)
        monkeypatch.setenv("VEERPONT_BATCH_ABOVE", "3")
        assert plan(Flow.EMPLOYERS, lambda _: None) == sorted(THREE)

    def test_many_are_batches_which_the_log_tells(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VEERPONT_BATCH_ABOVE", "2")
        notes: list[str] = []
        assert plan(Flow.EMPLOYERS, notes.append) == [Batch(1, sorted(THREE))]
        assert plan(Flow.EMPLOYEES, notes.append) == [Batch(1, sorted(THREE))]
        assert f"Batch 1: {', '.join(sorted(THREE))}." in notes

    def test_one_that_is_asked_for_is_alone(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VEERPONT_BATCH_ABOVE", "0")
        assert plan(Flow.EMPLOYERS, lambda _: None, "waal") == ["waal"]

    def test_a_file_that_cannot_be_read_keeps_its_place(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """And a new one that cannot be read is alone: its task fails with what is wrong."""
        monkeypatch.setenv("VEERPONT_BATCH_ABOVE", "1")
        plan(Flow.EMPLOYERS, lambda _: None)
        (folder / "waal.yaml").write_text("name: [waal\n")
        (folder / "new.yaml").write_text("name: [new\n")
        assert plan(Flow.EMPLOYERS, lambda _: None) == [Batch(1, sorted(THREE)), "new"]

    def test_who_left_loses_its_place_and_rebalance_places_everybody_anew(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from veerpont.cli.terminal import ledger

        monkeypatch.setenv("VEERPONT_BATCH_ABOVE", "1")
        plan(Flow.EMPLOYERS, lambda _: None)
        (folder / "waal.yaml").unlink()
        plan(Flow.EMPLOYERS, lambda _: None)
        with ledger().session() as session:
            assert set(kept.numbers(session)) == set(THREE) - {"waal"}
            kept.keep(session, {"amstel": 7})
        assert plan(Flow.EMPLOYERS, lambda _: None)[-1] == Batch(7, ["amstel"])
        batches.rebalance(ledger(), read_integrations(folder)[0])
        assert len(plan(Flow.EMPLOYERS, lambda _: None)) == 1
