"""The tokens of one client: rotation, expiry and what survives a restart (docs/reference/loket.md, 1.2)."""

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from veerpont_sandbox.loket.provider import Settings


class Tokens:
    """One client id with its secret and tokens. `path`: where the refresh tokens are kept; None keeps them in memory.

    Refresh tokens survive a restart, as the product has stored the newest one; access tokens do not.
    """

    def __init__(self, name: str, path: Path | None = None) -> None:
        self.client_id = f"veerpont-{name}"
        self.client_secret = _opaque(name, "secret")
        self._name = name
        self._path = path
        self._lock = threading.Lock()
        self._access: dict[str, float] = {}
        self._codes: dict[str, tuple[str, float]] = {}
        self._refresh = [_opaque(name, "refresh 0")]
        if path and path.exists():
            self._refresh = json.loads(path.read_text())["refresh"]

    @property
    def refresh_token(self) -> str | None:
        """The newest refresh token that is valid; None after `forget`."""
        with self._lock:
            return self._refresh[-1] if self._refresh else None

    def opens(self, access_token: str) -> bool:
        """Whether this access token is valid now."""
        with self._lock:
            return self._access.get(access_token, 0) > time.monotonic()

    def knows(self, client_id: str | None, secret: str | None, settings: Settings) -> bool:
        """Whether the client may call: whether a secret is needed depends on how the client is configured."""
        if client_id != self.client_id:
            return False
        if secret is None:
            return not settings.secret_required
        return secrets.compare_digest(secret.encode(), self.client_secret.encode())

    def code(self, redirect_uri: str, settings: Settings) -> str:
        """Return a new authorization code: single use, minutes (the norm of OAuth; Loket does not say)."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = (redirect_uri, time.monotonic() + settings.code_seconds)
        return code

    def exchange(self, code: str, redirect_uri: str, settings: Settings) -> dict[str, Any] | None:
        """Return the tokens for a code; None when it is not valid, or given for another address."""
        with self._saved():
            known = self._codes.pop(code, None)
            if known is None or known[0] != redirect_uri or known[1] <= time.monotonic():
                return None
            return self._issue(settings)

    def refresh(self, token: str, settings: Settings) -> dict[str, Any] | None:
        """Return new tokens for a refresh token; None when it is not valid. Strict rotation ends the old one."""
        with self._saved():
            if token not in self._refresh:
                return None
            if settings.rotation == "strict":
                self._refresh.remove(token)
            return self._issue(settings)

    def forget(self) -> None:
        """End every token, as when the user is blocked: only a new authorisation helps."""
        with self._saved():
            self._refresh, self._access = [], {}

    def forget_access(self) -> None:
        """End the access tokens before their time."""
        with self._lock:
            self._access = {}

    def again(self) -> None:
        """Start with the first refresh token again."""
        with self._saved():
            self._refresh, self._access, self._codes = [_opaque(self._name, "refresh 0")], {}, {}

    def _issue(self, settings: Settings) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(48), secrets.token_urlsafe(36)
        self._access[access] = time.monotonic() + settings.expires_in
        self._refresh.append(refresh)
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": settings.expires_in,
            "refresh_token": refresh,
            "two_factor_state": "None",
        }

    @contextmanager
    def _saved(self) -> Iterator[None]:
        """Hold the lock; what changed is on disk before anybody gets the answer."""
        with self._lock:
            yield
            if self._path:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                part = self._path.with_suffix(".part")
                part.touch(0o600)
                part.write_text(json.dumps({"refresh": self._refresh}))
                part.replace(self._path)


def _opaque(*parts: str) -> str:
    return hashlib.sha256(" ".join(("loket", *parts)).encode()).hexdigest()
