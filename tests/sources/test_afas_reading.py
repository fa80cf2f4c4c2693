"""Reading a GetConnector: the right environment, the right fields, and every row exactly once or an error."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from afas_rows import BANK_ACCOUNT, DEPARTMENT, EMPLOYEE, EMPLOYER, MANAGER, data_types, integration
from afas_server import AfasServer, Answer, Leases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veerpont.model.failures import DriftError, PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.afas import reader
from veerpont.systems.afas.client import Client
from veerpont.systems.afas.connectors import CONNECTORS
from veerpont.systems.source import Asked

EMPLOYERS = "Newdays_Connect_Werkgevers_v1"
ORGANIGRAM = "Newdays_Connect_Organigram_v1"
EMPLOYEES = "Newdays_Connect_Medewerker_Gegevens_v1"
MANAGERS = "Newdays_Connect_Accounts_Autorisaties_v1"
BANK_ACCOUNTS = "Newdays_Connect_Medewerker_IBAN_v1"

Row = dict[str, Any]
Read = Callable[..., list[list[Row]]]


def employers(count: int) -> list[Row]:
    return [EMPLOYER | {"Werkgeverscode": f"{number:04}"} for number in range(count)]


def codes(pages: list[list[Row]]) -> list[str]:
    return [row["Werkgeverscode"] for page in pages for row in page]


def page_of(rows: int, monkeypatch: pytest.MonkeyPatch, fields: int = 8) -> None:
    monkeypatch.setattr(reader, "_CELLS", rows * fields)


# Before the first row


def test_rows_come_through_untouched(read: Read) -> None:
    assert read(Flow.EMPLOYERS) == [[EMPLOYER]]
    assert read(Flow.ORGANIGRAM) == [[DEPARTMENT]]


@pytest.mark.parametrize("answered", ["T12345AA", None, ""])
def test_another_environment_is_refused_before_a_row_is_read(
    read: Read, afas: AfasServer, answered: str | None
) -> None:
    afas.environment = answered
    with pytest.raises(SettingsError, match="O12345AA") as error:
        read()
    assert str(answered or None) in str(error.value)
    assert afas.pages() == []


def test_a_connector_outside_the_app_connector_is_refused(read: Read, afas: AfasServer) -> None:
    del afas.fields[EMPLOYERS]
    with pytest.raises(SettingsError, match=f"{EMPLOYERS} is not in the app connector"):
        read()
    assert afas.pages() == []


def test_a_renamed_connector_is_read_under_its_own_name(read: Read, afas: AfasServer) -> None:
    afas.add("Acme_Werkgevers", data_types(EMPLOYER), employers(3))
    setup = integration(connectors={"employers": "Acme_Werkgevers"})
    assert len(codes(read(Flow.EMPLOYERS, setup))) == 3


def test_missing_and_changed_fields_are_named(read: Read, afas: AfasServer) -> None:
    del afas.fields[EMPLOYEES]["BSN"]
    afas.fields[EMPLOYEES] |= {"Geboortedatum": "string", "Personeelsnummer": "int"}
    with pytest.raises(SettingsError) as error:
        read(Flow.EMPLOYEES)
    assert f"{EMPLOYEES} misses BSN (for bsn) and has another type for" in str(error.value)
    assert "Personeelsnummer (int), Geboortedatum (string)" in str(error.value)
    assert afas.pages() == []


def test_a_field_that_nothing_needs_may_be_missing(read: Read, afas: AfasServer, notes: list[str]) -> None:
    """Data minimisation: a customer leaves out what no column and no rule uses. It is noted, and not refused."""
    source = CONNECTORS[Flow.EMPLOYEES]
    wanted = Asked(fields=source.row.needs({"email_work"}))
    for field in ("BSN", "Geboortedatum", "Land"):
        del afas.fields[EMPLOYEES][field]
    assert len(read(Flow.EMPLOYEES, asked=wanted)) == 1
    assert any("does not have BSN, Geboortedatum, Land, which nothing here needs" in note for note in notes)
    for field in ("E-mail_werk", "Achternaam", "Volgnummer_rooster"):
        del afas.fields[EMPLOYEES][field]
    with pytest.raises(SettingsError) as error:
        read(Flow.EMPLOYEES, asked=wanted)
    assert "misses Achternaam (for last_name, our rules), E-mail_werk (for email_work), Volg" in str(error.value)
    assert "Volgnummer_rooster (for our rules)" in str(error.value)


def test_compatible_types_in_any_case_are_accepted(read: Read, afas: AfasServer) -> None:
    afas.fields[EMPLOYEES] |= {"FTE": "Int", "Huisnummer": "Decimal", "BSN": "String", "Geboortedatum": "DATE"}
    assert read(Flow.EMPLOYEES) == [[EMPLOYEE | {"FTE": Decimal("0.9")}]]


def test_an_added_field_is_told_and_counts_for_the_page_size(read: Read, afas: AfasServer, notes: list[str]) -> None:
    afas.fields[EMPLOYEES]["Kenteken"] = "string"
    read(Flow.EMPLOYEES)
    assert any("Kenteken" in note for note in notes)
    assert {int(call.query["take"]) for call in afas.pages()} == {149_999 // 52}


def test_the_version_is_told_and_may_be_missing(read: Read, afas: AfasServer, notes: list[str]) -> None:
    read()
    assert "AFAS Profit version: 22.22.5." in notes
    afas.answer("/profitversion", Answer(404))
    read()
    assert "AFAS Profit version: unknown." in notes


def test_the_flow_of_every_five_minutes_leaves_out_the_version_and_no_check(
    read: Read, afas: AfasServer, notes: list[str]
) -> None:
    read(Flow.IBAN)
    called = [call.path.removeprefix("/ProfitRestServices") for call in afas.calls]
    connector = f"/connectors/{BANK_ACCOUNTS}"
    assert called == ["/metainfo", f"/metainfo/get/{BANK_ACCOUNTS}", connector, connector]
    assert notes == []
    afas.environment = "T12345AA"
    with pytest.raises(SettingsError, match="T12345AA"):
        read(Flow.IBAN)


def test_every_call_holds_the_lease_of_the_member_number(
    read: Read, afas: AfasServer, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks share one turn; each page waits for its own, so that others read in between."""
    held, ask = [], Client._ask

    def asked(*args: Any) -> Any:
        held.append(leases.held)
        return ask(*args)

    monkeypatch.setattr(Client, "_ask", asked)
    read()
    assert held == [1] * len(afas.calls)
    assert leases.names == ["afas:12345"] * (1 + len(afas.pages()))
    assert leases.held == 0


