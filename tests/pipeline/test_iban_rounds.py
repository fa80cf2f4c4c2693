"""Bank accounts every five minutes: a round that finds nothing costs nothing, and one customer never stops another."""

from datetime import datetime
from typing import Any

import pytest
from crossings import IBAN, Books, Crossing, guid
from proving import WHOLE

from veerpont.rules.dates import AMSTERDAM
from veerpont.store import clock
from veerpont_sandbox.customers.spec import iban

ANNA, KAREL, FATIMA, BRAM, TIM = (guid(number) for number in (1, 2, 3, 4, 8))
NEW = iban("VEER", 500)


def told(known: Crossing, name: str = "veerhuis") -> dict[str, str | None]:
    """Return the bank accounts that the portal has."""
    return {each: records[0]["iban"] for each, records in known.sandbox.portal.api(name, "iban").items()}


def calls(known: Crossing) -> list[dict[str, Any]]:
    """Return the calls that reached the portal."""
    return [each for each in known.sandbox.portal.json_api.requests if each["method"] == "POST"]


def change(known: Crossing, person: str, **fields: str | None) -> None:
    """Change somebody's row at the source."""
    changes = {
        {"iban": "IBAN-nummer", "bic": "BIC-code", "guid": "GUID"}[name]: value for name, value in fields.items()
    }
    assert known.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{person}}}", changes)


def leave(known: Crossing, *people: str) -> None:
    assert known.sandbox.afas.delete("veerhuis", IBAN, "GUID", [f"{{{each}}}" for each in people])


def books_after(known: Crossing, failed: dict[str, dict[str, str]] | None = None) -> Books:
    """Run a round in which nobody fails, and return its books."""
    assert not any((failed or known.round()).values())
    return known.books("iban")


@pytest.fixture
def paid(known: Crossing) -> Crossing:
    """After a first round: eight accounts are at the portal; Bram's is invalid, and Tim has two."""
    known.sandbox.portal.json_api.requests.clear()
    assert books_after(known)["delivered"] == 8
    return known


