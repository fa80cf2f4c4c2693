"""Pictures as SVG: columns that are stacked, and a map of cells. Their colours and sizes are the style's.

Columns are stretched to the width there is, so there is no text in them: the page writes beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

STEP, HEIGHT, FEWEST = 10, 100, 14
"""Units of one column and of the highest one, and the columns that there is room for where there are fewer."""
LEAST = 3
"""So high is what there is little of: at least to be seen."""
CELL, LETTER, ROW_LABEL_END = 14, 7.2, 8
"""Pixels of a cell, of a letter beside a row, and between both."""


@dataclass(frozen=True)
class Bar:
    """One column: what it is called, part → how many, and the words that say so. `failed`: marked at its foot."""

    label: str
    parts: Mapping[str, int]
    said: str = ""
    failed: bool = False


def columns(name: str, title: str, described: str, drawn: Sequence[Bar], low: bool = False) -> Markup:
    """Return stacked columns; each shows its words when pointed at.

    Args:
        name: of the picture on its page, letters only.
        title, described: for who cannot see it; the page has a table with all of it.
        low: as the lesser one of two.

    The newest is at the right; with few of them there is room at the left.
    """
    most, room = highest(drawn), max(len(drawn), FEWEST)
    pieces = []
    for place, column in enumerate(drawn, room - len(drawn)):
        heights = {part: max(HEIGHT * count / most, LEAST) for part, count in column.parts.items() if count}
        scale = min(1, HEIGHT / max(sum(heights.values()), 1))
        left, top = STEP * place, float(HEIGHT)
        rects = [Markup('<rect class="back" x="{}" y="0" width="{}" height="{}"/>').format(left, STEP, HEIGHT)]
        for part, height in heights.items():
            top -= height * scale
            rects.append(
                Markup('<rect class="{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
                    part, left + 1, top, STEP - 2, height * scale
                )
            )
        if column.failed:
            rects.append(
                Markup('<rect class="failed" x="{}" y="{}" width="{}" height="6"/>').format(left, HEIGHT - 6, STEP)
            )
        pieces.append(Markup("<g><title>{}</title>{}</g>").format(column.said, Markup("").join(rects)))
    return Markup(
        '<svg class="columns{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-labelledby="{}-title {}-desc"><title id="{}-title">{}</title><desc id="{}-desc">{}</desc>{}</svg>'
    ).format(
        " low" if low else "", STEP * room, HEIGHT, name, name, name, title, name, described,
        Markup("").join(pieces),
    )  # fmt: skip


def highest(drawn: Sequence[Bar]) -> int:
    """Return how many the highest column has; at least one."""
    return max((sum(column.parts.values()) for column in drawn), default=0) or 1


def grid(
    name: str, title: str, described: str, rows: Sequence[tuple[str, Sequence[tuple[str, str]]]], heads: Sequence[str]
) -> Markup:
    """Return a map of cells at their own size.

    Args:
        name, title, described: as of `columns`.
        rows: label → for each cell its class and its words; an empty class leaves the place empty.
        heads: a text above some of the columns, empty above the others.
    """
    label = ROW_LABEL_END + LETTER * max((len(text) for text, _ in rows), default=0)
    most = max((len(cells) for _, cells in rows), default=0)
    pieces = [
        Markup('<text x="{:.0f}" y="11">{}</text>').format(label + CELL * place, head)
        for place, head in enumerate(heads)
        if head
    ]
    for line, (text, cells) in enumerate(rows, 1):
        top = CELL * line + 4
        pieces.append(Markup('<text x="0" y="{}">{}</text>').format(top + 10, text))
        for place, (kind, said) in enumerate(cells):
            if kind:
                left, full = label + CELL * place, (CELL - 2) * _SHARES.get(kind, 1.0)
                pieces.append(
                    Markup(
                        '<g class="{}"><title>{}</title><rect class="cell" x="{:.0f}" y="{}" width="{}" height="{}"/>'
                        '<rect x="{:.0f}" y="{:.1f}" width="{}" height="{:.1f}"/></g>'
                    ).format(kind, said, left, top, CELL - 2, CELL - 2, left, top + CELL - 2 - full, CELL - 2, full)
                )
    width, height = label + CELL * most + LETTER * 4, CELL * (len(rows) + 1) + 6
    return Markup(
        '<svg class="grid" viewBox="0 0 {:.0f} {:.0f}" width="{:.0f}" height="{:.0f}" role="img" '
        'aria-labelledby="{}-title {}-desc"><title id="{}-title">{}</title><desc id="{}-desc">{}</desc>{}</svg>'
    ).format(width, height, width, height, name, name, name, title, name, described, Markup("").join(pieces))


_SHARES = {"gap": 0.0, "asked": 0.35, "got": 0.7}
"""How full a cell is, so that nobody needs the colours."""
