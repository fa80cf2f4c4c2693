"""The login of a manager: made once, short, nobody else's, and never changed later.

Facts: docs/reference/xpert-suite.md, 2.5, 5.5.
"""

import pytest
from crossings import ACCOUNTS, After, Crossing, guid
from managers import manage, vanish
from proving import every_other

ANNA, FATIMA, BRAM = (guid(number) for number in (1, 3, 4))


def logins(known: Crossing) -> dict[str, str]:
    """Return personnel number → login."""
    found = known.sandbox.portal.api("veerhuis", "accounts").values()
    return {record["personnel_number"] or "": record["login"] or "" for records in found for record in records}


def accounts_by_guid(known: Crossing) -> None:
    portals = [
        ("xpert_suite", "xpert_veerhuis", "employers organigram employees"),
        ("json_api", "portal_veerhuis", "accounts"),
    ]
    known.configure(
        portals=[{"portal": portal, "connection": where, "flows": flows.split()} for portal, where, flows in portals]
    )
    known("accounts")


@pytest.fixture
def by_guid(after: After) -> Crossing:
    """The accounts go to a portal that knows people by their GUID, so that their numbers may change."""
    return after(accounts_by_guid)


class TestLogins:
    def test_another_personnel_number_keeps_the_login(self, by_guid: Crossing) -> None:
        """A confirmed new number reaches the account; the login stays what the manager knows it by."""
        by_guid.change("1003", Personeelsnummer="2003")
        by_guid("employees")
        by_guid.confirm("employees", FATIMA)
        by_guid("employees")
        by_guid("accounts")
        assert logins(by_guid) == {"KMA": "01_KMA", "2003": "01_1003", "1010": "02_1010"}

    def test_nobody_gets_a_login_that_was_anothers(self, by_guid: Crossing) -> None:
        """Bram gets Fatima's old number and becomes a manager: his login is a new one."""
        by_guid.change("1003", Personeelsnummer="2003")
        by_guid.change("1004", Personeelsnummer="1003")
        manage(by_guid, "1003", "KADE")
        by_guid("employees")
        for each in (FATIMA, BRAM):
            by_guid.confirm("employees", each)
        by_guid("employees")
        by_guid("accounts")
        found = logins(by_guid)
        assert found["2003"] == "01_1003"
        assert found["1003"] != "01_1003"
        assert found["1003"].startswith("01_1003_")
        assert by_guid("accounts")["delivered"] == 0, "and this one stays too"

    def test_who_comes_back_gets_the_old_login(self, by_guid: Crossing) -> None:
        """Gone from the source, and the number given to another manager; back again under another number."""
        rows = vanish(by_guid, FATIMA)
        by_guid("accounts")
        assert by_guid.later(20)("accounts")["gone"] == 1
        assert "1003" not in logins(by_guid)
        by_guid.sandbox.afas.replace("veerhuis", ACCOUNTS, rows)
        by_guid.change("1003", Personeelsnummer="2003")
        by_guid("employees")
        by_guid.confirm("employees", FATIMA)
        by_guid("employees")
        by_guid("accounts")
        assert logins(by_guid)["2003"] == "01_1003"

    @pytest.mark.parametrize(
        "number", every_other(["Zoë", "K MA", "1" * 40, "a/b", "kma", "KMA\N{FULLWIDTH DIGIT ONE}"])
    )
    def test_odd_numbers_give_short_and_safe_logins(self, by_guid: Crossing, number: str) -> None:
        """At most 32 plain characters, whatever the number is, and never one that differs by capitals only."""
        by_guid.change("1004", Personeelsnummer=number)
        by_guid("employees")
        by_guid.confirm("employees", BRAM)
        by_guid("employees")
        manage(by_guid, number, "KADE")
        by_guid("accounts")
        found = logins(by_guid)
        assert len(found) == 4
        assert len({login.casefold() for login in found.values()}) == 4
        assert len(found[number]) <= 32
        assert found[number].isascii()
        assert not set(found[number]) & set(" /@\\")

    def test_long_numbers_with_one_beginning_give_two_logins(self, by_guid: Crossing) -> None:
        """What is cut off does not make two people one."""
        for number, each in (("1004", BRAM), ("1001", ANNA)):
            by_guid.change(number, Personeelsnummer="9" * 35 + number)
            by_guid("employees")
            by_guid.confirm("employees", each)
        by_guid("employees")
        manage(by_guid, "9" * 35 + "1004", "KADE")
        manage(by_guid, "9" * 35 + "1001", "KADE")
        by_guid("accounts")
        assert len(set(logins(by_guid).values())) == 5
