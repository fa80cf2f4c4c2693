"""Customers of any size: the same name and number always give the same people, on every day."""

import random
import zlib
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from veerpont_sandbox.absence import AbsenceBook
from veerpont_sandbox.afas.schema import ABSENCE, ACCOUNTS, CONNECTORS, EMPLOYEES, EMPLOYERS, IBAN, ORGANIGRAM, Row
from veerpont_sandbox.customers.generated_absence import Person, write
from veerpont_sandbox.customers.names import ascii_slug, invented_bsn, pools
from veerpont_sandbox.customers.spec import CustomerSpec, absence_settings, iban

_USAGES = (
    "Geboortenaam",
    "Geb. naam partner + Geboortenaam",
    "Geboortenaam partner",
    "Geboortenaam + Geb. naam partner",
)
_JOBS = ("Verpleegkundige", "Planner", "Chauffeur", "Administrateur", "Adviseur", "Monteur", "Kok", "Teamleider")
_EMPLOYERS = ("Zorg", "Vervoer", "Diensten", "Holding")
DEPARTMENTS = 60


def _day(rng: random.Random, first: int, last: int) -> str:
    return f"{rng.randint(first, last)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T00:00:00Z"


def _units() -> list[tuple[str, str, str | None, int]]:
    """Return (code, name, parent, level): one top, nine divisions, and teams below them."""
    units: list[tuple[str, str, str | None, int]] = [("TOP", "Concern", None, 1)]
    units += [(f"D{n}", f"Divisie {n}", "TOP", 2) for n in range(1, 10)]
    teams = range(1, DEPARTMENTS - len(units) + 1)
    return units + [(f"T{n:02}", f"Team {n}", f"D{n % 9 + 1}", 3) for n in teams]


def _organigram() -> Iterator[Row]:
    for code, name, parent, level in _units():
        yield "2020-01-01T00:00:00Z", None, code, name, str(level), parent
    yield "2010-01-01T00:00:00Z", "2019-12-31T00:00:00Z", "OUD", "Opgeheven", "2", "TOP"


def _employers(title: str) -> Iterator[Row]:
    for number, (kind, place) in enumerate(zip(_EMPLOYERS, pools()[2], strict=False), 1):
        street, postcode, city = place
        yield f"{number:02}", f"{title} {kind} B.V.", street, number, None, postcode, city, "NL"


def _guid(name: str, number: int) -> str:
    return f"{{{zlib.crc32(name.encode()):08X}-0000-4000-8000-{number:012X}}}"


def _people(name: str, people: int) -> Iterator[Row]:
    """Yield the rows of `people` people, sorted by personnel number: 12 in 100 have a second row."""
    rng = random.Random(name)  # noqa: S311 (sample data: repeatable, not secret)
    first_names, last_names, places = pools()
    slugs = {text: ascii_slug(text) for text in {n for n, _ in first_names} | {n for _, n in last_names}}
    units = _units()
    width = max(6, len(str(people)))
    connector = CONNECTORS[EMPLOYEES]
    for number in range(1, people + 1):
        first, gender = rng.choice(first_names)
        prefix, last = rng.choice(last_names)
        street, postcode, city = rng.choice(places)
        married = rng.random() < 0.3
        partner = rng.choice(last_names) if married else (None, None)
        # The first person of a department is its manager; everybody else reports to the manager of theirs.
        unit = units[(number - 1) % len(units)]
        manager = (number - 1) % len(units) + 1
        reports = manager != number
        started = _day(rng, 1995, 2023)
        fate = rng.random()
        hours = rng.choice((16, 20, 24, 28, 32, 36, 40))
        values: dict[str, Any] = {
            "Personeelsnummer": f"{number:0{width}}",
            "GUID": _guid(name, number),
            "BSN": invented_bsn(number),
            "Voorletters": f"{first[0]}.",
            "Roepnaam": first,
            "Voorvoegsel": prefix,
            "Achternaam": last,
            "Voorvoegsel_partner": partner[0],
            "Geb.naam_partner": partner[1],
            "Voorkeurshantering": _USAGES[number % 4] if married else _USAGES[0],
            "Geslacht": gender,
            "Geboortedatum": _day(rng, 1958, 2003),
            "Straatnaam": street,
            "Huisnummer": rng.randint(1, 300),
            "Huisnummer_toevoeging": "bis" if number % 25 == 0 else None,
            "Postcode": postcode,
            "Woonplaats": city,
            "Land": "NL",
            "Mobiel_prive": f"06-0000{number % 10_000:04}",
            "E-mail_werk": f"{slugs[first]}.{slugs[last]}.{number}@{name.replace('_', '-')}.example",
            "Werkgeverscode": f"{(number - 1) % len(_EMPLOYERS) + 1:02}",
            "Dienstverbandnummer": 1,
            "Contractnummer": 1,
            "Afdelingscode": unit[0],
            "Afdelingsnaam": unit[1],
            "Kostenplaatscode": f"{number % 20:02}",
            "Kostenplaatsomschrijving": f"Kostenplaats {number % 20}",
            "Datum_start_dvb": started if fate >= 0.01 else "2035-01-01T00:00:00Z",
            "Datum_eind_dvb": f"2024-{number % 12 + 1:02}-28T00:00:00Z" if fate > 0.95 else None,
            "Functie": rng.choice(_JOBS),
            "Type_contract": "Onbepaalde tijd",
            "FTE": hours / 40,
            "Uren_per_week": hours,
            "Mutatiedatum_Rooster": "2024-01-01T00:00:00Z",
            "Mutatiedatum_OE": "2024-01-01T00:00:00Z",
            "Mutatiedatum_salaris": "2024-01-01T00:00:00Z",
            "Leidinggevende_code": f"{manager:0{width}}" if reports else None,
            "Leidinggevende_guid": _guid(name, manager) if reports else None,
            "Volgnummer_rooster": 1,
        }
        extra = rng.random()
        yield connector.row(values)
        if extra < 0.08:
            yield connector.row(values | {"Contractnummer": 2})
        elif extra < 0.12:
            yield connector.row(values | {"Volgnummer_rooster": 2, "Mutatiedatum_Rooster": "2025-01-01T00:00:00Z"})


