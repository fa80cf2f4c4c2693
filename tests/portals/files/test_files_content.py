"""What a delivery of files is: its tables, its manifest, its encryption; the same lines give the same bytes."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs7

from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.schema import Column, ColumnType
from veerpont.systems.registry import portal

from .conftest import SCHEMA, Pair, entry


def unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_a_file_for_each_table_and_the_manifest_last(render) -> None:
    """Also for a table in which nobody has anything: empty is not missing."""
    found = unpacked(render())
    assert list(found) == ["employment.csv", "formation.csv", "wage_components.csv", "manifest.json"]
    assert rows(found["formation.csv"]) == [["Werkgever", "FTE"]]


def test_csv_has_the_text_as_it_is(render) -> None:
    """Commas, quotes and line ends survive; an empty value is an empty cell; columns stand as in the schema."""
    content = unpacked(render())["wage_components.csv"]
    assert rows(content) == [
        ["Werkgever", "Medewerker", "Omschrijving", "Bedrag", "Percentage"],
        ["01", "1001", 'Toeslag "nacht", 25%\nregel 2', "2750.505", "0.333333"],
        ["01", "1001", "=SOM(A1)", "-12", ""],
    ]
    assert content.endswith(b"\r\n")
    assert not content.startswith(b"\xef\xbb\xbf")


def test_parquet_has_the_types_of_the_schema(render) -> None:
    """Days, moments without a zone, decimals with their digits; a decimal of unknown digits stays text."""
    from pyarrow import parquet

    found = unpacked(render(format="parquet"))
    employment = parquet.read_table(io.BytesIO(found["employment.parquet"]))
    assert [str(kind) for kind in employment.schema.types] == [
        "string",
        "string",
        "date32[day]",
        "timestamp[us]",
        "bool",
        "int64",
    ]
    first, second = employment.to_pylist()
    assert first["Begin"] == date(2020, 2, 29)
    assert first["Gewijzigd"] == datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001  # the calendar's own, without a zone
    assert (first["Actief"], first["Volgnummer"]) == (True, 1)
    assert (second["Actief"], second["Begin"], second["Volgnummer"]) == (False, None, None)
    wages = parquet.read_table(io.BytesIO(found["wage_components.parquet"])).to_pylist()
    assert [row["Bedrag"] for row in wages] == [Decimal("2750.505"), Decimal(-12)]
    assert wages[0]["Percentage"] == "0.333333"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ColumnType.INTEGER, "1.5"),
        (ColumnType.INTEGER, "1_0"),
        (ColumnType.INTEGER, str(2**63)),
        (ColumnType.DECIMAL, "0.12345678901"),
        (ColumnType.DECIMAL, "1" * 40),
        (ColumnType.DECIMAL, "NaN"),
        (ColumnType.DECIMAL, "twaalf"),
        (ColumnType.BOOLEAN, "ja"),
        (ColumnType.DATE, "31-12-2026"),
        (ColumnType.MOMENT, "2026-01-01T00:00:00Z"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_named_and_not_shown(render, acme, kind: ColumnType, value: str) -> None:
    """Parquet has no place for it; a csv takes it as it is."""
    schema = {"formation": (Column("X", kind, 2),)}
    line = portal("files").line(acme(), Flow.PAYROLL, entry("formation", "1001", {"X": value}))
    assert isinstance(line, Line)
    with pytest.raises(SettingsError) as caught:
        render([line], schema, format="parquet")
    assert all(part in str(caught.value) for part in ("formation", "X", "number:1001", str(kind)))
    assert value not in str(caught.value).replace("number:1001", "")
    assert value.encode() in unpacked(render([line], schema))["formation.csv"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_manifest_says_what_there_is(render, kind: str) -> None:
    """File, rows, size, checksum, and the columns with their types; nothing that a person can be known by."""
    found = unpacked(render(format=kind))
    content = found.pop("manifest.json")
    manifest = json.loads(content)
    assert (manifest["version"], manifest["format"], manifest["encryption"]) == (1, kind, None)
    assert {table["file"]: table["rows"] for table in manifest["tables"]} == {
        f"employment.{kind}": 2,
        f"formation.{kind}": 0,
        f"wage_components.{kind}": 2,
    }
    for table in manifest["tables"]:
        content_of = found[table["file"]]
        assert (table["size"], table["sha256"]) == (len(content_of), hashlib.sha256(content_of).hexdigest())
        assert table["columns"] == [
            {"name": column.name, "type": str(column.type), "length": column.length}
            for column in SCHEMA[table["table"]]
        ]
    assert not any(value in content.decode() for value in ("1001", "1002", "2750", "Toeslag"))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_same_lines_give_the_same_bytes(render, kind: str) -> None:
    assert render(format=kind) == render(format=kind)


def test_who_is_gone_is_in_no_file(render, lines) -> None:
    """A complete delivery says it by leaving out."""
    content = render([line for line in lines if line.key != "number:1001"])
    assert b"1001" not in content
    assert b"1002" in content


def test_lines_that_stand_apart_from_their_table_are_a_defect(render, lines) -> None:
    """Half a table may never look like a whole one."""
    with pytest.raises(VeerpontError):
        render(list(reversed(lines)))
    with pytest.raises(VeerpontError):
        render(schema={"employment": SCHEMA["employment"]})


def decrypted(pair: Pair, content: bytes, folder: Path) -> bytes:
    """Open it with openssl where the machine has that, else with the library that made it."""
    if shutil.which("openssl") is None:
        return pkcs7.pkcs7_decrypt_der(content, pair.certificate, pair.key, [pkcs7.PKCS7Options.Binary])
    (folder / "key.pem").write_bytes(pair.key_pem)
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", str(folder / "key.pem")]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def test_only_the_receiver_opens_an_encrypted_delivery(render, pair: Pair, tmp_path: Path) -> None:
    """Each table is apart, with AES-256; what lies there and what is in it both follow from the manifest."""
    content = render(encrypt_for=pair.pem)
    assert not any(value in content for value in (b"1001", b"2750", b"Toeslag"))
    assert bytes.fromhex("060960864801650304012a") in content  # aes256-CBC
    found, plain = unpacked(content), unpacked(render())
    manifest = json.loads(found["manifest.json"])
    assert manifest["encryption"] == "cms"
    for table in manifest["tables"]:
        assert hashlib.sha256(found[table["file"]]).hexdigest() == table["sha256"]
        assert decrypted(pair, found[table["file"]], tmp_path) == plain[table["file"].removesuffix(".p7m")]
