"""`veerpont preview`: it says what the next run does, and leaves everything as it is."""

import hashlib
import json
from typing import Any

import pytest
from crossings import FATES, IBAN, Crossing, Make, guid
from sqlalchemy import Connection, Engine, event
from test_removals import FOUR, columns
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.preview import Preview, preview

FLOWS = ("employers", "employees", "organigram", "accounts", "absence", "iban")


def look(crossing: Crossing, flow: str) -> Preview:
    """Return the preview of a flow to its one portal, after checking that nothing was changed by it."""
    before = everything(crossing)
    (found,) = preview(crossing.name, Flow(flow), crossing.notes.append, crossing.moment).portals
    assert everything(crossing) == before
    return found


def everything(crossing: Crossing) -> list[str]:
    """Return what there is on our side and at the portal, in short; how often the source was asked may grow."""
    with crossing.ledger.engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        dump = "\n".join(line for line in driver.iterdump() if '"source_calls"' not in line)
    vault = crossing.home / "vault"
    files = sorted(path for path in vault.rglob("*") if path.is_file())
    objects = [f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return [dump, *objects, *(name for flow in FLOWS for name in crossing.files(flow))]


def both(crossing: Crossing, flow: str) -> Preview:
    """Preview a flow, run it, and check that the books are the same."""
    found = look(crossing, flow)
    books = crossing(flow)
    assert found.counts == {name: books[name] for name in found.counts}
    assert {*FATES} <= found.counts.keys()
    assert found.message == books["message"]
    return found


def total(keys: dict[str, list[str]]) -> int:
    return sum(map(len, keys.values()))


def test_it_says_what_the_run_does(make: Make) -> None:
    """On a first day with bad rows among the others, and when nothing happened since, for each flow."""
    crossing = make(bad_rows=("unknown_employer", "impossible_date"), night=("employers",))
    for flow in FLOWS:
        first = both(crossing, flow)
        assert flow == "employers" or total(first.new) > 0, flow
        if flow == "absence":  # the first is held: the history does not cover the portal's window yet
            both(crossing, flow)
        again = both(crossing, flow)
        assert (again.new, again.changed, again.gone) == ({}, {}, {}), flow


class TestChanges:
    def test_new_changed_and_gone_are_named(self, known: Crossing) -> None:
        """Who is new, changed and gone: record keys by employer, and no value."""
        known.remove("1004")
        known("employees")  # missed once: a night later it is believed
        known.later(20)
        known.change("1003", Achternaam="Nieuw")
        found = look(known, "employees")
        assert (found.new, found.changed, found.gone) == ({}, {"01": [guid(3)]}, {"01": [guid(4)]})
        assert not any("Nieuw" in note for note in known.notes)
        known("employees")
        assert known.employments()["01/1003/1"].values["last_name"] == "Nieuw"
        assert "1004" not in known.people()

    def test_a_removal_that_would_be_held(self, known: Crossing) -> None:
        """It says so, and shows what it is about; looking does not ask anybody."""
        known.remove(*FOUR)
        known("employees")
        found = both(known, "employees")
        assert found.held == [{"reasons": ["many_gone"], "records": 0, "gone": 4}]
        assert total(found.gone) == 4
        assert found.counts["gone"] == 0

    def test_a_first_file_in_production(self, crossing: Crossing) -> None:
        """It would wait for a person; what is in it is shown all the same."""
        crossing.configure(xpert_suite={"profile": "production", "columns": columns()})
        crossing("employers")
        crossing.activate("01")
        found = look(crossing, "employees")
        assert [hold["reasons"] for hold in found.held] == [["first_delivery"]]
        assert total(found.new) == found.held[0]["records"] > 0
        assert crossing.files("employees") == []

    def test_two_looks_are_not_two_reads(self, known: Crossing) -> None:
        """Absence: two wide reads have to agree that a case is gone; looking is no read."""
        known.at("2026-11-23T21:00")("absence")
        (one, *_) = known.book.cases()
        known.book.delete(one.guid)
        known.at("2026-11-24T21:00")
        assert [look(known, "absence").gone for _ in range(3)] == [{}, {}, {}]


def test_bad_records_are_named(known: Crossing) -> None:
    """A record that is bad since then, and one that was bad before."""
    known.change("1003", Geboortedatum="1975-02-30T00:00:00Z")
    known("employees")
    known.change("1004", Geboortedatum="1975-02-31T00:00:00Z")
    found = preview("veerhuis", Flow.EMPLOYEES, known.notes.append)
    assert {(row["key"], row["reason"], row["new"]) for row in found.rejects} == {
        (guid(3), "impossible_date", False),
        (guid(4), "impossible_date", True),
    }


def test_json_api(known: Crossing) -> None:
    """A portal that takes calls gets none."""
    known("iban")
    told = known.sandbox.portal.json_api.records("veerhuis", "iban")
    account = known.source("iban")[0]
    known.sandbox.afas.update("veerhuis", IBAN, "GUID", account["GUID"], {"IBAN-nummer": "NL20INGB0001234567"})
    assert total(look(known, "iban").changed) == 1
    assert known.sandbox.portal.json_api.records("veerhuis", "iban") == told


def test_a_portal_that_is_away_does_not_matter(known: Crossing) -> None:
    """Nothing is asked of the portal."""
    known.change("1003", Achternaam="Nieuw")
    known.sandbox.faults.add("drop_upload")
    assert look(known, "employees").changed == {"01": [guid(3)]}


def test_the_source_is_read_as_by_every_run(known: Crossing) -> None:
    """While another run reads from AFAS, the preview waits: never two calls at once (docs/decisions/0008)."""
    names: list[str] = []

    def note(connection: Connection, _: object, statement: str, values: tuple[str, ...], *_more: object) -> None:
        if statement.startswith("INSERT INTO leases") and connection.engine.url == known.ledger.engine.url:
            names.append(values[0])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        look(known, "employees")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert names
    assert all(name.startswith("afas") for name in names)


def test_words(known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command: a table for people, one document for scripts, refusals that say why."""
    known.change("1003", Achternaam="Nieuw")
    run = CliRunner().invoke
    said = run(app, ["preview", "veerhuis", "employees", "--keys"]).output
    assert "veerhuis, employees to xpert_suite:" in said
    assert f"employer 01: {guid(3)}" in said
    assert "Nieuw" not in said
    document = json.loads(run(app, ["preview", "veerhuis", "employees", "--json"]).output)
    assert document["portals"][0]["changed"] == {"01": [guid(3)]}
    with pytest.raises(SettingsError, match="No file"):
        preview("nobody", Flow.EMPLOYEES, print)
    known.configure(portals=[{"portal": "xpert_suite", "connection": "portal_veerhuis", "flows": ["employers"]}])
    with pytest.raises(SettingsError, match="has the flow"):
        preview("veerhuis", Flow.EMPLOYEES, print)


def test_a_flow_that_waits_for_another_says_so(crossing: Crossing) -> None:
    """Before any employees there are no accounts to show: a sentence, and no stack trace."""
    found = CliRunner().invoke(app, ["preview", "veerhuis", "accounts"])
    assert isinstance(found.exception, SettingsError)
    assert "employees" in str(found.exception)