def _one_each(name: str, people: int) -> Iterator[dict[str, Any]]:
    """Yield the first row of everybody."""
    names, last = CONNECTORS[EMPLOYEES].names, None
    for row in _people(name, people):
        if row[0] != last:
            last = row[0]
            yield dict(zip(names, row, strict=True))


def _accounts(name: str, people: int) -> Iterator[Row]:
    """Yield a row per department with its manager; departments without anybody have no manager."""
    row = CONNECTORS[ACCOUNTS].row
    managers = list(islice(_one_each(name, people), DEPARTMENTS))
    for at, (code, title, _, _) in enumerate(_units()):
        values: dict[str, Any] = {"Org._eenheid": code, "Org._eenheid_omschrijving": title}
        if at < len(managers):
            person = managers[at]
            values |= {
                "Leidinggevende_Guid": person["GUID"],
                "Leidinggevende_Code": person["Personeelsnummer"],
                "Leidinggevende_Roepnaam": person["Roepnaam"],
                "Leidinggevende_Voorletters": person["Voorletters"],
                "Leidinggevende_Voorvoegsel": person["Voorvoegsel"],
                "Leidinggevende_Achternaam": person["Achternaam"],
                "Leidinggevende_Geslacht_code": person["Geslacht"][0],
                "Leidinggevende_Mail_werk": person["E-mail_werk"],
            }
        yield row(values)


def _ibans(name: str, people: int) -> Iterator[Row]:
    for number in range(1, people + 1):
        yield iban("VOOR", number), "VOORNL2AXXX", _guid(name, number)


def _absent(name: str, people: int) -> Iterator[Person]:
    for values in _one_each(name, people):
        woman = values["Geslacht"] == "Vrouw"
        yield Person(
            number=values["Personeelsnummer"],
            guid=values["GUID"],
            employer=values["Werkgeverscode"],
            born=int(values["Geboortedatum"][:4]) if woman else None,
            started=date.fromisoformat(values["Datum_start_dvb"][:10]),
            ended=date.fromisoformat(values["Datum_eind_dvb"][:10]) if values["Datum_eind_dvb"] else None,
        )


def generated(name: str, people: int = 2_000) -> CustomerSpec:
    """Return a customer of this size: four employers of which three are to be activated, sixty departments."""
    title = name.replace("_", " ").title()
    book = AbsenceBook(name, fill=lambda book: write(book, _absent(name, people)))
    return CustomerSpec(
        name=name,
        title=f"{title} Groep",
        # Five digits, 10000-99999 (docs/reference/afas.md, 1); away from the one of the customer that is written by
        # hand.
        member=str(10_002 + zlib.crc32(name.encode()) % 80_000),
        tables={
            EMPLOYERS: lambda: _employers(title),
            ORGANIGRAM: _organigram,
            EMPLOYEES: lambda: _people(name, people),
            ABSENCE: book,
            ACCOUNTS: lambda: _accounts(name, people),
            IBAN: lambda: _ibans(name, people),
        },
        file_format="csv",
        activate=["01", "02", "03"],
        absence=absence_settings("01", "02", "03", "04"),
        book=book,
    )
