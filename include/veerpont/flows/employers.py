"""The flow employers: the gate through which all other flows pass."""

from collections import Counter
from collections.abc import Callable, Mapping

from veerpont.flows.building import Building
from veerpont.flows.flow import BaseFlow, Place
from veerpont.flows.job import duplicate
from veerpont.flows.reading import Reading
from veerpont.model.records import Employer
from veerpont.store import employers
from veerpont.store.employers import Gate


class Employers(BaseFlow):
    """Employers pass the gate by themselves, so their flow waits for none, and asks for all of them."""

    record = Employer

    def waits(self, gate: Mapping[str, Gate]) -> str:
        return ""

    def employers(self, gate: Mapping[str, Gate]) -> None:
        return None

    def read(self, reading: Reading) -> None:
        """Few rows: held in memory until it is known which may be kept."""
        job, system = reading.job, reading.system
        rows = [row for page in reading.pages() for row in page]
        names: dict[str, set[str]] = {}
        for row in rows:
            record = system.record(job.flow, reading.slim(row))
            if isinstance(record, Employer):
                names.setdefault(record.employer_code, set()).add(record.name)
        with job.ledger.session() as session:
            for code, shown in names.items():
                if len(shown) == 1:  # two names for one code say nothing yet: `build` rejects them
                    employers.show(session, job.name, code, *shown)
            session.flush()
            gate = self.gate(session, job.integration, job.today)
        for row in rows:
            shown_code = system.employer_code(job.flow, row)
            state = gate.get(shown_code or "", Gate.ACTIVE)
            if state is not Gate.ACTIVE:
                reading.filtered += 1
                reading.outside += state is Gate.OVER
            else:
                reading.stage(row)

    def build(self, building: Building) -> None:
        problems = building.problems
        found: dict[str, Employer] = {}
        rows: Counter[str] = Counter()
        for key, _, record in building.records(Employer):
            rows[key] += 1
            if found.setdefault(key, record) != record:
                problems.add(key, duplicate("employer_code", "two employers with one code"), rows=0)
        for key in sorted(found, key=lambda key: found[key].order):
            if key in problems:
                problems.cost(key, rows[key])
            else:
                building.stage(key, rows[key], found[key])

    def why_not(self, place: Place, key: str) -> str:
        if key not in place.gate:
            return "the source never showed an employer with this code."
        if place.gate[key].state != Gate.ACTIVE:
            return f"this employer is {place.gate[key].state}: only its code and name are kept until it is active."
        return "this employer is active, and no run has brought it since."

    def may_show(self, looked: Callable[[], bool]) -> bool:
        """Nobody is in an employer's line."""
        return False
