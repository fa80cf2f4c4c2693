"""Refresh tokens: stored before they are used, one refresh for all who wait, and one clear error when one is lost."""

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from afas_server import Clock
from loket_home import refresh, tokens
from loket_server import Answer, Call, LoketServer, ok
from proving import Proof

from veerpont.model.failures import PassingError, SettingsError
from veerpont.store.tables import Token

Settings = dict[str, str]


@pytest.mark.parametrize("strict", [True, False])
def test_one_refresh_serves_every_worker_until_shortly_before_it_expires(
    home: Settings, loket: LoketServer, clock: Clock, strict: bool
) -> None:
    loket.strict = strict
    first, second = (tokens(home, loket.url, clock=clock) for _ in range(2))
    assert first.access() == second.access() == first.access() == "CANARY-access-1"
    clock.sleep(3599 - 61)
    assert second.access() == "CANARY-access-1"
    clock.sleep(2)
    assert first.access() == second.access() == "CANARY-access-2"
    assert tokens(home, loket.url, clock=clock).access(refused="CANARY-access-2") == "CANARY-access-3"
    assert first.access(refused="CANARY-access-2") == "CANARY-access-3"
    assert loket.issued == 3


def test_the_form_says_who_we_are_and_no_header_does(home: Settings, loket: LoketServer) -> None:
    tokens(home, loket.url).access()
    (call,) = loket.calls
    assert call.body == (
        "grant_type=refresh_token&refresh_token=CANARY-refresh-0&client_id=id&client_secret=CANARY-secret"
    )
    headers = dict(call.headers)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in headers
    assert "CANARY" not in str(headers)


def test_tokens_are_stored_sealed_before_they_are_used(
    home: Settings, loket: LoketServer, tmp_path: Path, secrets_hidden: Callable[[object], None]
) -> None:
    found = tokens(home, loket.url)
    found.access()
    secrets_hidden(found)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"CANARY" not in stored
    assert tokens(home, loket.url, first="").access() == "CANARY-access-1"


def test_a_token_that_is_refused_is_asked_for_once_and_never_again(
    home: Settings, loket: LoketServer, secrets_hidden: Callable[[object], None]
) -> None:
    tokens(home, loket.url).access()
    loket.refresh = "another"
    for _ in range(3):
        with pytest.raises(SettingsError, match="veerpont loket authorise acme") as error:
            tokens(home, loket.url).access(refused="CANARY-access-1")
        secrets_hidden(error.value)
    assert len(loket.calls) == 2


def test_what_another_worker_stored_meanwhile_is_tried_before_anybody_is_told(
    home: Settings, loket: LoketServer
) -> None:
    ours = tokens(home, loket.url)
    ours.access()
    loket.refresh = "CANARY-newer"
    loket.answer("/token", Answer(400, b'{"error": "invalid_grant"}'))
    read = ours._row

    def read_and_change() -> Token | None:
        row = read()
        if row is not None and len(loket.calls) == 2:
            with ours.ledger.session() as session:
                stored = session.get(Token, "loket_test")
                assert stored is not None
                stored.refresh = ours.vault.seal("CANARY-newer")
            return read()
        return row

    ours._row = read_and_change  # type: ignore[method-assign]  # between the refusal and the second look
    assert ours.access(refused="CANARY-access-1") == "CANARY-access-2"


def test_a_wrong_client_fails_at_once(home: Settings, loket: LoketServer) -> None:
    loket.answer("/token", Answer(401, b'{"error": "invalid_client"}'))
    with pytest.raises(SettingsError, match=r"client id or client secret.*loket_test"):
        tokens(home, loket.url).access()
    assert len(loket.calls) == 1
    assert tokens(home, loket.url).access() == "CANARY-access-1"


@pytest.mark.parametrize(
    "lost", [Answer(reset=True), Answer(503, headers={"Retry-After": "120"}), ok({}), Answer(200, b'{"acc', cut=3)]
)
def test_no_answer_is_not_tried_again_in_place(home: Settings, loket: LoketServer, lost: Answer) -> None:
    loket.answer("/token", lost)
    with pytest.raises(PassingError) as error:
        tokens(home, loket.url).access()
    assert error.value.retry_at is not None
    assert len(loket.calls) == 1
    assert tokens(home, loket.url).access() == "CANARY-access-1"


