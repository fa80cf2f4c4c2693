"""One question: what a person is asked before something is done, and whether that is still so when they answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from veerpont.desk.refused import ActRefusedError

Row = TypeVar("Row")


@dataclass(frozen=True)
class Question(Generic[Row]):
    """What a person is asked: to do `act` to these rows of an integration."""

    act: str
    integration: str
    rows: tuple[Row, ...]

    def look(self, row: Row) -> str:
        """Return what a person sees of a row and decides by."""
        raise NotImplementedError

    @property
    def seen(self) -> str:
        """What the person sees of all rows, to be compared when they answer."""
        return "|".join(map(self.look, self.rows))

    def require(self, seen: str) -> None:
        """Refuse an answer to what was otherwise: `seen` is what the person saw. Raises ActRefusedError."""
        if seen != self.seen:
            raise ActRefusedError("changed")


def choose(
    known: Mapping[str, Row], integration: str, keys: Iterable[str], refusals: tuple[str, str]
) -> tuple[Row, ...]:
    """Return the chosen rows, each once.

    Args:
        refusals: the codes of what is said when nothing is chosen, and of keys without a row.
    """
    nothing, unknown = refusals
    chosen = list(dict.fromkeys(keys))
    if not chosen:
        raise ActRefusedError(nothing)
    if strangers := [key for key in chosen if key not in known]:
        raise ActRefusedError(unknown, integration=integration, keys=", ".join(strangers))
    return tuple(known[key] for key in chosen)
