"""What there is to see as DataFrames: types that lose nothing, and lines of people only for whoever is named."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from test_acts import decisions

from veerpont import frames
from veerpont.config.settings import settings
from veerpont.desk import lists
from veerpont.desk.lists import KINDS, ColumnKind
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.schema import Column, ColumnType, Schema
from veerpont.store import deliveries
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Run
from veerpont.store.vault import Vault
from veerpont.systems.files import delivery as package
from veerpont.systems.json_api import delivery as calls
from veerpont.systems.xpert_suite import files
from veerpont.systems.xpert_suite.columns import TemplateColumn

Deliver = Callable[[str, Iterator[bytes]], int]
MOMENT = "datetime64[us, Europe/Amsterdam]"
TYPES = {"NUMBER": "Int64", "MOMENT": MOMENT, "DAY": "datetime64[us]", "WORD": "category", "YES_NO": "boolean"}
HEADERS = {"personnel_number": "Personeelsnummer", "name": "Naam", "birth": "Geboortedatum", "fte": "FTE"}
COLUMNS = {
    "personnel_number": TemplateColumn(),
    "name": TemplateColumn(),
    "birth": TemplateColumn(kind="date"),
    "fte": TemplateColumn(kind="number"),
}
VALUES = {"personnel_number": "0007", "name": 'De "Wit"; =1+1', "birth": "1980-02-29", "fte": "0.9"}
SCHEMA: Schema = {
    "employment": (
        Column("Medewerker", ColumnType.TEXT),
        Column("Salaris", ColumnType.DECIMAL, 2),
        Column("Begin", ColumnType.DATE),
        Column("Vast", ColumnType.BOOLEAN),
    )
}


def a_line(**values: str | None) -> Line:
    return Line(id="K1", key="K1", employer="01", portal_key="01/1", order="1", values=values, part="employment")


@pytest.fixture
def deliver(filled: Ledger) -> Deliver:
    """Put a delivery with this file into ledger and vault; returns its number."""

    def put(name: str, chunks: Iterator[bytes]) -> int:
        content = b"".join(chunks)
        ours = settings()
        Vault(ours.vault, ours.vault_keys).put(f"acme/employees/{name}", content)
        with filled.session() as session:
            row = Delivery(
                integration="acme", flow="employees", portal="xpert_suite", run_id="r9", state=State.DELIVERED,
                at=now(), name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content), records=1,
                object=f"acme/employees/{name}",
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    return put


def exports(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [each for each in decisions(ledger) if each[0] == "export"]


@pytest.mark.usefixtures("filled")
class TestLists:
    @pytest.mark.parametrize(
        ("found", "columns"),
        [
            (frames.runs, lists.RUN),
            (frames.rejects, lists.REJECT),
            (frames.deliveries, lists.DELIVERY),
        ],
    )
    @pytest.mark.parametrize("empty", [False, True])
    def test_each_column_has_its_type_with_rows_and_without(
        self, found: Callable[..., pd.DataFrame], columns: tuple[str, ...], empty: bool, filled: Ledger
    ) -> None:
        if empty:
            with filled.session() as session:
                for table in (Run, Delivery):
                    session.query(table).delete()
        frame = found(flow="iban") if empty and found is frames.rejects else found()
        assert frame.empty == empty
        types = {name: TYPES[KINDS[name].name] if name in KINDS else "string" for name in columns}
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == types

    def test_they_are_the_rows_of_the_command_line(self, filled: Ledger) -> None:
        frame, rows = frames.rejects(), lists.list_rejects(filled, None, None, None)
        assert list(frame["key"]) == [row["key"] for row in rows]
        assert frame["first_seen"].map(pd.Timestamp.isoformat).map(pd.Timestamp).tolist() == [
            pd.Timestamp(row["first_seen"]) for row in rows
        ]

    def test_no_number_becomes_a_float_and_no_code_a_number(self, filled: Ledger) -> None:
        """Also the largest number, beside one that is missing."""
        rows = [{"id": 2**62 + 1, "code": "007", "at": None}, {"code": None, "at": now().isoformat()}]
        frame = frames.frame(rows, ("id", "code", "at"))
        assert (frame["id"][0], frame["code"][0]) == (2**62 + 1, "007")
        assert frame.isna().sum().to_dict() == {"id": 1, "code": 1, "at": 1}

    def test_moments_are_in_dutch_time(self) -> None:
        at = frames.frame([{"at": "2026-07-01T20:30:00+00:00"}, {"at": "2026-12-01T23:30:00+00:00"}], ("at",))["at"]
        assert [f"{moment:%d %H:%M}" for moment in at] == ["01 22:30", "02 00:30"]

    def test_an_integration_that_is_not_there_is_no_empty_answer(self) -> None:
        for found in (frames.runs, frames.books, frames.rejects, frames.deliveries, frames.coverage):
            with pytest.raises(SettingsError, match="no integration typo"):
                found("typo")

    def test_the_names_of_columns_mean_one_thing(self, filled: Ledger) -> None:
        """What a list holds is what its name says; a column that is new has to be told of."""
        rows = [
            *lists.list_runs(filled, None, None), *lists.list_rejects(filled, None, None, None),
            *lists.list_employers(filled, None), *lists.list_links(filled, None, None),
            *lists.list_deliveries(filled, None, None),
        ]  # fmt: skip
        kinds = {bool: ColumnKind.YES_NO, int: ColumnKind.NUMBER}
        for row in rows:
            for name, value in row.items():
                if type(value) in kinds:
                    assert KINDS.get(name) is kinds[type(value)], name
                elif KINDS.get(name) in {*kinds.values()}:
                    assert value is None, name
        columns = {*lists.RUN, *lists.REJECT, *lists.EMPLOYER, *lists.LINK, *lists.DELIVERY}
        assert {name for name in columns if name.endswith(("_at", "_seen"))} <= {
            name for name, kind in KINDS.items() if kind is ColumnKind.MOMENT
        }


@pytest.mark.usefixtures("filled")
class TestBooks:
    def test_the_fates_add_up_to_what_was_read(self) -> None:
        found = frames.books("acme", "employees")
        assert found.groupby("run_id")["rows"].sum().to_dict() == {"r1": 4200}
        by_fate = found.pivot_table(index="flow", columns="fate", values="rows", aggfunc="sum", observed=True)
        assert by_fate.loc["employees"].to_dict() == {
            "rejected": 11, "held": 40, "delivered": 12, "unchanged": 4100, "filtered": 37,
        }  # fmt: skip

    def test_of_many_runs_it_takes_as_many_as_it_is_asked_for(self, filled: Ledger) -> None:
        with filled.session() as session:
            for number in range(300):
                at = now() - timedelta(days=2, hours=number)
                session.add(Run(integration="acme", flow="iban", portal="p", run_id=f"i{number}", started_at=at,
                                ended_at=at, state="success"))  # fmt: skip
        assert len(frames.runs(flow="iban")) == 300
        assert len(frames.runs(flow="iban", limit=7)) == 7


class TestLines:
    def test_nobody_gets_them_without_a_name(self, deliver: Deliver, filled: Ledger) -> None:
        number = deliver("employees_00000009_abcdef012345.csv", files.write_csv(HEADERS, [a_line(**VALUES)]))
        with pytest.raises(TypeError):
            frames.lines(number)  # type: ignore[call-arg]
        with pytest.raises(SettingsError):
            frames.lines(number, by=" ")
        assert exports(filled) == []

    def test_who_took_them_is_kept(self, deliver: Deliver, filled: Ledger) -> None:
        number = deliver("employees_00000009_abcdef012345.csv", files.write_csv(HEADERS, [a_line(**VALUES)]))
        frames.lines(number, by="Jo")
        assert exports(filled) == [("export", f"delivery {number} employees xpert_suite", "Jo")]

    @pytest.mark.parametrize("cells", [False, True])
    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_of_a_file(self, deliver: Deliver, ending: str, cells: bool) -> None:
        """Codes keep their zeros, an empty cell is missing, a text stays what it is, and a day is an ISO date."""
        made = [a_line(**VALUES), a_line(**dict.fromkeys(VALUES) | {"name": "NA"})]
        chunks = files.write_csv(HEADERS, made) if ending == "csv" else files.write_xlsx(HEADERS, COLUMNS, made, cells)
        found = frames.lines(deliver(f"employees_00000009_abcdef012345.{ending}", chunks), by="Jo")
        assert found.columns.tolist() == list(HEADERS.values())
        assert found.loc[0].to_dict() == dict(zip(HEADERS.values(), VALUES.values(), strict=True))
        assert found.loc[1].dropna().to_dict() == {"Naam": "NA"}
        assert set(map(str, found.dtypes)) == {"string"}

    def test_of_calls(self, deliver: Deliver) -> None:
        """What was brought and what was taken away, with its id."""
        line = a_line(external_id="E1", iban="NL91ABNA0417164300", bic=None)
        gone = a_line()
        chunks = calls.render(Flow.IBAN, [line], [Line("K2", "K2", "01", "01/2", "2", gone.values)])
        found = frames.lines(deliver("iban_00000009_abcdef012345", chunks), by="Jo")
        assert found[["op", "id", "external_id"]].fillna("-").to_numpy().tolist() == [
            ["put", "K1", "E1"], ["delete", "K2", "-"],
        ]  # fmt: skip

    @pytest.mark.parametrize("ending", ["csv", "parquet"])
    def test_of_several_tables(self, deliver: Deliver, ending: str) -> None:
        """As text, also where the file has types."""
        values = {"Medewerker": "0007", "Salaris": "2750.50", "Begin": "2026-11-01", "Vast": "true"}
        chunks = package.pack(ending, None, [a_line(**values)], SCHEMA)
        found = frames.lines(deliver("payroll_00000009_abcdef012345.tar", chunks), by="Jo")
        assert found.loc[0, ["table", "Medewerker", "Begin", "Vast"]].tolist() == [
            "employment", "0007", "2026-11-01", "true",
        ]  # fmt: skip
        assert Decimal(found.loc[0, "Salaris"]) == Decimal("2750.50")
        assert set(map(str, found.dtypes)) == {"string"}

    def test_what_is_encrypted_or_no_table_is_refused_and_not_noted(self, deliver: Deliver, filled: Ledger) -> None:
        sealed = b"".join(package._member("employment.csv.p7m", b"0\x80"))
        for name, content in (("payroll_00000009_abcdef012345.tar", sealed), ("odd_00000009", b"\x89PNG")):
            with pytest.raises(SettingsError, match=r"encrypted|no table"):
                frames.lines(deliver(name, iter([content])), by="Jo")
        assert exports(filled) == []

    def test_what_waits_for_a_person_has_no_file_yet(self, filled: Ledger) -> None:
        with filled.session() as session:
            (held, *_) = deliveries.find(session, Scope("acme", "employees", "xpert_suite"), State.HELD)
        with pytest.raises(SettingsError):
            frames.lines(held.id, by="Jo")


def test_a_preview_says_what_would_happen_to_which_record(monkeypatch: pytest.MonkeyPatch) -> None:
    from veerpont.pipeline import preview

    reject = {"key": "B1", "employer": "02", "stage": "transform", "field": "BSN", "reason": "invalid_bsn",
              "detail": "Correct it.", "new": True}  # fmt: skip
    portal = preview.Preview("xpert_suite", {}, {"01": ["A1", "A2"]}, {}, {"01": ["A3"]})
    shown = preview.Previews("acme", "employees", [portal], [reject])

    def previewed(*_: Any) -> preview.Previews:
        return shown

    monkeypatch.setattr(preview, "preview", previewed)
    found = frames.preview("acme", "employees")
    assert found[["what", "key"]].to_numpy().tolist() == [
        ["new", "A1"], ["new", "A2"], ["gone", "A3"], ["rejected", "B1"],
    ]  # fmt: skip
    assert found.groupby("what", observed=True).size().to_dict() == {"gone": 1, "new": 2, "rejected": 1}
    assert found["portal"].isna().tolist() == [False, False, False, True]
