"""Finding one record without reading all: by its key, its number, its row; what loads and `forget` make of that."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from crossings import Crossing, guid
from forgetting import by_jo
from illness import case_of, key
from sqlalchemy import delete
from test_removals import FOUR

from veerpont.flows import lookup
from veerpont.flows.lookup import LookupEntry
from veerpont.model.flows import Flow
from veerpont.pipeline.trail.finding import LookedUp, find, meant_by, of_row
from veerpont.pipeline.trail.trace import trace
from veerpont.store import deliveries, kinds, looks, trail_log
from veerpont.store.deliveries import State
from veerpont.store.looks import LookKind
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Pointer
from veerpont.store.vault import Sequence, Vault

pytest_plugins = ["at_noon"]

ANNA, KAREL, PIETER = guid(1), guid(2), guid(4)


def looked(known: Crossing, *flows: Flow) -> LookedUp:
    return LookedUp(known.ledger, known.vault, known.name, flows or list(Flow))


def found(known: Crossing, asked: str, *flows: Flow) -> list[dict[str, Any]]:
    return find(looked(known, *flows), meant_by(asked)).records


def known_as(known: Crossing, asked: str) -> set[tuple[str, str]]:
    """Return flow and key of all that is found."""
    return {(record["flow"], record["key"]) for record in found(known, asked)}


@contextmanager
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the folders of the parts that are opened; a sequence that is read from its begin is `all of` one."""
    paths: list[str] = []
    part, read = Vault.part, Vault.read

    def one(self: Vault, sequence: Sequence, number: int) -> list[bytes]:
        paths.append(sequence.path.split("/")[-2])
        return part(self, sequence, number)

    def whole(self: Vault, sequence: Sequence) -> Iterator[bytes]:
        paths.append(f"all of {sequence.path.split('/')[-2]}")
        return read(self, sequence)

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "part", one)
        patch.setattr(Vault, "read", whole)
        yield paths


