"""Sample rows as the guide of the connectors shows them, made valid: values filled in, broken GUIDs joined."""

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

ABSENCE: Row = {
    "Werkgevercode": "13",
    "Personeelsnummer": "BDR",
    "Dienstverbandnummer": 3,
    "Guid_medewerker": "{6996F13D-8B5F-4C05-86F1-E3B0FCDC15E6}",
    "Type": "Z",
    "Begin": "2023-02-18T00:00:00Z",
    "Datum_ziekmelding": "2023-02-22T00:00:00Z",
    "Reden_verzuim_code": None,
    "Reden_verzuim": None,
    "Aanwezig_eerste_dag": 0,
    "Gesim._begin_doorl._verzuim": "2023-02-18T00:00:00Z",
    "Datum_hervatting": None,
    "Vermoedelijke_bevallingsdatum": None,
    "Werkelijke_bevallingsdatum": None,
    "Datum_deelherstel": "2023-02-18T00:00:00Z",
    "Opmerking": None,
    "Guid_verzuimmelding": "{FEF31C6B-48E8-44C5-9913-27785D37D12D}",
    "Reden_afsluiten_code": None,
    "Reden_afsluiten_omschrijving": None,
    "Aanwezigheidspercentage": 0,
    "Verpleegadres_Naam": None,
    "Verpleegadres_Straat": None,
    "Verpleegadres_Huisnr.": None,
    "Verpleegadres_Toev._aan_huisnr.": None,
    "Verpleegadres_Pstcd.": None,
    "Verpleegadres_Plaats": None,
    "Verpleegadres_Land": None,
    "GUID_verzuimverloop": "{05F50E58-C527-4E2A-B439-7B40FB51B10B}",
    "Verloop_Gewijzigd_Op": "2023-02-22T09:05:45Z",
    "Melding_Gewijzigd_Op": "2023-02-22T09:05:45Z",
    "VerzuimId": 258,
    "Meerling": False,
    "Datum_herstelmelding": None,
    "Begindatum_voor_contract": None,
    "Vangnetregeling": False,
}

# The sample has no values for this one: made up.
MANAGER: Row = {
    "Einddatum_organigram": None,
    "Org._eenheid": "TNW2M",
    "Org._eenheid_omschrijving": "Team noordwest",
    "Leidinggevende_Guid": "{3B7AFD0F-8F7A-45B0-91B9-8BB02634EB9B}",
    "Leidinggevende_Code": "KMA",
    "Leidinggevende_Roepnaam": "Karin",
    "Leidinggevende_Voorletters": "K.",
    "Leidinggevende_Voorvoegsel": None,
    "Leidinggevende_Achternaam": "test",
    "Leidinggevende_Geslacht_code": "V",
    "Leidinggevende_Mob._werk": "",
    "Leidinggevende_Mail_werk": "karin@acme.example",
}

BANK_ACCOUNT: Row = {
    "IBAN-nummer": "NL54RABO0338852093",
    "BIC-code": "RABONL2UXXX",
    "GUID": "{a1b2c3d4-0000-4000-8000-00000000000f}",
}

WHOLE = (
    *("Huisnummer", "Dienstverbandnummer", "Contractnummer", "Volgnummer_rooster"),
    *("Aanwezig_eerste_dag", "Verpleegadres_Huisnr.", "VerzuimId"),
)
DECIMALS = ("FTE", "Uren_", "Aanwezigheidspercentage")
FLAGS = ("Meerling", "Vangnetregeling")
DAYS = (
    *("Begin", "Einddatum", "Datum_", "Mutatiedatum", "Geboortedatum", "Gesim.", "Vermoedelijke_", "Werkelijke_"),
    *("Verloop_Gewijzigd_Op", "Melding_Gewijzigd_Op"),
)


def data_types(row: Row) -> dict[str, str]:
    """Return what metainfo says of the fields of a sample row (docs/reference/afas.md, 8)."""

    def kind(name: str) -> str:
        if name in WHOLE:
            return "int"
        if name in FLAGS:
            return "boolean"
        if name.startswith(DAYS):
            return "date"
        return "decimal" if name.startswith(DECIMALS) else "string"

    return {name: kind(name) for name in row}


def integration(absence: dict[str, object] | None = None, **source: object) -> Integration:
    """Return an integration with an AFAS source; `absence` is that section of its file."""
    return Integration.model_validate({
        "name": "acme",
        "customer": "Acme Holding B.V.",
        "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"} | source,
        "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employees"]}],
        "absence": absence or {},
    })
