"""A desk in a folder, with a customer `secret` or without, and what it answers to somebody."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from somebody import Somebody
from sqlalchemy import func, select
from test_checklist import FILE

from veerpont.config.mappings import MappedCode
from veerpont.desk.web import forgery
from veerpont.model.flows import Flow
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import alerts, looks, mappings, work
from veerpont.store.ledger import Ledger
from veerpont.store.looks import LookKind
from veerpont.store.mappings import Used
from veerpont.store.table_base import Base
from veerpont.store.tables import Delivery, Reject, Run

SECRET = "secret"
MARK = "m" * 43
KEY = "CASE007"


@dataclass
class Desk:
    """One desk in a folder, at one moment."""

    folder: Path
    moment: datetime

    @property
    def ledger(self) -> Ledger:
        return Ledger(f"sqlite:///{self.folder / 'ledger.db'}")

    def file(self, name: str, seen_by: object = None) -> None:
        """Write the integration file of a customer with reports and codes of absence."""
        content = {**FILE, "name": name, "customer": f"{name.title()} B.V.", "schedule": "when_live"}
        content |= {"xpert_suite": {"profile": "sandbox", "report": {}}} | ({"seen_by": seen_by} if seen_by else {})
        (self.folder / "integrations" / f"{name}.yaml").write_text(yaml.safe_dump(content))

    def more(self, name: str) -> None:
        """Keep of a customer what `fill` does not."""
        with self.ledger.session() as session:
            used = {MappedCode("absence.causes", "01", "ZW"): Used(400)}
            mappings.count(session, name, ["absence.causes"], used)
            mappings.keep(session, name, MappedCode("absence.causes", "01", "AO"), "3", "Els")
            began = datetime.combine(business_date(self.moment) - timedelta(days=2), time(21, 10), AMSTERDAM)
            ended = began + timedelta(minutes=20 if name == SECRET else 10)
            given = {"portal": "xpert_suite", "run_id": "n1", "state": "success", "started_at": began}
            session.add(Run(integration=name, flow="employers", ended_at=ended, **given))
            for row in session.scalars(select(Reject).where(Reject.integration == name).limit(9)):
                row.first_seen -= timedelta(days=3)
            alerts.add(session, f"expiry {name}", name, "", "joke@acme.example", "A login ends.", self.moment)
            looks.note(session, name, LookKind.RECORD, [KEY], "Els")
            work.add(session, name, work.REPORT, "Els", [Flow.EMPLOYEES])
            work.add(session, name, work.FORGET_LOOK, "Els", [])
            work.end(session, work.add(session, name, work.PREVIEW, "Els", [Flow.EMPLOYEES]), work.WorkState.REFUSED)

    def use(self, patch: pytest.MonkeyPatch) -> None:
        patch.setenv("VEERPONT_INTEGRATIONS", str(self.folder / "integrations"))
        patch.setenv("VEERPONT_LEDGER", f"sqlite:///{self.folder / 'ledger.db'}")
        patch.setenv("VEERPONT_VAULT", f"file://{self.folder / 'vault'}")

    def rows(self) -> dict[str, int]:
        """Return how many rows of `secret` each table has, and what was decided about them."""
        tables: list[Any] = [each.class_ for each in Base.registry.mappers if "integration" in each.columns]
        with self.ledger.session() as session:
            count = {
                table.__tablename__: session.scalar(
                    select(func.count()).select_from(table).where(table.integration == SECRET)
                )
                or 0
                for table in tables
            }
            waits = session.scalar(
                select(func.count()).where(Delivery.integration == SECRET, Delivery.decided_by.is_(None))
            )
            states = session.execute(
                select(Reject.state, Reject.retry_at, func.count())
                .where(Reject.integration == SECRET)
                .group_by(Reject.state, Reject.retry_at)
            )
            return count | {"waits": waits or 0} | {f"{state} {at}": many for state, at, many in states}


@dataclass
class Answer:
    """What came of a request, without what differs each time."""

    status: int
    text: str
    started: list[tuple[str, str]]


def ask(
    app: Any, desk: Desk, patch: pytest.MonkeyPatch, method: str, path: str, data: Any = None, roles: Any = ()
) -> Answer:
    """Ask as Els, who may act on every flow."""
    from fastapi.testclient import TestClient

    from veerpont.desk.web import airflow_side

    person = Somebody(roles=frozenset(roles))
    app.dependency_overrides[airflow_side.person] = lambda: person
    desk.use(patch)
    headers = {"origin": "http://testserver", "accept-language": "en"}
    client = TestClient(app, headers=headers, raise_server_exceptions=False)
    client.cookies.set(forgery.COOKIE, MARK)
    if method == "GET":
        answer = client.get(path)
    else:
        given = {"token": forgery.token(MARK, person), **data()}  # type: ignore[arg-type]
        files = {"file": ("report.csv", given.pop("file"))} if "file" in given else None
        answer = client.post(path, data=given, files=files)
    text = re.sub(r'(name="record" value=")[^"]*', r"\1", answer.text)
    return Answer(answer.status_code, text, person.started)
