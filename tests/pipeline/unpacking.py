"""Everything that can be read in an object: tests seek personal values in it."""

import io
import zipfile
import zlib
from contextlib import suppress


def unpacked(content: bytes) -> bytes:
    """Return everything that can be read in an object: packed parts and workbooks opened."""
    found = [content]
    with suppress(zlib.error):
        content = zlib.decompress(content)
        found.append(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            found += [book.read(name) for name in book.namelist()]
    return b"\n".join(found)
