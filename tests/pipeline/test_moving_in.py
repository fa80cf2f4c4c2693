"""Moving into a portal that is in use: the guards of the first file count from what is there (docs/decisions/0029)."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import ready_ledgers
from crossings import EMPLOYEES, After, Crossing, guid
from exports import Row, changed, export, told
from managers import vanish
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_accounts import FATIMA, logins
from test_preview import everything, look, total
from test_reconcile import veerpont

from veerpont.config.integration import read_integrations
from veerpont.desk.lists import show_delivery
from veerpont.model.flows import Flow
from veerpont.store import deliveries, kinds
from veerpont.store.kinds import Kind
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision
from veerpont.store.vault import Sequence
from veerpont.systems.xpert_suite.columns import headers

pytest_plugins = ["at_noon"]
__all__ = ["veerpont"]

GONE = ("1001", "1004")
"""Two people whom the link before brought, and whom our source does not know."""
SCOPE = Scope("veerhuis", "employees", "xpert_suite")
FLOWS = ("employers", "employees", "organigram", "accounts", "absence")


def move(known: Crossing) -> None:
    known.configure(absence={"initial_days": 4000})
    known("accounts")
    known.at("2026-11-22T12:00")("absence")
    known.sandbox.portal.settle()
    for flow in FLOWS:
        export(known, told(known, flow), f"{flow}.csv")
    known.remove(*GONE)
    vanish(known, FATIMA)
    known.book.delete(next(case.guid for case in known.book.cases("KMA")))
    shutil.rmtree(known.home / "vault")
    ready_ledgers.let_go()
    (known.home / "ledger.db").unlink()
    known.ledger.migrate()
    ours = read_integrations(known.home / "integrations")[0]["veerhuis"]
    columns = {flow: headers(ours, Flow(flow)) for flow in FLOWS}
    known.configure(xpert_suite={"profile": "production", "columns": columns, "user_group": "Leidinggevenden"})
    known("employers")
    known.activate("01", "02")
    known.deactivate("04")
    known.notes.clear()


@pytest.fixture
def moving(after: After) -> Crossing:
    """Veerhuis in production, at a portal that another link filled: we know nothing yet, and were told who takes part.

    Since that link's last files two people, a manager's authorisation and a case are no longer at the source.
    """
    return after(move)


def adopted(moving: Crossing, veerpont: Any, flow: str, file: Path | None = None, *more: str) -> dict[str, Any]:
    """Adopt the last file of the link before."""
    file = file or moving.home / f"{flow}.csv"
    code, printed = veerpont("adopt", "veerhuis", flow, file, "--by", "Jo", "--json", *more)
    found: dict[str, Any] = json.loads(printed)
    assert code == 0, found
    return found


def waiting(moving: Crossing, flow: str) -> dict[str, Any]:
    """Return the one delivery that waits, with what it is about."""
    return show_delivery(moving.held(flow)["id"])


def rows_of(found: dict[str, Any]) -> list[int]:
    """Return of which rows of the adopted file the removals are."""
    return sorted(int(each.split(":")[1]) for ids in found["what"]["gone"].values() for each in ids)


def at_portal(moving: Crossing, number: str) -> bool:
    return number in moving.people()


def rows(moving: Crossing, flow: str) -> list[Row]:
    with (moving.home / f"{flow}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


class TestWhatItIsFor:
    def test_without_it_a_released_first_file_ends_what_nobody_counted(self, moving: Crossing) -> None:
        """What the question shows is who is new; that two people, a manager and a case end, it cannot know."""
        moving("employees")
        question = waiting(moving, "employees")
        assert (question["reasons"], question["gone"], question["what"]["gone"]) == ("first_delivery", 0, {})
        assert all(at_portal(moving, number) for number in GONE)
        moving.release(question["id"])
        moving("employees")
        assert not any(at_portal(moving, number) for number in GONE)
        for flow in ("accounts", "absence"):
            moving(flow)
            question = waiting(moving, flow)
            assert question["gone"] == 0
            moving.release(question["id"])
        managers, cases = logins(moving), len(moving.periods())
        moving("accounts")
        moving("absence")
        assert managers.keys() - logins(moving).keys() == {"1003"}
        assert len(moving.periods()) < cases

    def test_people_who_would_end_are_counted_and_wait_with_their_rows(self, moving: Crossing, veerpont: Any) -> None:
        """They are in the one question about the first file, which nobody lifted; nothing is sent before."""
        found = adopted(moving, veerpont, "employees")
        assert (found["adopted"], found["unmatched"], found["found"]["against"]) == (11, 2, "next")
        assert found["found"]["employers"]["01"]["only_there"] == 2
        files = moving.files("employees")
        seen = look(moving, "employees")
        assert (total(seen.new), total(seen.gone)) == (0, 2), "a preview counts from it too"
        books = moving("employees")
        assert (books["state"], books["repeated"], books["gone"]) == ("held", 0, 0)
        assert books["unchanged"] + books["filtered"] == books["read"]
        question = waiting(moving, "employees")
        assert (question["reasons"], question["gone"]) == ("first_delivery not_ours", 2)
        there = rows(moving, "employees")
        assert {there[row - 2]["personnel_number"] for row in rows_of(question)} == set(GONE)
        moving("employees")
        assert waiting(moving, "employees")["id"] == question["id"], "it is asked once"
        with moving.ledger.session() as session:
            current = [deliveries.pointer(session, SCOPE, kind) for kind in (kinds.SNAPSHOTS, kinds.LOOKUP)]
        assert current == [None, None], "the portal was told nothing by us"
        assert moving.files("employees") == files
        moving.release(question["id"])
        books = moving("employees")
        assert (books["state"], books["gone"]) == ("success", 2)
        assert not any(at_portal(moving, number) for number in GONE)
        again = moving("employees")
        assert (again["state"], again["unchanged"] + again["filtered"]) == ("success", again["read"])
        assert len(moving.files("employees")) == 2, "now it is what we told: nothing is asked or sent again"
        folder = moving.home / "vault" / kinds.ADOPTED.within(SCOPE)
        assert not folder.exists() or not list(folder.iterdir())

    def test_nothing_that_is_not_ours_is_ever_in_a_file(self, moving: Crossing, veerpont: Any) -> None:
        """Discarded, or seen to be missing night after night: it waits, and no file is made."""
        adopted(moving, veerpont, "employees")
        files = moving.files("employees")
        moving("employees")
        moving.discard(waiting(moving, "employees")["id"])
        for _ in range(3):
            assert moving.later(24)("employees")["state"] == "held"
        assert moving.files("employees") == files
        assert moving.deliveries("employees", "held") == []

    def test_who_turns_up_at_the_source_is_ours_after_all(self, moving: Crossing, veerpont: Any) -> None:
        """The portal's key says who it is: no question is left of them, and nobody is asked about their number."""
        row = next(each for each in moving.source("employees") if each["Personeelsnummer"] == "1003")
        adopted(moving, veerpont, "employees")
        moving("employees")
        back = row | {"Personeelsnummer": "1004", "GUID": f"{{{guid(4)}}}"}
        moving.sandbox.afas.insert("veerhuis", "Newdays_Connect_Medewerker_Gegevens_v1", [back])
        moving("employees")
        question = waiting(moving, "employees")
        assert question["gone"] == 1
        assert moving.rejects("employees") == {}
        moving.release(question["id"])
        assert moving("employees")["gone"] == 1
        assert at_portal(moving, "1004")

    def test_a_record_that_is_rejected_keeps_what_the_portal_has(self, moving: Crossing, veerpont: Any) -> None:
        """It is ours, though it cannot cross: it is repeated as it is there, and not ended."""
        moving.change("1003", Geboortedatum="1975-02-30T00:00:00Z")
        found = adopted(moving, veerpont, "employees")
        assert found["found"]["rejected"] == 1
        moving("employees")
        question = waiting(moving, "employees")
        assert question["gone"] == 2
        moving.release(question["id"])
        moving("employees")
        assert at_portal(moving, "1003")
        moving.change("1003", Geboortedatum="1975-02-20T00:00:00Z")
        moving("employees")
        assert moving.employments()["01/1003/1"].values["birth_date"] == "1975-02-20"
        assert moving.rejects("employees") == {}

    def test_a_manager_and_a_case_that_we_never_saw(self, moving: Crossing, veerpont: Any) -> None:
        """The same for the other flows of the portal: who would be locked out, which case would be deleted."""
        moving("employees")
        moving.release(waiting(moving, "employees")["id"])
        moving("employees")
        managers, cases = logins(moving), moving.periods()
        for flow, number in (("accounts", 1), ("absence", 1)):
            assert adopted(moving, veerpont, flow)["unmatched"] == number, flow
            moving(flow)
            question = waiting(moving, flow)
            assert (question["reasons"], question["gone"]) == ("first_delivery not_ours", number), flow
        assert (logins(moving), moving.periods()) == (managers, cases)
        for flow in ("accounts", "absence"):
            moving.release(waiting(moving, flow)["id"])
            moving(flow)
        assert managers.keys() - logins(moving).keys() == {"1003"}
        lost = cases - moving.periods()
        assert {number for _, number, *_ in lost} == {"KMA"}, "of people whom the employees did not bring they stay"

    def test_a_column_that_would_be_emptied_is_guarded(self, moving: Crossing, veerpont: Any) -> None:
        """The guards know what is there: what we have for nobody, and the portal for everybody, holds the file."""
        there = rows(moving, "employees")
        empty = next(name for name in there[0] if not any(row[name] for row in there))
        adopted(moving, veerpont, "employees", export(moving, changed(there, lambda _: True, **{empty: "van"})))
        moving("employees")
        assert f"column_blank:{empty}" in waiting(moving, "employees")["reasons"]

    def test_a_first_file_that_is_held_whole_stays_so_until_the_source_is_well(
        self, moving: Crossing, veerpont: Any
    ) -> None:
        """What was adopted is the truth for it: to read nothing is too little, though we told the portal nothing yet.

        Who releases the first file, and who would end with it, has not said that everybody may.
        """
        adopted(moving, veerpont, "employees")
        files, people = moving.files("employees"), moving.people()
        moving.sandbox.faults.add("zero_rows", connector=EMPLOYEES)
        for _ in "first", "again":
            assert moving("employees")["state"] == "held"
            asked = {row["reasons"]: (row["id"], row["gone"]) for row in moving.deliveries("employees", "held")}
            assert {reasons: gone for reasons, (_, gone) in asked.items()} == {
                "first_delivery not_ours": 2,
                "zero_rows": 8,
            }
        moving.release(asked["first_delivery not_ours"][0])
        assert moving("employees")["state"] == "held"
        undecided = [row["id"] for row in moving.deliveries("employees", "held") if row["decided_by"] is None]
        assert undecided == [asked["zero_rows"][0]]
        assert (moving.files("employees"), moving.people()) == (files, people)
        moving.sandbox.faults.clear()
        books = moving("employees")
        assert (books["state"], books["gone"]) == ("success", 2)
        assert people - moving.people() == set(GONE)
        assert moving.deliveries("employees", "held") == []

    def test_a_portal_that_has_just_that_still_waits_once(self, moving: Crossing, veerpont: Any) -> None:
        """It never lifts the hold of the first file, not even where it says nothing new."""
        there = [row for row in rows(moving, "employees") if row["personnel_number"] not in GONE]
        assert adopted(moving, veerpont, "employees", export(moving, there))["unmatched"] == 0
        assert moving("employees")["state"] == "held"
        question = waiting(moving, "employees")
        assert question["reasons"] == "first_delivery"
        moving.release(question["id"])
        assert moving("employees")["state"] == "success"
        assert len(moving.files("employees")) == 2


