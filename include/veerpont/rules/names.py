"""Dutch surnames: which of own and partner's name a person uses, and the prefix of the own one.

Facts: docs/reference/afas.md, 8.3.
"""

from enum import StrEnum
from functools import lru_cache


class NameUsage(StrEnum):
    """The four ways to use own and partner's name (`Voorkeurshantering`), in the order of AFAS's codes 0 to 3."""

    OWN = "Geboortenaam"
    PARTNER_OWN = "Geb. naam partner + Geboortenaam"
    PARTNER = "Geboortenaam partner"
    OWN_PARTNER = "Geboortenaam + Geb. naam partner"


def _plain(text: str) -> str:
    letters = "".join(sign for sign in text.casefold() if sign not in " .\t\u00a0")
    return letters.replace("geboortenaam", "gebnaam").replace("naamvanpartner", "naampartner")


_USAGES = {_plain(usage): usage for usage in NameUsage} | {str(code): usage for code, usage in enumerate(NameUsage)}


@lru_cache(maxsize=256)
def name_usage(text: str) -> NameUsage | None:
    """Return what a description or a code 0-3 means, whatever its case, spaces and dots; None when unknown."""
    return _USAGES.get(_plain(text))


def own_prefix(prefix: str | None, birth_name_prefix: str | None) -> str | None:
    """Return the prefix of the own surname: that of the birth name where the source has it, else the general one."""
    return birth_name_prefix or prefix
