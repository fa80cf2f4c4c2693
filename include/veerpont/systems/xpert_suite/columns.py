"""The columns of each flow by our names, in the order in which the sandbox profile writes them.

The real names of the columns are the customer's: only the template that an administrator downloads from the portal
tells them (docs/reference/xpert-suite.md, 2). So a spelling in these tables is never sent on its own in production:
`template.learn` proposes it, a person confirms it in the integration file. `known` is documented literally, for
this template or another one of the portal; `likely` is a guess. The one exception is absence: its template is
documented whole (docs/reference/xpert-suite.md, 2.4), our names are its columns, and they need no confirmation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

from veerpont.config.integration import Integration
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.model.names import EXTRAS, NAMES
from veerpont.systems import defaults
from veerpont.systems.workbook.writer import Kind

MAX_TEXT = 255
SANDBOX_GROUP = "Leidinggevenden"
"""The user group of `profile: sandbox`, when the integration file names none."""


@dataclass(frozen=True, kw_only=True)
class TemplateColumn:
    """One column: whether a line needs it, how a cell holds it, and how templates may spell it.

    `conditional`: no file can do without the column, though not every line has a value in it. `personal`: only `key:
    bsn` or a column of its own asks for it (docs/decisions/0009). `chosen`: only a column of its own does
    (docs/decisions/0032). `source`: the record's field where it has another name than ours. `choices`: the only words
    the portal knows. `longest`: how many characters it may have.
    """

    required: bool = False
    conditional: bool = False
    personal: bool = False
    chosen: bool = False
    kind: Kind = "text"
    source: str = ""
    choices: frozenset[str] = frozenset()
    longest: int = MAX_TEXT
    known: str = ""
    likely: tuple[str, ...] = ()


TABLES: dict[Flow, dict[str, TemplateColumn]] = {}
"""The columns of every flow that this portal takes: our name → column."""


class Columns:
    """A flow's columns as class attributes; `table` holds them by name, in the order of `model.names`, the chosen last.

    `literal`: our names are the template's own columns.
    """

    table: ClassVar[dict[str, TemplateColumn]]

    def __init_subclass__(cls, flow: Flow, literal: bool = False) -> None:
        columns = {name: value for name, value in vars(cls).items() if isinstance(value, TemplateColumn)}
        chosen = {name: column for name, column in columns.items() if column.chosen}
        unknown = columns.keys() - chosen.keys() - set(NAMES[flow])
        unknown |= {name for name, column in chosen.items() if (column.source or name) not in EXTRAS[flow]}
        if unknown:
            raise TypeError(f"{cls.__name__} has columns that model.names does not know: {sorted(unknown)}")
        found = {name: columns[name] for name in NAMES[flow]} | chosen
        cls.table = {
            name: replace(column, known=name) if literal and not column.chosen else column
            for name, column in found.items()
        }
        TABLES[flow] = cls.table


_STREET = TemplateColumn(likely=("Straat", "Straatnaam", "Adres"))
_HOUSE_NUMBER = TemplateColumn(kind="number", likely=("Huisnummer",))
_ADDITION = TemplateColumn(likely=("HuisnummerToevoeging", "Toevoeging"))
_POSTAL_CODE = TemplateColumn(likely=("Postcode",))
_CITY = TemplateColumn(likely=("Woonplaats", "Plaats"))
_COUNTRY = TemplateColumn(likely=("Land", "LandCode"))
_EMPLOYER_CODE = TemplateColumn(required=True, known="WerkgeverCode")
_FIRST_NAME = TemplateColumn(known="Roepnaam", likely=("Voornaam",))
_PREFIX = TemplateColumn(known="Tussenvoegsels", likely=("Tussenvoegsel", "Voorvoegsel", "Voorvoegsels"))
_LAST_NAME = TemplateColumn(required=True, known="Achternaam", likely=("Geboortenaam",))
_INITIALS = TemplateColumn(known="Voorletters")
_GENDER = TemplateColumn(known="Geslacht", choices=frozenset({"Man", "Vrouw", "Onbekend", "Non-binair"}))
_DEPARTMENT_CODE = TemplateColumn(likely=("AfdelingCode", "AfdelingsCode"))

_WEEKDAY = TemplateColumn(kind="number", chosen=True)


class EmployersColumns(Columns, flow=Flow.EMPLOYERS):
    """Of employers (docs/reference/xpert-suite.md, 2.1 and 5.1)."""

    employer_code = _EMPLOYER_CODE
    name = TemplateColumn(required=True, likely=("Naam", "WerkgeverNaam", "Werkgever"))
    street = _STREET
    house_number = _HOUSE_NUMBER
    house_number_addition = _ADDITION
    postal_code = _POSTAL_CODE
    city = TemplateColumn(likely=("Plaats", "Woonplaats", "Vestigingsplaats"))
    country = _COUNTRY


class OrganigramColumns(Columns, flow=Flow.ORGANIGRAM):
    """Of departments (docs/reference/xpert-suite.md, 2.2 and 5.2)."""

    employer_code = _EMPLOYER_CODE
    department_code = TemplateColumn(required=True, likely=("AfdelingCode", "AfdelingsCode", "Code"))
    name = TemplateColumn(required=True, likely=("AfdelingNaam", "AfdelingsNaam", "Naam", "Afdeling", "Omschrijving"))
    parent_department_code = TemplateColumn(
        likely=("BovenliggendeAfdelingCode", "ParentAfdelingCode", "HoofdAfdelingCode", "BovenliggendeAfdeling")
    )
    manager_personnel_number = TemplateColumn(
        likely=("LeidinggevendePersoneelsnummer", "ManagerPersoneelsnummer", "Leidinggevende", "AfdelingsManager")
    )


class EmployeesColumns(Columns, flow=Flow.EMPLOYEES):
    """Of employees (docs/reference/xpert-suite.md, 2.3 and 5.3).

    The words for gender are AFAS's: which of them the portal knows is unconfirmed.
    """

    employer_code = _EMPLOYER_CODE
    personnel_number = TemplateColumn(known="Personeelsnummer")
    external_id = TemplateColumn(source="guid", known="ExternWerknemerId")
    bsn = TemplateColumn(personal=True, known="BSN", likely=("Burgerservicenummer",))
    employment_number = TemplateColumn(likely=("DienstverbandGroepCode", "DienstverbandNummer", "DienstverbandCode"))
    initials = _INITIALS
    first_name = _FIRST_NAME
    prefix = _PREFIX
    last_name = _LAST_NAME
    partner_prefix = TemplateColumn(likely=("TussenvoegselsPartner", "PartnerTussenvoegsels", "VoorvoegselPartner"))
    partner_last_name = TemplateColumn(likely=("AchternaamPartner", "PartnerAchternaam", "GeboortenaamPartner"))
    name_usage = TemplateColumn(likely=("Naamgebruik", "NaamVoorkeur", "Voorkeursnaam", "Naamvoering"))
    gender = _GENDER
    birth_date = TemplateColumn(kind="date", likely=("Geboortedatum",))
    street = _STREET
    house_number = _HOUSE_NUMBER
    house_number_addition = _ADDITION
    postal_code = _POSTAL_CODE
    city = _CITY
    country = _COUNTRY
    phone_private = TemplateColumn(likely=("TelefoonnummerPrive", "TelefoonPrive", "Telefoonnummer"))
    mobile_private = TemplateColumn(likely=("MobielPrive", "MobielnummerPrive"))
    email_private = TemplateColumn(likely=("EmailadresPrive", "EmailPrive"))
    mobile_work = TemplateColumn(likely=("MobielWerk", "MobielnummerWerk", "MobielZakelijk", "Mobiel"))
    email_work = TemplateColumn(likely=("EmailadresWerk", "EmailWerk", "EmailZakelijk", "Emailadres"))
    department_code = _DEPARTMENT_CODE
    department_name = TemplateColumn(likely=("AfdelingNaam", "AfdelingsNaam", "Afdeling"))
    cost_centre_code = TemplateColumn(likely=("KostenplaatsCode", "Kostenplaats"))
    cost_centre_name = TemplateColumn(likely=("KostenplaatsNaam", "KostenplaatsOmschrijving"))
    function = TemplateColumn(likely=("Functie", "FunctieNaam", "FunctieOmschrijving"))
    contract_type = TemplateColumn(likely=("ContractType", "TypeContract", "SoortContract"))
    employment_start = TemplateColumn(
        kind="date", likely=("DatumInDienst", "InDienst", "StartdatumDienstverband", "BegindatumDienstverband")
    )
    employment_end = TemplateColumn(kind="date", likely=("DatumUitDienst", "UitDienst", "EinddatumDienstverband"))
    contract_end = TemplateColumn(kind="date", likely=("EinddatumContract", "ContractEinddatum"))
    fte = TemplateColumn(kind="number", likely=("FTE", "Deeltijdfactor"))
    hours_per_week = TemplateColumn(kind="number", likely=("UrenPerWeek", "ContractUren", "AantalUrenPerWeek"))
    manager_personnel_number = TemplateColumn(
        likely=("LeidinggevendePersoneelsnummer", "ManagerPersoneelsnummer", "PersoneelsnummerLeidinggevende")
    )
    hours_monday = hours_tuesday = hours_wednesday = hours_thursday = hours_friday = _WEEKDAY
    hours_saturday = hours_sunday = _WEEKDAY


class AccountsColumns(Columns, flow=Flow.ACCOUNTS):
    """Of accounts (docs/reference/xpert-suite.md, 2.5 and 5.5).

    The portal's own export of users has these columns, all but the department's.

    How a user with several scopes is written is unknown: here each scope is a row.
    """

    user_group = TemplateColumn(required=True, known="Gebruikersgroep")
    personnel_number = TemplateColumn(required=True, known="Personeelsnummer")
    login = TemplateColumn(required=True, longest=32, known="Inlognaam", likely=("Gebruikersnaam", "Login"))
    last_name = _LAST_NAME
    prefix = _PREFIX
    initials = replace(_INITIALS, required=True)
    gender = replace(_GENDER, required=True)
    first_name = _FIRST_NAME
    email = TemplateColumn(required=True, known="Emailadres", likely=("Email",))
    phone = TemplateColumn(known="Telefoonnummer", likely=("Telefoon", "Mobiel"))
    employer_code = _EMPLOYER_CODE
    department_code = _DEPARTMENT_CODE


class AbsenceColumns(Columns, flow=Flow.ABSENCE, literal=True):
    """Of absence, those of the standard template (docs/reference/xpert-suite.md, 2.4 and 5.4).

    Not `Notitie` (medical text). `DienstverbandGroepCode` keeps apart what somebody has in two employments.
    """

    WerkgeverCode = TemplateColumn(required=True)
    BSN = TemplateColumn(personal=True)
    Personeelsnummer = TemplateColumn()
    Protocol = TemplateColumn(required=True, choices=frozenset({"Ziekte", "Zwangerschap"}))
    TrajectId = TemplateColumn()
    TrajectVerloopId = TemplateColumn()
    StartdatumTrajectVerloop = TemplateColumn(required=True, kind="date")
    EinddatumTrajectVerloop = TemplateColumn(conditional=True, kind="date")
    VerzuimOorzaak = TemplateColumn(required=True)
    Verzuimpercentage = TemplateColumn(required=True, kind="number")
    BevallingsDatumVermoedelijk = TemplateColumn(conditional=True, kind="date")
    BevallingsDatumFeitelijk = TemplateColumn(conditional=True, kind="date")
    DienstverbandGroepCode = TemplateColumn(chosen=True, source="employment_number", known="DienstverbandGroepCode")
    recovery_reason = TemplateColumn(chosen=True)
    no_risk = TemplateColumn(chosen=True)
    safety_net = TemplateColumn(chosen=True)


_KEYS = {
    Flow.EMPLOYEES: {"personnel_number": "personnel_number", "bsn": "bsn"},
    Flow.ABSENCE: {"personnel_number": "Personeelsnummer", "bsn": "BSN"},
}
"""What `xpert_suite.key` is called in the flows that have a choice (docs/reference/xpert-suite.md, 2.3 and 2.4)."""


def table(flow: Flow) -> dict[str, TemplateColumn]:
    """Return the columns of `flow`. Raises SettingsError for a flow that this portal does not take."""
    if flow not in TABLES:
        raise SettingsError(
            coded(
                "xpert_suite.no_flow",
                "xpert_suite does not take the flow {flow}: remove it from portals[].flows. It takes {known}.",
                flow=flow,
                known=", ".join(TABLES),
            )
        )
    return TABLES[flow]


def required(flow: Flow, key: str) -> tuple[str, ...]:
    """Return our names that no line can do without, when `key` is the key: those of the table, and the key's."""
    names = tuple(name for name, column in table(flow).items() if column.required)
    return (*names, _KEYS[flow][key]) if flow in _KEYS else names


