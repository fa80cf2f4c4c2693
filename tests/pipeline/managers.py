"""Managers at the source: who manages what, changed for a test."""

from typing import Any

from crossings import ACCOUNTS, Crossing


def change(known: Crossing, manager: str, **changes: Any) -> None:
    """Change every row of a manager at the source."""
    fields = {f"Leidinggevende_{name}": value for name, value in changes.items()}
    assert known.sandbox.afas.update("veerhuis", ACCOUNTS, "Leidinggevende_Guid", f"{{{manager}}}", fields)


def vanish(known: Crossing, *managers: str) -> list[dict[str, Any]]:
    """Take managers out of the connector; returns the rows as they were."""
    rows = known.source("accounts")
    assert known.sandbox.afas.delete("veerhuis", ACCOUNTS, "Leidinggevende_Guid", [f"{{{each}}}" for each in managers])
    return rows


def manage(known: Crossing, number: str, *units: str, **more: Any) -> None:
    """Let somebody manage these units too."""
    person = next(row for row in known.source("employees") if row["Personeelsnummer"] == number)
    rows = [row for row in known.source("accounts") if row["Leidinggevende_Guid"] == person["GUID"]]
    row = {
        "Leidinggevende_Guid": person["GUID"],
        "Leidinggevende_Code": number,
        "Leidinggevende_Voorletters": person["Voorletters"],
        "Leidinggevende_Achternaam": person["Achternaam"],
        "Leidinggevende_Geslacht_code": "O",
        "Leidinggevende_Mail_werk": person["E-mail_werk"],
    }
    row = rows[-1] if rows else row
    known.sandbox.afas.insert("veerhuis", ACCOUNTS, [row | {"Org._eenheid": unit} | more for unit in units])
