"""What people map at the desk, in the ledger, and how often the source uses which code.

An integration is opened with what is kept of it merged in (`opened`), so whoever reads its settings does not see where
a mapping came from.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.config.mappings import LONGEST_CODE, MappedCode, merged
from veerpont.model.failures import SettingsError
from veerpont.store import code_tables as tables
from veerpont.store import notes
from veerpont.store.clock import now
from veerpont.store.code_tables import CodeCount
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision

MOST_CODES = 500
"""Of one table: what has more different codes is no table of codes."""


class Used(NamedTuple):
    """How often the source uses a code, and how often a mapping lacks for it."""

    used: int
    lacking: int = 0


def opened(session: Session, found: Mapping[str, Integration]) -> dict[str, Integration | SettingsError]:
    """Return integrations by name with what people keep at the desk merged in, or why that cannot be."""
    kept: dict[str, dict[MappedCode, Any]] = {}
    for name, rows in _rows(session, found).items():
        kept[name] = {_place(row): target_of(row) for row in rows}
    made: dict[str, Integration | SettingsError] = {}
    for name, integration in found.items():
        try:
            made[name] = merged(integration, kept.get(name, {}))
        except SettingsError as error:
            made[name] = error
    return made


def opened_one(session: Session, integration: Integration) -> Integration:
    """Return an integration with what people keep at the desk merged in. Raises SettingsError as `merged` does."""
    made = opened(session, {integration.name: integration})[integration.name]
    if isinstance(made, SettingsError):
        raise made
    return made


def current(session: Session, integration: str) -> dict[MappedCode, tables.Mapping]:
    """Return what is kept of one integration and counts now, in the order in which it was said."""
    return {_place(row): row for row in _rows(session, [integration]).get(integration, ())}


def history(session: Session, integration: str) -> list[tables.Mapping]:
    """Return all that was ever kept of one integration, the newest first."""
    query = select(tables.Mapping).where(tables.Mapping.integration == integration)
    return list(session.scalars(query.order_by(tables.Mapping.id.desc())))


def target_of(row: tables.Mapping) -> Any:
    """Return what a code becomes, as JSON has it."""
    return json.loads(row.target)


def keep(session: Session, integration: str, place: MappedCode, target: Any, by: str) -> None:
    """Keep what a code becomes, instead of what was kept of it before.

    Raises SettingsError when somebody else does so at this moment.
    """
    end(session, integration, place, by)
    row = tables.Mapping(
        integration=integration,
        setting=place.table,
        employer=place.employer,
        code=place.code,
        target=json.dumps(target),
        by=by,
        at=now(),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise SettingsError("Somebody else maps this code at this moment: look again.") from None
    _decided(session, integration, place, "map", by, f" to {json.dumps(target, ensure_ascii=False)}")


def take_back(session: Session, integration: str, place: MappedCode, by: str) -> bool:
    """Take back what is kept of a code; return whether there was something."""
    if not end(session, integration, place, by):
        return False
    _decided(session, integration, place, "map taken back", by)
    return True


def end(session: Session, integration: str, place: MappedCode, by: str) -> bool:
    """Let what is kept of a code count no more; return whether there was something."""
    row = current(session, integration).get(place)
    if row is None:
        return False
    row.taken_back_by, row.taken_back_at = by, now()
    session.flush()
    return True


def count(session: Session, integration: str, settings: Collection[str], found: Mapping[MappedCode, Used]) -> None:
    """Keep how often a whole read has which code, instead of what was counted of these settings before.

    What cannot be a code, because it is too long or cannot be printed, is left out, and so is a table of too many.
    """
    session.execute(
        delete(CodeCount).where(CodeCount.integration == integration, CodeCount.setting.in_(list(settings)))
    )
    moment = now()
    for setting in settings:
        rows = {place: used for place, used in found.items() if place.table == setting and may_be_code(place.code)}
        if len(rows) > MOST_CODES:
            rows = dict(sorted(rows.items(), key=lambda item: (-item[1].lacking, -item[1].used))[:MOST_CODES])
        session.add_all(
            CodeCount(
                integration=integration,
                setting=setting,
                employer=place.employer,
                code=place.code,
                used=used.used,
                lacking=used.lacking,
                at=moment,
            )
            for place, used in rows.items()
        )


def counted(session: Session, integration: str) -> dict[MappedCode, Used]:
    """Return how often the last whole reads had which code."""
    rows = session.scalars(select(CodeCount).where(CodeCount.integration == integration))
    return {MappedCode(row.setting, row.employer, row.code): Used(row.used, row.lacking) for row in rows}


_TARGETS = "targets"


def offer(session: Session, scope: Scope, targets: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what codes may become, as the other side has it: setting → target → its name there. Not personal."""
    notes.note(session, scope, _TARGETS, json.dumps(targets))


def offered(session: Session, scope: Scope) -> dict[str, dict[str, str]]:
    """Return what codes may become, as the last read found it at the other side; nothing where none did."""
    found: dict[str, dict[str, str]] = json.loads(notes.noted(session, scope, _TARGETS) or "{}")
    return found


def may_be_code(text: str) -> bool:
    """Tell whether a value of the source can be a code at all."""
    return 0 < len(text) <= LONGEST_CODE and text.isprintable()


def _rows(session: Session, names: Iterable[str]) -> dict[str, list[tables.Mapping]]:
    wanted = list(names)
    found: dict[str, list[tables.Mapping]] = {}
    query = select(tables.Mapping).where(tables.Mapping.taken_back_at.is_(None)).order_by(tables.Mapping.id)
    if len(wanted) == 1:  # of more it takes no longer to look through all: few customers keep any
        query = query.where(tables.Mapping.integration == wanted[0])
    for row in session.scalars(query):
        found.setdefault(row.integration, []).append(row)
    return found


def _place(row: tables.Mapping) -> MappedCode:
    return MappedCode(row.setting, row.employer, row.code)


def _decided(session: Session, integration: str, place: MappedCode, what: str, by: str, to: str = "") -> None:
    where = " ".join(filter(None, (place.table, place.employer, place.code)))
    subject = f"{where}{to}"[:300]
    session.add(Decision(integration=integration, subject=subject, decision=what, by=by, at=now()))
