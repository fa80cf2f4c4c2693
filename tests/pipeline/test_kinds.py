"""What the vault keeps is in one list: nothing else is written, and what is in it is swept and forgotten."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crossings import After, Crossing, Make, guid
from exports import export
from forgetting import ANNA, by_jo, carried, carry
from reported import folder, with_reports

from veerpont.flows.employees import EmployeesLoad
from veerpont.flows.flow_load import Companion
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.desk_work import give
from veerpont.pipeline.moving_in.adopt import adopt
from veerpont.pipeline.preview import preview
from veerpont.store import deliveries, kinds
from veerpont.store.kinds import KINDS, Kind, Level, Owner
from veerpont.store.scope import Scope
from veerpont.store.vault import Vault
from veerpont.systems.xpert_suite.columns import TABLES

OTHER = guid(2)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every path that the vault was given since the test began."""
    found: set[str] = set()
    put: Callable[..., None] = Vault.put

    def noted(self: Vault, path: str, content: bytes) -> None:
        found.add(path)
        put(self, path, content)

    monkeypatch.setattr(Vault, "put", noted)
    return found


def of_a_link_before() -> dict[str, str]:
    """Return the row of somebody whom another link told the portal."""
    known = {"employer_code": "01", "personnel_number": "1003", "employment_number": "1"}
    return {
        name: known.get(name, "")
        for name, column in TABLES[Flow.EMPLOYEES].items()
        if not (column.personal or column.chosen)
    }


def test_every_object_of_a_full_run_is_of_a_kind(
    make: Make, written: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two customers, from AFAS and Loket, and all that people do besides. Also: no kind that nothing writes."""
    both = make("veerhuis", "sluis")
    loket = Crossing(both.sandbox, both.home, both.key, "sluis")
    loket.configure(absence={"initial_days": 900}, guards={"max_gone_percent": 100})
    loket.first_night("employers", "employees", "organigram", "accounts", "absence")
    both.first_night("employers")
    adopt("veerhuis", Flow.EMPLOYEES, export(both, [of_a_link_before()]), "Jo", both.notes.append)
    with_reports(both).first_night("employees", "organigram", "accounts", "absence", "payroll")
    both.sandbox.faults.add("api_reject", keys=[OTHER], value="account_closed", field="iban")
    both.round()
    both.remove(*(f"10{number:02}" for number in range(1, 8)))
    both.later(21)("employees")
    assert both.held("employees")["gone"]
    both.later(21)("employees")
    preview("veerhuis", Flow.EMPLOYEES, both.notes.append)
    both.sandbox.portal.settle()
    (report, *_) = sorted(folder(both).glob("*"))
    give(both.ledger, "veerhuis", "Jo", ["employees"], report.read_bytes())
    by_jo(both)
    assert sorted(path for path in written if kinds.of(path) is None) == []
    assert {kinds.of(path) for path in written} == set(KINDS)


@pytest.mark.parametrize("path", ["acme", "acme/iban", "acme/iban/json_api", "acme/iban/json_api/sent/1", "other/1"])
def test_what_is_in_no_list_is_of_no_kind(path: str) -> None:
    assert kinds.of(path) is None


def test_what_a_later_release_points_to_says_so() -> None:
    with pytest.raises(SettingsError, match="a later one made it"):
        kinds.pointed("badges")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_a_path_says_its_kind(kind: Kind) -> None:
    scope = Scope("acme", "employees", "xpert_suite")
    assert kinds.of(kind.path(scope, "1")) is kinds.of(f"{kind.path(scope, '1')}/000000") is kind
    assert kinds.is_folder(kind.within(scope))
    assert not kinds.is_folder(kind.path(scope, "1"))


def badge(of: str) -> bytes:
    return f'{{"badge":1,"of":"{of}"}}'.encode()


@pytest.fixture(params=[Level.PORTAL, Level.FLOW])
def added(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """A kind that no other code knows, of which each load of employees writes one: two people are in it."""
    kind = Kind("badges", Owner.LOAD, "badges", request.param)
    monkeypatch.setattr(kinds, "KINDS", (*KINDS, kind))
    usual = EmployeesLoad.companions

    def with_badges(self: EmployeesLoad, *more: Any) -> Iterator[Companion]:
        yield from usual(self, *more)
        yield Companion(
            kind, [f'{{"badge":{number},"of":"{who}"}}'.encode() for number, who in enumerate((ANNA, OTHER))]
        )

    monkeypatch.setattr(EmployeesLoad, "companions", with_badges)
    return kind


def badges(known: Crossing, kind: Kind) -> tuple[list[Path], list[bytes]]:
    """Return what there is of it in the vault, and what the current one says."""
    scope = Scope(known.name, "employees", "xpert_suite" if kind.level is Level.PORTAL else "")
    there = sorted((known.home / "vault" / kind.within(scope)).iterdir())
    with known.ledger.session() as session:
        current = deliveries.pointer(session, scope, kind)
    assert current is not None
    return there, list(known.vault.read(current))


def test_a_kind_in_the_list_is_swept_and_forgotten(known: Crossing, added: Kind) -> None:
    """Without a word about it anywhere else: one is left after each load, and of a person nothing."""
    known("employees")
    (first,), items = badges(known, added)
    assert len(items) == 2
    known.vault.write(added.path(Scope(known.name, "employees", "xpert_suite"), "of one that died"), [b"x"])
    known("employees")
    (second,), _ = badges(known, added)
    assert second.name not in {first.name, "of one that died"}
    assert by_jo(known)["done"]
    (third,), items = badges(known, added)
    assert third.name != second.name
    assert items == [badge(OTHER)]
    assert not [path for path in known.stored(ANNA) if added.folder in path]


def test_what_is_read_beside_the_loads_is_not_swept_by_them(known: Crossing) -> None:
    """Another run may be reading: what it staged and remembers is its own until nobody is busy."""
    scope = Scope(known.name, "employees", "xpert_suite")
    for kind in (kinds.STAGED, kinds.MEMORY):
        known.vault.write(kind.path(scope, "others"), [b"x"])
    known("employees")
    left = known.vault.paths(f"{known.name}/employees/batches")
    assert len(left) == 2
    by_jo(known)
    assert known.vault.paths(f"{known.name}/employees/batches") == []


def test_of_a_purged_employer_files_and_logins_stay(after: After) -> None:
    """Files as long as `retention` says, logins for ever; no other kind has its people after the next night."""
    known = after(carried)
    gone = [guid(number) for number in (5, 7, 10)]  # they are at employer 02 only
    assert {kinds.of(path) for path in known.stored(gone[0])} > {kinds.SNAPSHOTS, kinds.INDEX}
    known.deactivate("02", purge=True)
    known.at("2026-11-22T21:00")
    carry(known)
    left = {kinds.of(path) for each in gone for path in known.stored(each)}
    assert left <= {kinds.FILES, kinds.LOGINS}
