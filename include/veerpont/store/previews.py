"""What a preview at the desk came to: counts by portal, what would wait for a person, and rejects by reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WouldWait:
    """What would wait for a person. `what`: removals or whole; `reasons`: codes of the catalog."""

    portal: str
    what: str
    reasons: tuple[str, ...]
    count: int


@dataclass
class PreviewFound:
    """What a preview came to. `portals`: portal → fate → records; `rejects`: reason → records, `new` of them so far."""

    portals: dict[str, dict[str, int]] = field(default_factory=dict)
    held: list[WouldWait] = field(default_factory=list)
    rejects: dict[str, int] = field(default_factory=dict)
    new: int = 0


def kept(found: PreviewFound) -> dict[str, int]:
    """Return it as counts by name, as the ledger keeps them; never a record key."""
    counts = {
        f"portal {portal} {fate}": count for portal, fates in found.portals.items() for fate, count in fates.items()
    }
    counts |= {f"held {each.portal} {each.what} {' '.join(each.reasons)}": each.count for each in found.held}
    return counts | {f"reject {reason}": count for reason, count in found.rejects.items()} | {"new": found.new}


def read(counts: Mapping[str, int]) -> PreviewFound:
    """Return what `kept` made counts of."""
    found = PreviewFound(new=counts.get("new", 0))
    for name, count in counts.items():
        match name.split():
            case ["portal", portal, fate]:
                found.portals.setdefault(portal, {})[fate] = count
            case ["held", portal, what, *reasons]:
                found.held.append(WouldWait(portal, what, tuple(reasons), count))
            case ["reject", reason]:
                found.rejects[reason] = count
    found.rejects = dict(sorted(found.rejects.items(), key=lambda item: -item[1]))
    return found
