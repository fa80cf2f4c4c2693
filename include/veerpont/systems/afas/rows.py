"""The rows of the newdays GetConnectors: our names, as AFAS spells them.

Fields, types and which may be empty: docs/reference/afas.md, 8; what becomes what: docs/reference/xpert-suite.md, 5. A
field that was not kept is absent from the row and counts as empty; one that is required must be there. Reasons for a
`Problem`: missing_value, wrong_type, impossible_date, impossible_percentage, control_characters, too_long.
"""

from types import NoneType
from typing import Annotated, Any, ClassVar, get_args, get_origin

from veerpont.systems.field_types import (
    Code,
    Day,
    EndDay,
    Exact,
    Flag,
    Guid,
    HouseNumber,
    Moment,
    NeededDay,
    Number,
    OptionalGuid,
    Percentage,
    PostalCode,
    Text,
    Whole,
)
from veerpont.systems.source_row import SourceRow, always, on_request, required


class ConnectorRow(SourceRow):
    """A row of a GetConnector. Fields that it does not name are left alone: customers add their own.

    unread: fields of the supplied definition that nothing of ours may ever read; a customer may take them out. beyond:
    fields that the supplied definition does not have, and that a customer may add.
    """

    unread: ClassVar[frozenset[str]] = frozenset()
    beyond: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def types(cls) -> dict[str, type]:
        """Return every field that is read, as AFAS spells it, with the Python type of its values."""
        return {
            field.alias or name: _type(
                next(kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType)
            )
            for name, field in cls.model_fields.items()
        }


def _type(kind: Any) -> type:
    """Return the type itself, where the kind of a cell says more about it."""
    found: type = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return found


class EmployerRow(ConnectorRow):
    """Newdays_Connect_Werkgevers_v1: current values only."""

    employer_code: Code = required("Werkgeverscode")
    name: Code = required("Werkgeversnaam")
    street: Text = on_request("Straatnaam")
    house_number: HouseNumber = on_request("Huisnummer")
    house_number_addition: Text = on_request("Huisnummer_toevoeging")
    postal_code: PostalCode = on_request("Postcode")
    city: Text = on_request("Woonplaats")
    country: Text = on_request("Land")


class DepartmentRow(ConnectorRow):
    """Newdays_Connect_Organigram_v1: units of every chart over time. The tree needs all of it."""

    valid_from: Day = always("Begindatum_organigram")
    valid_until: EndDay = always("Einddatum_organigram")
    department_code: Code = required("Org._eenheid")
    name: Code = required("Org._eenheid_omschrijving")
    level: Text = always("Laag")
    parent_department_code: Text = always("Bovenliggende_org._eenheid")


class EmployeeRow(ConnectorRow):
    """Newdays_Connect_Medewerker_Gegevens_v1: employees x employments x contracts x roster lines.

    The rules make one line of each employment (rules.employments), and an index of the departments in use
    (docs/decisions/0018).
    """

    personnel_number: Code = required("Personeelsnummer")
    guid: Guid = required("GUID", "external_id")
    bsn: Text = on_request("BSN")
    initials: Text = on_request("Voorletters")
    first_name: Text = on_request("Roepnaam")
    prefix: Text = on_request("Voorvoegsel")
    last_name: Code = required("Achternaam")
    partner_prefix: Text = on_request("Voorvoegsel_partner")
    partner_last_name: Text = on_request("Geb.naam_partner")
    name_usage: Text = on_request("Voorkeurshantering")
    gender: Text = on_request("Geslacht")
    birth_date: Day = on_request("Geboortedatum")
    street: Text = on_request("Straatnaam")
    house_number: HouseNumber = on_request("Huisnummer")
    house_number_addition: Text = on_request("Huisnummer_toevoeging")
    postal_code: PostalCode = on_request("Postcode")
    city: Text = on_request("Woonplaats")
    country: Text = on_request("Land")
    phone_private: Text = on_request("Telefoonnr._prive")
    mobile_private: Text = on_request("Mobiel_prive")
    email_private: Text = on_request("E-mail_prive")
    mobile_work: Text = on_request("Mobiel_werk")
    email_work: Text = on_request("E-mail_werk")
    employer_code: Code = required("Werkgeverscode")
    employment_number: Number = required("Dienstverbandnummer")
    contract_number: Whole = always("Contractnummer")
    department_code: Text = always("Afdelingscode")
    department_name: Text = on_request("Afdelingsnaam")
    cost_centre_code: Text = on_request("Kostenplaatscode")
    cost_centre_name: Text = on_request("Kostenplaatsomschrijving")
    employment_start: Day = always("Datum_start_dvb")
    contract_end: EndDay = always("Einddatum_contract")
    employment_end: EndDay = always("Datum_eind_dvb")
    function: Text = on_request("Functie")
    contract_type: Text = on_request("Type_contract")
    fte: Exact = on_request("FTE")
    hours_per_week: Exact = on_request("Uren_per_week")
    roster_changed: Day = always("Mutatiedatum_Rooster")
    department_changed: Day = always("Mutatiedatum_OE")
    salary_changed: Day = always("Mutatiedatum_salaris")
    manager_personnel_number: Text = on_request("Leidinggevende_code")
    manager_guid: OptionalGuid = on_request("Leidinggevende_guid", "manager_personnel_number")
    roster_number: Whole = always("Volgnummer_rooster")
    hours_sunday: Exact = on_request("Uren_Zo")
    hours_monday: Exact = on_request("Uren_Ma")
    hours_tuesday: Exact = on_request("Uren_Di")
    hours_wednesday: Exact = on_request("Uren_Wo")
    hours_thursday: Exact = on_request("Uren_Do")
    hours_friday: Exact = on_request("Uren_Vr")
    hours_saturday: Exact = on_request("Uren_Za")
    birth_prefix: Text = on_request("Voorv._geb.naam", "prefix")


