"""The mail of 07:00 in words, and sending it once a day."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urlencode

from veerpont.config.integration import Integration
from veerpont.desk.digest import Arrived, Digest, EngineersDigest, Open, digest, engineers_digest
from veerpont.messages import layout
from veerpont.messages.digest_words import TEXTS, plural
from veerpont.messages.layout import MailPage, Row, Section
from veerpont.messages.letters import when
from veerpont.messages.mail import Letter, Post, letter
from veerpont.messages.words import Language, reason, word
from veerpont.model.failures import SettingsError
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
    say = TEXTS[language]
    sections = [
        _late(found.late, language),
        _held(found, language, desk_url),
        _pending(found, language, desk_url),
        *_open(found, language, desk_url),
        _solved(found, language),
        _arrived(found.flows, language),
    ]
    overdue = [
        say["overdue"].format(id=each.id, flow=word(each.flow, language), days=each.days) for each in found.overdue[:1]
    ]
    waits = [
        *overdue,
        plural(say, "n_late", len(found.late)),
        plural(say, "n_held", len(found.held)),
        plural(say, "n_pending", len(found.pending)),
        plural(say, "n_open", found.count),
    ]
    told = ", ".join(part for part in waits if part)
    return MailPage(
        title=f"{found.customer}: {told or say['all_well']}",
        lead=_lead(found, language),
        language=language,
        sections=[section for section in sections if section.rows or section.intro],
        foot=[say["foot"].format(moment=when(found.moment)), say["privacy"]],
        link=desk_url,
        link_text=say["desk"],
        tone="good" if found.is_empty else "calm",
    )


def _lead(found: Digest, language: Language) -> str:
    say = TEXTS[language]
    if found.is_empty:
        return say["nothing"]
    parts = [
        plural(say, "new", found.new),
        plural(say, "closed", found.closed),
        plural(say, "questions", found.questions),
        plural(say, "ignored", found.ignored),
    ]
    told = ", ".join(part for part in parts if part)
    return say["since"].format(since=when(found.since), what=told or say["no_change"])


def _late(late: Iterable[Arrived], language: Language) -> Section:
    say = TEXTS[language]
    rows = [
        Row(
            word(flow.flow, language),
            notes=[part for part in (_last(flow, language), flow.message) if part],
            tone="bad",
        )
        for flow in late
    ]
    return Section(say["late"], rows, say["late_intro"] if rows else "", "bad")


def _last(flow: Arrived, language: Language) -> str:
    say = TEXTS[language]
    last = say["never"] if flow.success_at is None else say["last_success"].format(at=when(flow.success_at))
    if not flow.state:
        return f"{last}."
    kind = f" ({word(flow.kind, language)})" if flow.kind else ""
    return f"{last}. {say['last_run'].format(state=word(flow.state, language) + kind)}"


def _held(found: Digest, language: Language, desk_url: str) -> Section:
    say = TEXTS[language]
    rows = []
    for waits in found.held:
        words = [reason(code, language) for code in waits.reasons]
        titles = ", ".join(each.title for each in words)
        what = plural(say, "removals", waits.gone) or plural(say, "lines", waits.records) or say["whole"]
        rows.append(
            Row(
                f"{word(waits.flow, language)}: {titles}",
                notes=[
                    f"{what}. {say['waits_since'].format(since=when(waits.since))}",
                    *filter(None, [plural(say, "waits_days", waits.days)]),
                    *(w.meaning for w in words),
                ],
                link=_link(desk_url, f"deliveries/{waits.id}"),
                tone="wait",
            )
        )
    return Section(say["held"], rows, tone="wait")


def _pending(found: Digest, language: Language, desk_url: str) -> Section:
    say = TEXTS[language]
    link = _link(desk_url, "employers", integration=found.integration, state="pending")
    rows = [
        Row(f"{one.code} {one.name}", notes=[say["renamed"] if one.renamed else say["unknown"]], link=link, tone="wait")
        for one in found.pending
    ]
    return Section(say["pending"], rows, tone="wait")


def _open(found: Digest, language: Language, desk_url: str) -> Iterator[Section]:
    """Give one section for each reason, its employers below it: what it means is said once."""
    say = TEXTS[language]
    shown = found.open[:MOST_GROUPS]
    for code in dict.fromkeys(group.reason for group in shown):
        words = reason(code, language)
        rows = [_group(found, group, language, desk_url) for group in shown if group.reason == code]
        yield Section(words.title, rows, f"{words.meaning} {say['who']}: {words.who}", "bad")
    if rest := found.open[MOST_GROUPS:]:
        link = _link(desk_url, "rejects", integration=found.integration)
        more = say["more"].format(groups=len(rest), count=sum(group.count for group in rest))
        yield Section(say["others"], [Row(more, link=link)])


def _group(found: Digest, group: Open, language: Language, desk_url: str) -> Row:
    say = TEXTS[language]
    employer = f", {say['employer'].format(code=group.employer)}" if group.employer else ""
    days = (found.moment - group.oldest).days
    notes = [
        plural(say, "new", group.new),
        plural(say, "oldest", days) or say["today"],
        plural(say, "questions", group.questions),
        say["field"].format(fields=", ".join(group.fields[:5])) if group.fields else "",
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


def _solved(found: Digest, language: Language) -> Section:
    rows = [
        Row(f"{word(one.flow, language)}: {reason(one.reason, language).title}", number=f"{one.count}", tone="good")
        for one in found.solved[:MOST_GROUPS]
    ]
    return Section(TEXTS[language]["solved"], rows, tone="good")


def _arrived(flows: Iterable[Arrived], language: Language) -> Section:
    rows = [
        Row(word(flow.flow, language), notes=[_last(flow, language)], tone="calm") for flow in flows if not flow.late
    ]
    return Section(TEXTS[language]["arrived"], rows)


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
            notes=[f"{word(one.kind, 'en')}, since {when(one.since)}", one.message],
            tone="bad",
        )
        for one in found.failures
    ]
    late = [
        Row(f"{name}: {word(flow.flow, 'en')}", notes=[_last(flow, "en")], tone="wait")
        for name, flows in found.late.items()
        for flow in flows
    ]
    sections = [
        Section("Broken", failures, "Defects, and what should have passed by itself and lasts.", "bad"),
        Section(
            "Integration files", [Row(name, notes=[why], tone="bad") for name, why in found.broken.items()], tone="bad"
        ),
        Section("Nothing arrived by seven", late, tone="wait"),
    ]
    told = [
        plural(TEXTS["en"], "n_broken", len(failures)),
        plural(TEXTS["en"], "n_files", len(found.broken)),
        plural(TEXTS["en"], "n_late", len(late)),
        plural(TEXTS["en"], "n_untold", found.untold),
    ]
    title = ", ".join(part for part in told if part) or "all is well"
    return MailPage(
        title=f"{title} ({plural(TEXTS['en'], 'n_integrations', len(integrations)) or 'no integration'})",
        lead="Nothing needs an engineer." if found.is_empty else "What needs an engineer this morning.",
        language="en",
        sections=[section for section in sections if section.rows],
        foot=["This mail comes every day: a morning without it is one on which Airflow or its mail did not run."],
        link=desk_url,
        link_text=TEXTS["en"]["desk"],
        tone="good" if found.is_empty else "calm",
    )
