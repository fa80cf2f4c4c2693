"""What time it is in the sandbox: the machine's, moved by the same variable that moves the product's clock."""

import os
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def now() -> datetime:
    """Return the present moment in Amsterdam, moved by `VEERPONT_CLOCK_OFFSET` seconds."""
    return datetime.now(AMSTERDAM) + timedelta(seconds=float(os.environ.get("VEERPONT_CLOCK_OFFSET") or 0))
