"""A sandbox, and a crossing that runs flows against it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import ready_ledgers
from crossings import ABSENCE, After, Crossing, Make, move_clock
from of_a_test import settings_for
from shared import NIGHTLY, Account, join
from unhurried import unhurried  # noqa: F401 -- a fixture of all

from veerpont.store import clock
from veerpont_sandbox.afas.environment import Environment
from veerpont_sandbox.customers import CustomerSpec
from veerpont_sandbox.portal.state import Settings, load_state
from veerpont_sandbox.world import Sandbox


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder, in memory where the machine has that: a run makes hundreds of small transactions."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as made:
        yield Path(made)


@pytest.fixture
def home() -> Iterator[Path]:
    with folder() as made:
        yield made


@dataclass(frozen=True)
class Night:
    """What a first night left behind: all files, where they were, and the access tokens that Loket gave."""

    home: Path
    was: Path
    tokens: dict[str, dict[str, float]]


def _name(work: Callable[[Crossing], object]) -> str:
    return f"{work.__module__}.{work.__qualname__}"


@pytest.fixture(scope="session")
def nights() -> Iterator[tuple[Path, dict[Any, Night]]]:
    """Where first nights are kept, and those that are."""
    with folder() as kept:
        yield kept, {}


@pytest.fixture
def make(home: Path, nights: tuple[Path, dict[Any, Night]]) -> Iterator[Make]:
    """Start a sandbox with these customers, and return a crossing for the first of them with nothing known yet.

    `night`: the flows of a first night that it has behind it. `ready`: what is done before such a night, `then`: what
    is done instead of one, or after it, and changes nothing at the sources. The next one with the same goes on from a
    copy, as the sandbox does after a restart.
    """
    with ExitStack() as stack:

        def start(
            *customers: str | CustomerSpec,
            people: int = 40,
            bad_rows: tuple[str, ...] = (),
            night: tuple[str, ...] = (),
            ready: Callable[[Crossing], object] = id,
            then: Callable[[Crossing], object] = id,
        ) -> Crossing:
            kept, known = nights
            names = tuple(each if isinstance(each, str) else each.name for each in customers)
            key = (names, people, bad_rows, night, _name(ready), _name(then))
            before = known.get(key) if night or then is not id else None
            if before:
                shutil.copytree(before.home, home, dirs_exist_ok=True)
            sandbox = Sandbox(home / "sandbox", customers or ("veerhuis",), people=people, bad_rows=bad_rows)
            crossing = stack.enter_context(settings_for(home, stack.enter_context(sandbox)))
            if before:
                for file in (before.home / "integrations").iterdir():
                    text = file.read_text().replace(str(before.was), str(home))
                    (home / "integrations" / file.name).write_text(text)
                for name, tokens in before.tokens.items():
                    sandbox.loket.tokens[name]._access |= tokens
            elif night or then is not id:
                ready(crossing)
                if night:
                    crossing.first_night(*night)
                then(crossing)
                sandbox.portal.settle()
                ready_ledgers.let_go()
                at = kept / str(len(known))
                shutil.copytree(home, at, ignore=lambda *_: ["sandbox.json"])  # its ports: the copy gets others
                tokens = {name: dict(each._access) for name, each in sandbox.loket.tokens.items()}
                known[key] = Night(at, home, tokens)
            return crossing

        yield start


@pytest.fixture
def crossing(make: Make) -> Crossing:
    """Veerhuis on its first day: nothing is known of it yet."""
    return make()


@dataclass(frozen=True)
class Later:
    """What some work after a first night left behind: at our side, at the portal, at AFAS, and of the crossing."""

    home: Path
    settings: Settings
    cases: list[Any]
    tables: dict[str, Any]
    clocks: tuple[datetime | None, str | None]
    requests: tuple[list[Any], list[Any]]
    crossing: tuple[datetime, datetime | None, list[str]]


class Morning:
    """A sandbox that runs for the whole session, and what a first night of veerhuis left behind, to go back to."""

    def __init__(self, sandbox: Sandbox, kept: Path) -> None:
        self.sandbox = sandbox
        self.kept = kept
        self.account = sandbox.portal.accounts["veerhuis"]
        with settings_for(kept, sandbox) as crossing:
            crossing.first_night()
        shutil.copytree(self.account.folder, kept / "portal")
        self.cases = sandbox.afas.environments["veerhuis"].books[ABSENCE].cases()
        tables = sandbox.afas.environments["veerhuis"].tables
        self.rows = {name: (table.connector, table.rows) for name, table in tables.items()}
        self.behind: tuple[str, ...] = ()
        self.later: dict[tuple[str, ...], Later] = {}

    def restore(self, home: Path) -> None:
        """Put portal and AFAS back, and ledger and vault into `home`."""
        self.behind = ()
        self.sandbox.portal.settle()
        self.sandbox.faults.clear()
        self.sandbox.afas.requests.clear()
        environment = self.sandbox.afas.environments["veerhuis"]
        for name in environment.tables.keys() - self.rows.keys():
            environment.drop(name)
        environment.books[ABSENCE].restore(self.cases)  # first: rows put beside a book are kept as a difference to it
        for name, table in environment.tables.items():
            (table.connector, table.rows), table.days = self.rows[name], None
        environment.clock = None
        shutil.rmtree(self.account.folder)
        shutil.copytree(self.kept / "portal", self.account.folder)
        self.account.state, self.account.settings = load_state(self.account.folder), Settings()
        shutil.copytree(self.kept, home, dirs_exist_ok=True, ignore=lambda *_: ["portal", "later"])

    def after(self, known: Crossing, work: Callable[[Crossing], object]) -> None:
        """Let this work be done, after all that was done in this way before: the second time it is a copy."""
        self.behind += (_name(work),)
        if self.behind in self.later:
            self._go_on(known, self.later[self.behind])
        else:
            work(known)
            self._keep(known)

    def _keep(self, known: Crossing) -> None:
        environment, api = self.sandbox.afas.environments["veerhuis"], self.sandbox.portal.json_api
        self.sandbox.portal.settle()
        ready_ledgers.let_go()
        kept = self.kept / "later" / str(len(self.later))
        shutil.copytree(known.home, kept / "home")
        shutil.copytree(self.account.folder, kept / "portal")
        self.later[self.behind] = Later(
            kept,
            deepcopy(self.account.settings),
            environment.books[ABSENCE].cases(),
            {name: (table, table.connector, table.rows, table.days, table.on) for name, table in _tables(environment)},
            (environment.clock, self.account.today),
            (list(self.sandbox.afas.requests), list(api.requests)),
            (clock.now(), known.moment, list(known.notes)),
        )

    def _go_on(self, known: Crossing, later: Later) -> None:
        environment, api = self.sandbox.afas.environments["veerhuis"], self.sandbox.portal.json_api
        for there, kept in ((known.home, later.home / "home"), (self.account.folder, later.home / "portal")):
            shutil.rmtree(there)
            shutil.copytree(kept, there)
        self.account.state, self.account.settings = load_state(self.account.folder), deepcopy(later.settings)
        environment.books[ABSENCE].restore(later.cases)
        environment.tables.clear()
        for name, (table, connector, rows, days, on) in later.tables.items():
            table.connector, table.rows, table.days, table.on = connector, rows, days, on
            environment.tables[name] = table
        environment.clock, self.account.today = later.clocks
        for log, kept_log in ((self.sandbox.afas.requests, later.requests[0]), (api.requests, later.requests[1])):
            log.clear()
            log.extend(kept_log)
        now, known.moment, notes = later.crossing
        known.notes[:] = notes
        move_clock(now if known.moment else max(now, clock.now()))


def _tables(environment: Environment) -> list[tuple[str, Any]]:
    """Return the tables of AFAS, those first whose rows come from a book."""
    return sorted(environment.tables.items(), key=lambda each: each[0] not in environment.books)


@pytest.fixture(scope="session")
def morning() -> Iterator[Morning]:
    with folder() as outside, folder() as kept, Sandbox(outside, ["veerhuis"], bad_rows=()) as sandbox:
        yield Morning(sandbox, kept)


@pytest.fixture
def known(home: Path, morning: Morning) -> Iterator[Crossing]:
    """Veerhuis after a first night: employers 01 and 02 are active, 03 pending, 04 inactive, and all is at the portal.

    Its employees: nine rows of employer 01 and four of 02, which make eleven lines of ten people.
    """
    morning.restore(home)
    with settings_for(home, morning.sandbox) as crossing:
        yield crossing


@pytest.fixture
def after(known: Crossing, morning: Morning) -> After:
    """Call it in a fixture with what is done with `known`, and nothing else before: the next test gets a copy."""

    def go_on(work: Callable[[Crossing], object]) -> Crossing:
        morning.after(known, work)
        return known

    return go_on


@pytest.fixture
def alone(make: Make) -> Account:
    """Only the first one has told the portal anything, and before there was an account."""
    return Account(make("veerhuis", "sluis", night=NIGHTLY))


@pytest.fixture
def both(make: Make) -> Account:
    """Both employers' people are at the portal."""
    return Account(make("veerhuis", "sluis", night=NIGHTLY, then=join))
