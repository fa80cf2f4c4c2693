"""The lines of a read of absence in the order of their cases, as the history has them: so nobody has to hold them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

import msgspec

from veerpont.flows.absence.history import Entry, decode, encode
from veerpont.flows.job import StagedRecord
from veerpont.model.marks import Marks
from veerpont.store.sorting import Sorter
from veerpont.store.vault import Vault

_decode_item = msgspec.json.Decoder(StagedRecord).decode


def is_nameless(entry: Entry) -> bool:
    """Tell whether a line has no key of its own, or of its case: it cannot be merged."""
    return entry.case is None or entry.key.startswith("row:")


def staged(items: Iterable[bytes]) -> Iterator[tuple[Entry, int]]:
    """Yield staged lines, each with the rows of the source that showed it."""
    for item in map(_decode_item, items):
        yield decode(item.record), item.rows


def in_order(vault: Vault, folder: str, lines: Iterable[tuple[Entry, int]]) -> Iterator[bytes]:
    """Yield the lines of a read to be staged, each once: first those that cannot be merged, then case by case.

    A line that was shown more than once, and differently, is marked so (`Entry.twice`). One that was shown in several
    cases stands in one of them.

    Args:
        folder: where in the vault they are sorted; whoever made the folder deletes it.
        lines: each with the rows that showed it.
    """
    order, keys, places = Sorter(vault, folder), Marks(), Marks()
    for entry, rows in lines:
        place = f"{'' if is_nameless(entry) else entry.case}\t{entry.key}"
        keys.add(entry.key)
        places.add(place)
        order.add(place, encode((rows, entry)))
    last = _last_places(order) if len(keys) != len(places) else {}
    besides: Counter[str] = Counter()
    for place, found in groupby(order, key=itemgetter(0)):
        shown = [_decode_counted(content) for _, _, content in found]
        rows, entry = sum(rows for rows, _ in shown), shown[-1][1]
        if last.get(entry.key, place) != place:
            besides[entry.key] += rows
            continue
        differs = any(bytes(one.row) != bytes(entry.row) or one.twice for _, one in shown)
        if differs or entry.key in last:
            entry = msgspec.structs.replace(entry, twice=True)
        rows += besides.pop(entry.key, 0)
        yield encode(StagedRecord(entry.group, rows, msgspec.Raw(encode(entry))))


_decode_counted = msgspec.json.Decoder(tuple[int, Entry]).decode


def _last_places(order: Sorter) -> dict[str, str]:
    """Return the lines that stand at several places, each with the last of these."""
    marks = Marks()
    for place, _ in groupby(order, key=itemgetter(0)):
        marks.add(place.partition("\t")[2])
    several, found = marks.twice(), defaultdict(list)
    for place, _ in groupby(order, key=itemgetter(0)):
        if hash(key := place.partition("\t")[2]) in several:
            found[key].append(place)
    return {key: there[-1] for key, there in found.items() if len(there) > 1}
