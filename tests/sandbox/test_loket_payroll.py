"""Hours into the simulated Loket: over the API, and by the csv of the import screen.

Facts: docs/reference/loket.md, 3.9, 3.10 and 5.
"""

from datetime import date
from typing import Any

import pytest
import requests
from loket_sandbox_client import LoketClient, Screen

from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.provider import Provider
from veerpont_sandbox.world import Sandbox

EMPLOYERS = "/providers/employers"
OPEN = {"year": 2026, "periodNumber": 11}


@pytest.fixture
def provider(waterway: Sandbox) -> Provider:
    found = waterway.loket.providers["sluis"]
    found.settings.today = date(2026, 11, 22)
    return found


@pytest.fixture
def administration(loket: LoketClient) -> str:
    rows = loket.rows(f"{EMPLOYERS}/{loket.employer()}/payrolladministrations")
    key = next(row["id"] for row in rows if row["clientNumber"] == 7001)
    return f"{EMPLOYERS}/payrolladministrations/{key}"


def item(**values: Any) -> dict[str, Any]:
    """Return period data of 12.5 hours of overtime in an open period, with `values` instead."""
    return {
        "payrollPeriod": OPEN,
        "payslipType": {"key": 1},
        "shift": {"shiftNumber": 1},
        "distributionUnit": None,
        "costCenter": {"key": 12},
        "costUnit": None,
        "payslipText": None,
        "payrollComponents": [{"payrollComponent": {"key": 15}, "value": 12.5, "isSupplement": False}],
    } | values


def component(key: int, value: float | None, **more: Any) -> list[dict[str, Any]]:
    return [{"payrollComponent": {"key": key}, "value": value, **more}]


def data(job: str) -> str:
    return f"{EMPLOYERS}/employees/employments/{job}/payrollperioddata"


def values(rows: list[dict[str, Any]]) -> dict[int, Any]:
    return {each["payrollComponent"]["key"]: each["value"] for row in rows for each in row["payrollComponents"]}


def test_components_differ_per_year(loket: LoketClient, administration: str) -> None:
    this, next_year = (
        {row["key"]: row for row in loket.rows(f"{administration}/payrollcomponents/year/{year}")}
        for year in (2026, 2027)
    )
    assert set(this) - set(next_year) == {16}
    assert this[1]["category"] == {"key": 1, "value": "Uren"}
    assert all(len(row["description"]) <= 14 for row in this.values())
    assert this[20]["isCollectiveMutationPossible"] is False


def test_periods_are_approved_until_a_day_and_one_is_a_test(loket: LoketClient, administration: str) -> None:
    rows = {row["id"]: row for row in loket.rows(f"{administration}/payrollperiods/minimized", pageSize=250)}
    assert (rows[202610]["hasApprovedPayrollRun"], rows[202611]["hasApprovedPayrollRun"]) == (True, False)
    assert (rows[202602]["startDate"], rows[202602]["endDate"]) == ("2026-02-01", "2026-02-28")
    assert [row["year"] for row in rows.values() if row["testYear"]] == [2028]


def test_a_patch_overwrites_what_it_names_and_null_deletes(
    loket: LoketClient, provider: Provider, administration: str
) -> None:
    path = data(changes.job(provider, 1001).id)
    before = provider.watermark
    first = loket.call("PATCH", path, json=item())
    assert (first.status_code, first.json()["content"]["costCenter"]["code"]) == (200, "KP02")
    loket.call("PATCH", path, json=item(payrollComponents=component(1, 80)))
    loket.call("PATCH", path, json=item(payrollComponents=component(15, 0, isSupplement=True)))
    assert values(loket.rows(path)) == {1: 80, 15: 0}
    (row,) = loket.rows(f"{administration}/payrollPeriods/202611/payrollperioddata")
    assert row["employee"]["employeeNumber"] == 1001
    assert row["employment"]["id"] == changes.job(provider, 1001).id
    loket.call("PATCH", path, json=item(payrollComponents=component(15, None)))
    assert values(loket.rows(path)) == {1: 80}
    # Another cost centre is another record.
    loket.call("PATCH", path, json=item(costCenter=None))
    assert len(loket.rows(path)) == 2
    # Variable data does not move the version number.
    assert provider.watermark == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"payrollComponents": component(16, 1), "payrollPeriod": {"year": 2027, "periodNumber": 1}},
        {"payrollComponents": component(999, 1)},
        {"payrollComponents": component(15, -1)},
        {"payrollComponents": component(15, 1000)},
        {"payrollComponents": component(372, 100_000_001)},
        {"payrollComponents": component(1, 5, isSupplement=True)},
        {"payrollComponents": component(1, 5) * 2},
        {"payrollComponents": []},
        {"payrollPeriod": {"year": 2026, "periodNumber": 10}},
        {"payrollPeriod": {"year": 2026, "periodNumber": 13}},
        {"payrollPeriod": None},
        {"payslipType": {"key": 7}},
        {"shift": {"shiftNumber": 9}},
        {"costCenter": {"key": 99}},
        {"distributionUnit": {"key": "6f0d3c1e-1111-4a6b-9f00-000000000001"}},
        {"invented": 1},
    ],
)
def test_a_patch_that_breaks_a_rule_changes_nothing(
    loket: LoketClient, provider: Provider, wrong: dict[str, Any]
) -> None:
    path = data(changes.job(provider, 1001).id)
    answer = loket.call("PATCH", path, json=item(**wrong))
    assert answer.status_code == 400
    assert answer.json()["messages"][0]["type"] == "BrokenBusinessRule"
    assert loket.rows(path) == []