class TestSameInputSameEffect:
    def test_the_same_again_changes_nothing(self, moving: Crossing, veerpont: Any) -> None:
        adopted(moving, veerpont, "employees")
        moving("employees")
        before = everything(moving)
        assert adopted(moving, veerpont, "employees")["repeated"]
        assert everything(moving) == before
        assert len(moving.deliveries("employees", "held")) == 1

    def test_another_one_asks_anew(self, moving: Crossing, veerpont: Any) -> None:
        """What a person saw, or released, was compared with something else."""
        adopted(moving, veerpont, "employees")
        moving("employees")
        first = waiting(moving, "employees")["id"]
        moving.release(first)
        there = [row for row in rows(moving, "employees") if row["personnel_number"] != "1001"]
        assert adopted(moving, veerpont, "employees", export(moving, there))["superseded"] == [first]
        assert moving("employees")["state"] == "held"
        assert waiting(moving, "employees")["gone"] == 1

    def test_killed_between_storing_and_noting(
        self, moving: Crossing, veerpont: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was stored is nothing until the ledger says so: the next load sweeps it."""

        class KilledError(BaseException):
            """As if the process died there."""

        point = deliveries.point

        def die(session: Session, scope: Scope, kind: Kind, sequence: Sequence) -> None:
            if kind is kinds.ADOPTED:
                raise KilledError
            point(session, scope, kind, sequence)

        with monkeypatch.context() as patch:
            patch.setattr(deliveries, "point", die)
            with pytest.raises(KilledError):
                veerpont("adopt", "veerhuis", "employees", moving.home / "employees.csv", "--by", "Jo")
        veerpont("--version")  # what it had said is read
        with moving.ledger.session() as session:
            assert deliveries.pointer(session, SCOPE, kinds.ADOPTED) is None
        folder = moving.home / "vault" / kinds.ADOPTED.within(SCOPE)
        assert len(list(folder.iterdir())) == 1
        moving("employees")
        assert waiting(moving, "employees")["reasons"] == "first_delivery"
        assert not folder.exists() or not list(folder.iterdir())
        assert adopted(moving, veerpont, "employees")["unmatched"] == 2

    def test_discarded_it_is_as_if_nothing_was_adopted(self, moving: Crossing, veerpont: Any) -> None:
        adopted(moving, veerpont, "employees")
        moving("employees")
        held = waiting(moving, "employees")["id"]
        code, printed = veerpont("adopt", "veerhuis", "employees", "--discard", "--by", "Jo", "--json")
        assert (code, json.loads(printed)) == (0, {"superseded": [held]})
        assert moving.stored("1004") == []
        moving("employees")
        assert waiting(moving, "employees")["reasons"] == "first_delivery"
        with moving.ledger.session() as session:
            kept = session.scalars(select(Decision).where(Decision.subject == "adopted employees xpert_suite")).all()
        assert [(each.decision, each.by) for each in kept] == [("adopt", "Jo"), ("discard", "Jo")]


class TestPersonal:
    def test_nothing_personal_is_in_the_ledger_or_said(self, moving: Crossing, veerpont: Any) -> None:
        """Names and numbers of people whom we do not know are in the vault alone, encrypted."""
        there = rows(moving, "employees")
        strange = there[0] | {"personnel_number": "77881", "external_id": "", "last_name": "Onbekend"}
        elsewhere = strange | {"employer_code": "04", "personnel_number": "99123"}
        found = adopted(moving, veerpont, "employees", export(moving, [*there, strange, elsewhere]))
        moving("employees")
        said = json.dumps(found) + "".join(moving.notes) + json.dumps(waiting(moving, "employees"))
        for text in ("77881", "Onbekend"):
            assert moving.stored(text) != []
            assert not moving.in_ledger(text)
            assert text not in said
            assert text.encode() not in b"".join(
                path.read_bytes() for path in (moving.home / "vault").rglob("*") if path.is_file()
            )
        assert moving.stored("99123") == [], "of an employer that is not active nothing is kept"
        assert found["found"]["dropped"] == {"04": 1}

    def test_of_an_employer_that_is_deactivated_since_nothing_stays(self, moving: Crossing, veerpont: Any) -> None:
        there = rows(moving, "employees")
        strange = there[-1] | {"personnel_number": "77881", "external_id": "", "employer_code": "02"}
        assert adopted(moving, veerpont, "employees", export(moving, [*there, strange]))["unmatched"] == 3
        moving.deactivate("02", purge=True)
        moving("employees")
        assert waiting(moving, "employees")["gone"] == 2
        assert moving.stored("77881") == []

    def test_somebody_in_it_can_be_forgotten(self, moving: Crossing, veerpont: Any) -> None:
        """By the record key that the export shows, or by the number where it shows none."""
        there = rows(moving, "employees")
        strange = there[0] | {"personnel_number": "77881", "external_id": ""}
        adopted(moving, veerpont, "employees", export(moving, [*there, strange]))
        for key, number in ((guid(4), "1004"), ("77881", "77881")):
            code, printed = veerpont("forget", "veerhuis", key, "--by", "Jo", "--yes", "--json")
            assert code == 0, printed
            assert moving.stored(number) == []
