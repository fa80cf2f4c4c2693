"""Why a file is not read."""


class FileRefusedError(Exception):
    """The rest of a sentence that begins with the file: `is larger than 50 MB`. It never holds a value."""


def require(holds: bool, sentence: str) -> None:
    """Raise RefusedError with `sentence` unless something holds."""
    if not holds:
        raise FileRefusedError(sentence)
