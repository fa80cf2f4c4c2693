"""Accounts: one for each manager, under a login that never changes, and nobody locked out.

Facts: docs/reference/xpert-suite.md, 2.5, 5.5.
"""

import pytest
from crossings import ACCOUNTS, EMPLOYEES, After, Crossing, guid
from managers import change, manage, vanish
from proving import WHOLE

from veerpont.desk.lists import list_rejects
from veerpont.flows.index import NothingToReadError
from veerpont.systems.xpert_suite.columns import TABLES
from veerpont_sandbox.portal.state import User

KAREL, FATIMA, LOTTE, OMAR = (guid(number) for number in (2, 3, 10, 11))
GROUP = "Leidinggevenden"


def users(known: Crossing) -> dict[str, User]:
    """Return the users of the governed group that can log in, by personnel number."""
    return {user.number or "": user for user in known.state.users.values() if user.active and user.group == GROUP}


def logins(known: Crossing) -> dict[str, str]:
    return {number: user.login for number, user in users(known).items()}


def scopes(known: Crossing, number: str) -> list[str]:
    return [f"{employer}/{department}" for employer, department in users(known)[number].authorisations]


def first_accounts(known: Crossing) -> None:
    known("accounts")


@pytest.fixture
def managed(after: After) -> Crossing:
    """After a first night of accounts: Karel (01 and 02), Fatima (01) and Lotte (02)."""
    return after(first_accounts)


class TestWhoGetsWhat:
    def test_one_account_with_every_department_over_employers(self, known: Crossing) -> None:
        """Karel has the unit above both employers, that nobody works in, beside his own; VAREN has two managers."""
        books = known("accounts")
        assert (books["read"], books["delivered"], books["filtered"], books["rejected"]) == (12, 8, 4, 0)
        assert scopes(known, "KMA") == ["01/DIR", "01/KADE", "01/VAREN", "01/VEER", "02/VEER"]
        assert scopes(known, "1003") == ["01/PONT", "01/VAREN"]
        assert scopes(known, "1010") == ["02/BED", "02/KEUK"]
        assert logins(known) == {"KMA": "01_KMA", "1003": "01_1003", "1010": "02_1010"}
        karel = users(known)["KMA"].values
        assert (karel["Achternaam"], karel["Geslacht"], karel["Voorletters"]) == ("Maas", "Man", "K.")

    def test_nothing_changed_sends_nothing(self, managed: Crossing) -> None:
        books = managed("accounts")
        assert (books["unchanged"], books["filtered"], books["delivered"]) == (8, 4, 0)
        assert len(managed.files("accounts")) == 1

    def test_another_manager_of_a_unit_and_one_less(self, managed: Crossing) -> None:
        """Rights follow the chart: what a manager got is added, what he lost is gone, at once."""
        rows = [row for row in managed.source("accounts") if row["Org._eenheid"] != "VAREN"]
        managed.sandbox.afas.replace("veerhuis", ACCOUNTS, rows)
        manage(managed, "1010", "HOR")
        managed("accounts")
        assert scopes(managed, "1003") == ["01/PONT"]
        assert scopes(managed, "1010") == ["02/BED", "02/HOR", "02/KEUK"]

    def test_rows_of_an_old_chart_give_no_rights(self, known: Crossing) -> None:
        """A unit that ended yesterday is of an old chart, one that ends today is not."""
        manage(known, "1003", "KADE", Einddatum_organigram="2026-11-21T00:00:00Z")
        manage(known, "1003", "DIR", Einddatum_organigram="2026-11-22T00:00:00Z")
        assert known("accounts")["filtered"] == 5
        assert scopes(known, "1003") == ["01/DIR", "01/PONT", "01/VAREN"]

    def test_units_of_inactive_employers_are_nobodys_business(self, known: Crossing) -> None:
        """Units of a pending or inactive employer are left at the source, with who manages them."""
        manage(known, "1012", "ROND", Leidinggevende_Achternaam="Geheimnaam")
        known("accounts")
        assert known.rejects("accounts") == {}
        assert not {"VAST", "ROND"} & {scope.split("/")[1] for each in users(known) for scope in scopes(known, each)}
        assert known.stored("Geheimnaam") == []

    def test_the_personnel_number_comes_from_the_employees(self, known: Crossing) -> None:
        """The code of a manager need not be the personnel number: the GUID says who it is."""
        change(known, FATIMA, Code="FELA")
        known("accounts")
        assert "1003" in users(known)
        assert "FELA" not in users(known)

    def test_before_the_employees_nothing_is_read(self, crossing: Crossing) -> None:
        """On the first night accounts wait for the employees, and say so; nothing of a manager is kept."""
        crossing("employers")
        crossing.activate("01", "02")
        with pytest.raises(NothingToReadError, match="employees comes first"):
            crossing("accounts")
        assert crossing.books("accounts")["state"] == "skipped"
        assert crossing.stored("fatima@") == []

    def test_a_user_of_another_group_is_left_alone(self, known: Crossing) -> None:
        """What people set up by hand in another group is not ours; whom the file leaves out of ours is stopped."""
        for user in (User("HR", "9001", "hr.dienst"), User(GROUP, "9002", "oud.hoofd")):
            known.state.users[user.key] = user
        known("accounts")
        assert known.state.users["HR/9001"].active
        assert not known.state.users[f"{GROUP}/9002"].active


