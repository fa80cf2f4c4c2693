"""How moments, ages, counts and sizes read in Dutch and English."""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup

from veerpont.desk.web.labels import DAY, DAYS, LABELS, MONTHS, REFUSALS_NL, UNITS
from veerpont.messages.words import LANGUAGES, Language
from veerpont.rules.dates import AMSTERDAM


class Count:
    """A count in a label: `{count}` is the number, `{count:record|records}` the word that goes with it."""

    def __init__(self, value: int, language: Language) -> None:
        self._value, self._language = value, language

    def __format__(self, forms: str) -> str:
        if not forms:
            return number(self._value, self._language)
        one, many = forms.split("|")
        return one if self._value == 1 else many


def label(key: str, language: Language, **values: object) -> str:
    """Return what a page says; the key must be one of LABELS. Whole numbers get their thousands apart."""
    counts = {name: Count(value, language) if isinstance(value, int) else value for name, value in values.items()}
    return LABELS[key][LANGUAGES.index(language)].format(**counts)


def refusal(code: str, message: str, values: dict[str, object], language: Language) -> str:
    """Return why something was not done; what has no Dutch words is said in English."""
    known = REFUSALS_NL.get(code)
    return known.format(**values) if known and language == "nl" else message


def number(value: int, language: Language) -> str:
    """Return a count with its thousands apart."""
    return f"{value:,}".replace(",", "." if language == "nl" else ",")


def when(moment: datetime, now: datetime, language: Language) -> str:
    """Return a moment on the Dutch clock, with the year only where it is another one."""
    local, here, which = moment.astimezone(AMSTERDAM), now.astimezone(AMSTERDAM), LANGUAGES.index(language)
    year = f" {local.year}" if local.year != here.year else ""
    return f"{DAYS[which][local.weekday()]} {local.day} {MONTHS[which][local.month - 1]}{year} {local:%H:%M}"


def age(length: timedelta, language: Language) -> str:
    """Return a length of time in its one or two largest units."""
    which = LANGUAGES.index(language)
    days, hours, minutes = UNITS[which]
    total = max(0, int(length.total_seconds() // 60))
    if total >= 2 * 24 * 60:
        return f"{total // (24 * 60)} {days}"
    if total >= 24 * 60:
        rest = (total - 24 * 60) // 60
        return f"1 {DAY[which]} {rest} {hours}" if rest else f"1 {DAY[which]}"
    if total >= 60:
        return f"{total // 60} {hours} {total % 60} {minutes}" if total % 60 else f"{total // 60} {hours}"
    return f"{total} {minutes}"


def size(content: int, language: Language) -> str:
    """Return a number of bytes as people read it."""
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if content >= scale:
            text = f"{content / scale:.1f}"
            return f"{text.replace('.', ',') if language == 'nl' else text} {unit}"
    return f"{content} B"


def bar(parts: list[tuple[str, int]]) -> Markup:
    """Return a stacked bar as SVG: one piece for each part that is not zero, at least wide enough to be seen."""
    total = sum(count for _, count in parts)
    if not total:
        return Markup('<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"></svg>')
    shown = [(name, max(100 * count / total, 1.6)) for name, count in parts if count]
    scale = 100 / sum(width for _, width in shown)
    pieces, left = [], 0.0
    for name, width in shown:
        pieces.append(
            Markup('<rect class="{}" x="{:.2f}" y="0" width="{:.2f}" height="8"/>').format(name, left, width * scale)
        )
        left += width * scale
    return Markup('<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{}</svg>').format(
        Markup("").join(pieces)
    )
