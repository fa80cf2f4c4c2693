"""Somebody who asks to be forgotten: nothing of them stays but a tombstone, and no portal loses them unasked."""

import re

import pytest
from crossings import ABSENCE, EMPLOYEES, After, Crossing, guid
from forgetting import (
    ANNA,
    FLOWS,
    NUMBER,
    break_iban,
    by_jo,
    carried,
    carry,
    cases,
    everything,
    leave,
    rejects_of,
    rooms,
    tombstones,
    where,
)
from test_json_flows import api

from veerpont.messages.catalog import worded
from veerpont.model.failures import PassingError, SettingsError
from veerpont.pipeline.compare import decide
from veerpont.pipeline.forget import person as room
from veerpont.store import runs
from veerpont.store.leases import lease
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery, Reject, RejectEvent

STILL = "1 person who was forgotten on"


@pytest.fixture
def full(after: After) -> Crossing:
    """Every flow has gone out: Anna has absence, an account at a bank, a line."""
    return after(carried)


def reject(full: Crossing) -> None:
    assert api(full, "iban")[ANNA]
    break_iban(full)
    full.change(NUMBER, Geboortedatum="1066-10-14")
    for case in full.book.cases(NUMBER):
        assert full.sandbox.afas.update("veerhuis", ABSENCE, "Guid_verzuimmelding", case.guid, {"Type": "??"})
    carry(full)
    assert {row.flow for row in rejects_of(full, ANNA, *cases(full))} == {"employees", "absence", "iban"}
    with full.ledger.session() as session:
        other = session.query(Reject).filter(Reject.key != ANNA).first()
        assert other is not None
        other.advice = decide._two_lines((ANNA, other.key)).detail
        session.add(RejectEvent(reject_id=other.id, at=other.first_seen, event="noted", by="Jo", detail=f"Ask {ANNA}"))
        session.add(
            Decision(integration="veerhuis", subject=f"employees {ANNA}", decision="x", by="Jo", at=other.first_seen)
        )


@pytest.fixture
def rejected(full: Crossing, after: After) -> Crossing:
    """Open rejects of hers in three flows, one of somebody else that names her, and something decided about her."""
    return after(reject)


