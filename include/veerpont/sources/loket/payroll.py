"""What hours need of Loket besides lists of people: the payroll's own lists, options, and writing (loket.md 3.9, 3.10).

Lists of the payroll are told apart by whole numbers, option lists may come without an envelope, and period data is
written: three things that no other flow does.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Self

import requests

from veerpont.model.failures import SettingsError
from veerpont.sources.answers import AgainError
from veerpont.sources.loket.client import PAGE_SIZE, Client
from veerpont.sources.loket.errors import failure
from veerpont.sources.loket.resources import WRITE, Resource
from veerpont.sources.protocol import Row

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
            client.timeout,
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
            raise self._drift(resource, f"{len(found)} of {body.get('totalSize')} items came")
        return list(found.values())

    def options(self, resource: Resource, *ids: str) -> dict[str, list[Row]]:
        """Return field → its options; the envelope is not documented: a bare list or `_embedded` (section 3)."""
        body = self._patiently(lambda: self._send_any("GET", resource, ids))
        items = body.get("_embedded") if isinstance(body, dict) else body
        fields = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return {str(item.get("field")): list(item.get("options") or []) for item in fields}

    def write(self, employer: str, items: Sequence[Row]) -> None:
        """Write period data of one employer; doing it again changes nothing.

        What was not taken of it is found by looking: an answer of 200 does not say that all went in (section 3.10), and
        one of 400 may say that nothing did.
        """
        self._patiently(lambda: self._send_any("PATCH", WRITE, (employer,), items, also=(400,)))

    def _patiently(self, call: Callable[[], object]) -> object:
        for pause in _PAUSES:
            try:
                return call()
            except AgainError as error:
                wait = max(pause * random.uniform(0.5, 1.5), error.wait)  # noqa: S311 -- spreads tries, no secret
                if wait > 60:
                    raise
                self.sleep(wait)
        return call()

    def _send_any(
        self,
        method: str,
        resource: Resource,
        ids: Sequence[str],
        content: object = None,
        also: Sequence[int] = (),
    ) -> object:
        access = self.tokens.access()
        response = self._ask(method, resource, ids, content, access)
        if response.status_code == 401:
            access = self.tokens.access(refused=access)
            response = self._ask(method, resource, ids, content, access)
        if response.status_code not in {200, *also}:
            raise failure(response, resource.activity, self.clock())
        try:
            return response.json()
        except ValueError:
            raise AgainError(f"{resource.activity}: the answer is no JSON.", self.clock()) from None

    def _ask(
        self, method: str, resource: Resource, ids: Sequence[str], content: object, access: str
    ) -> requests.Response:
        headers = {"Accept": f"application/json;version={resource.version}"}
        if content is not None:
            headers["Content-Type"] = "application/json"

        def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {access}"  # set here, so that no .netrc is ever consulted
            return request

        self.pace.wait()
        self.calls += 1
        try:
            with self.session() as session:
                return session.request(
                    method,
                    self.base + resource.path.format(*ids),
                    data=None if content is None else json.dumps(content).encode(),
                    headers=headers,
                    auth=authorise,
                    timeout=self.timeout,
                    allow_redirects=False,
                )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.InvalidHeader):
            raise SettingsError("The connection has a base URL that is not valid.") from None
        except requests.RequestException as error:
            what = f"{resource.activity}: the connection broke ({type(error).__name__})."
            raise AgainError(what, self.clock()) from None
