"""A Loket customer whose portal knew somebody before Veerpont did, and decisions about its employees."""

from collections.abc import Iterable

from crossings import Crossing, Make

from veerpont.store import links
from veerpont.store.links import Choice
from veerpont.store.tables import Link, Reject
from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.provider import Provider
from veerpont_sandbox.portal.state import Employment

LOCK = 20001


def start(make: Make) -> Crossing:
    """Begin with a customer whose portal has somebody under number 77."""
    crossing = make("sluis")
    with_77(crossing)
    return crossing


def with_77(crossing: Crossing) -> None:
    """Let the portal have somebody under that number."""
    crossing.configure(absence={"initial_days": 900}, guards={"max_gone_percent": 100})
    crossing.state.employments[f"{LOCK}/77/1"] = Employment({
        "employer_code": str(LOCK),
        "personnel_number": "77",
        "employment_number": "1",
        "last_name": "Peters",
        "department_code": "P9",
        "email_work": "kept@portal.example",
        "email_private": "home@portal.example",
    })


def of(crossing: Crossing) -> Provider:
    return crossing.sandbox.loket.providers[crossing.name]


def guid(crossing: Crossing, number: int, employer: int | None = None) -> str:
    return str(changes.person(of(crossing), number, employer)[1].content["id"]).upper()


def decide(
    crossing: Crossing, choice: Choice, *numbers: int, as_: str = "", department: str = "", employer: int | None = None
) -> None:
    with crossing.ledger.session() as session:
        keys = [guid(crossing, number, employer) for number in numbers]
        links.decide(session, crossing.name, keys, choice, "Jo", as_, department)


def line(crossing: Crossing, number: str, employment: int = 1) -> dict[str, str | None]:
    return crossing.employments()[f"{LOCK}/{number}/{employment}"].values


def cells(crossing: Crossing, number: str, *names: str) -> list[str | None]:
    found = line(crossing, number)
    return [found.get(name) for name in names]


def rows(crossing: Crossing) -> dict[str, Link]:
    with crossing.ledger.session() as session:
        return links.of(session, crossing.name)


def details(crossing: Crossing, keys: Iterable[str]) -> list[str]:
    """Return what open rejects say."""
    with crossing.ledger.session() as session:
        return [row.detail for row in session.query(Reject).filter_by(state="open") if row.key in set(keys)]
