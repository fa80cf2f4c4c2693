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
    ways,
    words,
)
from veerpont.model.flows import TITLES, Flow
from veerpont.model.texts import LANGUAGES, Language, Reason, Text
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


def number(value: int, language: Language) -> str:
    """Return a count with its thousands apart."""
    return f"{value:,}".replace(",", "." if language == "nl" else ",")
