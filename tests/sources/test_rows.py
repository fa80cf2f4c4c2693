"""A field of a source is declared once: what has the name of a record's field crosses by it."""

from collections.abc import Callable

import msgspec
import pytest

from veerpont.model.failures import Problem
from veerpont.model.names import EXTRAS, NAMES
from veerpont.model.records import AbsenceLine, BankAccount, Department, Employer, Employment, ManagerUnit
from veerpont.systems.afas import rows as afas
from veerpont.systems.afas.problems import problem as afas_problem
from veerpont.systems.field_types import REASONS, Text
from veerpont.systems.loket import rows as loket
from veerpont.systems.loket.problems import problem as loket_problem
from veerpont.systems.source_row import SourceRow, always, on_request, record_of, required

CHANGED = {"roster_changed", "department_changed", "salary_changed"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKS = {f"{week}_{day}" for week in ("odd", "even") for day in DAYS}


@pytest.mark.parametrize(
    ("row", "record", "made_of"),
    [
        (afas.EmployerRow, Employer, set()),
        (afas.DepartmentRow, Department, set()),
        (afas.EmployeeRow, Employment, {*CHANGED, "birth_prefix"}),
        (
            afas.AbsenceRow,
            AbsenceLine,
            {"resumed_on", "recovery_reported", "line_changed_at", "case_changed_at", "case_number"},
        ),
        (afas.ManagerRow, ManagerUnit, {"department_name"}),
        (afas.BankAccountRow, BankAccount, set()),
        (loket.EmployerRow, Employer, set()),
        (loket.DepartmentRow, Department, set()),
        (loket.EmploymentRow, Employment, {"own_function", "full_time_hours", *WEEKS}),
        (loket.AbsenceRow, AbsenceLine, {"last_day", "incapacity"}),
        (loket.ManagerRow, ManagerUnit, {"user"}),
        (loket.BankAccountRow, BankAccount, set()),
    ],
)
def test_what_does_not_cross_by_its_name(row: type[SourceRow], record: type[msgspec.Struct], made_of: set[str]) -> None:
    """A name with a mistake in it would be in neither, and its value lost without a word."""
    assert set(row.model_fields) - set(record.__struct_fields__) == made_of


@pytest.mark.parametrize("row", [afas.EmployeeRow, loket.EmploymentRow])
def test_every_name_of_a_person_that_a_portal_can_get_comes_from_somewhere(row: type[SourceRow]) -> None:
    lacking = set(NAMES["employees"]) - row.asked().keys()
    assert lacking == (set() if row is afas.EmployeeRow else {"manager_personnel_number"})
    assert set(EXTRAS["employees"]) <= row.asked().keys()


def test_of_absence_a_source_has_what_it_has() -> None:
    assert set(EXTRAS["absence"]) <= afas.AbsenceRow.asked().keys()
    assert set(EXTRAS["absence"]) & loket.AbsenceRow.asked().keys() == {"recovery_reason"}


class Row(SourceRow):
    key: str = required("Sleutel", "external_id")
    first: Text = on_request("Eerste")
    second: Text = on_request("Tweede", "first", "other")
    changed: Text = always("Gewijzigd")


class Record(msgspec.Struct):
    key: str
    first: str | None
    made: str
    more: int = 0


def test_only_what_is_asked_for_or_needed_is_kept() -> None:
    assert Row.needs(set()) == {"Sleutel", "Gewijzigd"}
    assert Row.needs({"first"}) == {"Sleutel", "Gewijzigd", "Eerste", "Tweede"}
    assert Row.needs({"other", "unknown"}) == {"Sleutel", "Gewijzigd", "Tweede"}
    assert Row.spelled("changed") == "Gewijzigd"
    assert Row.asked()["external_id"] == ("Sleutel",)


def test_a_record_takes_over_its_names_and_what_is_made_of_the_rest() -> None:
    row = Row.model_validate({"Sleutel": "A", "Eerste": "x", "Tweede": "y", "Anders": 1})
    assert record_of(Record, row, made="x y") == Record("A", "x", "x y")
    assert record_of(Record, row, made="", first=None) == Record("A", None, "")


@pytest.mark.parametrize("say", [afas_problem, loket_problem])
def test_a_source_has_an_advice_for_each_reason(say: Callable[[str, str], Problem]) -> None:
    """Or what is wrong would be told as something else."""
    for reason in REASONS:
        assert "Naam" in str(say("Naam", reason).detail)