class TestNothingStays:
    def test_in_any_object_or_table(self, rejected: Crossing) -> None:
        """A search for all that is hers: everywhere before, and after only the line that the API is told to delete."""
        texts = everything(rejected)
        found = rooms(where(rejected, texts))
        assert {
            *("absence/history", "employees/index", "rejects", "reject_events", "decisions"),
            *(
                f"{flow}/xpert_suite/{what}"
                for flow in ("employees", "absence")
                for what in ("snapshots", "deliveries")
            ),
            *(f"iban/json_api/{what}" for what in ("snapshots", "deliveries")),
        } <= {re.sub(r"/[0-9a-f]{32}$", "", room) for room in found}
        said = by_jo(rejected)
        assert rooms(where(rejected, texts)) == {"iban/json_api/forgotten"}
        assert {(each["flow"], each["removal"]) for each in said["lines"]} == {
            ("employees", "held"),
            ("absence", "held"),
            ("iban", "held"),
        }
        assert said["rejects"] == 2 + len(cases(rejected))
        (stone,) = tombstones(rejected)
        assert (stone.id, stone.by) == (said["number"], "Jo")
        assert re.fullmatch(r"[0-9a-f]{24}( [0-9a-f]{24})*", stone.marks)

    def test_the_books_and_what_others_have_stay(self, rejected: Crossing) -> None:
        runs_before = {flow: rejected.books(flow) for flow in (*FLOWS, "iban")}
        files = {row["id"]: row["sha256"] for flow in FLOWS for row in rejected.deliveries(flow)}
        accounts = {row["id"] for row in rejected.deliveries("accounts")}
        open_before = {flow: rejected.rejects(flow) for flow in FLOWS}
        said = by_jo(rejected)
        assert {flow: rejected.books(flow) for flow in (*FLOWS, "iban")} == runs_before
        assert {row["id"]: row["sha256"] for flow in FLOWS for row in rejected.deliveries(flow)} == files
        gone = {ANNA, *cases(rejected)}
        for flow in FLOWS:
            assert rejected.rejects(flow) == {key: why for key, why in open_before[flow].items() if key not in gone}
        with rejected.ledger.session() as session:
            details = [(row.detail, worded(row.advice, "nl")) for row in session.query(Reject)]
            instead = f"forgotten {said['number']}"
            assert any(f"{instead} and" in english and f"{instead} en" in dutch for english, dutch in details)
            kept = {row.id for row in session.query(Delivery) if row.object}
            assert accounts <= kept, "she manages nobody: those files have nothing of her"
        assert not {each["id"] for each in said["files"]} & kept
        assert {each["flow"] for each in said["files"]} == {"employees", "absence", "iban"}

    def test_of_a_manager_also_the_account_and_what_names_her(self, full: Crossing) -> None:
        """Her login goes, and her number as the manager of other people."""
        manager = full.deliveries("accounts")[0]
        assert manager["records"] == 3
        before = where(full, [guid(3)])
        assert {"accounts/logins", "accounts/xpert_suite"} & {"/".join(each.split("/")[1:3]) for each in before}
        number = next(row["Personeelsnummer"] for row in full.source("employees") if guid(3) in row["GUID"])
        said = by_jo(full, guid(3))
        assert {"accounts", "employees"} <= {each["flow"] for each in said["lines"]}
        assert rooms(where(full, [guid(3), f'"{number}"', f">{number}<"])) <= {"iban/json_api/forgotten"}

    def test_nothing_is_changed_by_looking(self, full: Crossing) -> None:
        before = where(full, everything(full))
        said = by_jo(full, really=False)
        assert (said["done"], said["number"], len(said["files"])) == (False, 0, 3)
        assert where(full, everything(full)) == before
        assert tombstones(full) == []

    def test_by_the_personnel_number(self, full: Crossing) -> None:
        assert by_jo(full, NUMBER)["key"] == ANNA
        assert where(full, [ANNA, f'"{NUMBER}"']) == where(full, [ANNA]) != []

    def test_once_more_changes_nothing(self, full: Crossing) -> None:
        first = by_jo(full)
        again = by_jo(full)
        assert (again["number"], again["lines"], again["files"]) == (first["number"], [], [])
        assert again["before"] is not None
        assert len(tombstones(full)) == 1

    def test_nobody(self, full: Crossing) -> None:
        for asked in ("4711", guid(4711), "number:4711", "01", ""):
            with pytest.raises(SettingsError, match="Nothing is known of"):
                by_jo(full, asked)
        assert tombstones(full) == []

    def test_a_case_is_not_a_person(self, full: Crossing) -> None:
        with pytest.raises(SettingsError, match="key of an absence case"):
            by_jo(full, cases(full)[0])

    def test_what_was_prepared_is_made_anew(self, full: Crossing) -> None:
        full.change("1004", Achternaam="Nieuwenhuis")
        full.sandbox.faults.add("drop_upload", times=1)
        with pytest.raises(PassingError):
            full("employees")
        (waiting,) = full.deliveries("employees", "prepared")
        assert by_jo(full)["superseded"] == [waiting["id"]]
        assert where(full, [ANNA]) == [path for path in where(full, [ANNA]) if "/forgotten/" in path]
        leave(full)
        assert full("employees")["state"] == "held"
        full.release(full.held("employees")["id"])
        full("employees")
        assert full.employments()["01/1004/1"].values["last_name"] == "Nieuwenhuis"
        assert NUMBER not in full.people()

    def test_a_held_removal_asks_about_the_others(self, full: Crossing) -> None:
        full.configure(guards={"max_gone": 1})
        full.remove(NUMBER, "1004", "1003")
        full("employees")
        before = full.deliveries("employees", "held")
        assert any(ANNA in str(full.stored(ANNA)) or each["gone"] for each in before)
        by_jo(full)
        held = full.deliveries("employees", "held")
        assert sum(each["gone"] for each in held) == sum(each["gone"] for each in before) - 1
        assert not [path for path in full.stored(ANNA) if "/forgotten/" not in path]