def test_an_approved_period_may_be_accepted(loket: LoketClient, provider: Provider) -> None:
    provider.settings.closed_period = "accept"
    closed = item(payrollPeriod={"year": 2026, "periodNumber": 10})
    assert loket.call("PATCH", data(changes.job(provider, 1001).id), json=closed).status_code == 200


def test_an_employment_without_payroll_takes_no_hours(loket: LoketClient, provider: Provider) -> None:
    assert loket.call("PATCH", data(changes.job(provider, 1010).id), json=item()).status_code == 400


def test_of_many_the_good_ones_go_in_and_each_other_one_is_a_message(loket: LoketClient, provider: Provider) -> None:
    good, bad = changes.job(provider, 1001).id, changes.job(provider, 1002).id
    path = f"{EMPLOYERS}/{loket.employer()}/payrollperioddata"
    items = [
        item(employmentId=good),
        item(employmentId=bad, payrollComponents=component(999, 1)),
        item(employmentId="6f0d3c1e-1111-4a6b-9f00-000000000001"),
    ]
    answer = loket.call("PATCH", path, json=items)
    assert answer.status_code == 200
    assert [each["id"] for each in answer.json()["messages"]] == [items[1]["employmentId"], items[2]["employmentId"]]
    assert values(loket.rows(data(good))) == {15: 12.5}
    assert loket.rows(data(bad)) == []
    assert loket.call("PATCH", path, json=items[1:]).status_code == 400
    assert loket.call("PATCH", path, json=[]).status_code == 400
    assert loket.call("PATCH", path, data=b"{").status_code == 400


def test_a_lost_answer_was_written(waterway: Sandbox, loket: LoketClient, provider: Provider) -> None:
    path = data(changes.job(provider, 1001).id)
    waterway.faults.add("lost_answer", connector="PatchPayrollPeriodDataByEmploymentId", times=1)
    with pytest.raises(requests.ConnectionError):
        loket.call("PATCH", path, json=item())
    assert values(loket.rows(path)) == {15: 12.5}


def test_defaults_and_options(loket: LoketClient, provider: Provider) -> None:
    path = data(changes.job(provider, 1001).id)
    start = loket.content(f"{path}/defaults")
    assert (start["shift"]["shiftNumber"], start["distributionUnit"]["code"]) == (1, 20)
    options = {row["field"]: row["options"] for row in loket.rows(f"{path}/metadata")}
    assert {row["code"] for row in options["costCenter"]} == {"KP01", "KP02", "KP03"}
    (components,) = loket.rows(f"{path}/metadata/year/2027/period/1")
    assert 16 not in {row["key"] for row in components["options"]}


def test_leave_and_journal_allocations(loket: LoketClient, provider: Provider) -> None:
    anna, bram = changes.job(provider, 1001).id, changes.job(provider, 1003, at=1).id
    work = f"{EMPLOYERS}/employees/employments"
    leave = loket.rows(f"{work}/{anna}/leave", orderBy="startDate")
    assert [(row["numberOfUnits"], row["isAccrual"]) for row in leave] == [(180, True), (72, False)]
    (allocation,) = loket.rows(f"{work}/{bram}/journalallocations")
    assert allocation["allocationBasedOnActualHours"]["costCenter"]["code"] == "KP02"


