"""Payroll data of a sample customer: four connectors with invented columns, for no document lists them.

Facts: docs/reference/afas.md, 8.7.

A person has, for each of three periods, two lines of the calculated bases; since Profit 9 only the last one is shown
(fault `last_line`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from veerpont_sandbox.afas.schema import BASES, COMPONENTS, CONNECTORS, EMPLOYMENT, FORMATION, Row

KVK = {"01": "90000011", "02": "90000022", "03": "90000033", "04": "90000044"}
"""Employer code → KvK number. Nobody's."""
PERIODS = (8, 9, 10)

Values = Mapping[str, Any]


def payroll_settings() -> dict[str, Any]:
    """Return the section `payroll` of the integration file."""
    fields = {"employer_field": "Werkgever", "employee_field": "Medewerker", "kvk_field": "KvK_nummer"}
    return {**fields, "kvk": dict(KVK)}


def payroll_tables(people: Callable[[], Iterable[Values]]) -> dict[str, Callable[[], list[Row]]]:
    """Return connector → its rows, for one employment of each person at each employer.

    Args:
        people: gives rows of the connector of employees.
    """
    makers = {EMPLOYMENT: _employment, BASES: _bases, COMPONENTS: _components, FORMATION: _formation}

    def rows(name: str) -> Callable[[], list[Row]]:
        make, row = makers[name], CONNECTORS[name].row
        return lambda: [row(_who(person) | values) for person in _once(people()) for values in make(person)]

    return {name: rows(name) for name in makers}


def _once(people: Iterable[Values]) -> list[Values]:
    return list({(person["Werkgeverscode"], person["Personeelsnummer"]): person for person in people}.values())


def _who(person: Values) -> dict[str, Any]:
    return {"Werkgever": person["Werkgeverscode"], "Medewerker": person["Personeelsnummer"]}


def _pay(person: Values) -> float:
    """Return a monthly salary that nobody else has."""
    return 2000.25 + 137 * int(person["GUID"][-4:-1], 16)


def _employment(person: Values) -> list[dict[str, Any]]:
    same = ("Geboortedatum", "Postcode", "Huisnummer", "Woonplaats", "Type_contract", "Functie")
    return [
        {
            "KvK_nummer": KVK[person["Werkgeverscode"]],
            "Naam": f"{person['Roepnaam']} {person['Achternaam']}",
            "Straat": person["Straatnaam"],
            "Datum_in_dienst": person["Datum_start_dvb"],
            "Datum_uit_dienst": person.get("Datum_eind_dvb"),
            "Parttime": person["FTE"] < 1,
            **{name: person[name] for name in same},
        }
    ]


def _bases(person: Values) -> list[dict[str, Any]]:
    return [
        {"Jaar": 2026, "Periode": period, "Volgnummer": number, "Grondslag": "Loon SV", "Bedrag": _pay(person) / number}
        for period in PERIODS
        for number in (1, 2)
    ]


def _components(person: Values) -> list[dict[str, Any]]:
    travel = {"Code": 372, "Omschrijving": "Reiskosten", "Bedrag": 15, "Vanaf": "2026-08-01T00:00:00Z"}
    return [
        {"Code": 1, "Omschrijving": "Salaris", "Bedrag": _pay(person), "Vanaf": "2026-01-01T00:00:00Z"},
        # The same twice: two days of travelling, and both count.
        travel,
        travel,
    ]


def _formation(person: Values) -> list[dict[str, Any]]:
    return [{"Afdeling": person["Afdelingscode"], "Percentage": 100, "Vanaf": person["Datum_start_dvb"]}]
