"""Who crosses together: batches of customers, the same in every flow (docs/decisions/0025).

A new customer joins a batch with room, and nobody moves until somebody asks for it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from veerpont.config.integration import Integration, integration_files, names_in, read_integrations
from veerpont.model.failures import SettingsError
from veerpont.store import batches
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.systems.registry import source

MOST = 25
MOST_PEOPLE = 20_000
"""A customer that has more is alone in its batch."""
UNKNOWN = 250
"""People of a customer whose employees have not crossed yet."""


def placed(
    new: Iterable[str], people: Mapping[str, int], queues: Mapping[str, str], known: Mapping[str, int]
) -> dict[str, int]:
    """Return in which batch each new customer comes, the large ones first.

    It joins those whose calls have to follow each other with its own, where there is room; else the first batch that
    has room; else it begins a new one.

    Args:
        people: customer → active employments; unknown ones are left out.
        queues: customer → what its calls have to wait for.
        known: customer → its batch.
    """
    count: Counter[int] = Counter()
    weight: Counter[int] = Counter()
    mates: defaultdict[str, set[int]] = defaultdict(set)
    made: dict[str, int] = {}

    def put(name: str, number: int) -> None:
        count[number] += 1
        weight[number] += people.get(name, UNKNOWN)
        mates[queues.get(name, name)].add(number)

    for name, number in known.items():
        put(name, number)
    for name in sorted(new, key=lambda name: (-people.get(name, UNKNOWN), name)):
        mine = people.get(name, UNKNOWN)
        room = [number for number in sorted(count) if count[number] < MOST and weight[number] + mine <= MOST_PEOPLE]
        friends = [number for number in room if number in mates[queues.get(name, name)]]
        made[name] = (friends or room or [max(count, default=0) + 1])[0]
        put(name, made[name])
    return made


def numbers(ledger: Ledger, found: Mapping[str, Integration], broken: Collection[str]) -> dict[str, int]:
    """Return customer → the number of its batch; new ones get theirs now, and those who left lose it.

    broken: the files that cannot be read: whoever they are keeps its place, and gets none.
    """
    with ledger.session() as session:
        known = batches.numbers(session)
    if found.keys() <= known.keys() and known.keys() <= {*found, *broken}:
        return known
    with lease(ledger, "batches"), ledger.session() as session:
        known = batches.numbers(session)
        if not broken:  # a file with a mistake in it may be of one that must keep its place
            batches.leave(session, known.keys() - found.keys())
            known = {name: number for name, number in known.items() if name in found}
        new = found.keys() - known.keys()
        made = placed(new, batches.people(session), _queues(found), known)
        batches.keep(session, made)
    return known | made


def of_part(
    ledger: Ledger, folder: Path, part: int, parts: int
) -> tuple[dict[str, Integration], dict[str, SettingsError]]:
    """Read the integration files of one of so many parts: whole batches, each in one part. As `read_integrations`.

    Only files of this part are parsed, unless there is one of which nobody knows whose it is.
    """
    if parts == 1:
        return read_integrations(folder)
    with ledger.session() as session:
        known = batches.numbers(session)
    declared = [names_in(path) for path in integration_files(folder)]
    if any(known.keys().isdisjoint(names) for names in declared):
        found, broken = read_integrations(folder)
        known = numbers(ledger, found, broken)
    else:
        here = set().union(*declared)
        found, broken = read_integrations(folder, {name for name in known.keys() & here if known[name] % parts == part})

    def mine(name: str) -> bool:
        return known.get(name, 0) % parts == part

    return {name: item for name, item in found.items() if mine(name)}, {
        name: error for name, error in broken.items() if mine(name)
    }


def rebalance(ledger: Ledger, found: Mapping[str, Integration]) -> dict[str, int]:
    """Place everybody again; returns customer → the number of its batch. Runs that are under way keep theirs."""
    with lease(ledger, "batches"), ledger.session() as session:
        batches.leave(session, batches.numbers(session))
        made = placed(found, batches.people(session), _queues(found), {})
        batches.keep(session, made)
    return made


def _queues(found: Mapping[str, Integration]) -> dict[str, str]:
    return {name: source(item.source.system).queue(item) for name, item in found.items()}
