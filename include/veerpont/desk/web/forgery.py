"""Against requests that another site makes a browser send (CSRF): a cookie logs people in, so a cookie proves nothing.

An act needs all of: an `Origin` or `Sec-Fetch-Site` of our own; the desk's cookie; and in the form the HMAC of that
cookie and of who is logged in, under Airflow's secret. Another site cannot read the form, cannot make the HMAC, and
one that plants a cookie of its own (a sibling domain) has no HMAC for this person.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response, status

from veerpont.desk.web.airflow_side import Person, own_host, secret

COOKIE = "veerpont_desk"


def mark(request: Request) -> str:
    """Return the desk's mark of this browser: the one it has, or a new one."""
    known = request.cookies.get(COOKIE, "")
    return known if len(known) >= 32 else secrets.token_urlsafe(32)


def keep(response: Response, request: Request, value: str) -> None:
    """Leave the mark in the browser until it is closed; no script can read it."""
    if request.cookies.get(COOKIE) != value:
        path = request.scope.get("root_path") or "/"
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, value, path=path, httponly=True, samesite="lax", secure=secure)


def token(value: str, person: Person) -> str:
    """Return what a form carries: it fits one browser and one person."""
    content = f"veerpont desk\n{value}\n{person.id}".encode()
    return hmac.new(secret().encode(), content, hashlib.sha256).hexdigest()


def require(request: Request, person: Person, given: str) -> None:
    """Refuse (403) an act that the desk's own page did not ask for."""
    value = request.cookies.get(COOKIE, "")
    genuine = bool(value) and hmac.compare_digest(token(value, person).encode(), given.encode())
    if not (genuine and _is_our_own(request)):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "forged")


def _is_our_own(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        return False  # every browser says at least one of them with a form that it posts
    if site not in {None, "same-origin"}:
        return False
    ours = {request.headers.get("host", ""), own_host()} - {""}
    return origin is None or urlsplit(origin).netloc in ours
