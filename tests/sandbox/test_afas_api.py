"""The AFAS of the sandbox answers as docs/reference/afas.md says, seen through HTTP."""

import base64
import json
import re

import pytest
import requests
from sandbox_clients import EMPLOYEES, EMPLOYERS, ORGANIGRAM, Client

from veerpont_sandbox.world import Sandbox

ABSENCE = "Newdays_Connect_Verzuim_v1"
ACCOUNTS = "Newdays_Connect_Accounts_Autorisaties_v1"
IBAN = "Newdays_Connect_Medewerker_IBAN_v1"
KEY = "Personeelsnummer,Dienstverbandnummer,Contractnummer,Volgnummer_rooster"


def test_metainfo_names_the_environment_of_the_token(afas: Client) -> None:
    found = afas.get("metainfo").json()
    assert found["info"]["envid"] == "O10001AA"
    newdays, vdd = (
        [c["id"] for c in found["getConnectors"] if c["id"].startswith(prefix)] for prefix in ("Newdays_", "VDD_")
    )
    assert newdays == [EMPLOYERS, ORGANIGRAM, EMPLOYEES, ABSENCE, ACCOUNTS, IBAN]
    assert len(vdd) == 4


def test_the_token_selects_the_environment(sandbox: Sandbox) -> None:
    other = Client(sandbox.afas.url, sandbox.afas.environments["oeverland"].token)
    assert other.get("metainfo").json()["info"]["envid"] == sandbox.customers["oeverland"].environment


def test_metainfo_of_a_connector_describes_its_fields_in_the_documents_order(afas: Client) -> None:
    fields = afas.get(f"metainfo/get/{EMPLOYEES}").json()["fields"]
    assert len(fields) == 51
    assert (fields[0]["id"], fields[0]["dataType"]) == ("Personeelsnummer", "string")
    assert (fields[-1]["id"], fields[-1]["dataType"]) == ("Voorv._geb.naam", "string")
    assert {f["id"]: f["dataType"] for f in fields}["Datum_start_dvb"] == "date"


def test_fixed_path_parts_ignore_case_and_connector_ids_do_not(sandbox: Sandbox, afas: Client) -> None:
    afas.base = f"{sandbox.afas.url}/profitRESTservices"
    assert afas.get("ProfitVersion").json() == {"version": "22.22.5"}
    assert afas.get(f"Connectors/{EMPLOYERS}").status_code == 200
    assert afas.get(f"connectors/{EMPLOYERS.lower()}").status_code == 500


def test_every_field_is_present_on_one_line_and_guids_stand_in_braces(afas: Client) -> None:
    answer = afas.get(f"connectors/{EMPLOYEES}", take=-1, skip=-1)
    assert "\n" not in answer.text
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["X-Trace-Identifier"]
    assert list(answer.json()) == ["skip", "take", "rows"]
    for row in answer.json()["rows"]:
        assert len(row) == 51
        assert row["GUID"] is None or re.fullmatch(r"\{[0-9A-F-]{36}\}", row["GUID"])


def test_without_take_only_a_hundred_rows_come(sandbox: Sandbox) -> None:
    client = Client(sandbox.afas.url, sandbox.afas.environments["oeverland"].token)
    assert len(client.rows(EMPLOYEES)) == 100
    everything = client.rows(EMPLOYEES, skip=-1, take=-1)
    assert len({row["Personeelsnummer"] for row in everything}) == 300
    assert len(everything) > 300


def test_take_zero_gives_one_row(afas: Client) -> None:
    assert len(afas.rows(EMPLOYEES, take=0)) == 1


@pytest.mark.parametrize("params", [{"skip": 2, "take": -1}, {"take": "many"}, {"take": -5}])
def test_an_impossible_page_is_a_functional_error(afas: Client, params: dict[str, str | int]) -> None:
    answer = afas.get(f"connectors/{EMPLOYEES}", **params)
    assert answer.status_code == 500
    assert answer.json()["errorNumber"] == -2147180999
    assert re.fullmatch(r"[0-9A-F]{32}", answer.json()["profitLogReference"])


def test_a_query_that_is_too_long_is_not_found(afas: Client) -> None:
    assert afas.get(f"connectors/{EMPLOYERS}", take=1, x="a" * 2039).status_code == 200
    assert afas.get(f"connectors/{EMPLOYERS}", take=1, x="a" * 2041).status_code == 404


