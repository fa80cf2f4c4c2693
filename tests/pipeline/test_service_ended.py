"""After the end of an employer's service all but late reports of absence stays as the portal was told it.

Rule: docs/reference/xpert-suite.md, 4.8.
"""

import pytest
from crossings import EMPLOYEES, EMPLOYERS, IBAN, After, Crossing, guid
from managers import change as change_manager
from managers import vanish

from veerpont_sandbox.customers.spec import iban


def end_yesterday(known: Crossing) -> None:
    known("accounts")
    known.round()
    known.serve("02", last="2026-11-21")


@pytest.fixture
def ended(after: After) -> Crossing:
    """All is at the portal; the service to employer 02 ended yesterday."""
    return after(end_yesterday)


def test_on_the_last_day_all_crosses_as_ever(known: Crossing) -> None:
    known.serve("02", last="2026-11-22")
    known.change("1005", Achternaam="Nieuw")
    assert known("employees")["delivered"] == 1
    assert known.employments()["02/1005/1"].values["last_name"] == "Nieuw"


def test_people_stay_as_they_were_told(ended: Crossing) -> None:
    """Nothing new of theirs is kept, nobody leaves, and the rows are filtered by that name."""
    ended.change("1005", Achternaam="Verborgen")
    (row,) = [row for row in ended.source("employees") if row["Personeelsnummer"] == "1005"]
    new = {"Personeelsnummer": "3001", "GUID": "{5A0D0001-0000-4000-8000-000000000AAA}", "Achternaam": "Nieuweling"}
    ended.sandbox.afas.insert("veerhuis", EMPLOYEES, [row | new])
    ended.remove("1010")
    before = ended.employments()
    for _ in range(2):
        books = ended("employees")
        assert (books["delivered"], books["gone"], books["held"], books["repeated"]) == (0, 0, 0, 4)
        assert "4 rows are left out (outside_service_period)." in ended.books("employees")["message"]
        ended.later(24)
    assert ended.employments() == before
    assert not ended.stored("Verborgen")
    assert not ended.stored("Nieuweling")


def test_employers_and_departments_stay(ended: Crossing) -> None:
    ended.sandbox.afas.update("veerhuis", EMPLOYERS, "Werkgeverscode", "02", {"Woonplaats": "Verborgen"})
    before = ended.state.employers, ended.state.departments
    for flow in ("employers", "organigram"):
        books = ended(flow)
        assert (books["delivered"], books["gone"], books["held"]) == (0, 0, 0)
    assert (ended.state.employers, ended.state.departments) == before
    assert "1 rows are left out (outside_service_period)." in ended.books("employers")["message"]
    assert not ended.stored("Verborgen")


def test_accounts_stay_with_their_departments(ended: Crossing) -> None:
    """Also of a manager of both employers, whose other data goes on."""
    before = {key: user.authorisations for key, user in ended.state.users.items() if user.active}
    books = ended("accounts")
    assert (books["delivered"], books["gone"], books["held"]) == (0, 0, 0)
    vanish(ended, guid(10))
    change_manager(ended, guid(2), Achternaam="Nieuw")
    assert ended("accounts")["delivered"] == 4
    assert {key: user.authorisations for key, user in ended.state.users.items() if user.active} == before


def test_bank_accounts_stay(ended: Crossing) -> None:
    portal = ended.sandbox.portal.api("veerhuis", "iban")
    ended.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{guid(5)}}}", {"IBAN-nummer": iban("VEER", 501)})
    ended.round()
    assert ended.sandbox.portal.api("veerhuis", "iban") == portal
    books = ended.books("iban")
    assert (books["delivered"], books["gone"], books["held"]) == (0, 0, 0)
    ended.serve("02", last=None)
    ended.round()
    assert ended.sandbox.portal.api("veerhuis", "iban")[guid(5)][0]["iban"] == iban("VEER", 501)


def test_moved_back_they_follow_at_once(ended: Crossing) -> None:
    ended.change("1005", Achternaam="Nieuw")
    ended("employees")
    ended.serve("02", last=None)
    assert ended("employees")["delivered"] == 1
    assert ended.employments()["02/1005/1"].values["last_name"] == "Nieuw"


def test_a_last_employer_whose_service_is_over(ended: Crossing) -> None:
    """Nothing is read, and the run says what to do."""
    ended.serve("01", last="2026-11-21")
    ended.sandbox.afas.requests.clear()
    assert ended("employees")["read"] == 0
    assert not ended.sandbox.afas.requests
    assert "The service of every active employer is over" in " ".join(ended.notes)


def test_deactivated_and_purged_it_leaves(ended: Crossing) -> None:
    """As every employer does, once a person said so."""
    ended("employees")
    ended.deactivate("02", purge=True)
    assert ended("employees")["gone"] == 4
    assert {each.split("/")[0] for each in ended.employments()} == {"01"}
