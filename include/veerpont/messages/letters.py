"""What an alert says, in Dutch and English: what broke, since when, what to do; and that it is well again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from veerpont.messages.catalog import message, reason, say, word, worded
from veerpont.messages.layout import MailPage, MailSection, Row
from veerpont.model.messages import Message, Words, together
from veerpont.model.texts import Language
from veerpont.rules.dates import AMSTERDAM
from veerpont.store.tables import Alert, Delivery


def comes_and_goes(language: Language, words: Words) -> Words:
    """Return the last message of a day about something that comes and goes; a text is in the language already."""
    if isinstance(words, str):
        return f"{words} {say('alert.comes_and_goes', language)}"
    return together(words, message("alert.comes_and_goes"))


def token_ends(end: datetime, days: int, connection: str) -> Message:
    """Return what to do about a token that ends."""
    return message("alert.token", end=f"{end:%d-%m-%Y}", days=days, connection=connection)


def silent(language: Language) -> str:
    """Return what to look at when a flow has no runs any more."""
    return say("alert.no_runs", language)


def clock_back(language: Language, until: datetime) -> str:
    """Return what to do about a clock that went back, so that the ledger is ahead of it until this moment (aware)."""
    return say("alert.clock_back", language, until=when(until))


def unconfirmed(language: Language, row: Delivery) -> str:
    """Return what to do about a delivery of which no report came."""
    return say("alert.overdue", language, id=str(row.id))


def held(language: Language, row: Delivery) -> str:
    """Return what waits for a person in a held delivery."""
    title = ", ".join(reason(code, language).title for code in row.reasons.split())
    key = "gone" if row.gone else "whole"
    return say(f"alert.{key}", language, title=title, count=row.gone or row.records)


def page(found: Sequence[Alert], names: Mapping[str, str], language: Language, desk_url: str) -> MailPage:
    """Return the mail about these alerts: what broke, and what is well again.

    Args:
        names: integration → the customer's name.
    """
    broken = [alert for alert in found if alert.well_at is None]
    well = [alert for alert in found if alert.well_at is not None]
    sections = []
    if broken:
        rows = [_row(alert, names, language, desk_url) for alert in broken]
        sections.append(MailSection(say("alert.broken", language), rows, tone="bad"))
    if well:
        rows = [_row(alert, names, language, desk_url) for alert in well]
        sections.append(MailSection(say("alert.well", language), rows, tone="good"))
    lead = "lead_well"
    if broken:
        lead = "lead_held" if all(_kind(alert) == "held" for alert in broken) else "lead"
    return MailPage(
        title=_title(broken, well, names, language),
        lead=say(f"alert.{lead}", language),
        language=language,
        sections=sections,
        link=desk_url,
        link_text=say("alert.link", language),
    )


def _title(broken: list[Alert], well: list[Alert], names: Mapping[str, str], language: Language) -> str:
    found = broken + well
    more = f" (+{len(found) - 1})" if len(found) > 1 else ""
    return _sentence(found[0], names, language) + more


def _row(alert: Alert, names: Mapping[str, str], language: Language, desk_url: str) -> Row:
    well = alert.well_at is not None
    if alert.well_at is not None:
        notes = [say("alert.was", language, since=when(alert.since), until=when(alert.well_at))]
    else:
        notes = [worded(alert.words, language), say("alert.since", language, since=when(alert.since))]
    waits = _kind(alert) == "held" and not well and desk_url
    link = f"{desk_url.rstrip('/')}/deliveries?integration={alert.integration}&flow={alert.flow}" if waits else ""
    return Row(_sentence(alert, names, language), notes=notes, link=link, tone="good" if well else "bad")


def _sentence(alert: Alert, names: Mapping[str, str], language: Language) -> str:
    key = _kind(alert) if alert.well_at is None else f"well_{_kind(alert)}"
    flow, name = word(alert.flow, language), names.get(alert.integration, alert.integration)
    return " ".join(say(f"alert.{key}", language, flow=flow, name=name).split())


def _kind(alert: Alert) -> str:
    return alert.subject.split()[0]


def when(moment: datetime) -> str:
    """Return a moment as people read it: `22-11 14:05`, Dutch time."""
    return f"{moment.astimezone(AMSTERDAM):%d-%m %H:%M}"
