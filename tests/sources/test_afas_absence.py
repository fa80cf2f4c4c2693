"""Absence lines: from AFAS's rows to ours, and what of them passes the door."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from afas_rows import ABSENCE, BANK_ACCOUNT, DEPARTMENT, EMPLOYEE, EMPLOYER, MANAGER, Row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.names import NAMES
from veerpont.model.records import AbsenceLine
from veerpont.systems.afas.rows import AbsenceRow
from veerpont.systems.afas.source import Afas

AFAS = Afas()
LINE = "05F50E58-C527-4E2A-B439-7B40FB51B10B"
CASE = "FEF31C6B-48E8-44C5-9913-27785D37D12D"


def line(**changes: object) -> AbsenceLine:
    record = AFAS.record(Flow.ABSENCE, ABSENCE | changes)
    assert isinstance(record, AbsenceLine)
    return record


def test_the_sample_row_becomes_an_absence_line() -> None:
    assert line() == AbsenceLine(
        guid=LINE,
        case_guid=CASE,
        employer_code="13",
        personnel_number="BDR",
        type="Z",
        begin=date(2023, 2, 18),
        starts_on=date(2023, 2, 18),
        presence=Decimal(0),
        person_guid="6996F13D-8B5F-4C05-86F1-E3B0FCDC15E6",
        employment_number=3,
        safety_net=False,
        line_changed="2023-02-22T09:05:45",
        case_changed="2023-02-22T09:05:45",
    )


def test_the_last_fields_of_a_closed_pregnancy_case_cross_too() -> None:
    record = line(
        Type="ZW",
        Vangnetregeling=True,
        Reden_verzuim_code="04",
        Vermoedelijke_bevallingsdatum="2023-05-01T00:00:00Z",
        Werkelijke_bevallingsdatum="2023-05-03T00:00:00Z",
        Begindatum_voor_contract="2023-01-02T00:00:00Z",
    )
    assert (record.type, record.safety_net, record.reason_code) == ("ZW", True, "04")
    assert (record.expected_birth, record.actual_birth) == (date(2023, 5, 1), date(2023, 5, 3))
    assert record.began_before_contract == date(2023, 1, 2)


@pytest.mark.parametrize(
    ("resumed", "reported", "recovered"),
    [
        (None, None, None),
        ("2023-03-01T00:00:00Z", "2023-03-04T00:00:00Z", date(2023, 3, 1)),
        ("", "2023-03-04T00:00:00Z", date(2023, 3, 4)),
        ("2023-03-01T23:59:59Z", None, date(2023, 3, 1)),
    ],
)
def test_a_case_is_recovered_on_the_resumption_else_on_the_day_that_it_was_reported(
    resumed: str | None, reported: str | None, recovered: date | None
) -> None:
    assert line(Datum_hervatting=resumed, Datum_herstelmelding=reported).recovered_on == recovered


def test_a_line_starts_where_it_says() -> None:
    assert line(Datum_deelherstel="2023-03-01T08:30:00Z").starts_on == date(2023, 3, 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (100, "100"), (40, "40"), (Decimal("40.0"), "40"), (Decimal("33.30"), "33.3"), (Decimal("-0.0"), "0")],
)
def test_presence_is_exact_and_says_a_number_in_one_way(value: object, text: str) -> None:
    assert str(line(Aanwezigheidspercentage=value).presence) == text


@pytest.mark.parametrize(
    ("value", "read"), [(True, True), (1, True), (Decimal("1.0"), True), (False, False), (0, False), (None, None)]
)
@pytest.mark.parametrize("field", ["Vangnetregeling", "No-risk"])
def test_yes_and_no_may_be_a_number_and_nothing_is_neither(field: str, value: object, read: bool | None) -> None:
    record = line(**{field: value})
    assert (record.safety_net if field == "Vangnetregeling" else record.no_risk) is read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-10-25T02:30:00Z", "2026-10-25T02:30:00"),  # comes twice that night: kept as it is written
        ("2026-07-01T23:59:59", "2026-07-01T23:59:59"),
        ("2026-07-01T23:59:59.000Z", "2026-07-01T23:59:59"),
        ("2026-07-01", "2026-07-01T00:00:00"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_change_is_told_in_local_time_without_a_zone(text: str | None, read: str) -> None:
    record = line(Verloop_Gewijzigd_Op=text, Melding_Gewijzigd_Op=text)
    assert (record.line_changed, record.case_changed) == (read, read)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        *(
            (field, empty, "missing_value")
            for field in ("Werkgevercode", "Personeelsnummer", "Type", "Begin", "Guid_verzuimmelding")
            for empty in (None, " ")
        ),
        ("GUID_verzuimverloop", None, "missing_value"),
        ("GUID_verzuimverloop", "{}", "missing_value"),
        ("Aanwezigheidspercentage", None, "missing_value"),
        ("Aanwezigheidspercentage", -1, "impossible_percentage"),
        ("Aanwezigheidspercentage", Decimal("100.01"), "impossible_percentage"),
        ("Aanwezigheidspercentage", Decimal("1e999999999"), "wrong_type"),
        ("Aanwezigheidspercentage", Decimal("1e-999999999"), "wrong_type"),
        ("Aanwezigheidspercentage", "40", "wrong_type"),
        ("Aanwezigheidspercentage", True, "wrong_type"),
        ("Begin", "2023-02-30T00:00:00Z", "impossible_date"),
        ("Begin", 20230218, "wrong_type"),
        ("Datum_deelherstel", "CANARY", "impossible_date"),
        ("Verloop_Gewijzigd_Op", "CANARY", "impossible_date"),
        ("Verloop_Gewijzigd_Op", "2023-02-22T25:05:45Z", "impossible_date"),
        ("Melding_Gewijzigd_Op", "1899-02-22T09:05:45Z", "impossible_date"),
        ("Melding_Gewijzigd_Op", 5, "wrong_type"),
        ("Type", "CAN\nARY", "control_characters"),
        ("Type", 5, "wrong_type"),
        ("Vangnetregeling", 2, "wrong_type"),
        ("Vangnetregeling", "CANARY", "wrong_type"),
        ("Dienstverbandnummer", "CANARY", "wrong_type"),
        ("Guid_medewerker", 5, "wrong_type"),
    ],
)
def test_a_bad_line_says_which_field_and_why(field: str, value: object, reason: str) -> None:
    problem = AFAS.record(Flow.ABSENCE, ABSENCE | {field: value})
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == (field, reason)
    assert str(problem.detail).startswith(field)
    assert "CANARY" not in repr(problem)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(sorted(ABSENCE)), st.none() | st.booleans() | st.integers() | st.text() | st.decimals()
    )
)
def test_no_line_whatever_it_holds_is_more_than_a_problem(changes: Row) -> None:
    assert isinstance(AFAS.record(Flow.ABSENCE, ABSENCE | changes), AbsenceLine | Problem)


# What passes the door

MEDICAL = {
    *("Reden_verzuim", "Opmerking", "Reden_afsluiten_omschrijving"),
    *(name for name in ABSENCE if name.startswith("Verpleegadres_")),
}
UNUSED = {"Datum_ziekmelding", "Aanwezig_eerste_dag", "Meerling", "VerzuimId", "Gesim._begin_doorl._verzuim"}


def test_nothing_medical_passes_whatever_the_portals_want() -> None:
    every_name = {name for names in NAMES.values() for name in names} | set(ABSENCE) | {"reason_code", "reason"}
    for names in (frozenset[str](), frozenset(NAMES[Flow.ABSENCE]), every_name):
        assert AFAS.fields(Flow.ABSENCE, names).isdisjoint(MEDICAL | UNUSED)


def test_what_the_rules_need_passes_and_the_rest_only_when_it_is_asked_for() -> None:
    always = AFAS.fields(Flow.ABSENCE, frozenset(NAMES[Flow.ABSENCE]))
    requested = {
        "reason_code": {"Reden_verzuim_code"},
        "recovery_reason": {"Reden_afsluiten_code"},
        "no_risk": {"No-risk"},
        "employment_number": {"Dienstverbandnummer"},
        "safety_net": set(),
    }
    assert always == ABSENCE.keys() - MEDICAL - UNUSED - set().union(*requested.values())
    assert {name: AFAS.fields(Flow.ABSENCE, {name}) - always for name in requested} == requested


def test_a_line_of_which_only_that_was_kept_says_the_same() -> None:
    asked_for = {"Reden_verzuim_code": "04", "Reden_afsluiten_code": "4", "No-risk": True}
    full = ABSENCE | dict.fromkeys(MEDICAL, "CANARY") | asked_for | {"Datum_herstelmelding": "2023-03-01"}
    kept = {name: value for name, value in full.items() if name in AFAS.fields(Flow.ABSENCE, frozenset())}
    assert "CANARY" not in str(kept)
    record, whole = AFAS.record(Flow.ABSENCE, kept), AFAS.record(Flow.ABSENCE, full)
    assert isinstance(record, AbsenceLine)
    assert isinstance(whole, AbsenceLine)
    assert (whole.reason_code, whole.recovery_reason, whole.no_risk, whole.employment_number) == ("04", "4", True, 3)
    lacking = dict.fromkeys(("reason_code", "recovery_reason", "no_risk", "employment_number"))
    assert record == msgspec.structs.replace(whole, **lacking)
    assert "CANARY" not in repr(whole)


def test_the_row_type_knows_every_field_of_the_sample_and_reads_nothing_medical() -> None:
    assert (AbsenceRow.types().keys() | AbsenceRow.unread) - AbsenceRow.beyond == ABSENCE.keys()
    assert AbsenceRow.types().keys().isdisjoint(MEDICAL)
    assert len(ABSENCE) == 35


# Keys


@pytest.mark.parametrize("guid", [LINE, f"{{{LINE.lower()}}}", f" {{{LINE}}} "])
def test_the_key_of_a_line_is_its_guid_and_the_group_its_case(guid: str) -> None:
    row = ABSENCE | {"GUID_verzuimverloop": guid}
    assert AFAS.key(Flow.ABSENCE, row) == LINE
    assert AFAS.group(Flow.ABSENCE, row) == CASE
    record = AFAS.record(Flow.ABSENCE, row)
    assert isinstance(record, AbsenceLine)
    assert (record.key, record.case_guid) == (LINE, CASE)


@pytest.mark.parametrize("empty", [None, "", " ", "{}", 5, ["CANARY"]])
def test_a_line_without_guids_has_neither_key_nor_group(empty: object) -> None:
    row = ABSENCE | {"GUID_verzuimverloop": empty, "Guid_verzuimmelding": empty}
    assert AFAS.key(Flow.ABSENCE, row) is None
    assert AFAS.group(Flow.ABSENCE, row) is None


def test_the_other_flows_have_no_groups() -> None:
    samples = {
        Flow.EMPLOYERS: EMPLOYER,
        Flow.EMPLOYEES: EMPLOYEE,
        Flow.IBAN: BANK_ACCOUNT,
    }
    assert AFAS.group(Flow.ACCOUNTS, MANAGER) == MANAGER["Org._eenheid"], "a manager's row belongs to a department"
    assert AFAS.group(Flow.ORGANIGRAM, DEPARTMENT) == DEPARTMENT["Bovenliggende_org._eenheid"]
    assert {AFAS.group(flow, row) for flow, row in samples.items()} == {None}


def test_the_employer_of_a_line_is_in_its_row() -> None:
    assert AFAS.employer_code(Flow.ABSENCE, ABSENCE) == "13"