class TestRejects:
    def test_a_manager_whom_the_employees_did_not_bring(self, known: Crossing) -> None:
        """Omar's employer is pending: no personnel number, no account, and the desk hears of it."""
        manage(known, "1011", "BED")
        books = known("accounts")
        assert (books["rejected"], books["delivered"]) == (1, 8)
        assert known.rejects("accounts") == {OMAR: "unknown_employee"}
        assert "1011" not in users(known)

    def test_who_is_lost_to_the_employees_keeps_the_account(self, managed: Crossing) -> None:
        """Fatima disappears from the employees only: her account goes on as it was, while others change."""
        managed.remove("1003")
        managed("employees")
        assert managed.later(20)("employees")["gone"] == 1
        change(managed, LOTTE, Roepnaam="Charlotte")
        for _ in range(3):
            books = managed("accounts")
            assert (books["rejected"], books["repeated"], books["gone"]) == (2, 1, 0)
        assert managed.rejects("accounts") == {FATIMA: "unknown_employee"}
        assert scopes(managed, "1003") == ["01/PONT", "01/VAREN"]
        assert users(managed)["1010"].values["Roepnaam"] == "Charlotte"

    @pytest.mark.parametrize(
        ("field", "value", "reason", "named"),
        [
            pytest.param("Voorletters", None, "missing_value", "Leidinggevende_Voorletters", marks=WHOLE),
            ("Mail_werk", "", "missing_value", "Leidinggevende_Mail_werk"),
            ("Geslacht_code", "Q", "unknown_gender", "Leidinggevende_Geslacht_code"),
            pytest.param("Achternaam", " ", "missing_value", "Leidinggevende_Achternaam", marks=WHOLE),
            ("Roepnaam", "Fa\ntima", "control_characters", "Leidinggevende_Roepnaam"),
        ],
    )
    def test_a_bad_field_rejects_the_manager_and_keeps_the_account(
        self, managed: Crossing, field: str, value: str | None, reason: str, named: str
    ) -> None:
        """What the portal needs is missing or wrong: a reject names the field, and nobody is locked out."""
        change(managed, FATIMA, **{field: value})
        for _ in range(2):
            books = managed("accounts")
            assert (books["rejected"], books["repeated"], books["gone"]) == (2, 1, 0)
        assert managed.rejects("accounts") == {FATIMA: reason}
        (found,) = list_rejects(managed.ledger, "veerhuis", "accounts", "open")
        assert found["field"] == named
        assert users(managed)["1003"].values["Roepnaam"] == "Fatima"
        change(managed, FATIMA, Voorletters="F.", Mail_werk="f@v.example", Geslacht_code="V", Roepnaam="F")
        change(managed, FATIMA, Achternaam="Nieuw")
        assert managed("accounts")["delivered"] == 2
        assert managed.rejects("accounts") == {}
        assert users(managed)["1003"].values["Achternaam"] == "Nieuw"

    def test_rows_of_one_manager_that_disagree(self, managed: Crossing) -> None:
        """Two names for one GUID: nobody guesses which is right, and the account stays as it was."""
        manage(managed, "1003", "KADE", Leidinggevende_Achternaam="Andersen")
        books = managed("accounts")
        assert (books["rejected"], books["repeated"]) == (3, 1)
        assert managed.rejects("accounts") == {FATIMA: "duplicate_key"}
        assert users(managed)["1003"].values["Achternaam"] == "El Amrani"

    def test_a_manager_without_a_guid_is_heard_of(self, managed: Crossing) -> None:
        """A unit without a manager is nothing to report; one whose manager has a name and no GUID is a reject."""
        change(managed, FATIMA, Guid=None)
        for _ in range(3):
            books = managed("accounts")
            assert (books["rejected"], books["filtered"], books["gone"]) == (2, 4, 0)
        assert set(managed.rejects("accounts").values()) == {"missing_value"}
        assert "1003" in users(managed)

    def test_nothing_personal_leaves_the_vault(self, known: Crossing, capfd: pytest.CaptureFixture[str]) -> None:
        """Names, addresses and mail of managers are in the file and the encrypted vault, nowhere else."""
        change(known, LOTTE, Achternaam="Zeldzaamnaam", Voorletters=None)
        change(known, FATIMA, Mail_werk="zeldzaam@post.example")
        manage(known, "1004", "KADE", Leidinggevende_Achternaam="Zeldzaamnaam\x07")
        known("accounts")
        assert set(known.rejects("accounts").values()) == {"missing_value", "control_characters"}
        said = "\n".join([*known.notes, *capfd.readouterr(), *known.files("accounts")])
        for value in ("Zeldzaam", "zeldzaam@", "fatima", "El Amrani", "06-0000"):
            assert value not in said
            assert not known.in_ledger(value)
        assert known.stored("zeldzaam@post.example")
        assert all(b"zeldzaam" not in path.read_bytes() for path in known.home.glob("vault/**/*") if path.is_file())


