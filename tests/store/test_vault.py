"""The vault: what goes in comes out, only with the key, and nothing stands in the clear."""

import hashlib
import os
import tracemalloc
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from veerpont.model.failures import SettingsError
from veerpont.store.vault import PART_BYTES, Sequence, Vault

SECRET = b"CANARY de Vries"
KEY = Fernet.generate_key().decode()


def address(folder: Path) -> str:
    return f"file://{folder}"


def on_disk(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


class TestObjects:
    def test_an_object_comes_back_as_it_was_put(self, vault: Vault) -> None:
        """An object comes back byte for byte."""
        vault.put("a/b", SECRET)
        assert vault.get("a/b") == SECRET

    def test_nothing_stands_in_the_clear(self, vault: Vault, tmp_path: Path) -> None:
        """No file on the disk holds what was put, in whatever packing."""
        vault.put("a/b", SECRET)
        vault.write("a/c", [SECRET] * 10)
        for path in on_disk(tmp_path / "vault"):
            assert b"CANARY" not in path.read_bytes()
            with pytest.raises(SettingsError):
                Vault(address(tmp_path / "vault"), (Fernet.generate_key().decode(),)).get(
                    str(path.relative_to(tmp_path / "vault"))
                )

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

    def test_age_is_that_of_the_newest_object(self, vault: Vault, tmp_path: Path) -> None:
        """A folder is old only when everything in it is."""
        for name in ("both/1", "both/2", "one/1", "one/2"):
            vault.put(f"batches/{name}", b"x")
        for name in ("both/1", "both/2", "one/1"):
            os.utime(tmp_path / "vault" / "batches" / name, (0, 0))
        assert vault.older_than("batches", timedelta(days=3)) == ["batches/both"]
        assert vault.older_than("nowhere", timedelta(days=3)) == []


class TestKeys:
    def test_another_key_does_not_open_it(self, vault: Vault, tmp_path: Path) -> None:
        """With another key the message names the setting and not the content."""
        vault.put("a/b", SECRET)
        with pytest.raises(SettingsError, match="VEERPONT_VAULT_KEYS") as caught:
            Vault(address(tmp_path / "vault"), (Fernet.generate_key().decode(),)).get("a/b")
        assert "CANARY" not in str(caught.value)

    def test_something_that_is_no_key_is_refused(self, tmp_path: Path) -> None:
        """A malformed key is a settings error that does not show it."""
        with pytest.raises(SettingsError) as caught:
            Vault(address(tmp_path), ("CANARY",))
        assert "CANARY" not in str(caught.value)

    def test_keys_rotate(self, vault: Vault, key: str, tmp_path: Path) -> None:
        """After a rotation the old objects still open, and new ones no longer need the old key."""
        vault.put("old", SECRET)
        new = Fernet.generate_key().decode()
        rotated = Vault(address(tmp_path / "vault"), (new, key))
        assert rotated.get("old") == SECRET
        rotated.put("new", SECRET)
        assert Vault(address(tmp_path / "vault"), (new,)).get("new") == SECRET

    def test_fingerprints_survive_a_rotation(self, vault: Vault, key: str, tmp_path: Path) -> None:
        """The fingerprint of a value stays the same when keys rotate, so that a confirmed change stays confirmed."""
        before = vault.fingerprint(SECRET)
        rotated = Vault(address(tmp_path / "vault"), (Fernet.generate_key().decode(), key))
        assert rotated.fingerprint(SECRET) == before
        assert rotated.fingerprint(SECRET + b"!") != before

    def test_a_fingerprint_is_no_plain_hash(self, vault: Vault, tmp_path: Path, key: str) -> None:
        """Who knows the value but not the vault cannot make its fingerprint."""
        assert vault.fingerprint(SECRET) != hashlib.sha256(SECRET).hexdigest()
        assert Vault(address(tmp_path / "another"), (key,)).fingerprint(SECRET) != vault.fingerprint(SECRET)


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

    def test_a_tampered_part_is_noticed(self, vault: Vault, tmp_path: Path) -> None:
        """A part that was changed on the disk does not open."""
        sequence = vault.write("s", [SECRET])
        part = tmp_path / "vault" / "s" / "000000"
        part.write_bytes(part.read_bytes()[:-10] + b"AAAAAAAAA=")
        with pytest.raises(SettingsError, match="s/000000"):
            list(vault.read(sequence))

    def test_parts_that_changed_places_are_noticed(self, vault: Vault, tmp_path: Path) -> None:
        """Parts that are whole but stand in another's place are noticed before the reading ends well."""
        sequence = vault.write("s", (bytes([65 + number]) * PART_BYTES for number in range(2)))
        one, two = (tmp_path / "vault" / "s" / f"00000{number}" for number in range(2))
        first, second = one.read_bytes(), two.read_bytes()
        one.write_bytes(second)
        two.write_bytes(first)
        with pytest.raises(SettingsError, match="not what was written"):
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
