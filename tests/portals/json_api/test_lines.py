"""Records → lines → operations → what the portal holds, for every flow."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.names import EXTRAS, NAMES
from veerpont.model.records import (
    AbsenceCase,
    AbsencePeriod,
    BankAccount,
    Department,
    Employer,
    Employment,
    ManagerAccount,
    Record,
)
from veerpont.systems.json_api import delivery, lines
from veerpont.systems.json_api.client import Client
from veerpont.systems.registry import portal

from .server import PortalServer, schema

Acme = Callable[..., Integration]

EMPLOYMENT = Employment(
    "01",
    "1001",
    "AB12",
    1,
    "Jansen",
    birth_date=date(1980, 1, 31),
    bsn="123456782",
    house_number=12,
    fte=Decimal("0.80"),
    hours_per_week=Decimal("4E+1"),
    employment_end=date(2026, 8, 31),
)
CASE = AbsenceCase(
    "C1",
    "01",
    "1001",
    "Ziekte",
    "12",
    (
        AbsencePeriod("P1", date(2026, 1, 5), date(2026, 1, 18), Decimal(100)),
        AbsencePeriod("P2", date(2026, 1, 19), None, Decimal("62.50")),
    ),
    expected_birth=date(2026, 6, 1),
    bsn="123456782",
)
ACCOUNT = ManagerAccount("CD34", "1007", "l.v@acme.example", "Voorbeeld", (("01", "SALES"), ("02", "STOCK")), "L.")

RECORDS: list[tuple[Flow, Record]] = [
    (Flow.EMPLOYERS, Employer("01", "Acme Noord B.V.", house_number=12)),
    (Flow.ORGANIGRAM, Department("SALES", "Verkoop", "01", "ACME", manager_personnel_number="1007")),
    (Flow.EMPLOYEES, EMPLOYMENT),
    (Flow.ACCOUNTS, ACCOUNT),
    (Flow.ABSENCE, CASE),
    (Flow.IBAN, BankAccount("AB12", "NL00TEST0000000000", "TESTNL2A", "01")),
]
FLOWS = pytest.mark.parametrize(("flow", "record"), RECORDS, ids=[str(flow) for flow, _ in RECORDS])


def line(integration: Integration, flow: Flow, record: Record) -> Line:
    found = portal("json_api").line(integration, flow, record)
    assert isinstance(found, Line)
    return found


def problem(integration: Integration, flow: Flow, record: Record) -> tuple[str, str]:
    found = portal("json_api").line(integration, flow, record)
    assert isinstance(found, Problem)
    assert found.stage is Stage.EXPORT
    return found.field, found.reason


@FLOWS
def test_a_record_crosses_and_goes(
    client: Client, server: PortalServer, acme: Acme, flow: Flow, record: Record
) -> None:
    """The portal holds what the record says, in the form that docs/json-api.yaml has for that flow, and forgets it."""
    found = line(acme(), flow, record)
    content = Content.of(b"".join(delivery.render(flow, [found], ())))
    assert delivery.deliver(client, "acme", flow, "first", content) == []
    held = server.records[f"acme/{flow}"][found.id]
    assert held == [dict(row) for row in found.rows]
    validator = schema(f"{flow.capitalize()}Record")
    for row in held:
        assert [error.message for error in validator.iter_errors(row)] == []
        assert list(row) == [name for name in NAMES[flow] if name.lower() != "bsn"]
    delivery.deliver(client, "acme", flow, "second", Content.of(b"".join(delivery.render(flow, [], [found]))))
    assert server.records[f"acme/{flow}"] == {}


@FLOWS
def test_the_citizen_service_number_never_crosses(acme: Acme, flow: Flow, record: Record) -> None:
    with_bsn = acme(xpert_suite={"key": "bsn"})
    assert "123456782" not in str(line(with_bsn, flow, record))
    assert not {"bsn", "BSN"} & portal("json_api").names(with_bsn, flow)


@FLOWS
def test_what_is_sent_passes_the_door(acme: Acme, flow: Flow, record: Record) -> None:
    assert line(acme(), flow, record).values.keys() <= portal("json_api").names(acme(), flow)


PURPOSE = dict.fromkeys(("recovery_reason", "no_risk", "employment_number", "hours_monday"), "Re-integration")


def test_what_is_named_besides_crosses_and_nothing_else_of_it(client: Client, server: PortalServer, acme: Acme) -> None:
    taken = {"portal": "json_api", "connection": "portal_acme", "flows": list(NAMES)}
    with_extras, without = acme(portals=[taken | {"extra": PURPOSE}]), acme()
    told = {"recovery_reason": "4", "no_risk": True, "safety_net": False, "employment_number": 3}
    records = [
        (Flow.ABSENCE, msgspec.structs.replace(CASE, **told), ("3", "4", "true")),
        (Flow.EMPLOYEES, msgspec.structs.replace(EMPLOYMENT, hours_monday=Decimal("7.50")), ("7.5",)),
    ]
    for flow, record, values in records:
        names = tuple(name for name in EXTRAS[flow] if name in PURPOSE)
        found = line(with_extras, flow, record)
        assert portal("json_api").names(with_extras, flow) - portal("json_api").names(without, flow) == set(names)
        content = Content.of(b"".join(portal("json_api").render(with_extras, flow, [found])))
        assert delivery.deliver(client, "acme", flow, "first", content) == []
        for row in server.records[f"acme/{flow}"][found.id]:
            assert [error.message for error in schema(f"{flow.capitalize()}Record").iter_errors(row)] == []
            assert tuple(row)[-len(names) :] == names
            assert tuple(row.values())[-len(names) :] == values
        # a told line is sent again without what was named when it was told
        content = Content.of(b"".join(portal("json_api").render(without, flow, [found])))
        assert not [name for name in names if name.encode() in content.read()]
        assert line(without, flow, record).values.keys().isdisjoint(EXTRAS[flow])


def test_values_are_texts(acme: Acme) -> None:
    values = line(acme(), Flow.EMPLOYEES, EMPLOYMENT).values
    assert {name: value for name, value in values.items() if value is not None} == {
        "employer_code": "01",
        "personnel_number": "1001",
        "external_id": "AB12",
        "employment_number": "1",
        "last_name": "Jansen",
        "birth_date": "1980-01-31",
        "house_number": "12",
        "employment_end": "2026-08-31",
        "fte": "0.8",
        "hours_per_week": "40",
    }


def test_an_employment_is_known_by_its_numbers(acme: Acme) -> None:
    found = line(acme(), Flow.EMPLOYEES, EMPLOYMENT)
    assert (found.id, found.key, found.employer) == ("AB12/01/1", "AB12", "01")
    assert (found.portal_key, found.identity, found.alias) == ("01/1001/1", "AB12/1", "number:1001")
    assert (found.order, found.more) == (EMPLOYMENT.order, ())


@pytest.mark.parametrize(
    ("end", "months", "leaves_on"),
    [
        (date(2026, 8, 31), 6, "2027-02-28"),
        (date(2026, 8, 31), 24, "2028-08-31"),
        (date(9999, 12, 31), 24, None),
        (None, 24, None),
    ],
)
def test_an_ended_employment_leaves_after_the_window(
    acme: Acme, end: date | None, months: int, leaves_on: str | None
) -> None:
    record = Employment("01", "1001", "AB12", 1, "Jansen", employment_end=end)
    found = line(acme(absence={"history_months": months}), Flow.EMPLOYEES, record)
    assert found.leaves_on == leaves_on


def test_an_account_has_a_record_for_each_department(acme: Acme) -> None:
    found = line(acme(xpert_suite={"user_group": "Leidinggevenden"}), Flow.ACCOUNTS, ACCOUNT)
    places = [(row["employer_code"], row["department_code"], row["user_group"]) for row in found.rows]
    assert places == [("01", "SALES", "Leidinggevenden"), ("02", "STOCK", "Leidinggevenden")]
    assert (found.employer, found.portal_key, found.alias) == ("01", "l.v@acme.example", "number:1007")
    assert line(acme(), Flow.ACCOUNTS, ACCOUNT).values["user_group"] is None


def test_an_absence_case_has_a_record_for_each_period(acme: Acme) -> None:
    found = line(acme(), Flow.ABSENCE, CASE)
    assert [
        (row["TrajectVerloopId"], row["EinddatumTrajectVerloop"], row["Verzuimpercentage"]) for row in found.rows
    ] == [("P1", "2026-01-18", "100"), ("P2", None, "62.5")]
    assert {row["TrajectId"] for row in found.rows} == {found.id} == {"C1"}


def test_a_bank_account_belongs_to_the_employer_that_was_found_for_it(acme: Acme) -> None:
    assert line(acme(), Flow.IBAN, BankAccount("AB12", "NL", "B", "01")).employer == "01"
    assert line(acme(), Flow.IBAN, BankAccount("AB12", "NL", "B")).employer == ""


@pytest.mark.parametrize(
    ("causes", "asked"),
    [({}, False), ({"01": {"Z": "12"}}, False), ({"01": {"Z": "1"}, "02": {"Z/GRIEP": "3"}}, True)],
)
def test_a_reason_passes_the_door_only_where_a_cause_depends_on_it(
    acme: Acme, causes: dict[str, Any], asked: bool
) -> None:
    integration = acme(absence={"causes": causes})
    json_api = portal("json_api")
    assert ("reason_code" in json_api.names(integration, Flow.ABSENCE)) is asked
    assert "reason_code" not in json_api.names(integration, Flow.EMPLOYEES)


@pytest.mark.parametrize(
    ("flow", "record", "field"),
    [
        (Flow.EMPLOYERS, Employer("01", ""), "name"),
        (Flow.ORGANIGRAM, Department("SALES", "Verkoop"), "employer_code"),
        (Flow.EMPLOYEES, Employment("01", "", "AB12", 1, "Jansen"), "personnel_number"),
        (Flow.ACCOUNTS, ManagerAccount("CD34", "1007", "", "Voorbeeld", (("01", "SALES"),)), "login"),
        (Flow.ACCOUNTS, ManagerAccount("CD34", "1007", "login", "Voorbeeld", ()), "department_code"),
        (Flow.ABSENCE, AbsenceCase("C1", "01", "1001", "Ziekte", "12", ()), "Verzuimpercentage"),
        (Flow.IBAN, BankAccount("AB12", "", ""), "iban"),
    ],
)
def test_what_a_record_cannot_do_without_is_asked_for(acme: Acme, flow: Flow, record: Record, field: str) -> None:
    assert problem(acme(), flow, record) == (field, "missing_value")


def test_control_characters_and_texts_without_end_are_problems(acme: Acme) -> None:
    for sign in "\n\x00\x9f\u2028\ud800":
        bad = Employer("01", "Acme", city=f"CANARY{sign}")
        assert problem(acme(), Flow.EMPLOYERS, bad) == ("city", "control_characters")
        assert "CANARY" not in str(portal("json_api").line(acme(), Flow.EMPLOYERS, bad))
    assert problem(acme(), Flow.EMPLOYERS, Employer("01", "Acme", city="A" * 2001)) == ("city", "too_long")


def test_a_record_that_no_call_can_hold_is_a_problem(acme: Acme) -> None:
    """As one operation goes whole or not at all; the rest of the flow must not suffer from it."""
    units = tuple(("01", f"{number:06}") for number in range(10_000))
    assert problem(acme(), Flow.ACCOUNTS, ManagerAccount("CD34", "1007", "login", "Voorbeeld", units)) == (
        "department_code",
        "too_large",
    )
    line(acme(), Flow.ACCOUNTS, ManagerAccount("CD34", "1007", "login", "Voorbeeld", units[:2000]))


def test_only_what_is_needed_is_missing(acme: Acme) -> None:
    json_api = portal("json_api")
    assert [list(map(str, json_api.missing(acme(), flow))) for flow in NAMES] == [[]] * len(NAMES)
    (sentence,) = map(str, json_api.missing(acme(organigram={}), Flow.ORGANIGRAM))
    assert sentence.startswith("organigram.tree is missing")


def test_a_delivery_is_named_by_its_id_and_content(acme: Acme) -> None:
    assert portal("json_api").file_name(acme(), Flow.IBAN, 42, "8f434346648f6b96") == "iban_00000042_8f434346648f"
    assert not portal("json_api").complete


@pytest.mark.parametrize("flow", list(NAMES))
def test_the_api_asks_for_what_a_line_always_has(flow: Flow) -> None:
    """docs/json-api.yaml and the code have the same names, and the same required ones."""
    described = schema(f"{flow.capitalize()}Record").schema["components"]["schemas"][f"{flow.capitalize()}Record"]
    assert tuple(described["properties"]) == lines.fields(flow) + EXTRAS.get(flow, ())
    assert sorted(described["required"]) == sorted(lines.REQUIRED[flow])
