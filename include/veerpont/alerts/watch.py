"""One alert when something breaks, one when it is well (docs/decisions/0022), whatever the schedule.

The state is in the ledger: who looks first opens or closes an alert, and whoever comes next tells what was not told.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from veerpont.alerts import causes
from veerpont.alerts.causes import ENGINEERS, MANAGERS
from veerpont.config.integration import Integration
from veerpont.messages import letters
from veerpont.messages.mail import Post, letter
from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.messages import Words
from veerpont.model.texts import Language
from veerpont.rules.calendar import is_silent, working_days
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import alerts, live, reads, reports
from veerpont.store.alerts import NOBODY, FlowStanding
from veerpont.store.deliveries import LEFT
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Alert
from veerpont.systems.registry import reports as reports_of
from veerpont.systems.registry import source

WARNINGS = (14, 60)
"""Days before the end at which an expiry is told, the last one first."""
RETRIES_TAKE = timedelta(hours=1)
"""A defect of a run that may still be retried is told by the run itself, when it has given up."""
OFTEN = 3
"""What broke so often within a day is told no more until it has been quiet for a day."""
LONG = 5
"""Working days that the managers have for an answer before the engineers hear that something waits.

Why: docs/decisions/0022.
"""
A_DAY = timedelta(days=1)
KEPT = timedelta(days=90)
PATIENCE = timedelta(seconds=30)
ENOUGH = timedelta(minutes=1)
"""How long one task may spend on mail that does not go."""

Note = Callable[[str], None]


@dataclass(frozen=True)
class Watch:
    """What is watched, and how people are told.

    Attributes:
        integrations, broken: as `read_integrations` gives them.
        post: sends one letter, or raises VeerpontError.
        note: takes sentences for the task's log; no address may be in them.
        notify: tells the engineers in their own way; None: by mail, to `engineers`.
        login_ends: tells whether an integration has a login that will be refused; asked once a day.
        only: the integrations that are looked at; empty: all, and what is of all of them. A night of a thousand
            customers ends many tasks: each looks at its own, and the flows that are for all look at everything.
    """

    ledger: Ledger
    integrations: Mapping[str, Integration]
    broken: Mapping[str, SettingsError]
    engineers: tuple[str, ...]
    desk_url: str
    post: Post
    note: Note
    login_ends: Callable[[Integration], bool] = lambda _: False
    notify: Post | None = None
    only: frozenset[str] = frozenset()

    def sees(self, name: str) -> bool:
        """Tell whether an integration is looked at now."""
        return not self.only or name in self.only

    def managers(self, name: str) -> tuple[str, ...]:
        """Return the addresses of an integration's managers."""
        found = self.integrations.get(name)
        return tuple(found.mail.to) if found else ()

    def responsible(self, name: str) -> str:
        """Return who acts on the settings of an integration: the engineers where it names no managers."""
        return MANAGERS if self.managers(name) else ENGINEERS

    def language(self, name: str, to: str) -> Language:
        """Return the language of a mail: the integration's for its managers, English for engineers."""
        return self.integrations[name].mail.language if to == MANAGERS and name in self.integrations else "en"


def after_run(watch: Watch, flow: str, names: Iterable[str], moment: datetime) -> None:
    """Look at the flows that have just ended, and at what lasts elsewhere; then tell what was not told.

    Args:
        names: the integrations whose run of `flow` has ended for good: it will not be retried.
    """
    look(watch, moment, {(name, flow) for name in names})
    tell(watch, moment)


def look(watch: Watch, moment: datetime, ended: set[tuple[str, str]] | None = None) -> None:
    """Open and close alerts by what the ledger says of every flow, held delivery and integration file."""
    with watch.ledger.session() as session:
        alerts.alone(session)
        ran: dict[str, list[datetime]] = {}
        waiting = live.waiting(session, watch.integrations)
        for name, integration in watch.integrations.items():
            if not watch.sees(name):
                continue
            for flow in dict.fromkeys(flow for portal in integration.portals for flow in portal.flows):
                portals = [item.portal for item in integration.portals_for(flow)]
                standing = alerts.standing(session, name, flow, portals)
                if standing is not None and name not in waiting:
                    ran.setdefault(flow, []).append(standing.ended_at)
                if standing is not None:
                    _judge(watch, session, name, flow, standing, moment, (name, flow) in (ended or set()))
        _files(watch, session, moment)
        _holds(watch, session, moment)
        if watch.only:
            return
        _clock(watch, session, moment)
        _silence(watch, session, {flow: max(moments) for flow, moments in ran.items()}, moment)
        _reports(watch, session, moment)
        _leavers(watch, session, moment)
        alerts.forget(session, moment - KEPT)
    _expiry(watch, moment)


