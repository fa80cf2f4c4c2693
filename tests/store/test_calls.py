"""Calls to the sources in the ledger: nothing is lost when two workers begin a day at once."""

from datetime import timedelta

import pytest

from veerpont.store import calls
from veerpont.store.clock import today
from veerpont.store.ledger import Ledger


def test_two_that_begin_a_day_at_once_are_both_counted(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds no row, and the other's when it writes its own."""
    added, looks = calls._added, iter([False])
    with ledger.session() as session:
        calls.add(session, "acme", "iban", today(), 4)
    monkeypatch.setattr(calls, "_added", lambda *given: next(looks, True) and added(*given))
    with ledger.session() as session:
        calls.add(session, "acme", "iban", today(), 3)
    with ledger.session() as session:
        assert calls.of_day(session, "acme", today()) == 7
        assert calls.of_day(session, "acme", today() - timedelta(days=1)) == 0
