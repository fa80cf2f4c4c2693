"""What a failure of one customer means for its run (docs/decisions/0013). Pure."""

import traceback
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from veerpont.model.failures import NothingToDoError, PassingError, VeerpontError
from veerpont.model.messages import Message, coded, together
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
    message: Message
    until: datetime | None = None


_NEXT = {
    Patience.HOUR: coded("run.next_hour", "This turn is skipped; the next one brings what changed."),
    Patience.MINUTES: coded("run.next_minutes", "This turn is skipped; the next one is in five minutes."),
}


def judge(error: Exception, turn: Turn, patience: Patience = Patience.NIGHT, reading: bool = True) -> Verdict:
    """Return what an exception of one customer's step means. `reading`: the step is that of the source."""
    if isinstance(error, NothingToDoError):
        return Verdict("skipped", "", error.message)
    if isinstance(error, PassingError):
        skips = patience is Patience.MINUTES or (
            patience is Patience.HOUR and reading and turn.unattended and error.retry_at is not None
        )
        if skips:
            return Verdict("skipped", error.kind, together(error.message, _NEXT[patience]))
        if turn.waits and error.retry_at and error.retry_at < end_of_night(turn.tick):
            return Verdict("waits", error.kind, error.message, error.retry_at)
        return Verdict("failed", error.kind, together(error.message, _again(error.retry_at)))
    if isinstance(error, VeerpontError):
        return Verdict("failed", error.kind, error.message)
    # the message of an unforeseen exception may hold a value of a row: only its type and its path are shown
    kind = type(error).__name__
    defect = coded("run.defect", "{kind}: a defect of ours; the task's log shows where.", kind=kind)
    return Verdict("failed", "defect", defect)


def _again(retry_at: datetime | None) -> Message:
    """Return that a run by hand may be tried again, and from when."""
    if retry_at is None:
        return coded("run.again", "This may pass by itself: run it again; nothing was lost.")
    return coded(
        "run.again_at",
        "This may pass by itself: run it again at {at} or later; nothing was lost.",
        at=f"{retry_at.astimezone(AMSTERDAM):%d-%m %H:%M}",
    )


def path_of(defect: Exception) -> str:
    """Return where a defect was, without its message, which may hold a value of a row."""
    frames = traceback.extract_tb(defect.__traceback__)
    path = "".join(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n' for frame in frames)
    return f"{type(defect).__name__}, a defect of ours, at:\n{path}"