def task_failed(watch: Watch, dag: str, name: str, message: str, moment: datetime) -> None:
    """Tell the engineers of a task that failed without the ledger knowing why: it was killed, or failed too early."""
    with watch.ledger.session() as session:
        alerts.alone(session)
        _open(watch, session, f"task {dag} {name}".strip(), name, dag, ENGINEERS, message, moment, moment)


def task_well(watch: Watch, dag: str, name: str, moment: datetime) -> None:
    """Note that the last task of a DAG did its work, for this integration (empty: for all)."""
    with watch.ledger.session() as session:
        alerts.alone(session)
        _close(session, {f"task {dag} {name}".strip(), f"task {dag}"}, moment)


# -- what is broken, and what is well ----------------------------------------------------------------------------------


def _judge(
    watch: Watch, session: Session, name: str, flow: str, standing: FlowStanding, moment: datetime, ended: bool
) -> None:
    subject = f"failed {name} {flow}"
    if standing.waits:
        return
    if standing.is_well:
        _close(session, {subject}, moment)
        return
    to = _hears(watch, name, flow, standing, moment, ended)
    if to is not None:
        since, said = standing.broken_since or standing.started_at, causes.cause(str(standing.message))
        told = alerts.others(session, subject, name, to, moment - causes.PATIENCE) if said else []
        if said not in map(causes.cause, told):  # one cause is told once, not once for each flow that it stops
            _open(watch, session, subject, name, flow, to, standing.message, since, moment)


def _hears(watch: Watch, name: str, flow: str, standing: FlowStanding, moment: datetime, ended: bool) -> str | None:
    """Return who hears of a run that did not succeed (docs/decisions/0013); None when nobody does yet."""
    if standing.kind == SettingsError.kind:
        return watch.responsible(name)
    if standing.kind == PassingError.kind:
        away = source(watch.integrations[name].source.system).maintenance
        if not causes.is_due(flow, standing, moment, away):
            return None
        return watch.responsible(name) if causes.hears(standing.message) == MANAGERS else ENGINEERS
    return ENGINEERS if ended or moment - standing.ended_at > RETRIES_TAKE else None


def _silence(watch: Watch, session: Session, ran: Mapping[str, datetime], moment: datetime) -> None:
    """Tell of a flow that has no runs any more, for no customer: its DAG is paused, or Airflow does not get to it.

    ran: flow → when its last run ended, of whatever customer and in whatever state.
    """
    silent = {flow: ended_at for flow, ended_at in ran.items() if is_silent(flow, ended_at, moment)}
    for flow, ended_at in silent.items():
        message = letters.silent("en")
        _open(watch, session, f"silent {flow}", "", flow, ENGINEERS, message, ended_at, moment)
    _close(session, {f"silent {flow}" for flow in ran.keys() - silent.keys()}, moment)


def _clock(watch: Watch, session: Session, moment: datetime) -> None:
    """Tell once that a machine's clock went back; it is well when the clock has come to where the ledger was."""
    noted = reads.clock_ahead_until(session)
    until = datetime.fromisoformat(noted) if noted else moment
    if until > moment:
        _open(watch, session, "clock back", "", "", ENGINEERS, letters.clock_back("en", until), moment, moment)
    else:
        _close(session, {"clock back"}, moment, quietly=True)


