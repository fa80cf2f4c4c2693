"""The preview at the desk: asked for at a customer's checklist, by who may act on the flow; the page has the counts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from somebody import Somebody

from veerpont.pipeline import desk_work
from veerpont.pipeline.preview import Preview, Previews
from veerpont.store.ledger import Ledger
from veerpont.store.runs import COUNTS

FILE: dict[str, Any] = {
    "name": "acme",
    "customer": "Acme Holding B.V.",
    "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
    "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employers", "employees"]}],
}
FOUND = Previews(
    "acme",
    "employees",
    [
        Preview(
            "xpert_suite",
            dict.fromkeys(COUNTS, 0) | {"unchanged": 11},
            new={"01": ["A7"]},
            held=[{"gone": 3, "records": 0, "reasons": ["many_gone"]}],
        )
    ],
    [{"reason": "unknown_employer", "new": True, "employer": "01", "key": "A8", "detail": ""}],
)


@pytest.fixture(autouse=True)
def _file(client: Any, tmp_path: Path) -> None:
    (tmp_path / "integrations" / "acme.yaml").write_text(yaml.safe_dump(FILE))


def token(client: Any) -> str:
    found = re.search(r'/preview">.*?name="token" value="([^"]*)"', client.get("/customers/acme").text, re.DOTALL)
    assert found
    return found[1]


def test_it_is_asked_for_made_by_a_task_and_shown(
    client: Any, person: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_work, "preview", lambda *_: FOUND)
    waiting = client.post("/customers/acme/preview", data={"token": token(client), "flow": "employees"})
    assert 'http-equiv="refresh"' in waiting.text
    assert person.started == [("desk_work", "acme")]
    assert not desk_work.do(lambda _: None)
    page = client.get(f"{waiting.url.path}?lang=en").text
    assert 'http-equiv="refresh"' not in page
    assert re.findall(r"<dt>(\w+)</dt><dd>(\d+)</dd>", page) == [
        *(("new", "1"), ("changed", "0"), ("gone", "0"), ("unchanged", "11"), ("filtered", "0"), ("rejected", "0"))
    ]
    assert "3 removals at Xpert Suite" in page
    assert "Rejects, 1 of them new" in page
    assert "A7" not in page
    assert "A8" not in page
    assert f'{waiting.url.path}"' in client.get("/customers/acme").text.replace('href="../', 'href="/')


def test_it_is_refused_to_who_may_only_look(client: Any, person: Somebody, filled: Ledger) -> None:
    mine = token(client)
    person.acts = False
    assert "/preview" not in client.get("/customers/acme").text
    assert client.post("/customers/acme/preview", data={"token": mine, "flow": "employees"}).status_code == 403
    person.acts = True
    for flow, status in (("absence", 404), ("nothing", 400)):
        assert client.post("/customers/acme/preview", data={"token": mine, "flow": flow}).status_code == status
    assert client.post("/customers/acme/preview", data={"token": "x", "flow": "employees"}).status_code == 403
    assert client.get("/customers/acme/preview/99").status_code == 404
    assert person.started == []