class TestLeaving:
    def test_a_leaver_goes_at_once_and_without_a_question(self, managed: Crossing) -> None:
        """All three are out of service: that is no surprise, however many they are and whoever still shows them."""
        for number in ("KMA", "1003", "1010"):
            managed.change(number, Datum_eind_dvb="2026-11-21T00:00:00Z")
        managed("employees")
        vanish(managed, FATIMA)
        books = managed("accounts")
        assert (books["gone"], books["repeated"], books["rejected"], books["filtered"]) == (0, 0, 0, 10)
        assert managed.deliveries("accounts", "held") == []
        assert users(managed) == {}

    def test_the_last_day_is_still_in_service(self, managed: Crossing) -> None:
        managed.change("1003", Datum_eind_dvb="2026-11-22T00:00:00Z")
        managed("employees")
        managed("accounts")
        assert "1003" in users(managed)

    def test_who_works_on_elsewhere_has_not_left(self, managed: Crossing) -> None:
        """Tim leaves his first employer; at the second he goes on, and so does his account."""
        manage(managed, "1008", "PONT")
        managed("accounts")
        rows = managed.source("employees")
        for row in rows:
            if row["Personeelsnummer"] == "1008" and row["Werkgeverscode"] == "01":
                row["Datum_eind_dvb"] = "2026-10-31T00:00:00Z"
        managed.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
        managed("employees")
        managed("accounts")
        assert "1008" in users(managed)

    def test_who_vanished_is_believed_a_night_later(self, managed: Crossing) -> None:
        """Still employed and gone from the connector: reads of one day prove nothing."""
        rows = vanish(managed, FATIMA)
        assert managed("accounts")["repeated"] == 1
        managed.sandbox.afas.replace("veerhuis", ACCOUNTS, rows)
        managed("accounts")
        vanish(managed, FATIMA)
        assert managed.later(20)("accounts")["gone"] == 0
        assert managed.later(1)("accounts")["gone"] == 0
        assert "1003" in users(managed)
        assert managed.later(20)("accounts")["gone"] == 1
        assert "1003" not in users(managed)

    def test_many_wait_for_a_person(self, managed: Crossing) -> None:
        """All three vanish: the question keeps its number, nobody is locked out, and others still come in."""
        vanish(managed, KAREL, FATIMA, LOTTE)
        manage(managed, "1004", "KADE")
        managed("accounts")
        held = managed.held("accounts")
        assert (held["reasons"], held["gone"]) == ("many_gone", 3)
        managed("accounts")
        assert managed.held("accounts")["id"] == held["id"]
        assert set(users(managed)) == {"KMA", "1003", "1010", "1004"}
        managed.discard(held["id"])
        managed("accounts")
        assert managed.deliveries("accounts", "held") == []
        assert len(users(managed)) == 4
        managed.release(held["id"])
        assert managed("accounts")["gone"] == 3
        assert set(users(managed)) == {"1004"}

    def test_zero_rows_lock_nobody_out(self, managed: Crossing) -> None:
        """An authorisation that was taken away shows nothing; also when one of them did leave service."""
        managed.change("1003", Datum_eind_dvb="2026-11-21T00:00:00Z")
        managed("employees")
        managed.sandbox.faults.add("zero_rows", connector=ACCOUNTS)
        for _ in range(3):
            assert managed("accounts")["gone"] == 0
        assert managed.held("accounts")["reasons"] == "zero_rows"
        assert len(users(managed)) == 3
        managed.sandbox.faults.clear()
        managed("accounts")
        assert set(users(managed)) == {"KMA", "1010"}

    def test_zero_rows_are_held_also_when_everybody_left(self, managed: Crossing) -> None:
        """Nobody in service any more and not one row: a file with nobody in it waits for a person."""
        for number in ("KMA", "1003", "1010"):
            managed.change(number, Datum_eind_dvb="2026-11-21T00:00:00Z")
        managed("employees")
        managed.sandbox.faults.add("zero_rows", connector=ACCOUNTS)
        managed("accounts")
        assert managed.held("accounts")["reasons"] == "zero_rows"
        assert len(users(managed)) == 3


