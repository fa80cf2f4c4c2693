"""The mail of 07:00 in words, and sending it once a day."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from urllib.parse import urlencode

from veerpont.config.integration import Integration
from veerpont.desk.digest import Arrived, Digest, EngineersDigest, Open, Waits, digest, engineers_digest
from veerpont.messages import layout
from veerpont.messages.catalog import counted, reason, say, word, worded
from veerpont.messages.layout import MailPage, MailSection, Row
from veerpont.messages.letters import when
from veerpont.messages.mail import Letter, Post, letter
from veerpont.model.failures import SettingsError
from veerpont.model.texts import Language
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import alerts
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger

MOST_GROUPS = 40
"""How many groups a mail shows; the smaller ones are counted, and stand at the desk."""
SENT = "digest_sent"


def render(found: Digest, language: Language, desk_url: str) -> tuple[str, str, str]:
    """Return subject, plain text and HTML of an integration's mail; both say the same."""
    page = managers_page(found, language, desk_url)
    return f"Veerpont: {page.title}", layout.text(page), layout.html(page)


def send_once(ledger: Ledger, integration: Integration, moment: datetime, desk_url: str, post: Post) -> str:
    """Send an integration's mail, unless it went today; return in a sentence what was done.

    Nothing to report is no mail, unless the integration wants one (`mail.when_empty`).
    """
    with lease(ledger, f"digest {integration.name}"):
        if _went(ledger, integration.name, moment):
            return f"{integration.name}: the mail of today was sent already."
        found = digest(ledger, integration, moment)
        if found.is_empty and not integration.mail.when_empty:
            return f"{integration.name}: nothing to report, so no mail (mail.when_empty)."
        post(Letter(tuple(integration.mail.to), *render(found, integration.mail.language, desk_url)))
        _note(ledger, integration.name, moment)
    return f"{integration.name}: sent."


def send_to_engineers_once(
    ledger: Ledger,
    found: Mapping[str, Integration],
    broken: Mapping[str, SettingsError],
    to: tuple[str, ...],
    moment: datetime,
    desk_url: str,
    post: Post,
) -> str:
    """Send the engineers' mail, unless it went today; it goes every day, so that a day without it says something."""
    if not to:
        return "VEERPONT_ENGINEERS is empty: there is nobody to send it to."
    with lease(ledger, "digest"):
        if _went(ledger, "", moment):
            return "The engineers' mail of today was sent already."
        page = engineers_page(engineers_digest(ledger, found, broken, moment), found, desk_url)
        post(letter(to, f"Veerpont: {page.title}", page))
        _note(ledger, "", moment)
    return "Sent to the engineers."


def _went(ledger: Ledger, name: str, moment: datetime) -> bool:
    with ledger.session() as session:
        return alerts.done_on(session, name, SENT) == _day(moment)


def _note(ledger: Ledger, name: str, moment: datetime) -> None:
    with ledger.session() as session:
        alerts.note_done(session, name, SENT, _day(moment))


def _day(moment: datetime) -> str:
    return moment.astimezone(AMSTERDAM).date().isoformat()


# -- the managers' page ------------------------------------------------------------------------------------------------


def managers_page(found: Digest, language: Language, desk_url: str) -> MailPage:
    """Return the mail of an integration as a page."""
    sections = [
        _late(found.late, language),
        _held(found, language, desk_url),
        _pending(found, language, desk_url),
        *_open(found, language, desk_url),
        _solved(found, language),
        _arrived(found.flows, language),
    ]
    waits = [
        *_overdue(found.overdue, language),
        counted("mail.n_late", language, len(found.late)),
        counted("mail.n_held", language, len(found.held)),
        counted("mail.n_pending", language, len(found.pending)),
        counted("mail.n_open", language, found.count),
    ]
    told = ", ".join(part for part in waits if part)
    return MailPage(
        title=f"{found.customer}: {told or say('mail.all_well', language)}",
        lead=_lead(found, language),
        language=language,
        sections=[section for section in sections if section.rows or section.intro],
        foot=[say("mail.foot", language, moment=when(found.moment)), say("mail.privacy", language)],
        link=desk_url,
        link_text=say("mail.desk", language),
        tone="good" if found.is_empty else "calm",
    )


