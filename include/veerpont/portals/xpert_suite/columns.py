"""The columns of each flow by our names, in the order in which the sandbox profile writes them.

The real names of the columns are the customer's: only the template that an administrator downloads from the portal
tells them (sheet section 0, "Rule that follows"). So a spelling in these tables is never sent on its own:
`template.learn` proposes it, a person confirms it in the integration file. `known` stands literally in the sheet, for
this template or another one of the portal; `likely` is a guess.
"""

from dataclasses import dataclass
from typing import ClassVar

from veerpont.config.integration import Integration
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: whether a line needs it, how a cell holds it, and how templates may spell it.

    `source`: the record's field where it has another name than ours. `choices`: the only words the portal knows.
    """

    required: bool = False
    kind: str = "text"  # text | number | date
    source: str = ""
    choices: frozenset[str] = frozenset()
    known: str = ""
    likely: tuple[str, ...] = ()


class Columns:
    """A flow's columns as class attributes; `table` holds them by name, in the order of the class."""

    table: ClassVar[dict[str, Column]]

    def __init_subclass__(cls) -> None:
        cls.table = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}


_STREET = Column(likely=("Straat", "Straatnaam", "Adres"))
_HOUSE_NUMBER = Column(kind="number", likely=("Huisnummer",))
_ADDITION = Column(likely=("HuisnummerToevoeging", "Toevoeging"))
_POSTAL_CODE = Column(likely=("Postcode",))
_CITY = Column(likely=("Woonplaats", "Plaats"))
_COUNTRY = Column(likely=("Land", "LandCode"))
_EMPLOYER_CODE = Column(required=True, known="WerkgeverCode")


class Employers(Columns):
    """Sheet sections 2.1 and 5.1."""

    employer_code = _EMPLOYER_CODE
    name = Column(required=True, likely=("Naam", "WerkgeverNaam", "Werkgever"))
    street = _STREET
    house_number = _HOUSE_NUMBER
    house_number_addition = _ADDITION
    postal_code = _POSTAL_CODE
    city = Column(likely=("Plaats", "Woonplaats", "Vestigingsplaats"))
    country = _COUNTRY


class Organigram(Columns):
    """Sheet sections 2.2 and 5.2."""

    employer_code = _EMPLOYER_CODE
    department_code = Column(required=True, likely=("AfdelingCode", "AfdelingsCode", "Code"))
    name = Column(required=True, likely=("AfdelingNaam", "AfdelingsNaam", "Naam", "Afdeling", "Omschrijving"))
    parent_department_code = Column(
        likely=("BovenliggendeAfdelingCode", "ParentAfdelingCode", "HoofdAfdelingCode", "BovenliggendeAfdeling")
    )
    manager_personnel_number = Column(
        likely=("LeidinggevendePersoneelsnummer", "ManagerPersoneelsnummer", "Leidinggevende", "AfdelingsManager")
    )