class TestThePortal:
    def test_the_removal_waits_for_a_release_and_is_made_then(self, full: Crossing) -> None:
        """Complete files wait as a whole, the API gets its delete; before that both portals have her."""
        number = by_jo(full)["number"]
        leave(full)
        full.change("1004", Achternaam="Nieuwenhuis")
        full.at("2026-11-22T21:00")
        books = carry(full)
        assert (books["employees"]["state"], books["absence"]["state"]) == ("held", "held")
        held = {flow: full.held(flow) for flow in ("employees", "absence", "iban")}
        assert {row["reasons"] for row in held.values()} == {f"forgotten:{number}"}
        assert (held["employees"]["gone"], held["iban"]["gone"]) == (0, 1)
        assert NUMBER in full.people()
        assert NUMBER in {who for _, who, *_ in full.periods()}
        assert ANNA in api(full, "iban")
        assert full.employments()["01/1004/1"].values["last_name"] != "Nieuwenhuis", "all of a file waits"
        for row in held.values():
            full.release(row["id"])
        books = carry(full)
        assert (books["employees"]["gone"], books["absence"]["gone"], books["iban"]["gone"]) == (1, 1, 1)
        assert NUMBER not in full.people()
        assert NUMBER not in {who for _, who, *_ in full.periods()}
        assert ANNA not in api(full, "iban")
        assert full.employments()["01/1004/1"].values["last_name"] == "Nieuwenhuis"
        assert where(full, [ANNA, *cases(full)]) == []
        again = carry(full)
        assert all(row["delivered"] == row["gone"] == 0 for row in again.values())
        assert [row for flow in held for row in full.deliveries(flow, "held")] == []

    def test_the_question_stays_the_same_and_does_not_name_her(self, full: Crossing) -> None:
        by_jo(full)
        leave(full)
        for _ in range(2):
            full("employees")
        assert len(full.deliveries("employees", "held")) == 1
        assert "forgotten:1" in full.books("employees")["message"]
        assert where(full, [ANNA]) == [path for path in where(full, [ANNA]) if "/iban/json_api/forgotten/" in path]

    def test_discarded_nothing_goes(self, full: Crossing) -> None:
        by_jo(full)
        leave(full)
        full("employees")
        full.discard(full.held("employees")["id"])
        assert full("employees")["state"] == "held"
        assert NUMBER in full.people()

    def test_only_changes_go_to_the_api_meanwhile(self, full: Crossing) -> None:
        by_jo(full)
        leave(full)
        bram = {"IBAN-nummer": "NL91ABNA0417164300"}
        other = next(key for key in api(full, "iban") if key != ANNA)
        assert full.sandbox.afas.update("veerhuis", "Newdays_Connect_Medewerker_IBAN_v1", "GUID", f"{{{other}}}", bram)
        full.round()
        assert api(full, "iban")[other][0]["iban"] == "NL91ABNA0417164300"
        assert ANNA in api(full, "iban")

    def test_a_delete_that_the_api_refuses_is_asked_again(self, full: Crossing) -> None:
        by_jo(full)
        leave(full)
        full.round()
        full.release(full.held("iban")["id"])
        full.sandbox.faults.add("api_reject", times=1, value="locked", keys=[ANNA])
        full.round()
        assert ANNA in api(full, "iban")
        assert full.rejects("iban") | {"forgotten:1": "locked"} == full.rejects("iban")
        full.at("2026-11-22T21:05").round()
        full.release(full.held("iban")["id"])
        full.round()
        assert ANNA not in api(full, "iban")

    def test_the_lines_of_an_employer_that_was_purged_need_no_release(self, full: Crossing) -> None:
        by_jo(full)
        full.deactivate("01", purge=True)
        assert full("employees")["state"] == "success"
        assert NUMBER not in full.people()


class TestStillAtTheSource:
    def test_the_next_run_brings_them_back_and_says_so(self, full: Crossing) -> None:
        by_jo(full)
        books = carry(full)
        for flow in ("employees", "absence", "iban"):
            assert STILL in books[flow]["message"], flow
            assert full.deliveries(flow, "held") == []
            assert books[flow]["gone"] == 0
        assert NUMBER in full.people()
        assert not [path for path in where(full, [ANNA]) if "/forgotten/" in path]
        assert all(row["message"] is None for row in carry(full).values() if row["flow"] != "absence")

    def test_forgotten_again_there_are_two_tombstones(self, full: Crossing) -> None:
        by_jo(full)
        carry(full)
        assert by_jo(full)["number"] == 2
        leave(full)
        full("employees")
        assert full.held("employees")["reasons"] == "forgotten:2"

    def test_rejected_they_still_wait_and_it_is_said(self, full: Crossing) -> None:
        """The file would leave her out: what is wrong with her row does not let her go."""
        by_jo(full)
        full.change(NUMBER, Geboortedatum="1066-10-14")
        books = full("employees")
        assert books["state"] == "held"
        assert STILL in books["message"]
        assert full.rejects("employees")[ANNA]


class TestBusy:
    def test_while_a_run_has_rows_in_hand(self, full: Crossing) -> None:
        full.until_load("employees")
        with pytest.raises(PassingError, match=r"A run of employees of veerhuis is busy"):
            by_jo(full)
        assert tombstones(full) == []

    def test_while_a_load_writes(self, full: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(room, "WAIT", room.WAIT * 0)
        with lease(full.ledger, "load:veerhuis:absence"), pytest.raises(PassingError, match="Another run holds"):
            by_jo(full)
        assert tombstones(full) == []

    def test_what_a_run_that_died_had_staged_goes(self, full: Crossing) -> None:
        job, _ = full.until_load("employees")
        with full.ledger.session() as session:
            runs.end(session, Scope("veerhuis", "employees"), job.run_id, "failed")
        assert [path for path in full.stored(ANNA) if "/batches/" in path]
        by_jo(full)
        assert not [path for path in full.stored(ANNA) if "/batches/" in path]


def test_the_source_has_rows(full: Crossing) -> None:
    """What the search is made of is at the source."""
    assert len(everything(full)) > 6
    assert full.sandbox.afas.rows("veerhuis", EMPLOYEES)
