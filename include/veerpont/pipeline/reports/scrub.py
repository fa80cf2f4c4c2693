"""A portal's words without anything personal, for the ledger and the desk (docs/decisions/0009). Pure.

What a portal says of a row may hold values of it, and of other people. The row's own values become the names of their
columns. Beside those goes every word with a digit, every address, every name of anybody in the file, and every word
with a capital that is neither a column nor one that sentences of a portal begin with.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Set

LONGEST = 300
GONE = "…"

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019_-][^\W\d_]+)*")
_COARSE = re.compile(r"\S*[\d@]\S*")
_PLAIN = frozenset((
    *("aan", "achter", "af", "al", "bij", "d", "de", "del", "den", "der", "des", "di", "du", "e", "een", "el", "en"),
    *("est", "het", "i", "im", "in", "la", "le", "les", "met", "na", "of", "om", "onder", "op", "over", "s", "t"),
    *("te", "ten", "ter", "toe", "tot", "uit", "uw", "van", "ver", "voor", "zu", "zum", "zur", "zonder"),
))
"""Words that name nobody, though they may stand in a name or in a value."""

_BEGINS = frozenset(
    """
    a aantal achternaam actie address adres afdeling afdelingscode alleen an bestand bsn cannot code column
    controleer date datum department deze dienstverband dit dubbel dubbele duplicate einddatum employee employer
    employment er error field file fout foutieve geboortedatum geboren geen gegevens groep inlognaam invalid is kan
    kolom leidinggevende let line login mag mail manager maximaal medewerker missing moet must naam niet no not
    number nummer onbekend onbekende ongeldig ongeldige onjuist onjuiste only ontbreekt ontbrekende period periode
    personeelsnummer record regel required rij row startdatum tekst the there this traject unknown value veld
    verloop verplicht verplichte verzuim verzuimpercentage waarde waarschuwing warning werkgever werkgevercode
    werknemer woont wrong
    """.split()  # noqa: SIM905  # a hundred quotes would say no more
)
"""Words that sentences of a portal begin with; any other with a capital may be a name."""


def words(texts: Iterable[str]) -> set[str]:
    """Return the words of these texts that may be somebody's name, in lower case."""
    return {part for text in texts for word in _WORD.findall(text) for part in _parts(word)} - _PLAIN


def scrub(text: str, own: Iterable[Mapping[str, str | None]], names: Set[str], columns: Collection[str]) -> str:
    """Return a portal's sentence without personal values, at most LONGEST characters.

    Args:
        own: the rows of the record that it is about.
        names: words, in lower case, of the names of everybody in the file.
        columns: names and headers of columns: they are kept.
    """
    known = {column.casefold() for column in columns}
    for value, column in _values(own, known):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f"[{column}]", text, flags=re.IGNORECASE)
    text = re.sub(r"\[[^\[\]]*\]|" + _COARSE.pattern, lambda found: _coarse(found[0], known), text)
    done, at = "", 0
    for found in _WORD.finditer(text):
        done += text[at : found.start()]
        done += found[0] if _may_stay(found[0], names, known) else GONE
        at = found.end()
    return " ".join((done + text[at:]).split())[:LONGEST]


def _values(own: Iterable[Mapping[str, str | None]], known: Collection[str]) -> list[tuple[str, str]]:
    """Return the values of a record and the words in them, each with its column, the longest first."""
    found: dict[str, str] = {}
    for row in own:
        for column, value in row.items():
            for each in [value, *_WORD.findall(value)] if value else []:
                if each.casefold() not in _PLAIN and each.casefold() not in known:
                    found.setdefault(each.casefold(), column)
    return sorted(found.items(), key=lambda item: -len(item[0]))


def _coarse(found: str, known: Collection[str]) -> str:
    is_column = found.startswith("[") and found[1:-1].casefold() in known
    return found if is_column else "#"


def _may_stay(word: str, names: Set[str], known: Collection[str]) -> bool:
    plain = word.casefold()
    if plain in known or plain in _PLAIN:
        return True
    if not names.isdisjoint(_parts(word)):
        return False
    return not word[0].isupper() or plain in _BEGINS


def _parts(word: str) -> set[str]:
    return {word.casefold(), *re.split(r"['\u2019_-]", word.casefold())}
