"""Every word for people: one catalog, Dutch and English side by side, one way to look a text up, one rule for plurals.

The texts stand in `texts/`, by where they are read; those of one outside system stand in its folder (`words.py`), and
`systems.registry` hands them over. Nothing here speaks of one record: these texts stand in mails and on pages. *Uitval*
is the Dutch word for rejects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from veerpont.messages.texts import (
    alerts,
    checklist,
    deliveries,
    employers,
    find,
    mail,
    mappings,
    pages,
    pictures,
    reasons,
    reasons_held,
    refusals,
    rejects,
    special,
    ways,
    words,
)
from veerpont.messages.texts import dutch as ours_in_dutch
from veerpont.messages.texts import dutch_of_records as records_in_dutch
from veerpont.model.flows import TITLES, Flow
from veerpont.model.messages import Message, Part, Words
from veerpont.model.texts import LANGUAGES, Language, Reason, Text
from veerpont.systems import dutch as shared_in_dutch
from veerpont.systems import registry

_TEXTS: tuple[ModuleType, ...] = (
    pages,
    find,
    checklist,
    mappings,
    pictures,
    rejects,
    employers,
    deliveries,
    refusals,
    special,
    mail,
    alerts,
    words,
    ways,
)
_REASONS: tuple[ModuleType, ...] = (reasons, reasons_held)


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """What people read of a reason: a title of a few words, what it means, who acts, how it closes."""

    title: str
    meaning: str
    who: str
    closes: str


class Count:
    """A count in a text: `{count}` is the number, `{count:record|records}` the word that goes with it."""

    def __init__(self, value: int, language: Language) -> None:
        self._value, self._language = value, language

    def __format__(self, forms: str) -> str:
        if not forms:
            return number(self._value, self._language)
        one, many = forms.split("|")
        return one if self._value == 1 else many


def texts() -> Mapping[str, Text]:
    """Return key → Dutch, English: ours, and those of every system."""
    return _texts(registry.words())


def reasons_known() -> Mapping[str, Reason]:
    """Return the code of a reason → its words: ours, and those of every system."""
    return _reasons(registry.words())


@cache
def _texts(systems: tuple[str, ...]) -> dict[str, Text]:
    modules = (*_TEXTS, *map(import_module, systems))
    return {key: text for module in modules for key, text in getattr(module, "TEXTS", {}).items()}


@cache
def _reasons(systems: tuple[str, ...]) -> dict[str, Reason]:
    modules = (*_REASONS, *map(import_module, systems))
    return {code: found for module in modules for code, found in module.REASONS.items()}


def say(key: str, language: Language, /, **values: object) -> str:
    """Return a text, filled in; whole numbers get their thousands apart. Raises KeyError for a key without a text."""
    counts = {name: Count(value, language) if isinstance(value, int) else value for name, value in values.items()}
    return texts()[key][LANGUAGES.index(language)].format(**counts)


def counted(key: str, language: Language, count: int) -> str:
    """Return a text with its count; nothing of none."""
    return say(key, language, count=count) if count else ""


def word(key: str, language: Language) -> str:
    """Return the word for a flow, state, fate, stage, kind, portal or event; the key itself where there is none."""
    found = texts().get(f"word.{key}")
    if found is None and key in set(Flow):
        found = TITLES[Flow(key)]
    if found is None and key in registry.portals():
        found = registry.portal(key).title
    return found[LANGUAGES.index(language)] if found else str(key)


def reason(code: str, language: Language) -> ReasonWords:
    """Return the words for a reason of a reject or of a held delivery.

    `column_blank:<name>` and others of a column name it, `forgotten:<number>` its tombstone. A code
    without words, such as one of a portal's own, says so.
    """
    known, _, column = code.partition(":")
    found = reasons_known().get(known) or reasons.UNKNOWN
    here = LANGUAGES.index(language)
    title, meaning = (text[here].format(code=code, column=column or "?") for text in (found.title, found.means))
    return ReasonWords(title, meaning, say(f"who.{found.who}", language), say(f"closes.{found.closes}", language))


def worded(words: Words | None, language: Language) -> str:
    """Return what a run, a failure or a piece of work says, in the reader's language.

    English is as it was said. A text without codes is returned as it is: it is of an older release, or in the reader's
    language already. So is one with a code that this release does not know.
    """
    if words is None or isinstance(words, str) or language == "en":
        return str(words or "")
    try:
        return " ".join(_dutch_of(part) for part in words.parts)
    except KeyError:
        return words.text


def _dutch_of(part: Part) -> str:
    text = dutch().get(part.code or "plain") or texts()[part.code][LANGUAGES.index("nl")]
    facts = {name: _fact(name, fact) for name, fact in part.facts.items()}
    return text.format(**facts)


class _Fact(str):
    """A fact in a text: `{count}` is as it is, `{count:record|records}` the word that goes with it."""

    __slots__ = ()

    def __format__(self, forms: str) -> str:
        if not forms:
            return str(self)
        one, many = forms.split("|")
        return one if self == "1" else many


def _fact(name: str, fact: str | Message) -> str:
    if isinstance(fact, Message):
        return worded(fact, "nl")
    if name == "flow":
        return word(fact, "nl")
    if name in {"reason", "reasons", "doubts"}:
        return ", ".join(_titled(code) for code in fact.split(", "))
    return _Fact(fact)


def _titled(code: str) -> str:
    return reason(code, "nl").title if code.partition(":")[0] in reasons_known() else code


def message(key: str, /, **values: object) -> Message:
    """Return a text of the catalog as a message: English, which can be said in Dutch."""
    return Message(say(key, "en", **values), [Part(key, {name: str(value) for name, value in values.items()})])


def dutch() -> Mapping[str, str]:
    """Return the code of a sentence or phrase → its Dutch: ours, and those of every system."""
    return _dutch(registry.dutch())


@cache
def _dutch(systems: tuple[str, ...]) -> dict[str, str]:
    modules = (ours_in_dutch, records_in_dutch, shared_in_dutch, *map(import_module, systems))
    return {code: text for module in modules for code, text in module.DUTCH.items()}


def number(value: int, language: Language) -> str:
    """Return a count with its thousands apart."""
    return f"{value:,}".replace(",", "." if language == "nl" else ",")
