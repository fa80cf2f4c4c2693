"""Payroll data as files: a night brings a whole delivery to its receiver, and one that died goes on as it was."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from crossings import Crossing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from proving import every_other

from veerpont.model.failures import PassingError, SettingsError
from veerpont.systems import upload
from veerpont_sandbox.afas.schema import BASES, COMPONENTS, EMPLOYMENT, FORMATION

TABLES = {"calculated_bases": 66, "employment": 11, "formation": 11, "wage_components": 33}
"""Rows of Veerhuis's people at an active employer."""


def to_files(crossing: Crossing, **settings: Any) -> Crossing:
    """Let payroll data go to a receiver of files, and nowhere else."""
    taken = {"portal": "files", "connection": "receiver_veerhuis", "flows": ["payroll"], "settings": settings}
    everything = {"portal": "xpert_suite", "connection": "xpert_veerhuis", "flows": ["employers", "employees"]}
    crossing.configure(portals=[everything, taken])
    return crossing


def newest(crossing: Crossing) -> tuple[dict[str, Any], Path]:
    folder = crossing.sandbox.portal.deliveries("veerhuis")[-1]
    return json.loads((folder / "manifest.json").read_bytes()), folder


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


@cache
def certificate() -> str:
    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        made.serial_number(1).not_valid_before(now - timedelta(days=9999)).not_valid_after(now + timedelta(days=9999))
    )
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_night_brings_every_table_with_its_manifest(known: Crossing, kind: str) -> None:
    """All rows of active employers, and what stands in the manifest is true of the files beside it."""
    books = to_files(known, format=kind)("payroll")
    assert (books["read"], books["delivered"], books["filtered"]) == (143, 121, 22)
    manifest, folder = newest(known)
    assert {table["table"]: table["rows"] for table in manifest["tables"]} == TABLES
    assert manifest["delivery"] == folder.name == known.deliveries("payroll")[0]["name"].removesuffix(".tar")
    for table in manifest["tables"]:
        content = (folder / table["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (table["size"], table["sha256"])
        assert b"Omar" not in content  # somebody at an employer that nobody activated
    assert {path.name for path in folder.iterdir()} == {f"{table}.{kind}" for table in TABLES} | {"manifest.json"}


def test_parquet_has_what_csv_has(known: Crossing) -> None:
    """The same rows, as values of their types: amounts exact, days without a zone."""
    from pyarrow import parquet

    to_files(known)("payroll")
    _, texts = newest(known)
    known.sandbox.afas.update("veerhuis", FORMATION, "Medewerker", "1004", {"Percentage": 62.5})
    to_files(known, format="parquet")("payroll")
    _, typed = newest(known)
    for table in ("employment", "wage_components"):
        written = parquet.read_table(typed / f"{table}.parquet").to_pylist()
        assert len(written) == TABLES[table]
        for row, text in zip(written, rows(texts / f"{table}.csv"), strict=True):
            for name, value in row.items():
                shown = (value.isoformat() if isinstance(value, datetime) else str(value)).lower()
                same = text[name] == "" if value is None else shown == text[name].lower()
                assert same or float(value) == float(text[name]), name


def test_who_is_gone_leaves_the_files(known: Crossing) -> None:
    """A night after the first read that does not show the person, in every table; everybody else stays."""
    to_files(known)("payroll")
    for connector in (EMPLOYMENT, BASES, COMPONENTS, FORMATION):
        kept = [row for row in known.sandbox.afas.rows("veerhuis", connector) if row["Medewerker"] != "1006"]
        known.sandbox.afas.replace("veerhuis", connector, kept)
    known.configure(guards={"min_gone": 50, "max_gone": 50})
    known("payroll")
    known.later(20)("payroll")
    manifest, folder = newest(known)
    people = {row["Medewerker"] for row in rows(folder / "employment.csv")}
    assert "1006" not in people
    assert {table["table"]: table["rows"] for table in manifest["tables"]}["employment"] == TABLES["employment"] - 1
    assert len(people) == TABLES["employment"] - 2  # one of them is at both employers


@pytest.mark.parametrize("at", every_other(range(5)))
def test_a_delivery_that_dies_goes_on_with_the_same_bytes(
    known: Crossing, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Also an encrypted one, of which no two are alike: it was made once. A manifest never stands before its data."""
    to_files(known, encrypt_for=certificate())
    bring, brought = upload.deliver, []

    def dying(sftp: Any, folder: upload.Folder, name: str, content: Any) -> None:
        if len(brought) == at:
            raise PassingError("The process died here.")
        brought.append(name)
        bring(sftp, folder, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(upload, "deliver", dying)
        with pytest.raises(PassingError):
            known("payroll")
    assert known.sandbox.portal.deliveries("veerhuis") == []
    root = known.sandbox.portal.accounts["veerhuis"].receiver
    before = {path: path.read_bytes() for path in root.rglob("*.p7m")}
    assert len(before) == at
    known("payroll")
    (folder,) = known.sandbox.portal.deliveries("veerhuis")
    assert len(list(root.iterdir())) == 1
    assert before.items() <= {path: path.read_bytes() for path in folder.iterdir()}.items()
    assert not any(b"Groot" in path.read_bytes() for path in folder.iterdir())


def test_production_sends_nothing_in_the_clear(known: Crossing) -> None:
    """Without the receiver's certificate nothing is even read."""
    to_files(known)
    known.configure(xpert_suite={"profile": "production"})
    with pytest.raises(SettingsError, match="encrypt_for is missing"):
        known("payroll")
    assert list(known.sandbox.portal.accounts["veerhuis"].receiver.iterdir()) == []
