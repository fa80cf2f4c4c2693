"""How the flows stand, as numbers for those who watch machines: what a run did, and what waits."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.store import calls
from veerpont.store.alerts import SUCCEEDED
from veerpont.store.clock import today
from veerpont.store.deliveries import State
from veerpont.store.tables import Delivery, Reject, Run

FATES = ("delivered", "unchanged", "filtered", "rejected", "held")


class Measure(NamedTuple):
    """One number. `of`: what it is of, such as the integration, the flow and the portal."""

    name: str
    value: float
    of: dict[str, str]


def measures(session: Session, flow: str, run_id: str, names: Collection[str]) -> Iterator[Measure]:
    """Yield what there is to measure of a flow when a run of it has ended, for each of these integrations.

    `rows`: of this run, by fate. `success_at`: when a run last succeeded, in seconds since 1970. `open_rejects` and
    `held_deliveries`: how many wait. `source_calls`: to the source, today.
    """
    run = select(Run).where(Run.flow == flow, Run.run_id == run_id, Run.ended_at.is_not(None), Run.portal != "")
    for row in session.scalars(run.where(Run.integration.in_(names))):
        of = {"integration": row.integration, "flow": flow, "portal": row.portal}
        for fate in FATES:
            yield Measure("rows", getattr(row, fate), of | {"fate": fate})
    day = today()
    for name, made in calls.on(session, day, flow, names).items():
        yield Measure("source_calls", made, {"integration": name, "flow": flow})
    well = select(Run.integration, Run.portal, func.max(Run.ended_at)).where(
        Run.flow == flow, Run.state.in_(SUCCEEDED), Run.portal != "", Run.integration.in_(names)
    )
    for name, portal, at in session.execute(well.group_by(Run.integration, Run.portal)):
        if at is not None:
            yield Measure("success_at", at.timestamp(), {"integration": name, "flow": flow, "portal": portal})
    rejects = select(Reject.integration, func.count()).where(
        Reject.flow == flow, Reject.state == "open", Reject.integration.in_(names)
    )
    counted = dict(session.execute(rejects.group_by(Reject.integration)).all())
    for name in names:
        yield Measure("open_rejects", counted.get(name, 0), {"integration": name, "flow": flow})
    held = select(Delivery.integration, func.count()).where(
        Delivery.flow == flow,
        Delivery.state == State.HELD,
        Delivery.decided_by.is_(None),
        Delivery.integration.in_(names),
    )
    waiting = dict(session.execute(held.group_by(Delivery.integration)).all())
    for name in names:
        yield Measure("held_deliveries", waiting.get(name, 0), {"integration": name, "flow": flow})
