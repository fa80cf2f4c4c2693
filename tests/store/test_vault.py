"""The vault: what goes in comes out, only with the key, and nothing stands in the clear."""

import hashlib
import os
import posixpath
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import fsspec
import msgspec
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from veerpont.model.failures import SettingsError
from veerpont.store.vault import PART_BYTES, Sequence, Vault

SECRET = b"CANARY de Vries"
KEY = Fernet.generate_key().decode()


@pytest.fixture(params=["file", "s3"])
def vault_address(request: pytest.FixtureRequest, vault_places: Callable[[str], str]) -> str:
    """Everything here holds on a disk and on object storage."""
    return vault_places(request.param)


@dataclass
class Storage:
    """What lies in the storage itself, by path in the vault."""

    address: str

    def __post_init__(self) -> None:
        self.files, self.base = fsspec.core.url_to_fs(self.address, use_listings_cache=False)

    def paths(self) -> list[str]:
        return sorted(posixpath.relpath(path, self.base) for path in self.files.find(self.base))

    def read(self, path: str) -> bytes:
        return bytes(self.files.cat_file(posixpath.join(self.base, path)))

    def write(self, path: str, content: bytes) -> None:
        self.files.pipe_file(posixpath.join(self.base, path), content)


@pytest.fixture
def storage(vault_address: str) -> Storage:
    return Storage(vault_address)