class TestEmployers:
    def test_a_deactivated_employers_managers_stay_until_the_purge(self, managed: Crossing) -> None:
        """Frozen means as it was, also the half of an account that is at another employer."""
        managed.deactivate("02")
        change(managed, LOTTE, Achternaam="Anders")
        change(managed, KAREL, Achternaam="Meer")
        for _ in range(3):
            assert managed("accounts")["gone"] == 0
        assert users(managed)["1010"].values["Achternaam"] == "Visser"
        assert scopes(managed, "1010") == ["02/BED", "02/KEUK"]
        assert users(managed)["KMA"].values["Achternaam"] == "Meer"
        assert "02/VEER" in scopes(managed, "KMA")
        managed.deactivate("02", purge=True)
        managed("accounts")
        assert set(users(managed)) == {"KMA", "1003"}
        assert scopes(managed, "KMA") == ["01/DIR", "01/KADE", "01/VAREN", "01/VEER"]

    def test_an_employer_with_a_new_name_takes_no_rights_away(self, managed: Crossing) -> None:
        """Until somebody confirms the name nothing of it is read; who manages elsewhere too loses nothing of it."""
        managed.sandbox.afas.update(
            "veerhuis", "Newdays_Connect_Werkgevers_v1", "Werkgeverscode", "01", {"Werkgeversnaam": "Veerhuis BV"}
        )
        managed("employers")
        before = scopes(managed, "KMA")
        for _ in range(2):
            managed("accounts")
        assert scopes(managed, "KMA") == before
        managed.activate("01")
        managed("accounts")
        assert scopes(managed, "KMA") == before

    def test_the_first_file_in_production_waits(self, known: Crossing) -> None:
        """The portal's group may hold users whom we never saw: the first file would deactivate them."""
        stranger = User(GROUP, "9002", "oud.hoofd")
        known.state.users[stranger.key] = stranger
        columns = {name: column.known or name for name, column in TABLES["accounts"].items()}
        known.configure(
            xpert_suite={"profile": "production", "user_group": GROUP, "columns": {"accounts": columns}},
            organigram={"tree": "derive"},
        )
        assert known("accounts")["held"] == 8
        held = known.held("accounts")
        assert held["reasons"] == "first_delivery"
        assert set(users(known)) == {"9002"}
        known.release(held["id"])
        assert known("accounts")["delivered"] == 8
        assert set(users(known)) == {"KMA", "1003", "1010"}
