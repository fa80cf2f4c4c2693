"""Payroll data with other columns, killed at any step of load and run again: sent once, accepted with its schema."""

from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crossings import Crossing
from dying import after, before, die, dies, in_folder, opened, put_and_die, settle_in
from proving import WHOLE
from test_payroll import PEOPLE, counts, paid, tables, told

from veerpont.flows.job import Transformed
from veerpont.pipeline.load import load
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont_sandbox.afas.schema import FORMATION

__all__ = ["paid"]

STEPS = (
    "writing the snapshot",
    "writing the schema",
    "before the first call",
    "after the first call",
    "in the transaction",
    "after the transaction",
)
ALWAYS = (
    ("writing the schema", "the next night"),
    ("after the first call", "the task again"),
    ("in the transaction", "the next night"),
)
"""What `make test` takes: of the steps that employees have too, test_kills.py takes all."""
CALL = 4
"""Operations in a call, so that there are three of them."""


def load_and_die(environment: dict[str, str], whose: Any, step: str, handed: bytes) -> None:
    """Run load in this process, which dies at the step."""
    settle_in(environment)
    from veerpont.store import runs
    from veerpont.store.vault import Vault
    from veerpont.systems.json_api import delivery
    from veerpont.systems.json_api.client import Client

    delivery.MAX_OPERATIONS = CALL
    where: dict[str, tuple[Any, str, Any]] = {
        "writing the snapshot": (Vault, "put", put_and_die("snapshots")),
        "writing the schema": (Vault, "put", put_and_die("schemas")),
        "before the first call": (Client, "operations", die),
        "after the first call": (Client, "operations", after(Client.operations)),
        "in the transaction": (runs, "end", after(runs.end)),
        "after the transaction": (Vault, "entries", before(Vault.entries, in_folder("snapshots"))),
    }
    setattr(*where[step])
    load(opened(whose), msgspec.json.decode(handed, type=Transformed))


@pytest.mark.parametrize(
    ("step", "again"),
    [
        pytest.param(step, again, marks=() if (step, again) in ALWAYS else WHOLE)
        for step in STEPS
        for again in ("the task again", "the next night")
    ],
)
def test_killed_and_run_again(
    paid: Crossing,
    children: ForkServerContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    again: str,
) -> None:
    """Every line of the table arrives once, the new columns are the accepted ones, and nothing is asked again."""
    monkeypatch.setattr("veerpont.systems.json_api.delivery.MAX_OPERATIONS", CALL)
    paid.sandbox.faults.add("added_field", connector=FORMATION, field="Schaal", value="7b")
    paid("payroll")
    paid.release(paid.held("payroll")["id"])
    paid.sandbox.portal.json_api.requests.clear()
    job, transformed = paid.until_load("payroll")
    dies(children, tmp_path, load_and_die, job, step, msgspec.json.encode(transformed))
    assert len([rows for rows in told(paid).values() if "Schaal" in rows[0]]) == {
        "after the first call": CALL,
        "in the transaction": PEOPLE,
        "after the transaction": PEOPLE,
    }.get(step, 0)

    if again == "the task again":
        load(job, transformed)
    else:
        paid("payroll")

    assert len([rows for rows in told(paid).values() if rows[0].get("Schaal") == "7b"]) == PEOPLE
    assert tables(paid)["formation"][-1] == "Schaal"
    keys = [call["key"] for call in paid.sandbox.portal.json_api.requests if call["method"] == "POST"]
    assert len(set(keys)) == 3, "what was sent twice had the same key"
    assert counts(paid("payroll"), "held", "delivered", "unchanged") == (0, 0, 121)
    assert {row["state"] for row in paid.deliveries("payroll")} == {"delivered"}
    folder = paid.home / "vault" / "veerhuis" / "payroll" / "json_api"
    assert [len(list((folder / kind).iterdir())) for kind in ("snapshots", "schemas")] == [1, 1]
    with paid.ledger.session() as session:
        schema = deliveries.pointer(session, Scope("veerhuis", "payroll", "json_api"), kinds.SCHEMAS)
    assert schema is not None
    assert b"Schaal" in b"".join(paid.vault.read(schema))