def test_parallel_calls_share_a_fixed_number_of_leases(read: Read, leases: Leases) -> None:
    for _ in range(10):
        read(Flow.EMPLOYERS, integration(parallel_calls=2))
    assert set(leases.names) == {"afas:12345:0", "afas:12345:1"}


# Page by page


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 19, 20, 21, 55])
def test_every_row_is_read_once_whatever_the_number(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = employers(count)
    assert codes(read()) == codes([employers(count)])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(count=st.integers(0, 40), page=st.integers(2, 12), cap=st.none() | st.integers(2, 12))
def test_every_row_is_read_once_whatever_page_and_cap(
    read: Read, afas: AfasServer, count: int, page: int, cap: int | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        page_of(page, patch)
        afas.cap, afas.rows[EMPLOYERS] = cap, employers(count)
        assert codes(read()) == codes([employers(count)])


def test_pages_are_sorted_overlap_by_one_row_and_end_with_nothing_new(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = employers(19)
    read()
    assert [int(call.query["skip"]) for call in afas.pages()] == [0, 9, 18]
    assert {call.query["orderbyfieldids"] for call in afas.pages()} == {"Werkgeverscode"}


def test_employees_are_sorted_on_their_whole_key(read: Read, afas: AfasServer) -> None:
    read(Flow.EMPLOYEES)
    expected = "Personeelsnummer,Dienstverbandnummer,Contractnummer,Volgnummer_rooster"
    assert {call.query["orderbyfieldids"] for call in afas.pages()} == {expected}


def test_a_server_that_caps_the_page_is_read_completely(read: Read, afas: AfasServer) -> None:
    afas.cap, afas.rows[EMPLOYERS] = 7, employers(30)
    assert codes(read()) == codes([employers(30)])


@pytest.mark.parametrize("change", ["insert", "delete"])
def test_rows_that_move_during_the_read_are_noticed(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = employers(30)

    def move(page: int) -> None:
        if page == 2 and change == "insert":
            afas.rows[EMPLOYERS].append(EMPLOYER | {"Werkgeverscode": "0000A"})
        if page == 2 and change == "delete":
            del afas.rows[EMPLOYERS][3]

    afas.before_page = move
    with pytest.raises(DriftError, match="added or removed"):
        read()


def test_rows_that_disappear_at_the_end_are_noticed(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = employers(10)

    def remove_the_last(page: int) -> None:
        if page == 2:
            afas.rows[EMPLOYERS].pop()

    afas.before_page = remove_the_last
    with pytest.raises(DriftError):
        read()


def test_a_page_that_repeats_an_earlier_one_is_noticed(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = employers(30)
    afas.page = lambda rows: [*rows[:1], *employers(5)] if len(afas.pages()) > 1 else rows
    with pytest.raises(DriftError, match="came again"):
        read()


def test_a_server_that_ignores_skip_is_noticed(read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch) -> None:
    page_of(10, monkeypatch)
    afas.page = lambda rows: employers(10)
    with pytest.raises(DriftError):
        read()


def test_identical_rows_are_dropped_and_counted(
    read: Read, afas: AfasServer, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = [*employers(30), *employers(30)[5:7]]
    assert codes(read()) == codes([employers(30)])
    assert any("2 rows that repeated" in note for note in notes)


@pytest.mark.parametrize("restless", [False, True])
@pytest.mark.parametrize("page", [4, 5, 6])
def test_different_rows_with_one_key_are_all_kept_also_across_a_page_boundary(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch, page: int, restless: bool
) -> None:
    page_of(page, monkeypatch)
    afas.restless = restless
    twins = [EMPLOYER | {"Werkgeverscode": "0003", "Werkgeversnaam": name} for name in ("A", "B", "C")]
    afas.rows[EMPLOYERS] = [*employers(3), *twins, *employers(8)[4:]]
    assert sorted(row["Werkgeversnaam"] for rows in read() for row in rows if row in twins) == ["A", "B", "C"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(accounts=st.lists(st.integers(1, 4), max_size=12), page=st.integers(5, 9), cap=st.none() | st.integers(5, 9))
def test_every_bank_account_of_everybody_is_read_in_whatever_order_afas_gives_them(
    read: Read, afas: AfasServer, accounts: list[int], page: int, cap: int | None
) -> None:
    rows = [
        BANK_ACCOUNT | {"GUID": f"{person:02}", "IBAN-nummer": f"{person}/{account}"}
        for person, count in enumerate(accounts)
        for account in range(count)
    ]
    with pytest.MonkeyPatch.context() as patch:
        page_of(page, patch, fields=3)
        afas.restless, afas.cap, afas.rows[BANK_ACCOUNTS] = True, cap, rows
        found = [row["IBAN-nummer"] for part in read(Flow.IBAN) for row in part]
    assert sorted(found) == sorted(row["IBAN-nummer"] for row in rows)


def test_more_rows_of_one_key_than_fit_in_a_page_are_refused_and_never_cut(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(4, monkeypatch, fields=3)
    afas.rows[BANK_ACCOUNTS] = [BANK_ACCOUNT | {"IBAN-nummer": str(account)} for account in range(5)]
    with pytest.raises(SettingsError, match="4 rows or more with one value of GUID"):
        read(Flow.IBAN)


def test_more_rows_of_one_key_than_a_server_gives_are_noticed_and_never_cut(read: Read, afas: AfasServer) -> None:
    afas.cap = 4
    afas.rows[BANK_ACCOUNTS] = [BANK_ACCOUNT | {"IBAN-nummer": str(account)} for account in range(5)]
    with pytest.raises(DriftError, match="after the last one"):
        read(Flow.IBAN)


def test_identical_bank_accounts_are_dropped_and_counted_once(
    read: Read, afas: AfasServer, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(4, monkeypatch, fields=3)
    one, other = (BANK_ACCOUNT | {"GUID": guid} for guid in ("1", "2"))
    afas.rows[BANK_ACCOUNTS], afas.restless = [one, one, other, other | {"BIC-code": "INGBNL2A"}, other], True
    assert sum(len(part) for part in read(Flow.IBAN)) == 3
    assert any("2 rows that repeated" in note for note in notes)


def test_a_truncated_page_in_the_middle_is_read_again_and_loses_nothing(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = employers(30)

    def fault(page: int) -> None:
        if page == 2:
            afas.answer("/connectors/", Answer(200, b'{"skip":9,"take":10,"rows":[{', cut=12), Answer(reset=True))

    afas.before_page = fault
    assert codes(read()) == codes([employers(30)])


def test_a_page_that_stays_broken_ends_the_read_with_an_error(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(10, monkeypatch)
    afas.rows[EMPLOYERS] = employers(30)
    afas.before_page = lambda page: afas.answer("/connectors/", *[Answer(200, b"")] * 3) if page == 2 else None
    with pytest.raises(PassingError):
        read()


# In one page


def test_a_connector_with_dots_is_read_whole_and_never_sorted(read: Read, afas: AfasServer) -> None:
    units = [DEPARTMENT | {"Org._eenheid": f"U{number}"} for number in range(50)]
    afas.rows[ORGANIGRAM] = units
    assert read(Flow.ORGANIGRAM) == [units]
    whole, probe = afas.pages()
    assert whole.query == {"skip": "0", "take": str(149_999 // 6)}
    assert probe.query == {"skip": "50", "take": "1"}


@pytest.mark.parametrize("cap", [None, 20])
def test_a_connector_with_dots_that_does_not_fit_is_refused_and_never_cut(
    read: Read, afas: AfasServer, monkeypatch: pytest.MonkeyPatch, cap: int | None
) -> None:
    page_of(40, monkeypatch, fields=6)
    afas.cap = cap
    afas.rows[ORGANIGRAM] = [DEPARTMENT | {"Org._eenheid": f"U{number}"} for number in range(40 if cap is None else 30)]
    with pytest.raises(SettingsError, match="does not fit in one page"):
        read(Flow.ORGANIGRAM)


def test_an_empty_connector_is_a_complete_read(read: Read, afas: AfasServer) -> None:
    afas.rows = {EMPLOYERS: [], ORGANIGRAM: []}
    assert read(Flow.EMPLOYERS) == []
    assert read(Flow.ORGANIGRAM) == []


def test_identical_units_are_dropped_and_counted(read: Read, afas: AfasServer, notes: list[str]) -> None:
    afas.rows[ORGANIGRAM] = [DEPARTMENT, DEPARTMENT]
    assert read(Flow.ORGANIGRAM) == [[DEPARTMENT]]
    assert any("1 rows that repeated" in note for note in notes)


def test_managers_are_read_in_one_page_for_the_key_of_a_unit_has_a_dot(read: Read, afas: AfasServer) -> None:
    rows = [MANAGER | {"Org._eenheid": f"U{number}"} for number in range(3)]
    afas.rows[MANAGERS] = rows
    assert read(Flow.ACCOUNTS) == [rows]
    assert [call.query for call in afas.pages()] == [
        {"skip": "0", "take": str(149_999 // 12)},
        {"skip": "3", "take": "1"},
    ]


def test_a_flow_that_afas_does_not_deliver_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(CONNECTORS, Flow.IBAN)
    with pytest.raises(SettingsError, match="iban"):
        read(Flow.IBAN)
