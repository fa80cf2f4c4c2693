"""The folder Gebruikers takes user accounts as docs/reference/xpert-suite.md, 2.5 says."""

import json

import pytest
from sandbox_clients import Sender, table

from veerpont_sandbox.portal.account import Account
from veerpont_sandbox.portal.state import Report, User

HEADER = (
    "Gebruikersgroep Personeelsnummer Inlognaam Achternaam Tussenvoegsels Voorletters Geslacht Roepnaam Emailadres "
    "Telefoonnummer WerkgeverCode department_code"
)


def user(
    number: str = "KMA",
    department: str = "DIR",
    *,
    login: str | None = None,
    group: str = "Leidinggevenden",
    employer: str = "01",
    gender: str = "Man",
    name: str = "Maas",
    email: str = "k@veerhuis.example",
) -> str:
    login = f"01_{number}" if login is None else login
    return f"{group} {number} {login} {name} - K. {gender} - {email} - {employer} {department}"


KAREL, ANNA = user(), user("1001", "KADE", name="Vries")


def codes(report: Report, level: int) -> list[str]:
    return [message.code for message in report.messages if message.level == level]


class Portal:
    """The account of veerhuis, which knows employers 01 and 02 and departments DIR and KADE of 01."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        sender.employers("01", "02")
        sender.departments("01 DIR Directie -", "01 KADE Kade -", "01 OUD Oud -")
        self.account.state.departments["01/OUD"].archived = True

    @property
    def account(self) -> Account:
        return self.sender.sandbox.portal.accounts["veerhuis"]

    @property
    def users(self) -> dict[str, User]:
        return self.account.state.users

    def active(self) -> list[str]:
        return sorted(key for key, each in self.users.items() if each.active)

    def send(self, *lines: str) -> Report:
        report = self.sender.send("/Gebruikers/g.csv", table(HEADER, *lines))
        assert report.status == "processed"
        assert report.lines_read == report.created + report.updated + report.unchanged + report.rejected
        return report


@pytest.fixture
def portal(sender: Sender) -> Portal:
    return Portal(sender)


def test_one_line_for_each_user_and_department(portal: Portal) -> None:
    report = portal.send(KAREL, user(department="KADE"), ANNA)
    assert report.created == 3
    karel = portal.users["Leidinggevenden/KMA"]
    assert (karel.login, karel.authorisations) == ("01_KMA", [("01", "DIR"), ("01", "KADE")])
    assert portal.sender.sandbox.portal.counts("veerhuis")["users"] == 2


def test_the_same_file_twice_changes_nothing(portal: Portal) -> None:
    for _ in range(2):
        report = portal.send(KAREL, user(department="KADE"), ANNA)
    assert (report.changes, report.unchanged) == (0, 3)


def test_a_user_who_is_dropped_from_the_file_is_deactivated_and_comes_back(portal: Portal) -> None:
    portal.send(KAREL, ANNA)
    report = portal.send(ANNA)
    assert (report.unchanged, report.deactivated) == (1, 1)
    assert portal.active() == ["Leidinggevenden/1001"]
    assert portal.send(ANNA).changes == 0
    report = portal.send(KAREL, ANNA)
    assert (report.updated, codes(report, 2)) == (1, ["gebruiker_geactiveerd"])
    assert len(portal.active()) == 2


def test_a_file_with_only_a_header_deactivates_the_group(portal: Portal) -> None:
    portal.send(KAREL, ANNA)
    assert portal.send().deactivated == 2


def test_the_standard_template_ignores_who_is_not_delivered(portal: Portal) -> None:
    portal.account.settings.user_template = "Standaard"
    portal.send(KAREL, ANNA)
    assert portal.send(ANNA).changes == 0
    assert len(portal.active()) == 2


def test_only_the_configured_group_is_complete(portal: Portal) -> None:
    other = portal.account.add_user("hr", group="HR")
    inside = portal.account.add_user("met.de.hand", authorisations=[("01", "DIR")])
    assert portal.send(KAREL).deactivated == 1
    assert portal.active() == sorted([other, "Leidinggevenden/KMA"])
    assert not portal.users[inside].active
    portal.account.settings.user_group = "HR"
    assert portal.send(KAREL).deactivated == 1
    assert not portal.users[other].active


def test_the_authorisations_are_exactly_those_of_the_file(portal: Portal) -> None:
    portal.send(KAREL, user(department="KADE"))
    report = portal.send(user(department="KADE"))
    assert (report.updated, report.unchanged) == (1, 0)
    assert portal.users["Leidinggevenden/KMA"].authorisations == [("01", "KADE")]
    report = portal.send(user(department="KADE"), KAREL)
    assert (report.updated, report.unchanged) == (1, 1)


def test_without_a_department_it_is_the_whole_employer(portal: Portal) -> None:
    assert codes(portal.send(user(department="-")), 3) == ["hele_werkgever"]
    assert portal.users["Leidinggevenden/KMA"].authorisations == [("01", "")]


def test_another_login_for_a_known_person_is_a_warning(portal: Portal) -> None:
    portal.send(KAREL)
    report = portal.send(user(login="karel"))
    assert (report.updated, codes(report, 3)) == (1, ["login_gewijzigd"])
    assert portal.users["Leidinggevenden/KMA"].login == "karel"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (user("1002", login="-"), "verplicht"),
        (user("-", login="x"), "verplicht"),
        (user("1002", email="-"), "verplicht"),
        (user("1002", employer="-"), "verplicht"),
        (user("1002", login="x" * 33), "inlognaam_te_lang"),
        (user("1002", gender="V"), "geslacht_onbekend"),
        (user("1002", employer="09"), "werkgever_onbekend"),
        (user("1002", "WEG"), "afdeling_onbekend"),
        (user("1002", "OUD"), "afdeling_onbekend"),
        (user("1002", employer="02"), "afdeling_onbekend"),
        (user("1002", name="Sm\x07it"), "stuurteken"),
        (KAREL, "dubbel"),
    ],
)
def test_a_bad_line_is_rejected_and_the_rest_goes_on(portal: Portal, line: str, code: str) -> None:
    report = portal.send(KAREL, line, ANNA)
    assert (report.created, codes(report, 4)) == (2, [code])
    assert "veerhuis.example" not in json.dumps([message.text for message in report.messages])


def test_a_login_of_32_fits(portal: Portal) -> None:
    assert portal.send(user(login="x" * 32)).created == 1


def test_one_login_for_two_people_is_nobodys(portal: Portal) -> None:
    report = portal.send(user(login="kade"), user("1001", "KADE", login="Kade"), user("1002"))
    assert (report.created, codes(report, 4)) == (1, ["inlognaam_in_gebruik", "inlognaam_in_gebruik"])


def test_a_login_of_somebody_in_the_portal_is_taken(portal: Portal) -> None:
    """Also that of an inactive user, and of one made by hand: those are synchronised before the first run."""
    portal.account.add_user("01_KMA", group="HR")
    assert codes(portal.send(KAREL), 4) == ["inlognaam_in_gebruik"]
    portal.account.add_user("01_1001", number="1001")
    report = portal.send(ANNA)
    assert (report.updated, report.rejected) == (1, 0)
    portal.send()
    assert codes(portal.send(user("1002", login="01_1001")), 4) == ["inlognaam_in_gebruik"]


def test_one_person_has_one_login(portal: Portal) -> None:
    report = portal.send(KAREL, user(department="KADE", login="anders"))
    assert codes(report, 4) == ["gebruiker_wisselt", "gebruiker_wisselt"]


def test_a_rejected_user_counts_as_not_delivered_unless_the_portal_keeps_it(portal: Portal) -> None:
    portal.send(KAREL, user(department="KADE"), ANNA)
    portal.account.settings.rejected_lines = "kept"
    report = portal.send(user(department="KADE"), user(gender="M"), user("1001", "KADE", gender="V", name="Vries"))
    assert (report.unchanged, report.rejected, report.deactivated) == (1, 2, 0)
    assert len(portal.users["Leidinggevenden/KMA"].authorisations) == 2
    portal.account.settings.rejected_lines = "missing"
    report = portal.send(user(department="KADE"), user("1001", "KADE", gender="V", name="Vries"))
    assert (report.updated, report.rejected, report.deactivated) == (1, 1, 1)
