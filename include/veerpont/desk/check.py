"""`veerpont check`: everything that is missing before an integration can run, in one list, without reading a row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import NamedTuple

import msgspec

from veerpont.config.accounts import differences, fellows, said_of_differences, said_of_employers
from veerpont.config.integration import LONGEST_NEW_NAME, Integration, read_integrations, unread
from veerpont.config.settings import Settings
from veerpont.desk import seen
from veerpont.flows import FLOWS
from veerpont.messages import mail, notifier
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.store import employers, mappings, notes
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.systems import defaults
from veerpont.systems.portal import Account, Portal
from veerpont.systems.registry import portal, portals, reporting, reports, source

PATIENCE = timedelta(seconds=30)
"""How long a check waits for a run that is reading from the same source."""


def check(ours: Settings, only: str | None = None, live: bool = False) -> list[dict[str, str]]:
    """Return one entry per missing thing: integration, flow (or empty) and what to do.

    Args:
        live: also try the connections: to the source, to the portals, and to the mail server where mail is wanted.

    Raises SettingsError when there is no integration `only`.
    """
    folder = ours.integrations
    found, broken = read_integrations(folder)
    if only is not None and only not in found.keys() | broken.keys():
        raise SettingsError(f"There is no integration {only}. There are: {', '.join(found) or 'none'}.")
    problems = [_entry(name, "", str(error)) for name, error in broken.items()]
    problems += [_entry(name, "", f"{name} is not read: give it a name that ends in .yaml.") for name in unread(folder)]
    if not found and not broken:
        problems.append(_entry("", "", f"{folder} (VEERPONT_INTEGRATIONS) holds no integration file."))
    problems += [
        _entry(name, "", f"name has more than {LONGEST_NEW_NAME} characters: one that runs already goes on.")
        for name in found
        if len(name) > LONGEST_NEW_NAME
    ]
    problems += [_entry(name, "", text) for name, each in found.items() for text in seen.missing(each)]
    opened, wrong = _opened(ours, found)
    problems += wrong
    for integration in opened:
        problems += _of_integration(integration) if only in {None, integration.name} else ()
    wrong, places, accounts = _places(ours, opened, only)
    problems += wrong
    problems += _accounts(ours, opened)
    for users in places.values():
        if len(users) > 1 and (len({shares for _, _, shares in users}) > 1 or users[0][2] is None):
            names = ", ".join(name for name, *_ in users)
            problems += [
                _entry(name, flow, f"{names} deliver this flow to the same host, login and folder: give each its own.")
                for name, flow, _ in users
            ]
    if live:
        tried = [integration for integration in opened if only in {None, integration.name}]
        known = {(entry["integration"], entry["problem"]) for entry in problems}
        said = [entry for integration in tried for entry in _live(ours, integration, accounts, found)]
        problems += [entry for entry in said if (entry["integration"], entry["problem"]) not in known]
        problems += _mail(ours, tried)
    return [entry for entry in problems if only in {None, entry["integration"]}]


def _of_integration(integration: Integration) -> Iterator[dict[str, str]]:
    """Yield what is missing of an integration, whichever portal gets a flow."""
    yield from _source(integration)
    for name in reports(integration):
        for text in reporting(name).missing_of_reports(integration):
            yield _entry(integration.name, "", str(text))
    for flow in {flow: None for settings in integration.portals for flow in settings.flows}:
        for text in (*defaults.missing(integration, flow), *FLOWS[flow].unmapped(integration)):
            yield _entry(integration.name, flow, str(text))


class DeliveryPlace(NamedTuple):
    """Where a flow is delivered; `account`: where the server knows better."""

    destination: str
    account: Account | None


Users = dict[str, list[tuple[str, Flow, str | None]]]
"""A flow and where it goes → who brings it there: integration, flow, and the account that it shares with others."""


def _places(
    ours: Settings, opened: list[Integration], only: str | None
) -> tuple[list[dict[str, str]], Users, list[tuple[str, Account]]]:
    """Return what is missing of the portals of `only` or of all, and who delivers where."""
    problems: list[dict[str, str]] = []
    places: Users = defaultdict(list)
    accounts: list[tuple[str, Account]] = []
    known = _known_places(ours) if only is not None else {}
    for integration in sorted(opened, key=lambda each: each.name != only):  # with whose places others are compared
        mine = only in {None, integration.name}
        for settings, flow in ((each, flow) for each in integration.portals for flow in each.flows):
            try:
                target = portal(settings.portal)
                missing = target.missing(integration, flow) if mine else ()
                problems += [_entry(integration.name, flow, str(text)) for text in missing]
                place = None if mine else known.get((integration.name, flow, settings.portal))
                if place is None or f"{flow} {place.destination}" in places:  # or it moved away since
                    place = DeliveryPlace(target.destination(integration, flow), target.account(integration, flow))
                shares = integration.account if target.shareable else None
                places[f"{flow} {place.destination}"].append((integration.name, flow, shares))
                accounts += [(integration.name, place.account)] if place.account else []
            except VeerpontError as error:
                problems.append(_entry(integration.name, flow, str(error)))
    return problems, places, accounts


def _known_places(ours: Settings) -> dict[tuple[str, str, str], DeliveryPlace]:
    """Return integration, flow and portal → where it was last seen to deliver; nothing where the ledger is away.

    Airflow looks for the secrets of each connection that was asked for in all that it says: of a thousand customers
    that takes minutes.
    """
    with suppress(VeerpontError), Ledger(ours.ledger).session() as session:
        noted = notes.destinations(session)
        return {
            key: DeliveryPlace(destination, msgspec.json.decode(account, type=Account | None))
            for key, (destination, account) in noted.items()
        }
    return {}


def _accounts(ours: Settings, opened: list[Integration]) -> Iterator[dict[str, str]]:
    """Yield what is wrong between the members of an account; each of two hears of it."""
    found = {each.name: each for each in opened}
    for integration in opened:
        for settings in integration.portals:
            if settings.portal not in portals() or not portal(settings.portal).shareable:
                continue
            others = [fellows(found, integration, flow, settings.portal) for flow in settings.flows]
            for name, other in {name: each for members in others for name, each in members.items()}.items():
                account = integration.account or ""
                if wrong := differences(integration, other, settings.portal):
                    yield _entry(integration.name, "", str(said_of_differences(integration.name, name, account, wrong)))
                if codes := _in_both(ours, integration.name, name):
                    yield _entry(integration.name, "", str(said_of_employers(integration.name, name, account, codes)))


def _in_both(ours: Settings, *names: str) -> set[str]:
    """Return the employers of which several integrations bring people; none where the ledger cannot be asked."""
    with suppress(VeerpontError), Ledger(ours.ledger).session() as session:
        return set.intersection(*(employers.covered(session, name) for name in names))
    return set()


def _opened(ours: Settings, found: Mapping[str, Integration]) -> tuple[list[Integration], list[dict[str, str]]]:
    """Return the integrations as a run has them, with what people keep at the desk; and why one cannot be opened."""
    try:
        ledger = Ledger(ours.ledger)
        ledger.require_current()
        with ledger.session() as session:
            opened = mappings.opened(session, found)
    except VeerpontError as error:
        return list(found.values()), [_entry("", "", str(error))]
    wrong = [_entry(name, "", str(made)) for name, made in opened.items() if isinstance(made, SettingsError)]
    return [found[name] if isinstance(made, SettingsError) else made for name, made in opened.items()], wrong


def _live(
    ours: Settings, integration: Integration, accounts: list[tuple[str, Account]], found: Mapping[str, Integration]
) -> list[dict[str, str]]:
    """Try the connections of an integration; what is wrong with all of its flows is said once."""
    ledger = Ledger(ours.ledger)

    def hold(name: str) -> AbstractContextManager[object]:
        return lease(ledger, name, PATIENCE)

    every = {flow: None for settings in integration.portals for flow in settings.flows}
    wrong: dict[str, list[Flow]] = {}
    for flow in every:
        for target in (None, *integration.portals_for(flow)):
            try:
                if target is None:
                    takers = integration.portals_for(flow)
                    names = frozenset().union(*(portal(each.portal).names(integration, flow) for each in takers))
                    source(integration.source.system).try_connection(integration, flow, hold, names)
                else:
                    portal(target.portal).try_connection(integration, flow)
                    _refuse_same_place(portal(target.portal), integration, flow, accounts, found)
            except VeerpontError as error:
                wrong.setdefault(str(error), []).append(flow)
    return [
        _entry(integration.name, flow, sentence)
        for sentence, flows in wrong.items()
        for flow in ([""] if flows == list(every) else flows)
    ]


def _refuse_same_place(
    target: Portal,
    integration: Integration,
    flow: Flow,
    accounts: list[tuple[str, Account]],
    found: Mapping[str, Integration],
) -> None:
    """Ask the server whether a folder of somebody else is ours too, where the account may be the same."""
    ours = target.account(integration, flow)
    members = {integration.name} | {
        name for name, each in found.items() if integration.account and each.account == integration.account
    }
    others = {account: name for name, account in accounts if name not in members and ours and ours.may_be(account)}
    if others and (same := target.same_place(integration, flow, list(others))):
        names = ", ".join(sorted({integration.name, *(others[account] for account in same)}))
        raise SettingsError(
            f"{names} deliver to the same place, as the server says: give each its own folder or account."
        )


def _mail(ours: Settings, integrations: list[Integration]) -> list[dict[str, str]]:
    found = []
    if ours.notifier:
        try:
            notifier.made(ours.notifier)
        except VeerpontError as error:
            found.append(_entry("", "", str(error)))
    wanting = [integration.name for integration in integrations if integration.mail.to]
    if wanting or ours.engineers:
        try:
            mail.try_connection()
        except VeerpontError as error:
            found += [_entry(name, "", str(error)) for name in wanting or [""]]
    return found


def _source(integration: Integration) -> list[dict[str, str]]:
    try:
        source(integration.source.system)
    except VeerpontError as error:
        return [_entry(integration.name, "", str(error))]
    return []


def _entry(integration: str, flow: str, problem: str) -> dict[str, str]:
    return {"integration": integration, "flow": flow, "problem": problem}
