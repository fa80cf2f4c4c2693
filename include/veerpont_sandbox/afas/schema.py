"""The GetConnectors of the sandbox: field names exactly as the newdays document spells them, in its order."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

Row = tuple[Any, ...]
"""One row's values in the order of the connector's fields."""

EMPLOYERS = "Newdays_Connect_Werkgevers_v1"
ORGANIGRAM = "Newdays_Connect_Organigram_v1"
EMPLOYEES = "Newdays_Connect_Medewerker_Gegevens_v1"
ABSENCE = "Newdays_Connect_Verzuim_v1"
ACCOUNTS = "Newdays_Connect_Accounts_Autorisaties_v1"
IBAN = "Newdays_Connect_Medewerker_IBAN_v1"
EMPLOYMENT = "VDD_PowerBI_MedewerkerDienstverband"
BASES = "VDD_PowerBI_MedewerkerBerekendeGrondslagen"
COMPONENTS = "VDD_PowerBI_MedewerkerLooncomponenten"
FORMATION = "VDD_PowerBI_MedewerkerFormatieverdeling"


@dataclass(frozen=True)
class Field:
    """A field with AFAS's data type: string, int, boolean, date or decimal."""

    id: str
    type: str


@dataclass(frozen=True)
class Connector:
    """A GetConnector. `employer`: the field with the employer code, where it has one."""

    id: str
    description: str
    fields: tuple[Field, ...]
    employer: str | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(field.id for field in self.fields)

    @cached_property
    def index(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    def row(self, values: dict[str, Any]) -> Row:
        """Return `values` in the connector's order; what is left out is null. Raises KeyError on an unknown field."""
        if unknown := values.keys() - self.index.keys():
            raise KeyError(f"{self.id} has no field {', '.join(sorted(unknown))}.")
        return tuple(map(values.get, self.names))


def defined(id: str, description: str, fields: str, employer: str | None = None) -> Connector:
    """Return a connector of one's own; `fields`: "name name:type", a field without a type is a string."""
    return Connector(id, description, _fields(fields), employer)


def _fields(spec: str) -> tuple[Field, ...]:
    """Read "name name:type": a field without a type is a string."""
    parts = (word.partition(":") for word in spec.split())
    return tuple(Field(name, kind or "string") for name, _, kind in parts)


CONNECTORS = {
    connector.id: connector
    for connector in (
        Connector(
            EMPLOYERS,
            "Werkgevers",
            _fields(
                "Werkgeverscode Werkgeversnaam Straatnaam Huisnummer:int Huisnummer_toevoeging Postcode Woonplaats Land"
            ),
            employer="Werkgeverscode",
        ),
        Connector(
            ORGANIGRAM,
            "Organigram",
            _fields(
                "Begindatum_organigram:date Einddatum_organigram:date Org._eenheid Org._eenheid_omschrijving Laag "
                "Bovenliggende_org._eenheid"
            ),
        ),
        Connector(
            EMPLOYEES,
            "Medewerker gegevens",
            _fields(
                "Personeelsnummer GUID BSN Voorletters Roepnaam Voorvoegsel Achternaam Voorvoegsel_partner "
                "Geb.naam_partner Voorkeurshantering Geslacht Geboortedatum:date Straatnaam Huisnummer:int "
                "Huisnummer_toevoeging Postcode Woonplaats Land Telefoonnr._prive Mobiel_prive E-mail_prive "
                "Mobiel_werk E-mail_werk Werkgeverscode Dienstverbandnummer:int Contractnummer:int Afdelingscode "
                "Afdelingsnaam Kostenplaatscode Kostenplaatsomschrijving Datum_start_dvb:date "
                "Einddatum_contract:date Datum_eind_dvb:date Functie Type_contract FTE:decimal Uren_per_week:decimal "
                "Mutatiedatum_Rooster:date Mutatiedatum_OE:date Mutatiedatum_salaris:date Leidinggevende_code "
                "Leidinggevende_guid Volgnummer_rooster:int Uren_Zo:decimal Uren_Ma:decimal Uren_Di:decimal "
                "Uren_Wo:decimal Uren_Do:decimal Uren_Vr:decimal Uren_Za:decimal Voorv._geb.naam"
            ),
            employer="Werkgeverscode",
        ),
        Connector(
            ABSENCE,
            "Verzuim",
            _fields(
                "Werkgevercode Personeelsnummer Dienstverbandnummer:int Guid_medewerker Type Begin:date "
                "Datum_ziekmelding:date Reden_verzuim_code Reden_verzuim Aanwezig_eerste_dag:int "
                "Gesim._begin_doorl._verzuim:date Datum_hervatting:date Vermoedelijke_bevallingsdatum:date "
                "Werkelijke_bevallingsdatum:date Datum_deelherstel:date Opmerking Guid_verzuimmelding "
                "Reden_afsluiten_code Reden_afsluiten_omschrijving Aanwezigheidspercentage:decimal Verpleegadres_Naam "
                "Verpleegadres_Straat Verpleegadres_Huisnr.:int Verpleegadres_Toev._aan_huisnr. Verpleegadres_Pstcd. "
                "Verpleegadres_Plaats Verpleegadres_Land GUID_verzuimverloop Verloop_Gewijzigd_Op:date "
                "Melding_Gewijzigd_Op:date VerzuimId:int Meerling:boolean Datum_herstelmelding:date "
                "Begindatum_voor_contract:date Vangnetregeling:boolean "
                "No-risk:boolean"  # not in the supplied definition: an administrator added it
            ),
            employer="Werkgevercode",
        ),
        Connector(
            ACCOUNTS,
            "Accounts en autorisaties",
            _fields(
                "Einddatum_organigram:date Org._eenheid Org._eenheid_omschrijving Leidinggevende_Guid "
                "Leidinggevende_Code Leidinggevende_Roepnaam Leidinggevende_Voorletters Leidinggevende_Voorvoegsel "
                "Leidinggevende_Achternaam Leidinggevende_Geslacht_code Leidinggevende_Mob._werk "
                "Leidinggevende_Mail_werk"
            ),
        ),
        Connector(IBAN, "Medewerker IBAN", _fields("IBAN-nummer BIC-code GUID")),
        # What the four of VDD have is not documented (docs/reference/afas.md, 8.7): these columns are invented,
        # `define` gives others.
        Connector(
            EMPLOYMENT,
            "VDD dienstverband",
            _fields(
                "Werkgever Medewerker KvK_nummer Naam Geboortedatum:date Straat Huisnummer:int Postcode Woonplaats "
                "Datum_in_dienst:date Datum_uit_dienst:date Type_contract Functie Parttime:boolean"
            ),
            employer="Werkgever",
        ),
        Connector(
            BASES,
            "VDD berekende grondslagen",
            _fields("Werkgever Medewerker Jaar:int Periode:int Volgnummer:int Grondslag Bedrag:decimal"),
            employer="Werkgever",
        ),
        Connector(
            COMPONENTS,
            "VDD looncomponenten",
            _fields("Werkgever Medewerker Code:int Omschrijving Bedrag:decimal Vanaf:date Tot:date"),
            employer="Werkgever",
        ),
        Connector(
            FORMATION,
            "VDD formatieverdeling",
            _fields("Werkgever Medewerker Afdeling Percentage:decimal Vanaf:date"),
            employer="Werkgever",
        ),
    )
}
"""Every connector of the app connectors "newdays Connect" and "Veilig Digitaal Dossier", by id."""
