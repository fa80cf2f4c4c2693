"""Invented names, addresses and BSNs, for the customers of any size."""

import unicodedata
from functools import cache

from faker import Faker

_PREFIXES = {"van", "de", "der", "den", "het", "'t", "ter", "ten", "te", "von", "in", "op", "la", "le", "el"}


@cache
def pools() -> tuple[list[tuple[str, str]], list[tuple[str | None, str]], list[tuple[str, str, str]]]:
    """Return pools of (given name, gender), (prefix, surname) and (street, postcode, city).

    Faker takes milliseconds for a person; drawing from what it made once takes microseconds.
    """
    fake = Faker("nl_NL")
    fake.seed_instance(1)
    women = [(fake.first_name_female(), "Vrouw") for _ in range(200)]
    men = [(fake.first_name_male(), "Man") for _ in range(200)]
    places = [(fake.street_name(), f"{1011 + i * 11}{'ABCDEFGHJK'[i % 10]}X", fake.city()) for i in range(500)]
    return women + men, [_split(fake.last_name()) for _ in range(800)], places


def _split(name: str) -> tuple[str | None, str]:
    """Split "van der Berg" into prefix and surname."""
    words = name.split()
    count = 0
    while count < len(words) - 1 and words[count].lower() in _PREFIXES:
        count += 1
    return " ".join(words[:count]) or None, " ".join(words[count:])


def invented_bsn(number: int) -> str:
    """Return an invented BSN that passes the elfproef: another one for every number below 8,000,000."""
    for last in range(10):
        digits = f"{9 - number // 1_000_000}{number % 1_000_000:06}{last}"
        check = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
        if check < 10:
            return f"{digits}{check}"
    raise AssertionError("of two numbers in a row at most one has no check digit")


def ascii_slug(name: str) -> str:
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in text.lower() if letter.isalpha())
