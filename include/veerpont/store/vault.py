"""The vault: encrypted objects on any storage that fsspec knows. An object never changes once it was written.

Large things are sequences: a folder of numbered parts, each a few thousand items, so that a reader holds one part in
memory and never the whole. A part is JSON lines, compressed, then encrypted; nothing is ever written in the clear.
Files, as portals get them, are kept the same way: a folder of numbered parts, with a word about the whole.

An object is bound to its place: its path, relative to the vault, is sealed behind its content, and it opens only there
(docs/decisions/0016). So one customer's object that is laid over another's is refused, and a vault may move as a whole.
"""

import hashlib
import hmac
import posixpath
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from fsspec.implementations.local import LocalFileSystem
from isal import isal_zlib

from veerpont.model.content import Content, in_parts
from veerpont.model.failures import SettingsError
from veerpont.store import clock, kinds
from veerpont.store.storage import storage_answers

PART_BYTES = 1_000_000
FINGERPRINT_OBJECT = kinds.FINGERPRINT.folder
ALL_BOUND = kinds.BOUND.folder
"""An object that says that every object here is bound to its place: an unbound one is refused from then on."""
_BOUND = b"\x00bound to "
_LONGEST_PATH = 1_000
_ABOUT = "about"
_HALF = ".new"


class Sequence(msgspec.Struct, frozen=True):
    """Where a sequence is in the vault and how much it holds: small enough for XCom, nothing personal in it."""

    path: str
    parts: int = 0
    items: int = 0
    checksum: str = ""


class Stored(msgspec.Struct, frozen=True):
    """What is known of a file: kept beside its parts."""

    size: int
    sha256: str
    parts: int


