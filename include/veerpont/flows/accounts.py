"""Accounts: from the units that managers have to one account for each manager, with a login that never changes."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from veerpont.flows.building import Building
from veerpont.flows.flow import BaseFlow, Place, why_not_of_a_person
from veerpont.flows.flow_load import Companion, Compared, FlowLoad
from veerpont.flows.index import IndexEntry, managed, require_index
from veerpont.flows.job import Job, duplicate
from veerpont.flows.links import Links
from veerpont.flows.reading import Reading, read_by_index
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.messages import coded
from veerpont.model.records import ManagerAccount, ManagerUnit, Record
from veerpont.store import deliveries, employers, kinds
from veerpont.store.employers import Gate
from veerpont.store.scope import Scope
from veerpont.systems.registry import person_columns, portal
from veerpont.systems.source import Row

LONGEST_LOGIN = 32  # docs/reference/xpert-suite.md, 2.5
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")

UNKNOWN_MANAGER = Problem(
    Stage.TRANSFORM,
    "Leidinggevende_Guid",
    "unknown_employee",
    coded(
        "record.unknown_manager",
        "The employees flow did not bring this manager, so there is no personnel number for the account. Look among "
        "the rejects of employees, or at the desk (Employers) whether the manager's employer is active.",
    ),
)


class AccountsLoad(FlowLoad):
    """A login stays a manager's, and somebody who left service leaves."""

    def leaving(self) -> set[str]:
        return left_service(self.job, self.told_lines()) if self.told is not None else set()

    def companions(
        self, crossing: Callable[[], Iterator[Record]], _comparison: Compared, _held: bool
    ) -> Iterator[Companion]:
        managers = (record for record in crossing() if isinstance(record, ManagerAccount))
        yield Companion(kinds.LOGINS, with_new_logins(self.job, managers))


class Accounts(BaseFlow):
    """A manager's row names a department and no employer: the index knows whose departments these are."""

    record = ManagerAccount
    load = AccountsLoad

    def read(self, reading: Reading) -> None:
        pairs = managed(reading.job, set(reading.active))
        codes = {code for _, code in pairs}
        system, flow = reading.system, reading.job.flow

        def inside(_key: str | None, row: Row) -> bool | None:
            where = system.group(flow, row)
            if where is None:
                return None
            employer = system.employer_code(flow, row)  # of a chart of its own
            return where in codes if employer is None else (employer, where) in pairs

        read_by_index(reading, inside, Links(reading.job).leaves_out)

    def build(self, building: Building) -> None:
        """One account for each manager, with the departments; units of an older chart are out of scope."""
        job, problems = building.job, building.problems
        with job.ledger.session() as session:
            known = employers.states(session, job.name)
            gate = self.gate(session, job.integration, job.today)
        active = {code for code, state in gate.items() if state is Gate.ACTIVE}
        frozen = {code for code, row in known.items() if row.frozen or gate[code] is Gate.OVER}
        units: dict[str, list[ManagerUnit]] = {}
        for key, _, record in building.records(ManagerUnit):
            if record.valid_until is not None and record.valid_until < job.today:
                building.filtered += 1
            else:
                units.setdefault(key, []).append(record)
        for key, account in accounts(job, units, managed(job, active), require_index(job), frozen):
            rows = len(units[key])
            if key in problems:
                problems.cost(key, rows)
            elif isinstance(account, Problem):
                problems.add(key, account, rows)
            elif account is None:
                building.filtered += rows
            else:
                building.stage(key, rows, account)

    def why_not(self, place: Place, key: str) -> str:
        return why_not_of_a_person(place, key)

    def texts(self, line: Line) -> set[str]:
        return {line.portal_key}

    def once(self, line: Line) -> Iterator[str]:
        """Return the login and the number: a portal of complete files knows users by these alone."""
        yield f"login {line.portal_key.casefold()}"
        columns = person_columns().numbers
        yield from (f"number {value}" for name, value in line.values.items() if name in columns and value)


class KeptLogin(msgspec.Struct, frozen=True, array_like=True):
    """The login that a manager got once, and the (employer, department) pairs of the newest account."""

    guid: str
    login: str
    departments: tuple[tuple[str, str], ...] = ()


