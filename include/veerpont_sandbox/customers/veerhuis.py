"""Veerhuis: twelve people that a person can read. Nobody here exists; the BSNs only pass the elfproef."""

from collections.abc import Sequence
from typing import Any

from veerpont_sandbox.absence import AbsenceBook
from veerpont_sandbox.afas.schema import ABSENCE, ACCOUNTS, CONNECTORS, EMPLOYEES, EMPLOYERS, IBAN, ORGANIGRAM, Row
from veerpont_sandbox.customers.bad_rows import BAD_ROWS
from veerpont_sandbox.customers.payroll import payroll_settings, payroll_tables
from veerpont_sandbox.customers.spec import CustomerSpec, absence_settings, iban
from veerpont_sandbox.customers.veerhuis_absence import write

Values = dict[str, Any]


def _employer(code: str, name: str, *place: str | int | None) -> Row:
    """`place`: street, number, addition, postcode, city."""
    return code, name, *place, "NL"


EMPLOYER_ROWS: list[Row] = [
    _employer("01", "Veerhuis Overzet B.V.", "Veerdam", 1, None, "6666AA", "Heteren"),
    _employer("02", "Veerhuis Horeca B.V.", "Veerdam", 3, "a", "6666 AB", "Heteren"),
    _employer("03", "Veerhuis Vastgoed B.V.", "Waalkade", 12, None, "6511XR", "Nijmegen"),
    _employer("04", "Veerhuis Rondvaart B.V.", "Rijnkade", 40, "", "6811HA", "Arnhem"),
]


def _unit(code: str, name: str, parent: str | None, level: int, *, start: int = 2020, end: str | None = None) -> Row:
    return f"{start}-01-01T00:00:00Z", end, code, name, str(level), parent


_ENDED = "2019-12-31T00:00:00Z"
ORGANIGRAM_ROWS: list[Row] = [
    # The old chart: every unit of it has an end date in the past.
    _unit("VEER", "Veerhuis (oud)", None, 1, start=2010, end=_ENDED),
    _unit("OUD", "Oude kade", "VEER", 2, start=2010, end=_ENDED),
    # The current one. Its top hangs under a unit that the connector's filter leaves out.
    _unit("VEER", "Veerhuis", "Z_Hist", 1),
    _unit("DIR", "Directie", "VEER", 2),
    _unit("VAREN", "Varen", "VEER", 2),
    _unit("KADE", "Kade en onderhoud", "VAREN", 3),
    _unit("PONT", "Bemanning pont", "VAREN", 3),
    _unit("HOR", "Horeca", "VEER", 2),
    _unit("KEUK", "Keuken", "HOR", 3),
    _unit("BED", "Bediening", "HOR", 3),
    _unit("VAST", "Vastgoed", "VEER", 2),
    _unit("ROND", "Rondvaart", "VEER", 2),
    _unit("LEEG", "Nog niemand", "VEER", 2),
]
_UNITS = {row[2]: row[3] for row in ORGANIGRAM_ROWS}

MANAGER_GUID = "{5A0D0001-0000-4000-8000-000000000002}"


def _person(number: str, guid: int, bsn: str, unit: str, values: Values) -> Values:
    """Fill in what most people here have in common; `values` says what differs, by AFAS's field names."""
    return {
        "Personeelsnummer": number,
        "GUID": f"{{5A0D0001-0000-4000-8000-{guid:012X}}}",
        "BSN": bsn,
        "Voorkeurshantering": "Geboortenaam",
        "Straatnaam": "Dorpsstraat",
        "Huisnummer": guid,
        "Postcode": "6666AC",
        "Woonplaats": "Heteren",
        "Land": "NL",
        "Werkgeverscode": "01",
        "Dienstverbandnummer": 1,
        "Contractnummer": 1,
        "Afdelingscode": unit,
        "Afdelingsnaam": _UNITS.get(unit),
        "Kostenplaatscode": "07",
        "Kostenplaatsomschrijving": "Algemeen",
        "Type_contract": "Onbepaalde tijd",
        "FTE": 1,
        "Uren_per_week": 36,
        "Mutatiedatum_Rooster": "2021-07-01T00:00:00Z",
        "Mutatiedatum_OE": "2021-07-01T00:00:00Z",
        "Mutatiedatum_salaris": "2021-07-01T00:00:00Z",
        "Leidinggevende_code": "KMA",
        "Leidinggevende_guid": MANAGER_GUID,
        "Volgnummer_rooster": 1,
    } | values


