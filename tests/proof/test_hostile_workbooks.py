"""Fifty hostile files are brought to the desk: Airflow's API server lives, each is refused, the child stays small."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from cryptography.fernet import Fernet
from hostile import HOSTILE, SLOW

from veerpont.config.settings import settings
from veerpont.store import work
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.workbook import limits

pytestmark = pytest.mark.timeout(1200)

UPLOADS = 50
AT_MOST = f"{limits.MEMORY / 1e6:.0f} MB, {limits.SECONDS:g} s"
SAMPLE = ["a cell in the last corner", "a wide row", "a long shared text in many cells", "nested elements",
          "half a workbook", "an encrypted workbook", "an old workbook", "an OpenDocument file"]  # fmt: skip
MEASURED = """
import json, resource, sys, time
from veerpont.model.failures import SettingsError
from veerpont.systems.workbook.reader import read
began = time.monotonic()
try:
    read(sys.stdin.buffer.read(), "The file")
    said = ""
except SettingsError as error:
    said = str(error)
print(json.dumps([said, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, time.monotonic() - began]))
"""
"""In a process of its own: the system remembers the largest child of all that a process ever had."""


def test_the_child_stays_within_its_limits(proof: Any) -> None:
    most_memory = most_time = 0.0
    for name in proof.size(list(HOSTILE), SAMPLE[:3]):
        make, says = HOSTILE[name]
        done = subprocess.run([sys.executable, "-c", MEASURED], input=make(), capture_output=True, check=True)
        said, kilobytes, seconds = json.loads(done.stdout)
        assert re.search(says, said), (name, said)
        proof.note(f"{name}: memory of the child, time", f"{kilobytes / 1000:.0f} MB, {seconds:.1f} s", AT_MOST)
        most_memory, most_time = max(most_memory, kilobytes * 1000), max(most_time, seconds)
    proof.note("the most of all", f"{most_memory / 1e6:.0f} MB, {most_time:.0f} s", AT_MOST)
    assert most_memory < limits.MEMORY
    assert most_time < limits.SECONDS


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A browser at a desk with one customer whose portal gives reports."""
    root = Path(__file__).resolve().parents[2]
    monkeypatch.syspath_prepend(str(root / "plugins"))
    (tmp_path / "integrations").mkdir()
    (tmp_path / "integrations" / "acme.yaml").write_text(
        yaml.safe_dump({
            "name": "acme",
            "customer": "Acme B.V.",
            "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
            "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employees"]}],
            "xpert_suite": {"profile": "sandbox", "report": {}},
        })
    )
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path / "integrations"))
    monkeypatch.setenv("VEERPONT_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("VEERPONT_VAULT", f"file://{tmp_path / 'vault'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    from fastapi.testclient import TestClient
    from somebody import Somebody

    from veerpont.desk.web import airflow_side
    from veerpont.desk.web.app import desk

    app = desk()
    els = Somebody()
    app.dependency_overrides[airflow_side.person] = lambda: els
    yield TestClient(app, headers={"origin": "http://testserver"}, raise_server_exceptions=False)
    app.dependency_overrides.clear()


def token(page: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found
    return found[1]


def test_the_desk_lives(proof: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages parse nothing, whatever is brought; the task refuses each, and nothing is left of it."""
    from veerpont.pipeline import desk_work

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the API server starts no process")

    names = proof.size(sorted(HOSTILE), SAMPLE)
    with monkeypatch.context() as here:
        here.setattr(subprocess.Popen, "__init__", never)
        form = {"token": token(client.get("/deliveries").text), "integration": "acme"}
        given = 0
        for name in islice(cycle(names), proof.size(UPLOADS, len(SAMPLE))):
            answer = client.post(
                "/deliveries/report", data=form, files={"file": ("log.xlsx", HOSTILE[name][0](), "text/csv")}
            )
            assert answer.status_code == (409 if name == "a file above the limit" else 200), name
            given += answer.status_code == 200
            assert client.get("/").status_code == 200
    assert not desk_work.do(lambda _: None)
    with Ledger(settings().ledger).session() as session:
        states = [row.state for row in work.recent(session, work.REPORT, count=100)]
    assert states == ["refused"] * given
    assert Vault(settings().vault, settings().vault_keys).paths(work.FOLDER) == []
    proof.note("uploads to the desk: kept, and refused by the task", f"{given}, {len(states)}")


def test_a_real_api_server_lives(proof: Any, tmp_path: Path) -> None:
    """`airflow standalone` with the desk in it: its process is the same one after all of them, and not much larger."""
    if not proof.full:
        pytest.skip("a whole Airflow: only in the whole proof")
    from airflow_up import AirflowUp

    with AirflowUp(tmp_path) as up:
        path = up.integrations / "veerhuis.yaml"
        content = yaml.safe_load(path.read_text())
        content["xpert_suite"]["report"] = {}
        path.write_text(yaml.safe_dump(content))
        up.unpause("desk_work")
        browser = requests.Session()
        browser.cookies.set("_token", up.token("admin"))
        browser.headers["origin"] = up.url
        form = {
            "token": token(browser.get(f"{up.url}/desk/deliveries", timeout=120).text),
            "integration": "veerhuis",
        }
        before = servers()
        slowest, pages = 0.0, []
        for name in islice(cycle(sorted(HOSTILE.keys() - SLOW)), UPLOADS):
            files = {"file": ("log.xlsx", HOSTILE[name][0](), "text/csv")}
            began = time.monotonic()
            answer = browser.post(f"{up.url}/desk/deliveries/report", data=form, files=files, timeout=120)
            slowest = max(slowest, time.monotonic() - began)
            assert answer.status_code in {200, 409}, (name, answer.status_code)
            pages += [answer.url] if answer.status_code == 200 else []
        first = time.monotonic()
        while any("http-equiv" in browser.get(page, timeout=120).text for page in pages[-1:]):
            assert time.monotonic() < first + 600, "the last page still says that it is being read"
            time.sleep(1)
        waited = time.monotonic() - first
        after = servers()
        with up.ledger.session() as session:
            assert {row.state for row in work.recent(session, work.REPORT, count=100)} == {"refused"}
        assert browser.get(f"{up.url}/desk/", timeout=60).status_code == 200
        assert before.keys() <= after.keys()
        grown = max(after[each] - before[each] for each in before)
        proof.note("uploads to a real API server, all pages answered, slowest", f"{UPLOADS}, {slowest:.1f} s", "all")
        proof.note("how much the API server grew meanwhile", f"{grown:.0f} MB", "300 MB")
        proof.note("from the last upload to its result on the page", f"{waited:.0f} s", "60 s, less what was before it")
        assert grown < 300


def servers() -> dict[str, float]:
    """Return process → MB, of every API server that this machine runs for us."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            held = re.search(r"VmRSS:\s+(\d+) kB", (entry / "status").read_text())
        except OSError:
            continue
        if b"api_server" in command or b"api-server" in command:
            found[entry.name] = int(held[1]) / 1000 if held else 0.0
    return found
