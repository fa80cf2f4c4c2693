"""Whose is it? Everything by which one person is known in the vault and the ledger, and what there is theirs."""

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import partial

import msgspec

from veerpont.flows import flow_named, lookup, missed
from veerpont.flows.absence.history import Entry, person_of, record_of
from veerpont.flows.index import IndexEntry
from veerpont.model.content import Content
from veerpont.model.failures import SettingsError
from veerpont.model.lines import Line
from veerpont.model.messages import coded
from veerpont.model.records import AbsenceLine
from veerpont.pipeline.compare.state import StillRefused
from veerpont.store import kinds
from veerpont.store.kinds import Kind
from veerpont.store.tables import Link, Reject
from veerpont.store.trail_log import Step
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.portal import PersonColumns
from veerpont.systems.registry import person_columns
from veerpont.systems.source import Source

_NUMBERED = "number:"
_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_OVERLAP, _PIECE = 500, 1_000_000

_LINES = (kinds.SNAPSHOTS, kinds.ADOPTED)
_decode_line = msgspec.json.Decoder(Line).decode
_decode_index = msgspec.json.Decoder(IndexEntry).decode
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_refused = msgspec.json.Decoder(StillRefused).decode
_decode_step = msgspec.json.Decoder(Step).decode
_decode_any = msgspec.json.Decoder().decode


@dataclass
class KnownPerson:
    """One person. `key`: their record key, or employer, `/` and that of a personnel number: others have it elsewhere.

    `keys`: that, and the keys of their employments, absence cases and lines.
    `numbers`: (employer, personnel number), as the portals know them; `texts`: what else a file may show of them.
    `ids`, `lines`: the ids and the record keys of their lines; such a key may be somebody else's at another employer,
    where it is a number. `marks`: the fingerprints of `keys`, by which trails know them; `numbered`: those of their
    numbers, with the employers. `columns`: those of a portal's lines that say who somebody is.
    """

    key: str
    keys: set[str] = field(default_factory=set)
    numbers: set[tuple[str, str]] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    numbered: dict[str, set[str]] = field(default_factory=dict)
    columns: PersonColumns = field(default_factory=person_columns)

    @property
    def aliases(self) -> set[str]:
        """The keys that records of theirs have where the source gives no GUID."""
        return {f"number:{number}" for _, number in self.numbers}

    def has_id(self, identity: str) -> bool:
        """Tell whether a line id or record key is theirs."""
        parts = identity.split("/")
        if identity in self.ids or not self.keys.isdisjoint(parts):
            return True
        return any(code in parts and f"number:{number}" in parts for code, number in self.numbers)

    def has_line(self, line: Line) -> bool:
        """Tell whether a line is theirs."""
        if self.has_id(line.key) or self.has_id(line.id):
            return True
        return self.is_alias(line.key, line.employer)

    def others(self, lines: Mapping[str, str]) -> dict[str, str]:
        """Return what is left of line id → employer."""
        return {identity: employer for identity, employer in lines.items() if not self.has_id(identity)}

    def is_alias(self, key: str, employer: str) -> bool:
        """Tell whether a record key is their number at an employer, which others may have elsewhere; empty: at any."""
        return any(key == f"number:{number}" and employer in {"", code} for code, number in self.numbers)

    def without(self, kind: Kind | None, item: bytes) -> bytes | None:
        """Return what stays of an item of a vault sequence; None when it is theirs.

        Args:
            kind: of the sequence; of one that is not known here whatever names a key of theirs goes.
        """
        if kind is not None and not kind.personal:
            return item
        match kind:
            case kinds.SNAPSHOTS | kinds.ADOPTED:
                line = _decode_line(item)
                return None if self.has_line(line) else self._unmanaged(line, item)
            case kinds.LOOKUP:
                known = lookup.decode(item)
                theirs = self.has_id(known.key) or self.has_id(known.id) or self.is_alias(known.key, known.employer)
            case kinds.MISSING:
                theirs = self.has_id(missed.decode(item).id)
            case kinds.REFUSED:
                refused = _decode_refused(item)
                theirs = self.has_id(refused.id) or self.has_id(refused.key)
            case kinds.INDEX:
                theirs = self.has_id(_decode_index(item).guid)
            case kinds.LOGINS:
                theirs = self.has_id(_decode_any(item)[0])
            case kinds.CONTRACTS:
                theirs = self.has_id(_decode_any(item)["id"])
            case kinds.HISTORY:
                entry = _decode_entry(item)
                theirs = self.has_id(entry.key) or self.has_id(entry.case or "")
            case kinds.TRAILS:
                step = _decode_step(item)
                theirs = step.mark in self.marks or not self.marks.isdisjoint(step.also)
                theirs |= not self.numbered.get(step.mark, set()).isdisjoint(step.part.split("/"))
            case kinds.MEMORY:
                theirs = self.has_id(str(_decode_any(item).get("id", "")).upper())
            case _:
                theirs = self.pattern(self.keys).search(item.decode()) is not None
        return None if theirs else item

    def _unmanaged(self, line: Line, item: bytes) -> bytes:
        """Return somebody else's line without the number of this person as a manager."""
        bosses = self.columns.managers
        theirs = {name for row in line.rows for name in bosses if (line.employer, row.get(name)) in self.numbers}
        if not theirs:
            return item
        values, *more = ({**row, **dict.fromkeys(theirs)} for row in line.rows)
        return msgspec.json.encode(msgspec.structs.replace(line, values=values, more=tuple(more)))

    @staticmethod
    def pattern(texts: Iterable[str]) -> re.Pattern[str]:
        """Return what finds one of these as a whole word, in capitals or not."""
        any_of = "|".join(sorted(map(re.escape, texts))) or r"(?!)"
        return re.compile(rf"(?<![\w-])(?:{any_of})(?![\w-])", re.IGNORECASE)

    def may_be_in(self, content: Content) -> bool:
        """Tell whether a stored delivery may show them: also when a cell of somebody else reads as their number."""
        pattern = self.pattern({*self.keys, *self.ids, *self.texts, *(number for _, number in self.numbers)})
        found = re.compile(pattern.pattern.encode(), re.IGNORECASE)
        return any(found.search(window) for window in _windows(content))