def _overdue(waits: Iterable[Waits], language: Language) -> list[str]:
    """Name what has waited longest, for the subject."""
    return [
        say("mail.overdue", language, id=str(each.id), flow=word(each.flow, language), days=each.days)
        for each in islice(waits, 1)
    ]


def _lead(found: Digest, language: Language) -> str:
    if found.is_empty:
        return say("mail.nothing", language)
    parts = [
        counted("mail.new", language, found.new),
        counted("mail.closed", language, found.closed),
        counted("mail.questions", language, found.questions),
        counted("mail.ignored", language, found.ignored),
    ]
    told = ", ".join(part for part in parts if part)
    return say("mail.since", language, since=when(found.since), what=told or say("mail.no_change", language))


def _late(late: Iterable[Arrived], language: Language) -> MailSection:
    rows = [
        Row(
            word(flow.flow, language),
            notes=[part for part in (_last(flow, language), worded(flow.message, language)) if part],
            tone="bad",
        )
        for flow in late
    ]
    return MailSection(say("mail.late", language), rows, say("mail.late_intro", language) if rows else "", "bad")


def _last(flow: Arrived, language: Language) -> str:
    last = (
        say("mail.never", language)
        if flow.success_at is None
        else say("mail.last_success", language, at=when(flow.success_at))
    )
    if not flow.state:
        return f"{last}."
    kind = f" ({word(flow.kind, language)})" if flow.kind else ""
    return f"{last}. {say('mail.last_run', language, state=word(flow.state, language) + kind)}"


def _held(found: Digest, language: Language, desk_url: str) -> MailSection:
    rows = [
        _question(waits, counted("mail.waits_days", language, waits.days), language, desk_url) for waits in found.held
    ]
    return MailSection(say("mail.held", language), rows, tone="wait")


def _question(waits: Waits, days: str, language: Language, desk_url: str, whose: str = "") -> Row:
    words = [reason(code, language) for code in waits.reasons]
    titles = ", ".join(each.title for each in words)
    what = (
        counted("mail.removals", language, waits.gone)
        or counted("mail.lines", language, waits.records)
        or say("mail.whole", language)
    )
    return Row(
        f"{whose}{word(waits.flow, language)}: {titles}",
        notes=[
            f"{what}. {say('mail.waits_since', language, since=when(waits.since))}",
            *filter(None, [days]),
            *(w.meaning for w in words),
        ],
        link=_link(desk_url, f"deliveries/{waits.id}"),
        tone="wait",
    )


def _pending(found: Digest, language: Language, desk_url: str) -> MailSection:
    rows = [
        Row(
            f"{one.code} {one.name}",
            notes=[say(f"mail.{one.why}", language)],
            link=_link(
                desk_url, "employers", integration=found.integration, state="over" if one.why == "over" else "pending"
            ),
            tone="wait",
        )
        for one in found.pending
    ]
    return MailSection(say("mail.pending", language), rows, tone="wait")


def _open(found: Digest, language: Language, desk_url: str) -> Iterator[MailSection]:
    """Give one section for each reason, its employers below it: what it means is said once."""
    shown = found.open[:MOST_GROUPS]
    for code in dict.fromkeys(group.reason for group in shown):
        words = reason(code, language)
        rows = [_group(found, group, language, desk_url) for group in shown if group.reason == code]
        yield MailSection(words.title, rows, f"{words.meaning} {say('mail.who', language)}: {words.who}", "bad")
    if rest := found.open[MOST_GROUPS:]:
        link = _link(desk_url, "rejects", integration=found.integration)
        more = say("mail.more", language, groups=len(rest), count=sum(group.count for group in rest))
        yield MailSection(say("mail.others", language), [Row(more, link=link)])


