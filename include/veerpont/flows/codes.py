"""Tables of codes: those of a flow that people may fill in, and which codes a read uses.

A code is shown as far as it may be: a column that was mapped wrongly may hold anything.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Container
from dataclasses import dataclass

from veerpont.config.integration import Integration
from veerpont.config.mappings import MappedCode, Setting, setting, value_at
from veerpont.rules import numbers
from veerpont.store.mappings import MOST_CODES, Used, may_be_code


@dataclass(frozen=True)
class CodeTable:
    """A setting of a flow that people may fill in at the desk.

    name: the setting, with dots. mends: the reasons of rejects that it puts right. where: another setting and the value
    that it must have for this one to be used. digits: how many a target has, where the file's own field takes anything.
    employers: which side of it is an employer code, `code` or `target`.
    """

    name: str
    mends: tuple[str, ...] = ()
    where: tuple[str, str] | None = None
    digits: int = 0
    employers: str = ""

    @property
    def setting(self) -> Setting:
        """What it is in the integration file."""
        return setting(self.name)

    @property
    def key(self) -> str:
        """Its name where a dot would be something else."""
        return self.name.replace(".", "_")

    def is_used_by(self, integration: Integration) -> bool:
        """Tell whether no other setting of the integration rules it out."""
        return self.where is None or value_at(integration, self.where[0]) == self.where[1]

    def read(self, text: str) -> object:
        """Return the target that a person wrote (`Setting.read`). Raises ValueError when it can be none."""
        given = text.strip()
        if self.digits and not (given.isascii() and given.isdigit() and len(given) == self.digits):
            raise ValueError("not so many digits")
        return self.setting.read(text)


class CodesSeen:
    """Counts the codes of one column, and tells which of them may be shown.

    Codes that are mapped are codes, and what several people have mostly is. A value that only one person has may say
    something of that person: it is shown where most values are mapped or of several people, or when it is short and
    that person has one of those too. Where each person has one value and most are of one person, the column is no
    column of codes, and nothing new of it is shown. What looks like a number of a person never is.

    Args:
        table: the setting that maps them. mapped: the codes that it has.
    """

    def __init__(self, table: str, mapped: Container[str]) -> None:
        self.table, self._mapped = table, mapped
        self._used: Counter[str] = Counter()
        self._lacking: Counter[str] = Counter()
        self._people: dict[str, str | None] = {}
        self._codes: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, code: str, person: str, lacks: bool) -> None:
        """Take in a row. lacks: no mapping says what becomes of its code."""
        self._used[code] += 1
        self._lacking[code] += lacks
        self._codes[person].add(code)
        if self._people.setdefault(code, person) != person:
            self._people[code] = None

    def found(self) -> dict[MappedCode, Used]:
        """Return how often which code was used, without those that may not be shown."""
        mapped = {code for code in self._used if code in self._mapped}
        new = {code for code in self._used.keys() - mapped if may_be_code(code) and not _is_of_a_person(code)}
        shared = {code for code in new if self._people[code] is None}
        own, known = new - shared, mapped | shared
        if len(own) > len(known):
            if all(len(codes) == 1 for codes in self._codes.values()):
                known, own = mapped, set()
            own = {code for code in own if _is_short(code) and self._codes[self._people[code] or ""] & known}
        codes = known | own if len(known | own) <= MOST_CODES else mapped
        return {MappedCode(self.table, "", code): Used(self._used[code], self._lacking[code]) for code in codes}


def _is_short(text: str) -> bool:
    return len(text) <= _SHORT and " " not in text


_SHORT = 20


def _is_of_a_person(text: str) -> bool:
    return "@" in text or _is(numbers.citizen_service_number, text) or _is(numbers.iban, text)


def _is(number: Callable[[str], str], text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True
