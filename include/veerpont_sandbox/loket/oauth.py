"""The pages `/authorize` and `/token` (docs/reference/loket.md, 1.2)."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from veerpont_sandbox.loket.provider import Settings
from veerpont_sandbox.loket.tokens import Tokens

FORM_TYPES = {"application/x-www-form-urlencoded", "text/plain"}
"""HelloID sends its form as text/plain, apparently accepted."""
Client = tuple[Tokens, Settings]


def authorize(request: Request, clients: Iterable[Client]) -> Response:
    """Send the browser back with a code, as if its user had logged in and agreed."""
    asked = request.query_params
    client = next((each for each in clients if each[0].client_id == asked.get("client_id")), None)
    back = asked.get("redirect_uri", "")
    # Without a known client or an address there is nobody to send the browser back to.
    if client is None or not back:
        return PlainTextResponse("Unknown client or missing redirect_uri.", 400)
    if asked.get("response_type") != "code" or asked.get("scope") != "all":
        wrong = "unsupported_response_type" if asked.get("response_type") != "code" else "invalid_scope"
        return _back(back, {"state": asked.get("state", ""), "error": wrong})
    tokens, settings = client
    return _back(back, {"state": asked.get("state", ""), "code": tokens.code(back, settings)})


def _back(address: str, answer: dict[str, str]) -> Response:
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}{urlencode(answer)}", 302)


def token(body: bytes, content_type: str, clients: Iterable[Client]) -> Response:
    """Answer a form: authorization_code and refresh_token; the password grant is refused to external clients."""
    if content_type.partition(";")[0].strip().lower() not in FORM_TYPES:
        return _error("invalid_request")
    form = fields(body)
    known = (each for each in clients if each[0].knows(form.get("client_id"), form.get("client_secret"), each[1]))
    client = next(known, None)
    if client is None:
        return _error("invalid_client", 401)
    tokens, settings = client
    match form.get("grant_type"):
        case "authorization_code":
            given = tokens.exchange(form.get("code", ""), form.get("redirect_uri", ""), settings)
        case "refresh_token":
            given = tokens.refresh(form.get("refresh_token", ""), settings)
        case "password":
            return _error("unauthorized_client")
        case _:
            return _error("unsupported_grant_type")
    if given is None:
        return _error("invalid_grant")
    return JSONResponse(given, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form. The portal's examples spell one of them `client_Id`."""
    return {name.lower(): value for name, value in parse_qsl(body.decode(errors="replace"))}


def _error(error: str, status: int = 400) -> Response:
    return JSONResponse({"error": error}, status, {"Cache-Control": "no-store"})
