"""What a failure that may pass by itself comes from, by its code: who hears of it, and after how long. Pure."""

import re
from datetime import datetime, timedelta

from veerpont.model.flows import NIGHTLY
from veerpont.model.messages import Words, codes
from veerpont.rules.calendar import Maintenance, end_of_night
from veerpont.store.alerts import FlowStanding

MANAGERS, ENGINEERS = "managers", "engineers"
PATIENCE = timedelta(hours=2)
"""So long, and for so many tries, anything may last; of the source without the hours of its maintenance."""
TRIES = 3

_OF_MANAGERS = frozenset({
    *("portal.still_reads", "portal.left_alone"),  # the portal does not process: they ask its support
    *("sftp.cut_short", "storage.not_whole"),  # its disk is full, or its folder is emptied at once
})
"""Codes; all else is of machines: a host, a network, a database, a leased place."""


def hears(words: Words) -> str:
    """Return who acts on a passing failure."""
    return ENGINEERS if _OF_MANAGERS.isdisjoint(codes(words)) else MANAGERS


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
