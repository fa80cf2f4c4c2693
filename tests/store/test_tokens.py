"""Tokens of connections on both databases: of two that change them one wins, and which connection is whose."""

from datetime import UTC, datetime

import pytest

from veerpont.model.failures import SettingsError
from veerpont.store.ledger import Ledger
from veerpont.store.tokens import TokenContent, find, swap
from veerpont.store.vault import Vault

MOMENT = datetime(2026, 11, 22, 21, tzinfo=UTC)


def content(refresh: str, client: str = "c", first: str = "f") -> TokenContent:
    return TokenContent(client=client, first=first, refresh=refresh, access="a", expires_at=MOMENT, refused=False)


def refresh_of(ledger: Ledger, connection: str, client: str = "c", first: str = "f") -> str | None:
    with ledger.session() as session:
        row = find(session, connection, client, first)
        return row.refresh if row else None


def test_of_two_that_swap_one_wins(ledger: Ledger) -> None:
    assert swap(ledger, "loket_acme", None, content("first"))
    assert not swap(ledger, "loket_acme", None, content("late"))
    assert swap(ledger, "loket_acme", 1, content("second"))
    assert not swap(ledger, "loket_acme", 1, content("late"))
    assert refresh_of(ledger, "loket_acme") == "second"
    with ledger.session() as session:
        row = find(session, "loket_acme", "c", "f")
        assert row is not None
        assert (row.number, row.expires_at) == (2, MOMENT)


def test_another_name_finds_them_only_when_they_can_be_meant(ledger: Ledger) -> None:
    swap(ledger, "loket_acme", None, content("acme"))
    assert refresh_of(ledger, "passing") == "acme"
    assert refresh_of(ledger, "passing", first="") == "acme"
    assert refresh_of(ledger, "passing", first="another") is None
    assert refresh_of(ledger, "passing", client="another") is None
    swap(ledger, "loket_other", None, content("other", first="g"))
    assert refresh_of(ledger, "passing", first="") is None
    assert refresh_of(ledger, "passing", first="g") == "other"


def test_a_sealed_secret_opens_with_its_key_only(vault: Vault, tmp_path: object, key: str) -> None:
    sealed = vault.seal("CANARY")
    assert "CANARY" not in sealed
    assert vault.unseal(sealed) == "CANARY"
    newer = "Zm9yIHRlc3RzIG9ubHksIGFuZCAzMiBieXRlcy4uLi4="
    assert Vault(f"file://{tmp_path}/vault", (newer, key)).unseal(sealed) == "CANARY"
    with pytest.raises(SettingsError, match="VEERPONT_VAULT_KEYS"):
        Vault(f"file://{tmp_path}/vault", (newer,)).unseal(sealed)
