"""What a pointer of the ledger leads to in the vault: a sequence, those of a report that is waited for, or none."""

from collections.abc import Mapping

import msgspec

from veerpont.store import reports, trail_log
from veerpont.store.tables import Pointer
from veerpont.store.vault import Sequence

TRAIL = "trail"


def sequences(row: Pointer) -> dict[str, tuple[str, Sequence]]:
    """Return name → what kind of items (of a pointer's kind, or TRAIL) and where; empty for a short text."""
    if row.kind.startswith(trail_log.KIND):
        return {"steps": (TRAIL, trail_log.decode_link(row.sequence).steps)}
    if row.kind.startswith(reports.KIND):
        sent = msgspec.json.decode(row.sequence, type=reports.Sent)
        found = {"lines": sent.lines, "before": sent.before}
        return {name: ("snapshot", each) for name, each in found.items() if each is not None}
    try:
        return {"": (row.kind, msgspec.json.decode(row.sequence, type=Sequence))}
    except msgspec.DecodeError:
        return {}


def moved(row: Pointer, new: Mapping[str, Sequence]) -> str:
    """Return what the pointer says once these take the place of those of the same name."""
    if "" in new:
        return msgspec.json.encode(new[""]).decode()
    return msgspec.json.encode(msgspec.json.decode(row.sequence) | dict(new)).decode()
