"""What a failure that may pass by itself comes from, by its sentence: who hears of it, and after how long. Pure."""

import re
from datetime import datetime, timedelta

from veerpont.model.flows import NIGHTLY
from veerpont.rules.calendar import Maintenance, end_of_night
from veerpont.store.alerts import FlowStanding

MANAGERS, ENGINEERS = "managers", "engineers"
PATIENCE = timedelta(hours=2)
"""So long, and for so many tries, anything may last; of the source without the hours of its maintenance."""
TRIES = 3

_WHO = (
    (r"still has the last file|asked to be left alone", MANAGERS),  # the portal does not process: they ask its support
    (r"bytes arrived in|did not arrive as it was sent", MANAGERS),  # its disk is full, or its folder is emptied at once
    (r"", ENGINEERS),  # a host, a network, a database, a leased place: machines
)


def hears(message: str) -> str:
    """Return who acts on a passing failure."""
    return next(who for pattern, who in _WHO if re.search(pattern, message))


def is_due(flow: str, standing: FlowStanding, moment: datetime, away: Maintenance | None) -> bool:
    """Tell whether a passing failure has lasted long enough to be told.

    away: when the source of this integration has its maintenance; None: it has no such hours.
    """
    since = standing.broken_since or standing.started_at
    if flow in NIGHTLY and moment >= end_of_night(since):
        return True  # it is not tried so often
    if standing.tries < TRIES:
        return False
    lasted = away.outside(since, moment) if away and away.whose in str(standing.message) else moment - since
    return lasted >= PATIENCE


def cause(message: str) -> str:
    """Return a sentence without what differs from run to run: two flows that say the same have one cause."""
    return re.sub(r"\([^()]*\)|\d+", "", message).strip()
