"""What stands in an order is found without reading all of it."""

from pathlib import Path

from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veerpont.store.ordered import find
from veerpont.store.vault import Sequence, Vault

KEY = Fernet.generate_key().decode()


def place(item: bytes) -> str:
    return item.decode().split(" ")[0]


def made(folder: Path, places: list[int]) -> tuple[Vault, Sequence]:
    """Write items with a few of them in each part; several may stand at one place."""
    vault = Vault(f"file://{folder}", (KEY,))
    items = (f"{at:04} {number}".encode() for number, at in enumerate(sorted(places)))
    return vault, vault.write("acme/employees/xpert_suite/lookup/1", items, part_bytes=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(places=st.lists(st.integers(0, 30), max_size=120), wanted=st.integers(-1, 31), guess=st.integers(0, 40))
def test_all_at_a_place_are_found_and_nothing_else(tmp_path: Path, places: list[int], wanted: int, guess: int) -> None:
    vault, sequence = made(tmp_path, places)
    at = f"{wanted:04}"
    everything = [item for item in vault.read(sequence) if place(item) == at]
    assert find(vault, sequence, place, at, guess) == everything


def test_few_parts_are_opened(tmp_path: Path) -> None:
    """The right guess opens one; any other no more than halving takes."""
    vault, sequence = made(tmp_path, list(range(1000)))
    opened: list[int] = []
    usual = vault.part

    def counted(where: Sequence, number: int) -> list[bytes]:
        opened.append(number)
        return usual(where, number)

    vault.part = counted  # type: ignore[method-assign]
    items = usual(sequence, 77)
    assert find(vault, sequence, place, place(items[1]), 77) == [items[1]]
    assert opened == [77]
    opened.clear()
    assert find(vault, sequence, place, place(items[1]), 0) == [items[1]]
    assert len(opened) <= 10 < sequence.parts


def test_nothing_is_found_in_nothing(tmp_path: Path) -> None:
    vault, empty = made(tmp_path, [])
    assert find(vault, None, place, "1") == find(vault, empty, place, "1") == []