def needed(flow: Flow, key: str = "personnel_number") -> list[str]:
    """Return our names that no file can do without, when `key` is the key: what is required of some line or of all."""
    names = [name for name, column in table(flow).items() if column.required or column.conditional]
    return [*names, _KEYS[flow][key]] if flow in _KEYS else names


def headers(integration: Integration, flow: Flow) -> dict[str, str]:
    """Return our name → the file's header, in the order of the file.

    Configured columns are taken as they are. Without them absence has the columns of its documented template. For the
    other flows `profile: sandbox` uses our names (for accounts the portal's, where known) and `profile: production` has
    none. The citizen-service number only has a column when `key: bsn` or a column of its own asks for it
    (docs/decisions/0009).
    """
    settings = integration.xpert_suite
    if settings.columns.get(flow):
        return settings.columns[flow]
    if settings.profile == "production" and flow is not Flow.ABSENCE:
        return {}
    return dict(_own_headers(flow, settings.key))


@lru_cache(maxsize=32)
def _own_headers(flow: Flow, key: str) -> Mapping[str, str]:
    if flow is Flow.ACCOUNTS:
        return {name: column.known or name for name, column in table(flow).items()}
    own = {name: column for name, column in table(flow).items() if not column.chosen}
    return {name: name for name, column in own.items() if key == "bsn" or not column.personal}


