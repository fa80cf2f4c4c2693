"""Who sees which integration at the desk: what its file says (`seen_by`), or said last, and what follows from it.

A session that is narrowed has no row of what somebody may not see, whatever a page asks it for: so a page need not know
who looks, and cannot forget it (docs/decisions/0030).
"""

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import BindParameter, bindparam, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from veerpont.config.integration import Integration, names_in, seen_by_alone
from veerpont.desk.auth_manager import known_roles
from veerpont.model.failures import SettingsError
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
        with suppress(IntegrityError), session.begin_nested():  # the page of somebody else keeps the same
            seen_by.keep(session, said)
    return frozenset(name for name, each in said.items() if not each.includes(user, roles))


def narrow(session: Session, hidden: Collection[str]) -> None:
    """Leave out the rows of some integrations from all that this session reads, changes and deletes."""
    if not hidden:
        return
    names: BindParameter[str] = bindparam("hidden", list(hidden), expanding=True)
    tables = [mapper.class_ for mapper in Base.registry.mappers if "integration" in mapper.columns]
    only = [with_loader_criteria(each, each.integration.not_in(names), include_aliases=True) for each in tables]

    @event.listens_for(session, "do_orm_execute")
    def _narrow(asked: ORMExecuteState) -> None:
        if asked.is_select or asked.is_update or asked.is_delete:
            asked.statement = asked.statement.options(*only)


def missing(integration: Integration) -> list[str]:
    """Return what keeps `seen_by` of an integration from being what it says, in sentences."""
    roles = integration.seen_by.roles if integration.seen_by else ()
    if not roles:
        return []
    try:
        there = known_roles()
    except SettingsError as error:
        return [str(error)]
    if there is None:
        return []
    if not there:
        return [
            "seen_by.roles: people have no roles in Airflow's auth manager, as far as we can read them. Name people "
            "under seen_by.users, or use the auth manager of the FAB provider."
        ]
    return [
        f"seen_by.roles: Airflow's simple auth manager has no role {role}; it has {', '.join(sorted(there))}."
        for role in roles
        if role not in there
    ]


def of_airflow(found: Iterable[Integration]) -> list[str]:
    """Return what has to be known of those that not everybody may see, in sentences: Airflow's pages are not ours."""
    names = [each.name for each in found if each.seen_by is not None]
    if not names:
        return []
    said = [
        f"seen_by is about the desk. Airflow's own pages show the name {' or '.join(names)} to whoever may read the "
        "DAGs: the grid (map indexes), rendered templates, XCom and logs of tasks, and what a run was started with."
    ]
    if os.environ.get("VEERPONT_ASSETS", "on") != "off":
        said.append("Its page Assets shows it to whoever may read assets: VEERPONT_ASSETS=off turns that off.")
    return [*said, "docs/how-to/who-sees-what.md says how to keep people out of these pages."]