class Vault:
    """Encrypted objects under one base address.

    Args:
        address: `file:///…`, or the address of any object storage that fsspec knows. Its bucket must exist.
        keys: Fernet keys, newest first: the first encrypts, all decrypt, so that keys can rotate.

    Raises SettingsError for a malformed key. Every method raises SettingsError when the storage refuses us, and
    PassingError when it does not answer.
    """

    def __init__(self, address: str, keys: tuple[str, ...]) -> None:
        try:
            self._newest, *older = [Fernet(key) for key in keys]
            self._cipher = MultiFernet([self._newest, *older])
        except ValueError:
            raise SettingsError("VEERPONT_VAULT_KEYS holds something that is not a Fernet key.") from None
        # a remembered listing would be that of before what another process wrote
        self._files, self._base = fsspec.core.url_to_fs(address, use_listings_cache=False)
        self._secret: bytes | None = None
        self._all_bound: bool | None = None

    def put(self, path: str, content: bytes) -> None:
        """Write one object, compressed and encrypted."""
        full = self._full(path)
        if isinstance(self._files, LocalFileSystem):  # object storage has no folders; its bucket is made by people
            Path(self._base).mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(full).parent.mkdir(parents=True, exist_ok=True)
        sealed = self._cipher.encrypt(isal_zlib.compress(content + _seal_of(path), 1))
        try:
            with storage_answers():
                self._write(full, sealed)
        except FileNotFoundError:
            raise SettingsError("The vault's storage (VEERPONT_VAULT) has no such bucket: people make it.") from None

    def get(self, path: str) -> bytes:
        """Read one object.

        Raises FileNotFoundError when there is none, SettingsError when no key of ours opens it, or it is not the one
        that was written there.
        """
        with storage_answers():
            sealed = self._files.cat_file(self._full(path))
        content = self._opened(path, sealed)
        seal = _seal_of(path)
        if content.endswith(seal):
            return content[: -len(seal)]
        if _is_bound(content) or self._refuses_unbound():
            raise SettingsError(
                f"The vault object {path} was not written there: it is another one, or one of before `veerpont vault "
                "rewrap`, that somebody put in its place. Restore the vault from a backup, and find out who did."
            )
        return content

    def _opened(self, path: str, sealed: bytes) -> bytes:
        try:
            return isal_zlib.decompress(self._cipher.decrypt(sealed))
        except (InvalidToken, isal_zlib.error):  # type: ignore[misc]  # its stub calls the exception an int
            raise SettingsError(
                f"The vault object {path} cannot be opened: it is damaged, or VEERPONT_VAULT_KEYS lacks the key it was "
                "written with."
            ) from None

    def _refuses_unbound(self) -> bool:
        """Tell whether every object here is bound: so since `rewrap`, or from the beginning."""
        if self._all_bound is None:
            with storage_answers():
                self._all_bound = bool(self._files.exists(self._full(ALL_BOUND)))
        return self._all_bound

    def _write(self, full: str, sealed: bytes) -> None:
        self._files.pipe_file(full, sealed)
        if isinstance(self._files, LocalFileSystem):
            Path(full).chmod(0o600)

    def save(self, path: str, chunks: Iterable[bytes]) -> Stored:
        """Write a file, a part at a time, and return its size and checksum."""
        digest, size, parts = hashlib.sha256(), 0, 0
        for part in in_parts(chunks, PART_BYTES):
            digest.update(part)
            self.put(_part(path, parts), part)
            size, parts = size + len(part), parts + 1
        stored = Stored(size, digest.hexdigest(), parts)
        self.put(f"{path}/{_ABOUT}", msgspec.json.encode(stored))
        return stored

    def open(self, path: str) -> Content:
        """Return a file, to be read a part at a time.

        Raises FileNotFoundError when there is none. Reading raises SettingsError when it is not what was written.
        """
        try:
            stored = msgspec.json.decode(self.get(f"{path}/{_ABOUT}"), type=Stored)
        except FileNotFoundError:
            return Content.of(self.get(path))  # by the versions that kept a file as one object
        return Content(stored.size, lambda: self._parts(path, stored))

    def verified(self, path: str, sha256: str) -> Content:
        """Return a file as `open` does, after reading all of it: what leaves is what the ledger says.

        Raises FileNotFoundError when there is none, SettingsError when its checksum is another one.
        """
        found = self.open(path)
        if found.sha256() != sha256:
            raise SettingsError(
                f"The vault file {path} is not the one that the ledger knows, and was not sent: restore the vault from "
                "a backup, or discard the delivery and run the flow again."
            )
        return found

    def _parts(self, path: str, stored: Stored) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for number in range(stored.parts):
            part = self.get(_part(path, number))
            digest.update(part)
            yield part
        if digest.hexdigest() != stored.sha256:
            raise SettingsError(f"The vault file {path} is not what was written there.")

    def seal(self, secret: str) -> str:
        """Return a small secret encrypted, for the ledger."""
        return self._cipher.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return what `seal` was given; SettingsError when no key of ours opens it."""
        try:
            return self._cipher.decrypt(sealed).decode()
        except InvalidToken:
            raise SettingsError(
                "VEERPONT_VAULT_KEYS lacks the key that a secret in the ledger was encrypted with."
            ) from None

    def reseal(self, sealed: str) -> str:
        """Return what `seal` gave, under the newest key; SettingsError when no key of ours opens it."""
        return self._anew(sealed.encode(), "a secret in the ledger").decode()

    def rewrap(self) -> int:
        """Bind every object to its place, encrypted with the newest key; returns for how many that was new.

        From then on an unbound object is refused. An object is whole at every moment, and one that a run deletes
        meanwhile is left to that run's next sweep.
        """
        count = 0
        with storage_answers():
            names = self._files.find(self._base)
        for name in names:
            path = posixpath.relpath(name, self._base)
            if path == ALL_BOUND:  # written last
                continue
            if name.endswith(_HALF):  # of an attempt that died
                self.delete(path)
                continue
            with suppress(FileNotFoundError):
                with storage_answers():
                    old = self._files.cat_file(name)
                new = self._bound(old, path)
                if new != old:
                    self._replace(name, new)
                    count += 1
        self.put(ALL_BOUND, b"")
        self._all_bound = True
        return count

    def _bound(self, sealed: bytes, path: str) -> bytes:
        """Return an object bound to its place and under the newest key; one that is bound elsewhere stays as it is."""
        content = self._opened(path, sealed)
        if _is_bound(content):
            return self._anew(sealed, path)
        if self._refuses_unbound():
            raise SettingsError(f"The vault object {path} is not bound to its place, and was put there by somebody.")
        return self._newest.encrypt(isal_zlib.compress(content + _seal_of(path), 1))

    def _anew(self, sealed: bytes, what: str) -> bytes:
        with suppress(InvalidToken):
            self._newest.decrypt(sealed)
            return sealed
        try:
            return self._cipher.rotate(sealed)
        except InvalidToken:
            raise SettingsError(f"VEERPONT_VAULT_KEYS lacks the key that {what} was encrypted with.") from None

    def _replace(self, name: str, content: bytes) -> None:
        local = isinstance(self._files, LocalFileSystem)  # on a disk an object is there bit by bit, elsewhere at once
        with storage_answers():
            self._write(f"{name}{_HALF}" if local else name, content)
            if local:
                self._files.mv(f"{name}{_HALF}", name)

    def write(self, path: str, items: Iterable[bytes], part_bytes: int | None = None) -> Sequence:
        """Write items (each one line, without a line feed) as a sequence, of which a reader holds a part; say where."""
        with SequenceWriter(self, path, part_bytes) as writer:
            for item in items:
                writer.add(item)
        return writer.sequence

    def writer(self, path: str) -> "SequenceWriter":
        """Return a writer for a new sequence; use it in a `with`, then take its `sequence`."""
        return SequenceWriter(self, path)

    def read(self, sequence: Sequence) -> Iterator[bytes]:
        """Yield the items of a sequence, a part at a time.

        Raises SettingsError when the content is not what was written: the checksum covers every part.
        """
        digest = self.digest()
        for number in range(sequence.parts):
            try:
                content = self.get(_part(sequence.path, number))
            except FileNotFoundError:
                raise SettingsError(
                    f"The vault no longer has {sequence.path}: staged rows are kept until they are delivered, at most "
                    "three days. Run the flow again from its first task."
                ) from None
            digest.update(content)
            yield from content.split(b"\n")
        if digest.hexdigest() != sequence.checksum:
            raise SettingsError(f"The vault sequence {sequence.path} is not what was written there.")

    def part(self, sequence: Sequence, number: int) -> list[bytes]:
        """Return the items of one part of a sequence; it opens only in its place, and the rest is not read.

        Raises FileNotFoundError when there is none (any more).
        """
        return self.get(_part(sequence.path, number)).split(b"\n")

    def delete(self, path: str) -> None:
        """Delete an object or a whole folder; nothing happens when there is none."""
        with suppress(FileNotFoundError), storage_answers():
            self._files.rm(self._full(path), recursive=True)

    def delete_others(self, folder: str, keep: Collection[str | None]) -> None:
        """Delete the entries directly under `folder` that are not in `keep` (paths as this vault was given them)."""
        for path in self.entries(folder):
            if path not in keep:
                self.delete(path)

    def entries(self, folder: str) -> list[str]:
        """Return what is directly under `folder`, objects and folders, as this vault was given their paths."""
        base = self._full(folder)
        with storage_answers():
            found: list[str] = self._files.ls(base, detail=False) if self._files.exists(base) else []
        return [posixpath.join(folder, posixpath.basename(entry.rstrip("/"))) for entry in found]

    def paths(self, folder: str) -> list[str]:
        """Return every object under `folder`, as this vault was given their paths."""
        with storage_answers():
            return [posixpath.relpath(name, self._base) for name in self._files.find(self._full(folder))]

    def older_than(self, folder: str, age: timedelta) -> list[str]:
        """Return the entries directly under `folder` whose newest object is older than `age`."""
        limit = clock.machine() - age
        old = []
        for path in self.entries(folder):
            with storage_answers():
                young = any(self._modified(name) >= limit for name in self._files.find(self._full(path)))
            if not young:
                old.append(path)
        return old

    def fingerprint(self, content: bytes) -> str:
        """Return the HMAC of a personal value under a secret of this vault (docs/decisions/0006): never a plain hash.

        The secret is kept in the vault itself, so a fingerprint survives the rotation of keys.
        """
        digest = self.digest()
        digest.update(content)
        return digest.hexdigest()

    def digest(self) -> hmac.HMAC:
        """Return an HMAC to feed, under the secret that `fingerprint` uses."""
        if self._secret is None:
            self._secret = self._load_secret()
        return hmac.new(self._secret, digestmod=hashlib.sha256)

    def _load_secret(self) -> bytes:
        try:
            return self.get(FINGERPRINT_OBJECT)
        except FileNotFoundError:
            if not self.paths(""):  # a new vault: nothing in it was ever unbound
                self.put(ALL_BOUND, b"")
            self.put(FINGERPRINT_OBJECT, Fernet.generate_key())
            return self.get(FINGERPRINT_OBJECT)

    def _modified(self, name: str) -> datetime:
        modified: datetime = self._files.modified(name)
        return modified if modified.tzinfo else modified.replace(tzinfo=UTC)

    def _full(self, path: str) -> str:
        return posixpath.join(self._base, path)


class SequenceWriter:
    """Collects items into parts. On leaving the `with` without an exception the sequence is complete."""

    def __init__(self, vault: Vault, path: str, part_bytes: int | None = None) -> None:
        self._vault, self._part_bytes = vault, part_bytes or PART_BYTES
        self._digest = vault.digest()
        self._lines: list[bytes] = []
        self._bytes = 0
        self.sequence = Sequence(path)

    def __enter__(self) -> "SequenceWriter":
        self._vault.delete(self.sequence.path)  # what an attempt that died left behind
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is None:
            self._flush()
            self.sequence = msgspec.structs.replace(self.sequence, checksum=self._digest.hexdigest())

    def add(self, item: bytes) -> None:
        """Append one item."""
        self._lines.append(item)
        self._bytes += len(item)
        if self._bytes >= self._part_bytes:
            self._flush()

    def _flush(self) -> None:
        if not self._lines:
            return
        content = b"\n".join(self._lines)
        self._digest.update(content)
        done = self.sequence
        self._vault.put(_part(done.path, done.parts), content)
        self.sequence = Sequence(done.path, done.parts + 1, done.items + len(self._lines))
        self._lines, self._bytes = [], 0


def _seal_of(path: str) -> bytes:
    return _BOUND + posixpath.normpath(path).encode()


def _is_bound(content: bytes) -> bool:
    return _BOUND in content[-_LONGEST_PATH - len(_BOUND) :]


def _part(path: str, number: int) -> str:
    return f"{path}/{number:06d}"