class TestNothingChanged:
    def test_the_first_round_delivers(self, paid: Crossing) -> None:
        books = paid.books("iban")
        assert (books["read"], books["delivered"], books["filtered"], books["rejected"]) == (13, 8, 2, 3)
        assert told(paid)[ANNA] == iban("PONT", 10_000)
        assert set(told(paid)) == {guid(number) for number in (1, 2, 3, 5, 6, 7, 9, 10)}
        assert [each["operations"] for each in calls(paid)] == [8]

    def test_the_second_costs_nothing(self, paid: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is staged and nobody called; the books say the same rows are unchanged."""
        from veerpont.store.vault import Vault

        monkeypatch.setattr(Vault, "put", lambda *_: pytest.fail("something was written into the vault"))
        rounds = paid.rounds("quiet", datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM))
        done = rounds.extract()
        assert (rounds.handed(), done.failed) == (set(), {}), "transform and load are skipped"
        books = paid.books("iban", run_id="quiet")
        assert (books["state"], books["read"], books["unchanged"]) == ("success", 13, 8)
        assert (books["delivered"], books["filtered"], books["rejected"]) == (0, 2, 3)
        assert len(calls(paid)) == 1

    def test_rows_in_another_order_are_no_change(self, paid: Crossing) -> None:
        paid.sandbox.afas.replace("veerhuis", IBAN, paid.source("iban")[::-1])
        books = books_after(paid)
        assert (books["unchanged"], len(calls(paid))) == (8, 1)

    def test_one_changed_account_is_one_operation(self, paid: Crossing) -> None:
        """Also typed with spaces and in small letters; then it is quiet again."""
        change(paid, ANNA, iban="nl" + NEW[2:4] + " " + NEW[4:], bic="veernl2u")
        books = books_after(paid)
        assert (books["delivered"], books["unchanged"]) == (1, 7)
        assert [each["operations"] for each in calls(paid)] == [8, 1]
        assert paid.sandbox.portal.api("veerhuis", "iban")[ANNA] == [
            {"external_id": ANNA, "iban": NEW, "bic": "VEERNL2U"}
        ]
        assert books_after(paid)["unchanged"] == 8
        assert len(calls(paid)) == 2

    def test_a_new_person_among_the_employees(self, paid: Crossing) -> None:
        """The bank account of somebody whom the employees had not brought waits for them, and comes with them."""
        person = next(row for row in paid.source("employees") if row["Personeelsnummer"] == "1004")
        new = guid(99)
        paid.sandbox.afas.insert("veerhuis", IBAN, [{"GUID": f"{{{new}}}", "IBAN-nummer": NEW, "BIC-code": "VEERNL2U"}])
        assert books_after(paid)["filtered"] == 3
        employee = {**person, "GUID": f"{{{new}}}", "Personeelsnummer": "1099", "BSN": None}
        paid.sandbox.afas.insert("veerhuis", "Newdays_Connect_Medewerker_Gegevens_v1", [employee])
        paid("employees")
        books = books_after(paid)
        assert (books["delivered"], books["filtered"]) == (1, 2)
        assert told(paid)[new] == NEW

    def test_a_new_decision_about_an_employer(self, paid: Crossing) -> None:
        """Deactivated: not read any more and kept; purged: gone, although no row changed at the source."""
        paid.deactivate("02")
        books = books_after(paid)
        assert (books["unchanged"], books["filtered"], books["repeated"], books["gone"]) == (5, 5, 3, 0)
        assert len(told(paid)) == 8
        paid.deactivate("02", purge=True)
        assert books_after(paid)["gone"] == 3
        assert len(told(paid)) == 5

    def test_changed_settings_are_looked_at(self, paid: Crossing) -> None:
        """Another connection in the integration file is used by the next round, changed rows or not."""
        paid.configure(source={"connection": "afas_nobody"})
        failed = paid.round()["extract"]
        assert "afas_nobody" in failed["veerhuis"]
        paid.configure(source={"connection": "afas_veerhuis"}, guards={"max_gone": 3})
        assert books_after(paid)["unchanged"] == 8


class TestRejects:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"iban": "NL00PONT0000010003"}, "invalid_iban"),
            pytest.param({"iban": "123456789"}, "invalid_iban", marks=WHOLE),
            ({"iban": None}, "missing_value"),
            ({"bic": "PONT"}, "invalid_bic"),
        ],
    )
    def test_what_cannot_be_paid_to_stays_as_it_was(
        self, paid: Crossing, changes: dict[str, str | None], reason: str
    ) -> None:
        """A wrong account is a reject; the portal keeps the one it has, and no round takes it away."""
        before = told(paid)
        change(paid, ANNA, **changes)
        for _ in range(2):
            books = books_after(paid)
            assert (books["rejected"], books["gone"]) == (4, 0)
        assert paid.rejects("iban")[ANNA] == reason
        assert told(paid) == before
        assert len(calls(paid)) == 1
        change(paid, ANNA, iban=NEW, bic="VEERNL2U")
        assert books_after(paid)["delivered"] == 1
        assert ANNA not in paid.rejects("iban")

    def test_several_accounts_of_one_person(self, paid: Crossing) -> None:
        """Nobody guesses which of two counts; the same row twice is one account."""
        assert paid.rejects("iban") == {BRAM: "invalid_iban", TIM: "several_accounts"}
        rows = [row for row in paid.source("iban") if row["GUID"] != f"{{{TIM}}}" or row["BIC-code"] == "VEERNL2UXXX"]
        twice = [row for row in rows if row["GUID"] == f"{{{TIM}}}"]
        paid.sandbox.afas.replace("veerhuis", IBAN, [*rows, *twice])
        books = books_after(paid)
        assert (books["delivered"], books["rejected"]) == (1, 1)
        assert TIM in told(paid)

    def test_a_row_without_a_guid(self, paid: Crossing) -> None:
        """It may be of anybody: a reject without its value, not stored; and nobody is taken to be gone meanwhile."""
        change(paid, ANNA, guid=None, iban=NEW)
        for _ in range(3):
            books = books_after(paid)
            assert (books["rejected"], books["repeated"], books["gone"]) == (4, 1, 0)
        (key,) = set(paid.rejects("iban")) - {BRAM, TIM}
        assert key.startswith("row:")
        assert paid.rejects("iban")[key] == "missing_value"
        assert ANNA in told(paid)
        assert paid.stored(NEW) == []

    def test_no_account_number_outside_the_vault(
        self, paid: Crossing, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither a good nor a bad one is in ledger, notes, logs or names; the vault's bytes are encrypted."""
        change(paid, ANNA, iban=NEW)
        books_after(paid)
        said = "\n".join([*paid.notes, *capfd.readouterr(), caplog.text, *(each["key"] for each in calls(paid))])
        for value in (NEW, "PONT00000100", "NL00PONT", "PONTNL2A"):
            assert value not in said
            assert not paid.in_ledger(value)
        assert paid.stored(NEW)
        objects = [path for path in paid.home.glob("vault/**/*") if path.is_file()]
        assert all(NEW.encode() not in path.read_bytes() and NEW not in str(path) for path in objects)


class TestGone:
    def test_one_is_believed_at_the_night_after(self, paid: Crossing) -> None:
        """Nothing goes at 21:00 of the same day."""
        leave(paid, ANNA)
        paid.at("2026-11-23T12:00")
        assert (books_after(paid)["repeated"], len(calls(paid))) == (1, 1)
        for moment in ("23T12:05", "23T21:00", "24T07:00", "24T20:55"):
            paid.at(f"2026-11-{moment}")
            assert books_after(paid)["gone"] == 0
        assert ANNA in told(paid)
        paid.at("2026-11-24T21:00")
        assert books_after(paid)["gone"] == 1
        assert ANNA not in told(paid)
        assert books_after(paid)["gone"] == 0
        assert [each["operations"] for each in calls(paid)] == [8, 1]

    def test_a_day_with_somebody_missing_is_as_quiet_as_any(self, paid: Crossing) -> None:
        """Rounds go on costing one read while it has to be 20 hours before anybody is believed to be gone."""

        def reads(day: int) -> list[int]:
            """Return, of some rounds of a day, how many calls reached AFAS and how many went on to be loaded."""
            found = []
            for time in ("09:00", "09:05", "12:00", "20:55"):
                paid.at(f"2026-11-{day}T{time}")
                paid.sandbox.afas.requests.clear()
                rounds = paid.rounds(f"{day} {time}", clock.now())
                rounds.extract()
                found += [len(rounds.handed()), len(paid.sandbox.afas.requests)]
            return found

        paid.at("2026-11-23T08:55").round()
        quiet = reads(23)
        leave(paid, ANNA)
        paid.at("2026-11-24T08:55").round()
        assert paid.books("iban")["repeated"] == 1
        assert reads(24) == quiet
        assert quiet[0::2] == [0, 0, 0, 0]

    def test_many_wait_and_a_release_is_picked_up(self, paid: Crossing) -> None:
        """Four of eight: held, however many rounds; released, the next round deletes them though nothing changed."""
        four = {guid(number) for number in (1, 2, 3, 5)}
        leave(paid, *four)
        ids = set()
        for _ in range(3):
            assert books_after(paid)["gone"] == 0
            ids.add(paid.held("iban")["id"])
        assert len(ids) == 1
        assert four < set(told(paid))
        paid.release(ids.pop())
        assert books_after(paid)["gone"] == 4
        assert not four & set(told(paid))
        assert paid.deliveries("iban", "held") == []
        assert (books_after(paid)["unchanged"], len(calls(paid))) == (4, 2)

    @pytest.mark.parametrize("fault", ["zero_rows", "replaced_column"])
    def test_a_broken_connector_sends_nothing(self, paid: Crossing, fault: str) -> None:
        """No rows, or `(replaced)` in all of them: the portal keeps its accounts, and it mends by itself."""
        before = told(paid)
        paid.sandbox.faults.add(fault, connector=IBAN, field="IBAN-nummer" if fault == "replaced_column" else "")
        for _ in range(3):
            assert books_after(paid)["gone"] == 0
        assert (told(paid), len(calls(paid))) == (before, 1)
        paid.sandbox.faults.clear()
        assert books_after(paid)["unchanged"] == 8
        assert paid.deliveries("iban", "held") == []
