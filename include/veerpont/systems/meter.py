"""Who counts calls: `http.ask` tells of each before it is sent, also of those that are made in threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_METER: ContextVar[Callable[[str], None] | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Callable[[str], None]) -> Iterator[None]:
    """Let `meter` know of each call before it is sent, by the system's name; what it raises is raised by `ask`.

    Whoever asks in threads of its own hands the context on: `pool.submit(copy_context().run, …)`.
    """
    before = _METER.set(meter)
    try:
        yield
    finally:
        _METER.reset(before)


def tell(system: str) -> None:
    """Tell of a call that is about to be sent. Raises what the meter raises."""
    if meter := _METER.get():
        meter(system)
