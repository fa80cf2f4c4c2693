"""`veerpont rejects list` of more than fits on a page: whole, in order, and nobody has to wait for its reader."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.desk import lists
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import PAGE
from veerpont.store.tables import Reject

COUNT = 2 * PAGE + 500


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("VEERPONT_LEDGER", url)
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", "k")
    ledger = Ledger(url)
    ledger.require_current()
    shared = {"integration": "acme", "flow": "employees", "stage": "transform", "field": "Achternaam"}
    shared |= {"reason": "missing_value", "detail": "Fill it in.", "state": "open", "last_run": "a run"}
    begin = now()
    # the oldest has the highest id: each that follows was first seen a second earlier
    seen = [begin - timedelta(seconds=number) for number in range(COUNT)]
    rows = [shared | {"key": f"K{number:05}", "first_seen": at, "last_seen": at} for number, at in enumerate(seen)]
    with ledger.session() as session:
        session.execute(insert(Reject), rows)
    return ledger


@pytest.mark.usefixtures("many")
def test_all_of_them_are_one_document_the_oldest_first() -> None:
    said = CliRunner().invoke(app, ["rejects", "list", "--json"])
    assert [row["key"] for row in json.loads(said.stdout)] == [f"K{number:05}" for number in reversed(range(COUNT))]


@pytest.mark.usefixtures("many")
def test_for_people_there_is_a_table_for_each_page() -> None:
    said = CliRunner().invoke(app, ["rejects", "list"]).stdout
    assert said.count("first seen") == 3
    assert said.count("K0") == 2 * COUNT, "a row of the table, and a line with what is wrong"


def test_a_run_can_write_while_somebody_reads(many: Ledger) -> None:
    """Whoever pages through them on SQLite keeps no run waiting."""
    found = lists.each_reject(many, None, None, None)
    assert next(found)["key"] == f"K{COUNT - 1:05}"
    with many.session() as session:
        session.query(Reject).where(Reject.key == "K00000").delete()
    assert len(list(found)) == COUNT - 2
