"""Which calls there are: method, path, activity, versions, and what answers (docs/reference/loket.md, 3)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal, TypeVar

from veerpont_sandbox.loket.answers import RefusedError, Shape
from veerpont_sandbox.loket.provider import (
    Absence,
    Administration,
    Employee,
    Employer,
    Employment,
    Json,
    Provider,
)

Found = TypeVar("Found")
FIRST = "2018-01-01"
"""The version of most resources."""


class Call:
    """One call of one operation. `about`: the version that was chosen; `asked`: the query, names in lower case."""

    def __init__(
        self,
        provider: Provider,
        ids: dict[str, str],
        asked: dict[str, str],
        about: str,
        *,
        body: Any,
        match: str | None,
        activities: list[str],
    ) -> None:
        self.provider = provider
        self.activities = activities
        self.ids = ids
        self.asked = asked
        self.about = about
        self.body = body
        self.match = match
        self.messages: list[Json] = []
        """What goes into `messages` of a successful answer."""

    @cached_property
    def employer(self) -> Employer:
        return self._found(each for each in self.provider.employers if each.id == self.ids["employerid"])

    @cached_property
    def administration(self) -> Administration:
        wanted = self.ids["payrolladministrationid"]
        every = (each for employer in self.provider.employers for each in employer.administrations)
        return self._found(each for each in every if each.content["id"] == wanted)

    @cached_property
    def employee(self) -> Employee:
        wanted = self.ids["employeeid"]
        found = self._found(p for _, p in self.provider.people() if p.content["id"] == wanted)
        return self._reached(found)

    @cached_property
    def employment(self) -> Employment:
        return self._owned[1]

    @cached_property
    def person(self) -> Employee:
        """The employee of the employment."""
        return self._owned[0]

    @cached_property
    def _owned(self) -> tuple[Employee, Employment]:
        wanted = self.ids["employmentid"]
        every = ((person, each) for _, person in self.provider.people() for each in person.employments)
        found = self._found(pair for pair in every if pair[1].id == wanted)
        self._reached(found[0])
        return found

    @cached_property
    def absence(self) -> Absence:
        every = ((person, each) for _, person in self.provider.people() for each in person.absences)
        wanted = self.ids["absenceid"]
        person, found = self._found(pair for pair in every if pair[1].content["id"] == wanted)
        self._reached(person)
        return found

    def employer_of(self, person: Employee) -> Employer:
        return self._found((employer for employer, each in self.provider.people() if each is person))

    def part(self, rows: Iterable[Json], name: str, key: str = "id") -> Json:
        """Return the one of `rows` whose id is in the path as `name`."""
        return self._found(row for row in rows if row[key] == self.ids[name.lower()])

    def number(self, name: str) -> int:
        """Return a number of the path."""
        text = self.ids[name.lower()]
        if not text.isdigit():
            raise RefusedError(404)
        return int(text)

    def day(self, name: str) -> date | None:
        """Return a date of the query; None when it is not given."""
        text = self.asked.get(name.lower())
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise RefusedError(400, f"Ongeldige waarde voor {name}") from None

    @staticmethod
    def _found(rows: Iterable[Found]) -> Found:
        found = next(iter(rows), None)
        if found is None:
            raise RefusedError(404)
        return found

    def _reached(self, person: Employee) -> Employee:
        if not self.provider.sees(person):
            raise RefusedError(self.provider.settings.out_of_reach, "user")
        return person


Handler = Callable[[Call], Any]
Method = Literal["GET", "PUT", "PATCH"]


@dataclass(frozen=True)
class Operation:
    """One call."""

    method: Method
    path: str
    activity: str
    handler: Handler
    shape: Shape = "list"
    versions: tuple[str, ...] = (FIRST,)
    pattern: re.Pattern[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # The spec mixes upper and lower case in its paths: the simulator ignores case (docs/reference/loket.md, 7).
        text = re.sub(r"\{(\w+)\}", lambda name: f"(?P<{name[1].lower()}>[^/]+)", self.path)
        object.__setattr__(self, "pattern", re.compile(text, re.IGNORECASE))

    @property
    def fixed(self) -> int:
        """How many parts of the path are no parameter: the more, the more exact a match."""
        return sum("{" not in part for part in self.path.split("/"))


class Table:
    """The operations, found by method and path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = sorted(operations, key=lambda each: -each.fixed)

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        for operation in self.operations:
            if operation.method == method and (match := operation.pattern.fullmatch(path)):
                return operation, match.groupdict()
        return None
