"""`veerpont trace`: everything that happened to one record, and where it is now, in every flow."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from crossings import EMPLOYEES, IBAN, Crossing, guid
from cryptography.fernet import Fernet
from illness import at, case_of, key
from test_removals import FOUR, columns
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.plan import plan
from veerpont.store.tables import Pointer

pytest_plugins = ["at_noon"]

ANNA, KAREL, PIETER = guid(1), guid(2), guid(4)


def ask(*words: str, code: int = 0) -> dict[str, Any]:
    """Run the command, and return its one JSON document."""
    done = CliRunner().invoke(app, ["trace", *words, "--json"])
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


def record(*words: str) -> dict[str, Any]:
    """Return the only record that is found."""
    (found,) = ask(*words)["records"]
    return dict(found)


def life(*words: str) -> list[str]:
    """Return what happened to a record, the oldest first."""
    return [" ".join(filter(None, (each["event"], each["part"], each["detail"]))) for each in record(*words)["events"]]


def pay_to(known: Crossing, account: str) -> None:
    assert known.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{ANNA}}}", {"IBAN-nummer": account})


def links(known: Crossing) -> list[Pointer]:
    with known.ledger.session() as session:
        return [row for row in session.query(Pointer) if row.kind.startswith("trail ")]


class TestALife:
    def test_first_delivery_change_question_answer(self, known: Crossing) -> None:
        """Each event with its moment, run and delivery; the line as it is at the portal now."""
        known.change("1004", Achternaam="Nieuw")
        changed = known("employees")
        known.change("1004", Personeelsnummer="2004")
        known("employees")
        known.confirm("employees", PIETER)
        known("employees")
        assert life("veerhuis", PIETER) == [
            "new 01/1",
            "changed 01/1",
            "reject opened portal_key_changed",
            "reject confirmed",
            "reject closed",
            "changed 01/1",
        ]
        found = record(PIETER.lower(), "--flow", "employees")
        sent = known.deliveries("employees")
        told = [each for each in found["events"] if each["portal"]]
        assert [each["delivery"] for each in told] == [row["id"] for row in reversed(sent)]
        assert told[1]["run_id"] == changed["run_id"]
        assert found["events"][3]["by"] == "Jo"
        (now,) = found["portals"]
        assert (now["state"], now["part"], now["delivery"]) == ("delivered", "01/1", sent[0]["id"])
        assert (found["reject"], found["waiting"], found["why"]) == (None, [], [])

    def test_an_open_reject_is_where_it_is_now(self, known: Crossing) -> None:
        known.change("1004", Geboortedatum="1971-02-30T00:00:00Z")
        known("employees")
        found = record(PIETER)
        assert (found["reject"]["state"], found["reject"]["reason"]) == ("open", "impossible_date")
        assert [each["state"] for each in found["portals"]] == ["delivered"]

    def test_removal_held_released_and_gone(self, known: Crossing) -> None:
        """Who asks by a personnel number of somebody who left is told where they went, too."""
        known.remove(*FOUR)
        for _ in range(2):
            known("employees")
        held = known.held("employees")
        found = record(PIETER)
        assert [(each["id"], each["state"], each["reasons"]) for each in found["waiting"]] == [
            (held["id"], "held", "many_gone")
        ]
        assert [each["state"] for each in found["portals"]] == ["missing"]
        known.release(held["id"])
        known("employees")
        asked = ["new 01/1", "removal_held 01/1", "released", "gone 01/1"]
        assert life(PIETER) == asked
        found = record(PIETER)
        assert (found["portals"], found["waiting"], found["why"]) == ([], [], [])
        assert [each["delivery"] for each in found["events"][1:]] == [held["id"]] * 3
        assert life("01/1004/1") == life("number:1004") == asked

    def test_missed_once_and_back(self, known: Crossing) -> None:
        rows = known.source("employees")
        known.remove("1004")
        known("employees")
        assert [each["state"] for each in record(PIETER)["portals"]] == ["missing"]
        known.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
        known("employees")
        assert life(PIETER) == ["new 01/1", "missing 01/1", "back 01/1"]

    def test_a_move_to_another_employer(self, known: Crossing) -> None:
        known.change("1004", Werkgeverscode="02")
        known("employees")
        known.confirm("employees", PIETER)
        known("employees")
        assert sorted(life(PIETER)[-2:]) == ["moved 01/1", "new 02/1"]
        assert [each["part"] for each in record(PIETER)["portals"]] == ["02/1"]

    def test_a_quiet_run_leaves_no_trail(self, known: Crossing) -> None:
        before = len(links(known))
        for _ in range(2):
            known("employees")
        assert len(links(known)) == before
        assert len(list((known.home / "vault/veerhuis/employees/xpert_suite/trails").iterdir())) == 1

    def test_a_first_file_that_waits(self, crossing: Crossing) -> None:
        """In production the first file is held: asked once, however many nights it waits."""
        crossing.configure(xpert_suite={"profile": "production", "columns": columns()}, organigram={"tree": "derive"})
        crossing.first_night("employers", "employees")
        crossing("employees")
        held = crossing.held("employees")["id"]
        assert life(PIETER) == ["held 01/1"]
        assert [each["id"] for each in record(PIETER)["waiting"]] == [held]
        crossing.release(held)
        crossing("employees")
        assert life(PIETER) == ["held 01/1", "released", "new 01/1"]

    def test_prepared_is_not_delivered(self, known: Crossing) -> None:
        """While the portal takes nothing, it says so; afterwards the event is there once."""
        known.sandbox.faults.add("api_error")
        known.round()
        assert life(ANNA, "--flow", "iban") == ["prepared new"]
        assert record(ANNA, "--flow", "iban")["portals"] == []
        known.sandbox.faults.clear("api_error")
        assert not any(known.round().values())
        assert life(ANNA, "--flow", "iban") == ["new"]


class TestRefused:
    def test_refused_retried_at_nine_and_taken(self, known: Crossing) -> None:
        """What the portal refused was never at the portal; each try is there."""
        known.sandbox.faults.add("api_reject", keys=[ANNA], value="account_closed", field="iban")
        known.at("2026-11-23T10:00").round()
        assert life(ANNA, "--flow", "iban") == ["refused", "reject opened account_closed"]
        assert record(ANNA, "--flow", "iban")["portals"] == []
        assert life(KAREL, "--flow", "iban") == ["new"]
        known.at("2026-11-23T10:05").round()
        known.at("2026-11-23T21:00").round()
        known.sandbox.faults.clear("api_reject")
        known.at("2026-11-24T21:00").round()
        seen = [each for each in life(ANNA, "--flow", "iban") if "reject" not in each]
        assert seen == ["refused", "refused", "new"]
        (now,) = record(ANNA, "--flow", "iban")["portals"]
        assert (now["portal"], now["state"]) == ("json_api", "delivered")

    def test_what_the_portal_refuses_to_forget(self, known: Crossing) -> None:
        known.round()
        assert known.sandbox.afas.delete("veerhuis", IBAN, "GUID", [f"{{{ANNA}}}"])
        known.round()
        known.sandbox.faults.add("api_reject", keys=[ANNA])
        known.later(24).round()
        assert life(ANNA, "--flow", "iban") == ["new", "missing", "removal_refused", "reject opened refused"]
        assert len(record(ANNA, "--flow", "iban")["portals"]) == 1


class TestEveryFlow:
    def test_employers_units_managers(self, known: Crossing) -> None:
        known("accounts")
        assert life("01", "--flow", "employers") == ["new"]
        assert life("PONT", "--flow", "organigram") == ["new 01"]
        assert life(KAREL, "--flow", "accounts") == ["new"]
        assert life("01_KMA", "--flow", "accounts") == ["new"]
        assert {each["flow"] for each in ask("veerhuis", KAREL)["records"]} == {"employees", "accounts"}

    def test_a_line_of_a_case_leads_to_the_case(self, ill: Crossing) -> None:
        """A case by its own GUID or by that of any line; how often it was seen, and when."""
        book = case_of(ill, "1003", "2026-11-04")
        case = key(book)
        lines = [str(row["GUID_verzuimverloop"]) for row in ill.source("absence") if row["Guid_verzuimmelding"] == book]
        assert lines
        for asked in (case, *lines):
            found = record(asked)
            assert (found["flow"], found["key"], found["waiting"]) == ("absence", case, [])
            assert [each["event"] for each in found["events"]] == [
                "held",
                "new",
            ]  # the first read was not of everything
            assert found["history"]["lines"] == len(lines)

    def test_a_case_that_changes_and_is_deleted(self, ill: Crossing) -> None:
        case = ill.book.open("0109", date(2026, 11, 20), at=at("2026-11-22", 13))
        ill.at("2026-11-22T14:00")("absence")
        ill.book.close(case, date(2026, 11, 23), at=at("2026-11-23"))
        ill.at("2026-11-23T09:00")("absence")
        ill.book.delete(case)
        for day in (23, 24):
            ill.at(f"2026-11-{day}T21:00")("absence")
        assert life(key(case)) == ["new", "changed", "gone"]

    def test_a_case_that_no_window_asks_for(self, ill: Crossing) -> None:
        """It ended before the window, and is kept a while in case another one is chained to it: a rule filters it."""
        case = ill.book.open("1004", date(2024, 11, 4), at=at("2026-11-22", 13))
        ill.book.close(case, date(2024, 11, 11), at=at("2026-11-22", 13))
        ill.at("2026-11-22T21:00")("absence")
        found = record(key(case))
        assert (found["portals"], found["events"]) == ([], [])
        assert "absence.history_months" in found["why"][0]

    def test_a_kind_of_leave_that_is_not_sent(self, ill: Crossing) -> None:
        leave = next(row for row in ill.source("absence") if row["Type"] == "F")
        (why,) = ask("veerhuis", str(leave["Guid_verzuimmelding"]), "--flow", "absence", code=1)["why"]
        assert "absence.types leaves out its kind of leave" in why


class TestNothingKnown:
    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("NOBODY", "--flow", "employees"), "of which nothing is kept (03, 04)"),
            ((guid(12), "--flow", "iban"), "employees brought nobody with this key at an active employer"),
            ((guid(12), "--flow", "absence"), "the history has no such line or case"),
            (("03", "--flow", "employers"), "this employer is pending"),
            (("99", "--flow", "employers"), "the source never showed an employer with this code"),
            (("XYZ", "--flow", "organigram"), "organigram.tree: derive"),
        ],
    )
    def test_says_why_that_may_be(self, known: Crossing, words: tuple[str, ...], why: str) -> None:
        found = ask("veerhuis", *words, code=1)
        assert (found["found"], found["records"]) == (False, [])
        assert any(why in sentence for sentence in found["why"])

    def test_without_an_integration_it_says_so_once(self, known: Crossing) -> None:
        assert len(ask("NOBODY", code=1)["why"]) == 1

    def test_no_such_integration(self, known: Crossing) -> None:
        assert isinstance(CliRunner().invoke(app, ["trace", "typo", "NOBODY"]).exception, SettingsError)

    def test_three_words_are_wrong_usage(self, known: Crossing) -> None:
        assert CliRunner().invoke(app, ["trace", "veerhuis", "01", "02"]).exit_code == 2


class TestKept:
    def test_found_after_the_key_was_rotated(self, known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """A new key in front: what was written under the old one is found, and what is written under the new one."""
        monkeypatch.setenv("VEERPONT_VAULT_KEYS", f"{Fernet.generate_key().decode()},{known.key}")
        known.change("1004", Achternaam="Nieuw")
        known("employees")
        assert life(PIETER) == ["new 01/1", "changed 01/1"]

    def test_retention_takes_it_away(self, known: Crossing) -> None:
        """With the file of a delivery its trail goes; what the portal has is still told."""
        folder = known.home / "vault/veerhuis/employees/xpert_suite/trails"
        assert len(list(folder.iterdir())) == 1
        with known.ledger.session() as session:
            for row in session.query(Pointer).filter(Pointer.kind.startswith("trail ")):
                row.at -= timedelta(days=91)
        plan(Flow.EMPLOYERS, known.notes.append)
        assert not list(folder.iterdir())
        assert links(known) == []
        found = record(PIETER)
        assert (found["events"], [each["at"] for each in found["portals"]]) == ([], [None])

    def test_nothing_in_the_clear(self, known: Crossing) -> None:
        """Neither the ledger nor a trail, even opened, holds a key; nor does any answer hold a value."""
        known.change("1004", Achternaam="Nieuw")
        known("employees")
        known.remove("1004")
        for _ in range(2):
            known.later(20)("employees")
        assert life("01/1004/1")[-1] == "gone 01/1"
        for text in (PIETER, "1004", "Nieuw"):
            assert not [path for path in known.stored(text) if "/trails/" in path]
        assert not known.in_ledger(PIETER)
        printed = CliRunner().invoke(app, ["trace", "veerhuis", "01/1004/1"]).output
        assert "removed at the portal" in printed
        assert not any(text in printed for text in ("1004", "Nieuw", "Hart"))

    def test_a_load_that_dies_tells_it_once(self, known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """The delivery is prepared, the portal does not answer; the next run brings it, with one event."""
        from veerpont.systems.xpert_suite.portal import XpertSuite

        known.change("1004", Achternaam="Nieuw")
        with monkeypatch.context() as patch:

            def away(*_: Any) -> None:
                raise PassingError("The portal is away.")

            patch.setattr(XpertSuite, "deliver", away)
            with pytest.raises(PassingError):
                known("employees")
        assert life(PIETER) == ["new 01/1", "prepared 01/1 changed"]
        known("employees")
        assert life(PIETER) == ["new 01/1", "changed 01/1"]
