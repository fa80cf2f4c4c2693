"""Links as people work on them: of which employees of a Loket customer somebody decides what (docs/loket.md)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from veerpont.desk.question import Question, choose
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
class LinkQuestion(Question[Link]):
    """What a person is asked before something is decided about employees."""

    def look(self, row: Link) -> str:
        """Return what was decided about an employee."""
        return f"{row.key}={row.decision},{row.personnel_number},{row.department}"


def page(session: Session, integration: str, decision: str, employer: str, number: int, size: int) -> LinkPage:
    """Return one page of employees, the undecided first; a number beyond the last is the last."""
    total = store.counted(session, integration, decision, employer)
    pages = max(1, -(-total // size))
    number = max(1, min(number, pages))
    rows = store.listed(session, integration, decision, employer, size, (number - 1) * size)
    return LinkPage(rows, total, number, pages, store.employers(session, integration))


def ask(session: Session, act: str, integration: str, keys: Iterable[str]) -> LinkQuestion:
    """Return what there is to know before `act` is decided about these employees.

    Raises ActRefusedError when none is chosen, the source does not show one any more, or a link is asked of several.
    """
    if act not in ACTS:
        raise ActRefusedError("no_link_act")
    rows = choose(store.of(session, integration), integration, keys, ("nobody", "unknown_person"))
    if act == Choice.LINK and len(rows) > 1:
        raise ActRefusedError("link_one")
    return LinkQuestion(act, integration, rows)


def answer(
    session: Session, question: LinkQuestion, by: str, seen: str, number: str = "", department: str = ""
) -> None:
    """Decide what was asked.

    Raises ActRefusedError when somebody decided otherwise since, or a link is not complete.
    """
    question.require(seen)
    number, department = number.strip(), department.strip()
    if question.act == Choice.LINK:
        if not number or len(number) > LONGEST_NUMBER or len(department) > LONGEST_DEPARTMENT:
            raise ActRefusedError("link_number", longest=LONGEST_NUMBER)
        if other := store.holder(session, question.rows[0], number):
            raise ActRefusedError("link_taken", key=other.key)
    keys = [row.key for row in question.rows]
    store.decide(session, question.integration, keys, Choice(question.act), by, number, department)
