"""A backup that is taken while flows run, as docs/how-to/backup.md says, and what happens after it was put back."""

import shutil
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
from crossings import Crossing

from veerpont.store import upkeep
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault

FLOWS = ("employers", "employees", "organigram")


def sync(vault: Path, copy: Path) -> None:
    """Copy what is not there yet, as `rsync -a` does; what a run deletes meanwhile is skipped."""
    for path in sorted(vault.rglob("*")):
        there = copy / path.relative_to(vault)
        if path.is_file() and not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                shutil.copy(path, there)


def dump(ledger: Path, copy: Path) -> None:
    """Copy the ledger as it is at one moment, as pg_dump does."""
    with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def back_up(home: Path, to: Path) -> None:
    (to / "vault").mkdir(parents=True)
    sync(home / "vault", to / "vault")
    dump(home / "ledger.db", to / "ledger.db")
    sync(home / "vault", to / "vault")


def lost(home: Path, key: str) -> list[str]:
    return upkeep.lost(Ledger(f"sqlite:///{home / 'ledger.db'}"), Vault(f"file://{home / 'vault'}", (key,)))


def test_what_was_backed_up_while_flows_ran_goes_on_where_it_was_put_back(known: Crossing, tmp_path: Path) -> None:
    """The copy is whole, and runs on it delete nothing at the portal and bring what changed since."""
    failed: list[BaseException] = []
    enough, told = threading.Event(), threading.Event()

    def go_on() -> None:
        try:
            number = 0
            while not enough.is_set():
                number += 1
                known.change("1004", Achternaam=f"Trouwerij {number}")
                known("employees")
                told.set()
        except BaseException as error:  # noqa: BLE001  # told by the test below
            failed.append(error)
            told.set()

    running = threading.Thread(target=go_on)
    running.start()
    assert told.wait(60)
    for attempt in range(5):  # a load that came between leaves a copy that is not whole: then it is taken again
        place = tmp_path / f"backup {attempt}"
        back_up(known.home, place)
        if not lost(place, known.key):
            break
    told.clear()
    told.wait(60)  # something was told since
    enough.set()
    running.join(60)
    assert failed == []
    assert lost(place, known.key) == []

    known("organigram")
    known.change("1001", Achternaam="Daarna")
    before, files = known.employments(), len(known.files("employees"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VEERPONT_LEDGER", f"sqlite:///{place / 'ledger.db'}")
        patch.setenv("VEERPONT_VAULT", f"file://{place / 'vault'}")
        restored = Crossing(known.sandbox, place, known.key)
        for flow in FLOWS:
            assert restored(flow)["state"] == "success"
        after = restored.employments()
    assert len(known.files("employees")) == files + 1
    assert after.keys() == before.keys()
    changed = {key.split("/")[1] for key in after if after[key] != before[key]}
    assert changed == {"1001"}


def test_a_copy_that_is_not_whole_is_told(known: Crossing, tmp_path: Path) -> None:
    """A vault that was copied before the ledger lacks what came between."""
    place = tmp_path / "backup"
    (place / "vault").mkdir(parents=True)
    sync(known.home / "vault", place / "vault")
    known.change("1004", Achternaam="Trouwerij")
    known("employees")
    dump(known.home / "ledger.db", place / "ledger.db")
    assert any("/snapshots/" in path for path in lost(place, known.key))
