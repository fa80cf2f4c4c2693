"""Words for people, as any room may hand them to the catalog: Dutch and English side by side."""

from typing import Literal, NamedTuple

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")

Text = tuple[str, str]
"""Dutch, English. `{name}` is filled in, a whole number with its thousands apart; `{name:one|many}` goes with it."""


class Reason(NamedTuple):
    """Why a record or a delivery waits: a title of a few words, and what it means.

    `who` and `closes`: of who acts and how it closes, the catalog's keys without `who.` and `closes.`.
    """

    title: Text
    means: Text
    who: str
    closes: str
