"""What a run, a failure or a piece of work says: English, with the codes and facts that it is made of.

The English stands where it is said, for logs, mails to engineers and the command line; `messages.catalog` has the Dutch
of each code. Facts are names, counts and codes, never a personal value (docs/decisions/0031).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

PLAIN = ""
"""The code of English that has no Dutch: it is for an engineer, and its only fact is the text."""


class Part(msgspec.Struct, frozen=True):
    """One sentence or phrase: its code, and what is filled in."""

    code: str
    facts: dict[str, str | Message]


class Message(msgspec.Struct, frozen=True):
    """English, and the parts that it is made of."""

    text: str
    parts: list[Part]

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:  # pages put what is to be done into sets, and facts are a mapping
        return hash(self.text)


Words = str | Message
"""What is said: a text without codes is shown as it is."""


class Phrase(NamedTuple):
    """A piece of a sentence that stands in a table: its code, and the English with what is to be filled in."""

    code: str
    english: str

    def of(self, **facts: object) -> Message:
        """Return it, filled in with those of the facts that it names."""
        return coded(
            self.code, self.english, **{name: fact for name, fact in facts.items() if f"{{{name}}}" in self[1]}
        )


def coded(code: str, english: str, /, **facts: object) -> Message:
    """Return a sentence or phrase by its code. `{name}` in the English is filled in with the fact of that name."""
    kept = {name: fact if isinstance(fact, Message) else str(fact) for name, fact in facts.items()}
    return Message(english.format(**kept), [Part(code, kept)])


NONE, NO = coded("none", "none"), coded("no", "no")


def as_message(words: Words) -> Message:
    """Return words as a message; those without a code are for an engineer."""
    return words if isinstance(words, Message) else Message(words, [Part(PLAIN, {"text": words})] if words else [])


def together(*words: Words) -> Message:
    """Return sentences as one message, a space between them; empty ones are left out."""
    said = [as_message(each) for each in words if str(each)]
    return Message(" ".join(each.text for each in said), [part for each in said for part in each.parts])


def changed(words: Words, change: Callable[[str], str]) -> Words:
    """Return words with their text and all facts changed: what a fact names is spelled as others know it."""
    if isinstance(words, str):
        return change(words)
    parts = []
    for part in words.parts:
        facts: dict[str, str | Message] = {}
        for name, fact in part.facts.items():
            facts[name] = as_message(changed(fact, change)) if isinstance(fact, Message) else change(fact)
        parts.append(Part(part.code, facts))
    return Message(change(words.text), parts)


def codes(words: Words) -> Iterator[str]:
    """Yield every code of what is said, those of the phrases in it included."""
    for part in as_message(words).parts:
        yield part.code
        for fact in part.facts.values():
            if isinstance(fact, Message):
                yield from codes(fact)


def listed(words: Iterable[Words]) -> Message:
    """Return phrases as one, with commas between them."""
    first, *more = map(as_message, words)
    for each in more:
        first = coded("listed", "{first}, {next}", first=first, next=each)
    return first


def dump(message: Message) -> str:
    """Return the parts of a message as the ledger keeps them."""
    return msgspec.json.encode(message.parts).decode()


def load(text: str, parts: str) -> Message:
    """Return a message as the ledger keeps it."""
    return Message(text, msgspec.json.decode(parts, type=list[Part]))
