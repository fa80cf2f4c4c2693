"""What an answer that is not a good one means, and whom it concerns (afas.md section 2.3).

No message repeats what the server said: a body may hold anything. The references in it are enough for AFAS and for the
customer's administrator to find the call.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import requests

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.sources.answers import AgainError, seconds

AFTER_ERROR_500 = timedelta(minutes=5)
AFTER_TIME_OUT = timedelta(minutes=15)  # AFAS keeps running the query (afas.md section 6.4)
_SHORTEST_WAIT = 2.0


_PERMANENT = {
    400: "AFAS finds the request incomplete. Check member number and base URL of the connection",
    401: "AFAS does not accept the token or client secret of the connection, or its app connector may not use this. "
    "Ask the customer's AFAS administrator for a valid one (classic tokens expire on 1 May 2027 at the latest)",
    403: "AFAS refuses our IP address. Ask the customer's AFAS administrator to allow it in the app connector",
    404: "AFAS does not know this address. Check member number, environment and base URL of the connection",
    413: "AFAS finds the call too large. Ask the customer's AFAS administrator to filter the GetConnector",
}

# A 500 covers everything from a lock to a block, its errorNumber is generic and its text depends on the language. The
# preflight finds most permanent causes beforehand; these documented messages are the rest of them, and an unknown text
# stays passing. AFAS documents them in Dutch and English (afas.md section 2.3).
_PERMANENT_500 = {
    r"geblokkeerd|blocked": "The GetConnector is blocked. Ask the customer's AFAS administrator to lift that",
    r"niet geautoriseerd|not authori[sz]ed|niet ondersteund|not supported": "The GetConnector is not in the app "
    "connector or its user is not authorised. Ask the customer's AFAS administrator to add it",
    r"niet gevonden|not found": "AFAS does not find a field or connector that we asked for. Compare the customer's "
    "GetConnector with the one that was supplied",
    r"out of memory|out of string space": "The answer is too large for AFAS. Ask the customer's AFAS administrator to "
    "filter the GetConnector",
}


def failure(response: requests.Response, what: str, now: datetime) -> VeerpontError:
    """Return the error for any answer but a 200. `what` names the call for the reader: a path, never a filter."""
    status = response.status_code
    body = _json(response)
    where = f"{what}: HTTP {status}{_references(response, body)}"
    if status in _PERMANENT:
        return SettingsError(f"{_PERMANENT[status]}. ({where})")
    if status == 500:
        text = str(body.get("externalMessage") or body.get("message") or "").casefold()
        for pattern, advice in _PERMANENT_500.items():
            if re.search(pattern, text):
                return SettingsError(f"{advice}. ({where})")
        return PassingError(f"AFAS reports an error. ({where})", now + AFTER_ERROR_500)
    if status in {429, 502, 503, 504}:
        wait = max(seconds(response.headers.get("Retry-After"), now), seconds(body.get("retry_after"), now))
        return AgainError(f"AFAS is not available now. ({where})", now, max(wait, _SHORTEST_WAIT))
    return PassingError(f"AFAS gives an answer that its documentation does not know. ({where})", now + AFTER_ERROR_500)


def _json(response: requests.Response) -> Mapping[str, object]:
    # Whatever the Content-Type says: AFAS documents an XML type for JSON bodies, and proxies send HTML.
    try:
        body = msgspec.json.decode(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _references(response: requests.Response, body: Mapping[str, object]) -> str:
    found = {
        "errorNumber": body.get("errorNumber"),
        "profitLogReference": body.get("profitLogReference"),
        "X-Trace-Identifier": response.headers.get("X-Trace-Identifier"),
    }
    # Only what looks like a reference: a free text in its place may hold anything.
    known = {name: str(value) for name, value in found.items() if re.fullmatch(r"[0-9A-Za-z-]{1,64}", str(value or ""))}
    return "".join(f", {name} {value}" for name, value in known.items())
