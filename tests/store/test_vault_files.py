"""Files in the vault: streamed in and out, whole or not at all."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veerpont.model.content import Content
from veerpont.model.failures import SettingsError
from veerpont.store.vault import PART_BYTES, Vault

SECRET = b"CANARY de Vries"


def test_a_file_comes_back_whole_and_as_often_as_it_is_read(vault: Vault) -> None:
    """However the chunks are cut, the bytes are those, and so are size and checksum."""
    chunks = [os.urandom(PART_BYTES // 3) for _ in range(7)] + [b"", b"end"]
    stored = vault.save("f", chunks)
    whole = b"".join(chunks)
    assert (stored.size, stored.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    content = vault.open("f")
    assert content.size == len(whole)
    assert content.read() == whole == b"".join(content.chunks())


def test_an_empty_file_is_a_file(vault: Vault) -> None:
    """A file without a byte can be kept and read."""
    vault.save("f", ())
    assert (vault.open("f").size, vault.open("f").read()) == (0, b"")


def test_a_file_that_was_kept_as_one_object_is_read_as_before(vault: Vault) -> None:
    """What earlier versions kept stays readable."""
    vault.put("f", SECRET)
    assert (vault.open("f").size, vault.open("f").read()) == (len(SECRET), SECRET)


def test_a_missing_file_is_said(vault: Vault) -> None:
    """What was never saved, or only in part, is not there."""
    with pytest.raises(FileNotFoundError):
        vault.open("f")
    with pytest.raises(ZeroDivisionError):
        vault.save("f", (bytes(1 // (3 - number)) * PART_BYTES for number in range(4)))
    with pytest.raises(FileNotFoundError):
        vault.open("f")


def test_writing_and_reading_hold_a_part_of_it(vault: Vault) -> None:
    """Of a long file no more than a few parts are in memory at once."""
    chunk = os.urandom(100_000)
    tracemalloc.start()
    stored = vault.save("f", (chunk for _ in range(300)))
    size = sum(len(part) for part in vault.open("f").chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == stored.size == 300 * len(chunk)
    assert peak < 15 * PART_BYTES < size


def test_parts_of_a_file_that_changed_places_are_noticed(vault: Vault, tmp_path: Path) -> None:
    """Whoever reads it is told before the end."""
    vault.save("f", (bytes([65 + number]) * PART_BYTES for number in range(2)))
    one, two = (tmp_path / "vault" / "f" / f"00000{number}" for number in range(2))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    with pytest.raises(SettingsError, match="was not written there"):
        list(vault.open("f").chunks())


@given(lines=st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)), cut=st.integers(1, 7))
def test_lines_are_found_wherever_the_chunks_are_cut(lines: list[bytes], cut: int) -> None:
    """A line may lie across chunks."""
    whole = b"".join(line + b"\n" for line in lines)
    content = Content(len(whole), lambda: (whole[at : at + cut] for at in range(0, len(whole), cut)))
    assert list(content.lines()) == lines