@pytest.mark.parametrize("strict", [True, False])
def test_an_answer_lost_after_the_server_changed_the_token_ends_in_one_clear_error(
    home: Settings, loket: LoketServer, strict: bool
) -> None:
    loket.strict = strict
    answer = loket._answer

    def lose(call: Call) -> Answer:
        given = answer(call)
        return Answer(reset=True) if len(loket.calls) == 1 else given

    loket._answer = lose  # type: ignore[method-assign]  # what it did stays done
    with pytest.raises(PassingError):
        tokens(home, loket.url).access()
    if not strict:
        assert tokens(home, loket.url).access() == "CANARY-access-2"
        return
    for _ in range(5):
        with pytest.raises(SettingsError, match="veerpont loket authorise acme"):
            tokens(home, loket.url).access()
    assert len(loket.calls) == 2
    tokens(home, loket.url).exchange("CANARY-code", "https://example.nl/back")
    assert tokens(home, loket.url).access() == "CANARY-access-2"


def test_another_first_token_in_the_connection_starts_again(home: Settings, loket: LoketServer) -> None:
    tokens(home, loket.url).access()
    loket.refresh = "CANARY-given-by-a-person"
    assert tokens(home, loket.url, first="CANARY-given-by-a-person").access("CANARY-access-1") == "CANARY-access-2"
    assert tokens(home, loket.url, first="CANARY-given-by-a-person").access("CANARY-access-2") == "CANARY-access-3"


def test_a_worker_that_stood_still_keeps_what_it_was_given(home: Settings, loket: LoketServer) -> None:
    slow, fast = tokens(home, loket.url), tokens(home, loket.url)
    slow.access()
    seal = slow.vault.seal

    def stand_still(secret: str) -> str:
        slow.vault.seal = seal  # type: ignore[method-assign]
        with fast.ledger.session() as session:
            session.query(Token).update({"refused": True, "number": Token.number + 1})
        return seal(secret)

    slow.vault.seal = stand_still  # type: ignore[method-assign]
    assert slow.access(refused="CANARY-access-1") == "CANARY-access-2"
    assert fast.access() == "CANARY-access-2"


def test_without_any_token_it_says_how_to_get_one(home: Settings, loket: LoketServer) -> None:
    with pytest.raises(SettingsError, match=r"no refresh token yet.*veerpont loket authorise acme"):
        tokens(home, loket.url, first="").access()
    assert loket.calls == []


def test_eight_processes_that_refresh_at_once_and_are_killed_at_random(
    home: Settings, loket: LoketServer, children: ForkServerContext, proof: Proof
) -> None:
    """After each round there is a valid token, or an answer was lost and everybody says so."""
    rounds = proof.size(1000, 8)
    chance = random.Random(5)
    lost = killed = 0
    loket.committed = lambda: time.sleep(chance.uniform(0, 0.02))  # the time in which a kill loses the answer
    known = tokens(home, loket.url).access()
    for _ in range(rounds):
        workers = [children.Process(target=refresh, args=(home, loket.url, known)) for _ in range(8)]
        for worker in workers:
            worker.start()
        deadline = time.monotonic() + chance.uniform(0, 0.25)
        for victim in chance.sample(workers, chance.randrange(8)):
            victim.join(max(0.0, deadline - time.monotonic()))
            victim.kill()
        for worker in workers:
            worker.join(30)
        codes = [worker.exitcode for worker in workers]
        killed += codes.count(-9)
        assert set(codes) <= {0, 3, -9}, codes
        with suppress(SettingsError):
            known = tokens(home, loket.url).access()
        if known != loket.access:
            asked = len(loket.calls)
            with pytest.raises(SettingsError, match="veerpont loket authorise acme"):
                tokens(home, loket.url).access()
            assert len(loket.calls) == asked
            lost += 1
            loket.code = f"code {lost}"
            tokens(home, loket.url).exchange(loket.code, "https://example.nl/back")
            known = tokens(home, loket.url).access()
        assert known == loket.access
    proof.note(f"killed, of {rounds} rounds of 8 processes", killed)
    proof.note("refreshes; answers that were lost, and told", f"{loket.issued}; {lost}")
    with sqlite3.connect(home["VEERPONT_LEDGER"].removeprefix("sqlite:///")) as database:
        assert database.execute("SELECT count(*) FROM tokens").fetchone() == (1,)


def test_the_lock_is_held_no_longer_than_its_life(home: Settings, loket: LoketServer) -> None:
    assert tokens(home, loket.url).limits.whole < timedelta(seconds=90).total_seconds()
