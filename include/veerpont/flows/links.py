"""Links: who of a Loket customer crosses, as whom, and with the contract of which day (docs/reference/loket.md, 6).

Names, addresses and phones follow the source every night, and so does the end of the employment, also back to none. The
contract (`Contract`) is taken once, when the employment first crosses; it is kept in the vault with the snapshot, and
moves with it, so that what no portal accepted is not taken yet. A newer decision about the person takes it once more.
"""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from veerpont.config.integration import Integration
from veerpont.flows.index import read_index
from veerpont.flows.job import Job
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.messages import coded
from veerpont.model.records import Employment
from veerpont.store import deliveries, kinds, links
from veerpont.store.links import Choice
from veerpont.store.scope import Scope
from veerpont.store.vault import Sequence
from veerpont.systems.registry import portal, source

UNDECIDED = Problem(
    Stage.IMPORT,
    "Guid_medewerker",
    "link_undecided",
    coded(
        "record.link_undecided",
        "Nobody has decided yet whether this employee is added, left out, or linked with somebody whom the portal has: "
        "decide at the desk (Links), or with `veerpont links add`, `veerpont links skip` or `veerpont links link`.",
    ),
)
NO_DEPARTMENT = Problem(
    Stage.TRANSFORM,
    "department_code",
    "link_department",
    coded(
        "record.link_department",
        "The department of somebody who is linked stays as the portal has it, and an empty cell may clear it: say "
        "which department that is, at the desk (Links) or with `veerpont links link --department`. When the portal's "
        "administrator says that an empty cell changes nothing there, have links.empty_department set to keeps "
        "instead.",
    ),
)


class Contract(msgspec.Struct, frozen=True):
    """What is taken over once (docs/reference/loket.md, 6: working hours, function, start date, contract department).

    `id`: of the employment. `decided`: when the decision was made under which it was taken (ISO); empty: by default.
    """

    id: str
    decided: str
    department_code: str | None = None
    department_name: str | None = None
    cost_centre_code: str | None = None
    cost_centre_name: str | None = None
    function: str | None = None
    contract_type: str | None = None
    employment_start: date | None = None
    fte: Decimal | None = None
    hours_per_week: Decimal | None = None


TAKEN_ONCE = Contract.__struct_fields__[2:]
_decode = msgspec.json.Decoder(Contract).decode
_NOT_OF_A_LINK = dict.fromkeys(("department_code", "department_name", "email_private", "email_work"))


def has_links(integration: Integration) -> bool:
    """Tell whether an integration has links: those of Loket whose employees we bring."""
    return source(integration.source.system).links_people and bool(integration.portals_for(Flow.EMPLOYEES))


