"""Words for the tests about people who were forgotten."""

from typing import Any

from crossings import IBAN, Crossing, guid
from sqlalchemy import select

from veerpont.pipeline.forget.person import forget
from veerpont.store.table_base import Base
from veerpont.store.tables import Forgotten, Reject

ANNA, NUMBER = guid(1), "1001"
FLOWS = ("employees", "accounts", "absence")


def carry(known: Crossing) -> dict[str, dict[str, Any]]:
    """Run every flow of people once; return flow → books."""
    books = {flow: known(flow) for flow in FLOWS}
    assert not any(known.round().values())
    return books | {"iban": known.books("iban")}


def carried(known: Crossing) -> None:
    """Let every flow go out once, of absence all that there is."""
    known.configure(absence={"initial_days": 1500})
    carry(known)


def by_jo(known: Crossing, asked: str = ANNA, really: bool = True) -> dict[str, Any]:
    return forget(known.name, asked, "Jo", really)


def cases(known: Crossing, number: str = NUMBER) -> list[str]:
    """Return the absence cases of somebody at the source."""
    return [case.guid.strip("{}").upper() for case in known.book.cases(number)]


def leave(known: Crossing) -> None:
    """Take Anna away at the source, everywhere."""
    name = known.name
    for case in known.book.cases(NUMBER):
        known.book.delete(case.guid)
    known.remove(NUMBER)
    known.sandbox.afas.delete(name, IBAN, "GUID", [f"{{{ANNA}}}"])


def everything(known: Crossing) -> list[str]:
    """Return every text that only Anna has: keys, name, number as a cell has it, bank account, BSN."""
    person = next(row for row in known.source("employees") if row["Personeelsnummer"] == NUMBER)
    account = next(row for row in known.source("iban") if ANNA in row["GUID"])
    return [
        ANNA,
        *cases(known),
        f'"{NUMBER}"',
        f">{NUMBER}<",
        f"number:{NUMBER}",
        str(person["Achternaam"]),
        str(person["BSN"]),
        str(account["IBAN-nummer"]),
    ]


def where(known: Crossing, texts: list[str]) -> list[str]:
    """Return the vault objects and the tables in which any of the texts is, in capitals or not."""
    found = {path for text in texts for each in (text, text.lower()) for path in known.stored(each)}
    with known.ledger.session() as session:
        for table in Base.metadata.sorted_tables:
            rows = "\n".join(str(row) for row in session.execute(select(table)))
            found |= {table.name for text in texts if text.lower() in rows.lower()}
    return sorted(found)


def rooms(found: list[str]) -> set[str]:
    """Return the folders and tables of `where`, without what changes with every run."""
    return {"/".join(path.split("/")[1:4]) if "/" in path else path for path in found}


def tombstones(known: Crossing) -> list[Forgotten]:
    with known.ledger.session() as session:
        return list(session.scalars(select(Forgotten)))


def break_iban(known: Crossing) -> None:
    """Let the bank account of Anna be a reject."""
    assert known.sandbox.afas.update(known.name, IBAN, "GUID", f"{{{ANNA}}}", {"IBAN-nummer": "NL00BANK0123456789"})


def rejects_of(known: Crossing, *keys: str) -> list[Reject]:
    with known.ledger.session() as session:
        return [row for row in session.scalars(select(Reject)) if row.key in keys]
