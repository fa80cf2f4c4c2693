"""A pytest plugin: the third source and portal, each a folder and a line in the table of systems; and links of them."""

import json
import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from kits.link import SIX, Link
from veerpont.store import clock
from veerpont.systems.registry import SYSTEMS, System

THIRDS = {
    "csv_drop": System(source="kits.csv_drop.source:CsvDrop"),
    "by_bsn": System(portal="kits.arbodienst.portal:ByBsn"),
    "arbodienst": System(portal="kits.arbodienst.portal:Arbodienst"),
}


@pytest.fixture
def thirds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, system in THIRDS.items():
        monkeypatch.setitem(SYSTEMS, name, system)


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thirds: None) -> Link:
    """A customer with files in a folder; its portals are still to be written."""
    made = Link(tmp_path, Fernet.generate_key().decode())
    for name, value in made.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(clock.OFFSET, os.environ.get(clock.OFFSET, "0"))
    return made


@pytest.fixture
def arbodienst(dropped: Link, monkeypatch: pytest.MonkeyPatch) -> Link:
    """All six flows to the third portal, which has its folder beside."""
    (dropped.home / "arbo").mkdir()
    extra = {"path": str(dropped.home / "arbo")}
    monkeypatch.setenv("AIRFLOW_CONN_ARBO", json.dumps({"conn_type": "fs", "extra": extra}))
    dropped.write([{"portal": "arbodienst", "connection": "arbo", "flows": list(SIX)}])
    return dropped
