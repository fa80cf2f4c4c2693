"""The other members of an account (`account: NAME`): their lines stand in each complete file, as the portal was told.

Whoever loads makes the whole file, and holds the loads of the flow of all members while it does: so nobody's lines move
under it. A member that is away is carried by what it told last, one that never told anything has no lines, and one that
is no member any more stays as it is until a person has answered (docs/decisions/0033).
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from uuid import uuid4

from sqlalchemy.orm import Session

from veerpont.config import accounts
from veerpont.config.integration import Integration, integration_files, names_in, read_integrations
from veerpont.config.settings import settings
from veerpont.flows import FLOWS
from veerpont.flows.flow_load import lines_of
from veerpont.flows.job import Job
from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.lines import Line
from veerpont.model.marks import Marks
from veerpont.model.messages import Words, coded, together
from veerpont.pipeline.compare.questions import Hold
from veerpont.store import deliveries, employers, forgotten, kinds, notes
from veerpont.store.clock import now
from veerpont.store.deliveries import LEFT, State, decode_kept
from veerpont.store.leases import LeaseGuard, lease
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery
from veerpont.store.vault import Sequence
from veerpont.systems.registry import portal

_TOLD = (kinds.SNAPSHOTS, kinds.LOOKUP, kinds.STANDING, kinds.MISSING, kinds.REFUSED, kinds.FORGOTTEN)
"""What is known of a portal that was told lines, and nothing once it lost them all."""


@contextmanager
def hold_loads(job: Job) -> Iterator[LeaseGuard]:
    """Hold the loads of the flow, of all members of the account; in one order, so that two never wait for each other.

    Raises PassingError when somebody else holds one of them for too long.
    """
    names = {job.name}
    if job.preview_of is None:  # which has a ledger of its own
        names.update(*(Fellows(job, each.portal).names for each in job.integration.portals_for(job.flow)))
    with ExitStack() as stack:
        held = {name: stack.enter_context(lease(job.ledger, Scope(name, job.flow).loads)) for name in sorted(names)}
        ours = held.pop(job.name)
        yield replace(ours, besides=tuple(held.values()))


class Fellows:
    """The other members of the account of one flow at one portal; nobody where there is none.

    `members`: by name; `removed`: whose file is gone or says another account; `away`: whose file cannot be read.
    `left`: the removed ones that the next file has nothing of any more. `remarks`: what the run says of them all.
    """

    def __init__(self, job: Job, portal_name: str) -> None:
        self._job, self._scope = job, job.scope.to(portal_name)
        self.account = (job.integration.account or "") if portal(portal_name).shareable else ""
        self.members: dict[str, Integration] = {}
        self.removed: list[str] = []
        self.away: list[str] = []
        self.left: list[str] = []
        self._frozen: list[Words] = []
        self._told: dict[str, Sequence] = {}
        self._going: dict[str, set[str]] = {}
        self._alike = 0
        if self.account:
            self._find()

    def _find(self) -> None:
        folder = settings().integrations
        found, broken = read_integrations(folder)
        self.members = accounts.fellows(found, self._job.integration, self._job.flow, self._scope.portal)
        with self._job.ledger.session() as session:
            noted = notes.in_account(session, self._scope, self.account)
        others = [name for name in noted if name != self._job.name and name not in self.members]
        unread = set(broken)
        for path in integration_files(folder) if others and broken else ():
            unread |= names_in(path) - found.keys()
        self.away = [name for name in others if name in unread]
        self.removed = [name for name in others if name not in unread]

    @property
    def names(self) -> list[str]:
        """Everybody but ourselves whose lines may be in the file."""
        return sorted([*self.members, *self.removed, *self.away])

    @property
    def scopes(self) -> list[Scope]:
        """The same flow and portal, of each of them."""
        return [self._of(name) for name in self.names]

    @property
    def remarks(self) -> list[Words]:
        """What the run says of them; of numbers once all lines were looked at."""
        alike = coded(
            "run.account_numbers",
            "{count} employments here have a personnel number that somebody at another member of account {account} "
            "has too.",
            count=self._alike,
            account=self.account,
        )
        return [*self._frozen, *([alike] if self._alike else [])]

    # -- before anything is compared -----------------------------------------------------------------------------------

    def require_own_account(self, guard: LeaseGuard) -> None:
        """Raise SettingsError while our lines stand in the file of another account; follow one that was renamed."""
        if self._job.preview_of is not None or not portal(self._scope.portal).shareable:
            return
        with self._job.ledger.session() as session:
            was = notes.noted(session, self._scope, notes.ACCOUNT)
            if was is None or was == self.account:
                return
            guard.require(session)
            others = [name for name in notes.in_account(session, self._scope, was) if name != self._job.name]
            found, _ = read_integrations(settings().integrations)
            if not others:
                notes.forget_at(session, self._scope, notes.ACCOUNT)
                return
            if self.account and not any(each.account == was for each in found.values()):
                for name in (self._job.name, *others):
                    notes.note(session, self._of(name), notes.ACCOUNT, self.account)
                return
        raise SettingsError(
            coded(
                "run.account_not_left",
                "{name} has lines in the file of account {was}, with {others}: they stay there, and nothing else goes "
                "out, until a run of these has asked about them and the removal was released. Or put `account: {was}` "
                "back.",
                name=self._job.name,
                was=was,
                others=", ".join(others),
            )
        )

    def look(self, guard: LeaseGuard) -> None:
        """Take in what the portal was told of the others.

        Raises SettingsError where a file with their lines would not be right.
        """
        self._find_again()
        if not self.account:
            return
        for name, each in self.members.items():
            if wrong := accounts.differences(self._job.integration, each, self._scope.portal):
                raise SettingsError(together(accounts.said_of_differences(self._job.name, name, self.account, wrong)))
        self._told = self._what_is_told()
        for name in self.removed:
            self._ask_about(name, guard)
        with self._job.shared.session() as session:
            for name in self._told.keys() - set(self.left):
                if forgotten.left(session, self._job.vault, self._of(name)):
                    raise SettingsError(
                        coded(
                            "run.account_forgotten",
                            "Somebody of {other} was forgotten, and a file of account {account} would end them at "
                            "the portal: release that removal first, and let {flow} of {other} run.",
                            other=name,
                            account=self.account,
                            flow=self._job.flow,
                        )
                    )
        self._require_own_employers()
        if self._job.preview_of is None:  # of when our file was away: now we speak for ourselves
            with self._job.ledger.session() as session:
                guard.require(session)
                for row in _questions(session, self._scope):
                    row.state = State.SUPERSEDED

    def _find_again(self) -> None:
        """Look who the members are now that nobody else can load: one may have joined while we waited."""
        if self.account:
            self._find()

    def _what_is_told(self) -> dict[str, Sequence]:
        found: dict[str, Sequence] = {}
        with self._job.shared.session() as session:
            for name in self.names:
                if told := deliveries.told(session, self._of(name)):
                    found[name] = told
                elif notes.noted(session, self._of(name), notes.ACCOUNT) is not None:
                    raise SettingsError(
                        coded(
                            "run.account_lacks",
                            "The portal was told lines of {other}, and nothing says any more which: a file of account "
                            "{account} without them would end them there. Put back the ledger and vault of {other}.",
                            other=name,
                            account=self.account,
                        )
                    )
        return found

    def _require_own_employers(self) -> None:
        """Raise SettingsError when another member has an employer of ours, unless only we told the portal of it."""
        with self._job.shared.session() as session:
            ours = employers.covered(session, self._job.name)
            both = {name: ours & employers.covered(session, name) for name in (*self.members, *self.away)}
            told = deliveries.told(session, self._scope)
        for name in set(self.removed) - set(self.left):
            both[name] = ours & {line.employer for line in self._lines(name)}
        for name, codes in sorted(both.items()):
            if not codes:
                continue
            free = {line.employer for line in lines_of(self._job.vault, told)}
            free -= {line.employer for line in self._lines(name)}
            if wrong := codes - free:
                raise SettingsError(together(accounts.said_of_employers(self._job.name, name, self.account, wrong)))

    # -- whoever is no member any more ---------------------------------------------------------------------------------

    def _ask_about(self, name: str, guard: LeaseGuard) -> None:
        """Ask whether the lines of a removed member may go; those that a person let go, or purged, are left out."""
        scope, job = self._of(name), self._job
        with job.shared.session() as session:
            covered = employers.covered(session, name)
            known = _questions(session, scope)
        free = {
            identity
            for row in known
            if row.decided_by and row.object
            for identity in decode_kept(job.vault.get(row.object)).gone
        }
        lines = {line.id: line.employer for line in self._lines(name)}
        stay = {identity: code for identity, code in lines.items() if code in covered and identity not in free}
        self._going[name] = lines.keys() - stay.keys()
        if not stay:
            self.left.append(name)
            return
        hold = Hold([LEFT], stay, whole=False)
        question = job.vault.fingerprint(hold.question)
        if job.preview_of is None and question not in {row.question for row in known}:
            self._keep_question(scope, hold, question, guard)
        self._frozen.append(
            coded(
                "run.account_frozen",
                "{other} is no member of account {account} any more: {count} lines of it stay in the file as they "
                "were, until a person releases them: see `veerpont deliveries list --integration {other}`.",
                other=name,
                account=self.account,
                count=len(stay),
            )
        )

    def _keep_question(self, scope: Scope, hold: Hold, question: str, guard: LeaseGuard) -> None:
        path = kinds.QUESTIONS.path(scope, uuid4().hex)
        self._job.vault.put(path, hold.kept)
        with self._job.ledger.session() as session:
            guard.require(session)
            for row in _questions(session, scope):
                if row.decided_by is None:
                    row.state = State.SUPERSEDED
            session.add(
                Delivery(
                    **scope.columns,
                    run_id=self._job.run_id,
                    state=State.HELD,
                    reasons=LEFT,
                    question=question,
                    gone=len(hold.waiting),
                    records=0,
                    object=path,
                    at=now(),
                )
            )

    # -- their lines beside ours ---------------------------------------------------------------------------------------

    @property
    def beside(self) -> dict[str, str]:
        """Whose lines stand beside ours, and what they are: the path of the sequence."""
        return {name: told.path for name, told in self._told.items() if name not in self.left}

    def around(self, ours: Iterator[Line]) -> Iterator[Line]:
        """Yield the lines of a file: ours, and those of each other member, in the order of their names."""
        for name in sorted([self._job.name, *self._told]):
            if name == self._job.name:
                yield from ours
            else:
                going = self._going.get(name, ())
                yield from (line for line in self._lines(name) if line.id not in going)

    def clash(self, line: Line) -> Problem | None:
        """Return what is wrong with a line of ours that says what a portal may be told once, and another member told.

        A personnel number alone is only counted: portals know employees by their employer too.
        """
        if not self._told:
            return None
        if line.alias and line.alias in self._numbers:
            self._alike += 1
        other = next((self._once[key] for key in FLOWS[self._job.flow].once(line) if key in self._once), None)
        if other is None:
            return None
        return Problem(
            Stage.EXPORT,
            "personnel_number",
            "duplicate_key",
            coded(
                "record.account_login",
                "Somebody of {other}, which shares account {account}, has the same personnel number or login, and "
                "would lose their rights to this one. Give them different numbers at the source.",
                other=other,
                account=self.account,
            ),
        )

    @cached_property
    def _once(self) -> dict[str, str]:
        once = FLOWS[self._job.flow].once
        return {key: name for name in self._told for line in self._lines(name) for key in once(line)}

    @cached_property
    def _numbers(self) -> Marks:
        numbers = Marks()
        for name in self._told:
            for line in self._lines(name):
                numbers.add(line.alias)
        return numbers

    # -- a delivery ----------------------------------------------------------------------------------------------------

    def are_as(self, beside: Mapping[str, str], left: Collection[str]) -> bool:
        """Tell whether a file that was made beside these lines is still right."""
        with self._job.shared.session() as session:
            told = {name: deliveries.told(session, self._of(name)) for name in self.names}
        there = {name: each.path for name, each in told.items() if each and name not in left}
        return there == dict(beside) and set(left) <= set(self.removed)

    def accept(self, session: Session, account: str, beside: Collection[str], left: Collection[str]) -> None:
        """Keep whose lines stand in the file that the portal accepted, and that whoever left has none there."""
        for name in (self._job.name, *beside) if account else ():
            notes.note(session, self._of(name), notes.ACCOUNT, account)
        for name in left:
            scope = self._of(name)
            notes.forget_at(session, scope, notes.ACCOUNT)
            for kind in _TOLD:
                deliveries.unpoint_at(session, scope, kind)
            for row in _questions(session, scope):
                row.state = State.SUPERSEDED

    def _lines(self, name: str) -> Iterator[Line]:
        return lines_of(self._job.vault, self._told.get(name))

    def _of(self, name: str) -> Scope:
        return replace(self._scope, integration=name)


def _questions(session: Session, scope: Scope) -> list[Delivery]:
    return [row for row in deliveries.find(session, scope, State.HELD, State.DISCARDED) if row.reasons == LEFT]
