"""What the engine asks of a flow. A new one is a module with a subclass, and a line in `flows.FLOWS`.

The methods of `BaseFlow` say what is true of an ordinary flow; each flow says only where it is another one.
"""

from collections.abc import Mapping, Set

from veerpont.flows.building import Building
from veerpont.flows.job import Job
from veerpont.flows.reading import Reading
from veerpont.model.records import Record
from veerpont.store.employers import Gate


class BaseFlow:
    """One kind of data: what is particular about reading, building, comparing and removing it.

    `record`: what a portal gets of it.
    """

    record: type[Record]

    # -- reading -------------------------------------------------------------------------------------------------------

    def waits(self, gate: Mapping[str, Gate]) -> str:
        """Say why nothing is read now; empty: it is read. `gate`: employer code → state."""
        if Gate.ACTIVE in gate.values():
            return ""
        return "No employer is active: nothing is read. Activate one with `veerpont employers activate`."

    def employers(self, gate: Mapping[str, Gate]) -> Set[str] | None:
        """Return the employers whose rows are asked for; None: of every one."""
        return {code for code, state in gate.items() if state is Gate.ACTIVE}

    def scope(self, job: Job) -> str:
        """Return which part of the rows this run asks for; empty: all."""
        return ""

    def names(self, job: Job) -> frozenset[str]:
        """Return our names of what is needed of a row beside what the portals get."""
        return frozenset()

    def read(self, reading: Reading) -> None:
        """Stage the rows that may be kept."""
        raise NotImplementedError

    # -- building ------------------------------------------------------------------------------------------------------

    def build(self, building: Building) -> None:
        """Stage the records that the staged rows make, in the order of a file."""
        raise NotImplementedError
