"""Words for the tests about absence: nights, what was asked of AFAS, and whose cases the portal has."""

from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs

from crossings import ABSENCE, Crossing

from veerpont.desk import lists
from veerpont.model.flows import Flow
from veerpont.store import notes
from veerpont.store.scope import Scope
from veerpont_sandbox.absence import Told
from veerpont_sandbox.portal.state import Traject

ALL = "Alle_verzuim"
"""A second absence connector, without a filter."""


def nights(crossing: Crossing, *days: int, month: str = "2026-11") -> list[dict[str, Any]]:
    """Run absence at 21:00 on these days of the month, which makes wide reads; return the books."""
    return [crossing.at(f"{month}-{day:02}T21:00")("absence") for day in days]


def asked(crossing: Crossing, connector: str = ABSENCE) -> list[tuple[str, str]]:
    """Return the fields and the values of the filter of each read of a connector so far; two empty texts for none."""
    found = []
    for request in crossing.sandbox.afas.requests:
        query = parse_qs(request["query"])
        if request["path"].endswith(f"/connectors/{connector}") and query["skip"] == ["0"]:
            found.append((query.get("filterfieldids", [""])[0], query.get("filtervalues", [""])[0]))
    return found


EVERYTHING = ("", "")
"""What `asked` returns of a read without a filter."""


def changed_since(moment: str) -> tuple[str, str]:
    """Return what `asked` returns of a read of what changed since a moment."""
    return ("Verloop_Gewijzigd_Op;Melding_Gewijzigd_Op", f"{moment};{moment}")


def last_asked(crossing: Crossing, connector: str = ABSENCE) -> tuple[str, str]:
    return asked(crossing, connector)[-1]


def at(day: str, hour: int = 8) -> datetime:
    """Return a moment in the morning, as AFAS stamps it."""
    return datetime.fromisoformat(f"{day}T{hour:02}:15:00")


def key(case: str) -> str:
    """Return the record key of a case in the book."""
    return case.strip("{}")


def case_of(crossing: Crossing, number: str, begin: str) -> str:
    """Return the GUID in the book of the case of somebody that begins on a day."""
    (found,) = [case.guid for case in crossing.book.cases(number) if case.begin == date.fromisoformat(begin)]
    return found


def mistakes(crossing: Crossing, *numbers: str, employer: str = "01") -> list[str]:
    """Let a clerk enter cases on 22 November, tell the portal, and say which they are: young enough to be deleted."""
    when = at("2026-11-22", 12)
    found = [crossing.book.open(number, date(2026, 11, 22), employer=employer, at=when) for number in numbers]
    crossing.at("2026-11-22T13:00")("absence")
    assert all(days(crossing, number) for number in numbers)
    return found


def told(crossing: Crossing, number: str) -> list[Told]:
    """Return what the portal has of somebody, by first day."""
    return sorted((period for period in crossing.periods() if period[1] == number), key=lambda period: period[3])


def days(crossing: Crossing, number: str) -> list[tuple[str, str | None, str]]:
    """Return first day, last day and percentage of what the portal has of somebody."""
    return [period[3:] for period in told(crossing, number)]


def traject(crossing: Crossing, path: str) -> Traject:
    """Return a traject at the portal: `employer/number/protocol/first day`."""
    return crossing.state.trajects[path]


def causes(crossing: Crossing, number: str) -> set[str]:
    """Return the codes of the causes that the portal has for somebody."""
    found = [each for each in crossing.state.trajects.values() if each.number == number]
    return {period.cause for each in found for period in each.periods}


def noted(crossing: Crossing, kind: str, portal: str = "") -> str | None:
    """Return what the ledger keeps of the flow as `kind`."""
    with crossing.ledger.session() as session:
        return notes.noted(session, Scope(crossing.name, Flow.ABSENCE, portal), kind)


def in_history(crossing: Crossing, text: str) -> bool:
    """Tell whether the current absence history holds a text."""
    return any(path.startswith(f"{crossing.name}/absence/history/") for path in crossing.stored(text))


def message(crossing: Crossing) -> str:
    """Return what the last run said."""
    return lists.list_runs(crossing.ledger, crossing.name, "absence")[0]["message"] or ""
