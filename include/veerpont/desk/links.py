"""Links as people work on them: of which employees of a Loket customer somebody decides what (docs/loket.md)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from veerpont.desk.refused import ActRefusedError
from veerpont.store import links as store
from veerpont.store.links import LONGEST_DEPARTMENT, LONGEST_NUMBER, Choice
from veerpont.store.tables import Link

ACTS = (Choice.ADD, Choice.SKIP, Choice.LINK)


@dataclass(frozen=True)
class LinkPage:
    """Some employees of one integration, with what there is to filter by."""

    rows: list[Link]
    total: int
    number: int
    pages: int
    employers: list[str]


@dataclass(frozen=True)
class LinkQuestion:
    """What a person is asked before something is decided about employees."""

    act: Choice
    integration: str
    people: tuple[Link, ...]

    @property
    def seen(self) -> str:
        """What the person sees, to be compared when they answer: what was decided about each."""
        return "|".join(f"{row.key}={row.decision},{row.personnel_number},{row.department}" for row in self.people)


def integrations(session: Session) -> list[str]:
    """Return the integrations that have links."""
    return sorted({row.integration for row in store.listed(session, None)})


def page(session: Session, integration: str, decision: str, employer: str, number: int, size: int) -> LinkPage:
    """Return one page of employees, the undecided first; a number beyond the last is the last."""
    every = store.of(session, integration).values()
    found = store.listed(session, integration, decision or None, employer or None)
    pages = max(1, -(-len(found) // size))
    number = max(1, min(number, pages))
    rows = found[(number - 1) * size : number * size]
    return LinkPage(rows, len(found), number, pages, sorted({row.employer for row in every}))


def ask(session: Session, act: str, integration: str, keys: Iterable[str]) -> LinkQuestion:
    """Return what there is to know before `act` is decided about these employees.

    Raises RefusedError when none is chosen, the source does not show one any more, or a link is asked of several.
    """
    if act not in ACTS:
        raise ActRefusedError("no_link_act", "Choose what to do with these employees: add, leave out or link.")
    known, chosen = store.of(session, integration), list(dict.fromkeys(keys))
    if not chosen:
        raise ActRefusedError("nobody", "Choose at least one employee.")
    if act == Choice.LINK and len(chosen) > 1:
        raise ActRefusedError(
            "link_one", "A link is of one employee with one person at the portal: link them one by one."
        )
    unknown = [key for key in chosen if key not in known]
    if unknown:
        raise ActRefusedError(
            "unknown_person",
            "The source of {integration} does not show employee {keys}.",
            integration=integration,
            keys=", ".join(unknown),
        )
    return LinkQuestion(Choice(act), integration, tuple(known[key] for key in chosen))


def answer(
    session: Session, question: LinkQuestion, by: str, seen: str, number: str = "", department: str = ""
) -> None:
    """Decide what was asked.

    Raises RefusedError when somebody decided otherwise since, or a link is not complete.
    """
    if seen != question.seen:
        raise ActRefusedError(
            "links_changed", "Somebody has decided about these employees since you were asked: look at them again."
        )
    number, department = number.strip(), department.strip()
    if question.act is Choice.LINK:
        if not number or len(number) > LONGEST_NUMBER or len(department) > LONGEST_DEPARTMENT:
            raise ActRefusedError(
                "link_number", "Say under which personnel number the portal has this person, and no longer text."
            )
        if other := store.holder(session, question.people[0], number):
            raise ActRefusedError(
                "link_taken", "Employee {key} is linked with this personnel number already.", key=other.key
            )
    keys = [row.key for row in question.people]
    store.decide(session, question.integration, keys, question.act, by, number, department)
