"""A ledger with something of everything, as a week of a busy customer would leave it."""

from datetime import datetime, timedelta

from veerpont.model.failures import Problem, Stage
from veerpont.rules.dates import business_date
from veerpont.store import calls, employers, links, rejects, runs
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Run

NO_CAUSE = Problem(Stage.TRANSFORM, "Type_verzuim", "no_cause", "Add the cause of this absence type to absence.causes.")
BAD_DATE = Problem(Stage.TRANSFORM, "Geboortedatum", "impossible_date", "Correct the date of birth in AFAS.")
NEW_KEY = Problem(Stage.EXPORT, "personnel_number", "portal_key_changed", "Confirm that it is the same person.")


def fill(ledger: Ledger, moment: datetime | None = None, integration: str = "acme") -> None:
    """Put runs, rejects, employers and deliveries of an integration into a ledger."""
    moment = moment or now()
    with ledger.session() as session:
        for code, name in (("01", "Acme Bouw B.V."), ("02", "Acme <b>Zorg</b> B.V."), ("03", "Acme Nieuw B.V.")):
            employers.show(session, integration, code, name)
    with ledger.session() as session:
        calls.add(session, integration, "iban", business_date(moment), 1152)
        calls.add(session, integration, "absence", business_date(moment), 60)
        employers.activate(session, integration, ["01", "02"], "Els")
        employers.count_people(session, integration, {"01": 4120, "02": 80})
        employers.states(session, integration)["03"].people = 37
        links.show(session, integration, {"L1": "01", "L2": "01", "L3": "02"}, ["01", "02"])
        books = {"read": 4200, "delivered": 12, "unchanged": 4100, "filtered": 37, "rejected": 11, "held": 40}
        runs.begin(session, integration, "employees", ["xpert_suite"], "r1")
        runs.end(session, Scope(integration, "employees", "xpert_suite"), "r1", "success", books)
        runs.begin(session, integration, "absence", ["xpert_suite"], "a1")
        refused = "AFAS refuses the token."
        runs.end(session, Scope(integration, "absence"), "a1", "failed", kind="settings", message=refused)
        session.add(
            Run(
                integration=integration,
                flow="employers",
                portal="xpert_suite",
                run_id="e1",
                started_at=moment - timedelta(hours=30),
                ended_at=moment - timedelta(hours=30),
                state="success",
            )
        )
        rejects.settle(
            session,
            Scope(integration, "absence"),
            "a1",
            Findings(
                {f"CASE{number:03d}": NO_CAUSE for number in range(412)},
                employers={f"CASE{number:03d}": "01" for number in range(412)},
            ),
        )
        codes = {("no_cause", "01", "ZW"): 400, ("no_cause", "01", "Z"): 12}
        rejects.count_codes(session, integration, "absence", codes)
        rejects.settle(
            session,
            Scope(integration, "employees"),
            "r1",
            Findings(
                {"A1": BAD_DATE, "A2": NEW_KEY, "A3": NEW_KEY},
                {"A2": "q2", "A3": "q3"},
                {"A1": "01", "A2": "02", "A3": "02"},
            ),
        )
        session.add_all([
            Delivery(
                integration=integration,
                flow="employees",
                portal="xpert_suite",
                run_id="r1",
                state=State.DELIVERED,
                name="employees_00000001_abcdef012345.xlsx",
                sha256="ab" * 32,
                size=123_456,
                records=4112,
                at=moment - timedelta(hours=1),
            ),
            Delivery(
                integration=integration,
                flow="employees",
                portal="xpert_suite",
                run_id="r1",
                state=State.HELD,
                reasons="many_gone",
                question="q",
                gone=40,
                at=moment,
            ),
        ])
