"""The rows of the newdays GetConnectors, spelled as AFAS spells them.

Fields, types and which may be empty: docs/reference/afas.md, 8. A field that was
not kept is absent from the row and counts as empty; a key that is needed must be there. Reasons for a `Problem`:
missing_value, wrong_type, impossible_date, impossible_percentage, control_characters, too_long.
"""

from types import NoneType
from typing import Annotated, Any, ClassVar, get_args, get_origin

from pydantic import Field

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
    SourceRow,
    Text,
    Whole,
)


class ConnectorRow(SourceRow):
    """A row of a GetConnector. Fields that it does not name are left alone: customers add their own.

    unread: fields of the supplied definition that nothing of ours may ever read; a customer may take them out.
    """

    unread: ClassVar[frozenset[str]] = frozenset()

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

    Werkgeverscode: Code
    Werkgeversnaam: Code
    Straatnaam: Text = None
    Huisnummer: HouseNumber = None
    Huisnummer_toevoeging: Text = None
    Postcode: PostalCode = None
    Woonplaats: Text = None
    Land: Text = None


class DepartmentRow(ConnectorRow):
    """Newdays_Connect_Organigram_v1: units of every chart over time."""

    Begindatum_organigram: Day = None
    Einddatum_organigram: EndDay = None
    Org_eenheid: Code = Field(alias="Org._eenheid")
    Org_eenheid_omschrijving: Code = Field(alias="Org._eenheid_omschrijving")
    Laag: Text = None
    Bovenliggende_org_eenheid: Text = Field(None, alias="Bovenliggende_org._eenheid")


class EmployeeRow(ConnectorRow):
    """Newdays_Connect_Medewerker_Gegevens_v1: employees x employments x contracts x roster lines."""

    Personeelsnummer: Code
    GUID: Guid
    BSN: Text = None
    Voorletters: Text = None
    Roepnaam: Text = None
    Voorvoegsel: Text = None
    Achternaam: Code
    Voorvoegsel_partner: Text = None
    Geb_naam_partner: Text = Field(None, alias="Geb.naam_partner")
    Voorkeurshantering: Text = None
    Geslacht: Text = None
    Geboortedatum: Day = None
    Straatnaam: Text = None
    Huisnummer: HouseNumber = None
    Huisnummer_toevoeging: Text = None
    Postcode: PostalCode = None
    Woonplaats: Text = None
    Land: Text = None
    Telefoonnr_prive: Text = Field(None, alias="Telefoonnr._prive")
    Mobiel_prive: Text = None
    E_mail_prive: Text = Field(None, alias="E-mail_prive")
    Mobiel_werk: Text = None
    E_mail_werk: Text = Field(None, alias="E-mail_werk")
    Werkgeverscode: Code
    Dienstverbandnummer: Number
    Contractnummer: Whole = None
    Afdelingscode: Text = None
    Afdelingsnaam: Text = None
    Kostenplaatscode: Text = None
    Kostenplaatsomschrijving: Text = None
    Datum_start_dvb: Day = None
    Einddatum_contract: EndDay = None
    Datum_eind_dvb: EndDay = None
    Functie: Text = None
    Type_contract: Text = None
    FTE: Exact = None
    Uren_per_week: Exact = None
    Mutatiedatum_Rooster: Day = None
    Mutatiedatum_OE: Day = None
    Mutatiedatum_salaris: Day = None
    Leidinggevende_code: Text = None
    Leidinggevende_guid: OptionalGuid = None
    Volgnummer_rooster: Whole = None
    Uren_Zo: Exact = None
    Uren_Ma: Exact = None
    Uren_Di: Exact = None
    Uren_Wo: Exact = None
    Uren_Do: Exact = None
    Uren_Vr: Exact = None
    Uren_Za: Exact = None
    Voorv_geb_naam: Text = Field(None, alias="Voorv._geb.naam")


class AbsenceRow(ConnectorRow):
    """Newdays_Connect_Verzuim_v1: the lines of the course of each absence case, with the head of the case in each."""

    # What somebody has, what is written about it, where they are nursed (docs/decisions/0009); and what no rule uses.
    unread: ClassVar[frozenset[str]] = frozenset({
        *("Reden_verzuim", "Opmerking", "Reden_afsluiten_code", "Reden_afsluiten_omschrijving"),
        *("Verpleegadres_Naam", "Verpleegadres_Straat", "Verpleegadres_Huisnr.", "Verpleegadres_Toev._aan_huisnr."),
        *("Verpleegadres_Pstcd.", "Verpleegadres_Plaats", "Verpleegadres_Land"),
        *("Datum_ziekmelding", "Aanwezig_eerste_dag", "Meerling"),
    })

    Werkgevercode: Code
    Personeelsnummer: Code
    Dienstverbandnummer: Whole = None
    Guid_medewerker: OptionalGuid = None
    Type: Code
    Begin: NeededDay
    Reden_verzuim_code: Text = None
    Gesim_begin_doorl_verzuim: Day = Field(None, alias="Gesim._begin_doorl._verzuim")
    Datum_hervatting: Day = None
    Vermoedelijke_bevallingsdatum: Day = None
    Werkelijke_bevallingsdatum: Day = None
    Datum_deelherstel: NeededDay
    Guid_verzuimmelding: Guid
    Aanwezigheidspercentage: Percentage
    GUID_verzuimverloop: Guid
    Verloop_Gewijzigd_Op: Moment = None
    Melding_Gewijzigd_Op: Moment = None
    VerzuimId: Whole = None
    Datum_herstelmelding: Day = None
    Begindatum_voor_contract: Day = None
    Vangnetregeling: Flag = None


class ManagerRow(ConnectorRow):
    """Newdays_Connect_Accounts_Autorisaties_v1: units x their managers."""

    Einddatum_organigram: EndDay = None
    Org_eenheid: Code = Field(alias="Org._eenheid")
    Org_eenheid_omschrijving: Text = Field(None, alias="Org._eenheid_omschrijving")
    Leidinggevende_Guid: Guid
    Leidinggevende_Code: Text = None
    Leidinggevende_Roepnaam: Text = None
    Leidinggevende_Voorletters: Text = None
    Leidinggevende_Voorvoegsel: Text = None
    Leidinggevende_Achternaam: Code
    Leidinggevende_Geslacht_code: Text = None
    Leidinggevende_Mob_werk: Text = Field(None, alias="Leidinggevende_Mob._werk")
    Leidinggevende_Mail_werk: Text = None


class BankAccountRow(ConnectorRow):
    """Newdays_Connect_Medewerker_IBAN_v1: the bank accounts of employees."""

    IBAN_nummer: Code = Field(alias="IBAN-nummer")
    BIC_code: Text = Field(None, alias="BIC-code")
    GUID: Guid
