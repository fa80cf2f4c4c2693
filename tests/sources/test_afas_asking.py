"""Asking AFAS for some of the absence lines: which connector, which filter, and no row lost on the way."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest
from afas_rows import ABSENCE, data_types, integration
from afas_server import AfasServer

from veerpont.model.failures import DriftError, SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.afas import reader
from veerpont.systems.source import Asked

ABSENCES = "Newdays_Connect_Verzuim_v1"
WIDE = "Acme_Verzuim_alles"
SINCE = Asked(changed_since=datetime(2026, 11, 1, tzinfo=UTC))
FILTER = ("filterfieldids", "filtervalues", "operatortypes")

Row = dict[str, Any]
Read = Callable[..., list[list[Row]]]


def lines(*changes: Row) -> list[Row]:
    """Return a line for each of `changes`, each of a case of its own."""
    return [
        ABSENCE | {"VerzuimId": number, "GUID_verzuimverloop": f"{{{number:04}}}"} | change
        for number, change in enumerate(changes, start=1)
    ]


def numbers(pages: list[list[Row]]) -> list[int]:
    return [row["VerzuimId"] for page in pages for row in page]


def filters(afas: AfasServer) -> set[tuple[str | None, ...]]:
    return {tuple(call.query.get(name) for name in FILTER) for call in afas.pages()}


def asked_of(afas: AfasServer) -> set[str]:
    return {call.path.rpartition("/")[2] for call in afas.pages()}


@pytest.mark.parametrize("asked", [None, Asked(), Asked(wide=True)])
def test_without_limits_no_filter_is_sent(read: Read, afas: AfasServer, asked: Asked | None) -> None:
    assert read(Flow.ABSENCE, asked=asked) == [[ABSENCE]]
    assert asked_of(afas) == {ABSENCES}
    assert {frozenset(call.query) for call in afas.pages()} == {frozenset({"skip", "take", "orderbyfieldids"})}
    assert {call.query["orderbyfieldids"] for call in afas.pages()} == {"VerzuimId,GUID_verzuimverloop"}
    assert {call.query["take"] for call in afas.pages()} == {str(149_999 // 35)}


@pytest.mark.parametrize("flow", [flow for flow in Flow if flow not in {Flow.ABSENCE, Flow.HOURS, Flow.PAYROLL}])
def test_the_other_flows_are_always_read_whole(read: Read, afas: AfasServer, flow: Flow) -> None:
    assert read(flow, asked=SINCE) == read(flow)
    assert filters(afas) == {(None, None, None)}


@pytest.mark.parametrize(
    ("moment", "local"),
    [
        ("2026-01-15T08:30:00+00:00", "2026-01-15T09:30:00"),
        ("2026-07-15T08:30:00+00:00", "2026-07-15T10:30:00"),
        ("2026-07-15T08:30:00.999999+00:00", "2026-07-15T10:30:00"),
        ("2026-12-31T23:30:00+00:00", "2027-01-01T00:30:00"),
        ("2026-07-15T08:30:00+02:00", "2026-07-15T08:30:00"),
        # the clock goes forward at 01:00 UTC, and back at 01:00 UTC: what comes later may say an earlier time
        ("2026-03-29T00:59:59+00:00", "2026-03-29T01:59:59"),
        ("2026-03-29T01:00:00+00:00", "2026-03-29T03:00:00"),
        ("2026-10-24T23:59:00+00:00", "2026-10-25T01:59:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T02:00:00"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25T02:30:00"),
    ],
)
def test_changes_are_asked_for_in_dutch_time_of_the_line_or_the_case(
    read: Read, afas: AfasServer, moment: str, local: str
) -> None:
    read(Flow.ABSENCE, asked=Asked(changed_since=datetime.fromisoformat(moment)))
    assert filters(afas) == {("Verloop_Gewijzigd_Op;Melding_Gewijzigd_Op", f"{local};{local}", "2;2")}


def test_changed_lines_are_those_of_which_the_line_or_the_case_changed(read: Read, afas: AfasServer) -> None:
    old, new = "2026-11-01T00:59:59Z", "2026-11-01T01:00:00Z"
    afas.rows[ABSENCES] = lines(
        {"Verloop_Gewijzigd_Op": old, "Melding_Gewijzigd_Op": old},
        {"Verloop_Gewijzigd_Op": new, "Melding_Gewijzigd_Op": old},
        {"Verloop_Gewijzigd_Op": old, "Melding_Gewijzigd_Op": new},
    )
    assert numbers(read(Flow.ABSENCE, asked=SINCE)) == [2, 3]


def test_cases_that_had_not_ended_are_the_open_ones_and_those_that_ended_later(read: Read, afas: AfasServer) -> None:
    ends = (None, "2025-10-31T23:59:59Z", "2025-11-01T00:00:00Z", "2026-01-01T00:00:00Z")
    afas.rows[ABSENCES] = lines(*({"Datum_hervatting": end} for end in ends))
    assert numbers(read(Flow.ABSENCE, asked=Asked(not_ended_before=date(2025, 11, 1)))) == [1, 3, 4]
    assert filters(afas) == {("Datum_hervatting;Datum_hervatting", '"";2025-11-01T00:00:00', "8;2")}


@pytest.mark.parametrize(
    ("first", "before", "sent", "found"),
    [
        (date(2025, 1, 1), None, ("Begin", "2025-01-01T00:00:00", "2"), [2, 3, 4]),
        (None, date(2025, 2, 1), ("Begin", "2025-02-01T00:00:00", "5"), [1, 2, 3]),
        (
            *(date(2025, 1, 1), date(2025, 2, 1)),
            ("Begin,Begin", "2025-01-01T00:00:00,2025-02-01T00:00:00", "2,5"),
            [2, 3],
        ),
    ],
)
def test_a_period_of_beginnings_has_its_first_day_and_not_its_end(
    read: Read, afas: AfasServer, first: date | None, before: date | None, sent: tuple[str, ...], found: list[int]
) -> None:
    begins = ("2024-12-31T23:59:00Z", "2025-01-01T00:00:00Z", "2025-01-31T23:59:00Z", "2025-02-01T00:00:00Z")
    afas.rows[ABSENCES] = lines(*({"Begin": begin} for begin in begins))
    assert numbers(read(Flow.ABSENCE, asked=Asked(began_from=first, began_before=before))) == found
    assert filters(afas) == {sent}


@pytest.mark.parametrize(
    "asked",
    [
        Asked(changed_since=SINCE.changed_since, not_ended_before=date(2025, 1, 1)),
        Asked(changed_since=SINCE.changed_since, began_from=date(2025, 1, 1)),
        Asked(not_ended_before=date(2025, 1, 1), began_before=date(2025, 1, 1)),
        Asked(changed_since=datetime(2026, 11, 1)),  # noqa: DTZ001  # that is what is tested
    ],
)
@pytest.mark.parametrize("window", [None, 14])
def test_what_cannot_be_asked_is_a_defect_and_asks_nothing(
    read: Read, afas: AfasServer, asked: Asked, window: int | None
) -> None:
    with pytest.raises(ValueError, match=r"combined|zone"):
        read(Flow.ABSENCE, integration({"connector_window": window}), asked)
    assert afas.calls == []


def test_the_query_is_percent_encoded_and_within_the_limit(read: Read, afas: AfasServer) -> None:
    for asked in (SINCE, Asked(not_ended_before=date(2025, 1, 1)), Asked(None, None, date(2025, 1, 1), date.max)):
        read(Flow.ABSENCE, asked=asked)
    assert max(len(call.raw) + 1 for call in afas.pages()) < 2049
    for call in afas.pages():
        assert not set(call.raw) & set('";,: ')
        for name in FILTER:
            assert f"{name}={quote(call.query[name], safe='')}" in call.raw.split("&")
    assert "filtervalues=%22%22%3B2025-01-01T00%3A00%3A00" in [
        part for call in afas.pages() for part in call.raw.split("&")
    ]


# Which connector


@pytest.fixture
def wide(read: Read, afas: AfasServer) -> Read:
    afas.add(WIDE, data_types(ABSENCE), lines(*[{}] * 3))
    return read


def test_a_renamed_connector_is_asked_the_same(wide: Read, afas: AfasServer) -> None:
    assert numbers(wide(Flow.ABSENCE, integration(connectors={"absence": WIDE}), Asked(began_from=date(2020, 1, 1))))
    assert asked_of(afas) == {WIDE}
    assert filters(afas) == {("Begin", "2020-01-01T00:00:00", "2")}


def test_a_connector_with_a_window_of_its_own_is_not_asked_for_changes(wide: Read, afas: AfasServer) -> None:
    assert wide(Flow.ABSENCE, integration({"connector_window": 14}), SINCE) == [[ABSENCE]]
    assert asked_of(afas) == {ABSENCES}
    assert filters(afas) == {(None, None, None)}


def test_a_connector_with_a_window_is_asked_all_else(wide: Read, afas: AfasServer) -> None:
    wide(Flow.ABSENCE, integration({"connector_window": 14}), Asked(began_before=date(2025, 1, 1)))
    assert filters(afas) == {("Begin", "2025-01-01T00:00:00", "5")}


def test_a_wide_read_goes_to_the_reconciliation_connector_with_its_filter(wide: Read, afas: AfasServer) -> None:
    setup = integration({"connector_window": 14, "reconciliation_connector": WIDE})
    assert wide(Flow.ABSENCE, setup, SINCE) == [[ABSENCE]]
    assert asked_of(afas) == {ABSENCES}
    afas.calls.clear()
    assert numbers(wide(Flow.ABSENCE, setup, Asked(wide=True))) == [1, 2, 3]
    assert asked_of(afas) == {WIDE}
    assert filters(afas) == {(None, None, None)}
    afas.calls.clear()
    assert wide(Flow.ABSENCE, setup, Asked(changed_since=SINCE.changed_since, wide=True)) == []
    assert filters(afas) == {
        ("Verloop_Gewijzigd_Op;Melding_Gewijzigd_Op", ";".join(["2026-11-01T01:00:00"] * 2), "2;2")
    }


def test_the_reconciliation_connector_is_checked_as_the_usual_one(wide: Read, afas: AfasServer) -> None:
    setup = integration({"connector_window": 14, "reconciliation_connector": WIDE})
    del afas.fields[WIDE]["Guid_verzuimmelding"]
    with pytest.raises(SettingsError, match=f"{WIDE} misses Guid_verzuimmelding"):
        wide(Flow.ABSENCE, setup, Asked(wide=True))
    del afas.fields[WIDE]
    with pytest.raises(SettingsError, match=f"{WIDE} is not in .* under absence.reconciliation_connector"):
        wide(Flow.ABSENCE, setup, Asked(wide=True))
    assert afas.pages() == []


def test_a_customer_may_take_the_medical_fields_out(read: Read, afas: AfasServer, notes: list[str]) -> None:
    never = ("Opmerking", "Reden_verzuim", "Verpleegadres_Naam")
    for name in never:
        del afas.fields[ABSENCES][name]
    kept = {name: value for name, value in ABSENCE.items() if name not in never}
    afas.rows[ABSENCES] = [kept]
    assert read(Flow.ABSENCE) == [[kept]]
    assert notes == ["AFAS Profit version: 22.22.5."]


@pytest.mark.parametrize("field", ["VerzuimId", "Vangnetregeling", "Reden_verzuim_code"])
def test_a_field_that_is_read_must_be_there(read: Read, afas: AfasServer, field: str) -> None:
    del afas.fields[ABSENCES][field]
    with pytest.raises(SettingsError, match=f"misses {field}"):
        read(Flow.ABSENCE)


def test_types_of_absence_may_be_the_ones_that_afas_uses_elsewhere(read: Read, afas: AfasServer) -> None:
    afas.fields[ABSENCES] |= {"Vangnetregeling": "int", "Aanwezigheidspercentage": "int"}
    assert read(Flow.ABSENCE) == [[ABSENCE]]
    afas.fields[ABSENCES]["Verloop_Gewijzigd_Op"] = "string"
    with pytest.raises(SettingsError, match=r"another type for Verloop_Gewijzigd_Op \(string\)"):
        read(Flow.ABSENCE)


# Page by page

MANY = lines(*({"Datum_hervatting": None if number % 3 else "2024-01-01T00:00:00Z"} for number in range(45)))
OPEN = Asked(not_ended_before=date(2025, 1, 1))


@pytest.fixture
def paged(read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.setattr(reader, "_CELLS", 10 * len(ABSENCE))
    afas.rows[ABSENCES] = list(MANY)
    return read


def test_every_page_is_filtered_and_overlaps_the_one_before(paged: Read, afas: AfasServer) -> None:
    found = numbers(paged(Flow.ABSENCE, asked=OPEN))
    assert found == [row["VerzuimId"] for row in MANY if row["Datum_hervatting"] is None]
    assert len(filters(afas)) == 1
    assert [call.query["skip"] for call in afas.pages()] == ["0", "9", "18", "27", "29"]


@pytest.mark.parametrize("end", [None, "2024-01-01T00:00:00Z"])
def test_lines_that_move_in_or_out_of_the_filter_during_the_read_are_noticed(
    paged: Read, afas: AfasServer, end: str | None
) -> None:
    def change(page: int) -> None:
        if page == 2:  # a line of the first page opens or closes
            number = 3 if end is None else 4
            afas.rows[ABSENCES][number] = MANY[number] | {"Datum_hervatting": end}

    afas.before_page = change
    with pytest.raises(DriftError, match="added or removed"):
        paged(Flow.ABSENCE, asked=OPEN)


def test_a_line_that_changes_outside_the_filter_disturbs_nothing(paged: Read, afas: AfasServer) -> None:
    def change(page: int) -> None:
        if page == 2:
            del afas.rows[ABSENCES][3]

    afas.before_page = change
    assert len(numbers(paged(Flow.ABSENCE, asked=OPEN))) == 30
