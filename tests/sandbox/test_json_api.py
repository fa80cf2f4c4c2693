"""The sandbox's JSON API does what docs/json-api.yaml says, seen over HTTP."""

import json
import shutil
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from stdnum import iban

from veerpont_sandbox.faults import API_KINDS
from veerpont_sandbox.portal.json_forms import FLOWS, FORMS, is_iban
from veerpont_sandbox.world import Sandbox

DESCRIPTION = yaml.safe_load((Path(__file__).parents[2] / "docs" / "json-api.yaml").read_text(encoding="utf-8"))
SCHEMAS = DESCRIPTION["components"]["schemas"]
EXAMPLES = DESCRIPTION["paths"]["/v1/{integration}/{flow}"]["post"]["requestBody"]["content"]["application/json"][
    "examples"
]
KEY = "iban_00000001_0123456789ab-00001"
GOOD, OTHER = "NL91ABNA0417164300", "NL20INGB0001234567"


def put(identity: str, number: str | None = GOOD, **more: Any) -> dict[str, Any]:
    return {"id": identity, "op": "put", "records": [{"external_id": identity, "iban": number, **more}]}


def delete(identity: str) -> dict[str, Any]:
    return {"id": identity, "op": "delete"}


def schema_of(flow: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMAS[f"{flow.title()}Record"]
    return found


class Caller:
    """Calls the portal as veerhuis, with a new key for each call unless one is given."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        connection = json.loads(sandbox.connections()["AIRFLOW_CONN_PORTAL_VEERHUIS"])
        self.base, self.token = connection["host"], connection["password"]
        self.number = 0

    def post(
        self,
        body: Any,
        *,
        path: str = "veerhuis/iban",
        key: str | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> requests.Response:
        self.number += 1
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent: dict[str, str | None] = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or f"iban_{self.number:08}_0123456789ab-00001",
        }
        return requests.post(f"{self.base}/v1/{path}", data=content, headers=sent | (headers or {}), timeout=20)

    def send(self, *operations: dict[str, Any], path: str = "veerhuis/iban", key: str | None = None) -> dict[str, Any]:
        """Return id → "accepted", or (reason, field)."""
        answer = self.post({"operations": operations}, path=path, key=key)
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert sorted(result["id"] for result in results) == sorted(each["id"] for each in operations)
        return {
            r["id"]: r["status"] if r["status"] == "accepted" else (r["reason"], r["field"])
            for r in results
            if set(r) == {"id", "status", "reason", "field"}
        }

    def has(self, flow: str = "iban") -> dict[str, Any]:
        return self.sandbox.portal.api("veerhuis", flow)

    def refused(self, status: int, code: str, answer: requests.Response) -> None:
        assert (answer.status_code, answer.json()) == (status, {"error": code})
        assert self.has() == {}


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


class TestForms:
    @pytest.mark.parametrize("flow", FLOWS)
    def test_the_names_are_those_of_the_description(self, flow: str) -> None:
        schema = schema_of(flow)
        assert list(FORMS[flow].all) == list(schema["properties"])
        assert list(FORMS[flow].required) == schema["required"]

    @pytest.mark.parametrize("flow", [flow for flow in FLOWS if flow != "iban"])
    def test_the_examples_of_the_description_are_accepted(self, caller: Caller, flow: str) -> None:
        operations = EXAMPLES[flow]["value"]["operations"]
        answers = caller.send(*operations, path=f"veerhuis/{flow}")
        assert set(answers.values()) == {"accepted"}
        kept = caller.has(flow)
        assert len(kept) == sum(operation["op"] == "put" for operation in operations)
        assert all(list(record) == list(FORMS[flow].names) for records in kept.values() for record in records)

    def test_its_iban_is_nobodys(self, caller: Caller) -> None:
        first, second = EXAMPLES["iban"]["value"]["operations"]
        answers = caller.send(first, second)
        assert answers == {first["id"]: ("invalid_value", "iban"), second["id"]: "accepted"}

    @pytest.mark.parametrize(
        "number", [GOOD, OTHER, "DE89370400440532013000", "NL92ABNA0417164300", "NL91abna0417164300"]
    )
    def test_an_iban_is_checked_by_its_digits(self, number: str) -> None:
        assert is_iban(number) is (iban.is_valid(number) and number == iban.compact(number))


class TestRecords:
    def test_put_replaces_and_delete_forgets(self, caller: Caller) -> None:
        assert caller.send(put("A", bic="ABNANL2A"), put("B")) == {"A": "accepted", "B": "accepted"}
        assert caller.has()["A"] == [{"external_id": "A", "iban": GOOD, "bic": "ABNANL2A"}]
        assert caller.send(put("A", OTHER), delete("B"), delete("C")) == dict.fromkeys("ABC", "accepted")
        assert caller.has() == {"A": [{"external_id": "A", "iban": OTHER, "bic": None}]}

    def test_a_rejected_operation_changes_nothing_and_stops_no_other(self, caller: Caller) -> None:
        caller.send(put("A"))
        answers = caller.send(put("A", "NL00TEST0000000000"), put("B"))
        assert answers == {"A": ("invalid_value", "iban"), "B": "accepted"}
        assert caller.has()["A"][0]["iban"] == GOOD

    def test_answers_do_not_follow_the_order_of_the_operations(self, caller: Caller) -> None:
        answer = caller.post({"operations": [put("A"), put("B")]}).json()
        assert [result["id"] for result in answer["results"]] == ["B", "A"]

    @pytest.mark.parametrize(
        ("flow", "change", "expected"),
        [
            ("iban", {"iban": None}, ("missing_value", "iban")),
            ("iban", {"iban": ""}, ("missing_value", "iban")),
            ("iban", {"external_id": "B"}, ("other_id", "external_id")),
            ("iban", {"bic": ""}, ("invalid_value", "bic")),
            ("iban", {"bic": "ABN"}, ("invalid_value", "bic")),
            ("employers", {"name": None}, ("missing_value", "name")),
            ("employers", {"house_number": "12a"}, ("invalid_value", "house_number")),
            ("employers", {"street": "Kade\n1"}, ("invalid_value", "street")),
            ("employees", {"birth_date": "2026-02-30"}, ("invalid_value", "birth_date")),
            ("employees", {"fte": "0.80"}, ("invalid_value", "fte")),
            ("employees", {"employer_code": "02"}, ("other_id", "external_id")),
            ("absence", {"Protocol": "ziekte"}, ("invalid_value", "Protocol")),
            ("absence", {"Verzuimpercentage": "101"}, ("invalid_value", "Verzuimpercentage")),
            ("absence", {"EinddatumTrajectVerloop": "2026-01-04"}, ("end_before_start", "EinddatumTrajectVerloop")),
            ("absence", {"EinddatumTrajectVerloop": "2026-01-19"}, ("overlap", "StartdatumTrajectVerloop")),
            ("absence", {"EinddatumTrajectVerloop": None}, ("overlap", "StartdatumTrajectVerloop")),
            ("absence", {"Personeelsnummer": "1002"}, ("not_alike", "Personeelsnummer")),
            ("accounts", {"department_code": "STOCK"}, ("twice", "department_code")),
            ("accounts", {"login": "anders"}, ("not_alike", "login")),
        ],
    )
    def test_each_operation_is_judged_on_its_own(
        self, caller: Caller, flow: str, change: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        """The first record of the description's example, with something wrong in it."""
        operation = json.loads(json.dumps(EXAMPLES[flow]["value"]["operations"][0]))
        if flow == "iban":
            operation["records"][0]["iban"] = GOOD
        operation["records"][0] |= change
        assert caller.send(operation, path=f"veerhuis/{flow}") == {operation["id"]: expected}
        assert caller.has(flow) == {}

    def test_only_absence_and_accounts_have_several_records(self, caller: Caller) -> None:
        two = put("A") | {"records": put("A")["records"] * 2}
        assert caller.send(two) == {"A": ("too_many_records", None)}

    def test_flows_and_customers_are_apart(self, caller: Caller) -> None:
        caller.send(put("A"))
        assert caller.has("employees") == {}
        assert caller.sandbox.portal.api("oeverland", "iban") == {}


class TestOnce:
    def test_the_same_call_gets_the_same_answer_without_a_second_effect(self, caller: Caller) -> None:
        body = {"operations": [put("A"), put("B", "fout")]}
        first = caller.post(body, key=KEY)
        caller.send(delete("A"))
        assert caller.post(body, key=KEY).content == first.content
        assert caller.has() == {}

    def test_another_body_under_a_key_is_refused(self, caller: Caller) -> None:
        caller.send(delete("A"), key=KEY)
        caller.refused(409, "key_used_before", caller.post({"operations": [put("A")]}, key=KEY))

    def test_a_key_is_of_one_flow_and_of_calls_that_were_answered(self, caller: Caller) -> None:
        caller.post({"operations": []}, key=KEY)
        employer = {"id": "01", "op": "put", "records": [{"employer_code": "01", "name": "Acme"}]}
        assert caller.send(employer, path="veerhuis/employers", key=KEY) == {"01": "accepted"}
        assert caller.send(put("A"), key=KEY) == {"A": "accepted"}

    def test_a_second_call_with_a_key_waits_for_the_first(self, caller: Caller) -> None:
        caller.sandbox.faults.add("api_slow", seconds=1.0, times=1)
        answers: list[requests.Response] = []

        def call() -> None:
            answers.append(caller.post({"operations": [put("A")]}, key=KEY))

        both = [threading.Thread(target=call) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        early, late = sorted(answers, key=lambda answer: answer.status_code, reverse=True)
        assert (early.status_code, early.headers["Retry-After"], late.status_code) == (503, "1", 200)

    def test_records_tokens_and_answers_survive_a_restart(self, tmp_path: Path) -> None:
        body = {"operations": [put("A")]}
        with Sandbox(tmp_path, ["veerhuis"]) as sandbox:
            first = Caller(sandbox).post(body, key=KEY)
            token = tmp_path / "portal" / "veerhuis" / "api_token"
            assert stat.S_IMODE(token.stat().st_mode) == 0o600
        with Sandbox(tmp_path, ["veerhuis"]) as sandbox:
            caller = Caller(sandbox)
            assert list(caller.has()) == ["A"]
            assert caller.post(body, key=KEY).content == first.content


class TestFiles:
    def test_a_call_costs_what_is_in_it_however_much_there_is(self, caller: Caller) -> None:
        def sizes() -> dict[Path, int]:
            return {path: path.stat().st_size for path in folder(caller).rglob("*") if path.is_file()}

        caller.send(*(put(f"{number}") for number in range(500)))
        before = sizes()
        caller.send(put("A"))
        grown = {path: size - before.get(path, 0) for path, size in sizes().items() if size != before.get(path)}
        assert sum(grown.values()) < 500
        assert len(caller.has()) == 501

    def test_what_a_call_that_was_cut_off_left_is_nothing(self, caller: Caller) -> None:
        caller.send(put("A"))
        with (folder(caller) / "iban.jsonl").open("ab") as file:
            file.write(b"\n" + json.dumps([put("B"), put("C")]).encode()[:-20])
        assert list(caller.has()) == ["A"]
        caller.send(put("D"))
        assert list(caller.has()) == ["A", "D"]

    def test_whoever_sets_its_files_back_sets_it_back(self, caller: Caller, tmp_path: Path) -> None:
        body, key = {"operations": [put("B")]}, "iban_00000099_0123456789ab-00001"
        caller.send(put("A"))
        shutil.copytree(folder(caller), tmp_path / "kept")
        caller.post(body, key=key)
        shutil.rmtree(folder(caller))
        shutil.copytree(tmp_path / "kept", folder(caller))
        assert list(caller.has()) == ["A"]
        caller.post(body, key=key)
        assert list(caller.has()) == ["A", "B"]


def folder(caller: Caller) -> Path:
    return caller.sandbox.portal.json_api.folder / "veerhuis" / "api"


class TestRefusedCalls:
    def test_the_api_says_what_it_is(self, caller: Caller) -> None:
        def about(token: str) -> requests.Response:
            headers = {"Authorization": f"Bearer {token}"}
            return requests.get(f"{caller.base}/v1", headers=headers, timeout=10)

        assert about(caller.token).json() == {"api": "veerpont", "version": 1}
        assert about("wrong").status_code == 401

    @pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic dXNlcjpwdw=="])
    def test_without_the_token(self, caller: Caller, header: str | None) -> None:
        caller.refused(401, "unauthorized", caller.post({"operations": [put("A")]}, headers={"Authorization": header}))

    def test_with_the_token_of_another_customer(self, caller: Caller) -> None:
        other = caller.sandbox.portal.json_api.tokens["oeverland"]
        caller.refused(403, "forbidden", caller.post(b"", headers={"Authorization": f"Bearer {other}"}))

    @pytest.mark.parametrize(
        ("path", "code"), [("nobody/iban", "unknown_integration"), ("veerhuis/hours", "unknown_flow")]
    )
    def test_an_unknown_path(self, caller: Caller, path: str, code: str) -> None:
        caller.refused(404, code, caller.post(b"", path=path))

    @pytest.mark.parametrize(
        "header", [{"Idempotency-Key": None}, {"Idempotency-Key": "iban-1"}, {"Content-Type": "text/plain"}]
    )
    def test_a_wrong_header(self, caller: Caller, header: dict[str, str | None]) -> None:
        answer = caller.post({"operations": [put("A")]}, headers=header)
        assert answer.status_code == 400
        assert caller.has() == {}

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"operations": [NaN]}'])
    def test_no_json(self, caller: Caller, body: bytes) -> None:
        caller.refused(400, "no_json", caller.post(body))

    def test_too_much(self, caller: Caller) -> None:
        many = {"operations": [put(f"{number}") for number in range(501)]}
        caller.refused(413, "too_many_operations", caller.post(many))
        big = {"operations": [put("A", more="x" * 1_048_576)]}
        caller.refused(413, "too_many_bytes", caller.post(big))
        assert len(caller.send(*many["operations"][:500])) == 500

    @pytest.mark.parametrize(
        "body",
        [
            [],
            {"operations": []},
            {"operations": {}},
            {"operations": [put("A")], "more": 1},
            {"operations": ["A"]},
            {"operations": [put("A"), delete("A")]},
            {"operations": [put("A"), {"id": "B", "op": "patch", "records": [{}]}]},
            {"operations": [{"id": "", "op": "delete"}]},
            {"operations": [{"id": 1, "op": "delete"}]},
            {"operations": [{"op": "delete"}]},
            {"operations": [delete("A") | {"records": []}]},
            {"operations": [{"id": "A", "op": "put"}]},
            {"operations": [{"id": "A", "op": "put", "records": []}]},
            {"operations": [{"id": "A", "op": "put", "records": ["x"]}]},
            {"operations": [put("A") | {"records": [{"iban": 5}]}]},
            {"operations": [put("A", bic=5)]},
            {"operations": [put("A", bsn="1")]},
        ],
    )
    def test_one_operation_of_a_wrong_form_refuses_the_whole_call(self, caller: Caller, body: Any) -> None:
        caller.refused(422, "wrong_form", caller.post(body))

    def test_the_log_of_calls_holds_no_token_and_no_record(self, caller: Caller) -> None:
        caller.send(put("A"), key=KEY)
        (noted,) = caller.sandbox.portal.json_api.requests
        assert (noted["status"], noted["operations"], noted["key"]) == (200, 1, KEY)
        assert caller.token not in str(noted)
        assert GOOD not in str(noted)


class TestFaults:
    def test_chosen_ids_are_rejected(self, caller: Caller) -> None:
        caller.send(put("A"))
        options = {"keys": ["A", "B"], "value": "unknown_person", "field": "external_id", "times": 1}
        caller.sandbox.faults.add("api_reject", flow="iban", **options)
        no = ("unknown_person", "external_id")
        assert caller.send(delete("A"), put("B"), put("C")) == {"A": no, "B": no, "C": "accepted"}
        assert list(caller.has()) == ["A", "C"]
        assert caller.send(put("B")) == {"B": "accepted"}

    @pytest.mark.parametrize(
        ("kind", "status", "wait"),
        [("api_too_many_requests", 429, "3"), ("api_maintenance", 503, "3"), ("api_error", 500, None)],
    )
    def test_it_says_no_for_a_while(self, caller: Caller, kind: str, status: int, wait: str | None) -> None:
        caller.sandbox.faults.add(kind, customer="veerhuis", flow="iban", retry_after=3, times=1)
        answer = caller.post({"operations": [put("A")]}, key=KEY)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, wait)
        assert caller.has() == {}
        assert caller.send(put("A"), key=KEY) == {"A": "accepted"}

    def test_a_lost_answer_has_had_its_effect(self, caller: Caller) -> None:
        caller.sandbox.faults.add("api_lost_answer", times=1)
        body = {"operations": [put("A")]}
        with pytest.raises(requests.ConnectionError):
            caller.post(body, key=KEY)
        assert list(caller.has()) == ["A"]
        assert caller.post(body, key=KEY).json()["results"][0]["status"] == "accepted"

    def test_every_fault_is_for_one_flow_or_all(self, caller: Caller) -> None:
        for kind in API_KINDS:
            caller.sandbox.faults.add(kind, flow="employees")
        assert caller.send(put("A")) == {"A": "accepted"}

    def test_the_faults_of_afas_do_not_reach_it(self, caller: Caller) -> None:
        for kind in ("maintenance", "reset", "revoked"):
            caller.sandbox.faults.add(kind)
        assert caller.send(put("A")) == {"A": "accepted"}