def user_group(integration: Integration) -> str | None:
    """Return the group that accounts get, which is also what a complete file covers; production has no default."""
    settings = integration.xpert_suite
    group = (settings.user_group or "").strip()
    return group or (SANDBOX_GROUP if settings.profile == "sandbox" else None)


def missing(integration: Integration, flow: Flow) -> list[Words]:
    """Return one sentence for everything in the columns of `flow` that keeps a file from being written."""
    if flow not in TABLES:
        return [
            coded(
                "xpert_suite.not_taken",
                "portals: the portal xpert_suite does not take the flow {flow}; it takes {known}.",
                flow=flow,
                known=", ".join(TABLES),
            )
        ]
    where = f"xpert_suite.columns.{flow}"
    found = headers(integration, flow)
    sentences: list[Words] = [
        coded(
            "xpert_suite.column_missing",
            "{where}.{name} is missing: fill in the column of the portal's template (veerpont "
            "template learn proposes it).",
            where=where,
            name=name,
        )
        for name in needed(flow, integration.xpert_suite.key)
        if name not in found
    ]
    sentences += [
        coded("xpert_suite.not_ours", "{where}.{name} is not a name of ours.", where=where, name=name)
        for name in found
        if name not in table(flow)
    ]
    seen: dict[str, str] = {}
    for name, header in found.items():
        folded = header.strip().casefold()
        if not folded:
            sentences.append(
                coded(
                    "xpert_suite.column_empty",
                    "{where}.{name} is empty: fill in the column of the portal's template.",
                    where=where,
                    name=name,
                )
            )
        elif folded in seen:
            sentences.append(
                coded(
                    "xpert_suite.same_column",
                    "{where}.{name} and {where}.{other} have the same column.",
                    where=where,
                    name=name,
                    other=seen[folded],
                )
            )
        seen.setdefault(folded, name)
    sentences += defaults.lacks_tree(integration, flow)
    if flow is Flow.ACCOUNTS and user_group(integration) is None:
        sentences.append(
            coded(
                "xpert_suite.user_group",
                "xpert_suite.user_group is missing: the portal's group that holds the managers and "
                "nobody else, since a complete file deactivates every user of that group that it "
                "leaves out.",
            )
        )
    return sentences
