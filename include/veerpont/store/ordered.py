"""Finding in a sequence whose items stand in an order: a part or a few of it are opened, and never all."""

from bisect import bisect_left
from collections.abc import Callable

from veerpont.store.vault import Sequence, Vault


def find(
    vault: Vault, sequence: Sequence | None, place: Callable[[bytes], str], wanted: str, guess: int = 0
) -> list[bytes]:
    """Return the items that stand at a place; nothing when there are none.

    Args:
        place: returns where an item stands; the items are in its order.
        guess: the part in which they may be: that one is opened first, then the one beside it.

    Raises FileNotFoundError when another sequence took its place meanwhile.
    """
    low, high = 0, (sequence.parts if sequence else 0) - 1
    at, tries = min(max(guess, low), high), 0
    while sequence is not None and low <= high:
        items = vault.part(sequence, at)
        if wanted < place(items[0]):
            high, beside = at - 1, at - 1
        elif wanted > place(items[-1]):
            low, beside = at + 1, at + 1
        else:
            return _around(vault, sequence, place, wanted, at, items)
        tries += 1
        at = beside if tries == 1 else (low + high) // 2
    return []


def _around(
    vault: Vault, sequence: Sequence, place: Callable[[bytes], str], wanted: str, at: int, items: list[bytes]
) -> list[bytes]:
    """Return what stands at a place in a part, and in its neighbours where it goes on there."""
    found = _within(items, place, wanted)
    for step, edge in ((-1, 0), (1, -1)):
        there, near = items, at
        while place(there[edge]) == wanted and 0 <= near + step < sequence.parts:
            near += step
            there = vault.part(sequence, near)
            more = _within(there, place, wanted)
            found = more + found if step < 0 else found + more
    return found


def _within(items: list[bytes], place: Callable[[bytes], str], wanted: str) -> list[bytes]:
    begin = bisect_left(items, wanted, key=place)
    end = begin
    while end < len(items) and place(items[end]) == wanted:
        end += 1
    return items[begin:end]
