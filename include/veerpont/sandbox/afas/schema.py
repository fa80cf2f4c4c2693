"""The GetConnectors of the sandbox: field names exactly as the newdays document spells them, in its order."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

Row = tuple[Any, ...]
"""One row's values in the order of the connector's fields."""

EMPLOYERS = "Newdays_Connect_Werkgevers_v1"
ORGANIGRAM = "Newdays_Connect_Organigram_v1"
EMPLOYEES = "Newdays_Connect_Medewerker_Gegevens_v1"


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
    )
}
"""Every connector of the app connector "newdays Connect", by id."""
