"""Hours over Loket's API: written, retracted, looked at again; what was not taken is a reject of its own."""

from collections.abc import Iterator

import pytest
from crossings import Crossing, Make
from dropped_hours import drop, payroll, provider

from veerpont.config.settings import settings
from veerpont.desk.check import check
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.preview import preview
from veerpont_sandbox.customers.timesheets import timesheet
from veerpont_sandbox.loket import changes

WRITE = "PatchPayrollPeriodDataByEmployerId"
NOVEMBER = {(11, 20): {1: 80, 15: 4.5}, (12, 20): {1: 76.25, 372: 15}, (12, 30): {1: 8}, (18, 40): {1: 7.75}}


@pytest.fixture
def sluis(make: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crossing]:
    """Sluis, whose hours go over the API."""
    crossing = make("sluis", night=("employers",))
    crossing.configure(hours={"delivery": "api"})
    return crossing


def writes(crossing: Crossing) -> int:
    return dict(crossing.sandbox.loket.counts()).get(WRITE, 0)


def test_the_payroll_has_what_the_file_says_and_again_changes_nothing(sluis: Crossing) -> None:
    books = sluis("hours")
    assert (books["delivered"], books["filtered"], books["rejected"]) == (9, 1, 0)
    assert payroll(sluis) == NOVEMBER
    assert [row["name"].startswith("hours_") for row in sluis.deliveries("hours", "delivered")] == [True]
    asked = writes(sluis)
    assert sluis("hours")["unchanged"] == 9
    assert writes(sluis) == asked


def test_only_what_changed_is_written_and_what_was_taken_out_is_retracted(sluis: Crossing) -> None:
    sluis("hours")
    by_hand = changes.job(provider(sluis), 1001).period_data[0]["payrollComponents"]
    by_hand.append({"payrollComponent": {"key": 16}, "value": 3, "isSupplement": False})  # not ours: it stays
    drop(sluis, timesheet([
        (11, "02-11-2026", "UREN", "76", ""),
        (12, "03-11-2026", "UREN", "76,25", ""),
        (12, "10-11-2026", "REIS", "15", ""),
        (18, "05-11-2026", "UREN", "7,75", "Kantine"),
    ]))  # fmt: skip
    books = sluis("hours")
    assert (books["delivered"], books["unchanged"], books["gone"]) == (1, 3, 2)
    assert payroll(sluis) == {(11, 20): {1: 76, 16: 3}, (12, 20): {1: 76.25, 372: 15}, (18, 40): {1: 7.75}}


def test_nothing_is_retracted_beyond_the_guard_without_a_person(sluis: Crossing) -> None:
    everybody = [(number, "02-11-2026", "UREN", "8", "") for number in (11, 12, 15, 16, 17, 18, 19, 20)]
    drop(sluis, timesheet(everybody))
    sluis("hours")
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "9", ""), *everybody[1:4]]))
    sluis("hours")
    assert sorted(value[1] for value in payroll(sluis).values()) == [8] * 7 + [9]
    sluis.release(sluis.held("hours")["id"])
    sluis("hours")
    assert len(payroll(sluis)) == 4


def test_of_a_partial_failure_each_value_is_a_reject_and_tried_again(sluis: Crossing) -> None:
    columns = {"shift": "Ploeg"}
    sluis.configure(hours={"columns": columns | {"number": "Nr", "date": "Dag", "code": "Code", "value": "Uren"}})
    text = b"Nr;Dag;Code;Uren;Ploeg\n11;02-11-2026;UREN;8;1\n12;02-11-2026;UREN;8;9\n12;02-11-2026;OVER125;2;9\n"
    drop(sluis, text)
    books = sluis("hours")
    assert (books["delivered"], books["rejected"]) == (1, 2)
    key = f"{changes.job(provider(sluis), 1002).id.upper()}/2026-11"
    assert sluis.rejects("hours") == {key: "not_taken"}
    assert payroll(sluis) == {(11, 20): {1: 8}}
    assert sluis("hours")["rejected"] == 2  # it waits for the night, or a change
    drop(sluis, text.replace(b";9\n", b";1\n"))
    assert sluis("hours")["rejected"] == 0
    assert sluis.rejects("hours") == {}
    assert payroll(sluis) == {(11, 20): {1: 8}, (12, 20): {1: 8, 15: 2}}


def test_when_nothing_is_taken_everything_is_a_reject(sluis: Crossing) -> None:
    drop(sluis, timesheet([(12, "02-11-2026", "UREN", "8", "")]))
    for employer in provider(sluis).employers:
        for administration in employer.administrations:
            administration.shifts = (7,)
    books = sluis("hours")
    assert (books["delivered"], books["rejected"]) == (0, 1)


def test_an_answer_that_was_lost_is_asked_again(sluis: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veerpont.systems.loket.payroll._PAUSES", (0.0, 0.0, 0.0))
    sluis.sandbox.faults.add("lost_answer", connector=WRITE, times=1)
    assert sluis("hours")["rejected"] == 0
    assert payroll(sluis) == NOVEMBER


def test_cost_centres(sluis: Crossing) -> None:
    sluis.configure(hours={"unit": "cost_centre", "departments": {"Techniek": "KP02"}})
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "8", "Techniek"), (12, "02-11-2026", "UREN", "8", "")]))
    books = sluis("hours")
    assert (books["delivered"], books["rejected"]) == (1, 1)
    (row,) = changes.job(provider(sluis), 1001).period_data
    assert (row["costCenter"]["code"], row["distributionUnit"]) == ("KP02", None)
    provider(sluis).settings.metadata = "bare"
    assert sluis("hours")["unchanged"] == 1


def test_a_preview_writes_nothing(sluis: Crossing) -> None:
    (portal,) = preview("sluis", Flow.HOURS, lambda _: None).portals
    assert portal.counts["delivered"] == 9
    assert (payroll(sluis), writes(sluis)) == ({}, 0)


def test_an_activity_that_is_not_allowed_is_named(sluis: Crossing) -> None:
    provider(sluis).user.forbidden.add(WRITE)
    with pytest.raises(SettingsError, match=f"does not allow {WRITE}"):
        sluis("hours")
    said = [each["problem"] for each in check(settings(), "sluis", live=True) if each["flow"] == "hours"]
    assert any(WRITE in sentence for sentence in said)
