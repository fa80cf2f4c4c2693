"""What AFAS's answers mean, and whom they concern (docs/reference/afas.md, 2.3).

No message repeats what the server said: a body may hold anything. The references in it are enough for AFAS and for the
customer's administrator to find the call.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.messages import Phrase, Words, coded
from veerpont.systems.http import ANY, ELSEWHERE, REDIRECTS, Limits, Means, SystemAnswers
from veerpont.systems.http_answer import Answer
from veerpont.systems.named import SOME_CONNECTION

LIMITS = Limits(connect=30.0, idle=930.0, whole=1200.0, wait=10 * 3600.0)
"""AFAS itself stops after 900 seconds (docs/reference/afas.md, 6.1), and its maintenance may take hours."""


def system(where: Words = SOME_CONNECTION) -> SystemAnswers:
    """Return AFAS as the connection `where` knows it."""
    return SystemAnswers(
        "AFAS",
        where,
        [
            ({400}, Phrase("afas.400", "finds the request incomplete. Check member number and base URL of {where}")),
            (
                {401},
                Phrase(
                    "afas.401",
                    "does not accept the token or client secret of {where}, or its app connector may not use this. "
                    "Ask the customer's AFAS administrator for a valid one (classic tokens expire on 1 May 2027 at "
                    "the latest)",
                ),
            ),
            (
                {403},
                Phrase(
                    "afas.403",
                    "refuses our IP address. Ask the customer's AFAS administrator to allow it in the app connector",
                ),
            ),
            (
                {404},
                Phrase(
                    "afas.404", "does not know this address. Check member number, environment and base URL of {where}"
                ),
            ),
            (
                {413},
                Phrase(
                    "afas.413",
                    "finds the call too large. Ask the customer's AFAS administrator to filter the GetConnector",
                ),
            ),
            (REDIRECTS, ELSEWHERE),
            ({429, 502, 503, 504}, Means.BUSY),
            (ANY, Means.LATER),
        ],
        after_slow=timedelta(minutes=15),  # AFAS keeps running the query (docs/reference/afas.md, 6.4)
    )


# A 500 covers everything from a lock to a block, its errorNumber is generic and its text depends on the language. The
# preflight finds most permanent causes beforehand; these documented messages are the rest of them, and an unknown text
# stays passing. AFAS documents them in Dutch and English (docs/reference/afas.md, 2.3).
_PERMANENT_500 = {
    r"geblokkeerd|blocked": Phrase(
        "afas.blocked", "The GetConnector is blocked. Ask the customer's AFAS administrator to lift that"
    ),
    r"niet geautoriseerd|not authori[sz]ed|niet ondersteund|not supported": Phrase(
        "afas.not_authorised",
        "The GetConnector is not in the app connector or its user is not authorised. Ask the customer's AFAS "
        "administrator to add it",
    ),
    r"niet gevonden|not found": Phrase(
        "afas.not_found",
        "AFAS does not find a field or connector that we asked for. Compare the customer's GetConnector with the one "
        "that was supplied",
    ),
    r"(invalid|ongeldige?|unknown|onbekende?) (index|filter|operator|sort|connector|field|veld)": Phrase(
        "afas.no_such_query",
        "AFAS cannot sort or filter on what we asked for. Compare the customer's GetConnector with the one that was "
        "supplied",
    ),
    r"out of memory|out of string space": Phrase(
        "afas.out_of_memory",
        "The answer is too large for AFAS. Ask the customer's AFAS administrator to filter the GetConnector",
    ),
}


def failure(of: SystemAnswers, answer: Answer, call: str, now: datetime, limits: Limits = LIMITS) -> VeerpontError:
    """Return the error for any answer but a 200. `call` names it for the reader: a path, never a filter."""
    body = answer.object() or {}  # whatever the Content-Type says: AFAS documents an XML type for JSON bodies
    references = _references(answer, body)
    if answer.status == 500:
        text = str(body.get("externalMessage") or body.get("message") or "").casefold()
        for pattern, advice in _PERMANENT_500.items():
            if re.search(pattern, text):
                return SettingsError(
                    coded(
                        "afas.permanent",
                        "{advice}. ({call}: HTTP 500{references})",
                        advice=advice.of(),
                        call=call,
                        references=references,
                    )
                )
    return of.failure(answer, call, now, limits, references)


def _references(answer: Answer, body: Mapping[str, object]) -> str:
    found = {
        "errorNumber": body.get("errorNumber"),
        "profitLogReference": body.get("profitLogReference"),
        "X-Trace-Identifier": answer.headers.get("X-Trace-Identifier"),
    }
    # Only what looks like a reference: a free text in its place may hold anything.
    known = {name: str(value) for name, value in found.items() if re.fullmatch(r"[0-9A-Za-z-]{1,64}", str(value or ""))}
    return "".join(f", {name} {_grouped(value)}" for name, value in known.items())


def _grouped(reference: str) -> str:
    """Return a reference without a row of digits that could be read as a citizen-service or personnel number."""
    return re.sub(r"\d{8,}", lambda digits: re.sub(r"\d{4}(?=\d)", r"\g<0> ", digits[0]), reference)
