"""Codes as people map them: which the source uses, how often, what each becomes and who said so; filling in what lacks.

The command line and the desk's page both call this. The integration file wins, code by code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.config.mappings import ALL, LONGEST_CODE, LONGEST_TARGET, MappedCode, Setting, as_yaml
from veerpont.desk.refused import ActRefusedError
from veerpont.flows import code_tables
from veerpont.flows.codes import CodeTable
from veerpont.model.flows import Flow
from veerpont.store import employers
from veerpont.store import mappings as store
from veerpont.store.code_tables import Mapping as Kept
from veerpont.store.ledger import Ledger
from veerpont.store.mappings import Used
from veerpont.store.scope import Scope
from veerpont.store.tables import RejectCode

FEW = 5
"""Below this a count is not said: at a small employer it would speak of somebody."""


class Origin(StrEnum):
    """Where it is said what a code becomes. otherwise: nowhere, and a default or another code covers it."""

    FILE = "file"
    DESK = "desk"
    OTHERWISE = "otherwise"
    LACKS = "lacks"


@dataclass(frozen=True)
class MappedRow:
    """One code. `kept`: what the ledger keeps of it, also where the file wins; `target`: what it becomes, as JSON."""

    code: MappedCode
    used: Used
    origin: Origin
    target: Any = None
    kept: Kept | None = None

    @property
    def seen(self) -> str:
        """What a person saw of it, to be compared when they act."""
        return str(self.kept.id) if self.kept else ""

    @property
    def is_overruled(self) -> bool:
        """Whether what is kept does not count, since the file says it."""
        return self.kept is not None and self.origin is Origin.FILE


@dataclass(frozen=True)
class MappedTable:
    """One table of a customer. `offered`: target → its name, as the other side or the ledger has it."""

    flow: Flow
    table: CodeTable
    rows: tuple[MappedRow, ...]
    offered: Mapping[str, str]

    @property
    def setting(self) -> Setting:
        """What it is in the integration file."""
        return self.table.setting

    @property
    def lacking(self) -> int:
        """How many codes have no mapping and need one."""
        return sum(row.origin is Origin.LACKS for row in self.rows)

    @property
    def is_on(self) -> bool:
        """Of a setting that is on or off: whether it is on."""
        return any(row.target for row in self.rows)


def how_often(count: int) -> str:
    """Return a count as it may be said: nothing of none, and of few only that it is few."""
    return "" if not count else f"<{FEW}" if count < FEW else str(count)


def shown(session: Session, integration: Integration) -> list[MappedTable]:
    """Return the tables of an integration, as its file and the ledger have them.

    Args:
        integration: what the file says, without what is kept at the desk.
    """
    kept, counted = store.current(session, integration.name), store.counted(session, integration.name)
    offered: dict[str, dict[str, str]] = {}
    used = code_tables(integration)
    for flow in dict.fromkeys(flow for flow, _ in used):
        offered |= store.offered(session, Scope(integration.name, flow))
    names = {code: row.name for code, row in employers.states(session, integration.name).items()}
    found = []
    for flow, table in used:
        lacking = _lacking(session, integration.name, flow, table)
        said = table.setting.of(integration)
        codes = dict.fromkeys([
            *said,
            *(code for code in (*kept, *counted) if code.table == table.name),
            *lacking,
        ])
        rows = [_row(code, said, kept.get(code), counted.get(code, Used(0)), lacking.get(code, 0)) for code in codes]
        rows.sort(key=lambda row: (row.origin is not Origin.LACKS, row.code.employer, row.code.code))
        names_of = names if table.employers == "target" else offered.get(table.name, {})
        found.append(MappedTable(flow, table, tuple(rows), names_of))
    return found


def _row(code: MappedCode, said: Mapping[MappedCode, Any], kept: Kept | None, used: Used, lacking: int) -> MappedRow:
    lacks = max(used.lacking, lacking)
    used = Used(max(used.used, lacks), lacks)
    if code in said:
        return MappedRow(code, used, Origin.FILE, said[code], kept)
    if kept is not None:
        return MappedRow(code, used, Origin.DESK, store.target_of(kept), kept)
    return MappedRow(code, used, Origin.LACKS if lacks else Origin.OTHERWISE)


def _lacking(session: Session, name: str, flow: Flow, table: CodeTable) -> dict[MappedCode, int]:
    """Return the codes of open rejects that the table would mend, as the last run counted them."""
    found: dict[MappedCode, int] = {}
    query = select(RejectCode).where(
        RejectCode.integration == name, RejectCode.flow == flow, RejectCode.reason.in_(table.mends)
    )
    for row in session.scalars(query):
        code = MappedCode(table.name, row.employer if table.setting.by_employer else "", row.code)
        found[code] = found.get(code, 0) + row.count
    return found


# -- what people do ----------------------------------------------------------------------------------------------------


def fill_in(
    session: Session, integration: Integration, code: MappedCode, text: str, by: str, seen: str | None = None
) -> Flow:
    """Keep what a code becomes, from the next run on.

    Args:
        integration: what the file says. text: the target as a person wrote it. seen: `MappedRow.seen`, where they saw
            one.

    Returns the flow whose runs use it.

    Raises ActRefusedError when the code or the target cannot be one, the file has the code already, or somebody else
    said something since it was seen.
    """
    flow, table = _table(integration, code, session)
    if code in table.setting.of(integration):
        raise ActRefusedError("code_in_file", code=code.code, table=table.name)
    _require_seen(session, integration.name, code, seen)
    try:
        target = table.read(text)
    except ValueError:
        raise _refused_target(table) from None
    store.keep(session, integration.name, code, target, by)
    return flow


def take_back(session: Session, integration: Integration, code: MappedCode, by: str, seen: str | None = None) -> None:
    """Take back what is kept of a code, from the next run on.

    Raises ActRefusedError when nothing is kept, or something else than was seen.
    """
    _require_seen(session, integration.name, code, seen)
    if not store.take_back(session, integration.name, code, by):
        raise ActRefusedError("code_not_kept", code=code.code, table=code.table)


def _table(integration: Integration, code: MappedCode, session: Session) -> tuple[Flow, CodeTable]:
    known = {table.name: (flow, table) for flow, table in code_tables(integration)}
    if code.table not in known:
        raise ActRefusedError("no_table", table=code.table[:LONGEST_CODE], known=", ".join(known) or "-")
    flow, table = known[code.table]
    if table.setting.is_switch != (code.code == ALL) or not store.may_be_code(code.code):
        raise ActRefusedError("no_code", longest=LONGEST_CODE)
    if table.setting.by_employer and not code.employer:
        raise ActRefusedError("code_employer", table=table.name)
    if code.employer and not table.setting.by_employer:
        raise ActRefusedError("code_no_employer", table=table.name)
    of = code.employer or (code.code if table.employers == "code" else "")
    if of and of not in employers.states(session, integration.name):
        raise ActRefusedError("unknown_employer", integration=integration.name, keys=of[:LONGEST_CODE])
    return flow, table


def _refused_target(table: CodeTable) -> ActRefusedError:
    if table.setting.choices or table.setting.is_switch:
        return ActRefusedError("target_choice", choices=", ".join(table.setting.choices) or "true")
    if table.digits:
        return ActRefusedError("target_digits", digits=table.digits)
    if table.setting.is_number:
        return ActRefusedError("target_number")
    return ActRefusedError("target", longest=LONGEST_TARGET)


def _require_seen(session: Session, name: str, code: MappedCode, seen: str | None) -> None:
    row = store.current(session, name).get(code)
    if seen is not None and seen != (str(row.id) if row else ""):
        raise ActRefusedError("changed")


# -- as plain data -----------------------------------------------------------------------------------------------------


def plain(session: Session, integration: Integration) -> Iterator[dict[str, Any]]:
    """Yield the codes of an integration as plain data, table by table; what lacks a mapping comes first."""
    for each in shown(session, integration):
        for row in each.rows:
            yield {
                "integration": integration.name,
                "flow": str(each.flow),
                "table": row.code.table,
                "employer": row.code.employer,
                "code": row.code.code,
                "used": how_often(row.used.used),
                "lacking": how_often(row.used.lacking),
                "target": "" if row.target is None else str(row.target),
                "left_out": row.target is None and row.origin in {Origin.FILE, Origin.DESK},
                "from": str(row.origin),
                "by": row.kept.by if row.kept else None,
                "at": row.kept.at.isoformat() if row.kept else None,
                "overruled": row.is_overruled,
            }


def kept_at_desk(ledger: Ledger, integration: Integration) -> list[dict[str, Any]]:
    """Return the codes of an integration as plain data, as far as anybody mapped them; nothing where only the file did.

    Raises VeerpontError when the ledger cannot be read.
    """
    ledger.require_current()
    with ledger.session() as session:
        if not store.current(session, integration.name):
            return []
        return [row for row in plain(session, integration) if row["from"] in {Origin.FILE, Origin.DESK}]


def export(session: Session, integration: Integration) -> str:
    """Return what is kept at the desk, and the file does not say, as a part of the integration file."""
    kept = {
        row.code: row.target for each in shown(session, integration) for row in each.rows if row.origin is Origin.DESK
    }
    return as_yaml(kept)
