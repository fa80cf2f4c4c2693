"""Reads one page ahead: while a page is worked on, the source prepares the next."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def read_ahead(pages: Iterator[list[T]]) -> Iterator[list[T]]:
    """Yield the pages, each of which is asked for while the one before is in use: never two at a time.

    Whoever stops early does not wait for the page that is on its way; its answer is thrown away.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
    try:
        coming = thread.submit(next, pages, None)
        while (page := coming.result()) is not None:
            coming = thread.submit(next, pages, None)
            yield page
    finally:
        thread.shutdown(wait=False, cancel_futures=True)