def test_sorted_pages_together_are_the_whole(sandbox: Sandbox) -> None:
    client = Client(sandbox.afas.url, sandbox.afas.environments["oeverland"].token)
    whole = client.rows(EMPLOYEES, skip=-1, take=-1, orderbyfieldids=KEY)
    pages = [client.rows(EMPLOYEES, skip=skip, take=120, orderbyfieldids=KEY) for skip in range(0, 600, 120)]
    assert [row for page in pages for row in page] == whole
    assert len(pages[-1]) < 120
    assert client.rows(EMPLOYEES, skip=10_000, take=120, orderbyfieldids=KEY) == []


def test_a_sort_can_descend_per_field(afas: Client) -> None:
    rows = afas.rows(EMPLOYEES, orderbyfieldids="Werkgeverscode,-Personeelsnummer")
    found = [(row["Werkgeverscode"], row["Personeelsnummer"]) for row in rows]
    assert [code for code, _ in found] == sorted(code for code, _ in found)
    first = [number for code, number in found if code == "01"]
    assert first == sorted(first, reverse=True)


@pytest.mark.parametrize("order", ["", "Laag"])
def test_what_no_sort_decides_comes_in_another_order_every_time(afas: Client, order: str) -> None:
    first = afas.rows(ORGANIGRAM, **({"orderbyfieldids": order} if order else {}))
    assert first != afas.rows(ORGANIGRAM, **({"orderbyfieldids": order} if order else {}))


@pytest.mark.parametrize("field", ["Onbekend", "Org._eenheid"])
@pytest.mark.parametrize("use", ["sort", "filter"])
def test_unknown_and_dotted_fields_cannot_be_sorted_or_filtered_on(afas: Client, field: str, use: str) -> None:
    params = {"orderbyfieldids": field} if use == "sort" else {"filterfieldids": field, "filtervalues": "x"}
    answer = afas.get(f"connectors/{ORGANIGRAM}", **params)
    assert answer.status_code == 500
    assert set(answer.json()) == {"externalMessage", "errorNumber", "profitLogReference"}


@pytest.mark.parametrize(
    ("operator", "field", "value", "expected"),
    [
        ("1", "Huisnummer", "3", {"02"}),
        ("2", "Huisnummer", "12", {"03", "04"}),
        ("3", "Huisnummer", "3", {"01", "02"}),
        ("4", "Huisnummer", "12", {"04"}),
        ("5", "Huisnummer", "12", {"01", "02"}),
        ("6", "Straatnaam", "%kade%", {"03", "04"}),
        ("7", "Woonplaats", "Heteren", {"03", "04"}),
        ("8", "Huisnummer_toevoeging", '""', {"01", "03", "04"}),
        ("9", "Huisnummer_toevoeging", "", {"02"}),
        ("10", "Straatnaam", "Waal", {"03"}),
        ("11", "Straatnaam", "kade", {"01", "02"}),
        ("12", "Straatnaam", "Veer", {"03", "04"}),
        ("13", "Postcode", "AB", {"02"}),
        ("14", "Postcode", "AB", {"01", "03", "04"}),
        ("15", "Werkgeversnaam", "horeca", {"02"}),
    ],
)
def test_every_operator_filters(afas: Client, operator: str, field: str, value: str, expected: set[str]) -> None:
    rows = afas.rows(EMPLOYERS, filterfieldids=field, filtervalues=value, operatortypes=operator)
    assert {row["Werkgeverscode"] for row in rows} == expected
    condition = {"@FieldId": field, "@OperatorType": operator, "#text": value}
    as_json = json.dumps({"Filters": {"Filter": [{"@FilterId": "Filter 1", "Field": [condition]}]}})
    assert {row["Werkgeverscode"] for row in afas.rows(EMPLOYERS, filterjson=as_json)} == expected


def test_a_comma_means_and_and_a_semicolon_means_or(afas: Client) -> None:
    rows = afas.rows(
        EMPLOYERS,
        filterfieldids="Woonplaats,Huisnummer;Woonplaats",
        filtervalues="Heteren,1;Arnhem",
        operatortypes="1,1;1",
    )
    assert {row["Werkgeverscode"] for row in rows} == {"01", "04"}


def test_dates_in_filters_are_local_and_carry_no_z(afas: Client) -> None:
    asked = {"filterfieldids": "Datum_start_dvb", "operatortypes": "2"}
    assert len(afas.rows(EMPLOYEES, filtervalues="2035-01-01T00:00:00", **asked)) == 1
    assert afas.get(f"connectors/{EMPLOYEES}", filtervalues="2035-01-01T00:00:00Z", **asked).status_code == 500


