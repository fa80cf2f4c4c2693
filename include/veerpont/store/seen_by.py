"""Who sees which integration at the desk, as its file last said it: that holds while the file is gone or unusable."""

from collections.abc import Mapping

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from veerpont.config.sections import SeenBySettings
from veerpont.store import notes
from veerpont.store.scope import Scope

_OF_ALL = Scope("")
_NAME = "seen by"
_KEPT = TypeAdapter(dict[str, SeenBySettings])


def kept(session: Session) -> dict[str, SeenBySettings]:
    """Return integration → who sees it, of those that not everybody may see."""
    text = notes.noted(session, _OF_ALL, _NAME)
    return _KEPT.validate_json(text) if text else {}


def keep(session: Session, said: Mapping[str, SeenBySettings]) -> None:
    """Keep what is said now, in place of what was."""
    notes.note(session, _OF_ALL, _NAME, _KEPT.dump_json(dict(said)).decode())
