"""Who sees which integration at the desk: what its file says (`seen_by`), or said last, and what follows from it.

A session that is narrowed has no row of what somebody may not see, whatever a page asks it for: so a page need not know
who looks, and cannot forget it (docs/decisions/0030).
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from veerpont.config.integration import Integration, names_in, seen_by_alone
from veerpont.config.sections import SeenBySettings
from veerpont.desk.auth_manager import known_roles
from veerpont.store import seen_by
from veerpont.store.table_base import Base


def hidden(
    session: Session, found: Mapping[str, Integration], broken: Iterable[Path], user: str, roles: Collection[str]
) -> frozenset[str]:
    """Return the integrations that a person may not see, and keep who may for when a file does not say so any more.

    Args:
        found: the integrations whose files can be used; none where there is no folder of them.
        broken: the other files.
        user, roles: of the person.
    """
    kept = seen_by.kept(session)
    said = {name: each for name, each in kept.items() if name not in found}
    for path in broken:
        if each := seen_by_alone(path):
            said |= dict.fromkeys(names_in(path) - found.keys(), each)
    said |= {name: each.seen_by for name, each in found.items() if each.seen_by is not None}
    if said != kept:
        seen_by.keep(session, said)
    return frozenset(name for name, each in said.items() if not each.includes(user, roles))


def narrow(session: Session, hidden: Collection[str]) -> None:
    """Leave out the rows of some integrations from all that this session reads, changes and deletes."""
    if not hidden:
        return
    tables = [mapper.class_ for mapper in Base.registry.mappers if "integration" in mapper.columns]
    only = [with_loader_criteria(table, table.integration.not_in(hidden), include_aliases=True) for table in tables]

    @event.listens_for(session, "do_orm_execute")
    def _narrow(asked: ORMExecuteState) -> None:
        if asked.is_select or asked.is_update or asked.is_delete:
            asked.statement = asked.statement.options(*only)


def missing(integration: Integration) -> list[str]:
    """Return what keeps `seen_by` of an integration from being what it says, in sentences."""
    wanted = integration.seen_by or SeenBySettings(users=["-"])
    there = known_roles() if wanted.roles else None
    if there is None:
        return []
    if not there:
        return [
            "seen_by.roles: people have no roles in Airflow's auth manager, as far as we can read them. Name people "
            "under seen_by.users, or use the auth manager of the FAB provider."
        ]
    return [
        f"seen_by.roles: Airflow's simple auth manager has no role {role}; it has {', '.join(sorted(there))}."
        for role in wanted.roles
        if role not in there
    ]
