"""All six flows to the JSON API: what arrives means what xpert_suite gets, changes only, and never a BSN."""

from datetime import date, datetime
from typing import Any

import pytest
from crossings import EMPLOYEES, EMPLOYERS, After, Crossing, guid
from managers import vanish

from veerpont.model.failures import PassingError
from veerpont.rules.dates import AMSTERDAM

NIGHTLY = ("employers", "employees", "organigram", "accounts")
FILES = (*NIGHTLY, "absence")
ALL = (*FILES, "iban")
BRAM, FATIMA, LOTTE = guid(4), guid(3), guid(10)


def portals(*names: str) -> list[dict[str, Any]]:
    connections = {"xpert_suite": "xpert_veerhuis", "json_api": "portal_veerhuis"}
    flows = {"xpert_suite": FILES, "json_api": ALL}
    return [{"portal": each, "connection": connections[each], "flows": list(flows[each])} for each in names]


def night(known: Crossing) -> dict[str, dict[str, Any]]:
    """Run everything once; return flow → the books of the JSON API."""
    found = {flow: known(flow) for flow in FILES}
    assert not any(known.round().values())
    return found | {"iban": known.books("iban")}


def api(known: Crossing, flow: str) -> dict[str, list[dict[str, str | None]]]:
    return known.sandbox.portal.api("veerhuis", flow)


def one(known: Crossing, flow: str) -> dict[str, dict[str, str | None]]:
    """Return the records of a flow that has one for each id."""
    return {each: record for each, (record,) in api(known, flow).items()}


def calls(known: Crossing) -> list[dict[str, Any]]:
    return [each for each in known.sandbox.portal.json_api.requests if each["method"] == "POST"]


def periods(flow: dict[str, list[dict[str, str | None]]]) -> set[tuple[str | None, ...]]:
    """Return every period of every case as the sandbox counts them."""
    names = ("WerkgeverCode", "Personeelsnummer", "Protocol", "StartdatumTrajectVerloop", "EinddatumTrajectVerloop")
    return {
        (*(record[name] for name in names), record["Verzuimpercentage"]) for case in flow.values() for record in case
    }


def to_both(known: Crossing) -> None:
    known.configure(portals=portals("xpert_suite", "json_api"), absence={"initial_days": 1500})
    known.sandbox.portal.json_api.requests.clear()
    night(known)


@pytest.fixture
def both(after: After) -> Crossing:
    """Every flow has gone to both portals."""
    return after(to_both)


def to_the_api(known: Crossing) -> None:
    known.configure(portals=portals("json_api"), absence={"initial_days": 1500})
    night(known)
    known.sandbox.portal.json_api.requests.clear()


@pytest.fixture
def sent(after: After) -> Crossing:
    """Every flow has gone to the JSON API, and to nothing else."""
    return after(to_the_api)