class AbsenceRow(ConnectorRow):
    """Newdays_Connect_Verzuim_v1: the lines of the course of each absence case, with the head of the case in each.

    The rules need what periods, chain and window, causes, and merging with what was read before are made of. The reason
    is asked for only where a TYPE/REASON cause is configured.
    """

    # What somebody has, what is written about it, where they are nursed (docs/decisions/0009); and what no rule uses.
    unread: ClassVar[frozenset[str]] = frozenset({
        *("Reden_verzuim", "Opmerking", "Reden_afsluiten_omschrijving"),
        *("Verpleegadres_Naam", "Verpleegadres_Straat", "Verpleegadres_Huisnr.", "Verpleegadres_Toev._aan_huisnr."),
        *("Verpleegadres_Pstcd.", "Verpleegadres_Plaats", "Verpleegadres_Land"),
        *("Datum_ziekmelding", "Aanwezig_eerste_dag", "Meerling", "Gesim._begin_doorl._verzuim"),
    })
    beyond: ClassVar[frozenset[str]] = frozenset({"No-risk"})

    employer_code: Code = required("Werkgevercode")
    personnel_number: Code = required("Personeelsnummer")
    employment_number: Whole = on_request("Dienstverbandnummer")
    person_guid: OptionalGuid = always("Guid_medewerker")
    type: Code = required("Type")
    begin: NeededDay = required("Begin")
    reason_code: Text = on_request("Reden_verzuim_code")
    resumed_on: Day = always("Datum_hervatting")
    expected_birth: Day = always("Vermoedelijke_bevallingsdatum")
    actual_birth: Day = always("Werkelijke_bevallingsdatum")
    starts_on: NeededDay = required("Datum_deelherstel")
    case_guid: Guid = required("Guid_verzuimmelding")
    presence: Percentage = required("Aanwezigheidspercentage")
    guid: Guid = required("GUID_verzuimverloop")
    line_changed_at: Moment = always("Verloop_Gewijzigd_Op")
    case_changed_at: Moment = always("Melding_Gewijzigd_Op")
    case_number: Whole = on_request("VerzuimId")
    recovery_reported: Day = always("Datum_herstelmelding")
    began_before_contract: Day = always("Begindatum_voor_contract")
    safety_net: Flag = always("Vangnetregeling")
    recovery_reason: Text = on_request("Reden_afsluiten_code")
    no_risk: Flag = on_request("No-risk")


class ManagerRow(ConnectorRow):
    """Newdays_Connect_Accounts_Autorisaties_v1: units x their managers."""

    unread: ClassVar[frozenset[str]] = frozenset({"Leidinggevende_Code"})  # the GUID says who it is

    valid_until: EndDay = always("Einddatum_organigram")
    department_code: Code = required("Org._eenheid")
    department_name: Text = on_request("Org._eenheid_omschrijving")
    person_guid: Guid = required("Leidinggevende_Guid")
    first_name: Text = on_request("Leidinggevende_Roepnaam")
    initials: Text = on_request("Leidinggevende_Voorletters")
    prefix: Text = on_request("Leidinggevende_Voorvoegsel")
    last_name: Code = required("Leidinggevende_Achternaam")
    gender: Text = on_request("Leidinggevende_Geslacht_code")
    phone: Text = on_request("Leidinggevende_Mob._werk")
    email: Text = on_request("Leidinggevende_Mail_werk")


class BankAccountRow(ConnectorRow):
    """Newdays_Connect_Medewerker_IBAN_v1: the bank accounts of employees."""

    iban: Code = required("IBAN-nummer")
    bic: Text = always("BIC-code")
    guid: Guid = required("GUID", "external_id")