class Links:
    """The decisions about the employees of one integration, as they are now. Without links everybody is added."""

    def __init__(self, job: Job) -> None:
        self._integration = job.integration
        self._active = has_links(job.integration)
        self._rows, self._known = {}, frozenset[str]()
        if self._active:
            with job.ledger.session() as session:
                self._rows = links.of(session, job.name)
            self._known = frozenset(entry.guid for entry in read_index(job) or ())
            self._contracts: dict[str, Contract] | None = None
            self._job = job

    def choice(self, key: str | None) -> Choice:
        """Return what is to be done with an employee. Whom the portal has already is added, whatever the default is.

        So is what has no GUID, which is a reject of its own.
        """
        if not self._active or key is None or ":" in key:
            return Choice.ADD
        row, default = self._rows.get(key), self._integration.links.default
        if row is not None and row.decision != Choice.UNDECIDED:
            return Choice(row.decision)
        if key in self._known or default == "add":
            return Choice.ADD
        return Choice.SKIP if default == "skip" else Choice.UNDECIDED

    def leaves_out(self, key: str | None) -> bool:
        """Tell whether the other flows leave somebody out: not wanted, and not, or no longer, at the portal."""
        return key not in self._known and self.choice(key) in {Choice.SKIP, Choice.UNDECIDED}

    @property
    def leaves_anybody_out(self) -> bool:
        """Whether there is anybody whom `leaves_out` is true of."""
        return any(map(self.leaves_out, self._rows))

    def numbered(self, record: Employment) -> Employment:
        """Return the employment under the personnel number by which the portal knows the person."""
        row = self._rows.get(record.key)
        if row is None or row.decision != Choice.LINK or not row.personnel_number:
            return record
        return msgspec.structs.replace(record, personnel_number=row.personnel_number)

    def carried_over(self, record: Employment) -> Employment | Problem:
        """Return what of an employment is taken over: all but what the portal keeps, and the contract as it was."""
        if not self._active:
            return record
        if self._integration.source.department_is == "distribution_unit":
            unit = {"department_code": record.cost_centre_code, "department_name": record.cost_centre_name}
            record = msgspec.structs.replace(record, **unit)
        row = self._rows.get(record.key)
        if row is not None and row.decision == Choice.LINK:
            if row.department is None and self._clears_departments():
                return NO_DEPARTMENT
            record = msgspec.structs.replace(record, **(_NOT_OF_A_LINK | {"department_code": row.department}))
        if self._contracts is None:
            self._contracts = {contract.id: contract for contract in kept(self._job)}
        taken = self._contracts.get(record.id)
        decided = row.at.isoformat() if row is not None and row.at is not None else ""
        return record if taken is None or taken.decided != decided else _with(record, taken)

    def _clears_departments(self) -> bool:
        """Tell whether an empty cell may clear a department: outside contacts it does.

        Facts: docs/reference/xpert-suite.md, 2.3.
        """
        if self._integration.links.empty_department == "keeps":
            return False
        names = (
            portal(item.portal).names(self._integration, Flow.EMPLOYEES)
            for item in self._integration.portals_for(Flow.EMPLOYEES)
        )
        return any({"department_code", "department_name"} & found for found in names)


def _with(record: Employment, taken: Contract) -> Employment:
    """Return the employment with the contract that was taken; what was empty then is taken when it first is there."""
    values = {name: getattr(taken, name) for name in TAKEN_ONCE if getattr(taken, name) is not None}
    for what in ("department", "cost_centre"):
        if values.get(f"{what}_code") not in {None, getattr(record, f"{what}_code")}:
            values[f"{what}_name"] = getattr(taken, f"{what}_name")  # not the name of another one
    return msgspec.structs.replace(record, **values)


def show(job: Job, people: Mapping[str, set[str | None]], read: Collection[str]) -> None:
    """Note whom the source shows, so that there is something to decide about.

    Args:
        people: employer → record keys, of every employer.
        read: the active employers.
    """
    if has_links(job.integration):
        homes = {key: code for code in read for key in people[code] if key is not None}
        with job.ledger.session() as session:
            links.show(session, job.name, homes, read)


def kept(job: Job) -> Iterator[Contract]:
    """Yield the contracts that were taken."""
    with job.ledger.session() as session:
        current = deliveries.pointer(session, Scope(job.name, Flow.EMPLOYEES), kinds.CONTRACTS)
    return map(_decode, job.vault.read(current) if current else ())


def contracts(job: Job, crossing: Iterable[Employment], carried: Container[str], read_at: str) -> Iterator[bytes]:
    """Yield every contract that is taken, as the vault keeps them.

    Args:
        crossing: the employments that cross.
        carried: the lines that are repeated: of these what was taken before.
        read_at: when the read began: what was decided since is not in it.
    """
    before = {contract.id: contract for contract in kept(job)}
    with job.ledger.session() as session:
        rows = links.of(session, job.name)
    moment = datetime.fromisoformat(read_at)
    for record in crossing:
        row, taken = rows.get(record.key), before.get(record.id)
        decided = taken.decided if taken else ""
        if row is not None and row.at is not None and row.at <= moment:
            decided = row.at.isoformat()
        yield msgspec.json.encode(Contract(record.id, decided, *(getattr(record, name) for name in TAKEN_ONCE)))
    yield from (msgspec.json.encode(contract) for contract in before.values() if contract.id in carried)


def without(job: Job, taken: Sequence, refused: Container[str]) -> Iterator[bytes]:
    """Yield the contracts of `taken`; of a line that a portal refused only what was taken before."""
    yield from (item for item in job.vault.read(taken) if _decode(item).id not in refused)
    yield from (msgspec.json.encode(contract) for contract in kept(job) if contract.id in refused)
