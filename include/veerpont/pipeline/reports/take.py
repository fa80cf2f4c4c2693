"""The portal's report of a file: what it rejected leaves the snapshot and waits for 21:00; the delivery is confirmed.

A report is taken in one transaction, under the lease of the flow's loads: read twice, or killed and read again, it has
its effect once. The books of the run stay as they were at the time; the delivery says how many lines were rejected.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import timedelta
from heapq import merge
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.flows import flow_named, lookup
from veerpont.model.failures import PassingError, Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, fingerprint_line
from veerpont.model.messages import coded
from veerpont.pipeline.compare.state import StillRefused
from veerpont.pipeline.reports.matching import Hit, Match, match
from veerpont.store import deliveries, kinds, rejects, reports, trail_log
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.kinds import Kind
from veerpont.store.leases import LeaseGuard, lease
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings
from veerpont.store.reports import Sent
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery
from veerpont.store.trail_log import Step, What, marker, part
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.portal import Report, Reporting
from veerpont.systems.registry import portal, reporting
from veerpont.systems.registry import reports as reports_of

KEPT = timedelta(days=3)
"""How long the lines of a delivery are kept for a report, where nobody says by when one comes."""
REJECTED = "portal_rejected"
DOUBTED = "rejected by the portal"
"""A column that no file has: a line with it in the snapshot is not as the source shows it, so it is sent again."""

_encode = msgspec.json.encode
_decode_line = msgspec.json.Decoder(Line).decode
_decode_refused = msgspec.json.Decoder(StillRefused).decode


class Taken(msgspec.Struct, frozen=True):
    """What came of a report.

    `result`: confirmed, refused (the file as a whole), repeated (it was taken before), superseded (what was sent is not
    kept any more) or unknown (no file of ours). `rejected`: rows that it rejects; `rejects`: records that became
    rejects; `unmatched`: rejected rows that no line of the delivery was found for.
    """

    integration: str
    flow: str
    delivery: int
    result: str
    rejected: int = 0
    rejects: int = 0
    unmatched: int = 0

    @property
    def sentence(self) -> str:
        """Say it to people, without a name of a file or a record."""
        what = f"{self.integration}: the report of delivery {self.delivery} ({self.flow})"
        match self.result:
            case "confirmed":
                none = f" {self.unmatched} of them name no line that was sent." if self.unmatched else ""
                return f"{what} confirms it; {self.rejected} rows were rejected, {self.rejects} records wait.{none}"
            case "refused":
                return f"{what} says that the portal refused the file as a whole: its lines are sent again."
            case "repeated":
                return f"{what} was taken before; nothing changed."
            case "superseded":
                return f"{what} comes too late: what was sent with it is not kept any more. Nothing changed."
            case _:
                return f"{self.integration}: a report names a file that was never sent from here. Nothing changed."


def expect(session: Session, integration: Integration, row: Delivery, lines: Sequence) -> None:
    """Wait for the report of a delivery that the portal accepts now; its lines are not the snapshot yet."""
    if not isinstance(portal(row.portal), Reporting):
        return
    reports.pass_over(session, row.integration, row.flow, row.run_id)
    how = reports_of(integration).get(row.portal)
    if how is None:
        reports.close(session, row)  # what was kept while reports were read
        return
    hours = how.within
    before = deliveries.told(session, Scope.of(row))
    reports.expect(session, row, Sent(lines, before), now() + hours if hours else None, max(hours or KEPT, KEPT))


@dataclass(frozen=True)
class Intake:
    """What taking a report needs.

    `by`: the person who brought it; `flows`: on which they may act, None for all. `wait`: how long a load may hold it
    up. `told`: called in the transaction that takes the report, with what came of it.
    """

    integration: Integration
    ledger: Ledger
    vault: Vault
    by: str = ""
    wait: timedelta = timedelta(minutes=3)
    flows: Set[str] | None = None
    told: Callable[[Session, Taken], None] = lambda *_: None


def understand(intake: Intake, content: bytes) -> tuple[Report, Delivery | None]:
    """Read a report and find the delivery that it is about. Raises SettingsError when it is not as configured."""
    report = _read(intake.integration, content)
    with intake.ledger.session() as session:
        return report, reports.named(session, intake.integration.name, report.file)


def _read(integration: Integration, content: bytes) -> Report:
    """Read a report as the first portal of the integration that can."""
    wrong = SettingsError(coded("report.no_portal", "{name}: no portal of it gives reports.", name=integration.name))
    for name in reports_of(integration):
        try:
            return reporting(name).read_report(integration, content)
        except SettingsError as error:
            wrong = error
    raise wrong


def take(intake: Intake, content: bytes) -> Taken:
    """Take a report: rejects for what it rejected, and the delivery confirmed.

    Raises:
        SettingsError: it is no report as the integration says, or about a flow on which who brought it may not act;
            nothing of it is taken.
        PassingError: the flow is being loaded, or the delivery is not marked as sent yet.
    """
    report, row = understand(intake, content)
    if row is None:
        return Taken(intake.integration.name, "", 0, "unknown", len(report.rejected))
    if intake.flows is not None and row.flow not in intake.flows:
        raise SettingsError(
            coded(
                "report.not_yours",
                "The report is about {flow}, on which who brought it may not act. Nothing was taken.",
                flow=row.flow,
            )
        )
    with lease(intake.ledger, Scope.of(row).loads, intake.wait) as held:
        return _Report(intake, report, row.id, held).take()


class _Report:
    """One report of one delivery. The methods follow each other as they stand here."""

    def __init__(self, intake: Intake, report: Report, delivery: int, held: LeaseGuard) -> None:
        self.intake, self.report, self.held = intake, report, held
        self.vault = intake.vault
        with intake.ledger.session() as session:
            self.row = session.get_one(Delivery, delivery)
            self.portal = reporting(self.row.portal)
            self.sent = reports.sent(session, self.row)
            self.next = reports.sent_next(session, self.row)
            self.newest = reports.is_newest(session, self.row)
            self.scope = Scope.of(self.row)
            self.current = deliveries.pointer(session, self.scope, kinds.SNAPSHOTS)
            self.refused = deliveries.pointer(session, self.scope, kinds.REFUSED)
            # what waits for another reason stays as it is: the portal only got its old line once more
            known = rejects.listed(session, rejects.RejectFilter(self.scope.integration, self.scope.flow))
            self.others = {each.key for each in known if each.state != "closed" and each.reason != REJECTED}

    def take(self) -> Taken:
        row = self.row
        if row.state == State.PREPARED:
            raise PassingError(
                coded(
                    "report.not_sent_yet",
                    "Delivery {id} is not marked as sent yet: its report is taken after the next run.",
                    id=row.id,
                )
            )
        if row.state in {State.CONFIRMED, State.REFUSED}:
            return self._told("repeated")
        if row.state != State.DELIVERED or self.sent is None:
            return self._told("superseded")
        columns = self.portal.key_columns(Flow(row.flow))
        rejected = self.report.rejected
        if self.sent.lines.items != row.records:  # somebody in it was forgotten since: the numbers of rows moved up
            # where neither is said it is the file that was refused, now as before
            by_row = [message.row is not None and not message.key for message in rejected]
            rejected = [each._replace(row=0 if only else None) for each, only in zip(rejected, by_row, strict=True)]
        headers = self.portal.headers(self.intake.integration, Flow(row.flow))
        names = portal(row.portal).person_columns.names
        found = match(self._lines(self.sent.lines), rejected, columns, headers, names)
        if found.whole is not None:
            return self._refuse(self.sent, *found.whole)
        return self._confirm(self.sent, found)

    def _new(self, kind: Kind) -> str:
        return kind.path(self.scope, uuid4().hex)

    def _told(self, result: str) -> Taken:
        return Taken(self.row.integration, self.row.flow, self.row.id, result, len(self.report.rejected))

    def _lines(self, sequence: Sequence | None) -> Iterator[Line]:
        return map(_decode_line, self.vault.read(sequence) if sequence else ())

    # -- a file that was refused as a whole ------------------------------------------------------------------------

    def _refuse(self, sent: Sent, code: str, words: str) -> Taken:
        """The portal has what it was told before: the next run says it all again."""
        before = sent.before or self.vault.write(self._new(kinds.SNAPSHOTS), ())
        places = lookup.write(self.vault, self.scope, flow_named(self.row.flow), before)
        said = coded(
            "record.file_rejected",
            "The portal refused delivery {id} as a whole: {words}",
            id=self.row.id,
            words=words,
        )
        problem = Problem(Stage.EXPORT, code, "file_rejected", said)
        with self.intake.ledger.session() as session:
            row = self._mark(session, State.REFUSED, {f"{reports.OF_DELIVERY}{self.row.id}": problem}, {})
            if self.newest:
                deliveries.point(session, self.scope, kinds.SNAPSHOTS, before)
                deliveries.point(session, self.scope, kinds.LOOKUP, places)
            reports.take_back(session, row, sent.before)
            reports.close(session, row, alone=True)
            result = self._told("refused")
            self.intake.told(session, result)
        return result

    # -- a file that was processed ---------------------------------------------------------------------------------

    def _confirm(self, sent: Sent, found: Match) -> Taken:
        as_sent = {identity: fingerprint_line(hit.line) for identity, hit in found.hits.items()}
        still = {
            line.id: found.hits[line.id]
            for line in (self._lines(self.current) if as_sent else ())
            if as_sent.get(line.id) == fingerprint_line(line)
        }
        waiting = {identity: _refused(hit) for identity, hit in still.items()}
        pointers = self._pointers(sent, waiting) if waiting else {}
        told_next = self._told_next(sent, as_sent)
        problems = {each.key: each.problem for each in waiting.values() if each.key not in self.others}
        homes = {hit.line.key: hit.line.employer for hit in still.values()}
        if found.unmatched:
            problems[f"{reports.OF_DELIVERY}{self.row.id}"] = Problem(
                Stage.EXPORT,
                "",
                "report_unmatched",
                coded(
                    "record.report_unmatched",
                    "The portal rejected {count} rows of delivery {id} of which its report does not say which they "
                    "are. Look at the report in the portal's log screen.",
                    count=found.unmatched,
                    id=self.row.id,
                ),
            )
        trail = trail_log.write(self.vault, self.scope, self._steps(still.values()))
        with self.intake.ledger.session() as session:
            row = self._mark(session, State.CONFIRMED, problems, homes)
            for kind, sequence in pointers.items():
                deliveries.point(session, self.scope, kind, sequence)
            if told_next:
                reports.take_back(session, row, told_next)
            trail_log.link(session, self.scope, trail, row.run_id, row.id)
            reports.close(session, row)
            result = self._told("confirmed")
            result = msgspec.structs.replace(result, rejects=len(waiting), unmatched=found.unmatched)
            self.intake.told(session, result)
        return result

    def _pointers(self, sent: Sent, waiting: dict[str, StillRefused]) -> dict[Kind, Sequence]:
        """Write the snapshot in which these lines are what the portal was told of them before, and that they wait.

        What the portal has of a line that it rejected is not known (docs/reference/xpert-suite.md, 4.5): what it was
        told before is repeated in every file until the line passes, and never taken to be all that there is to say.
        """
        kept = map(_decode_refused, self.vault.read(self.refused) if self.refused else ())
        every = waiting | {each.id: each for each in kept}  # a newer version that waits already goes on waiting
        return {
            kinds.SNAPSHOTS: self._as_before(self.current, sent, waiting),
            kinds.REFUSED: self.vault.write(self._new(kinds.REFUSED), map(_encode, every.values())),
        }

    def _told_next(self, sent: Sent, as_sent: dict[str, bytes]) -> Sequence | None:
        """Write what the portal was told before the file that went meanwhile: not what it rejected of this one.

        None where there is no such file, or nothing in it is different.
        """
        before = self.next.before if self.next else None
        lines = self._lines(before) if as_sent else ()
        rejected = {line.id for line in lines if as_sent.get(line.id) == fingerprint_line(line)}
        return self._as_before(before, sent, rejected) if rejected else None

    def _as_before(self, lines: Sequence | None, sent: Sent, identities: Collection[str]) -> Sequence:
        """Write lines with some of them as the portal was told before the delivery; a new one is not in them then."""
        old = sorted((_doubted(line) for line in self._lines(sent.before) if line.id in identities), key=_order)
        others = (line for line in self._lines(lines) if line.id not in identities)
        path = self._new(kinds.SNAPSHOTS)
        return self.vault.write(path, map(_encode, merge(others, old, key=_order)))

    def _steps(self, hits: Iterable[Hit]) -> Iterator[Step]:
        mark = marker(self.vault)
        for hit in hits:
            yield Step(mark(hit.line.key), part(hit.line.id, hit.line.key), What.REFUSED)

    def _mark(self, session: Session, state: State, problems: dict[str, Problem], homes: dict[str, str]) -> Delivery:
        self.held.require(session)
        row = session.get_one(Delivery, self.row.id)
        row.state, row.rejected = state, len(self.report.rejected)
        if self.intake.by:
            subject, who = deliveries.subject(row), self.intake.by
            session.add(Decision(integration=row.integration, subject=subject, decision="report", by=who, at=now()))
        found = Findings(problems, employers=homes)
        rejects.settle(session, self.scope, row.run_id, found, closes=lambda _: False)
        return row


def _order(line: Line) -> str:
    return line.order


def _doubted(line: Line) -> Line:
    return msgspec.structs.replace(line, values={**line.values, DOUBTED: None})


def _refused(hit: Hit) -> StillRefused:
    """Return what waits: the line as the source shows it."""
    shown = {name: each for name, each in hit.line.values.items() if name != DOUBTED}
    digest = fingerprint_line(msgspec.structs.replace(hit.line, values=shown))
    problem = Problem(
        Stage.EXPORT, hit.code, REJECTED, coded("record.portal_says", "The portal says: {words}", words=hit.words)
    )
    return StillRefused(hit.line.id, hit.line.key, digest, problem)


def having() -> list[str]:
    """Return the integrations that say what their portal's report is like; none where their files cannot be read."""
    try:
        found, _ = read_integrations(settings().integrations)
    except SettingsError:
        return []
    return [name for name, each in found.items() if reports_of(each)]


def intake(name: str | None, by: str = "") -> Intake:
    """Return what a person's report of one integration needs; of the only one with reports where none is named.

    Raises SettingsError when there is no such integration, or none or several have reports.
    """
    ours = settings()
    found, broken = read_integrations(ours.integrations)
    if name is not None and name not in found:
        there = ", ".join(found) or "none"
        raise broken.get(name) or SettingsError(
            coded(
                "report.no_integration", "There is no integration {name}. There are: {known}.", name=name, known=there
            )
        )
    chosen = [found[name]] if name else [each for each in found.values() if reports_of(each)]
    if len(chosen) != 1:
        names = ", ".join(each.name for each in chosen) or "none"
        raise SettingsError(
            coded(
                "report.whose", "Say whose report it is: --integration. With reports there are: {known}.", known=names
            )
        )
    ledger = Ledger(ours.ledger)
    ledger.require_current()
    return Intake(chosen[0], ledger, Vault(ours.vault, ours.vault_keys), by)
