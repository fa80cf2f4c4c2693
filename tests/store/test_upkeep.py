"""What is done to ledger and vault as a whole: another database, a newer key, and whether a copy is whole."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from proving import WHOLE
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, insert, select
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.model.failures import SettingsError
from veerpont.store import deliveries, kinds, notes, tokens, upkeep, work
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.table_base import Base
from veerpont.store.tables import Delivery, LeaseRow, Pointer, RejectEvent
from veerpont.store.vault import FINGERPRINT_OBJECT, Vault

MOMENT = datetime(2026, 11, 22, 21, 0, 1, 234567, tzinfo=UTC)


def a_value(column: Column[Any], number: int) -> Any:
    match column.type:
        case Boolean():
            return number % 2 == 0
        case Integer():
            return 10 * number
        case kind if isinstance(getattr(kind, "impl", kind), DateTime):
            return None if column.nullable else MOMENT
        case Date():
            return MOMENT.date()
    return f"{column.name} {number} é"


def fill(ledger: Ledger, rows: int = 3) -> None:
    """Put rows into every table."""
    with ledger.session() as session:
        for table in Base.metadata.sorted_tables:
            for number in range(1, rows + 1):
                session.execute(insert(table).values({each.name: a_value(each, number) for each in table.columns}))


def content(ledger: Ledger) -> dict[str, list[Any]]:
    with ledger.session() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table))), key=str)
            for table in Base.metadata.sorted_tables
            if table.name != LeaseRow.__tablename__
        }


@pytest.fixture
def old(tmp_path: Path) -> Ledger:
    found = Ledger(f"sqlite:///{tmp_path / 'old.db'}")
    found.migrate()
    return found


class TestCopy:
    """From SQLite to both: a fresh `ledger` is on SQLite and on PostgreSQL."""

    def test_every_row_of_every_table_is_there(self, old: Ledger, ledger: Ledger) -> None:
        fill(old)
        counts = upkeep.copy(old, ledger)
        assert content(ledger) == content(old)
        assert counts == {table: 3 for table in Base.metadata.tables if table != LeaseRow.__tablename__}

    def test_new_rows_are_numbered_after_those_that_came(self, old: Ledger, ledger: Ledger) -> None:
        fill(old)
        upkeep.copy(old, ledger)
        with ledger.session() as session:
            row = RejectEvent(reject_id=1, at=now(), event="opened", by="run")
            session.add(row)
            session.flush()
            assert row.id == 31

    def test_an_empty_table_is_numbered_from_one(self, old: Ledger, ledger: Ledger) -> None:
        upkeep.copy(old, ledger)
        with ledger.session() as session:
            row = RejectEvent(reject_id=1, at=now(), event="opened", by="run")
            session.add(row)
            session.flush()
            assert row.id == 1

    def test_a_ledger_with_rows_is_not_mixed_with_another(self, old: Ledger, ledger: Ledger) -> None:
        fill(old)
        with ledger.session() as session:
            notes.note(session, Scope("acme", "iban", "json_api"), "read_at", "x")
        before = content(ledger)
        with pytest.raises(SettingsError, match="rows in notes"):
            upkeep.copy(old, ledger)
        assert content(ledger) == before

    def test_what_is_no_ledger_is_not_copied(self, tmp_path: Path, ledger: Ledger) -> None:
        with pytest.raises(SettingsError, match="no ledger"):
            upkeep.copy(Ledger(f"sqlite:///{tmp_path / 'typo.db'}"), ledger)

    def test_the_command_copies_into_the_ledger_of_the_settings(
        self, old: Ledger, ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch, key: str
    ) -> None:
        fill(old)
        monkeypatch.setenv("VEERPONT_LEDGER", ledger_url)
        monkeypatch.setenv("VEERPONT_VAULT_KEYS", key)
        done = CliRunner().invoke(app, ["ledger", "copy", "--from", str(old.engine.url), "--json"])
        assert done.exit_code == 0, done.output
        assert '{"table": "pointers", "rows": 3}' in done.output
        assert content(ledger) == content(old)
        again = CliRunner().invoke(app, ["ledger", "copy", "--from", ledger_url])
        assert isinstance(again.exception, SettingsError)


@pytest.fixture(params=["file", "s3"])
def vault_address(request: pytest.FixtureRequest, vault_places: Callable[[str], str]) -> str:
    return vault_places(request.param)


def points(ledger: Ledger, vault: Vault) -> None:
    """Let the ledger point to a snapshot, a trail and an object, and to what a prepared delivery will point to."""
    snapshot, trail, coming = (vault.write(f"acme/iban/{name}/1", [b"one", b"two"]) for name in ("s", "t", "c"))
    vault.save("acme/iban/deliveries/1", [b"file"])
    vault.put("acme/iban/held/1", b"keys")
    vault.write("acme/iban/batches/1", [b"staged"])
    where = {"integration": "acme", "flow": "iban", "portal": "json_api"}
    link = {"steps": {"path": trail.path, "parts": 1, "items": 2, "checksum": trail.checksum}, "run_id": "r"}
    outcome = {"pointers": {"snapshot": {"path": coming.path, "parts": 1, "items": 2, "checksum": coming.checksum}}}
    with ledger.session() as session:
        deliveries.point(session, Scope("acme", "iban", "json_api"), kinds.SNAPSHOTS, snapshot)
        notes.note(session, Scope("acme", "iban", "json_api"), "read_at", "2026-11-22T20:00:00+00:00")
        session.add(Pointer(**where, kind="trail 1", sequence=json.dumps(link), at=now()))
        session.add(
            Delivery(
                **where,
                run_id="r",
                state="prepared",
                object="acme/iban/deliveries/1",
                outcome=json.dumps(outcome),
                at=now(),
            )
        )
        session.add(Delivery(**where, run_id="p", state="held", object="acme/iban/held/1", outcome=None, at=now()))
        session.add(Delivery(**where, run_id="o", state="superseded", object="acme/iban/held/0", at=now()))
        session.add(Delivery(**where, run_id="q", state="delivered", object=None, outcome=json.dumps(link), at=now()))


WHERE = [
    ("sqlite", "file"),
    *(pytest.param(*each, marks=WHOLE) for each in (("postgresql", "file"), ("sqlite", "s3"), ("postgresql", "s3"))),
]
"""Of many values one place is enough for `make test`: the tests of one value have all four."""


class TestLost:
    def test_nothing_is_lost_of_a_whole_vault(self, ledger: Ledger, vault: Vault) -> None:
        assert upkeep.lost(ledger, vault) == []
        points(ledger, vault)
        assert upkeep.lost(ledger, vault) == []

    @pytest.mark.parametrize(("ledger_url", "vault_address"), WHERE, indirect=True)
    @pytest.mark.parametrize(
        ("gone", "told"),
        [
            ("acme/iban/s/1/000000", ["acme/iban/s/1"]),
            ("acme/iban/t/1", ["acme/iban/t/1"]),
            ("acme/iban/c/1", ["acme/iban/c/1"]),
            ("acme/iban/deliveries/1/000000", ["acme/iban/deliveries/1"]),
            ("acme/iban/deliveries/1", ["acme/iban/deliveries/1"]),
            ("acme/iban/held/1", ["acme/iban/held/1"]),
            (FINGERPRINT_OBJECT, [FINGERPRINT_OBJECT]),
            ("acme/iban/batches/1", []),
        ],
    )
    def test_what_the_ledger_points_to_is_missed(
        self, ledger: Ledger, vault: Vault, vault_address: str, key: str, gone: str, told: list[str]
    ) -> None:
        points(ledger, vault)
        vault.delete(gone)
        assert upkeep.lost(ledger, Vault(vault_address, (key,))) == told

    def test_what_does_not_open_is_lost(self, ledger: Ledger, vault: Vault, vault_address: str, key: str) -> None:
        points(ledger, vault)
        other = Fernet.generate_key().decode()
        Vault(vault_address, (other, key)).put("acme/iban/s/1/000000", b"one\ntwo")
        assert upkeep.lost(ledger, Vault(vault_address, (key,))) == ["acme/iban/s/1"]

    def test_what_the_desk_was_given_is_missed(self, ledger: Ledger, vault: Vault) -> None:
        vault.fingerprint(b"")  # its secret is looked at first
        vault.save("desk_work/a", [b"x"])
        with ledger.session() as session:
            work.add(session, "acme", work.REPORT, "els", [], "desk_work/a")
        assert upkeep.lost(ledger, vault) == []
        vault.delete("desk_work/a")
        assert upkeep.lost(ledger, vault) == ["desk_work/a"]


class TestRewrap:
    def test_an_old_key_can_go(self, ledger: Ledger, vault: Vault, vault_address: str, key: str) -> None:
        """Objects and tokens are as they were, and only the newest key is needed."""
        points(ledger, vault)
        told = vault.fingerprint(b"CANARY")
        kept: tokens.TokenContent = {
            "client": "c",
            "first": "f",
            "refresh": vault.seal("REFRESH"),
            "access": None,
            "expires_at": None,
            "refused": False,
        }
        tokens.swap(ledger, "loket_acme", None, kept)
        newest = Fernet.generate_key().decode()
        both, alone = Vault(vault_address, (newest, key)), Vault(vault_address, (newest,))
        both.put("acme/iban/new", b"written since")
        assert upkeep.rewrap(ledger, both) == (8, 1)
        assert upkeep.rewrap(ledger, both) == (0, 0)
        assert upkeep.lost(ledger, alone) == []
        assert alone.fingerprint(b"CANARY") == told
        assert alone.open("acme/iban/deliveries/1").read() == b"file"
        with ledger.session() as session:
            row = tokens.find(session, "loket_acme", "c", "f")
            assert row is not None
            assert alone.unseal(row.refresh) == "REFRESH"
            assert row.number == 1

    def test_an_object_of_no_known_key_is_said(self, ledger: Ledger, vault: Vault, vault_address: str) -> None:
        vault.put("a/b", b"x")
        with pytest.raises(SettingsError, match="a/b"):
            upkeep.rewrap(ledger, Vault(vault_address, (Fernet.generate_key().decode(),)))

    def test_the_command_says_that_the_old_key_is_not_needed(
        self, vault: Vault, vault_address: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vault.put("a/b", b"x")
        monkeypatch.setenv("VEERPONT_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
        monkeypatch.setenv("VEERPONT_VAULT", vault_address)
        monkeypatch.setenv("VEERPONT_VAULT_KEYS", f"{Fernet.generate_key().decode()},{key}")
        done = CliRunner().invoke(app, ["vault", "rewrap"])
        assert (done.exit_code, "1 objects, 0 tokens" in done.output) == (0, True), done.output
        assert CliRunner().invoke(app, ["vault", "check"]).exit_code == 0

    @pytest.mark.parametrize("vault_address", ["file"], indirect=True)
    def test_what_an_attempt_that_died_left_is_taken_away(self, vault: Vault, tmp_path: Path, ledger: Ledger) -> None:
        vault.put("a/b", b"x")
        (tmp_path / "vault" / "a" / "b.new").write_bytes(b"half of")
        assert upkeep.rewrap(ledger, vault) == (0, 0)
        assert [path.name for path in (tmp_path / "vault" / "a").iterdir()] == ["b"]
