"""The two sides of a load as streams: what the source shows, what the portal was told, and what it has afterwards."""

from collections.abc import Iterable, Iterator
from heapq import merge

import msgspec

from veerpont.flows import hours
from veerpont.flows.absence.window import Cargo
from veerpont.flows.job import RECORD_TYPES, Item, Job, Transformed
from veerpont.flows.payroll import Watch
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.lines import Fate, Line
from veerpont.model.records import Record
from veerpont.pipeline.compare.state import Change, Comparison, fingerprint_line
from veerpont.pipeline.compare.stream import Head, Rendered, RenderedHead, Way
from veerpont.store.vault import Sequence
from veerpont.systems.registry import portal

Shown = tuple[Item, Record, Line | Problem]
"""A staged record, and its line at the portal or why there is none."""

_encode = msgspec.json.encode
_decode_line = msgspec.json.Decoder(Line).decode
_decode_rendered = msgspec.json.Decoder(Rendered).decode
_decode_head = msgspec.json.Decoder(RenderedHead).decode


class Sides:
    """Both sides of one flow to one portal.

    `told`: the snapshot. `cargo`: of absence, what there is for this portal. `bad`: record key → what the steps before
    found wrong.
    """

    def __init__(self, job: Job, portal_name: str, transformed: Transformed, watch: Watch) -> None:
        self.job = job
        self.told: Sequence | None = None
        self.cargo: Cargo | None = None
        self.bad: dict[str, Problem] = {}
        self._portal = portal(portal_name)
        self._items = transformed.items
        self._watch = watch
        self._rendered = Sequence(f"{job.folder}/lines-{portal_name}")

    # -- what the source shows ---------------------------------------------------------------------------------------

    def lines(self) -> Iterator[Shown]:
        """Yield the lines as the portal would get them."""
        for item, record in self._records():
            # a person waits as a whole: what is wrong may have been found after a record of theirs was staged
            wrong = self.bad.get(record.key)
            line = wrong or self._portal.line(self.job.integration, self.job.flow, record)
            yield item, record, self._watch.versioned(line)

    def render(self, lines: Iterable[Shown]) -> Iterator[Rendered]:
        """Yield the lines, and keep them for `rendered`."""
        with self.job.vault.writer(self._rendered.path) as kept:
            for item, record, line in lines:
                found = (None, line) if isinstance(line, Problem) else (line, None)
                shown = Rendered(item.group, item.rows, record.key, *found)
                kept.add(_encode(shown))
                yield shown
        self._rendered = kept.sequence

    def rendered(self) -> Iterator[Rendered]:
        """Yield the lines once more."""
        return map(_decode_rendered, self.job.vault.read(self._rendered))

    def crossing(self, comparison: Comparison) -> Iterator[tuple[Rendered, Line, Way]]:
        """Yield what crosses, and how."""
        for place, shown in enumerate(self.rendered()):
            if shown.line is not None and (way := comparison.way(shown.line.id, place)) is not None:
                yield shown, shown.line, way

    def news(self, comparison: Comparison) -> Iterator[tuple[Head, Way]]:
        """Yield the lines that cross and say something that the portal was not told."""
        for place, shown in enumerate(map(_decode_head, self.job.vault.read(self._rendered))):
            if shown.line is not None and (way := comparison.way(shown.line.id, place)) in {Way.NEW, Way.CHANGED}:
                yield shown.line, way

    def records(self, comparison: Comparison) -> Iterator[Record]:
        """Yield the records that cross."""
        for place, (_, record) in enumerate(self._records()):
            if comparison.way(record.id, place) is not None:
                yield record

    def _records(self) -> Iterator[tuple[Item, Record]]:
        if self.cargo is not None:
            yield from self.cargo.items
            return
        decode_item = msgspec.json.Decoder(Item).decode
        decode = msgspec.json.Decoder(RECORD_TYPES[self.job.flow]).decode
        for content in self.job.vault.read(self._items):
            item = decode_item(content)
            yield item, decode(item.record)

    # -- what the portal was told, and has afterwards ----------------------------------------------------------------

    def told_lines(self) -> Iterator[Line]:
        """Yield what the portal was told last."""
        told = map(_decode_line, self.job.vault.read(self.told) if self.told else ())
        return hours.recent(self.job, told) if self.job.flow is Flow.HOURS else told

    def file(self, comparison: Comparison) -> Iterator[tuple[Line, Change | None]]:
        """Yield every line that the portal has after this delivery, in order, and what it changes there."""
        fates = comparison.fates(whole_held=False)
        tells = not self._portal.complete
        shown = ((line, _brought(fates, each, way) if tells else None) for each, line, way in self.crossing(comparison))
        return merge(shown, self._again(comparison), key=lambda found: found[0].order)

    def gone(self, comparison: Comparison) -> Iterator[tuple[Line, Change]]:
        """Yield the lines that the portal loses."""
        going = comparison.removed | comparison.left | comparison.moved
        for line in self.told_lines():
            if line.id in going and _emptied(comparison, line) is None:
                yield line, _taken(comparison, line)

    def _again(self, comparison: Comparison) -> Iterator[tuple[Line, Change | None]]:
        """Yield the told lines that are repeated, or that stand for a removed one."""
        if not (comparison.carried or comparison.removed):
            return
        trimmed = self.cargo.trimmed if self.cargo else {}
        for line in self.told_lines():
            if line.id in comparison.carried:
                yield trimmed.get(line.id, line), None
            elif emptied := _emptied(comparison, line):
                yield emptied, _taken(comparison, emptied)


def _brought(fates: dict[str, Fate], shown: Rendered, way: Way) -> Change | None:
    if shown.line is None or way is Way.SAME:
        return None
    # several lines may be of the same source rows: they are brought by those of which the rest went well
    delivered = fates.get(shown.group, Fate.DELIVERED) is Fate.DELIVERED
    rows = shown.rows if delivered else 0
    return Change(shown.line.id, shown.key, fingerprint_line(shown.line), shown.group, rows)


def _taken(comparison: Comparison, line: Line) -> Change:
    return Change(line.id, line.key, fingerprint_line(line), "", 0, gone=line.id in comparison.removed)


def _emptied(comparison: Comparison, line: Line) -> Line | None:
    """Return the line that stands for a removed one, where leaving it out does not take it away."""
    return line.gone() if line.id in comparison.removed else None
