"""The sample rows of seed 001, made valid JSON: the missing values filled in, broken GUIDs joined."""

from typing import Any

from veerpont.config.integration import Integration

Row = dict[str, Any]

EMPLOYER: Row = {
    "Werkgeverscode": "01",
    "Werkgeversnaam": "PAQT.com B.V.",
    "Straatnaam": "Europalaan",
    "Huisnummer": 40,
    "Huisnummer_toevoeging": "",
    "Postcode": "3526KS",
    "Woonplaats": "Utrecht",
    "Land": "NL",
}

DEPARTMENT: Row = {
    "Begindatum_organigram": "2020-01-01T00:00:00Z",
    "Einddatum_organigram": None,
    "Org._eenheid": "AC",
    "Org._eenheid_omschrijving": "Assistent Controller",
    "Laag": "7",
    "Bovenliggende_org._eenheid": "Z_Hist",
}

EMPLOYEE: Row = {
    "Personeelsnummer": "1001",
    "GUID": "{a1b2c3d4-0000-4000-8000-00000000000f}",
    "BSN": "10012345",
    "Voorletters": "G.D.",
    "Roepnaam": "Denny",
    "Voorvoegsel": None,
    "Achternaam": "test",
    "Voorvoegsel_partner": None,
    "Geb.naam_partner": None,
    "Voorkeurshantering": "Geboortenaam",
    "Geslacht": "Man",
    "Geboortedatum": "1962-05-01T00:00:00Z",
    "Straatnaam": "",
    "Huisnummer": None,
    "Huisnummer_toevoeging": None,
    "Postcode": "",
    "Woonplaats": "",
    "Land": "NL",
    "Telefoonnr._prive": None,
    "Mobiel_prive": None,
    "E-mail_prive": None,
    "Mobiel_werk": "",
    "E-mail_werk": None,
    "Werkgeverscode": "01",
    "Dienstverbandnummer": 4,
    "Contractnummer": 5,
    "Afdelingscode": "TNW2M",
    "Afdelingsnaam": "",
    "Kostenplaatscode": "07",
    "Kostenplaatsomschrijving": "",
    "Datum_start_dvb": "",
    "Einddatum_contract": None,
    "Datum_eind_dvb": None,
    "Functie": "Bedrijfsarts",
    "Type_contract": "Onbepaalde tijd",
    "FTE": 0.9,
    "Uren_per_week": 36,
    "Mutatiedatum_Rooster": "2021-07-01T00:00:00Z",
    "Mutatiedatum_OE": "2021-07-01T00:00:00Z",
    "Mutatiedatum_salaris": "2021-07-01T00:00:00Z",
    "Leidinggevende_code": "KMA",
    "Leidinggevende_guid": "{3B7AFD0F-8F7A-45B0-91B9-8BB02634EB9B}",
    "Volgnummer_rooster": 5,
    "Uren_Zo": None,
    "Uren_Ma": None,
    "Uren_Di": None,
    "Uren_Wo": None,
    "Uren_Do": None,
    "Uren_Vr": None,
    "Uren_Za": None,
    "Voorv._geb.naam": None,
}

WHOLE = ("Huisnummer", "Dienstverbandnummer", "Contractnummer", "Volgnummer_rooster")
DAYS = ("Begindatum", "Einddatum", "Datum_", "Mutatiedatum", "Geboortedatum")


def data_types(row: Row) -> dict[str, str]:
    """Return what metainfo says of the fields of a sample row (afas.md section 8)."""

    def kind(name: str) -> str:
        if name in WHOLE:
            return "int"
        if name.startswith(DAYS):
            return "date"
        return "decimal" if name == "FTE" or name.startswith("Uren_") else "string"

    return {name: kind(name) for name in row}


def integration(**source: object) -> Integration:
    """Return an integration with an AFAS source."""
    return Integration.model_validate({
        "name": "acme",
        "customer": "Acme Holding B.V.",
        "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"} | source,
        "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employees"]}],
    })
