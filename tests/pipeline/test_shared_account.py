"""Two integrations that share an account at the portal: one complete file, made of both, whoever makes it."""

import re
from datetime import date

import pytest
from exports import export, told
from illness import at
from shared import FLOWS, HARBOUR, Account

from veerpont.config.settings import settings
from veerpont.desk import resend
from veerpont.desk.check import check
from veerpont.desk.refused import ActRefusedError
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.forget.customer import forget_all
from veerpont.pipeline.forget.person import forget
from veerpont.pipeline.moving_in.adopt import adopt
from veerpont.pipeline.preview import preview
from veerpont.store import deliveries, employers, kinds, notes
from veerpont.store.scope import Scope
from veerpont_sandbox.loket import changes


class TestOneFile:
    def test_it_has_the_people_of_both_whoever_makes_it(self, both: Account) -> None:
        """What is told of the other one is in nobody's books."""
        assert both.employers() == {"01", "02", HARBOUR}
        lines = both.lines()
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        books = both.ours("employees")
        assert (books["delivered"], books["gone"], books["repeated"]) == (2, 0, 0)
        assert both.employers() == {"01", "02", HARBOUR}
        assert both.lines() == lines > 9
        assert both.ours.employments()["01/1001/1"].values["last_name"] == "Nieuwenhuis"
        assert both.ours("employees")["unchanged"] == 13

    def test_the_same_lines_are_the_same_bytes(self, both: Account) -> None:
        """Whoever renders it: the file says nothing of who made it."""
        before = both.ours.last_file("employees")
        with both.ours.ledger.session() as session:
            deliveries.unpoint(session, Scope("veerhuis", "employees"), kinds.SNAPSHOTS)
            notes.forget(session, "veerhuis", notes.ACCOUNT)
        both.ours("employees")
        assert both.ours.last_file("employees") == before

    def test_one_that_is_away_is_carried(self, both: Account) -> None:
        lines = both.lines()
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.file().write_text("name: sluis\nbroken: [")
        books = both.ours("employees")
        assert (books["state"], "no member" in books["message"]) == ("success", False)
        assert both.lines() == lines
        assert both.theirs.deliveries("employees", "held") == []

    def test_one_that_never_had_a_complete_read_has_no_lines(self, alone: Account) -> None:
        """The file goes on without it; what it has staged, and its employers, are nobody's yet."""
        alone.theirs("employers")
        alone.theirs.activate(HARBOUR)
        alone.theirs.until_load("employees")
        alone.ours.change("1001", Achternaam="Nieuwenhuis")
        assert alone.ours("employees")["delivered"] == 2
        assert alone.employers() == {"01", "02"}


