"""Sorting more than fits in memory: sorted runs in the vault, encrypted as everything there, and a merge of them."""

from collections.abc import Iterator
from heapq import merge

from veerpont.store.vault import Sequence, Vault

RUN_BYTES = 12_000_000
"""So much is held and sorted at once. What is less never leaves the memory."""

PART_BYTES = 200_000
"""So much is held of each run while they are merged: there may be a hundred of them."""

_SEPARATOR = b"\x00"


class PlainSorter:
    """Sorts items by their bytes.

    Args:
        folder: where in the vault the runs go; whoever made the folder deletes it.
    """

    def __init__(self, vault: Vault, folder: str) -> None:
        self._vault, self._folder = vault, folder
        self._runs: list[Sequence] = []
        self._held: list[bytes] = []
        self._bytes = 0

    def put(self, item: bytes) -> None:
        """Take an item, without a line feed in it."""
        self._held.append(item)
        self._bytes += len(item)
        if self._bytes >= RUN_BYTES:
            self._held.sort()
            self._runs.append(self._vault.write(f"{self._folder}/{len(self._runs):04d}", self._held, PART_BYTES))
            self._held, self._bytes = [], 0

    def items(self) -> Iterator[bytes]:
        """Yield the items in order; each time from the start."""
        self._held.sort()
        if not self._runs:
            return iter(self._held)
        return merge(*map(self._vault.read, self._runs), self._held)


class Sorter:
    """Sorts items by their key; items of one key stay in the order in which they were added.

    Args:
        folder: where in the vault the runs go; whoever made the folder deletes it.
    """

    def __init__(self, vault: Vault, folder: str) -> None:
        self._items = PlainSorter(vault, folder)
        self._added = 0

    def add(self, key: str, content: bytes) -> None:
        """Take an item. Neither key nor content has a line feed or a NUL in it."""
        self._items.put(b"%b\x00%012d\x00%b" % (key.encode(), self._added, content))
        self._added += 1

    @property
    def any(self) -> bool:
        """Whether anything was added."""
        return self._added > 0

    def __iter__(self) -> Iterator[tuple[str, int, bytes]]:
        """Yield key, place among what was added, and content; each time from the start."""
        for item in self._items.items():
            key, place, content = item.split(_SEPARATOR, 2)
            yield key.decode(), int(place), content
