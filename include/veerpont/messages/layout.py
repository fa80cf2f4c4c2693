"""How a mail looks: tables and inline styles, for a phone's width, light and dark; and the same as plain text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_TEXT, _SOFT, _LINE, _LINK, _PAGE, _BACK = "#1b2733", "#56646f", "#dfe5ea", "#0b5cad", "#ffffff", "#f3f6f8"
_TONES = {"good": "#1c7a41", "bad": "#b3261e", "wait": "#9a5b00", "calm": "#56646f"}
_DARK = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.v-back{background:#10161b!important}.v-page{background:#1a2229!important}
.v-text{color:#e8eef2!important}.v-soft{color:#a9b7c1!important}.v-line{border-color:#34414b!important}
.v-link{color:#7db7f0!important}.v-good{color:#6fcf97!important}.v-bad{color:#ff8f85!important}
.v-wait{color:#f2b45c!important}.v-calm{color:#a9b7c1!important}
}
"""
_WIDTH = 72


@dataclass(frozen=True)
class Row:
    """One thing to read: a title with a number before it, what there is to say about it, and where to go."""

    title: str
    number: str = ""
    notes: Sequence[str] = ()
    link: str = ""
    tone: str = "calm"


@dataclass(frozen=True)
class MailSection:
    """A heading with its rows; `intro` stands under the heading."""

    heading: str
    rows: Sequence[Row] = ()
    intro: str = ""
    tone: str = "calm"


@dataclass(frozen=True)
class MailPage:
    """A mail: what it is about in a line, its sections, and how it ends."""

    title: str
    lead: str
    language: str
    sections: Sequence[MailSection] = ()
    foot: Sequence[str] = ()
    link: str = ""
    link_text: str = ""
    tone: str = "calm"


def html(page: MailPage) -> str:
    """Return the page as HTML."""
    inner = "".join([_lead(page), *map(_section, page.sections), _button(page), _foot(page.foot)])
    return (
        f'<!DOCTYPE html><html lang="{page.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(page.title)}</title><style>{_DARK}</style></head>"
        f'<body class="v-back" style="margin:0;padding:0;background:{_BACK}">'
        f'<table role="presentation" class="v-back" width="100%" cellpadding="0" cellspacing="0" '
        f'style="background:{_BACK}"><tr><td align="center" style="padding:12px 8px">'
        f'<table role="presentation" class="v-page" width="100%" cellpadding="0" cellspacing="0" '
        f'style="max-width:600px;background:{_PAGE};border-radius:8px"><tr><td style="padding:20px 16px;{_FONT}">'
        f"{inner}</td></tr></table></td></tr></table></body></html>"
    )


def text(page: MailPage) -> str:
    """Return the page as plain text, with everything that the HTML says."""
    parts = [page.title, "=" * min(len(page.title), _WIDTH), "", *_wrapped(page.lead), ""]
    for section in page.sections:
        parts += [section.heading, "-" * min(len(section.heading), _WIDTH), *_wrapped(section.intro)]
        for row in section.rows:
            head = f"{row.number}  {row.title}" if row.number else row.title
            parts += _wrapped(head, "* ", "  ")
            for note in row.notes:
                parts += _wrapped(note, "  ", "  ")
            parts += [f"  {row.link}"] if row.link else []
        parts.append("")
    parts += [f"{page.link_text}: {page.link}", ""] if page.link else []
    for line in page.foot:
        parts += _wrapped(line)
    return "\n".join(parts).rstrip() + "\n"


def _wrapped(line: str, first: str = "", others: str = "") -> list[str]:
    if not line:
        return []
    found = wrap(
        line, _WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
    return found or [first + line]


def _lead(page: MailPage) -> str:
    return (
        f'<h1 class="v-text" style="margin:0 0 8px;font-size:20px;line-height:1.3;color:{_TEXT}">'
        f"{escape(page.title)}</h1>{_p(page.lead, page.tone, 'font-size:16px;margin:0 0 16px')}"
    )


def _section(section: MailSection) -> str:
    intro = _p(section.intro, "calm", "font-size:14px;margin:0 0 6px") if section.intro else ""
    return (
        f'<h2 class="v-{section.tone}" style="margin:20px 0 6px;font-size:16px;color:{_TONES[section.tone]}">'
        f"{escape(section.heading)}</h2>{intro}{_rows(section.rows)}"
    )


def _rows(rows: Iterable[Row]) -> str:
    lines = "".join(map(_row, rows))
    if not lines:
        return ""
    return f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0">{lines}</table>'


def _row(row: Row) -> str:
    cell = f'class="v-line" valign="top" style="border-top:1px solid {_LINE};padding:8px'
    title = escape(row.title)
    if row.link:
        title = (
            f'<a class="v-link" href="{escape(row.link)}" style="color:{_LINK};text-decoration:underline">{title}</a>'
        )
    notes = "".join(_p(note, "calm", "font-size:14px;margin:2px 0 0") for note in row.notes)
    number = (
        f'<td {cell} 10px 8px 0;width:1%;white-space:nowrap" align="right"><strong class="v-{row.tone}" '
        f'style="font-size:16px;color:{_TONES[row.tone]}">{escape(row.number)}</strong></td>'
        if row.number
        else ""
    )
    span = "" if row.number else ' colspan="2"'
    return (
        f'<tr>{number}<td{span} {cell} 0"><div class="v-text" style="font-size:16px;line-height:1.35;color:{_TEXT};'
        f'overflow-wrap:anywhere">{title}</div>{notes}</td></tr>'
    )


def _button(page: MailPage) -> str:
    if not page.link:
        return ""
    return (
        f'<p style="margin:20px 0 8px;font-size:16px"><a class="v-link" href="{escape(page.link)}" '
        f'style="color:{_LINK}">{escape(page.link_text)}</a></p>'
    )


def _foot(lines: Iterable[str]) -> str:
    return "".join(_p(line, "calm", "font-size:13px;margin:12px 0 0") for line in lines)


def _p(line: str, tone: str, style: str) -> str:
    return (
        f'<p class="v-{tone}" style="{style};line-height:1.4;color:{_TONES[tone]};overflow-wrap:anywhere">'
        f"{escape(line)}</p>"
    )
