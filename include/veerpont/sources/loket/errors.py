"""What an answer that is not a good one means, and whom it concerns (loket.md section 4).

No message repeats what the server said, and none has a path with ids in it: the activity names the call.
"""

from datetime import datetime, timedelta

import requests

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.sources.answers import AgainError, seconds

AFTER_ODD_ANSWER = timedelta(minutes=5)
_SHORTEST_WAIT = 2.0

_PERMANENT = {
    400: "Loket finds the request wrong. Check the base URL of the connection; when it is right, this is a defect of "
    "ours or a change of Loket's: tell an engineer",
    401: "Loket does not accept an access token that it gave just now. Check that base URL and token URL of the "
    "connection belong to the same environment",
    404: "Loket does not know this address. Check the base URL of the connection",
}


def failure(response: requests.Response, activity: str, now: datetime) -> VeerpontError:
    """Return the error for any answer but a 200. `activity` is Loket's own name of the call (section 1.4)."""
    status = response.status_code
    where = f"({activity}: HTTP {status})"
    if status == 403:
        return SettingsError(
            f"Loket does not allow {activity}. Ask Loket to link that activity to the client, and the customer's Loket "
            f"administrator to give its right, role and module to the user of the link. {where}"
        )
    if status in _PERMANENT:
        return SettingsError(f"{_PERMANENT[status]}. {where}")
    if status == 429 or status >= 500:
        wait = seconds(response.headers.get("Retry-After"), now)
        return AgainError(f"Loket is not available now. {where}", now, max(wait, _SHORTEST_WAIT))
    return PassingError(f"Loket gives an answer that its documentation does not know. {where}", now + AFTER_ODD_ANSWER)
