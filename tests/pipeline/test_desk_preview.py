"""A preview that somebody asks for at the desk: a task makes it, and the page has counts, never a record key."""

import pytest
from crossings import Crossing

from veerpont.model.flows import Flow
from veerpont.pipeline import desk_work
from veerpont.store import previews, work
from veerpont.store.previews import PreviewFound, WouldWait
from veerpont.store.tables import Work
from veerpont.store.work import WorkState


def asked(known: Crossing, flow: Flow = Flow.EMPLOYEES) -> Work:
    """Ask for a preview, let the task make it, and return what is kept of it."""
    number = desk_work.ask_preview(known.ledger, known.name, flow, "Jo")
    assert not desk_work.do(known.notes.append), "it never waits: somebody looks at the page"
    with known.ledger.session() as session:
        row = work.one(session, number)
    assert row is not None
    return row


def test_it_says_what_the_next_run_does_and_changes_nothing(known: Crossing) -> None:
    known.change("1005", Functie="Chef")
    known.change("1003", Achternaam="Nieuwenhuis")
    known.change("1004", Werkgeverscode="77")
    before, files = known.rejects("employees"), known.files("employees")
    row = asked(known)
    assert row.state == WorkState.DONE
    found = previews.read(work.counts(row))
    assert {fate: count for fate, count in found.portals["xpert_suite"].items() if count} == {
        "changed": 2,
        "unchanged": 9,
        "filtered": 2,
        "rejected": 1,
    }
    assert (found.rejects, found.new, found.held) == ({"unknown_employer": 1}, 1, [])
    assert (known.rejects("employees"), known.files("employees")) == (before, files)
    books = known("employees")
    assert (books["delivered"], books["unchanged"], books["rejected"]) == (3, 9, 1), (
        "two of the three rows are of one record"
    )
    assert "1003" not in row.counts
    assert not [line for line in known.notes if "Nieuwenhuis" in line]


def test_what_would_wait_is_said_with_its_reasons(known: Crossing) -> None:
    known.configure(guards={"max_gone": 1})
    for number in ("1005", "1006", "1007"):
        known.remove(number)
    row = asked(known)
    (held,) = previews.read(work.counts(row)).held
    assert (held.portal, held.what, held.reasons) == ("xpert_suite", "removals", ("many_gone",))
    assert held.count > 1


@pytest.mark.parametrize("flow", [Flow.HOURS, Flow.EMPLOYEES])
def test_what_cannot_be_made_says_why_at_once(known: Crossing, flow: Flow) -> None:
    """A flow that it does not have, and a source that is away: the person asks again when it has passed."""
    known.sandbox.faults.add("maintenance", times=5)
    row = asked(known, flow)
    assert row.state == WorkState.REFUSED
    assert row.message


def test_what_ends_its_process_each_time_is_given_back_after_an_hour(
    known: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little memory, say: else each later run of the task would end with it."""

    class Died(BaseException):
        """What ends a process."""

    def dies(*_: object) -> None:
        raise Died

    monkeypatch.setattr(desk_work, "preview", dies)
    number = desk_work.ask_preview(known.ledger, known.name, Flow.EMPLOYEES, "Jo")
    with pytest.raises(Died):
        desk_work.do(known.notes.append)
    known.later(hours=2)
    assert not desk_work.do(known.notes.append)
    with known.ledger.session() as session:
        row = work.one(session, number)
        assert row is not None
        assert (row.state, row.result) == (WorkState.REFUSED, "busy")


def test_what_is_kept_is_what_was_counted() -> None:
    found = PreviewFound(
        {"xpert_suite": {"new": 3, "gone": 0}, "json_api": {"new": 1}},
        [WouldWait("xpert_suite", "whole", ("first_delivery", "column_blank:Naam"), 7)],
        {"no_cause": 9, "invalid_iban": 2},
        4,
    )
    assert previews.read(previews.kept(found)) == found
