"""A third source and a third portal: one folder and one line each, and all that there is works for them."""

import csv
import json
from pathlib import Path

import msgspec
import pytest

from kits.link import CASE, ILL, NAME, SIX, WELL, Link
from kits.pipeline import PipelineConformance
from kits.portals import Case as PortalCase
from kits.portals import PortalConformance
from kits.sources import Case, SourceConformance
from veerpont.config.settings import settings
from veerpont.desk.check import check
from veerpont.messages.catalog import word
from veerpont.model.flows import Flow
from veerpont.model.records import Employer
from veerpont.pipeline.reports.folder import look

pytest_plugins = ["kits.fixtures"]


class TestCsvDrop(SourceConformance):
    @pytest.fixture
    def case(self, arbodienst: Link) -> Case:
        personal = ("81002", "Waterlelie", ILL)
        return Case(arbodienst.integration, frozenset({"01"}), personal, Flow.PAYROLL)


class TestArbodienst(PortalConformance):
    @pytest.fixture
    def case(self, arbodienst: Link) -> PortalCase:
        records = [Employer("01", "Derde Zorg"), Employer("02", "Derde Thuis")]

        def arrived() -> dict[str, int]:
            return {path.name: path.stat().st_mtime_ns for path in (arbodienst.home / "arbo").iterdir()}

        return PortalCase("arbodienst", Flow.EMPLOYERS, arbodienst.integration, records, arrived, ("Derde Zorg",))


class TestThroughTheWholePipeline(PipelineConformance):
    @pytest.fixture
    def link(self, arbodienst: Link) -> Link:
        return arbodienst

    def test_the_last_file_has_everybody_under_its_own_headers(self, known: Link) -> None:
        rows = last_file(known.home / "arbo", "employees")
        assert [row["persnr"] for row in rows] == ["81001", "81002", "81003"]
        assert [row["baas"] for row in rows] == ["", "81001", "81001"]
        (ill, _) = last_file(known.home / "arbo", "absence")
        assert (ill["melding"], ill["ziek_tot"]) == (CASE, "")

    def test_what_it_reports_is_uitval_without_a_name(self, known: Link) -> None:
        """Names of people are known by the columns that the portal says hold them."""
        sent = max((known.home / "arbo").glob("employees_*.csv"))
        (known.home / "arbo" / "verslag.log").write_text(f"{sent.name};3;Dijkwachter (81003) staat ook bij waterlelie")
        assert look(known.notes.append, NAME)
        assert known.rejects("employees") == {WELL: "portal_rejected"}
        assert WELL not in {line.key for line in known.told("employees").values()}
        said = known.notes[-1] + str(known.rejects("employees"))
        assert not any(name in said + dumped(known) for name in ("Dijkwachter", "bij waterlelie", "81003"))

    def test_a_line_that_it_refuses_is_a_reject(self, known: Link) -> None:
        known.write(
            [{"portal": "arbodienst", "connection": "arbo", "flows": list(SIX)}],
            absence={"causes": {"01": {"Z": "verboden"}}, "initial_days": 800},
        )
        assert known.run("absence")["rejected"] == 2
        assert set(known.rejects("absence").values()) == {"unknown_value"}

    def test_nothing_is_wrong_with_the_link(self, known: Link) -> None:
        assert check(settings(), live=True) == []

    def test_people_call_it_by_its_title(self, thirds: None) -> None:
        assert word("arbodienst", "nl") == "Arbodienst"


class TestBesideOneThatKnowsPeopleByBsn(PipelineConformance):
    """The case of somebody is theirs, though one portal knows them by another number than the other does."""

    flows = ("employees", "absence")

    @pytest.fixture
    def link(self, arbodienst: Link, monkeypatch: pytest.MonkeyPatch) -> Link:
        (arbodienst.home / "bsn").mkdir()
        extra = {"path": str(arbodienst.home / "bsn")}
        monkeypatch.setenv("AIRFLOW_CONN_BSN", json.dumps({"conn_type": "fs", "extra": extra}))
        one, ill, *others = arbodienst.records["employees"]
        arbodienst.put("employees", one, msgspec.structs.replace(ill, bsn="111222333"), *others)
        flows = ["employers", *self.flows]
        arbodienst.write([
            {"portal": "arbodienst", "connection": "arbo", "flows": flows},
            {"portal": "by_bsn", "connection": "bsn", "flows": flows},
        ])
        return arbodienst


def last_file(folder: Path, flow: str) -> list[dict[str, str]]:
    with max(folder.glob(f"{flow}_*.csv")).open(newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def dumped(link: Link) -> str:
    with link.ledger.engine.connect() as connection:
        return json.dumps(list(connection.connection.dbapi_connection.iterdump()))  # type: ignore[union-attr]
