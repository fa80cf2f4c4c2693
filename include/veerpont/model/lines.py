"""Lines: what a portal gets of a record, and the fate of every row that was read."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from veerpont.model.records import AbsenceCase, AbsencePeriod

UNMATCHED = "unmatched:"
"""What the id of a line begins with that a portal had before us and that is not ours."""


class Fate(StrEnum):
    """What became of a source row, worst first: of several fates a row has the worst (docs/decisions/0014)."""

    REJECTED = "rejected"
    HELD = "held"
    DELIVERED = "delivered"
    UNCHANGED = "unchanged"
    FILTERED = "filtered"


def worst(fates: list[Fate]) -> Fate:
    """Return the worst of `fates`; FILTERED when there is none: nothing of the row was in scope."""
    order = list(Fate)
    return min(fates, key=order.index, default=Fate.FILTERED)


class ToldCase(msgspec.Struct, frozen=True, array_like=True):
    """What a portal is told of a case of absence, whatever it calls its columns.

    `person`: the citizen-service number where the portal is told it, else the personnel number. `periods`: one for
    each row of the line, in order. `employment`: the number of the employment, where the portal is told it.
    """

    person: str
    protocol: str
    periods: tuple[AbsencePeriod, ...]
    employment: int | None = None

    @classmethod
    def of(cls, case: AbsenceCase, with_bsn: bool, with_employment: bool = False) -> "ToldCase":
        """Return what is told of a case.

        with_bsn: whether the line has the citizen-service number. with_employment: and the number of the employment.
        """
        person = (case.bsn if with_bsn else None) or case.personnel_number
        return cls(person, case.protocol, case.periods, case.employment_number if with_employment else None)


class Line(msgspec.Struct, frozen=True):
    """One line of a complete file, by our names.

    `id` is unique in the flow, `key` the record key it came from, `employer` the code it is counted and frozen under,
    `portal_key` what the portal knows it by, `order` where it stands in the file, `leaves_on` (ISO date) the day from
    which it may leave the file by a rule, without being "gone". `identity` stays the same when the record moves to
    another
    employer; None where that is ordinary. `alias` is the record key it would have, had its GUID been lost. `values`:
    our name → text; None is an empty cell. `more`: the further rows of the same record, of the same names: the later
    periods of an absence case, the further departments of an account. `emptied`: the values that say that it is gone,
    where leaving it out does not. `part`: the file that it stands in, where a delivery has several, each with all of
    its lines. `version`: of the columns of its table, where the source says what these are: with other ones it is
    another line. `summed`: of how many rows of the source it is the sum, where it is one; no part of what it says.
    `case`: of absence, what the line says in our own types; None in lines that were told before there was one.
    """

    id: str
    key: str
    employer: str
    portal_key: str
    order: str
    values: Mapping[str, str | None]
    leaves_on: str | None = None
    identity: str | None = None
    alias: str | None = None
    more: tuple[Mapping[str, str | None], ...] = ()
    emptied: Mapping[str, str | None] | None = None
    part: str = ""
    version: str = ""
    summed: int = 0
    case: ToldCase | None = None

    @property
    def rows(self) -> list[Mapping[str, str | None]]:
        """Every row that the portal gets of it."""
        return [self.values, *self.more]

    def gone(self) -> "Line | None":
        """Return the line that stands for this one once it is gone, for as long as others are told; None for none."""
        if self.emptied is None:
            return None
        return msgspec.structs.replace(self, values=self.emptied, emptied=None, leaves_on="9999-12-31")


def fingerprint_line(line: Line) -> bytes:
    """Return what tells whether a line changed: its employer, its portal key, its values and columns."""
    version = (line.version,) if line.version else ()
    content = msgspec.json.encode((line.employer, line.portal_key, line.values, *line.more, *version))
    return hashlib.blake2b(content, digest_size=16).digest()