class TestObjects:
    def test_an_object_comes_back_as_it_was_put(self, vault: Vault) -> None:
        """An object comes back byte for byte."""
        vault.put("a/b", SECRET)
        assert vault.get("a/b") == SECRET

    def test_nothing_stands_in_the_clear(self, vault: Vault, storage: Storage) -> None:
        """No object of the storage holds what was put, in whatever packing."""
        vault.put("a/b", SECRET)
        vault.write("a/c", [SECRET] * 10)
        stranger = Vault(storage.address, (Fernet.generate_key().decode(),))
        assert storage.paths() == ["a/b", "a/c/000000", "fingerprint-secret"]
        for path in storage.paths():
            assert b"CANARY" not in storage.read(path)
            with pytest.raises(SettingsError):
                stranger.get(path)

    def test_a_missing_object_is_said(self, vault: Vault) -> None:
        """What was never put cannot be got."""
        with pytest.raises(FileNotFoundError):
            vault.get("a/none")

    def test_deleting_takes_an_object_a_folder_or_nothing(self, vault: Vault) -> None:
        """Deleting takes an object or a whole folder; deleting again is no error."""
        vault.put("a/b", SECRET)
        vault.put("a/c/d", SECRET)
        vault.delete("a/b")
        vault.delete("a/c")
        vault.delete("a/c")
        for path in ("a/b", "a/c/d"):
            with pytest.raises(FileNotFoundError):
                vault.get(path)

    def test_others_are_deleted_and_what_is_kept_stays(self, vault: Vault) -> None:
        """Of a folder all goes but what is to be kept, an absent name among it included."""
        for name in ("old", "now"):
            vault.write(f"snapshots/{name}", [b"x"])
        vault.delete_others("snapshots", {"snapshots/now", None})
        assert vault.get("snapshots/now/000000")
        with pytest.raises(FileNotFoundError):
            vault.get("snapshots/old/000000")

    def test_age_is_that_of_the_newest_object(self, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder is old only when everything in it is."""
        for name in ("both/1", "both/2", "one/1", "one/2"):
            vault.put(f"batches/{name}", b"x")
        assert vault.older_than("batches", timedelta(days=3)) == []
        assert sorted(vault.older_than("batches", timedelta(hours=-1))) == ["batches/both", "batches/one"]
        assert vault.older_than("nowhere", timedelta(days=3)) == []
        real, days = Vault._modified, timedelta(days=4)
        young = "batches/one/2"
        monkeypatch.setattr(
            Vault, "_modified", lambda self, name: real(self, name) - (timedelta() if name.endswith(young) else days)
        )
        assert vault.older_than("batches", timedelta(days=3)) == ["batches/both"]

    def test_another_process_sees_what_was_written_and_deleted(self, vault: Vault, storage: Storage, key: str) -> None:
        """Nothing is remembered of a folder: what somebody else wrote or deleted since is seen at once."""
        vault.put("batches/1/a", b"x")
        assert vault.older_than("batches", timedelta(hours=-1)) == ["batches/1"]
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from veerpont.store.vault import Vault; vault = Vault(sys.argv[1], (sys.argv[2],))\n"
                "vault.put('batches/2/a', b'y'); vault.delete('batches/1')",
                storage.address,
                key,
            ],
            check=True,
            timeout=60,
        )
        assert vault.older_than("batches", timedelta(hours=-1)) == ["batches/2"]
        assert vault.get("batches/2/a") == b"y"

    @pytest.mark.server
    def test_a_bucket_that_is_not_there_is_said_and_not_made(
        self, s3: dict[str, str], key: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in s3.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SettingsError, match="VEERPONT_VAULT"):
            Vault("s3://another/vault", (key,)).put("a", b"x")


class TestKeys:
    def test_another_key_does_not_open_it(self, vault: Vault, vault_address: str) -> None:
        """With another key the message names the setting and not the content."""
        vault.put("a/b", SECRET)
        with pytest.raises(SettingsError, match="VEERPONT_VAULT_KEYS") as caught:
            Vault(vault_address, (Fernet.generate_key().decode(),)).get("a/b")
        assert "CANARY" not in str(caught.value)

    def test_something_that_is_no_key_is_refused(self, tmp_path: Path) -> None:
        """A malformed key is a settings error that does not show it."""
        with pytest.raises(SettingsError) as caught:
            Vault(f"file://{tmp_path}", ("CANARY",))
        assert "CANARY" not in str(caught.value)

    def test_keys_rotate(self, vault: Vault, key: str, vault_address: str) -> None:
        """After a rotation the old objects still open, and new ones no longer need the old key."""
        vault.put("old", SECRET)
        new = Fernet.generate_key().decode()
        rotated = Vault(vault_address, (new, key))
        assert rotated.get("old") == SECRET
        rotated.put("new", SECRET)
        assert Vault(vault_address, (new,)).get("new") == SECRET

    def test_fingerprints_survive_a_rotation(self, vault: Vault, key: str, vault_address: str) -> None:
        """The fingerprint of a value stays the same when keys rotate, so that a confirmed change stays confirmed."""
        before = vault.fingerprint(SECRET)
        rotated = Vault(vault_address, (Fernet.generate_key().decode(), key))
        assert rotated.fingerprint(SECRET) == before
        assert rotated.fingerprint(SECRET + b"!") != before

    def test_a_fingerprint_is_no_plain_hash(self, vault: Vault, tmp_path: Path, key: str) -> None:
        """Who knows the value but not the vault cannot make its fingerprint."""
        assert vault.fingerprint(SECRET) != hashlib.sha256(SECRET).hexdigest()
        assert Vault(f"file://{tmp_path / 'another'}", (key,)).fingerprint(SECRET) != vault.fingerprint(SECRET)


class TestSequences:
    @pytest.mark.parametrize("items", [[], [b""], [b"", b""], [b"one"], [b"one", b"", b"two"]])
    def test_items_come_back_in_order(self, vault: Vault, items: list[bytes]) -> None:
        """A sequence gives its items back in order, empty ones too, and counts them."""
        sequence = vault.write("s", items)
        assert list(vault.read(sequence)) == items
        assert sequence.items == len(items)

    @given(items=st.lists(st.binary(max_size=40).filter(lambda item: b"\n" not in item), max_size=30))
    def test_reading_is_the_inverse_of_writing(self, items: list[bytes]) -> None:
        """Whatever lines are written, the same lines are read."""
        vault = Vault("memory://vault", (KEY,))
        assert list(vault.read(vault.write("s", items))) == items

    @pytest.mark.parametrize("vault_address", ["file"], indirect=True)  # the S3 server keeps it all in this process
    def test_a_long_sequence_has_many_parts_and_is_read_one_at_a_time(self, vault: Vault) -> None:
        """Of a sequence of many parts no more than a few are in memory at once, writing and reading."""
        item = os.urandom(500_000).replace(b"\n", b" ")
        tracemalloc.start()
        sequence = vault.write("s", (item for _ in range(60)))
        count = sum(1 for _ in vault.read(sequence))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (count, sequence.items) == (60, 60)
        assert sequence.parts == 60 * len(item) // PART_BYTES
        assert peak < 15 * PART_BYTES < 60 * len(item)

    def test_a_part_is_read_only_when_it_is_its_turn(self, vault: Vault) -> None:
        """Reading the first items needs the first part only."""
        sequence = vault.write("s", (b"x" * PART_BYTES for _ in range(3)))
        reading = vault.read(sequence)
        assert len(next(reading)) == PART_BYTES
        vault.delete("s/000002")
        next(reading)
        with pytest.raises((FileNotFoundError, SettingsError)):
            next(reading)

    def test_a_tampered_part_is_noticed(self, vault: Vault, storage: Storage) -> None:
        """A part that was changed in the storage does not open."""
        sequence = vault.write("s", [SECRET])
        storage.write("s/000000", storage.read("s/000000")[:-10] + b"AAAAAAAAA=")
        with pytest.raises(SettingsError, match="s/000000"):
            list(vault.read(sequence))

    def test_parts_that_changed_places_are_noticed(self, vault: Vault, storage: Storage) -> None:
        """Parts that are whole but stand in another's place are noticed before the reading ends well."""
        sequence = vault.write("s", (bytes([65 + number]) * PART_BYTES for number in range(2)))
        first, second = storage.read("s/000000"), storage.read("s/000001")
        storage.write("s/000000", second)
        storage.write("s/000001", first)
        with pytest.raises(SettingsError, match="was not written there"):
            list(vault.read(sequence))

    def test_a_sequence_that_was_cut_short_is_noticed(self, vault: Vault) -> None:
        """A reference that names fewer parts than were written does not pass for the whole."""
        sequence = vault.write("s", (b"x" * PART_BYTES for _ in range(2)))
        with pytest.raises(SettingsError):
            list(vault.read(msgspec.structs.replace(sequence, parts=1)))

    def test_a_second_attempt_starts_afresh(self, vault: Vault) -> None:
        """What an attempt that died left behind is no part of the next one."""
        vault.write("s", (b"x" * PART_BYTES for _ in range(3)))
        sequence = vault.write("s", [b"y"])
        assert list(vault.read(sequence)) == [b"y"]
        with pytest.raises(FileNotFoundError):
            vault.get("s/000001")

    def test_a_reference_is_small_and_says_nothing(self, vault: Vault) -> None:
        """A reference has a place, counts and a checksum: small enough for XCom, nothing personal."""
        sequence = vault.write("acme/employees/rows", [SECRET] * 1000)
        encoded = msgspec.json.encode(sequence)
        assert len(encoded) < 300
        assert b"CANARY" not in encoded
        assert msgspec.json.decode(encoded, type=Sequence) == sequence


class TestPlaces:
    """An object opens only where it was written (docs/decisions/0016)."""

    def test_one_that_is_laid_over_another_is_refused(self, vault: Vault, storage: Storage) -> None:
        vault.put("acme/employees/snapshot", b"of acme")
        vault.put("other/employees/snapshot", b"of another customer")
        storage.write("acme/employees/snapshot", storage.read("other/employees/snapshot"))
        with pytest.raises(SettingsError, match="was not written there"):
            vault.get("acme/employees/snapshot")
        assert vault.get("other/employees/snapshot") == b"of another customer"

    def test_a_vault_that_moves_as_a_whole_opens(
        self, vault: Vault, storage: Storage, key: str, tmp_path: Path
    ) -> None:
        """A backup that is synced elsewhere, and a restore from it."""
        vault.put("acme/employees/snapshot", b"of acme")
        vault.digest()
        for path in storage.paths():
            (tmp_path / "restored" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "restored" / path).write_bytes(storage.read(path))
        moved = Vault(f"file://{tmp_path / 'restored'}", (key,))
        assert moved.get("acme/employees/snapshot") == b"of acme"
        assert moved.fingerprint(b"1") == vault.fingerprint(b"1")

    def test_what_an_older_release_wrote_opens_until_rewrap_has_bound_it(
        self, vault: Vault, storage: Storage, key: str, vault_address: str
    ) -> None:
        vault.put("acme/old", b"")
        unbound = Fernet(key).encrypt(zlib.compress(b"of before"))
        storage.write("acme/old", unbound)
        assert vault.get("acme/old") == b"of before"
        assert vault.rewrap() == 1
        assert vault.get("acme/old") == b"of before"
        assert vault.rewrap() == 0
        storage.write("acme/old", unbound)
        for one in (vault, Vault(vault_address, (key,))):
            with pytest.raises(SettingsError, match="was not written there"):
                one.get("acme/old")
        with pytest.raises(SettingsError, match="was put there"):
            vault.rewrap()

    def test_a_new_vault_never_takes_an_unbound_object(self, vault: Vault, storage: Storage, key: str) -> None:
        vault.digest()
        vault.put("acme/old", b"")
        storage.write("acme/old", Fernet(key).encrypt(zlib.compress(b"of before")))
        with pytest.raises(SettingsError, match="was not written there"):
            vault.get("acme/old")

    def test_a_file_that_is_not_the_one_the_ledger_knows_does_not_leave(self, vault: Vault) -> None:
        stored = vault.save("acme/delivery", [b"one", b"two"])
        assert vault.verified("acme/delivery", stored.sha256).read() == b"onetwo"
        with pytest.raises(SettingsError, match="not the one that the ledger knows"):
            vault.verified("acme/delivery", "0" * 64)

    def test_only_the_owner_may_read_what_is_on_a_disk(self, tmp_path: Path, key: str) -> None:
        before = os.umask(0)
        try:
            Vault(f"file://{tmp_path / 'vault'}", (key,)).put("acme/one", b"1")
        finally:
            os.umask(before)
        assert (tmp_path / "vault" / "acme" / "one").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