def _name(initials: str, first: str, last: str, gender: str, born: str, *, prefix: str | None = None) -> Values:
    return {
        "Voorletters": initials,
        "Roepnaam": first,
        "Voorvoegsel": prefix,
        "Achternaam": last,
        "Geslacht": gender,
        "Geboortedatum": f"{born}T00:00:00Z",
        "E-mail_werk": f"{first.lower()}@veerhuis.example",
        "Mobiel_werk": f"06-0000{born[:4]}",
    }


def _partner(usage: str, last: str, prefix: str | None = None) -> Values:
    return {"Voorkeurshantering": usage, "Geb.naam_partner": last, "Voorvoegsel_partner": prefix}


def _work(job: str, start: str, end: str | None = None) -> Values:
    ended = f"{end}T00:00:00Z" if end else None
    return {"Functie": job, "Datum_start_dvb": f"{start}T00:00:00Z", "Datum_eind_dvb": ended}


def _people() -> list[Values]:
    karel = _name("K.", "Karel", "Maas", "Man", "1968-03-14")
    director = {"Leidinggevende_code": None, "Leidinggevende_guid": None}
    anna = _person("1001", 1, "900000004", "KADE", _name("A.M.", "Anna", "Vries", "Vrouw", "1990-05-01", prefix="de"))
    anna |= _work("Kademeester", "2018-02-01") | {"E-mail_prive": "anna.de.vries@post.example"}
    anna |= {"Uren_Ma": 9, "Uren_Di": 9, "Uren_Wo": 9, "Uren_Do": 9, "Uren_Vr": 0, "Uren_Za": 0, "Uren_Zo": 0}
    fatima = _person("1003", 3, "900000028", "PONT", _name("F.", "Fatima", "El Amrani", "Vrouw", "1985-11-23"))
    fatima |= _partner("Geb. naam partner + Geboortenaam", "Berg", "van den") | _work("Schipper", "2015-09-01")
    bram = _name("B.", "Bram", "Hart", "Man", "1979-01-31", prefix="'t") | _partner("Geboortenaam partner", "Smit")
    sanne = _name("S.J.", "Sanne", "Jansen", "Vrouw", "1994-07-07") | {"Telefoonnr._prive": "026-0000012"}
    sanne |= _partner("Geboortenaam + Geb. naam partner", "Vos", "de")
    pieter = _name("P.", "Pieter", "Groot", "Man", "1960-12-31", prefix="de")
    noor = _name("N.", "Noor", "Dijk", "Vrouw", "2001-02-28", prefix="van") | {"E-mail_werk": None}
    tim = _person("1008", 8, "900000077", "PONT", _name("T.", "Tim", "Bakker", "Man", "1988-08-18"))
    second = {"Werkgeverscode": "02", "Dienstverbandnummer": 2, "Afdelingscode": "BED"}
    tim |= {"FTE": 0.5, "Uren_per_week": 18}
    cor = _name("C.", "Cor", "=Willems", "Man", "1972-04-02") | {"E-mail_werk": "cor@veerhuis.example"}
    lotte = _name("L.", "Lotte", "Visser", "Non-binair", "1999-09-09")
    address = {
        "Werkgeverscode": "02",
        "Straatnaam": "Kerkstraat",
        "Huisnummer": 12,
        "Huisnummer_toevoeging": "bis",
        "Postcode": "6661 BB",
    }
    omar = _name("O.", "Omar", "Yilmaz", "Man", "1991-06-15")
    ria = _name("R.", "Ria", "Postma", "Vrouw", "1983-10-10")
    return [
        # Two contracts, of which the first one ended: one employment.
        anna | {"Einddatum_contract": "2019-01-31T00:00:00Z", "Type_contract": "Bepaalde tijd"},
        anna | {"Contractnummer": 2},
        _person("KMA", 2, "900000016", "DIR", karel | _work("Directeur", "2010-01-01") | director),
        # Two roster lines: one employment.
        fatima | {"Volgnummer_rooster": 1, "Uren_per_week": 32, "FTE": 0.89},
        fatima | {"Volgnummer_rooster": 2, "Mutatiedatum_Rooster": "2023-01-01T00:00:00Z"},
        _person("1004", 4, "900000120", "KADE", bram | _work("Monteur", "2012-04-01")),
        _person("1005", 5, "900000041", "BED", sanne | _work("Bediening", "2020-03-01") | {"Werkgeverscode": "02"}),
        # Out of service since the middle of 2024.
        _person("1006", 6, "900000053", "PONT", pieter | _work("Schipper", "1995-05-01", "2024-06-30")),
        # Starts in the future.
        _person("1007", 7, "900000065", "KEUK", noor | _work("Kok", "2035-01-01") | {"Werkgeverscode": "02"}),
        # One person, two employers.
        tim | _work("Matroos", "2016-01-01"),
        tim | _work("Barman", "2019-06-01") | second,
        # A surname that a spreadsheet would take for a formula, and a number with zeros in front.
        _person("0109", 9, "900000089", "KADE", cor | _work("Kadehulp", "2017-05-15")),
        _person(
            "1010", 10, "900000090", "KEUK", lotte | address | _work("Kok", "2022-08-01") | {"Werkgeverscode": "02"}
        ),
        _person("1011", 11, "900000107", "VAST", omar | _work("Beheerder", "2021-01-01") | {"Werkgeverscode": "03"}),
        _person("1012", 12, "900000119", "ROND", ria | _work("Gids", "2014-04-01") | {"Werkgeverscode": "04"}),
    ]


