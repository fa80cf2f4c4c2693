"""The one list of what the vault keeps. A kind that is added here is swept and forgotten like the others.

The folders are a contract: vaults have them, and they never change.
"""

from dataclasses import dataclass
from enum import StrEnum

from veerpont.model.failures import SettingsError
from veerpont.store.scope import Scope


class Level(StrEnum):
    """Below which folder a kind has its own: that of a portal, of a flow (for all its portals), or of the vault."""

    PORTAL = "portal"
    FLOW = "flow"
    VAULT = "vault"


class Owner(StrEnum):
    """Who writes it, and so who may sweep it.

    `load`: written under the lease of the flow's loads; each load, and `forget`, sweeps what the ledger does not refer
    to any more. `read`: written by a read, which replaces it; `forget` sweeps it too. `run`: in the hands of one run,
    which deletes it; what a dead one left goes with the next `plan`, or with `forget`. `desk`: deleted by the task that
    takes it. `vault`: the vault's own, for ever.
    """

    LOAD = "load"
    READ = "read"
    RUN = "run"
    DESK = "desk"
    VAULT = "vault"


@dataclass(frozen=True)
class Kind:
    """One kind of things.

    What is below a customer's name goes when the customer leaves, whatever its kind. An employer that was purged is
    left out of what the next load writes; trails, which are fingerprints, and stored files go with `retention`, and
    logins stay.

    Attributes:
        folder: its part of the path, below the level.
        pointer: the kind of the ledger's pointers to it; with a space at the end they are many, and numbered. Empty:
            the ledger refers to it in another way, or not at all.
        personal: `forget` takes a person's items out. Otherwise it has none that are theirs, or has to keep them.
    """

    folder: str
    owner: Owner
    pointer: str = ""
    level: Level = Level.PORTAL
    personal: bool = True

    def path(self, scope: Scope, name: str) -> str:
        """Return where a thing of this kind with this name is."""
        return f"{self.within(scope)}/{name}"

    def within(self, scope: Scope) -> str:
        """Return the folder in which all things of this kind are."""
        below = {Level.PORTAL: scope.folder, Level.FLOW: scope.shared.folder, Level.VAULT: ""}[self.level]
        return f"{below}/{self.folder}".removeprefix("/")

    def root(self, parts: list[str]) -> list[str]:
        """Return the segments of its folder, in the same place as a path has it."""
        return [*parts[: {Level.PORTAL: 3, Level.FLOW: 2, Level.VAULT: 0}[self.level]], *self.folder.split("/")]


SNAPSHOTS = Kind("snapshots", Owner.LOAD, "snapshot")
"""Lines that a portal was told; also, by pointers of other kinds, those of a delivery that waits for its report."""
ADOPTED = Kind("adopted", Owner.LOAD, "adopted")
"""Lines that a portal in use had before we told it anything, as a person brought them; until the first delivery."""
LOOKUP = Kind("lookup", Owner.LOAD, "lookup")
"""Where each record stands in the snapshot, by keyed fingerprints of all that people ask for it by (flows.lookup)."""
STANDING = Kind("standing", Owner.LOAD, "standing")
"""How a load that left nothing open left things, for the next one to begin with."""
MISSING = Kind("missing", Owner.LOAD, "missing")
"""Told lines that the last complete reads did not show."""
REFUSED = Kind("refused", Owner.LOAD, "refused")
"""Lines that a portal refused."""
SCHEMAS = Kind("schemas", Owner.LOAD, "schema", personal=False)
"""The columns of the tables that a portal accepted."""
CHANGES = Kind("changes", Owner.LOAD)
"""What a delivery changes, until the portal has answered for each line."""
FORGOTTEN = Kind("forgotten", Owner.LOAD, "forgotten", personal=False)
"""What a portal still has of people who were forgotten: fingerprints, and the ids that it is told to delete."""
TRAILS = Kind("trails", Owner.LOAD, "trail ")
"""What each load did to which record."""
QUESTIONS = Kind("held", Owner.LOAD)
"""What a person is asked about."""
FILES = Kind("deliveries", Owner.LOAD)
"""Deliveries as a portal gets them. A file that may show a person is deleted, not written without them."""
INDEX = Kind("index", Owner.LOAD, "index", Level.FLOW)
"""Which employer and department an employee belongs to."""
LOGINS = Kind("logins", Owner.LOAD, "logins", Level.FLOW)
"""The logins that managers got."""
CONTRACTS = Kind("contracts", Owner.LOAD, "contracts", Level.FLOW)
"""The contracts that were taken over once."""
HISTORY = Kind("history", Owner.LOAD, "history", Level.FLOW)
"""Every line of absence that the source ever showed."""
STAGED = Kind("batches", Owner.RUN, level=Level.FLOW)
"""Rows and records of one run, and the vault of a preview."""
MEMORY = Kind("batches/known", Owner.READ, "known", Level.FLOW)
"""What was read of single employments and people before."""
BROUGHT = Kind("desk_work", Owner.DESK, level=Level.VAULT)
"""What somebody brought to the desk, until a task has read it."""
FINGERPRINT = Kind("fingerprint-secret", Owner.VAULT, level=Level.VAULT, personal=False)
"""The secret of fingerprints."""
BOUND = Kind("all-bound", Owner.VAULT, level=Level.VAULT, personal=False)
"""The mark that every object is bound to its place."""

KINDS = (
    *(SNAPSHOTS, ADOPTED, LOOKUP, STANDING, MISSING, REFUSED, SCHEMAS, CHANGES, FORGOTTEN, TRAILS, QUESTIONS, FILES),
    *(INDEX, LOGINS, CONTRACTS, HISTORY, STAGED, MEMORY),
    *(BROUGHT, FINGERPRINT, BOUND),
)


def of(path: str) -> Kind | None:
    """Return the kind that a path is of, with its folder or below it; None when it is of no kind."""
    parts = path.split("/")
    fitting = [kind for kind in KINDS if _begins(parts, kind.root(parts))]
    return max(fitting, key=lambda kind: len(kind.folder), default=None)


def is_folder(path: str) -> bool:
    """Tell whether a path is the folder of a kind, and not one thing of it."""
    kind, parts = of(path), path.split("/")
    return kind is not None and kind.root(parts) == parts


def pointed(pointer: str) -> Kind:
    """Return the kind that the ledger points to by this name; SettingsError when this release has no such kind."""
    for kind in KINDS:
        if pointer and kind.pointer == pointer:
            return kind
    raise SettingsError(
        f"A delivery was prepared with `{pointer}`, which this release does not know: a later one made it. Install "
        "that one again, and let it finish the delivery."
    )


def _begins(parts: list[str], root: list[str]) -> bool:
    return parts[: len(root)] == root