class TestWhatArrives:
    def test_the_same_as_by_file(self, both: Crossing) -> None:
        """Employers, departments, employments, accounts and absence: both portals hold the same."""
        state = both.state
        assert {each["employer_code"]: each for each in one(both, "employers").values()} == state.employers
        departments = {key: found.values for key, found in state.departments.items() if not found.archived}
        assert one(both, "organigram") == departments

        employments = {
            f"{each['employer_code']}/{each['personnel_number']}/{each['employment_number']}": each
            for each in one(both, "employees").values()
        }
        assert employments.keys() == both.employments().keys()
        for key, found in both.employments().items():
            assert employments[key] == {name: found.values.get(name) for name in employments[key]}
            assert {name for name, value in found.values.items() if value} <= {*employments[key], "bsn"}

        accounts = {records[0]["login"]: records for records in api(both, "accounts").values()}
        users = {user.login: user for user in state.users.values()}
        assert accounts.keys() == users.keys()
        for login, records in accounts.items():
            assert {(each["employer_code"], each["department_code"]) for each in records} == set(
                users[login].authorisations
            )
            for name, column in (("last_name", "Achternaam"), ("email", "Emailadres"), ("gender", "Geslacht")):
                assert {each[name] for each in records} == {users[login].values[column]}

        assert periods(api(both, "absence")) == both.periods() == both.truth()
        assert len(api(both, "iban")) == 8

    def test_a_second_night_sends_nothing(self, both: Crossing) -> None:
        """Not one call, and both portals' books say unchanged."""
        before = len(calls(both))
        for flow, books in night(both).items():
            assert (books["state"], books["delivered"], books["gone"]) == ("success", 0, 0), flow
            assert books["unchanged"] > 0, flow
        assert len(calls(both)) == before
        assert all(len(both.files(flow)) == 1 for flow in FILES)

    def test_no_bsn_in_any_record(self, known: Crossing) -> None:
        """Also where a file goes by it: no record of the API has the number, or a name for it."""
        known.configure(portals=portals("json_api"), xpert_suite={"key": "bsn"})
        night(known)
        numbers = {str(row["BSN"]) for row in known.source("employees") if row["BSN"]}
        assert len(numbers) == 12
        for flow in ALL:
            records = [record for each in api(known, flow).values() for record in each]
            assert records, flow
            assert not {name for record in records for name in record if "bsn" in name.lower()}
            assert not numbers & {value for record in records for value in record.values()}

    def test_a_change_sends_that_record_only(self, sent: Crossing) -> None:
        sent.change("1004", Achternaam="Nieuw")
        now = datetime(2026, 11, 22, 8, tzinfo=AMSTERDAM)
        case = sent.book.open("KMA", date(2026, 11, 19), at=now)
        sent.book.change(case, date(2026, 11, 20), 50, at=now)
        found = night(sent)
        assert {flow: books["delivered"] for flow, books in found.items() if books["delivered"]} == {
            "employees": 1,
            "absence": 2,
        }
        assert [(each["flow"], each["operations"]) for each in calls(sent)] == [("employees", 1), ("absence", 1)]
        assert one(sent, "employees")[f"{BRAM}/01/1"]["last_name"] == "Nieuw"
        assert periods(api(sent, "absence")) == sent.truth()


class TestWhatGoes:
    def test_gone_at_the_source_is_deleted_after_two_reads(self, sent: Crossing) -> None:
        """A person, a department, an account, a case: the first read that misses it proves nothing."""
        (found,) = sent.book.cases("1001")
        case = found.guid.strip("{}").upper()
        sent.remove("1004")
        for number in ("1010", "1007"):
            sent.change(number, Afdelingscode="BED")
        vanish(sent, FATIMA)
        sent.book.delete(found.guid)
        gone = {"employees": f"{BRAM}/01/1", "organigram": "02/KEUK", "accounts": FATIMA, "absence": case}
        first = night(sent.at("2026-11-22T21:00"))
        assert [books["gone"] for books in first.values()] == [0] * 6
        assert all(key in api(sent, flow) for flow, key in gone.items())
        second = night(sent.at("2026-11-23T21:00"))
        sent.release(sent.held("absence")["id"])  # it was no fresh mistake
        second["absence"] = sent.at("2026-11-23T22:00")("absence")
        assert {flow: books["gone"] for flow, books in second.items()} == {
            **dict.fromkeys(gone, 1),
            "employers": 0,
            "iban": 0,
        }
        assert not [key for flow, key in gone.items() if key in api(sent, flow)]

    def test_a_deactivated_employer_stays_until_the_purge(self, sent: Crossing) -> None:
        """No delete and no change while it is frozen; with the purge everything of it goes, and nothing else."""
        before = {flow: api(sent, flow) for flow in ALL}
        of_two = {
            flow: {key for key, records in found.items() if "02" in {records[0].get(name) for name in records[0]}}
            for flow, found in before.items()
            if flow not in {"iban", "accounts"}
        }
        of_two |= {"accounts": {LOTTE}, "iban": {guid(number) for number in (5, 7, 10)}}
        assert all(of_two.values())
        sent.deactivate("02")
        for _ in range(2):
            night(sent)
        after = {flow: api(sent, flow) for flow in ALL if flow != "accounts"}
        assert after == {flow: before[flow] for flow in after}
        assert api(sent, "accounts").keys() == before["accounts"].keys()
        sent.deactivate("02", purge=True)
        night(sent)
        assert {flow: before[flow].keys() - api(sent, flow).keys() for flow in ALL} == of_two
        assert ("02", "VEER") not in {
            (each["employer_code"], each["department_code"]) for each in api(sent, "accounts")[guid(2)]
        }

    def test_a_case_that_left_the_window_is_deleted(self, sent: Crossing) -> None:
        """What the portal no longer has to know leaves by that rule, without a guard."""
        old = {each for each, records in api(sent, "absence").items() if records[0]["Personeelsnummer"] == "0109"}
        assert len(old) == 2, "the one before the window is chained to the one in it"
        books = sent.at("2027-06-01T21:00")("absence")
        assert (books["gone"], books["held"]) == (0, 0)
        assert not old & api(sent, "absence").keys()

    def test_an_employer_that_the_source_no_longer_shows(self, sent: Crossing) -> None:
        """Its own record goes a night after the first read without it."""
        rows = sent.source("employers")
        sent.sandbox.afas.replace("veerhuis", EMPLOYERS, [row for row in rows if row["Werkgeverscode"] != "02"])
        assert sent("employers")["repeated"] == 1
        assert sent.later(1)("employers")["gone"] == 0
        assert sent.later(20)("employers")["gone"] == 1
        assert set(api(sent, "employers")) == {"01"}

    def test_many_are_held_here_too(self, sent: Crossing) -> None:
        """The guard knows no portals: four of eleven wait for a person, and a release deletes exactly those."""
        sent.remove("1001", "1003", "1004", "0109")
        for _ in range(2):
            assert sent("employees")["gone"] == 0
        held = sent.held("employees")
        assert (held["reasons"], held["gone"], held["portal"]) == ("many_gone", 4, "json_api")
        assert len(api(sent, "employees")) == 11
        sent.release(held["id"])
        assert sent("employees")["gone"] == 4
        assert len(api(sent, "employees")) == 7