class Employees(Columns):
    """Sheet sections 2.3 and 5.3. The words for gender are AFAS's: which of them the portal knows is unconfirmed."""

    employer_code = _EMPLOYER_CODE
    personnel_number = Column(known="Personeelsnummer")
    external_id = Column(source="guid", known="ExternWerknemerId")
    bsn = Column(known="BSN", likely=("Burgerservicenummer",))
    employment_number = Column(likely=("DienstverbandGroepCode", "DienstverbandNummer", "DienstverbandCode"))
    initials = Column(known="Voorletters")
    first_name = Column(known="Roepnaam", likely=("Voornaam",))
    prefix = Column(known="Tussenvoegsels", likely=("Tussenvoegsel", "Voorvoegsel", "Voorvoegsels"))
    last_name = Column(required=True, known="Achternaam", likely=("Geboortenaam",))
    partner_prefix = Column(likely=("TussenvoegselsPartner", "PartnerTussenvoegsels", "VoorvoegselPartner"))
    partner_last_name = Column(likely=("AchternaamPartner", "PartnerAchternaam", "GeboortenaamPartner"))
    name_usage = Column(likely=("Naamgebruik", "NaamVoorkeur", "Voorkeursnaam", "Naamvoering"))
    gender = Column(
        known="Geslacht",
        choices=frozenset({"Man", "Vrouw", "Onbekend", "Non-binair"}),
    )
    birth_date = Column(kind="date", likely=("Geboortedatum",))
    street = _STREET
    house_number = _HOUSE_NUMBER
    house_number_addition = _ADDITION
    postal_code = _POSTAL_CODE
    city = _CITY
    country = _COUNTRY
    phone_private = Column(likely=("TelefoonnummerPrive", "TelefoonPrive", "Telefoonnummer"))
    mobile_private = Column(likely=("MobielPrive", "MobielnummerPrive"))
    email_private = Column(likely=("EmailadresPrive", "EmailPrive"))
    mobile_work = Column(likely=("MobielWerk", "MobielnummerWerk", "MobielZakelijk", "Mobiel"))
    email_work = Column(likely=("EmailadresWerk", "EmailWerk", "EmailZakelijk", "Emailadres"))
    department_code = Column(likely=("AfdelingCode", "AfdelingsCode"))
    department_name = Column(likely=("AfdelingNaam", "AfdelingsNaam", "Afdeling"))
    cost_centre_code = Column(likely=("KostenplaatsCode", "Kostenplaats"))
    cost_centre_name = Column(likely=("KostenplaatsNaam", "KostenplaatsOmschrijving"))
    function = Column(likely=("Functie", "FunctieNaam", "FunctieOmschrijving"))
    contract_type = Column(likely=("ContractType", "TypeContract", "SoortContract"))
    employment_start = Column(
        kind="date", likely=("DatumInDienst", "InDienst", "StartdatumDienstverband", "BegindatumDienstverband")
    )
    employment_end = Column(kind="date", likely=("DatumUitDienst", "UitDienst", "EinddatumDienstverband"))
    contract_end = Column(kind="date", likely=("EinddatumContract", "ContractEinddatum"))
    fte = Column(kind="number", likely=("FTE", "Deeltijdfactor"))
    hours_per_week = Column(kind="number", likely=("UrenPerWeek", "ContractUren", "AantalUrenPerWeek"))
    manager_personnel_number = Column(
        likely=("LeidinggevendePersoneelsnummer", "ManagerPersoneelsnummer", "PersoneelsnummerLeidinggevende")
    )


TABLES: dict[Flow, dict[str, Column]] = {
    Flow.EMPLOYERS: Employers.table,
    Flow.ORGANIGRAM: Organigram.table,
    Flow.EMPLOYEES: Employees.table,
}


def table(flow: Flow) -> dict[str, Column]:
    """Return the columns of `flow`. Raises SettingsError for a flow that this portal does not take."""
    if flow not in TABLES:
        raise SettingsError(
            f"xpert_suite does not take the flow {flow}: remove it from portals[].flows. It takes {', '.join(TABLES)}."
        )
    return TABLES[flow]


def required(integration: Integration, flow: Flow) -> list[str]:
    """Return our names that no line can do without: those of the table, and for employees the key (sheet 2.3)."""
    names = [name for name, column in table(flow).items() if column.required]
    return [*names, integration.xpert_suite.key] if flow is Flow.EMPLOYEES else names


def headers(integration: Integration, flow: Flow) -> dict[str, str]:
    """Return our name → the file's header, in the order of the file.

    Configured columns are taken as they are. Without them `profile: sandbox` uses our names, all but the
    citizen-service number, which only `key: bsn` or a column of its own asks for (DESIGN rule 3); `profile: production`
    has none.
    """
    settings = integration.xpert_suite
    if settings.columns.get(flow):
        return settings.columns[flow]
    if settings.profile == "production":
        return {}
    return {name: name for name in table(flow) if name != "bsn" or settings.key == "bsn"}


def missing(integration: Integration, flow: Flow) -> list[str]:
    """Return one sentence for everything in the columns of `flow` that keeps a file from being written."""
    if flow not in TABLES:
        return [f"portals: the portal xpert_suite does not take the flow {flow}; it takes {', '.join(TABLES)}."]
    where = f"xpert_suite.columns.{flow}"
    found = headers(integration, flow)
    sentences = [
        f"{where}.{name} is missing: fill in the column of the portal's template (veerpont template learn proposes it)."
        for name in required(integration, flow)
        if name not in found
    ]
    sentences += [f"{where}.{name} is not a name of ours." for name in found if name not in table(flow)]
    seen: dict[str, str] = {}
    for name, header in found.items():
        folded = header.strip().casefold()
        if not folded:
            sentences.append(f"{where}.{name} is empty: fill in the column of the portal's template.")
        elif folded in seen:
            sentences.append(f"{where}.{name} and {where}.{seen[folded]} have the same column.")
        seen.setdefault(folded, name)
    if flow is Flow.ORGANIGRAM and integration.tree is None:
        sentences.append(
            "organigram.tree is missing: choose derive, shared or map; the source's chart has no employers."
        )
    return sentences
