"""What a portal was told and the last complete reads did not show: since which of them (docs/decisions/0003)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from veerpont.store.vault import Sequence, Vault

APART = timedelta(hours=20)
"""So long after the first complete read that missed a line the second one must be."""


class Missed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line that is missing. `since`: when the first read without it began (ISO); empty: long ago."""

    id: str
    since: str = ""


_decode = msgspec.json.Decoder(Missed).decode


def decode(item: bytes) -> Missed:
    """Return an item of the sequence; of an earlier version it is the bare line id."""
    return _decode(item) if item.startswith(b'{"id"') else Missed(item.decode())


def read(vault: Vault, sequence: Sequence | None) -> dict[str, str]:
    """Return line id → since when it is missing."""
    found = map(decode, vault.read(sequence) if sequence else ())
    return {each.id: each.since for each in found}


def entries(missing: Iterable[str], before: Mapping[str, str], read_at: str) -> Iterator[bytes]:
    """Yield the sequence of what a read misses; what was missing `before` is so since its first moment."""
    for identity in sorted(missing):
        yield msgspec.json.encode(Missed(identity, before.get(identity, read_at)))


def believed(before: Mapping[str, str], read_at: str) -> set[str]:
    """Return what a read that began at this moment (ISO) may take to be gone, when it misses it too."""
    return {identity for identity, since in before.items() if not since or apart(since, read_at)}


def apart(first: str, second: str) -> bool:
    """Tell whether two reads (ISO moments) are so far apart that they may agree."""
    return datetime.fromisoformat(second) - datetime.fromisoformat(first) >= APART