class TestFound:
    def test_by_key_number_and_line(self, known: Crossing) -> None:
        """Each way to the same records; a number is understood with its word and without."""
        by_key = known_as(known, ANNA)
        assert ("employees", ANNA) in by_key
        for asked in ("1001", "number:1001", f"{{{ANNA.lower()}}}", f"{ANNA}/01/1", "01/number:1001"):
            assert known_as(known, asked) >= {("employees", ANNA)}, asked
        assert known_as(known, "1004") == known_as(known, PIETER) != set()
        assert known_as(known, "99999") == set()

    def test_says_what_trace_says(self, known: Crossing) -> None:
        """One change, one removal that waits, one reject: the records are the same."""
        known.change("1001", Geboortedatum="1971-02-30T00:00:00Z")
        known.remove(*FOUR)
        for _ in range(2):
            known("employees")
        for each in (ANNA, KAREL, PIETER):
            told = trace(each, known.name)["records"]
            assert [record | {"why": []} for record in found(known, each)] == [record | {"why": []} for record in told]

    def test_who_left_is_found_by_number(self, known: Crossing) -> None:
        known.remove("1004")
        for _ in range(2):
            known.later(21)("employees")
        (record,) = found(known, "1004")
        assert (record["key"], [each["event"] for each in record["events"]][-1]) == ("", "gone")

    def test_no_snapshot_and_no_history_is_read_as_a_whole(
        self, ill: Crossing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = key(case_of(ill, "1003", "2026-11-04"))
        with opened(monkeypatch) as paths:
            assert known_as(ill, "1003") >= {("employees", guid(3)), ("absence", case)}
        assert {"lookup", "snapshots", "history"} <= set(paths)
        assert {path for path in paths if path.startswith("all")} <= {"all of trails", "all of missing"}

    def test_a_case_has_its_history(self, ill: Crossing) -> None:
        case = key(case_of(ill, "1003", "2026-11-04"))
        (record,) = found(ill, case)
        assert record["history"] == trace(case, ill.name)["records"][0]["history"]

    def test_of_flows_on_which_somebody_may_not_act_nothing(self, known: Crossing) -> None:
        assert found(known, ANNA, Flow.ABSENCE) == []
        assert looked(known, Flow.ABSENCE).lookups.keys() <= {Scope(known.name, "absence", "xpert_suite")}


class TestNumber:
    def test_one_part_tells_it(self, known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        with opened(monkeypatch) as paths:
            assert looked(known).number_of(ANNA, "employees") == "1001"
        assert paths == ["lookup"]

    def test_also_of_a_record_without_one(self, known: Crossing) -> None:
        """A bank account names a person by their GUID only; a key may be a number itself."""
        known.round()
        assert looked(known).number_of(ANNA, "iban") == "1001"
        assert looked(known).number_of("number:77", "payroll") == "77"
        assert looked(known).number_of("NOBODY", "employees") == ""

    def test_a_case_tells_whose_it_is(self, ill: Crossing) -> None:
        case = key(case_of(ill, "1003", "2026-11-04"))
        assert looked(ill, Flow.ABSENCE).number_of(case, "absence") == "1003"

    def test_never_a_citizen_service_number(self, crossing: Crossing) -> None:
        """Where the portal knows people by that, nothing in the lookup is one, and it finds nobody."""
        crossing.configure(xpert_suite={"key": "bsn"}, absence={"initial_days": 1500})
        crossing.first_night("employers", "employees", "organigram", "absence")
        bsns = {str(row["BSN"]) for row in crossing.source("employees")}
        place = looked(crossing)
        assert {scope.flow for scope in place.lookups} >= {"employees", "absence"}
        entries = [lookup.decode(item) for there in place.lookups.values() for item in crossing.vault.read(there)]
        texts = {text for entry in entries for text in (entry.key, entry.id, entry.number)}
        assert not texts & (bsns | {f"number:{bsn}" for bsn in bsns})
        for bsn in sorted(bsns):
            assert known_as(crossing, bsn) == set()
        assert ("employees", ANNA) in known_as(crossing, "1001")


class TestRow:
    def test_of_the_newest_file(self, known: Crossing) -> None:
        """Each row of the file leads to its record, and only while it is the newest of its flow."""
        place = looked(known)
        with known.ledger.session() as session:
            (row,) = deliveries.find(session, Scope(known.name, "employees", "xpert_suite"), State.DELIVERED)
        keys = [of_row(place, row, number) for number in range(row.records + 2)]
        assert keys[0] == keys[-1] == ""
        lines = known.vault.read(place.snapshots[Scope(known.name, "employees", "xpert_suite")])
        assert keys[1:-1] == [msgspec.json.decode(item)["key"] for item in lines]
        known.change("1004", Achternaam="Nieuw")
        known("employees")
        assert of_row(looked(known), row, 1) is None

    def test_where_the_portal_gets_no_file_there_are_none(self, known: Crossing) -> None:
        known.round()
        with known.ledger.session() as session:
            row = session.query(Delivery).filter(Delivery.flow == "iban").first()
        assert row is not None
        assert of_row(looked(known), row, 1) is None


def entries_of(known: Crossing) -> list[LookupEntry]:
    there = looked(known).lookups.values()
    return [lookup.decode(item) for sequence in there for item in known.vault.read(sequence)]


class TestKept:
    def test_a_quiet_run_makes_what_an_older_release_did_not(self, known: Crossing) -> None:
        """Whoever upgrades waits for one run, and for no delivery."""
        with known.ledger.session() as session:
            session.execute(delete(Pointer).where(Pointer.kind == kinds.LOOKUP.pointer, Pointer.flow == "employees"))
        assert known_as(known, "1001") == set()
        before = len(known.deliveries("employees"))
        known("employees")
        assert len(known.deliveries("employees")) == before
        assert ("employees", ANNA) in known_as(known, "1001")

    def test_what_the_portal_refused_is_not_there(self, known: Crossing) -> None:
        known.sandbox.faults.add("api_reject", keys=[ANNA], value="account_closed", field="iban")
        known.round()
        (record,) = [each for each in found(known, ANNA) if each["flow"] == "iban"]
        assert (record["portals"], record["reject"]["reason"]) == ([], "account_closed")
        assert [each["portal"] for each in found(known, KAREL, Flow.IBAN)[0]["portals"]] == ["json_api"]

    def test_of_who_was_forgotten_nothing(self, ill: Crossing) -> None:
        """No key, no number, no case and no row leads to them; everybody else is still found."""
        assert not any(ill.round().values())
        case = key(case_of(ill, "1003", "2026-11-04"))
        others = len(entries_of(ill))
        theirs = [entry for entry in entries_of(ill) if entry.key in {guid(3), case} or entry.number == "1003"]
        assert {entry.number for entry in theirs} >= {"1003"}
        assert by_jo(ill, guid(3))["done"]
        left = entries_of(ill)
        assert len(left) < others
        marks = set(map(trail_log.marker(ill.vault), ("number:1003", guid(3), case)))
        assert not [entry for entry in left if entry.mark in marks or entry.key in {guid(3), case}]
        for asked in ("1003", guid(3), case):
            assert known_as(ill, asked) == set()
        assert ("employees", ANNA) in known_as(ill, "1001")

    def test_who_looked_stays_and_not_at_whom(self, known: Crossing) -> None:
        with known.ledger.session() as session:
            looks.note(session, known.name, LookKind.NUMBER, [ANNA], "Els")
        assert by_jo(known)["done"]
        with known.ledger.session() as session:
            (look,) = looks.recent(session, known.name, 5)
        assert (look.decision, look.by, looks.key_of(look)) == ("look number", "Els", "forgotten 1")
        assert not known.in_ledger(ANNA)

    def test_the_ledger_knows_no_number(self, known: Crossing) -> None:
        assert known_as(known, "1001")
        assert not known.in_ledger("number:1001")
        assert not known.in_ledger("'1001'")
