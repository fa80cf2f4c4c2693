"""Bank accounts of a customer of Loket's: what is read again, and what is not."""

import pytest
from crossings import Crossing
from test_loket_flows import accounts, calls, guid, provider, told

from veerpont.systems.loket import memory
from veerpont_sandbox.loket import changes

__all__ = ["told"]  # a fixture


def test_bank_accounts_are_read_again_only_where_something_changed(told: Crossing) -> None:
    told.round()
    assert calls(told)["GetPaymentInformationSepaByEmploymentId"] == 11
    told.round()
    assert "GetPaymentInformationSepaByEmploymentId" not in calls(told)
    changes.set_iban(provider(told), 1001, "NL20INGB0001234567")
    told.round()
    assert calls(told)["GetPaymentInformationSepaByEmploymentId"] == 1
    sent = accounts(told)
    assert sent[guid(told, 1001)]["iban"] == "NL20INGB0001234567"
    assert sent[guid(told, 1008)]["bic"] == "GKCCBEBB"
    assert len(sent) == 9


def test_what_no_version_number_tells_is_read_again_in_time(told: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    told.round()
    row = changes.job(provider(told), 1001).sepa[0]
    row["iban"] = "NL20INGB0001234567"  # as if its table did not count
    told.round()
    assert accounts(told)[guid(told, 1001)]["iban"] != "NL20INGB0001234567"
    monkeypatch.setattr(memory, "AGE", memory.AGE * 0)
    for _ in range(11):
        told.round()
    assert accounts(told)[guid(told, 1001)]["iban"] == "NL20INGB0001234567"


def test_a_read_that_breaks_off_is_begun_again(told: Crossing) -> None:
    told.sandbox.faults.add(kind="forbidden", connector="GetPaymentInformationSepaByEmploymentId", times=1)
    assert told.round()["extract"] != {}
    told.round()
    assert len(accounts(told)) == 9


def test_somebody_without_a_salary_account_is_a_reject(told: Crossing) -> None:
    changes.job(provider(told), 1001).sepa[0]["payrollComponent"] = {"key": 900, "description": "SPAREN"}
    told.round()
    assert told.rejects("iban")[guid(told, 1001)] == "missing_value"
    told.configure(source={"salary_component": 900})
    told.round()
    assert told.rejects("iban")[guid(told, 1002)] == "missing_value"


def test_who_left_one_job_is_paid_for_the_other(told: Crossing) -> None:
    changes.terminate(provider(told), 1004, "2026-11-01", at=1)
    told("employees")
    told.round()
    assert told.rejects("iban") == {}
    assert len(accounts(told)) == 10
