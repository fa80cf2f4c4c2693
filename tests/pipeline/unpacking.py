"""Everything that can be read in an object: tests seek personal values in it."""

import io
import re
import zipfile
import zlib
from contextlib import suppress

DIGEST = re.compile(rb"\b[0-9a-f]{24,}\b")
"""A fingerprint or an id that was drawn: one of some hundred holds any four digits by chance."""


def without_digests(content: bytes) -> bytes:
    """Return what can be read, without what is drawn or computed: a number that is found was put there."""
    return DIGEST.sub(b"", content)


def unpacked(content: bytes) -> bytes:
    """Return everything that can be read in an object: packed parts and workbooks opened."""
    found = [content]
    with suppress(zlib.error):
        content = zlib.decompress(content)
        found.append(content)
    if zipfile.is_zipfile(io.BytesIO(content)):  # its first letters are no proof: an index of digests may hold any
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            found += [book.read(name) for name in book.namelist()]
    return b"\n".join(found)
