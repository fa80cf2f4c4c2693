"""Load: render, compare, ask the guards, deliver, prove, and only then let the ledger say so (docs/decisions/0012).

Whatever line it dies at, running it again ends in the same place: a delivery is fixed in the ledger and the vault
before its upload, an unfinished one is finished first, and one transaction marks it delivered and moves the snapshot.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain

import msgspec
from sqlalchemy.orm import Session

from veerpont.config.integration import PortalSettings
from veerpont.flows import accounts, hours, missed, payroll
from veerpont.flows.absence import request
from veerpont.flows.absence.cases import Absences, doubts, lacks, remarks
from veerpont.flows.absence.gone import Gone, gone
from veerpont.flows.absence.window import SETTINGS, cargo, made_by, merged
from veerpont.flows.guards import ColumnCheck
from veerpont.flows.job import Job, Transformed, read_problems, skip_older, skip_stale, spelled
from veerpont.flows.returned import read_returned
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Fate
from veerpont.pipeline.compare.decide import (
    Shown,
    decide,
    look,
    look_elsewhere,
    look_refused,
    postpone,
    remember,
    sift,
    sift_rejected,
    whole,
)
from veerpont.pipeline.compare.line_streams import Sides
from veerpont.pipeline.compare.questions import Holds
from veerpont.pipeline.compare.state import Comparison, StillRefused
from veerpont.pipeline.compare.stream import Sieve
from veerpont.pipeline.deliver import companions
from veerpont.pipeline.deliver.neighbours import same_place
from veerpont.pipeline.deliver.send import Outcome, Sending
from veerpont.pipeline.forget.removals import Removals
from veerpont.pipeline.trail import writer
from veerpont.store import deliveries, employers, rejects, reports, runs, trail_log
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.store.leases import Held, lease
from veerpont.store.tables import Delivery, EmployerState
from veerpont.store.vault import Sequence
from veerpont.systems.registry import portal

_encode = msgspec.json.encode


def load(job: Job, transformed: Transformed) -> dict[str, dict[str, int]]:
    """Deliver the flow to each of its portals; returns the books by portal.

    Raises SettingsError or PassingError when a portal could not be reached or refused; what was done stays done.
    """
    skip_stale(job, transformed)
    books: dict[str, dict[str, int]] = {}
    with lease(job.ledger, f"load:{job.name}:{job.flow}") as held:
        loads = []
        for settings in job.integration.portals_for(job.flow):
            with job.ledger.session() as session:
                done = runs.is_done(session, job.name, job.flow, settings.portal, job.run_id)
            if not done:
                loads.append(_Load(job, settings, transformed, held))
        if job.flow is Flow.ABSENCE and loads:
            found = merged(job, transformed, held)
            for each in loads:
                each.found = found
        for each in loads:
            books[each.portal_name] = each.run()
        job.vault.delete(job.folder)
    return books


class _Load:
    """One delivery to one portal. The methods follow each other as they stand here."""

    def __init__(self, job: Job, settings: PortalSettings, transformed: Transformed, held: Held) -> None:
        self.job = job
        self.held = held
        self.portal_name = settings.portal
        self.portal = portal(settings.portal)
        self.transformed = transformed
        self.found: Absences | None = None
        self.spoken_of = hours.Spoken()
        self.holds = Holds(job, settings.portal)
        self.sending = Sending(job, settings, held)
        self.watch = payroll.Watch(job, settings.portal, transformed.schema, transformed.unasked)
        self.sides = Sides(job, settings.portal, transformed, self.watch)
        self.where = (job.name, job.flow, settings.portal)

    def run(self) -> dict[str, int]:
        self._refuse_shared_folder()
        if self.sending.finish_prepared():
            with self.job.ledger.session() as session:
                own = runs.is_done(session, *self.where, self.job.run_id)  # from an earlier attempt of this run
            if own:
                return {}
        self._skip_older_read()
        comparison = self._compare()
        approved = self.holds.released_keys(self.released)
        fewer = hours.guard(self.sides.told_lines(), comparison, self.spoken_of, approved, self.job.integration.guards)
        self.forgotten = Removals(
            self.job,
            self.portal_name,
            self.portal.complete,
            comparison,
            lambda: self.sides.crossing(comparison),
            self.released,
        )
        holds = self.holds.find(
            comparison,
            self.released,
            lambda: self.sides.news(comparison),
            1 if self.found else self.transformed.read,  # no change of absence is no reason to doubt
            first=self.sides.told is None and self.portal.complete,
            besides=[*self._doubts(), *self.watch.doubts(), *self.forgotten.doubts, *fewer],
            schema=self.watch.change,
        )
        holds += self.forgotten.holds
        whole = any(hold.whole for hold in holds)
        with self.job.ledger.session() as session:
            self.asked = self.holds.settle(session, holds, comparison.crossing)
            if not whole and any("history_incomplete" in row.reasons.split() for row in self.released):
                deliveries.note(session, *self.where, "accepted_lack", _encode(self.lack).decode())
        # of a read that is held for what it shows, nothing is believed: neither who is missing nor where people are
        self.trusted = all(hold.reasons == ["first_delivery"] for hold in holds if hold.whole)
        counts = self._balance(comparison, whole)
        self.message = (
            " ".join([
                *self.sending.remarks,
                *(hold.sentence for hold in holds),
                *self.transformed.remarks,
                *self.forgotten.remarks,
                *(remarks(self.job, self.found) if self.found else ()),
            ])
            or None
        )
        if whole or not (comparison.says_something or self.forgotten.going):
            self._end_without_delivery(comparison, counts, whole)
        else:
            self.sending.let_the_portal_settle()
            self._prepare(comparison, counts)
            self.sending.finish_prepared()
        self.sending.sweep()
        return counts

    # -- before anything else ------------------------------------------------------------------------------------

    def _refuse_shared_folder(self) -> None:
        with self.job.ledger.session() as session:
            others = deliveries.shares_destination(session, *self.where)
        others = others or same_place(self.job, self.portal)
        if others:
            raise SettingsError(
                f"{self.job.name} and {', '.join(others)} deliver {self.job.flow} to the same host, login and folder: "
                "each file would delete the other's records. Give each its own folder or account."
            )

    def _skip_older_read(self) -> None:
        with self.job.ledger.session() as session:
            newest = deliveries.noted(session, *self.where, "read")
        skip_older(self.job, self.transformed, newest)

    def _doubts(self) -> list[str]:
        if self.found is None:
            return []
        self.lack = lacks(self.job)
        with self.job.ledger.session() as session:
            accepted = deliveries.noted(session, *self.where, "accepted_lack")
        return doubts(self.job, self.found, self.portal.complete, self.lack, accepted)

    # -- both sides ----------------------------------------------------------------------------------------------

    def _refused(self, session: Session) -> dict[str, StillRefused]:
        """Return what the portal refused. Only the 21:00 run tries it again (docs/decisions/0007).

        A night that was skipped is owed to the next run. Absence is tried by every run.
        """
        kept = deliveries.pointer(session, *self.where, "refused")
        self.refused_before = kept is not None and kept.items > 0
        tried = deliveries.noted(session, *self.where, "retried_at")
        self.retries = tried is None or datetime.fromisoformat(tried) < self.job.last_night
        decode = msgspec.json.Decoder(StillRefused).decode
        return {entry.id: entry for entry in map(decode, self.job.vault.read(kept) if kept else ())}

    def _compare(self) -> Comparison:
        job = self.job
        with job.ledger.session() as session:
            self.sides.told = deliveries.pointer(session, *self.where, "snapshot")
            missing = deliveries.pointer(session, *self.where, missed.KIND)
            confirmed = rejects.confirmed(session, job.name, job.flow)
            known = employers.states(session, job.name)
            self.released = [
                row for row in deliveries.find(session, *self.where, State.HELD) if row.decided_by is not None
            ]
            refused = self._refused(session)
            asked = rejects.asked_again(session, job.name, job.flow)
        waiting = {identity: no for identity, no in refused.items() if no.key not in asked}
        if job.flow is Flow.ABSENCE or self.retries:
            waiting = {}
        active = {code for code, row in known.items() if row.state == Gate.ACTIVE}
        leaving: set[str] = set()
        if self.found is not None:
            mine = self.sides.cargo = cargo(job, self.found, self.transformed, self.sides.told_lines, self.portal_name)
            comparison = Comparison(mine.problems, questions=dict(self.found.questions))
            leaving = mine.leaving
        else:
            comparison = Comparison(read_problems(job.vault, self.transformed.problems))
            self.sides.bad = {found.key: found.problem for found in comparison.problems}
        if job.flow is Flow.ACCOUNTS and self.sides.told is not None:
            leaving = accounts.left_service(job, self.sides.told_lines())
        self.missed_before = missed.read(job.vault, missing)
        believed = missed.believed(self.missed_before, self.transformed.read_at)
        if job.flow is Flow.ORGANIGRAM and comparison.problems.rows:
            believed = set()  # a bad unit may be the link to any of the missing ones above it
        returned = {each.id: each.by for each in read_returned(job, self.transformed.returned)}
        sieve = Sieve(self.sides.told_lines, self.sides.rendered, active, self.missed_before.keys() | refused.keys())
        held: Iterable[Shown]
        if self.found is None and job.flow not in {Flow.HOURS, Flow.PAYROLL}:
            held = sift(comparison, sieve, self.sides.render(self.sides.lines()))
        else:  # of these any line may have to do with any other one, and none is quiet
            remember(comparison, self.watch.told(self.sides.told_lines(), active))
            lines = self.watch.shown(hours.open_only(self.sides.lines(), comparison, self.spoken_of), active)
            held = whole(comparison, self.sides.render(lines))
        look(comparison, held, active, confirmed, job.vault.fingerprint, waiting, returned)
        look_refused(comparison, waiting)
        if self.found is not None or job.flow is Flow.PAYROLL:
            comparison.columns = ColumnCheck()  # the history, and the watch, have looked at the columns of the rows
        made = self._gone(comparison)
        unasked = self.watch.unasked
        if job.flow is Flow.HOURS:
            believed, unasked = set(comparison.told), hours.not_spoken_of(self.sides.told_lines(), self.spoken_of)
        # what it refused to forget was believed gone when it was asked first
        believed = (made.unasked if self.found else believed) | {
            each for each, no in refused.items() if (told := comparison.told.get(each)) and told.digest == no.digest
        }
        elsewhere = frozenset(key.decode() for key in job.vault.read(self.transformed.elsewhere))
        look_elsewhere(comparison, elsewhere, active, confirmed, job.vault.fingerprint)
        sift_rejected(comparison, sieve, active)
        self._postpone(comparison, sieve, known, active)
        decide(
            comparison,
            active=active,
            frozen={code for code, row in known.items() if row.frozen},
            complete=self.transformed.complete,
            nothing_read=self.found is None and self.transformed.complete and self.transformed.read == 0,
            missing_before=believed,
            approved=self.holds.released_keys(self.released),
            leaving=leaving,
            unasked=unasked | returned.keys(),
            today=job.today.isoformat(),
            limits=job.integration.guards,
            asked={identity: why for identity, why in made.asked.items() if identity not in believed},
            waits=made.waits,
        )
        return comparison

    def _postpone(
        self, comparison: Comparison, sieve: Sieve, known: Mapping[str, EmployerState], active: set[str]
    ) -> None:
        """Let too much at once wait for a person. What hours and payroll data show is of other periods each time."""
        if self.sides.told is None or self.job.flow in {Flow.HOURS, Flow.PAYROLL}:
            return
        with self.job.ledger.session() as session:
            since = deliveries.pointed_at(session, *self.where, "snapshot")
        every = Counter((name, how) for _, name, how in sieve.all_changed()) if self.found else sieve.changed
        comparison.changed = every
        postpone(
            comparison,
            sieve,
            self.job.integration.guards,
            active=active,
            awaited={code for code, row in known.items() if since is None or row.at > since},
            approved=self.holds.released_lines(self.released),
        )

    def _gone(self, comparison: Comparison) -> Gone:
        """Return what is made of the cases of absence that are not shown."""
        if self.found is None or self.sides.cargo is None:
            return Gone()
        told = {key: told.employer for key, told in comparison.told.items() if not comparison.accepted(key)}
        return gone(self.job, self.found, self.sides.cargo.by_settings, told, self.missed_before)

    # -- the books, and the end of a run that sends nothing --------------------------------------------------------

    def _balance(self, comparison: Comparison, whole_held: bool) -> dict[str, int]:
        fates = comparison.books(whole_held)
        counts = {str(fate): count for fate, count in fates.items()}
        counts["read"] = self.transformed.read
        counts["filtered"] += self.transformed.filtered + (self.sides.cargo.filtered if self.sides.cargo else 0)
        counts["held"] += self.found.held if self.found else self.transformed.held
        counts["rejected"] += comparison.problems.rows
        counts["repeated"] = len(comparison.carried)
        counts["gone"] = 0 if whole_held else len(comparison.removed) + len(self.forgotten.going)
        balance = sum(counts[fate] for fate in Fate)
        if balance != counts["read"]:
            raise VeerpontError(
                f"The books of {self.job.name}, {self.job.flow}, {self.portal_name} do not balance: "
                f"read {counts['read']}, accounted for {balance}. Nothing was sent."
            )
        return counts

    def _end_without_delivery(self, comparison: Comparison, counts: dict[str, int], held: bool) -> None:
        pointers = self._beside(comparison, held) if self.trusted else {}
        news = self._trail(comparison, sent=False)
        with self.job.ledger.session() as session:
            self.held.require(session)
            self._settle_rejects(session, comparison)
            self.sending.move(session, pointers, self.transformed.number)
            deliveries.note(session, *self.where, "read", str(self.transformed.number))
            if self.retries:
                deliveries.note(session, *self.where, "retried_at", self.job.moment.isoformat())
            if not held and self.found and (by := made_by(self.job, comparison.because)):
                deliveries.note(session, *self.where, SETTINGS, by)
            if not held:
                for row in self.released:  # what was released is back at the source, or was never needed
                    session.get_one(Delivery, row.id).state = State.SUPERSEDED
            runs.end(
                session,
                *self.where[:2],
                self.job.run_id,
                "held" if held else "success",
                self.portal_name,
                counts,
                message=self.message,
            )
            trail_log.link(session, *self.where, news, self.job.run_id)

    def _trail(self, comparison: Comparison, sent: bool) -> Sequence | None:
        trimmed = self.sides.cargo.trimmed if self.sides.cargo else {}
        news = self.sides.news
        return writer.write(
            self.job, self.portal_name, comparison, news, self.asked, sent=sent, trusted=self.trusted, trimmed=trimmed
        )

    def _settle_rejects(self, session: Session, comparison: Comparison) -> None:
        if not self.transformed.complete:
            return
        rejects.settle(
            session,
            self.job.name,
            self.job.flow,
            self.job.run_id,
            {
                **{entry.key: entry.problem for entry in comparison.refused_still.values()},
                **{found.key: spelled(self.job, found).problem for found in comparison.problems},
            },
            comparison.questions,
            employers=comparison.homes,
            closes=self._proves,
            untried={entry.key for entry in comparison.refused_still.values()},
        )
        if self.found is not None:
            rejects.count_codes(session, self.job.name, self.job.flow, self.found.codes)

    def _proves(self, key: str) -> bool:
        """Tell whether this read says anything of a record key that has no problem in it: it was read, or all was."""
        if key.startswith(reports.OF_DELIVERY):
            return False  # a later file closes it
        if self.found is None or self.transformed.scope == request.WIDE:
            return True
        return key in self.found.history.entries or key in self.found.cases

    # -- the delivery --------------------------------------------------------------------------------------------

    def _prepare(self, comparison: Comparison, counts: dict[str, int]) -> None:
        outcome = Outcome(
            counts,
            self._beside(comparison) | self.forgotten.pointers,
            self.job.run_id,
            [],
            self.transformed.read_at,
            self.message,
            retried=self.job.moment.isoformat() if self.retries else None,
            trail=self._trail(comparison, sent=True),
            settings=made_by(self.job, comparison.because) if self.found else "",
            read=self.transformed.number,
        )
        self.sending.prepare(
            lambda: self.sides.file(comparison),
            lambda: chain(self.sides.gone(comparison), self.forgotten.changes),
            self.released,
            outcome,
            lambda session: self._settle_rejects(session, comparison),
            self.watch.schema,
        )

    def _beside(self, comparison: Comparison, held: bool = False) -> dict[str, Sequence]:
        return companions.pointers(
            self.job,
            self.portal_name,
            self.transformed,
            comparison,
            lambda: self.sides.records(comparison),
            missed_before=self.missed_before,
            was_told=self.sides.told is not None,
            was_refused=self.refused_before,
            held=held,
        )
