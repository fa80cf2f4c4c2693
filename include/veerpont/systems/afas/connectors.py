"""Which GetConnector delivers which flow, and what is particular about each (docs/reference/afas.md, 8)."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from veerpont.model.failures import Problem, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.records import Record
from veerpont.systems.afas import absence, accounts, records, rows
from veerpont.systems.source import Row


@dataclass(frozen=True)
class Connector:
    """A GetConnector.

    order: what sorts its rows, uniquely where it can, for reading in pages; empty when that field has a dot in its name
    and must not be sorted on (docs/reference/afas.md, 3.4): such a connector is read in one page.
    key: the field that the record key comes from. employer: the field with the employer code, where it has one. group:
    the field that says what a row belongs to beside itself, where there is such a thing.
    fields: our names → the fields they come from. always: the fields that the rules need besides.
    """

    id: str
    row: type[rows.ConnectorRow]
    order: tuple[str, ...]
    key: str
    employer: str | None
    fields: Mapping[str, tuple[str, ...]]
    always: frozenset[str]
    record: Callable[[Row], Record | Problem]
    group: str | None = None

    def needs(self, kept: Set[str] | None) -> dict[str, str]:
        """Return each field that must be there → what needs it. `kept`: the fields that are wanted; None: all."""
        places = {field for field in (*self.order, self.key, self.employer, self.group) if field}
        wanted = self.row.types().keys() if kept is None else (kept | places) & self.row.types().keys()
        return {field: self._use(field) for field in sorted(wanted)}

    def _use(self, field: str) -> str:
        names = [name for name, fields in self.fields.items() if field in fields]
        rules = ["our rules"] if field in self.always or not names else []
        return ", ".join([*names, *rules])


CONNECTORS: Mapping[Flow, Connector] = {
    Flow.EMPLOYERS: Connector(
        id="Newdays_Connect_Werkgevers_v1",
        row=rows.EmployerRow,
        order=("Werkgeverscode",),
        key="Werkgeverscode",
        employer="Werkgeverscode",
        fields=records.EMPLOYER_FIELDS,
        always=frozenset({"Werkgeverscode", "Werkgeversnaam"}),
        record=records.employer,
    ),
    Flow.ORGANIGRAM: Connector(
        id="Newdays_Connect_Organigram_v1",
        row=rows.DepartmentRow,
        order=(),
        key="Org._eenheid",
        employer=None,
        fields=records.DEPARTMENT_FIELDS,
        always=frozenset(rows.DepartmentRow.types()),  # the tree needs them all
        record=records.department,
        group="Bovenliggende_org._eenheid",
    ),
    Flow.EMPLOYEES: Connector(
        id="Newdays_Connect_Medewerker_Gegevens_v1",
        row=rows.EmployeeRow,
        order=("Personeelsnummer", "Dienstverbandnummer", "Contractnummer", "Volgnummer_rooster"),
        key="GUID",
        employer="Werkgeverscode",
        fields=records.EMPLOYMENT_FIELDS,
        always=frozenset({
            *("Personeelsnummer", "GUID", "Werkgeverscode", "Achternaam"),
            # one line per employment (rules.employments)
            *("Dienstverbandnummer", "Contractnummer", "Volgnummer_rooster"),
            *("Datum_start_dvb", "Datum_eind_dvb", "Einddatum_contract"),
            *("Mutatiedatum_Rooster", "Mutatiedatum_OE", "Mutatiedatum_salaris"),
            # the index of departments in use (docs/decisions/0018)
            "Afdelingscode",
        }),
        record=records.employment,
    ),
    Flow.ACCOUNTS: Connector(
        id="Newdays_Connect_Accounts_Autorisaties_v1",
        row=rows.ManagerRow,
        order=(),  # a manager comes once for each unit, and the unit's code has a dot
        key="Leidinggevende_Guid",
        employer=None,
        group="Org._eenheid",
        fields=accounts.MANAGER_FIELDS,
        always=frozenset({
            *("Leidinggevende_Guid", "Leidinggevende_Code", "Leidinggevende_Achternaam"),
            *("Org._eenheid", "Einddatum_organigram"),
        }),
        record=accounts.manager_unit,
    ),
    Flow.ABSENCE: Connector(
        id="Newdays_Connect_Verzuim_v1",
        row=rows.AbsenceRow,
        order=("VerzuimId", "GUID_verzuimverloop"),
        key="GUID_verzuimverloop",
        employer="Werkgevercode",
        fields=absence.ABSENCE_FIELDS,
        always=absence.ABSENCE_ALWAYS,
        record=absence.absence_line,
        group="Guid_verzuimmelding",
    ),
    Flow.IBAN: Connector(
        id="Newdays_Connect_Medewerker_IBAN_v1",
        row=rows.BankAccountRow,
        order=("GUID",),  # not unique: somebody may have several accounts
        key="GUID",
        employer=None,
        fields=accounts.BANK_ACCOUNT_FIELDS,
        always=frozenset(rows.BankAccountRow.types()),
        record=accounts.bank_account,
    ),
}


def connector(flow: Flow) -> Connector:
    """Return the connector of a flow; SettingsError when this source does not deliver it."""
    if flow not in CONNECTORS:
        raise SettingsError(f"AFAS does not deliver the flow {flow}: remove it from the portals of the integration.")
    return CONNECTORS[flow]
