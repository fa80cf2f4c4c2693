"""The two sides of a load as streams: what the source shows, what the portal was told, and what it has afterwards."""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge

import msgspec

from veerpont.flows.flow_load import FlowLoad, ShownLine
from veerpont.flows.job import Job
from veerpont.model.failures import Problem
from veerpont.model.lines import Fate, Line, fingerprint_line
from veerpont.model.records import Record
from veerpont.pipeline.compare.state import Change, Comparison
from veerpont.pipeline.compare.stream import Head, Rendered, RenderedHead, Way
from veerpont.store.vault import Sequence
from veerpont.systems.registry import portal

_encode = msgspec.json.encode
_decode_rendered = msgspec.json.Decoder(Rendered).decode
_decode_head = msgspec.json.Decoder(RenderedHead).decode


class LineStreams:
    """Both sides of one flow to one portal. `clash`: says what is wrong with a line beside those of others there."""

    def __init__(self, job: Job, side: FlowLoad, clash: Callable[[Line], Problem | None]) -> None:
        self.job, self.side, self._clash = job, side, clash
        self.told_lines = side.told_lines
        self._portal = portal(side.portal)
        self._rendered = Sequence(f"{job.folder}/lines-{side.portal}")

    # -- what the source shows ---------------------------------------------------------------------------------------

    def lines(self) -> Iterator[ShownLine]:
        """Yield the lines as the portal would get them."""
        integration, flow, render = self.job.integration, self.job.flow, self._portal.line
        wrong, versioned = self.side.wrong(), self.side.versioned
        for item, record in self.side.records():
            # a person waits as a whole: what is wrong may have been found after a record of theirs was staged
            line = wrong.get(record.key) or render(integration, flow, record)
            yield item, record, versioned(line if isinstance(line, Problem) else self._clash(line) or line)

    def render(self, lines: Iterable[ShownLine]) -> Iterator[Rendered]:
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
        for place, (_, record) in enumerate(self.side.records()):
            if comparison.way(record.id, place) is not None:
                yield record

    # -- what the portal was told, and has afterwards ----------------------------------------------------------------

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
        trimmed, stays = self.side.trimmed, self.side.stays
        if not (comparison.carried or comparison.removed or self.side.steady.told):
            return
        for line in self.side.repeatable():
            if stays(line.id):
                yield line, None
            elif line.id in comparison.carried:
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
