"""A customer whose rows come from files in a folder: its flows run through the whole pipeline to any portal."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import yaml
from cryptography.fernet import Fernet

from kits.csv_drop.source import write
from veerpont.config.integration import Integration, read_integrations
from veerpont.desk import lists
from veerpont.flows.job import Extracted, Transformed, open_job
from veerpont.model.failures import VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.records import AbsenceLine, BankAccount, Department, Employer, Employment, ManagerUnit
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.plan import end, plan
from veerpont.pipeline.transform import transform
from veerpont.store import clock, deliveries, employers, kinds
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.vault import Vault

NAME = "acme"
SIX = ("employers", "employees", "organigram", "accounts", "absence", "iban")
BOSS, ILL, WELL = (f"AAAAAAAA-0000-4000-8000-{number:012}" for number in (1, 2, 3))
CASE, OLD, NEWER = (f"BBBBBBBB-0000-4000-8000-{number:012}" for number in (1, 2, 3))
FATES = ("delivered", "unchanged", "filtered", "rejected", "held")


class Link:
    """One customer of a csv_drop. `records`: what its files hold, by flow."""

    def __init__(self, home: Path, key: str) -> None:
        self.home, self.key = home, key
        self.drop = home / "drop"
        for folder in (self.drop, home / "integrations", home / "vault"):
            folder.mkdir(parents=True)
        self.records: dict[str, list[Any]] = {}
        self.notes: list[str] = []
        self._numbers = count(1)
        self.people()

    def people(self) -> None:
        """Three people of one employer, of whom one is ill, and one of an employer that is not active."""
        today, far = clock.today(), date(2015, 3, 1)
        jobs = [
            Employment("01", number, guid, 1, name, "A.", first, gender="Vrouw", department_code=unit,
                       employment_start=far, manager_guid=boss)
            for number, guid, name, first, unit, boss in (
                ("81001", BOSS, "Zandkasteel", "Liselot", "D1", None),
                ("81002", ILL, "Waterlelie", "Hildebrand", "D2", BOSS),
                ("81003", WELL, "Dijkwachter", "Ottoline", "D2", BOSS),
            )
        ]  # fmt: skip
        other = Employment("02", "82001", "AAAAAAAA-0000-4000-8000-000000000009", 1, "Elders", employment_start=far)
        self.put("employers", Employer("01", "Derde Zorg"), Employer("02", "Derde Thuis"))
        self.put("organigram", Department("D1", "Kantoor"), Department("D2", "Zorg", parent_department_code="D1"))
        self.put("employees", *jobs, other)
        boss = ManagerUnit(BOSS, "D1", "Zandkasteel", "L.", "Liselot", None, "Vrouw", "l@derde.example")
        self.put("accounts", boss)
        self.put(
            "absence",
            absence_line(ILL, "81002", CASE, today - timedelta(20)),
            absence_line(WELL, "81003", OLD, today - timedelta(60), recovered_on=today - timedelta(50)),
        )
        self.put(
            "iban",
            BankAccount(ILL, "NL91ABNA0417164300", "ABNANL2A"),
            BankAccount(WELL, "NL20INGB0001234567", "INGBNL2A"),
        )

    def put(self, flow: str, *records: Any) -> None:
        """Drop a file with these records."""
        self.records[flow] = list(records)
        write(self.drop, Flow(flow), self.records[flow])

    def write(self, portals: list[dict[str, Any]], **sections: Any) -> None:
        content = {
            "name": NAME,
            "customer": "Derde B.V.",
            "source": {"system": "csv_drop", "connection": "none", "settings": {"folder": str(self.drop)}},
            "portals": portals,
            "xpert_suite": {"profile": "sandbox"},
            "absence": {"causes": {"01": {"Z": "12"}}, "initial_days": 800},
        }
        (self.home / "integrations" / f"{NAME}.yaml").write_text(yaml.safe_dump(content | sections))

    @property
    def integration(self) -> Integration:
        return read_integrations(self.home / "integrations")[0][NAME]

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            "VEERPONT_INTEGRATIONS": str(self.home / "integrations"),
            "VEERPONT_LEDGER": f"sqlite:///{self.home / 'ledger.db'}",
            "VEERPONT_VAULT": f"file://{self.home / 'vault'}",
            "VEERPONT_VAULT_KEYS": self.key,
        }

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.settings["VEERPONT_LEDGER"])

    @property
    def vault(self) -> Vault:
        return Vault(self.settings["VEERPONT_VAULT"], (self.key,))

    def run(self, flow: str) -> dict[str, Any]:
        """Run a flow as its DAG does, and return its books after checking that they balance."""
        run_id = f"run {next(self._numbers)}"
        assert NAME in plan(Flow(flow), self.notes.append)
        job = open_job(Flow(flow), NAME, run_id, self.notes.append)
        try:
            load(job, _handed(transform(job, _handed(extract(job), Extracted)), Transformed))
        except VeerpontError as error:
            end(NAME, Flow(flow), run_id, "failed", error.kind, str(error))
            raise
        books = next(row for row in lists.list_runs(self.ledger, NAME, flow) if row["run_id"] == run_id)
        assert books["read"] == sum(books[fate] for fate in FATES), books
        return books

    def first_night(self, *flows: str) -> dict[str, dict[str, Any]]:
        """Let the employers be known, activate one of the two, and bring the flows across."""
        self.run("employers")
        with self.ledger.session() as session:
            employers.activate(session, NAME, ["01"], "Jo")
            employers.deactivate(session, NAME, ["02"], "Jo")
        return {flow: self.run(flow) for flow in flows}

    def told(self, flow: str) -> dict[str, Line]:
        """Return what the portal was told last, by line id."""
        taken, *_ = self.integration.portals_for(Flow(flow))
        with self.ledger.session() as session:
            snapshot = deliveries.pointer(session, Scope(NAME, flow, taken.portal), kinds.SNAPSHOTS)
        assert snapshot is not None
        lines = map(msgspec.json.Decoder(Line).decode, self.vault.read(snapshot))
        return {line.id: line for line in lines}

    def rejects(self, flow: str) -> dict[str, str]:
        """Return record key → reason."""
        return {row["key"]: row["reason"] for row in lists.list_rejects(self.ledger, NAME, flow, "open")}

    def stored(self, *texts: str) -> list[str]:
        """Return the objects in the vault that hold one of these texts."""
        return sorted({path for path, content in self._objects() for text in texts if text.encode() in content})

    def _objects(self) -> Iterator[tuple[str, bytes]]:
        from unpacking import unpacked, without_digests

        for path in (self.home / "vault").rglob("*"):
            if path.is_file():
                content = unpacked(Fernet(self.key).decrypt(path.read_bytes()))
                yield str(path.relative_to(self.home)), without_digests(content)


def absence_line(
    person: str, number: str, case: str, begin: date, kind: str = "Z", recovered_on: date | None = None
) -> AbsenceLine:
    """Return the one line of a case of somebody who is fully absent."""
    when = f"{begin}T09:00:00"
    return AbsenceLine(case.replace("B", "C"), case, "01", number, kind, begin, begin, Decimal(0), person, 1,
                       recovered_on, line_changed=when, case_changed=when)  # fmt: skip


def _handed(result: Any, kind: type[Any]) -> Any:
    """Hand a result on as XCom would: small, and nothing personal in it."""
    text = json.dumps(msgspec.to_builtins(result))
    assert "Waterlelie" not in text
    assert "81002" not in text
    return msgspec.convert(json.loads(text), kind)
