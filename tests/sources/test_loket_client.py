"""How lists are read whole, at what pace, and what each answer of Loket means."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from afas_server import Clock
from loket_server import Answer, Call, LoketServer, employers

from veerpont.model.failures import DriftError, PassingError, SettingsError
from veerpont.systems.http import Limits
from veerpont.systems.loket.client import Client, Pace
from veerpont.systems.loket.errors import system
from veerpont.systems.loket.resources import EMPLOYEES, EMPLOYERS, USER
from veerpont.systems.source import Row
from veerpont.systems.wire import session

PATH = "/providers/employers"


class Fixed:
    """Access tokens that no server has to refresh."""

    def __init__(self, loket: LoketServer) -> None:
        self._loket = loket
        self.refused: list[str | None] = []

    def access(self, refused: str | None = None) -> str:
        if refused:
            self.refused.append(refused)
            self._loket.access = "fresh"
        return self._loket.access


@pytest.fixture
def access(loket: LoketServer) -> Fixed:
    loket.access = "CANARY-access"
    return Fixed(loket)


@pytest.fixture
def client(loket: LoketServer, access: Fixed, clock: Clock, notes: list[str]) -> Client:
    pace = Pace(1e6, clock.sleep, lambda: clock().timestamp())
    within = Limits(1.0, 5.0)
    return Client(f"{loket.url}/v2", access, session, pace, 4, within, system(), notes.append, clock.sleep, clock)


def many(loket: LoketServer, count: int = 600) -> list[dict[str, Any]]:
    loket.lists[PATH] = employers(count)
    return loket.lists[PATH]


def test_a_list_comes_whole_page_by_page(client: Client, loket: LoketServer) -> None:
    items = many(loket)
    assert client.rows(EMPLOYERS) == items
    assert [call.query for call in loket.calls] == [
        {"orderBy": "id", "pageNumber": number, "pageSize": "250"} for number in ("1", "2", "3")
    ]


@pytest.mark.parametrize("total_pages", [0, 1])
def test_an_empty_list_is_an_answer(client: Client, loket: LoketServer, total_pages: int) -> None:
    many(loket, 0)
    loket.page = lambda body, number: body.update(totalPages=total_pages)
    assert client.rows(EMPLOYERS) == []
    assert len(loket.calls) == 1


def test_calls_carry_exactly_these_headers_with_the_version_of_their_resource(
    client: Client, loket: LoketServer
) -> None:
    many(loket, 1)
    loket.lists["/providers/employers/x/employees"] = []
    client.rows(EMPLOYERS)
    client.rows(EMPLOYEES, "x")
    versions = []
    for call in loket.calls:
        headers = dict(call.headers)
        versions.append(headers.pop("Accept"))
        assert headers.pop("User-Agent").startswith("python-requests/")
        assert headers == {
            "Host": f"127.0.0.1:{loket.port}",
            "Accept-Encoding": headers["Accept-Encoding"],
            "Connection": "keep-alive",
            "Authorization": "Bearer CANARY-access",
        }
    assert versions == ["application/json;version=2018-01-01", "application/json;version=2021-03-29"]


# -- pages that do not make up a list -------------------------------------------------------------------------------


def _repeat(body: Row, number: int) -> None:
    body["_embedded"] = employers(250)


def _say_first(body: Row, number: int) -> None:
    body["currentPage"] = 1


def _cut(body: Row, number: int) -> None:
    body["_embedded"] = employers(600)[(number - 1) * 250 : number * 250 - 1]


def _stop(body: Row, number: int) -> None:
    if number == 2:
        body["_embedded"] = []


def _grow(body: Row, number: int) -> None:
    body["totalSize"] = 600 + number


def _too_few(body: Row, number: int) -> None:
    body["totalSize"] = 250


@pytest.mark.parametrize("fault", [_repeat, _say_first, _cut, _stop, _grow, _too_few])
def test_pages_that_do_not_add_up_are_never_a_complete_list(
    client: Client, loket: LoketServer, fault: Callable[[Row, int], None]
) -> None:
    many(loket)
    loket.page = fault
    with pytest.raises(DriftError, match="GetEmployersByUserId"):
        client.rows(EMPLOYERS)
    assert len(loket.calls) <= 8  # read once more, and then given up


def test_an_item_that_comes_twice_counts_once(client: Client, loket: LoketServer) -> None:
    items = many(loket)

    def shifted(body: Row, number: int) -> None:
        start = (number - 1) * 250 - (number > 1)  # each page begins with the last item of the one before
        body["_embedded"] = items[start : number * 250]

    loket.page = shifted
    assert client.rows(EMPLOYERS) == items


def test_a_list_that_moved_once_is_read_again(client: Client, loket: LoketServer) -> None:
    items = many(loket)
    gone: list[dict[str, Any]] = []

    def move(body: Row, number: int) -> None:
        if number == 1 and not gone:
            gone.append(items.pop(0))

    loket.page = move
    assert client.rows(EMPLOYERS) == items


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"totalSize": 1, "_embedded": [{}]}', b'{"_embedded": []}', b'{"totalSize": "1"']
)
def test_a_broken_body_is_asked_for_again_and_is_never_the_end(
    client: Client, loket: LoketServer, clock: Clock, body: bytes
) -> None:
    items = many(loket, 300)
    loket.answer(PATH, Answer(200, body))
    assert client.rows(EMPLOYERS) == items
    loket.answer(PATH, *[Answer(200, body)] * 9)
    with pytest.raises(PassingError):
        client.rows(EMPLOYERS)


def test_a_body_that_breaks_off_is_asked_for_again(client: Client, loket: LoketServer) -> None:
    items = many(loket, 300)
    loket.answer(PATH, Answer(200, b'{"totalSize": 0, "_embedded": []}', {"Content-Length": "99"}, cut=33))
    loket.answer(PATH, Answer(reset=True))
    assert client.rows(EMPLOYERS) == items


# -- statuses -------------------------------------------------------------------------------------------------------


def test_a_401_is_answered_with_one_fresh_token(client: Client, loket: LoketServer, access: Fixed) -> None:
    many(loket, 1)
    loket.answer(PATH, Answer(401))
    assert len(client.rows(EMPLOYERS)) == 1
    assert access.refused == ["CANARY-access"]
    loket.answer(PATH, Answer(401), Answer(401))
    with pytest.raises(SettingsError, match="GetEmployersByUserId"):
        client.rows(EMPLOYERS)
    assert len(loket.calls) == 4


@pytest.mark.parametrize(
    ("status", "word"), [(400, "GetEmployers"), (403, "not allow GetEmployers"), (404, "base URL")]
)
def test_what_no_repeat_can_mend_is_asked_once_and_never_quoted(
    client: Client, loket: LoketServer, status: int, word: str, secrets_hidden: Callable[[object], None]
) -> None:
    loket.answer(PATH, Answer(status, b'{"message": "CANARY"}'))
    with pytest.raises(SettingsError, match=word) as error:
        client.rows(EMPLOYERS)
    assert len(loket.calls) == 1
    secrets_hidden(error.value)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_status_is_tried_again_a_few_times(
    client: Client, loket: LoketServer, clock: Clock, status: int
) -> None:
    many(loket, 1)
    loket.answer(PATH, *[Answer(status)] * 3)
    assert len(client.rows(EMPLOYERS)) == 1
    assert all(seconds >= 0.5 for seconds in clock.slept[-3:])
    loket.answer(PATH, *[Answer(status)] * 9)
    with pytest.raises(PassingError):
        client.rows(EMPLOYERS)
    assert len(loket.calls) == 4 + 5


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_respected_and_a_long_one_given_back(
    client: Client, loket: LoketServer, clock: Clock, as_date: bool
) -> None:
    many(loket, 1)

    def after(seconds: int) -> Answer:
        moment = datetime.fromtimestamp(clock.now.timestamp() + seconds, UTC)
        return Answer(429, headers={"Retry-After": format_datetime(moment, usegmt=True) if as_date else str(seconds)})

    loket.answer(PATH, after(17))
    began = clock.now
    client.rows(EMPLOYERS)
    assert 17 <= (clock.now - began).total_seconds() < 40
    loket.answer(PATH, after(600))
    with pytest.raises(PassingError) as error:
        client.rows(EMPLOYERS)
    assert error.value.retry_at is not None
    assert 599 <= (error.value.retry_at - clock.now).total_seconds() <= 601


def test_a_storm_of_429_costs_time_and_no_row(client: Client, loket: LoketServer) -> None:
    items = many(loket, 900)
    answer = loket._answer

    def storm(call: Call) -> Answer:
        return Answer(429, headers={"Retry-After": "2"}) if len(loket.calls) % 3 else answer(call)

    loket._answer = storm  # type: ignore[method-assign]  # two of three calls are refused
    assert client.rows(EMPLOYERS) == items


# -- what is told ---------------------------------------------------------------------------------------------------


def test_a_retired_version_and_warnings_are_told_once(
    client: Client, loket: LoketServer, notes: list[str], secrets_hidden: Callable[[object], None]
) -> None:
    many(loket)

    def tell(body: Row, number: int) -> None:
        body["version"] = {"resourceVersion": "2018-01-01", "obsoleteDate": "2027-05-01T00:00:00"}
        body["messages"] = [
            {"code": 7, "type": "Warning", "description": "CANARY"},
            {"code": 8, "type": {"key": 2, "value": "Warning"}, "description": "CANARY"},
            {"code": 9, "type": "Info", "description": "CANARY"},
        ]

    loket.page = tell
    client.rows(EMPLOYERS)
    secrets_hidden(notes)
    assert len(notes) == 3
    assert "2027-05-01" in notes[0]
    assert "code 7" in notes[1]
    assert "code 8" in notes[2]


def test_one_object_is_read_from_its_content(client: Client, loket: LoketServer) -> None:
    assert client.content(USER) == {"id": "u"}


# -- pace -----------------------------------------------------------------------------------------------------------


def test_calls_keep_their_pace_whatever_the_number_of_threads(clock: Clock) -> None:
    pace = Pace(5, clock.sleep, lambda: clock().timestamp())
    began = clock.now
    for _ in range(51):
        pace.wait()
    assert (clock.now - began).total_seconds() == pytest.approx(10)
    pace.hold(30)
    pace.wait()
    assert (clock.now - began).total_seconds() == pytest.approx(40, abs=0.3)


def test_no_more_calls_at_once_than_allowed(client: Client) -> None:
    busy: list[int] = []
    together: list[int] = []
    lock = threading.Lock()

    def work(item: int) -> int:
        with lock:
            busy.append(item)
            together.append(len(busy))
        time.sleep(0.01)
        with lock:
            busy.remove(item)
        return item

    assert list(client.each(work, range(20))) == list(range(20))
    assert 1 < max(together) <= 4
