"""Reading ahead, in a thread beside the one that uses what was read."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items, each of which is made while the one before is in use.

    Whoever stops early does not wait for the one that is on its way; it is thrown away.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    end: Any = object()

    def following() -> Any:
        return next(items, end)

    try:
        coming = thread.submit(copy_context().run, following)
        while (item := coming.result()) is not end:
            coming = thread.submit(copy_context().run, following)
            yield item
    finally:
        thread.shutdown(wait=False, cancel_futures=True)