def _files(watch: Watch, session: Session, moment: datetime) -> None:
    for name, error in watch.broken.items():
        _open(watch, session, f"file {name}", name, "", ENGINEERS, str(error), moment, moment)
    told = (alert for alert in alerts.opened(session) if watch.sees(alert.integration))
    well = {alert.subject for alert in told if alert.subject.startswith("file ")}
    _close(session, well - {f"file {name}" for name in watch.broken}, moment)


def _holds(watch: Watch, session: Session, moment: datetime) -> None:
    """A question that changes while it waits, since more is gone by the hour, is told once."""
    waiting = set()
    for row in alerts.waiting(session):
        asked_of_nobody = row.integration not in watch.integrations and row.reasons != LEFT  # the customer left
        if not asked_of_nobody and watch.sees(row.integration):
            subject = f"held {row.integration} {row.flow} {row.portal} {row.reasons}"[:300]
            waiting.add(subject)
            to = watch.responsible(row.integration)
            message = letters.held(watch.language(row.integration, to), row)
            _open(watch, session, subject, row.integration, row.flow, to, message, row.at, moment)
            if working_days(row.at, moment) >= LONG and to != ENGINEERS:
                waiting.add(late := f"waits {row.integration} {row.id}")
                message = letters.held(watch.language(row.integration, ENGINEERS), row)
                _open(watch, session, late, row.integration, row.flow, ENGINEERS, message, row.at, moment)
    for alert in alerts.opened(session):
        held = alert.subject.startswith(("held ", "waits ")) and alert.integration not in watch.broken
        held = held and watch.sees(alert.integration)
        if held and alert.subject not in waiting:
            alerts.close(alert, moment, quietly=True)  # whoever answered knows


def _reports(watch: Watch, session: Session, moment: datetime) -> None:
    """Tell of a file that the portal never reported about, and of reports that cannot be read."""
    bad: dict[str, tuple[str, str, Words, datetime]] = {}
    for row in reports.overdue(session, moment):
        known = watch.integrations.get(row.integration)
        how = reports_of(known).get(row.portal) if known else None
        if how is not None and how.within is not None:
            said = letters.unconfirmed(watch.language(row.integration, watch.responsible(row.integration)), row)
            found = (row.integration, row.flow, said, row.report_due or row.at)
            bad.setdefault(f"unconfirmed {row.integration} {row.flow}", found)
    for name, integration in watch.integrations.items():
        if reports_of(integration) and (message := reports.wrong(session, name)):
            bad[f"report {name}"] = (name, "", message, moment)
    for subject, (name, flow, message, since) in bad.items():
        _open(watch, session, subject, name, flow, watch.responsible(name), message, since, moment)
    for alert in alerts.opened(session):
        ours = alert.subject.startswith(("unconfirmed ", "report ")) and alert.integration not in watch.broken
        if ours and alert.subject not in bad:
            alerts.close(alert, moment, quietly=alert.integration not in watch.integrations)


def _leavers(watch: Watch, session: Session, moment: datetime) -> None:
    """Close what is about an integration, or a flow of it, that is no longer there."""
    flows = {
        (name, str(flow))
        for name, item in watch.integrations.items()
        for portal in item.portals
        for flow in portal.flows
    }
    for alert in alerts.opened(session):
        gone = (alert.integration, alert.flow) not in flows and alert.integration not in watch.broken
        if alert.subject.startswith("silent ") and alert.flow not in {flow for _, flow in flows}:
            alerts.close(alert, moment, quietly=True)
        if gone and alert.subject.startswith("failed "):
            alerts.close(alert, moment, quietly=True)


def _expiry(watch: Watch, moment: datetime) -> None:
    """Tell of logins that will be refused soon, of the customers who still have one."""
    today = moment.astimezone(AMSTERDAM).date()
    ends = {name: source(item.source.system).logins_end for name, item in watch.integrations.items()}
    near = {name: end for name, end in ends.items() if end is not None and (end - today).days <= max(WARNINGS)}
    if not near:
        return
    with watch.ledger.session() as session:
        if alerts.done_on(session, "", "expiry_read") == today.isoformat():
            return
        alerts.note_done(session, "", "expiry_read", today.isoformat())
    having = {name: _login_ends(watch, watch.integrations[name]) for name in near}
    with watch.ledger.session() as session:
        alerts.alone(session)
        for name, still in having.items():
            days = (near[name] - today).days
            stage = min(warning for warning in WARNINGS if days <= warning)
            earlier = {f"expiry {name} {warning}" for warning in WARNINGS if warning != stage}
            if still:
                to, connection = watch.responsible(name), watch.integrations[name].source.connection
                end = datetime.combine(near[name], datetime.min.time(), AMSTERDAM)
                message = letters.token_ends(end, days, connection)
                _close(session, earlier, moment, quietly=True)
                _open(watch, session, f"expiry {name} {stage}", name, "", to, message, moment, moment)
            elif still is not None:
                _close(session, {*earlier, f"expiry {name} {stage}"}, moment)


