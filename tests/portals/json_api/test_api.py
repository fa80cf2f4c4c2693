"""docs/json-api.yaml: what it shows is what it says, and what we send."""

import json
import re
from typing import Any

import msgspec
import pytest

from veerpont.model.content import Content
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.names import NAMES
from veerpont.model.schema import Column
from veerpont.systems.json_api import delivery, lines
from veerpont.systems.json_api.client import Client

from .server import API, PortalServer, schema

POST: dict[str, Any] = API["paths"]["/v1/{integration}/{flow}"]["post"]
EXAMPLES: dict[str, Any] = POST["requestBody"]["content"]["application/json"]["examples"]


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in references(item)]
    return [found for item in value for found in references(item)] if isinstance(value, list) else []


def test_it_is_an_openapi_document() -> None:
    """The parts that every OpenAPI 3.1 document has, every reference leads somewhere, every schema is one."""
    assert API["openapi"] == "3.1.0"
    assert API["info"].keys() >= {"title", "version"}
    for reference in references(API):
        place: Any = API
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    for name in API["components"]["schemas"]:
        validator = schema(name)
        validator.check_schema(API["components"]["schemas"][name])
    for operation in (API["paths"]["/v1"]["get"], POST):
        for answer in operation["responses"].values():
            assert answer.keys() & {"$ref", "description"}


def test_it_has_every_flow() -> None:
    parameters = {item["name"]: item for item in API["paths"]["/v1/{integration}/{flow}"]["parameters"]}
    assert parameters["flow"]["schema"]["enum"] == [*NAMES, "payroll"]
    assert EXAMPLES.keys() == {*NAMES, "payroll"}


@pytest.mark.parametrize("flow", list(NAMES))
def test_an_example_is_what_we_send(client: Client, server: PortalServer, flow: Flow) -> None:
    """Lines with the example's values give the example, name by name in the same order, and the portal takes it."""
    example = EXAMPLES[flow]["value"]
    assert [error.message for error in schema("Operations").iter_errors(example)] == []
    puts: list[Line] = []
    gone: list[Line] = []
    for operation in example["operations"]:
        first, *more = operation.get("records", [{}])
        line = Line(operation["id"], operation["id"], "", "", "", first, more=tuple(more))
        (puts if operation["op"] == "put" else gone).append(line)
        for record in operation.get("records", []):
            assert [error.message for error in schema(f"{flow.capitalize()}Record").iter_errors(record)] == []
            assert list(record) == list(lines.fields(flow))
    key = POST["parameters"][0]["example"]
    assert re.fullmatch(POST["parameters"][0]["schema"]["pattern"], key)
    content = Content.of(b"".join(delivery.render(flow, puts, gone)))
    assert delivery.deliver(client, "acme", flow, key.removesuffix("-00001"), content) == []
    assert (server.calls[0].key, server.calls[0].operations) == (key, example["operations"])


def test_the_example_of_payroll_data_is_what_we_send(client: Client, server: PortalServer) -> None:
    """Its tables go before the operations, in each call, and once in what is kept."""
    example = EXAMPLES["payroll"]["value"]
    assert [error.message for error in schema("PayrollOperations").iter_errors(example)] == []
    put, gone = example["operations"]
    tables = msgspec.convert(example["schema"]["tables"], dict[str, tuple[Column, ...]])
    line = Line(put["id"], "number:1001", "01", put["id"], "", put["records"][0])
    content = Content.of(
        b"".join(delivery.render(Flow.PAYROLL, [line], [Line(gone["id"], "x", "", "", "", {})], tables))
    )
    assert delivery.deliver(client, "acme", Flow.PAYROLL, "payroll_00000001_8f434346648f", content) == []
    assert json.loads(server.calls[0].body) == example


def test_the_example_of_an_answer_is_one() -> None:
    answer = POST["responses"]["200"]["content"]["application/json"]["example"]
    assert [error.message for error in schema("Results").iter_errors(answer)] == []
    about = API["paths"]["/v1"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert schema("About").is_valid(about)


def test_the_limits_are_ours() -> None:
    assert API["components"]["schemas"]["Operations"]["properties"]["operations"]["maxItems"] == delivery.MAX_OPERATIONS
    assert delivery.MAX_BYTES < 1_048_576
