"""A report that comes when the next file has gone already: what it rejects the portal was not told before that one."""

import pytest
from crossings import Crossing, guid
from reported import night, rejected, report, sent, with_reports

from veerpont.pipeline.reports.take import Taken, intake, take
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope

ANNA = guid(1)
NO = ("", "01/1001/1", "Uitval", "X1", "Nee.")


@pytest.fixture
def both(known: Crossing) -> tuple[Crossing, str, str]:
    """Two files went, in each another change, and the portal's reports of both are still to come."""
    with_reports(known, folder=None)
    known.change("1001", Achternaam="Nieuwenhuis")
    night(known, "employees", 22)
    first = sent(known, "employees")["name"]
    known.change("1003", Achternaam="Anders")
    night(known, "employees", 23)
    return known, first, sent(known, "employees")["name"]


def bring(known: Crossing, name: str, *rows: tuple[object, ...]) -> Taken:
    return take(intake(known.name, "Jo"), report(name, *rows))


def told(known: Crossing) -> bytes:
    with known.ledger.session() as session:
        snapshot = deliveries.pointer(session, Scope(known.name, "employees", "xpert_suite"), kinds.SNAPSHOTS)
    assert snapshot is not None
    return b"\n".join(known.vault.read(snapshot))


def test_the_next_file_is_refused_as_a_whole(both: tuple[Crossing, str, str]) -> None:
    """The line goes out again, although nothing at the source is other than in the file before the refused one."""
    known, first, second = both
    bring(known, first, NO)
    assert bring(known, second, ("", "", "Uitval", "bestand", "Kolom ontbreekt.")).result == "refused"
    assert b"Nieuwenhuis" not in told(known)
    known.change("1003", Achternaam="El Amrani")
    assert night(known, "employees", 24)["delivered"] > 0
    assert b"Nieuwenhuis" in told(known)
    assert sent(known, "employees")["name"] not in {first, second}


def test_the_next_file_has_the_line_otherwise_and_that_is_rejected_too(known: Crossing) -> None:
    """What is repeated until it passes is what the portal took, not what it rejected before."""
    with_reports(known, folder=None)
    names = []
    for day, name in ((22, "Nieuwenhuis"), (23, "Anders")):
        known.change("1001", Achternaam=name)
        night(known, "employees", day)
        names.append(sent(known, "employees")["name"])
    assert bring(known, names[0], NO).rejects == 0, "another line of hers went since"
    assert bring(known, names[1], NO).rejects == 1
    assert rejected(known)[ANNA]["reason"] == "portal_rejected"
    assert b"Nieuwenhuis" not in told(known)
    assert b"Anders" not in told(known)


def test_what_the_next_file_said_of_others_stays(both: tuple[Crossing, str, str]) -> None:
    known, first, second = both
    bring(known, first, NO)
    assert bring(known, second, ("", "01/1003/1", "Uitval", "X1", "Nee.")).rejects == 1
    assert set(rejected(known)) == {ANNA, guid(3)}
    assert b"Anders" not in told(known)
