"""How moments, ages and sizes read in Dutch and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from veerpont.messages.catalog import say
from veerpont.model.records import AbsencePeriod
from veerpont.model.texts import Language
from veerpont.rules.dates import AMSTERDAM


def when(moment: datetime, now: datetime, language: Language) -> str:
    """Return a moment on the Dutch clock, with the year only where it is another one."""
    local, here = moment.astimezone(AMSTERDAM), now.astimezone(AMSTERDAM)
    year = f" {local.year}" if local.year != here.year else ""
    return f"{weekday(local.date(), language)}{year} {local:%H:%M}"


def weekday(of: date, language: Language) -> str:
    """Return a day of this year, with which day of the week it is."""
    name = say("moment.days", language).split()[of.weekday()]
    return f"{name} {of.day} {say('moment.months', language).split()[of.month - 1]}"


def day(day: date, language: Language) -> str:
    """Return a calendar day, with its year."""
    return f"{day.day} {say('moment.months', language).split()[day.month - 1]} {day.year}"


def percentage(value: Decimal, language: Language) -> str:
    """Return a percentage, with decimals only where it has any."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text.replace('.', ',') if language == 'nl' else text} %"


def age(length: timedelta, language: Language) -> str:
    """Return a length of time in its one or two largest units."""
    total = max(0, int(length.total_seconds() // 60))
    days, hours, minutes = total // (24 * 60), total // 60 % 24, total % 60
    parts = {"days": days, "hours": hours if days < 2 else 0, "minutes": minutes if not days else 0}
    found = [say(f"length.{name}", language, count=count) for name, count in parts.items() if count]
    return " ".join(found) or say("length.minutes", language, count=0)


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


def course(periods: Sequence[AbsencePeriod], today: date) -> Markup:
    """Return the course of an absence as SVG: how much of which days, until today where it goes on."""
    if not periods:
        return Markup("")
    ends = [max(period.end or today, period.begin) for period in periods]
    first, last = min(period.begin for period in periods), max(ends)
    whole = (last - first).days + 1
    rows = Markup("").join(
        Markup('<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>').format(
            100 * (period.begin - first).days / whole,
            24 - height,
            100 * ((end - period.begin).days + 1) / whole,
            height,
        )
        for period, end in zip(periods, ends, strict=True)
        for height in [max(1.0, 24 * float(period.percentage) / 100)]
    )
    return Markup(
        '<svg class="course" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        '<line x1="0" y1="24" x2="100" y2="24"/>{}</svg>'
    ).format(rows)


def strip(states: list[str], title: str) -> Markup:
    """Return a row of small bars as SVG, one for each state; `title` says in words what they show."""
    bars = Markup("").join(
        Markup('<rect class="{}" x="{}" y="{}" width="5" height="{}"/>').format(
            state or "none", 7 * place, 0 if state else 9, 14 if state else 5
        )
        for place, state in enumerate(states)
    )
    width = 7 * len(states) - 2
    return Markup(
        '<svg class="strip" viewBox="0 0 {} 14" width="{}" height="14" role="img" aria-label="{}">{}</svg>'
    ).format(width, width, title, bars)