class TestTwoPortals:
    def test_one_that_is_away_does_not_take_back_what_the_other_got(self, both: Crossing) -> None:
        """The file has arrived, the calls have not: the next run brings the calls, and no second file."""
        both.change("1004", Achternaam="Nieuw")
        both.sandbox.faults.add("api_maintenance")
        with pytest.raises(PassingError):
            both("employees")
        assert both.employments()["01/1004/1"].values["last_name"] == "Nieuw"
        assert one(both, "employees")[f"{BRAM}/01/1"]["last_name"] == "Hart"
        both.sandbox.faults.clear()
        both("employees")
        assert one(both, "employees")[f"{BRAM}/01/1"]["last_name"] == "Nieuw"
        assert len(both.files("employees")) == 2
        assert both("accounts")["unchanged"] == 8, "what both share is still there"

    def test_what_both_share_survives_a_hold_meanwhile(self, both: Crossing) -> None:
        """One portal's calls wait, then a blank column holds all: the index is still there for others."""
        both.change("1004", Achternaam="Nieuw")
        both.sandbox.faults.add("api_maintenance")
        with pytest.raises(PassingError):
            both("employees")
        both.sandbox.faults.clear()
        rows = both.source("employees")
        both.sandbox.afas.replace("veerhuis", EMPLOYEES, [row | {"Functie": None} for row in rows])
        both("employees")
        assert len(both.deliveries("employees", "held")) == 2
        assert one(both, "employees")[f"{BRAM}/01/1"]["last_name"] == "Nieuw"
        assert both("accounts")["unchanged"] == 8

    def test_a_portal_that_is_added_later_gets_everything(self, known: Crossing) -> None:
        """Its snapshot is its own: what the first one has been told says nothing about the second."""
        known.configure(portals=portals("xpert_suite", "json_api"))
        books = known("employees")
        assert {row["portal"]: row["delivered"] for row in _runs(known, books)} == {"xpert_suite": 0, "json_api": 13}
        assert len(api(known, "employees")) == 11
        assert len(known.files("employees")) == 1


def _runs(known: Crossing, books: dict[str, Any]) -> list[dict[str, Any]]:
    from veerpont.desk.lists import list_runs

    return [row for row in list_runs(known.ledger, "veerhuis", None) if row["run_id"] == books["run_id"]]