def accounts(
    job: Job,
    units: Mapping[str, list[ManagerUnit]],
    managed: Collection[tuple[str, str]],
    index: Iterable[IndexEntry],
    frozen: Collection[str] = (),
) -> Iterator[tuple[str, ManagerAccount | Problem | None]]:
    """Yield each manager's key with the account, in the order of a file; or what is wrong; or None: left service.

    Args:
        units: manager's key → the units, as the source shows them.
        managed: the (employer, department) pairs of the active employers.
        index: the people whom the employees flow brought.
        frozen: employers that are not read and that the portal still covers: what a manager had there stays.
    """
    homes: dict[str, set[str]] = defaultdict(set)
    for employer, code in managed:
        homes[code].add(employer)
    people = _people(index)
    today = job.today.isoformat()
    known = {entry.guid: entry for entry in logins(job)}
    taken = {entry.login.casefold() for entry in known.values()}  # nothing says that capitals make two
    made: list[tuple[str, ManagerAccount]] = []
    for key in sorted(units):
        person = people.get(key)
        if person is None:
            yield key, UNKNOWN_MANAGER
            continue
        if (person.ends_on or "9999") < today:
            yield key, None
            continue
        parts = {"department_code": "", "valid_until": None, "employer_code": None}
        names = {msgspec.structs.replace(unit, **parts) for unit in units[key]}
        if len(names) > 1:
            yield key, duplicate("Leidinggevende_Guid", "one manager with different names or addresses")
            continue
        pairs = {
            (employer, item.department_code)
            for item in units[key]
            for employer in homes[item.department_code]
            if item.employer_code in {None, employer}
        }
        if not pairs:  # the units went since the rows were read
            yield key, None
            continue
        if key in known:
            login, had = known[key].login, known[key].departments
        else:
            login, had = _new_login(person, taken, job.vault.fingerprint(key.encode())), ()
        taken.add(login.casefold())
        # those that are read come first: the account is counted under its first employer
        departments = [*sorted(pairs), *sorted({pair for pair in had if pair[0] in frozen} - pairs)]
        made.append((key, _account(person, login, units[key][0], departments)))
    made.sort(key=lambda item: item[1].order)
    shared = _shared_numbers(job, [account for _, account in made])
    yield from ((key, shared.get(account.personnel_number, account)) for key, account in made)


def _shared_numbers(job: Job, made: Iterable[ManagerAccount]) -> dict[str, Problem]:
    """Return the numbers that managers of two employers share: one of them would get the other's rights.

    A portal of complete files knows users by that number alone (docs/reference/xpert-suite.md, 2.5), employees by
    employer too.
    """
    owners: dict[str, list[str]] = defaultdict(list)
    if any(portal(item.portal).complete for item in job.integration.portals_for(Flow.ACCOUNTS)):
        for account in made:
            owners[account.personnel_number].append(account.guid)
    return {
        number: duplicate("personnel_number", f"managers with one number: {' and '.join(keys)}")
        for number, keys in owners.items()
        if len(keys) > 1
    }


def _account(person: IndexEntry, login: str, unit: ManagerUnit, departments: list[tuple[str, str]]) -> ManagerAccount:
    return ManagerAccount(
        guid=person.guid,
        personnel_number=person.personnel_number,
        login=login,
        last_name=unit.last_name,
        departments=tuple(departments),
        initials=unit.initials,
        first_name=unit.first_name,
        prefix=unit.prefix,
        gender=unit.gender,
        email=unit.email,
        phone=unit.phone,
    )


def _people(index: Iterable[IndexEntry]) -> dict[str, IndexEntry]:
    """Return GUID → the employment that lasts longest."""
    people: dict[str, IndexEntry] = {}
    for entry in sorted(index, key=lambda entry: (entry.ends_on or "9999", entry.id)):
        people[entry.guid] = entry
    return people


def _new_login(person: IndexEntry, taken: Collection[str], mark: str) -> str:
    """Return `<employer>_<personnel number>`; with a `mark` of the person where that is too long, unsafe or taken."""
    plain = f"{person.employer_code}_{person.personnel_number}"
    login = _UNSAFE.sub("-", plain)
    if login == plain and len(login) <= LONGEST_LOGIN and login.casefold() not in taken:
        return login
    return f"{login[: LONGEST_LOGIN - 9]}_{mark[:8]}"


def logins(job: Job) -> list[KeptLogin]:
    """Return the logins that managers got so far."""
    with job.ledger.session() as session:
        kept = deliveries.pointer(session, Scope(job.name, Flow.ACCOUNTS), kinds.LOGINS)
    decode = msgspec.json.Decoder(KeptLogin).decode
    return [decode(item) for item in job.vault.read(kept)] if kept else []


def with_new_logins(job: Job, crossing: Iterable[ManagerAccount]) -> Iterator[bytes]:
    """Yield every login that a manager ever got, as the vault keeps them: it stays, also when somebody comes back."""
    known = {entry.guid: entry for entry in logins(job)}
    known |= {account.guid: KeptLogin(account.guid, account.login, account.departments) for account in crossing}
    yield from (msgspec.json.encode(known[guid]) for guid in sorted(known))


def left_service(job: Job, told: Iterable[Line]) -> set[str]:
    """Return which told accounts are of managers whose employments have all ended: their leaving is no surprise."""
    people = _people(require_index(job))
    today = job.today.isoformat()
    return {line.id for line in told if line.key in people and (people[line.key].ends_on or "9999") < today}