def _group(found: Digest, group: Open, language: Language, desk_url: str) -> Row:
    employer = f", {say('mail.employer', language, code=group.employer)}" if group.employer else ""
    days = (found.moment - group.oldest).days
    notes = [
        counted("mail.new", language, group.new),
        counted("mail.oldest", language, days) or say("mail.today", language),
        counted("mail.questions", language, group.questions),
        say("mail.field", language, fields=", ".join(group.fields[:5])) if group.fields else "",
    ]
    link = _link(
        desk_url,
        "rejects/group",
        integration=found.integration,
        flow=group.flow,
        employer=group.employer,
        stage=group.stage,
        reason=group.reason,
    )
    return Row(
        f"{word(group.flow, language)}{employer}",
        number=f"{group.count}",
        notes=["; ".join(note for note in notes if note)],
        link=link,
        tone="bad",
    )


def _solved(found: Digest, language: Language) -> MailSection:
    rows = [
        Row(f"{word(one.flow, language)}: {reason(one.reason, language).title}", number=f"{one.count}", tone="good")
        for one in found.solved[:MOST_GROUPS]
    ]
    return MailSection(say("mail.solved", language), rows, tone="good")


def _arrived(flows: Iterable[Arrived], language: Language) -> MailSection:
    rows = [
        Row(word(flow.flow, language), notes=[_last(flow, language)], tone="calm") for flow in flows if not flow.late
    ]
    return MailSection(say("mail.arrived", language), rows)


def _link(desk_url: str, path: str, **query: str) -> str:
    if not desk_url:
        return ""
    return f"{desk_url.rstrip('/')}/{path}" + (f"?{urlencode(query)}" if query else "")


# -- the engineers' page -----------------------------------------------------------------------------------------------


def engineers_page(found: EngineersDigest, integrations: Mapping[str, Integration], desk_url: str) -> MailPage:
    """Return the engineers' mail as a page, in English."""
    failures = [
        Row(
            f"{one.integration}: {word(one.flow, 'en')}",
            notes=[say("engineers.since", "en", kind=word(one.kind, "en"), since=when(one.since)), str(one.message)],
            tone="bad",
        )
        for one in found.failures
    ]
    late = [
        Row(f"{name}: {word(flow.flow, 'en')}", notes=[_last(flow, "en")], tone="wait")
        for name, flows in found.late.items()
        for flow in flows
    ]
    left = [
        _question(waits, counted("engineers.waits_days", "en", waits.days), "en", desk_url, f"{name}: ")
        for name, questions in found.left.items()
        for waits in questions
    ]
    sections = [
        MailSection(say("engineers.broken", "en"), failures, say("engineers.broken_what", "en"), "bad"),
        MailSection(
            say("engineers.files", "en"),
            [Row(name, notes=[why], tone="bad") for name, why in found.broken.items()],
            tone="bad",
        ),
        MailSection(say("engineers.late", "en"), late, tone="wait"),
        MailSection(say("engineers.left", "en"), left, say("engineers.left_what", "en"), "wait"),
    ]
    told = [
        *_overdue(found.overdue, "en"),
        counted("mail.n_broken", "en", len(failures)),
        counted("mail.n_files", "en", len(found.broken)),
        counted("mail.n_late", "en", len(late)),
        counted("mail.n_held", "en", len(left)),
        counted("mail.n_untold", "en", found.untold),
    ]
    title = ", ".join(part for part in told if part) or say("engineers.all_well", "en")
    over = counted("mail.n_integrations", "en", len(integrations)) or say("engineers.none", "en")
    return MailPage(
        title=f"{title} ({over})",
        lead=say("engineers.calm" if found.is_empty else "engineers.lead", "en"),
        language="en",
        sections=[section for section in sections if section.rows],
        foot=[say("engineers.foot", "en")],
        link=desk_url,
        link_text=say("mail.desk", "en"),
        tone="good" if found.is_empty else "calm",
    )
