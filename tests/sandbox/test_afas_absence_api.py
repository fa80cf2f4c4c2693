"""The connectors of absence, accounts and bank accounts answer as docs/reference/afas.md says, seen through HTTP."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import pytest
import requests
from sandbox_clients import EMPLOYEES, Client
from stdnum import iban

from veerpont_sandbox.absence import AbsenceBook
from veerpont_sandbox.customers import customer
from veerpont_sandbox.world import Sandbox

ABSENCE = "Newdays_Connect_Verzuim_v1"
ACCOUNTS = "Newdays_Connect_Accounts_Autorisaties_v1"
IBAN = "Newdays_Connect_Medewerker_IBAN_v1"
COPY = "Veerhuis_Verzuim_alles"
ORDER = "VerzuimId,GUID_verzuimverloop"


def day(number: int, month: int = 11, year: int = 2026) -> date:
    return date(year, month, number)


def at(number: int, month: int = 11, hour: int = 9, year: int = 2026) -> datetime:
    return datetime.combine(day(number, month, year), time(hour, 30))


@pytest.fixture
def book(sandbox: Sandbox) -> Iterator[AbsenceBook]:
    """Give veerhuis a book of one open and one closed case; put everything back afterwards."""
    environment = sandbox.afas.environments["veerhuis"]
    before, tables = environment.books[ABSENCE], dict(environment.tables)
    book = AbsenceBook("test")
    book.open("1001", day(2), at=at(2))
    closed = book.open("1003", day(5, 3), at=at(5, 3))
    book.close(closed, day(9, 3), at=at(9, 3))
    environment.books[ABSENCE] = book
    environment.clock = at(22)
    yield book
    environment.books[ABSENCE], environment.tables, environment.clock = before, tables, None
    environment.window(ABSENCE, None)


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["Personeelsnummer"] for row in rows]


def test_the_connectors_have_the_documents_fields_in_its_order(afas: Client) -> None:
    fields = {name: afas.get(f"metainfo/get/{name}").json()["fields"] for name in (ABSENCE, ACCOUNTS, IBAN)}
    assert {name: len(found) for name, found in fields.items()} == {ABSENCE: 36, ACCOUNTS: 12, IBAN: 3}
    types = {field["id"]: field["dataType"] for field in fields[ABSENCE]}
    assert list(types)[:2] == ["Werkgevercode", "Personeelsnummer"]
    assert list(types)[-3:] == ["Begindatum_voor_contract", "Vangnetregeling", "No-risk"]
    assert types["Aanwezigheidspercentage"] == "decimal"
    assert types["VerzuimId"] == types["Verpleegadres_Huisnr."] == "int"
    assert types["Meerling"] == "boolean"
    assert types["Verloop_Gewijzigd_Op"] == "date"
    assert [field["id"] for field in fields[IBAN]] == ["IBAN-nummer", "BIC-code", "GUID"]


def test_a_row_looks_as_in_the_document(afas: Client, book: AbsenceBook) -> None:
    row = afas.rows(ABSENCE, orderbyfieldids=ORDER)[0]
    assert row["Begin"] == row["Datum_deelherstel"] == "2026-11-02T00:00:00Z"
    assert row["Verloop_Gewijzigd_Op"] == row["Melding_Gewijzigd_Op"] == "2026-11-02T09:30:00Z"
    assert (row["Aanwezigheidspercentage"], row["VerzuimId"], row["Dienstverbandnummer"]) == (0, 1001, 1)
    assert row["Datum_hervatting"] is None
    assert (row["Meerling"], row["Vangnetregeling"]) == (False, False)
    for name in ("Guid_medewerker", "Guid_verzuimmelding", "GUID_verzuimverloop"):
        assert re.fullmatch(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", row[name])


@pytest.mark.parametrize("empty", ['""', ""])
def test_open_cases_and_those_that_ended_late_enough_are_asked_for_with_or(
    afas: Client, book: AbsenceBook, empty: str
) -> None:
    asked = {"filterfieldids": "Datum_hervatting;Datum_hervatting", "operatortypes": "8;2", "orderbyfieldids": ORDER}
    assert numbers(afas.rows(ABSENCE, filtervalues=f"{empty};2026-03-09T00:00:00", **asked)) == ["1001", "1003", "1003"]
    assert numbers(afas.rows(ABSENCE, filtervalues=f"{empty};2026-03-10T00:00:00", **asked)) == ["1001"]


def test_changes_are_asked_for_by_either_stamp(afas: Client, book: AbsenceBook) -> None:
    case = book.cases("1003")[0].guid
    book.reopen(case, at=at(20))
    asked = {
        "filterfieldids": "Verloop_Gewijzigd_Op;Melding_Gewijzigd_Op",
        "filtervalues": "2026-11-20T09:30:00;2026-11-20T09:30:00",
        "orderbyfieldids": ORDER,
    }
    assert numbers(afas.rows(ABSENCE, operatortypes="2;2", **asked)) == ["1003"]
    assert afas.rows(ABSENCE, operatortypes="4;4", **asked) == []
    late = asked | {"filtervalues": "2026-11-20T09:30:00Z;2026-11-20T09:30:00Z"}
    assert afas.get(f"connectors/{ABSENCE}", operatortypes="2;2", **late).status_code == 500


def test_a_slice_of_the_history_is_asked_for_with_and(afas: Client, book: AbsenceBook) -> None:
    asked = {"filterfieldids": "Begin,Begin", "operatortypes": "2,5", "orderbyfieldids": ORDER}
    months = afas.rows(ABSENCE, filtervalues="2026-03-05T00:00:00,2026-11-02T00:00:00", **asked)
    assert numbers(months) == ["1003", "1003"]


def test_sorted_pages_of_absence_are_the_whole(sandbox: Sandbox) -> None:
    client = Client(sandbox.afas.url, sandbox.afas.environments["oeverland"].token)
    whole = client.rows(ABSENCE, skip=-1, take=-1, orderbyfieldids=ORDER)
    assert len(whole) > 900
    pages = [client.rows(ABSENCE, skip=n, take=300, orderbyfieldids=ORDER) for n in range(0, len(whole), 300)]
    assert [row for page in pages for row in page] == whole
    keys = [(row["VerzuimId"], row["GUID_verzuimverloop"]) for row in whole]
    assert keys == sorted(set(keys))


def test_what_happens_in_the_book_shows_at_once(afas: Client, book: AbsenceBook) -> None:
    case = book.open("1004", day(20), at=at(20))
    assert "1004" in numbers(afas.rows(ABSENCE))
    book.delete(case)
    assert "1004" not in numbers(afas.rows(ABSENCE))


def test_rows_put_in_by_hand_stay_beside_what_the_book_does(sandbox: Sandbox, afas: Client, book: AbsenceBook) -> None:
    sandbox.afas.insert("veerhuis", ABSENCE, [{"Personeelsnummer": "9001", "VerzuimId": 1, "Begin": "2026-02-31"}])
    sandbox.afas.delete("veerhuis", ABSENCE, "Personeelsnummer", ["1003"])
    book.open("1004", day(20), at=at(20))
    assert numbers(afas.rows(ABSENCE, orderbyfieldids="VerzuimId")) == ["9001", "1001", "1004"]


def test_a_window_shows_lines_by_their_own_stamp_or_by_that_of_their_case(
    sandbox: Sandbox, afas: Client, book: AbsenceBook
) -> None:
    case = book.open("1004", day(1, 9), at=at(1, 9))
    book.change(case, day(10), 50, at=at(10))
    sandbox.afas.window("veerhuis", ABSENCE, 14)
    found = afas.rows(ABSENCE)
    assert [(row["Personeelsnummer"], row["Aanwezigheidspercentage"]) for row in found] == [("1004", 50)]
    book.correct(case, safety_net=True, at=at(21))
    sandbox.afas.window("veerhuis", ABSENCE, 14, on="case")
    assert numbers(afas.rows(ABSENCE)) == ["1004", "1004"]
    assert len(sandbox.afas.rows("veerhuis", ABSENCE)) == 5


def test_a_window_moves_with_the_clock_and_counts_whole_days(sandbox: Sandbox, afas: Client, book: AbsenceBook) -> None:
    sandbox.afas.window("veerhuis", ABSENCE, 14)
    environment = sandbox.afas.environments["veerhuis"]
    environment.clock = datetime.fromisoformat("2026-11-16T23:59:00")
    page: dict[str, str | int] = {"take": 1, "orderbyfieldids": ORDER}
    assert numbers(afas.rows(ABSENCE, **page)) == ["1001"]
    environment.clock = datetime.fromisoformat("2026-11-17T00:01:00")
    assert numbers(afas.rows(ABSENCE, **page)) == []


def test_a_copy_shows_the_same_through_a_window_of_its_own(sandbox: Sandbox, afas: Client, book: AbsenceBook) -> None:
    sandbox.afas.copy("veerhuis", ABSENCE, COPY)
    sandbox.afas.window("veerhuis", ABSENCE, 14)
    assert COPY in [c["id"] for c in afas.get("metainfo").json()["getConnectors"]]
    assert len(afas.get(f"metainfo/get/{COPY}").json()["fields"]) == 36
    assert (len(afas.rows(ABSENCE)), len(afas.rows(COPY))) == (0, 3)
    book.open("1004", day(22), at=at(22))
    sandbox.afas.insert(
        "veerhuis", COPY, [{"Personeelsnummer": "9001", "Verloop_Gewijzigd_Op": "2026-11-22T00:00:00Z"}]
    )
    assert (len(afas.rows(ABSENCE)), len(afas.rows(COPY))) == (2, 5)


def test_a_renamed_connector_is_no_longer_there_under_its_old_name(
    sandbox: Sandbox, afas: Client, book: AbsenceBook
) -> None:
    sandbox.afas.copy("veerhuis", ABSENCE, COPY)
    sandbox.afas.drop("veerhuis", ABSENCE)
    assert afas.get(f"connectors/{ABSENCE}").status_code == 500
    assert len(afas.rows(COPY)) == 3
    sandbox.afas.copy("veerhuis", COPY, ABSENCE)
    assert len(afas.rows(ABSENCE)) == 3


def test_clock_and_window_are_set_over_http(sandbox: Sandbox, afas: Client, book: AbsenceBook) -> None:
    url = f"{sandbox.afas.url}/sandbox/environment"
    change = {"customer": "veerhuis", "clock": "2026-11-16T12:00:00", "windows": {ABSENCE: 14}}
    assert requests.post(url, json=change, timeout=10).status_code == 200
    assert numbers(afas.rows(ABSENCE)) == ["1001"]
    no_stamp = {"customer": "veerhuis", "windows": {EMPLOYEES: 14}}
    assert requests.post(url, json=no_stamp, timeout=10).status_code == 400


def test_authorisation_hides_the_absence_of_other_employers(sandbox: Sandbox, afas: Client) -> None:
    sandbox.afas.environments["veerhuis"].authorisation = frozenset({"04"})
    assert numbers(afas.rows(ABSENCE)) == ["1012"]


def test_veerhuis_has_a_case_of_every_kind(afas: Client) -> None:
    rows = afas.rows(ABSENCE, orderbyfieldids=ORDER)
    assert {"Z", "ZW", "AO", "F", "XX"} == {row["Type"] for row in rows}
    assert {"01", "02", "03", "04"} == {row["Werkgevercode"] for row in rows}
    assert any(row["Vangnetregeling"] for row in rows)
    assert any(row["Verpleegadres_Naam"] for row in rows)
    assert any(row["Begin"] > row["Gesim._begin_doorl._verzuim"] for row in rows)
    people = {row["Personeelsnummer"]: row["GUID"] for row in afas.rows(EMPLOYEES)}
    assert all(people[row["Personeelsnummer"]] == row["Guid_medewerker"] for row in rows)


def test_the_books_of_customers_and_their_settings_are_given(sandbox: Sandbox) -> None:
    spec = sandbox.customers["veerhuis"]
    assert spec.book is sandbox.afas.environments["veerhuis"].books[ABSENCE]
    assert spec.absence["causes"].keys() == {"01", "02", "03", "04"}
    assert spec.absence["causes"]["01"]["vangnet"] == "7"


def test_managers_of_veerhuis_have_several_units_and_units_several_or_no_managers(afas: Client) -> None:
    rows = afas.rows(ACCOUNTS, orderbyfieldids="Leidinggevende_Code", take=12_500)
    units: dict[str | None, list[str]] = {}
    for row in rows:
        if row["Einddatum_organigram"] is None:
            units.setdefault(row["Leidinggevende_Code"], []).append(row["Org._eenheid"])
    assert units[None] == ["LEEG"]
    assert len(units["KMA"]) == 6
    assert set(units["KMA"]) & set(units["1003"]) == {"VAREN"}
    assert {row["Leidinggevende_Geslacht_code"] for row in rows} == {None, "M", "V", "X"}
    assert afas.get(f"connectors/{ACCOUNTS}", orderbyfieldids="Org._eenheid").status_code == 500


def test_bank_accounts_of_veerhuis_are_right_but_for_one(afas: Client) -> None:
    rows = afas.rows(IBAN, orderbyfieldids="GUID", take=50_000)
    assert [row["GUID"] for row in rows] == sorted(row["GUID"] for row in rows)
    assert len(rows) == 13
    assert len({row["GUID"] for row in rows}) == 12
    wrong = [row["IBAN-nummer"] for row in rows if not iban.is_valid(row["IBAN-nummer"])]
    assert wrong == ["NL00PONT0000010003"]
    assert all(re.fullmatch("[A-Z]{4}NL[A-Z0-9]{5}", row["BIC-code"]) for row in rows)


def test_a_generated_customer_has_a_manager_per_department_and_a_right_account_each() -> None:
    spec = customer("oeverland", 300)
    managers = [dict(zip(("end", "unit", "name", "guid"), row, strict=False)) for row in spec.tables[ACCOUNTS]()]
    assert len({row["unit"] for row in managers}) == 60
    assert all(row["guid"] for row in managers)
    accounts = list(spec.tables[IBAN]())
    guids = {row[1] for row in spec.tables[EMPLOYEES]()}
    assert {row[2] for row in accounts} == guids
    assert len(accounts) == 300
    assert all(iban.is_valid(row[0]) for row in accounts)
    small = list(customer("oeverland", 5).tables[ACCOUNTS]())
    assert sum(row[4] is None for row in small) == 55