def _accounts() -> list[Row]:
    """Who manages which unit: Karel most of them, one of those together with Fatima; nobody the last one."""
    people = {values["Personeelsnummer"]: values for values in _people()}
    managed = {
        "KMA": ("VEER", "DIR", "KADE", "VAST", "ROND", "VAREN"),
        "1003": ("VAREN", "PONT"),
        "1010": ("KEUK", "BED"),
    }
    rows: list[Values] = [{**_managed("OUD", people["KMA"]), "Einddatum_organigram": _ENDED}]
    rows += [_managed(unit, people[number]) for number, units in managed.items() for unit in units]
    empty = {"Org._eenheid": "LEEG", "Org._eenheid_omschrijving": _UNITS["LEEG"]}
    return [CONNECTORS[ACCOUNTS].row(values) for values in [*rows, empty]]


def _managed(unit: str, person: Values) -> Values:
    return {
        "Org._eenheid": unit,
        "Org._eenheid_omschrijving": _UNITS[unit],
        "Leidinggevende_Guid": person["GUID"],
        "Leidinggevende_Code": person["Personeelsnummer"],
        "Leidinggevende_Roepnaam": person["Roepnaam"],
        "Leidinggevende_Voorletters": person["Voorletters"],
        "Leidinggevende_Voorvoegsel": person["Voorvoegsel"],
        "Leidinggevende_Achternaam": person["Achternaam"],
        "Leidinggevende_Geslacht_code": {"Man": "M", "Vrouw": "V", "Onbekend": "O", "Non-binair": "X"}[
            person["Geslacht"]
        ],
        "Leidinggevende_Mob._werk": person["Mobiel_werk"],
        "Leidinggevende_Mail_werk": person["E-mail_werk"],
    }


def _ibans() -> list[Row]:
    """One account each, at a bank that does not exist; 1008 has two, and that of 1004 has wrong check digits."""
    guids = {values["Personeelsnummer"]: values["GUID"] for values in _people()}
    rows = [(iban("PONT", 10_000 + at), "PONTNL2AXXX", guid) for at, guid in enumerate(guids.values())]
    second = (iban("VEER", 77_001), "VEERNL2UXXX", guids["1008"])
    return [("NL00PONT0000010003", *row[1:]) if row[2] == guids["1004"] else row for row in [*rows, second]]


def veerhuis(bad_rows: Sequence[str]) -> CustomerSpec:
    """Return the customer, with these of BAD_ROWS among its people."""
    row = CONNECTORS[EMPLOYEES].row
    book = AbsenceBook("veerhuis", {values["Personeelsnummer"]: values["GUID"] for values in _people()}, fill=write)
    return CustomerSpec(
        name="veerhuis",
        title="Veerhuis Groep",
        member="10001",
        tables={
            EMPLOYERS: lambda: EMPLOYER_ROWS,
            ORGANIGRAM: lambda: ORGANIGRAM_ROWS,
            EMPLOYEES: lambda: [row(values) for values in [*_people(), *(BAD_ROWS[name] for name in bad_rows)]],
            ABSENCE: book,
            ACCOUNTS: _accounts,
            IBAN: _ibans,
            **payroll_tables(_people),
        },
        activate=["01", "02"],
        inactive=["04"],
        absence=absence_settings("01", "02", "03", "04"),
        payroll=payroll_settings(),
        book=book,
    )
