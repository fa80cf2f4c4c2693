"""Failures have three kinds, and the kind decides who hears of it (docs/decisions/0013).

*settings*: the manager of the integration, no retry. *passing*: nobody, retried. *data*: one record is bad; that is a
`Problem`, a value and not an exception, because the rest goes on. Any other exception is a defect of ours.

No message may contain a personal value: name the connector, the field, the record key and what to do.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from veerpont.model.messages import Words, as_message


class Stage(StrEnum):
    """Where a record failed."""

    IMPORT = "import"
    TRANSFORM = "transform"
    EXPORT = "export"


class WordedError(Exception):
    """What is raised with words for people: `message` has their codes, where there are any."""

    def __init__(self, message: Words = "") -> None:
        super().__init__(str(message))
        self.message = as_message(message)


class VeerpontError(WordedError):
    """Anything that went wrong in a way that we foresaw. `kind` is what the ledger keeps."""

    kind = "defect"


class SettingsError(VeerpontError):
    """Wrong token, missing column, unknown folder: cannot succeed before a person changes something."""

    kind = "settings"


class PassingError(VeerpontError):
    """Maintenance, a reset connection, a lock: the same call may succeed later.

    `retry_at` (aware) is when the other side said, or we expect, that it is worth trying again; None: soon.
    """

    kind = "passing"

    def __init__(self, message: Words, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class DriftError(PassingError):
    """The rows moved while they were being read page by page: what was read is not a complete read."""


class NothingToDoError(WordedError):
    """There is nothing to do for this run, and that is no failure: it is skipped, and the message says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one record could not cross: the field as its system spells it, a stable reason code, and what to do.

    `detail` is a sentence for the person who repairs it; it never holds the value.
    """

    stage: Stage
    field: str
    reason: str
    detail: Words