# The import screen


GOOD = b"aanslnr;persnr;ploeg;verdelingseenheid;1;15;372\r\n7001;11;1;20;80;4,5;\r\n7001;12;1;20;76,25;;15\r\n"


@pytest.fixture
def screen(waterway: Sandbox) -> Screen:
    return Screen(waterway)


def test_a_file_is_imported_and_seen_by_the_api(screen: Screen, loket: LoketClient, provider: Provider) -> None:
    report = screen.upload(GOOD)
    assert (report.status_code, report.json()) == (200, {"refused": [], "rows": 2, "values": 4})
    assert screen.payroll() == {11: {"1": 80, "15": 4.5}, 12: {"1": 76.25, "372": 15}}
    (row,) = loket.rows(data(changes.job(provider, 1001).id))
    assert (row["distributionUnit"]["code"], row["payslipType"]["key"]) == (20, 1)


def test_a_second_file_overwrites_what_it_names(screen: Screen, provider: Provider) -> None:
    screen.upload(GOOD)
    again = b"aanslnr;persnr;ploeg;verdelingseenheid;1;15\r\n7001;11;1;20;;0\r\n"
    screen.upload(again)
    assert screen.payroll()[11] == {"1": 80, "15": 0}
    provider.settings.blank_clears = True
    screen.upload(again)
    assert screen.payroll()[11] == {"15": 0}


def test_without_distribution_units_the_column_is_not_there(screen: Screen) -> None:
    plain = b"aanslnr;persnr;ploeg;1\r\n7001;11;2;8\r\n"
    assert screen.upload(plain).status_code == 400
    assert screen.upload(plain, unit="Nee").status_code == 200
    assert screen.upload(GOOD, unit="Nee").status_code == 400


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"\r\n", b"\n", "lines do not end in CRLF"),
        (b"aanslnr", b"\xef\xbb\xbfaanslnr", "not ASCII"),
        (b";4,5;", b';"4,5";', "quotes"),
        (b";4,5;", b";4.5;", "line 2: 15"),
        (b";4,5;", b";4,555;", "line 2: 15"),
        (b";80;", b";1000;", "line 2: 1"),
        (b";80;", b";-1;", "line 2: 1"),
        (b";80;", b";8u;", "line 2: 1"),
        (b";15;372\r", b";15;999\r", "unknown component 999"),
        (b";15;372\r", b";15;20\r", "component 20 takes no collective mutation"),
        (b";15;372\r", b";15;1\r", "duplicate columns"),
        (b"ploeg;verdelingseenheid", b"verdelingseenheid;ploeg", "the header does not start"),
        (b"7001;11", b"7002;11", "line 2: aanslnr"),
        (b"7001;11", b"7001;1001", "line 2: persnr"),
        (b"11;1;20", b"11;9;20", "line 2: ploeg"),
        (b"11;1;20", b"11;1;99", "line 2: verdelingseenheid"),
        (b"11;1;20", b"11;1;", "line 2: verdelingseenheid"),
        (b"7001;12", b"7001;11", "line 3: a second row of the same key"),
        (b";4,5;\r", b";4,5\r", "line 2: 6 cells instead of 7"),
    ],
)
def test_a_file_with_anything_wrong_is_refused_as_a_whole(screen: Screen, old: bytes, new: bytes, reason: str) -> None:
    answer = screen.upload(GOOD.replace(old, new))
    assert answer.status_code == 400
    assert any(each.startswith(reason) for each in answer.json()["refused"]), answer.json()
    assert screen.payroll() == {}


@pytest.mark.parametrize(
    "chosen",
    [{"period": "10"}, {"period": "13"}, {"action": "Toevoegen"}, {"type": "XML"}, {"administration": "9999"}],
)
def test_a_wrong_choice_in_the_dialog_is_refused(screen: Screen, chosen: dict[str, str]) -> None:
    assert screen.upload(GOOD, **chosen).status_code == 400
    assert screen.payroll() == {}


def test_the_product_for_importing_must_be_active(screen: Screen, provider: Provider) -> None:
    provider.settings.import_product = False
    assert "product 50" in screen.upload(GOOD).json()["refused"][0]
