"""What a portal says about people is nowhere but in its own report: not in ledger, logs or exceptions."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crossings import Crossing, guid
from reported import night, read, rejected, report, sent, with_reports
from sqlalchemy import select
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.model.failures import SettingsError
from veerpont.model.lines import Line
from veerpont.pipeline.reports.take import intake, take
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision

LOUD = (
    "{first_name} {prefix} {last_name} ({birth_date}, {email_work}), {street} {house_number}, {postal_code} {city}: "
    "nummer {personnel_number} is ook van Kareltje Kwispelstaart en 987654321"
)


@pytest.fixture
def reporting(known: Crossing) -> Crossing:
    return with_reports(known)


def values(known: Crossing, number: str) -> set[str]:
    """Return what is personal of somebody, as the portal got it."""
    with known.ledger.session() as session:
        snapshot = deliveries.pointer(session, Scope(known.name, "employees", "xpert_suite"), kinds.SNAPSHOTS)
    assert snapshot is not None
    lines = (msgspec.json.decode(item, type=Line) for item in known.vault.read(snapshot))
    row = next(line.values for line in lines if line.values["personnel_number"] == number)
    names = ("first_name", "last_name", "birth_date", "email_work", "street", "postal_code", "city")
    return {value for name in names if (value := row.get(name))}


def test_nothing_of_the_portals_words_is_left_anywhere(
    reporting: Crossing, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    known = reporting
    personal = values(known, "1001") | {"Kareltje", "Kwispelstaart", "987654321", "Nieuwenhuis"}
    assert len(personal) > 9
    known.sandbox.faults.add("reject_lines", keys=["1001", "1003", "1004"], value=LOUD)
    known.change("1001", Achternaam="Nieuwenhuis")
    night(known, "employees", 22)
    said = read(known)
    assert len(rejected(known)) == 3
    for value in personal:
        assert not known.in_ledger(value), value
    shown = CliRunner().invoke(app, ["rejects", "list", "--json"]).output
    shown += CliRunner().invoke(app, ["trace", guid(1), "--json"]).output
    streams = capfd.readouterr()
    for value in personal:
        assert value not in shown + "".join(said) + streams.out + streams.err + "".join(known.notes), value
    assert "[last_name]" in json.loads(CliRunner().invoke(app, ["rejects", "list", "--json"]).output)[-1]["detail"]
    assert "ook van … … en #" in shown


def test_a_key_that_is_a_citizen_service_number_is_kept_nowhere(reporting: Crossing) -> None:
    """Also where it matches nobody: how many there were is all that is said."""
    known = reporting
    known.change("1001", Achternaam="Nieuwenhuis")
    night(known, "employees", 22)
    bsn = "123456782"
    content = report(sent(known, "employees")["name"], ("", bsn, "Uitval", bsn, f"BSN {bsn} van Jansen"))
    assert take(intake(known.name), content).unmatched == 1
    assert not known.in_ledger(bsn)
    assert not known.in_ledger("Jansen")


def test_a_report_that_cannot_be_read_says_nothing_of_what_is_in_it(reporting: Crossing) -> None:
    for row in ((2, "k", "Vreemd Jansen", "", ""), ("Jansen", "k", "Uitval", "", "")):
        with pytest.raises(SettingsError) as error:
            take(intake(reporting.name), report("Jansen.xlsx", row))
        assert "Jansen" not in str(error.value)


class TestCommand:
    def taken(self, known: Crossing, tmp_path: Path, content: bytes, *more: str) -> tuple[int, Any]:
        path = tmp_path / "log.csv"
        path.write_bytes(content)
        result = CliRunner().invoke(app, ["deliveries", "report", str(path), *more, "--json"])
        return result.exit_code, json.loads(result.output) if result.output else result.exception

    def test_a_report_by_mail(self, reporting: Crossing, tmp_path: Path) -> None:
        """One JSON document; the integration need not be said where there is only one that has reports."""
        known = reporting
        known.change("1001", Achternaam="Nieuwenhuis")
        night(known, "employees", 22)
        delivery = sent(known, "employees")
        content = report(delivery["name"], ("", "01/1001/1", "Uitval", "X", "Nee."), (99, "", "Uitval", "", "Nee."))
        code, found = self.taken(known, tmp_path, content)
        assert (code, found) == (
            0,
            {
                "integration": "veerhuis",
                "flow": "employees",
                "delivery": delivery["id"],
                "result": "confirmed",
                "rejected": 2,
                "rejects": 1,
                "unmatched": 1,
            },
        )
        assert self.taken(known, tmp_path, content, "--integration", "veerhuis")[1]["result"] == "repeated"
        with closing(known.ledger.engine.connect()) as connection:
            kept = connection.execute(select(Decision.decision, Decision.by)).all()
        assert ("report", "command line") in kept

    def test_one_that_is_not_ours(self, reporting: Crossing, tmp_path: Path) -> None:
        code, found = self.taken(reporting, tmp_path, report("accounts_00000009_ab.xlsx", ("", "", "1", "", "")))
        assert (code, found["result"], found["delivery"]) == (1, "unknown", 0)

    def test_whose_it_is_must_be_clear(self, reporting: Crossing, tmp_path: Path) -> None:
        code, error = self.taken(reporting, tmp_path, b"", "--integration", "nobody")
        assert (code, isinstance(error, SettingsError)) == (1, True)
        reporting.configure(xpert_suite={"report": None})
        code, error = self.taken(reporting, tmp_path, b"")
        assert (code, "Say whose report it is" in str(error)) == (1, True)
