"""The content of a delivery: read a part at a time, because it may be larger than what fits in memory."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Content:
    """Bytes of a known size. `chunks` yields them from the start, each time it is called."""

    size: int
    chunks: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, content: bytes) -> "Content":
        """Return content that is in memory already."""
        return cls(len(content), lambda: iter([content]))

    def read(self) -> bytes:
        """Return all of it; only for what is known to be small."""
        return b"".join(self.chunks())

    def sha256(self) -> str:
        """Return the checksum, in hexadecimal."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def lines(self) -> Iterator[bytes]:
        """Yield the lines, without their line feeds."""
        rest = b""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
        if rest:
            yield rest


def in_parts(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the same bytes in parts of about `size` bytes."""
    part = bytearray()
    for chunk in chunks:
        part += chunk
        if len(part) >= size:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)
