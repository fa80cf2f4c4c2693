"""Dutch surnames: own and partner's name, their prefixes, and which of them a person uses.

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


def full_last_name(
    usage: NameUsage,
    last_name: str,
    prefix: str | None = None,
    partner_last_name: str | None = None,
    partner_prefix: str | None = None,
) -> str:
    """Return the surname as the person uses it, prefixes first, both names joined by a hyphen.

    Without a partner's name it is the own name, whatever the usage says.
    """
    own = f"{prefix} {last_name}" if prefix else last_name
    if not partner_last_name:
        return own
    partner = f"{partner_prefix} {partner_last_name}" if partner_prefix else partner_last_name
    return {
        NameUsage.OWN: own,
        NameUsage.PARTNER_OWN: f"{partner}-{own}",
        NameUsage.PARTNER: partner,
        NameUsage.OWN_PARTNER: f"{own}-{partner}",
    }[usage]
