"""Rows that no careful reader may let through, each with one thing wrong."""

from typing import Any

_GOOD: dict[str, Any] = {
    "Voorletters": "X.",
    "Roepnaam": "Xandra",
    "Achternaam": "Proef",
    "Voorkeurshantering": "Geboortenaam",
    "Geslacht": "Vrouw",
    "Geboortedatum": "1980-01-01T00:00:00Z",
    "Huisnummer": 7,
    "Werkgeverscode": "01",
    "Dienstverbandnummer": 1,
    "Contractnummer": 1,
    "Afdelingscode": "KADE",
    "Afdelingsnaam": "Kade en onderhoud",
    "Datum_start_dvb": "2020-01-01T00:00:00Z",
    "Functie": "Proef",
    "FTE": 1,
    "Uren_per_week": 36,
    "Volgnummer_rooster": 1,
}


def _bad(number: int, **wrong: Any) -> dict[str, Any]:
    guid = f"{{5A0D0001-0000-4000-8000-0000000009{number:02}}}"
    return _GOOD | {"Personeelsnummer": f"90{number:02}", "GUID": guid} | wrong


BAD_ROWS: dict[str, dict[str, Any]] = {
    "impossible_date": _bad(1, Geboortedatum="1980-02-31T00:00:00Z"),
    "unknown_employer": _bad(2, Werkgeverscode="99"),
    "wrong_type": _bad(3, Huisnummer="twaalf"),
    "missing_guid": _bad(4, GUID=None),
    "long_name": _bad(5, Achternaam="A" * 10_000),
    "control_characters": _bad(6, Achternaam="Pr\x07oef\x00"),
    "missing_name": _bad(7, Achternaam=None),
    "end_before_start": _bad(8, Datum_eind_dvb="2019-12-31T00:00:00Z"),
    # The row key of somebody who exists (1001, second contract), with other content.
    "same_key_twice": _bad(9, Personeelsnummer="1001", GUID="{5A0D0001-0000-4000-8000-000000000001}", Contractnummer=2),
}
"""What is wrong → the row of Newdays_Connect_Medewerker_Gegevens_v1."""

DEMO_BAD_ROWS = ("impossible_date", "unknown_employer", "wrong_type")
"""The ones that the demo shows."""
