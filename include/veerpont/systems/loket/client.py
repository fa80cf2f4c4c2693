"""Sends GET calls to Loket at its pace, and reads lists whole or says why not.

Facts: docs/reference/loket.md, 1.3, 2 and 4.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

import requests

from veerpont.model.failures import DriftError
from veerpont.model.messages import Message, coded
from veerpont.store.clock import Clock, now
from veerpont.systems.http import AgainError, Limits, SystemAnswers, ask, patiently
from veerpont.systems.http_answer import Answer
from veerpont.systems.loket.errors import LIMITS, system
from veerpont.systems.loket.resources import Resource, value
from veerpont.systems.source import Note, Row

PAGE_SIZE = 250  # the default; no larger one is documented (docs/reference/loket.md, 2)
_PAUSES = (1.0, 3.0, 8.0, 20.0)  # so five tries of one call
_LONGEST_SLEEP = 60.0  # a longer wait is given back, so that it costs no worker slot

Query = Mapping[str, str]
Body = dict[str, object]
T = TypeVar("T")
R = TypeVar("R")


class Access(Protocol):
    """Where access tokens come from."""

    def access(self, refused: str | None = None) -> str: ...


class Pace:
    """At most so many calls a second, whatever the number of threads; all of them stop when Loket asks to wait."""

    def __init__(
        self,
        per_second: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1 / per_second
        self._sleep, self._clock = sleep, clock
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Sleep until it is this call's turn."""
        with self._lock:
            moment = self._clock()
            turn = max(self._next, moment)
            self._next = turn + self._gap
        if turn > moment:
            self._sleep(turn - moment)

    def hold(self, seconds: float) -> None:
        """Let no call go before so many seconds have passed."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)


def items_came(came: int, all_: object) -> Message:
    """Return that not all items of a list came."""
    return coded("loket.items_came", "{came} of {all} items came", came=came, all=all_)


PARALLEL = 4
"""Calls at the same time (docs/reference/loket.md, 4)."""


@dataclass
class Client:
    """One login of one environment. `base` ends in /v2; `session` makes a session for each thread."""

    base: str
    tokens: Access
    session: Callable[[], requests.Session]
    pace: Pace
    parallel: int = PARALLEL
    limits: Limits = LIMITS
    system: SystemAnswers = field(default_factory=system)
    note: Note = print
    sleep: Callable[[float], None] = time.sleep
    clock: Clock = now
    calls: int = 0
    _noted: set[str] = field(default_factory=set)
    _own: threading.local = field(default_factory=threading.local)

    def content(self, resource: Resource, *ids: str) -> Body:
        """Return one object."""
        body = self._get(resource, ids, {}, lambda body: isinstance(body.get("content"), dict))
        return cast("Body", body["content"])

    def rows(self, resource: Resource, *ids: str, query: Query | None = None) -> list[Row]:
        """Return every item of a list; one that moved while it was read is read once more from the start.

        Raises:
            DriftError: the pages do not make up the list that they say to be part of.
            SettingsError, PassingError: as for every call.
        """
        try:
            return self._rows(resource, ids, query or {})
        except DriftError:
            return self._rows(resource, ids, query or {})

    def each(self, what: Callable[[T], R], items: Sequence[T]) -> Iterable[R]:
        """Return what `what` makes of each item, in their order, a few at a time; the first error ends it."""
        pool = ThreadPoolExecutor(self.parallel)
        try:
            contexts = [copy_context() for _ in items]  # a thread of the pool has none of ours
            yield from pool.map(lambda context, item: context.run(what, item), contexts, items)
        finally:
            pool.shutdown(cancel_futures=True)

    def _rows(self, resource: Resource, ids: Sequence[str], query: Query) -> list[Row]:
        found: dict[object, Row] = {}
        number, total = 0, -1
        more = True
        while more:
            number += 1
            page = {**query, "orderBy": resource.id, "pageNumber": str(number), "pageSize": str(PAGE_SIZE)}
            body = self._get(resource, ids, page, lambda body: _is_page(body, resource))
            items, known = cast("list[Row]", body["_embedded"]), len(found)
            found.update((value(item, resource.id), item) for item in items)
            if total not in {-1, body["totalSize"]}:
                raise self._drift(resource, coded("loket.list_changed", "the list changed"))
            total = cast("int", body["totalSize"])
            if body.get("currentPage", number) != number or (items and len(found) == known):
                raise self._drift(resource, coded("loket.page_again", "a page came again"))
            more = bool(items) and (len(found) < total or number < cast("int", body.get("totalPages", 0)))
        if len(found) != total:
            raise self._drift(resource, items_came(len(found), total))
        return list(found.values())

    def _drift(self, resource: Resource, what: Message) -> DriftError:
        return DriftError(
            coded(
                "loket.drift",
                "{activity}: {what} while it was read, so it is not complete. Run it again.",
                activity=resource.activity,
                what=what,
            )
        )

    def _get(self, resource: Resource, ids: Sequence[str], query: Query, valid: Callable[[Body], bool]) -> Body:
        def once() -> Body:
            body = self._answer("GET", resource, ids, params=query).object()
            if body is None or not valid(body):
                raise AgainError(
                    coded(
                        "loket.no_json",
                        "Loket gives an answer that is not the JSON that it documents. ({activity})",
                        activity=resource.activity,
                    ),
                    self.clock(),
                )
            return body

        body = self._patiently(once, _PAUSES)
        self._tell(resource, body)
        return body

    def _patiently(self, once: Callable[[], T], pauses: Sequence[float]) -> T:
        spread = [pause * random.uniform(0.5, 1.5) for pause in pauses]  # noqa: S311 -- spreads tries, no secret
        return patiently(once, spread, _LONGEST_SLEEP, self.sleep, self.pace.hold)

    def _answer(
        self, method: str, resource: Resource, ids: Sequence[str], also: Sequence[int] = (), **request: object
    ) -> Answer:
        """Return an answer of 200, or of another status that is one `also`."""
        access = self.tokens.access()
        answer = self._ask(method, resource, ids, access, request)
        if answer.status == 401:  # Loket asks not to call again with the same token
            access = self.tokens.access(refused=access)
            answer = self._ask(method, resource, ids, access, request)
        if answer.status not in {200, *also}:
            raise self.system.failure(answer, resource.activity, self.clock(), self.limits)
        return answer

    def _ask(
        self, method: str, resource: Resource, ids: Sequence[str], access: str, request: Mapping[str, object]
    ) -> Answer:
        if not hasattr(self._own, "session"):
            self._own.session = self.session()
        self.pace.wait()
        self.calls += 1

        def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {access}"  # set here, so that no .netrc is ever consulted
            return request

        headers = {"Accept": f"application/json;version={resource.version}"}
        if "data" in request:
            headers["Content-Type"] = "application/json"
        url = self.base + resource.path.format(*ids)
        return ask(
            self._own.session,
            self.system,
            self.limits,
            self.clock(),
            resource.activity,
            method,
            url,
            headers=headers,
            auth=authorise,
            **request,
        )

    def _tell(self, resource: Resource, body: Body) -> None:
        """Note once that a version will go, and that Loket warns; not its words, which may hold anything."""
        if value(body, "version.obsoleteDate"):
            self._note_once(
                f"Loket retires version {resource.version} of {resource.activity} on "
                f"{str(value(body, 'version.obsoleteDate'))[:10]}: an engineer must move it to a newer one before."
            )
        messages = body.get("messages")
        for message in messages if isinstance(messages, list) else []:
            kind = value(message, "type")
            # docs/reference/loket.md, 4: a text, or an object that has it
            if "Warning" in (kind, value(kind, "value")):
                self._note_once(f"Loket warns with {resource.activity}, code {value(message, 'code')}.")

    def _note_once(self, sentence: str) -> None:
        if sentence not in self._noted:
            self._noted.add(sentence)
            self.note(sentence)


def _is_page(body: Body, resource: Resource) -> bool:
    items, total = body.get("_embedded"), body.get("totalSize")
    return (
        isinstance(items, list)
        and isinstance(total, int)
        and all(isinstance(value(item, resource.id), str) for item in items)
    )
