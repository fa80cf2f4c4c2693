"""`veerpont forget` as scripts use it: it shows first, acts with --yes, and prints one JSON document."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from veerpont.cli import main
from veerpont.model.failures import Problem, Stage
from veerpont.store import deliveries, employers, kinds, notes, rejects, runs, work
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery, Forgotten, Note, Pointer, Reject, RejectEvent, Run, Work
from veerpont.store.vault import Vault

Command = Callable[..., tuple[int, str]]
GUID = "5A0D0001-0000-4000-8000-000000000001"
WRONG = Problem(Stage.TRANSFORM, "Geboortedatum", "impossible_date", "Correct the date of birth in AFAS.")
ACME = """
name: acme
customer: Acme
source: {system: afas, connection: afas_acme, environment: O12345AA}
portals: [{portal: json_api, connection: portal_acme, flows: [employees]}]
mail: {to: [beheer@acme.example], language: nl}
"""


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger with somebody who never crossed, a stored delivery, and an employer."""
    (tmp_path / "integrations").mkdir()
    (tmp_path / "integrations" / "acme.yaml").write_text(ACME)
    key, url = Fernet.generate_key().decode(), f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path / "integrations"))
    monkeypatch.setenv("VEERPONT_LEDGER", url)
    monkeypatch.setenv("VEERPONT_VAULT", f"file://{tmp_path / 'vault'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", key)
    made = Ledger(url)
    made.migrate()
    vault = Vault(f"file://{tmp_path / 'vault'}", (key,))
    vault.save("acme/employees/json_api/deliveries/a", [b'{"id": "' + GUID.encode() + b'/01/1"}'])
    with made.session() as session:
        employers.show(session, "acme", "01", "Acme")
        employers.activate(session, "acme", ["01"], "Jo")
        runs.begin(session, "acme", "employees", ["json_api"], "r1")
        runs.end(session, Scope("acme", "employees", "json_api"), "r1", "success", message=f"It ended at {GUID}.")
        rejects.settle(session, Scope("acme", "employees"), "r1", Findings({GUID: WRONG}))
        notes.note(session, Scope("acme", "employees", "json_api"), "read", "1")
        snapshot = vault.write("acme/employees/json_api/snapshots/a", [])
        deliveries.point(session, Scope("acme", "employees", "json_api"), kinds.SNAPSHOTS, snapshot)
        session.add(Delivery(integration="acme", flow="employees", portal="json_api", run_id="r1", at=now(), name="e1",
                             state=State.DELIVERED, object="acme/employees/json_api/deliveries/a"))  # fmt: skip
    return made


@pytest.fixture
def veerpont(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["veerpont", "forget", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def count(ledger: Ledger, table: type) -> int:
    with ledger.session() as session:
        return len(list(session.scalars(select(table))))


def test_shows_first_and_acts_with_yes(veerpont: Command, ledger: Ledger, tmp_path: Path) -> None:
    words = ("acme", f"{{{GUID.lower()}}}", "--by", "Jo", "--json")
    code, printed = veerpont(*words)
    shown = json.loads(printed)
    assert (code, shown["done"], shown["number"], shown["rejects"]) == (0, False, 0, 1)
    assert shown["files"] == [{"id": 1, "flow": "employees", "portal": "json_api", "name": "e1"}]
    assert (count(ledger, Forgotten), count(ledger, Reject)) == (0, 1)
    code, printed = veerpont(*words, "--yes")
    done = json.loads(printed)
    assert (code, done) == (0, shown | {"done": True, "number": 1})
    assert (count(ledger, Reject), count(ledger, RejectEvent)) == (0, 0)
    with ledger.session() as session:
        assert session.scalars(select(Run.message)).all() == ["It ended at forgotten 1."]
        row = session.get_one(Delivery, 1)
        assert (row.state, row.object, row.name) == ("delivered", None, "e1")
        assert ("forget", "forgotten 1", "Jo") in [(d.decision, d.subject, d.by) for d in session.query(Decision)]
    assert not list((tmp_path / "vault" / "acme" / "employees" / "json_api" / "deliveries").glob("*"))


def test_for_people_it_says_what_to_do_first(veerpont: Command) -> None:
    code, printed = veerpont("acme", GUID, "--by", "Jo")
    assert code == 0
    assert "stored file of delivery 1 (employees to json_api): e1" in printed
    assert "have them removed there first" in printed
    assert "Nothing was changed" in printed
    assert "Forgotten, as number 1." in veerpont("acme", GUID, "--by", "Jo", "--yes")[1]
    assert "was forgotten on" in veerpont("acme", GUID, "--by", "Jo", "--yes")[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("acme", "4711", "--by", "Jo", "--yes"), 1),
        (("acme", GUID, "--by", " ", "--yes"), 1),
        (("nobody", GUID, "--by", "Jo", "--yes"), 1),
        (("acme", "--by", "Jo", "--yes"), 2),
        (("acme", GUID, "--all", "--by", "Jo", "--yes"), 2),
        (("acme", GUID, "--yes"), 2),
        (("acme", "--all", "--by", "Jo", "--yes"), 1),
        (("nobody", "--all", "--by", "Jo", "--yes"), 1),
    ],
)
def test_refused(veerpont: Command, ledger: Ledger, words: tuple[str, ...], code: int) -> None:
    found, printed = veerpont(*words, "--json")
    assert found == code, printed
    assert set(json.loads(printed)) == {"error", "kind"}
    assert (count(ledger, Forgotten), count(ledger, Reject)) == (0, 1)


@pytest.mark.parametrize("how", ["file gone", "purged"])
def test_a_customer_who_left(veerpont: Command, ledger: Ledger, tmp_path: Path, how: str) -> None:
    """Vault and rejects go; books, decisions and what the employers are called stay."""
    if how == "purged":
        with ledger.session() as session:
            employers.deactivate(session, "acme", ["01"], "Jo", purge=True)
    else:
        (tmp_path / "integrations" / "acme.yaml").unlink()
    vault = Vault(f"file://{tmp_path / 'vault'}", (os.environ["VEERPONT_VAULT_KEYS"],))
    for name in ("acme", "other"):  # what was brought to the desk is not below the customer's name
        vault.save(f"desk_work/{name}", [b"x"])
        with ledger.session() as session:
            work.add(session, name, work.REPORT, "els", [], f"desk_work/{name}")
    decided = count(ledger, Decision)
    assert json.loads(veerpont("acme", "--all", "--by", "Jo", "--json")[1])["done"] is False
    assert list((tmp_path / "vault" / "acme").rglob("*"))
    for _ in range(2):
        code, printed = veerpont("acme", "--all", "--by", "Jo", "--yes", "--json")
        assert (code, json.loads(printed)["done"]) == (0, True)
    assert not (tmp_path / "vault" / "acme").exists()
    assert {path.split("/")[1] for path in vault.paths("desk_work")} == {"other"}
    with ledger.session() as session:
        assert {row.integration: row.state for row in session.scalars(select(Work))} == {
            "acme": "refused",
            "other": "waiting",
        }
    assert [count(ledger, table) for table in (Reject, RejectEvent, Pointer, Note)] == [0, 0, 0, 0]
    assert (count(ledger, Run), count(ledger, Delivery)) == (1, 1)
    assert count(ledger, Decision) == decided + 2