def _login_ends(watch: Watch, integration: Integration) -> bool | None:
    """Tell whether the login of an integration ends; None when its connection cannot be read now."""
    try:
        return watch.login_ends(integration)
    except Exception as error:  # noqa: BLE001 -- a missing connection is the matter of the run that needs it
        watch.note(f"{integration.name}: its connection could not be looked at ({type(error).__name__}).")
        return None


def _open(
    watch: Watch,
    session: Session,
    subject: str,
    name: str,
    flow: str,
    to: str,
    message: Words,
    since: datetime,
    moment: datetime,
) -> None:
    if alerts.is_open(session, subject, to):
        return
    before = alerts.lately(session, subject, to, moment - A_DAY)
    if before >= OFTEN:
        to = NOBODY
    elif before == OFTEN - 1:
        message = letters.comes_and_goes(watch.language(name, to), message)
    if not alerts.is_open(session, subject, to):
        alerts.add(session, subject, name, flow, to, message, since)


def _close(session: Session, subjects: set[str], moment: datetime, quietly: bool = False) -> None:
    for alert in alerts.opened(session) if subjects else []:
        if alert.subject in subjects:
            alerts.close(alert, moment, quietly)


# -- telling -----------------------------------------------------------------------------------------------------------


def tell(watch: Watch, moment: datetime) -> int:
    """Send what was not told yet, one letter to each group of people; return how many letters went.

    What cannot be sent stays untold, and the next one that comes tries again.
    """
    try:
        with lease(watch.ledger, "alerts", PATIENCE):
            return _tell(watch, moment)
    except PassingError:
        watch.note("Another task is sending mail; what is new is told by the next one.")
        return 0


def _tell(watch: Watch, moment: datetime) -> int:
    with watch.ledger.session() as session:
        found = [alert for alert in alerts.untold(session) if watch.sees(alert.integration)]
        alerts.note_told(session, [alert for alert in found if alert.to == NOBODY], moment)
    engineers = () if watch.notify else watch.engineers
    groups: dict[tuple[tuple[str, ...], Language], list[Alert]] = {}
    for alert in found:
        if alert.to != NOBODY:
            to = watch.managers(alert.integration) if alert.to == MANAGERS else ()
            language = watch.language(alert.integration, MANAGERS if to else ENGINEERS)
            groups.setdefault((to or engineers, language), []).append(alert)
    sent, begun = 0, time.monotonic()
    for (to, language), group in groups.items():
        told = group
        if not to and watch.notify is None:
            watch.note(f"{len(group)} alerts find nobody to tell: VEERPONT_ENGINEERS and VEERPONT_NOTIFIER are empty.")
            told = [alert for alert in group if alert.well_at is not None]
        elif time.monotonic() - begun > ENOUGH.total_seconds() or not _send(watch, to, language, group):
            continue
        else:
            sent += 1
        with watch.ledger.session() as session:
            alerts.note_told(session, told, moment)
    return sent


def _send(watch: Watch, to: tuple[str, ...], language: Language, group: list[Alert]) -> bool:
    names = {name: item.customer for name, item in watch.integrations.items()}
    page = letters.page(group, names, language, watch.desk_url)
    post = watch.post if to or watch.notify is None else watch.notify
    try:
        post(letter(to, f"Veerpont: {page.title}", page))
    except VeerpontError as error:
        watch.note(f"{len(group)} alerts stay untold for now: {error}")
        return False
    return True
