"""Which absence cases the history was asked for: a map of employers and months in the ledger."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from veerpont.store.tables import Coverage

_OF_INTEGRATION = Coverage.integration == bindparam("integration")
_CELLS = select(Coverage).where(_OF_INTEGRATION).order_by(Coverage.employer, Coverage.month)


def cells(session: Session, integration: str) -> list[Coverage]:
    """Return the cells of an integration, by employer and month."""
    return list(session.scalars(_CELLS, {"integration": integration}))


def record(
    session: Session,
    integration: str,
    got: Mapping[tuple[str, str], int],
    *,
    asked_at: datetime,
    moment: datetime,
    counts: bool,
) -> None:
    """Keep an answer. An answer that does not count never takes the place of one that does.

    Args:
        got: (employer, month) -> lines that came.
        asked_at: when the read began.
        moment: for which moment the run was.
        counts: whether the answer was whole.
    """
    known = {(row.employer, row.month): row for row in cells(session, integration)}
    for (employer, month), lines in got.items():
        row = known.get((employer, month))
        if row is None:
            row = Coverage(integration=integration, employer=employer, month=month)
            session.add(row)
        elif (row.counts and not counts) or row.asked_at > asked_at:
            continue
        row.asked_at, row.moment, row.got, row.counts = asked_at, moment, lines, counts