def _windows(content: Content) -> Iterator[bytes]:
    """Yield all that can be read in a file, unpacked: pieces that overlap by more than a key is long."""
    rest = b""
    for chunk in _unpacked(content):
        window = rest + chunk
        yield window
        rest = window[-_OVERLAP:]


def _unpacked(content: Content) -> Iterator[bytes]:
    if not next(content.chunks(), b"").startswith(b"PK"):
        yield from content.chunks()
        return
    with zipfile.ZipFile(io.BytesIO(content.read())) as book:  # packed it fits; unpacked it may not
        for name in book.namelist():
            with book.open(name) as part:
                yield from iter(partial(part.read, _PIECE), b"")


@dataclass(frozen=True)
class Records:
    """Where an integration's records are: kind → flow and sequence; also of what was only prepared."""

    vault: Vault
    found: Mapping[Kind | None, list[tuple[str, Sequence]]]

    def read(self, kind: Kind) -> Iterator[tuple[str, bytes]]:
        """Yield the flow and the items of every sequence of a kind."""
        for flow, sequence in self.found.get(kind, ()):
            yield from ((flow, item) for item in self.vault.read(sequence))


def identify(
    asked: str, kept: Records, links: Collection[Link], rejects: Collection[Reject], source: Source
) -> KnownPerson:
    """Return who is meant, with all by which they are known.

    Args:
        asked: a GUID, or a personnel number, also as `number:<number>` or `<employer>/number:<number>`.

    Raises SettingsError when several may have that number, or it is the key of an absence case.
    """
    index = [_decode_index(item) for _, item in kept.read(kinds.INDEX)]
    guid, at, number = _asked(asked)
    known = ""
    if not guid:
        guid, known = _whose(number, at, index, _places(number, kept, [*links, *rejects], source))
    key, at = f"{_NUMBERED}{number}", known or at
    person = KnownPerson(guid or (f"{at}/{key}" if at else key))
    person.keys.add(person.key)
    if known:
        person.numbers.add((known, number))
        person.lines.add(key)
    for entry in index:
        if entry.guid == person.key:
            person.numbers.add((entry.employer_code, entry.personnel_number))
            person.texts |= {entry.bsn} if entry.bsn else set()
            _take_employment(person, entry.id)
    for link in links:
        if link.key == person.key and link.personnel_number:
            person.numbers.add((link.employer, link.personnel_number))
    for _, item in kept.read(kinds.CONTRACTS):
        _take_employment(person, _decode_any(item)["id"])
    _take_lines(person, kept)
    _take_absence(person, kept, source)
    _take_lines(person, kept)  # the cases are known by the number, and by the history
    return person


