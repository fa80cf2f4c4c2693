"""The file of a delivery, for a person to take away: kept is who took it, when."""

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from veerpont.config.settings import settings
from veerpont.desk.deliveries import one
from veerpont.desk.refused import ActRefusedError
from veerpont.model.content import Content
from veerpont.store import deliveries as store
from veerpont.store.deliveries import State
from veerpont.store.tables import Delivery
from veerpont.store.vault import Vault

_NAME = re.compile(r"loket_(?P<administration>.+)_(?P<year>\d{4})_(?P<period>\d{2})\.csv")
_UNIT = b"verdelingseenheid"


@dataclass(frozen=True)
class Upload:
    """What a person chooses on Loket's screen beside a file of hours: it is not in the file.

    Facts: docs/reference/loket.md, 5.
    """

    administration: str
    year: int
    period: int
    unit: bool


def upload(row: Delivery) -> Upload | None:
    """Return what to choose with a file of hours that is to be fetched; None for any other delivery."""
    match = _NAME.fullmatch(row.name)
    if match is None or row.state != State.DELIVERED:
        return None
    try:
        header = next(content(row).lines(), b"").strip().split(b";")
    except ActRefusedError:
        return None
    return Upload(match["administration"], int(match["year"]), int(match["period"]), _UNIT in header)


def take(session: Session, delivery: int, by: str) -> tuple[Delivery, Content]:
    """Return a delivery with its file, and keep who took it.

    Raises ActRefusedError when there is no such delivery, or its file is not kept (any more).
    """
    if not by.strip():
        raise ActRefusedError("who")
    row = one(session, delivery)
    found = content(row)
    store.exported(session, row, by.strip()[:200])
    return row, found


def content(row: Delivery) -> Content:
    """Return the file of a delivery. Raises ActRefusedError when it is not kept (any more)."""
    ours = settings()
    try:
        if row.name and row.object:  # without a name it holds the keys of what waits for a person
            return Vault(ours.vault, ours.vault_keys).verified(row.object, row.sha256)
    except FileNotFoundError:
        pass
    raise ActRefusedError(
        "no_file",
        id=str(row.id),
    )
