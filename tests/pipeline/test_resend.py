"""An accepted file goes once more, byte for byte; nothing else changes, and what would do harm is refused."""

from pathlib import Path
from typing import Any

import pytest
from crossings import Crossing, guid
from test_json_flows import portals

from veerpont.desk import export, resend
from veerpont.desk.refused import ActRefusedError
from veerpont.model.failures import PassingError
from veerpont.model.flows import Flow
from veerpont.pipeline.trail.trace import trace
from veerpont.store.tables import Decision


def ask(known: Crossing, delivery: int) -> None:
    with known.ledger.session() as session:
        resend.ask(session, delivery, "Jo")


def newest(known: Crossing, flow: str = "employees") -> dict[str, Any]:
    return known.deliveries(flow)[0]


def refused(known: Crossing, delivery: int) -> str:
    with pytest.raises(ActRefusedError) as error:
        ask(known, delivery)
    return error.value.code


def test_the_same_bytes_under_the_same_name(known: Crossing) -> None:
    """The portal took the file away and gets it again; the run that does it has books of its own and says so."""
    first = known("employees")
    before, sent = newest(known), known.sandbox.portal.last_file("veerhuis", "employees")
    ask(known, before["id"])
    assert newest(known)["state"] == "prepared"

    books = known("employees")

    assert known.sandbox.portal.last_file("veerhuis", "employees") == sent
    original, again = known.sandbox.portal.reports("veerhuis", "employees")
    assert (again.file, again.status, again.changes) == (original.file, "processed", 0)
    assert (books["delivered"], books["gone"]) == (0, 0)
    assert books["unchanged"] > 0
    assert books["message"] == f"Delivery {before['id']} was sent again."
    assert known.books("employees", run_id=first["run_id"]) == first
    after = newest(known)
    assert {**after, "at": ""} == {**before, "at": ""}
    assert after["at"] > before["at"]
    with known.ledger.session() as session:
        assert [row.by for row in session.query(Decision).filter_by(decision="resend")] == ["Jo"]
    assert known("employees")["delivered"] == 0
    assert len(known.files("employees")) == 2
    (record,) = trace(guid(1), "veerhuis", Flow.EMPLOYEES)["records"]
    assert [event["event"] for event in record["events"]] == ["new", "resent"]


def test_then_what_is_news_follows_as_usual(known: Crossing) -> None:
    """The run that sends again compares with what the portal was told, and sends what is new after it."""
    ask(known, newest(known)["id"])
    known.change("1001", Achternaam="Nieuwenhuis")
    assert known("employees")["delivered"] == 2
    assert known.employments()["01/1001/1"].values["last_name"] == "Nieuwenhuis"
    assert len(known.files("employees")) == 3
    assert {row["state"] for row in known.deliveries("employees")} == {"delivered"}


def test_a_failed_upload_is_tried_again_by_the_next_run(known: Crossing) -> None:
    number = newest(known)["id"]
    ask(known, number)
    known.sandbox.faults.add("drop_upload", times=1)
    with pytest.raises(PassingError):
        known("employees")
    assert newest(known)["state"] == "prepared"
    known("employees")
    assert newest(known)["state"] == "delivered"
    assert len(known.files("employees")) == 2


def test_only_the_newest(known: Crossing) -> None:
    old = newest(known)["id"]
    known.change("1001", Achternaam="Nieuwenhuis")
    known("employees")
    assert refused(known, old) == "resend_newer"
    with known.ledger.session() as session:
        assert export.take(session, old, "Jo")[1], "it can still be exported"


@pytest.mark.parametrize("what", ["twice", "held", "calls", "purged", "no file", "nobody", "damaged"])
def test_refused_with_the_reason(known: Crossing, what: str) -> None:
    number, expected = newest(known)["id"], ""
    match what:
        case "twice":
            ask(known, number)
            expected = "resend_not_accepted"
        case "held":
            known.configure(guards={"max_gone": 0})
            known.remove("1001", "1002", "1003", "1004", "1005")
            known("employees")
            number, expected = known.deliveries("employees", "held")[0]["id"], "resend_not_accepted"
        case "calls":
            known.configure(portals=portals("json_api"))
            known("employers")
            number, expected = newest(known, "employers")["id"], "resend_calls"
        case "purged":
            known.deactivate("02", purge=True)
            expected = "resend_purged"
        case "no file":
            known.vault.delete(stored(known, number))
            expected = "no_file"
        case "nobody":
            number, expected = 4711, "no_delivery"
        case "damaged":
            known.vault.save(stored(known, number), [b"something else"])
            expected = "resend_damaged"
    assert refused(known, number) == expected


def stored(known: Crossing, number: int) -> str:
    from veerpont.store.tables import Delivery

    with known.ledger.session() as session:
        return str(session.get_one(Delivery, number).object)


def test_given_up_when_an_employer_was_purged_since(known: Crossing) -> None:
    """Nothing of it reaches the portal again, and the run says that."""
    number = newest(known)["id"]
    ask(known, number)
    known.deactivate("02", purge=True)
    known("employees")
    assert f"Delivery {number} was not sent again: an employer in it was purged since." in known.notes
    assert not any(key.startswith("02/") for key in known.employments())
    assert len(known.files("employees")) == 2, "the file without that employer"


def test_discarded_it_is_what_it_was(known: Crossing) -> None:
    number = newest(known)["id"]
    ask(known, number)
    known.discard(number)
    assert newest(known)["state"] == "delivered"
    known("employees")
    assert len(known.files("employees")) == 1


def test_no_plain_copy_of_it_lies_about(known: Crossing) -> None:
    ask(known, newest(known)["id"])
    known("employees")
    folder: Path = known.sandbox.portal.accounts["veerhuis"].root / "Medewerkers"
    assert list(folder.iterdir()) == []