def _asked(asked: str) -> tuple[str, str, str]:
    """Return GUID, employer and personnel number of what was asked for: the GUID, or the number."""
    asked = asked.strip()
    if guid := _GUID.fullmatch(asked):
        return guid[1].upper(), "", ""
    at, slash, number = asked.rpartition(f"/{_NUMBERED}")
    return ("", at, number) if slash else ("", "", asked.removeprefix(_NUMBERED))


def _places(number: str, kept: Records, rows: Iterable[Link | Reject], source: Source) -> set[str]:
    """Return the employers at which somebody is known by the number alone."""
    key = f"{_NUMBERED}{number}"
    lines = (_decode_line(item) for kind in _LINES for _, item in kept.read(kind))
    found = {line.employer for line in lines if line.key == key}
    found |= {row.employer for row in rows if row.key == key}
    for _, item in kept.read(kinds.HISTORY):
        entry = _decode_entry(item)
        if person_of(source, entry) == key:
            found.add(entry.employer)
    return found - {""}


def _whose(number: str, at: str, index: Iterable[IndexEntry], places: Set[str]) -> tuple[str, str]:
    """Return the GUID, or else the employer, of the one who has a number; another employer's may have it too.

    Args:
        at: only at this employer, where one is said. places: where somebody is known by the number alone.

    Raises SettingsError when several may have it.
    """
    having = [entry for entry in index if entry.personnel_number == number and at in {"", entry.employer_code}]
    people = {entry.guid: entry.employer_code for entry in having}
    alone = {code for code in places if at in {"", code}} - {entry.employer_code for entry in having}
    if len(people) + len(alone) > 1:
        said = [f"{guid} (employer {code})" for guid, code in sorted(people.items())]
        said += [f"{code}/{_NUMBERED}{number}" for code in sorted(alone)]
        raise SettingsError(
            coded(
                "forget.several",
                "The number {number} may be of {count} people, for each employer has its own: say which one, {people}.",
                number=number,
                count=len(said),
                people=" or ".join(said),
            )
        )
    return next(iter(people), ""), next(iter(alone), "")


def _take_employment(person: KnownPerson, identity: str) -> None:
    """Take in an employment that is theirs; where it has a GUID of its own, hours and memories are kept by that."""
    if identity.partition("/")[0] == person.key:
        person.ids.add(identity)
        last = identity.rpartition("/")[2]
        person.keys |= {last.upper()} if _GUID.fullmatch(last) else set()


def _take_lines(person: KnownPerson, kept: Records) -> None:
    for flow, item in (each for kind in _LINES for each in kept.read(kind)):
        line = _decode_line(item)
        kind = flow_named(flow)
        numbers = {(line.employer, row.get(name)) for row in line.rows for name in person.columns.numbers}
        bsns = {row.get(name) for row in line.rows for name in person.columns.bsns}
        keys = kind.own_keys(line)
        if keys and not (person.numbers.isdisjoint(numbers) and person.texts.isdisjoint(bsns)):
            person.keys |= keys
        if not person.has_line(line):
            continue
        person.ids.add(line.id)
        person.lines.add(line.key)
        if not person.is_alias(line.key, ""):
            person.keys.add(line.key)
        for identity in kind.employments(line):
            _take_employment(person, identity)
        person.numbers |= {(employer, number) for employer, number in numbers if number}
        person.texts |= {bsn for bsn in bsns if bsn}
        person.texts |= kind.texts(line)


def _take_absence(person: KnownPerson, kept: Records, source: Source) -> None:
    for _, item in kept.read(kinds.HISTORY):
        entry = _decode_entry(item)
        if person.key in {entry.key, entry.case}:
            raise SettingsError(
                coded(
                    "forget.case_key",
                    "{key} is the key of an absence case: say whose it is, by the person's own key.",
                    key=person.key,
                )
            )
        who = person_of(source, entry)
        if who == person.key or person.is_alias(who or "", entry.employer):
            person.keys |= {entry.key, *([entry.case] if entry.case else [])}
            record = record_of(source, entry)
            if isinstance(record, AbsenceLine):
                person.numbers.add((record.employer_code, record.personnel_number))
