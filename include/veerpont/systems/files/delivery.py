"""A delivery: the tables' files and their manifest, kept as one tar and brought across file by file.

The manifest goes last, and a delivery without one is not whole.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from io import BufferedReader, RawIOBase
from itertools import groupby
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options
from cryptography.x509 import Certificate

from veerpont.model.content import Content
from veerpont.model.failures import VeerpontError
from veerpont.model.lines import Line
from veerpont.model.schema import Schema
from veerpont.systems.files import tables

MANIFEST = "manifest.json"
VERSION = 1
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1_000_000


def pack(kind: str, certificate: Certificate | None, lines: Iterable[Line], schema: Schema) -> Iterator[bytes]:
    """Yield the tar: a file for each table of the schema, also for one without rows, then the manifest.

    One table's file is in memory at a time: its size stands before it, and CMS is made of the whole.

    Args:
        kind: csv or parquet.
        certificate: whom each table is encrypted for; None: not at all.
        lines: of all tables, those of a table together and in the order of the tables' names.

    Raises SettingsError when a value does not fit its type.
    """
    listed: list[dict[str, Any]] = []
    for table, mine in _by_table(lines, schema):
        name, columns = f"{table}.{kind}", schema[table]
        content, rows = tables.write(kind, table, columns, mine)
        if certificate:
            name, content = f"{name}.p7m", _encrypted(content, certificate)
        listed.append({
            "table": table,
            "file": name,
            "rows": rows,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "columns": columns,
        })
        yield from _member(name, content)
    manifest = {"version": VERSION, "format": kind, "encryption": "cms" if certificate else None, "tables": listed}
    yield from _member(MANIFEST, _json(manifest))
    yield bytes(2 * _BLOCK)


def unpack(content: Content, delivery: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a delivery by name, one in memory at a time, the manifest last.

    That one gets the name of the delivery here, which is fixed by then, and only comes once all was read: the content
    raises at its end when it is not what was kept.
    """
    chunks, manifest = content.chunks(), b""
    with tarfile.open(fileobj=BufferedReader(_Stream(chunks), _CHUNK), mode="r|") as tar:
        for member in tar:
            file = tar.extractfile(member)
            found = file.read() if file else b""
            if member.name == MANIFEST:
                manifest = found
            else:
                yield member.name, found
    for _ in chunks:
        pass
    yield MANIFEST, _json({"delivery": delivery, **msgspec.json.decode(manifest)})


class _Stream(RawIOBase):
    """Chunks, as something that a tar is read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        found, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(found)] = found
        return len(found)


def _by_table(lines: Iterable[Line], schema: Schema) -> Iterator[tuple[str, Iterable[Line]]]:
    waiting = iter(sorted(schema))
    for table, mine in groupby(lines, key=lambda line: line.part):
        for name in waiting:
            if name == table:
                break
            yield name, ()
        else:
            raise VeerpontError("files: a table of the lines is not in the schema, or its lines stand apart.")
        yield table, mine
    yield from ((name, ()) for name in waiting)


def _member(name: str, content: bytes) -> Iterator[bytes]:
    """Yield a file as it stands in a tar, always with the same owner, rights and moment."""
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,80}", name):
        raise VeerpontError("files: the name of a table cannot be that of a file.")
    info = tarfile.TarInfo(name)
    info.size = len(content)
    yield info.tobuf(tarfile.USTAR_FORMAT)
    for at in range(0, len(content), _CHUNK):
        yield content[at : at + _CHUNK]
    yield bytes(-len(content) % _BLOCK)


def _encrypted(content: bytes, certificate: Certificate) -> bytes:
    """Return CMS enveloped data (RFC 5652), which `openssl cms -decrypt -inform DER` opens."""
    builder = PKCS7EnvelopeBuilder().set_data(content).add_recipient(certificate)
    builder = builder.set_content_encryption_algorithm(AES256)
    return builder.encrypt(Encoding.DER, [PKCS7Options.Binary])


def _json(value: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
