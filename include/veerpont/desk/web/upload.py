"""Files that people bring to the desk: read into memory, within a limit, and never into a temporary file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from fastapi import HTTPException, Request, status
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from veerpont.desk.refused import ActRefusedError
from veerpont.desk.web import forgery
from veerpont.desk.web.view import View
from veerpont.systems.workbook.limits import MB, UPLOAD

FORM = UPLOAD + 10_000
"""Bytes of the whole form."""


class _InMemory(MultiPartParser):
    """Puts nothing into temporary files, where nothing personal may be; how much comes is limited before."""

    spool_max_size = FORM


async def brought(request: Request, view: View, names: tuple[str, ...]) -> tuple[bytes, dict[str, str]]:
    """Return the file of a form of the desk, and its fields of these names, none of which may be empty.

    Raises HTTPException for a form that is not the desk's own or lacks something, ActRefusedError for one too large.
    """
    try:
        form = await _InMemory(request.headers, _limited(request), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError):
        raise HTTPException(status.HTTP_400_BAD_REQUEST) from None
    try:
        return await _read(request, view, form, names)
    finally:
        await form.close()


async def _read(request: Request, view: View, form: FormData, names: tuple[str, ...]) -> tuple[bytes, dict[str, str]]:
    forgery.require(request, view.person, str(form.get("token", "")))
    file, given = form.get("file"), {name: str(form.get(name, "")) for name in names}
    if not isinstance(file, UploadFile) or not all(given.values()):
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    return await file.read(), given


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body of a request; one that is too large, or does not say how large, is refused before it is read."""
    length = request.headers.get("content-length", "")
    left = FORM
    if not (length.isascii() and length.isdigit() and len(length) < 12) or int(length) > left:
        raise _too_large()
    body: AsyncIterator[bytes] = request.stream()
    async for chunk in body:
        left -= len(chunk)
        if left < 0:
            raise _too_large()
        yield chunk


def _too_large() -> ActRefusedError:
    return ActRefusedError("report_too_large", megabytes=UPLOAD // MB)
