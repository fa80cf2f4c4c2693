"""The gate as people work on it: which employers may cross, and what it means to let one in or out."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from veerpont.desk.question import Question, choose
from veerpont.desk.refused import ActRefusedError
from veerpont.store import employers as store
from veerpont.store.tables import EmployerState

ACTS = ("activate", "deactivate", "purge")
_AFTER = {"activate": ("active", False), "deactivate": ("inactive", True), "purge": ("inactive", False)}


@dataclass(frozen=True)
class EmployerQuestion(Question[EmployerState]):
    """What a person is asked before employers are let in or out."""

    @property
    def people(self) -> int:
        """How many employees the last read showed at them together."""
        return sum(row.people or 0 for row in self.rows)

    @property
    def uncounted(self) -> int:
        """At how many of them no read has counted the employees yet."""
        return sum(row.people is None for row in self.rows)

    def look(self, row: EmployerState) -> str:
        """Return its state and name."""
        return f"{row.code}={row.state},{int(row.frozen)},{row.name}"


def integrations(session: Session) -> list[str]:
    """Return the integrations of which employers were ever shown."""
    return sorted(session.scalars(select(EmployerState.integration).distinct()))


def listed(session: Session, integration: str | None, state: str | None) -> dict[str, list[EmployerState]]:
    """Return integration → employers, pending ones first, then by code. `frozen` is a state to look for as well."""
    order = list(store.Gate)
    rows = sorted(
        store.listed(session, integration), key=lambda row: (row.integration, order.index(store.Gate(row.state)))
    )
    found: dict[str, list[EmployerState]] = {}
    for row in rows:
        if state in {None, "", row.state} or (state == "frozen" and row.frozen):
            found.setdefault(row.integration, []).append(row)
    return found


def ask(session: Session, act: str, integration: str, codes: Iterable[str]) -> EmployerQuestion:
    """Return what there is to know before `act` is done to these employers.

    Raises ActRefusedError when none is chosen, the source never showed one, or it is so already.
    """
    if act not in ACTS:
        raise ActRefusedError("no_act")
    rows = choose(store.states(session, integration), integration, codes, ("no_employer", "unknown_employer"))
    already = [row.code for row in rows if (row.state, row.frozen) == _AFTER[act]]
    if already:
        raise ActRefusedError("so_already", codes=", ".join(already))
    return EmployerQuestion(act, integration, rows)


def answer(session: Session, question: EmployerQuestion, by: str, seen: str) -> None:
    """Do what was confirmed.

    Raises ActRefusedError when an employer is not any more as it was when the person was asked.
    """
    question.require(seen)
    codes = [row.code for row in question.rows]
    if question.act == "activate":
        store.activate(session, question.integration, codes, by)
    else:
        store.deactivate(session, question.integration, codes, by, purge=question.act == "purge")
