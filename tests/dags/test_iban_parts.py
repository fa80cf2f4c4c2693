"""The DAG of bank accounts where there are many customers: its first task has several instances."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow_night import ROOT, Night

from veerpont.airflow import tick_dag

Make = Callable[..., Night]


def loaded() -> Any:
    """Load the DAG again, as the DAG processor does when files of integrations came."""
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(dag_folder=str(ROOT / "dags" / "iban.py"), bundle_path=ROOT / "dags", bundle_name="dags-folder")
    assert bag.import_errors == {}
    return bag.dags["iban"]


@pytest.fixture
def here(night: Make, monkeypatch: pytest.MonkeyPatch) -> Night:
    """Two customers whose employees crossed, and the files of 74 others who have no bank accounts to bring.

    That makes three parts of one batch or two; the two customers are in the first and in the second one.
    """
    monkeypatch.setattr(tick_dag, "PART", 26)
    made = night()
    made.begin("employees")
    files = made.home / "integrations"
    content = yaml.safe_load((files / "veerhuis.yaml").read_text())
    content["portals"] = [{**each, "flows": ["employees"]} for each in content["portals"][:1]]
    for number in range(74):
        content["name"] = f"other_{number}"
        (files / f"other_{number}.yaml").write_text(yaml.safe_dump(content))
    return made


def test_a_hundred_are_read_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow counts the files of integrations when it reads the DAG."""
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path))
    for number in range(101):
        (tmp_path / f"other_{number}.yaml").touch()
    assert loaded().get_task("extract").is_mapped
    (tmp_path / "other_0.yaml").unlink()
    assert not loaded().get_task("extract").is_mapped


def test_every_part_delivers_and_nobody_twice(here: Night) -> None:
    """Each part reads its own customers; what changed in any of them is transformed and loaded together."""
    here.dags = {**here.dags, "iban": loaded()}
    states = here.run("iban")
    steps = [*(f"extract[{part}]" for part in range(3)), "transform[-1]", "load[-1]", "end[-1]"]
    assert states == dict.fromkeys(steps, "success")
    read = here.books("veerhuis", "iban")["read"], here.books("oeverland", "iban")["read"]
    assert all(here.sandbox.portal.api(name, "iban") for name in ("veerhuis", "oeverland"))
    states = here.run("iban")
    assert (states["transform[-1]"], states["load[-1]"]) == ("skipped", "skipped")
    for name, rows in zip(("veerhuis", "oeverland"), read, strict=True):
        books = here.books(name, "iban")
        assert (books["state"], books["read"], books["delivered"]) == ("success", rows, 0)


def test_one_customer_that_fails_stops_no_part(here: Night) -> None:
    here.dags = {**here.dags, "iban": loaded()}
    here.sandbox.faults.add("revoked", customer="veerhuis")
    states = here.run("iban")
    assert [states[f"extract[{part}]"] for part in range(3)] == ["success"] * 3
    assert (states["transform[-1]"], states["load[-1]"], states["end[-1]"]) == ("success", "success", "failed")
    assert here.books("veerhuis", "iban")["state"] == "failed"
    assert here.sandbox.portal.api("oeverland", "iban")
    assert not here.sandbox.portal.api("veerhuis", "iban")


def test_one_part_that_fails_stops_no_other(here: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody with bank accounts is in the third one: what the others read is delivered, and the run failed."""
    from veerpont.pipeline import settled

    real = settled.members

    def members(turn: Any, flow: Any, part: int, *rest: Any) -> list[str]:
        if part == 2:
            raise MemoryError
        return real(turn, flow, part, *rest)

    monkeypatch.setattr(settled, "members", members)
    here.dags = {**here.dags, "iban": loaded()}
    states = here.run("iban")
    assert [states[f"extract[{part}]"] for part in range(3)] == ["success", "success", "failed"]
    assert (states["transform[-1]"], states["load[-1]"], states["end[-1]"]) == (
        "success",
        "success",
        "upstream_failed",
    )
    assert all(here.sandbox.portal.api(name, "iban") for name in ("veerhuis", "oeverland"))
