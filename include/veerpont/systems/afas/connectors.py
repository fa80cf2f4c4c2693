"""Which GetConnector delivers which flow, and what is particular about each (docs/reference/afas.md, 8)."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from veerpont.model.failures import Problem, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.messages import coded
from veerpont.model.names import EXTRAS, NAMES
from veerpont.model.records import Record
from veerpont.systems.afas import absence, accounts, records, rows
from veerpont.systems.source import Row


@dataclass(frozen=True)
class Connector:
    """A GetConnector. `row`: its fields, and what needs each; the other names of fields are as AFAS spells them.

    order: what sorts its rows, uniquely where it can, for reading in pages; empty when that field has a dot in its name
    and must not be sorted on (docs/reference/afas.md, 3.4): such a connector is read in one page.
    key: the field that the record key comes from. employer: the field with the employer code, where it has one. group:
    the field that says what a row belongs to beside itself, where there is such a thing.
    """

    id: str
    row: type[rows.ConnectorRow]
    record: Callable[[Row], Record | Problem]
    order: tuple[str, ...]
    key: str
    employer: str | None
    group: str | None

    def needs(self, kept: Set[str] | None) -> dict[str, str]:
        """Return each field that must be there → what needs it.

        kept: the fields that are wanted; None: all that the supplied definition has.
        """
        places = {field for field in (*self.order, self.key, self.employer, self.group) if field}
        known = self.row.types().keys()
        wanted = known - self.row.beyond if kept is None else (kept | places) & known
        return {field: self._use(field) for field in sorted(wanted)}

    def _use(self, field: str) -> str:
        names = [name for name, fields in self.row.asked().items() if field in fields and name in _SENT]
        return ", ".join(names if names and field not in self.row.always() else [*names, "our rules"])


_SENT = {name for names in (*NAMES.values(), *EXTRAS.values()) for name in names}


def _connector(
    id: str,
    row: type[rows.ConnectorRow],
    record: Callable[[Row], Record | Problem],
    *,
    key: str,
    order: tuple[str, ...] = (),
    employer: str | None = None,
    group: str | None = None,
) -> Connector:
    """Return a connector by our names of its fields."""
    ours = row.spelled
    places = ours(key), employer and ours(employer), group and ours(group)
    return Connector(id, row, record, tuple(map(ours, order)), *places)


CONNECTORS: Mapping[Flow, Connector] = {
    Flow.EMPLOYERS: _connector(
        "Newdays_Connect_Werkgevers_v1",
        rows.EmployerRow,
        records.employer,
        key="employer_code",
        order=("employer_code",),
        employer="employer_code",
    ),
    Flow.ORGANIGRAM: _connector(
        "Newdays_Connect_Organigram_v1",
        rows.DepartmentRow,
        records.department,
        key="department_code",
        group="parent_department_code",
    ),
    Flow.EMPLOYEES: _connector(
        "Newdays_Connect_Medewerker_Gegevens_v1",
        rows.EmployeeRow,
        records.employment,
        key="guid",
        order=("personnel_number", "employment_number", "contract_number", "roster_number"),
        employer="employer_code",
    ),
    Flow.ACCOUNTS: _connector(
        "Newdays_Connect_Accounts_Autorisaties_v1",  # a manager comes once for each unit, and the unit's code has a dot
        rows.ManagerRow,
        accounts.manager_unit,
        key="person_guid",
        group="department_code",
    ),
    Flow.ABSENCE: _connector(
        "Newdays_Connect_Verzuim_v1",
        rows.AbsenceRow,
        absence.absence_line,
        key="guid",
        order=("case_number", "guid"),
        employer="employer_code",
        group="case_guid",
    ),
    Flow.IBAN: _connector(
        "Newdays_Connect_Medewerker_IBAN_v1",
        rows.BankAccountRow,
        accounts.bank_account,
        key="guid",
        order=("guid",),  # not unique: somebody may have several accounts
    ),
}


def connector(flow: Flow) -> Connector:
    """Return the connector of a flow; SettingsError when this source does not deliver it."""
    if flow not in CONNECTORS:
        raise SettingsError(
            coded(
                "afas.no_flow",
                "AFAS does not deliver the flow {flow}: remove it from the portals of the integration.",
                flow=flow,
            )
        )
    return CONNECTORS[flow]
