"""What a failure that may pass by itself comes from, by its sentence: who hears of it, and after how long. Pure."""

import re
from datetime import datetime, timedelta

from veerpont.rules.calendar import lasts
from veerpont.store.alerts import Standing

MANAGERS, ENGINEERS = "managers", "engineers"
PATIENCE = timedelta(hours=2)
"""So long, and for so many tries, anything but maintenance of the source may last."""
TRIES = 3
MAINTENANCE = re.compile(r"is not available now|in maintenance|is away")
"""The source says so itself: it is waited for until the night ends, or for the opening hours of the flow."""

_WHO = (
    (r"still has the last file|asked to be left alone", MANAGERS),  # the portal does not process: they ask its support
    (r"bytes arrived in|did not arrive as it was sent", MANAGERS),  # its disk is full, or its folder is emptied at once
    (r"", ENGINEERS),  # a host, a network, a database, a leased place: machines
)


def hears(message: str) -> str:
    """Return who acts on a passing failure."""
    return next(who for pattern, who in _WHO if re.search(pattern, message))


def is_due(flow: str, standing: Standing, moment: datetime) -> bool:
    """Tell whether a passing failure has lasted long enough to be told."""
    since = standing.broken_since or standing.started_at
    if MAINTENANCE.search(standing.message):
        return lasts(flow, standing.success_at, since, moment)
    often = moment - since >= PATIENCE and standing.tries >= TRIES
    return often or lasts(flow, None, since, moment)  # a nightly flow is not tried so often


def cause(message: str) -> str:
    """Return a sentence without what differs from run to run: two flows that say the same have one cause."""
    return re.sub(r"\([^()]*\)|\d+", "", message).strip()
