"""What an undisturbed machine makes of the same days: the same customers and changes, without Airflow."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crossings import EMPLOYEES, IBAN, Crossing
from cryptography.fernet import Fernet
from sqlalchemy import select
from unhurried import Unhurried

from veerpont.rules.dates import business_date
from veerpont.store import employers
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Delivery, Reject, Run
from veerpont.systems.loket import hook
from veerpont_sandbox.world import Sandbox

CUSTOMERS = ("veerhuis", "oeverland", "sluis")
PEOPLE = 200
AT_ONCE = ("accounts", "absence", "iban", "hours")
"""These need employees and departments, and not each other."""
FLOWS = ("employers", "employees", "organigram", *AT_ONCE)


def sandbox_in(home: Path) -> Sandbox:
    """Return the other side: two customers whose source is AFAS, one whose source is Loket."""
    return Sandbox(home / "sandbox", CUSTOMERS, people=PEOPLE)


def activate(ledger: Ledger, sandbox: Sandbox) -> None:
    """Decide about the employers, as people would."""
    with ledger.session() as session:
        for name in CUSTOMERS:
            employers.activate(session, name, list(sandbox.activate[name]), "Jo")
            if sandbox.inactive[name]:
                employers.deactivate(session, name, list(sandbox.inactive[name]), "Jo")


def second_day(sandbox: Sandbox) -> None:
    """Let somebody marry, somebody leave and somebody change banks, at both customers with AFAS."""
    for customer in CUSTOMERS[:2]:
        guids = {row["Personeelsnummer"]: row["GUID"] for row in sandbox.afas.rows(customer, EMPLOYEES)}
        married, left, richer = sorted(guids)[1::3][:3]
        assert sandbox.afas.update(customer, EMPLOYEES, "Personeelsnummer", married, {"Achternaam": "Trouwerij"})
        assert sandbox.afas.delete(customer, EMPLOYEES, "Personeelsnummer", [left])
        bank = {"IBAN-nummer": "NL91ABNA0417164300", "BIC-code": "ABNANL2A"}
        assert sandbox.afas.update(customer, IBAN, "GUID", guids[richer], bank)


@contextmanager
def twin(home: Path) -> Iterator[tuple[Sandbox, Ledger]]:
    """Carry both days in this process, one step after the other; give the portals and the ledger of afterwards."""
    with sandbox_in(home) as sandbox, pytest.MonkeyPatch.context() as patch:
        sandbox.write_integrations(home / "integrations")
        key = Fernet.generate_key().decode()
        ours = {
            "VEERPONT_INTEGRATIONS": str(home / "integrations"),
            "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
            "VEERPONT_VAULT": f"file://{home / 'vault'}",
            "VEERPONT_VAULT_KEYS": key,
        }
        for name, value in (ours | sandbox.connections()).items():
            patch.setenv(name, value)
        patch.setattr(hook, "Pace", lambda _: Unhurried())
        crossing = Crossing(sandbox, home, key)
        crossing.today = business_date(datetime.now(UTC))
        _cross(crossing, "employers")
        activate(crossing.ledger, sandbox)
        _cross(crossing, *FLOWS, "absence")
        second_day(sandbox)
        _cross(crossing, "employees", "organigram", *AT_ONCE)
        yield sandbox, crossing.ledger


def _cross(crossing: Crossing, *flows: str) -> None:
    from veerpont.pipeline.plan import plan

    for flow in flows:
        if flow == "iban":
            assert crossing.round() == {"extract": {}, "transform": {}, "load": {}}
        else:
            for name in plan(flow, crossing.notes.append):  # type: ignore[arg-type]  # a flow is its name
                crossing(flow, name)


def books(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Return the books of every run, in an order that does not depend on which came first."""
    return _rows(ledger, Run, "integration flow portal state kind read delivered unchanged filtered rejected held gone")


def sent(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Return every delivery, by its content."""
    return _rows(ledger, Delivery, "integration flow portal state records gone size sha256 reasons")


def refused(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Return every reject; of a row without a key only that there is one: its key is made with a key of the vault."""
    rows = _rows(ledger, Reject, "integration flow key stage field reason state")
    return sorted((*row[:2], row[2].partition("row:")[0], *row[3:]) for row in rows)


def _rows(ledger: Ledger, table: Any, names: str) -> list[tuple[Any, ...]]:
    with ledger.session() as session:
        found = session.execute(select(*(getattr(table, name) for name in names.split())))
        return sorted(map(tuple, found), key=str)