def test_seconds_are_rounded_when_shown_and_exact_when_compared(sandbox: Sandbox, afas: Client) -> None:
    stamp = {"Mutatiedatum_OE": "2024-05-01T10:00:00.600Z"}
    sandbox.afas.update("veerhuis", EMPLOYEES, "Personeelsnummer", "KMA", stamp)
    asked = {"filterfieldids": "Personeelsnummer,Mutatiedatum_OE", "operatortypes": "1,2"}
    (row,) = afas.rows(EMPLOYEES, filtervalues="KMA,2024-05-01T10:00:00", **asked)
    assert row["Mutatiedatum_OE"] == "2024-05-01T10:00:01Z"
    assert afas.rows(EMPLOYEES, filtervalues="KMA,2024-05-01T10:00:01", **asked) == []


def test_authorisation_shrinks_the_answer_without_an_error(sandbox: Sandbox, afas: Client) -> None:
    environment = sandbox.afas.environments["veerhuis"]
    environment.authorisation = frozenset({"02"})
    assert {row["Werkgeverscode"] for row in afas.rows(EMPLOYEES)} == {"02"}
    environment.authorisation = "none"
    assert afas.rows(EMPLOYEES) == []
    assert afas.rows(ORGANIGRAM) == []


def test_a_wrong_token_is_refused_with_an_empty_xml_answer(sandbox: Sandbox) -> None:
    token = "<token><version>1</version><data>00</data></token>"
    answer = Client(sandbox.afas.url, token).get("metainfo")
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["Content-Type"].startswith("application/xml")


def test_a_token_that_is_not_encoded_is_a_functional_error(sandbox: Sandbox) -> None:
    token = sandbox.afas.environments["veerhuis"].token
    answer = requests.get(
        f"{sandbox.afas.url}/ProfitRestServices/metainfo", headers={"Authorization": f"AfasToken {token}"}, timeout=10
    )
    assert answer.status_code == 500


def test_only_the_data_of_a_token_is_refused(sandbox: Sandbox) -> None:
    assert Client(sandbox.afas.url, sandbox.afas.environments["veerhuis"].token_data).get("metainfo").status_code == 401


def test_client_credentials_give_a_bearer_that_expires(sandbox: Sandbox) -> None:
    environment = sandbox.afas.environments["veerhuis"]
    base = f"{sandbox.afas.url}/ProfitRestServices"
    form = {
        "grant_type": "client_credentials",
        "client_id": environment.client_id,
        "client_secret": environment.client_secret,
    }
    answer = requests.post(f"{base}/oauth/token", data=form, timeout=10).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert requests.get(f"{base}/metainfo", headers=headers, timeout=10).status_code == 200
    environment.expire_bearers()
    refused = requests.get(f"{base}/metainfo", headers=headers, timeout=10)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_wrong_secret_is_an_invalid_client(sandbox: Sandbox) -> None:
    form = {"grant_type": "client_credentials", "client_id": "sandbox-veerhuis", "client_secret": "wrong"}
    answer = requests.post(f"{sandbox.afas.url}/ProfitRestServices/oauth/token", data=form, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


def test_the_log_of_requests_never_holds_a_token(sandbox: Sandbox, afas: Client) -> None:
    afas.rows(EMPLOYERS, take=5)
    log = requests.get(f"{sandbox.afas.url}/sandbox/requests", timeout=10)
    (entry,) = log.json()
    assert (entry["path"], entry["query"]) == (f"/ProfitRestServices/connectors/{EMPLOYERS}", "take=5")
    assert "authorization" in entry["headers"]
    assert entry["authorization"] == "well-formed"
    token = sandbox.afas.environments["veerhuis"].token
    assert base64.b64encode(token.encode()).decode() not in log.text
    assert sandbox.afas.environments["veerhuis"].token_data not in log.text


def test_rows_can_be_changed_over_http(sandbox: Sandbox, afas: Client) -> None:
    change = {
        "customer": "veerhuis",
        "connector": EMPLOYERS,
        "delete": {"Werkgeverscode": ["04"]},
        "insert": [{"Werkgeverscode": "05", "Werkgeversnaam": "Nieuw B.V."}],
    }
    assert requests.post(f"{sandbox.afas.url}/sandbox/rows", json=change, timeout=10).json() == {"rows": 4}
    found = afas.rows(EMPLOYERS, orderbyfieldids="-Werkgeverscode")
    assert [row["Werkgeverscode"] for row in found] == ["05", "03", "02", "01"]
    assert found[0]["Huisnummer"] is None