class TestRemoved:
    def test_its_lines_stay_until_a_person_lets_them_go(self, both: Account) -> None:
        both.file().unlink()
        for name in ("Nieuwenhuis", "Oudenhuis"):
            both.ours.change("1001", Achternaam=name)
            books = both.ours("employees")
            assert "sluis is no member of account both" in books["message"]
            assert both.employers() == {"01", "02", HARBOUR}
        asked = both.theirs.held("employees")
        assert (asked["reasons"], asked["gone"]) == ("account_left", both.lines())
        assert both.ours.deliveries("employees", "held") == [], "nobody who sees only the other one is shown keys"
        both.theirs.release(asked["id"])
        books = both.ours("employees")
        assert (books["state"], books["gone"]) == ("success", 0)
        assert both.employers() == {"01", "02"}
        files = len(both.ours.files("employees"))
        assert not both.ours("employees")["message"]
        assert len(both.ours.files("employees")) == files, "it is said once"
        assert both.theirs.deliveries("employees", "held") == []

    def test_one_that_comes_back_speaks_for_itself(self, both: Account) -> None:
        """A release of when it was away is no approval of what a later read does not show."""
        text = both.file().read_text()
        both.file().unlink()
        both.ours("employees")
        both.theirs.release(both.theirs.held("employees")["id"])
        both.file().write_text(text)
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.ours("employees")
        assert both.employers() == {"01", "02", HARBOUR}
        assert both.theirs("employees")["gone"] == 0
        assert both.theirs.deliveries("employees", "held") == []

    def test_one_that_was_discarded_stays(self, both: Account) -> None:
        both.file().unlink()
        both.ours("employees")
        both.theirs.discard(both.theirs.held("employees")["id"])
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.ours("employees")
        assert both.employers() == {"01", "02", HARBOUR}
        assert both.theirs.deliveries("employees", "held") == []

    def test_one_that_says_another_account_waits_until_it_has_left(
        self, both: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the first account has of it must not move: it would not be frozen."""
        own = [{"portal": "xpert_suite", "connection": "xpert_sluis", "flows": list(FLOWS)}]
        both.theirs.configure(account="other", portals=own)
        with pytest.raises(SettingsError, match="lines in the file of account both, with veerhuis"):
            both.theirs("employees")
        both.ours("employees")
        both.theirs.release(both.theirs.held("employees")["id"])
        both.ours("employees")
        assert both.employers() == {"01", "02"}
        assert both.theirs("employees")["delivered"] > 0
        assert len(both.theirs.files("employees", "sluis")) == 1

    def test_an_account_that_is_renamed_has_everybody_as_before(self, both: Account) -> None:
        for one in (both.ours, both.theirs):
            one.configure(account="renamed")
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.ours("employees")
        both.file().unlink()
        both.ours("employees")
        assert both.employers() == {"01", "02", HARBOUR}
        assert both.theirs.held("employees")["reasons"] == "account_left"

    def test_a_customer_is_not_forgotten_while_its_lines_are_there(self, both: Account) -> None:
        both.file().unlink()
        with pytest.raises(SettingsError, match="stand in the file of an account"):
            forget_all("sluis", "Jo")
        for flow in ("employers", "employees", "organigram"):
            both.ours(flow)
            both.theirs.release(both.theirs.held(flow)["id"])
            both.ours(flow)
        forget_all("sluis", "Jo")
        assert not [path for path in both.ours.stored(f'"{HARBOUR}"') if path.startswith("sluis/")]


class TestRefused:
    def test_a_place_without_an_account(self, alone: Account) -> None:
        alone.theirs.configure(account=None)
        for one in (alone.ours, alone.theirs):
            with pytest.raises(SettingsError, match="same host, login and folder"):
                one("employers")
        assert any("same host" in each["problem"] for each in check(settings(), "sluis"))

    def test_settings_that_differ_are_named_with_both(self, both: Account) -> None:
        both.theirs.configure(xpert_suite={"file_format": "csv", "settle_minutes": 5}, absence={"history_months": 12})
        said = "sluis and veerhuis share account both"
        keys = "xpert_suite.file_format, xpert_suite.settle_minutes, absence.history_months"
        with pytest.raises(SettingsError, match=f"{said}, and say different things of it: .*{keys}"):
            both.theirs("employees")
        with pytest.raises(SettingsError, match="veerhuis and sluis share account both"):
            both.ours("employees")
        assert any(said in each["problem"] and keys in each["problem"] for each in check(settings(), "sluis"))
        both.theirs.configure(xpert_suite={"file_format": "xlsx", "settle_minutes": 30}, absence={"history_months": 24})
        assert check(settings()) == []

    def test_an_employer_of_both(self, both: Account) -> None:
        """Whoever told the portal of it goes on; the other one is told which employer, and whose it is."""
        with both.ours.ledger.session() as session:
            employers.show(session, "sluis", "01", "Somebody else")
            employers.activate(session, "sluis", ["01"], "Jo")
            employers.deactivate(session, "sluis", ["01"], "Jo")  # frozen: nothing of it is read, and its lines stay
        with pytest.raises(SettingsError, match="Employer 01 is of sluis and of veerhuis"):
            both.theirs("employees")
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        assert both.ours("employees")["state"] == "success"
        assert any("Employer 01" in each["problem"] for each in check(settings(), "sluis"))

    def test_lines_of_another_one_that_nobody_knows_any_more(self, both: Account) -> None:
        """A ledger that was put back in part: a file without them would end them."""
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        with both.ours.ledger.session() as session:
            deliveries.unpoint(session, Scope("sluis", "employees"), kinds.SNAPSHOTS)
        with pytest.raises(SettingsError, match="was told lines of sluis"):
            both.ours("employees")
        assert both.employers() == {"01", "02", HARBOUR}

    def test_reports_of_rows_that_are_of_several(self, alone: Account) -> None:
        """By `check` and by a run, with what to do; the other one goes on."""
        alone.theirs.configure(xpert_suite={"report": {"folder": "Rapporten"}})
        said = "sluis.yaml is not a valid integration file: account: .* take out xpert_suite.report"
        assert [each["integration"] for each in check(settings()) if re.match(said, each["problem"])] == ["sluis"]
        with pytest.raises(SettingsError, match=said):
            alone.theirs.job("employees", "sluis", "a run")
        assert alone.ours("employees")["state"] == "success"


class TestForget:
    def test_it_reaches_the_files_of_the_others(self, both: Account) -> None:
        """And no file of another one ends somebody at the portal before a person said so."""
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.ours("employees")
        key = next(row["GUID"] for row in both.ours.source("employees") if row["Personeelsnummer"] == "0109")
        both.rename(1003, "Anders")
        both.theirs("employees")
        assert [path for path in both.ours.stored("0109") if path.startswith("sluis/")]
        forget("veerhuis", key.strip("{}"), "Jo")
        assert not [path for path in both.ours.stored("0109") if "/deliveries/" in path]
        both.rename(1003, "Nogmaals")
        both.ours.remove("0109")
        with pytest.raises(SettingsError, match="Somebody of veerhuis was forgotten"):
            both.theirs("employees")
        assert "0109" in both.ours.people()
        both.ours("employees")
        both.ours.release(both.ours.held("employees")["id"])
        both.ours("employees")
        assert both.theirs("employees")["state"] == "success"
        assert "0109" not in both.ours.people()
        assert both.employers() == {"01", "02", HARBOUR}


class TestNumbers:
    def test_managers_who_share_one_are_rejected_and_employees_are_counted(self, alone: Account) -> None:
        """The portal knows employees by their employer too, and who may see what by the number alone."""
        alone.ours("accounts")
        before = dict(alone.ours.state.users)
        changes.remove(alone.loket, 1003)
        changes.renumber(alone.loket, 1009, 1003)  # both are managers
        alone.join("employers", "employees", "organigram")
        assert "a personnel number that somebody at another member" in alone.theirs.books("employees")["message"]
        alone.theirs("accounts")
        assert {key: alone.ours.state.users[key] for key in before} == before
        found = alone.theirs.rejects("accounts")
        assert sorted(found.values()) == ["duplicate_key", "unknown_employee"]
        assert len(alone.ours.state.users) == len(before) + 1, "her colleague has another number"


class TestAdopted:
    def test_people_of_one_that_has_told_nothing_stay_as_they_were(self, both: Account) -> None:
        """Half onboarded: somebody brought what the portal has of its employer, and its first file is still to come."""
        rows = [row for row in told(both.ours, "employees") if HARBOUR in row.values()]
        with both.ours.ledger.session() as session:  # another link had told it
            for kind in (kinds.SNAPSHOTS, kinds.LOOKUP):
                deliveries.unpoint(session, Scope("sluis", "employees"), kind)
            notes.forget(session, "sluis", notes.ACCOUNT)
        found = adopt("sluis", Flow.EMPLOYEES, export(both.ours, rows), "Jo", print)
        assert found.adopted == len(rows)
        both.rename(1003, "Anders")
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.ours("employees")
        assert both.employers() == {"01", "02", HARBOUR}
        assert both.names("1003") == {"Hart"}, "frozen"
        assert both.theirs("employees")["state"] == "success"
        assert both.names("1003") == {"Anders"}


class TestAbsence:
    def test_no_case_of_the_other_one_is_deleted(self, both: Account) -> None:
        """Hour after hour, in turn; and a case that is new in one of them is there after its own run."""
        for _ in "first", "wide":
            both.at("2026-11-22T12:00").ours("absence")
        assert {period[0] for period in both.ours.periods()} == {"01", "02"}
        both.theirs("absence")
        before = both.ours.periods()
        assert {period[0] for period in before} == {"01", "02", HARBOUR}
        both.ours.book.open("1001", date(2026, 11, 22), at=at("2026-11-22", 12))
        changes.report_sick(both.loket, 1006, "2026-11-22")
        both.at("2026-11-22T13:00").theirs("absence")
        half = both.ours.periods()
        assert {period[:2] for period in half - before} == {(HARBOUR, "1006")}
        assert before <= half
        both.ours("absence")
        after = both.ours.periods()
        assert {period[0] for period in after ^ half} == {"01"}, "her case, and the one that it follows"
        both.file().unlink()
        both.at("2026-11-22T14:00").ours.book.open("0109", date(2026, 11, 22), at=at("2026-11-22", 13))
        both.ours("absence")
        assert {period[0] for period in after ^ both.ours.periods()} == {"01"}


class TestAsked:
    def test_only_the_newest_file_of_the_account_goes_again(self, both: Account) -> None:
        """An older one, of whichever member, would take back what the newer one brought."""
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.ours("employees")
        (older, *_) = both.ours.deliveries("employees")
        both.rename(1003, "Anders")
        both.theirs("employees")
        (newest, *_) = both.theirs.deliveries("employees")
        with both.ours.ledger.session() as session:
            with pytest.raises(ActRefusedError) as error:
                resend.ask(session, older["id"], "Jo")
            assert error.value.code == "resend_newer"
            resend.ask(session, newest["id"], "Jo")
        before = both.ours.last_file("employees")
        both.ours("employees")
        assert both.ours.last_file("employees") == before
        assert len(both.ours.files("employees")) == 5

    def test_a_preview_asks_nobody_and_counts_its_own(self, both: Account) -> None:
        both.file().unlink()
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        (found,) = preview("veerhuis", Flow.EMPLOYEES, print).portals
        assert (sum(map(len, found.changed.values())), found.gone, found.held) == (1, {}, [])
        assert "sluis is no member" in (found.message or "")
        assert both.theirs.deliveries("employees", "held") == []
