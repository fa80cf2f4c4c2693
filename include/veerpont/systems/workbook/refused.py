"""Why a file is not read."""

from veerpont.model.failures import WordedError
from veerpont.model.messages import Message


class FileRefusedError(WordedError):
    """The rest of a sentence that begins with the file: `is larger than 50 MB.` It never holds a value."""


def require(holds: bool, why: Message) -> None:
    """Raise FileRefusedError with `why` unless something holds."""
    if not holds:
        raise FileRefusedError(why)
