"""Calls to Loket at once: at what pace they go is tested with the client."""

import pytest

from veerpont.systems.loket import hook


class Unhurried:
    """A pace without waiting."""

    def wait(self) -> None: ...

    def hold(self, seconds: float) -> None: ...


def hurry() -> None:
    """Let the calls of this process follow each other at once, for good."""
    hook.Pace = lambda per_second: Unhurried()  # type: ignore[assignment, misc, return-value]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "Pace", lambda per_second: Unhurried())
