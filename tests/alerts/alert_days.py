"""A ledger, customers and a clock, and what each role gets by mail."""

from datetime import UTC, datetime, timedelta
from typing import Any

from veerpont.alerts.watch import Watch, after_run
from veerpont.config.integration import Integration
from veerpont.messages.mail import Letter, Post
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import Words
from veerpont.rules.dates import AMSTERDAM
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Alert, Delivery, Run

ENGINEERS = ("engineer@veerpont.example",)
FLOWS = ["employers", "organigram", "employees", "accounts", "absence"]


def at(text: str) -> datetime:
    """Return a moment of Dutch time."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).astimezone(UTC)


def customer(name: str, **changes: Any) -> Integration:
    """Return the integration of a customer whose managers have an address at it."""
    content = {
        "name": name,
        "customer": f"{name.title()} B.V.",
        "source": {"system": "afas", "connection": f"afas_{name}", "environment": "O12345AA"},
        "portals": [
            {"portal": "xpert_suite", "connection": f"xpert_{name}", "flows": FLOWS},
            {"portal": "json_api", "connection": f"portal_{name}", "flows": ["iban"]},
        ],
        "mail": {"to": [f"beheer@{name}.example"]},
    }
    return Integration.model_validate(content | changes)


class Desk:
    """Runs end as a test says, and mail goes into `outbox` while the mail server is up."""

    def __init__(self, ledger: Ledger, *customers: Integration) -> None:
        self.ledger = ledger
        self.customers = {one.name: one for one in customers}
        self.broken: dict[str, SettingsError] = {}
        self.engineers = ENGINEERS
        self.classic: set[str] = set()
        self.outbox: list[tuple[datetime, Letter]] = []
        self.log: list[str] = []
        self.mail_is_down = False
        self.notify: Post | None = None
        self.clock = at("2026-11-23 07:00")
        self._others: dict[str, Integration] = {}

    @property
    def watch(self) -> Watch:
        return Watch(
            self.ledger,
            self.customers | self._others,
            self.broken,
            self.engineers,
            "https://airflow.example/desk",
            self._post,
            self.log.append,
            lambda one: one.name in self.classic,
            self.notify,
        )

    def _post(self, letter: Letter) -> None:
        if self.mail_is_down:
            raise PassingError("The mail server did not take the mail (ConnectionRefusedError).")
        self.outbox.append((self.clock, letter))

    def run(
        self,
        name: str,
        flow: str,
        moment: datetime | str,
        state: str = "success",
        kind: str | None = None,
        message: Words = "",
        tell: bool = True,
    ) -> None:
        """Let a run end one minute after it began, as its callback sees it."""
        begun = at(moment) if isinstance(moment, str) else moment
        portal = "json_api" if flow == "iban" else "xpert_suite"
        self.clock = begun + timedelta(minutes=1)
        with self.ledger.session() as session:
            session.add(
                Run(
                    integration=name,
                    flow=flow,
                    portal=portal,
                    run_id=f"scheduled__{begun.isoformat()}",
                    started_at=begun,
                    ended_at=self.clock,
                    state=state,
                    kind=kind,
                    words=message or None,
                )
            )
        if tell:
            after_run(self.watch, flow, [name], self.clock)

    def others_run(self) -> None:
        """Let another customer have runs of every flow, now and later: then no flow is silent."""
        later = at("2030-01-01 00:00")
        self._others = {"others": customer("others", mail={})}
        with self.ledger.session() as session:
            for flow, portal in [*((flow, "xpert_suite") for flow in FLOWS), ("iban", "json_api")]:
                run = Run(integration="others", flow=flow, portal=portal, run_id="later", state="success")
                run.started_at = run.ended_at = later
                session.add(run)

    def hold(self, name: str, flow: str, reasons: str, gone: int = 0, records: int = 0) -> int:
        """Let a delivery wait for a person; returns its id."""
        with self.ledger.session() as session:
            row = Delivery(
                integration=name,
                flow=flow,
                portal="xpert_suite",
                run_id="a run",
                state="held",
                reasons=reasons,
                gone=gone,
                records=records,
                at=self.clock,
            )
            session.add(row)
            session.flush()
            return row.id

    def settle(self, delivery: int, state: str) -> None:
        with self.ledger.session() as session:
            found = session.get(Delivery, delivery)
            assert found is not None
            found.state = state

    def got(self, address: str) -> list[str]:
        """Return the subjects that came to an address, with their time."""
        return [f"{when.astimezone(AMSTERDAM):%H:%M} {one.subject}" for when, one in self.outbox if address in one.to]

    @property
    def alerts(self) -> list[Alert]:
        with self.ledger.session() as session:
            return list(session.query(Alert).order_by(Alert.id))
