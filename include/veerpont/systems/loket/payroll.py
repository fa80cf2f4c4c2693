"""What hours need of Loket besides lists of people: the payroll's own lists, options, and writing.

Facts: docs/reference/loket.md, 3.9, 3.10.

Lists of the payroll are told apart by whole numbers, option lists may come without an envelope, and period data is
written: three things that no other flow does.
"""

import json
from collections.abc import Sequence
from typing import Self

from veerpont.model.messages import coded
from veerpont.systems.http import AgainError
from veerpont.systems.loket.client import PAGE_SIZE, Client, items_came
from veerpont.systems.loket.resources import WRITE, Resource
from veerpont.systems.source import Row

_PAUSES = (1.0, 3.0, 8.0)


class PayrollClient(Client):
    """The client of a login, for the payroll too. The same tokens and pace; nothing else is shared."""

    @classmethod
    def of(cls, client: Client) -> Self:
        """Return one with the login of another client."""
        return cls(
            client.base,
            client.tokens,
            client.session,
            client.pace,
            client.parallel,
            client.limits,
            client.system,
            client.note,
            client.sleep,
            client.clock,
        )

    def numbered(self, resource: Resource, *ids: str) -> list[Row]:
        """Return every item of a list whose items have whole numbers for ids. Raises as `rows` does."""
        found: dict[object, Row] = {}
        for number in range(1, 1000):
            page = {"orderBy": resource.id, "pageNumber": str(number), "pageSize": str(PAGE_SIZE)}
            body = self._get(resource, ids, page, lambda body: isinstance(body.get("_embedded"), list))
            items, known = body["_embedded"], len(found)
            found.update((item[resource.id], item) for item in items)  # type: ignore[attr-defined]  # a list, as checked
            if len(found) == body.get("totalSize") or len(found) == known:
                break
        if len(found) != body.get("totalSize"):
            raise self._drift(resource, items_came(len(found), body.get("totalSize")))
        return list(found.values())

    def options(self, resource: Resource, *ids: str) -> dict[str, list[Row]]:
        """Return field → its options; the envelope is not documented: a bare list or `_embedded`.

        Facts: docs/reference/loket.md, 3.
        """

        def once() -> object:
            answer = self._answer("GET", resource, ids)
            body = answer.json()
            if body is None:
                raise AgainError(
                    coded("loket.payroll_no_json", "{activity}: the answer is no JSON.", activity=resource.activity),
                    self.clock(),
                )
            return body

        body = self._patiently(once, _PAUSES)
        items = body.get("_embedded") if isinstance(body, dict) else body
        fields = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return {str(item.get("field")): list(item.get("options") or []) for item in fields}

    def write(self, employer: str, items: Sequence[Row]) -> None:
        """Write period data of one employer; doing it again changes nothing.

        What was not taken of it is found by looking: an answer of 200 does not say that all went in
        (docs/reference/loket.md, 3.10), and one of 400 may say that nothing did.
        """
        data = json.dumps(list(items)).encode()
        self._patiently(lambda: self._answer("PATCH", WRITE, (employer,), also=(400,), data=data), _PAUSES)
