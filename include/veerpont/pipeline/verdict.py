"""What a failure of one customer means for its run (docs/decisions/0013). Pure."""

import traceback
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from veerpont.model.failures import NothingToDoError, PassingError, VeerpontError
from veerpont.rules.calendar import end_of_night
from veerpont.rules.dates import AMSTERDAM


class Patience(StrEnum):
    """What something that may pass by itself costs a run of the schedule.

    `night`: it is waited for. `hour`: a source that is away costs the turn, a portal is waited for. `minutes`: whatever
    it is costs the turn, of a run by hand too.
    """

    NIGHT = "night"
    HOUR = "hour"
    MINUTES = "minutes"


@dataclass(frozen=True)
class Turn:
    """One run, as Airflow has it.

    Attributes:
        tick: the moment that it is for (aware).
        attempt: how often it was cleared.
        unattended: the schedule began it, and nobody looks at it.
        waits: it may wait and be tried again: nobody looks at it.
    """

    run_id: str
    tick: datetime
    attempt: int = 0
    unattended: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Verdict:
    """What becomes of a run. `state`: skipped, failed, or waits (until `until`); `message` for whoever can act."""

    state: str
    kind: str
    message: str
    until: datetime | None = None


_NEXT = {Patience.HOUR: "the next one brings what changed.", Patience.MINUTES: "the next one is in five minutes."}


def judge(error: Exception, turn: Turn, patience: Patience = Patience.NIGHT, reading: bool = True) -> Verdict:
    """Return what an exception of one customer's step means. `reading`: the step is that of the source."""
    if isinstance(error, NothingToDoError):
        return Verdict("skipped", "", str(error))
    if isinstance(error, PassingError):
        skips = patience is Patience.MINUTES or (
            patience is Patience.HOUR and reading and turn.unattended and error.retry_at is not None
        )
        if skips:
            return Verdict("skipped", error.kind, f"{error} This turn is skipped; {_NEXT[patience]}")
        if turn.waits and error.retry_at and error.retry_at < end_of_night(turn.tick):
            return Verdict("waits", error.kind, str(error), error.retry_at)
        at = f" at {error.retry_at.astimezone(AMSTERDAM):%d-%m %H:%M} or later" if error.retry_at else ""
        return Verdict(
            "failed", error.kind, f"{error} This may pass by itself: run it again{at}; nothing was lost.", None
        )
    if isinstance(error, VeerpontError):
        return Verdict("failed", error.kind, str(error))
    # the message of an unforeseen exception may hold a value of a row: only its type and its path are shown
    return Verdict("failed", "defect", f"{type(error).__name__}: a defect of ours; the task's log shows where.")


def path_of(defect: Exception) -> str:
    """Return where a defect was, without its message, which may hold a value of a row."""
    frames = traceback.extract_tb(defect.__traceback__)
    path = "".join(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n' for frame in frames)
    return f"{type(defect).__name__}, a defect of ours, at:\n{path}"
