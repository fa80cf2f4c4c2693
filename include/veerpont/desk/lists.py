"""What there is to see, as plain rows: the JSON of the command line (docs/contracts.md)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum, auto
from itertools import chain, islice
from typing import Any

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError
from veerpont.store import calls, deliveries, employers, links, rejects, runs
from veerpont.store.deliveries import Kept, State, decode_kept
from veerpont.store.ledger import Ledger
from veerpont.store.table_base import Base
from veerpont.store.tables import Delivery
from veerpont.store.vault import Vault

RUN = ("integration", "flow", "portal", "run_id", "started_at", "ended_at", "state", *runs.COUNTS, "kind", "message")
REJECT = (
    "integration",
    "flow",
    "stage",
    "key",
    "field",
    "reason",
    "detail",
    "first_seen",
    "last_seen",
    "attempts",
    "state",
)
EMPLOYER = ("integration", "code", "name", "state", "frozen", "service_from", "service_until", "by", "at")
LINK = ("integration", "key", "employer", "decision", "personnel_number", "department", "by", "at", "first_seen")
DELIVERY = (
    "id",
    "integration",
    "flow",
    "portal",
    "state",
    "name",
    "sha256",
    "records",
    "gone",
    "rejected",
    "reasons",
    "at",
    "decided_by",
    "decided_at",
)

COVERAGE = ("integration", "employer", "month", "asked", "got", "delivered", "counts", "covered")
REJECT_GROUP = (
    "integration",
    "flow",
    "employer",
    "stage",
    "reason",
    "fields",
    "count",
    "questions",
    "oldest",
    "newest",
    "codes",
)
CALLS = ("day", "integration", "flow", "calls")
BATCH = ("batch", "integration", "employments")
MAPPING = (
    "integration",
    "flow",
    "table",
    "employer",
    "code",
    "used",
    "lacking",
    "target",
    "left_out",
    "from",
    "by",
    "at",
    "overruled",
)


class ColumnKind(Enum):
    """What the values of a column are, where they are no ordinary text."""

    NUMBER = auto()
    MOMENT = auto()
    DAY = auto()
    WORD = auto()
    """One of few."""
    YES_NO = auto()


KINDS: Mapping[str, ColumnKind] = (
    dict.fromkeys(
        (
            *runs.COUNTS,
            "id",
            "attempts",
            "records",
            "got",
            "count",
            "questions",
            "batch",
            "employments",
            "rows",
            "calls",
        ),
        ColumnKind.NUMBER,
    )
    | dict.fromkeys(
        ("started_at", "ended_at", "first_seen", "last_seen", "at", "decided_at", "asked", "oldest", "newest"),
        ColumnKind.MOMENT,
    )
    | dict.fromkeys(("service_from", "service_until", "day"), ColumnKind.DAY)
    | dict.fromkeys(
        ("integration", "flow", "portal", "state", "stage", "reason", "kind", "decision", "fate", "what"),
        ColumnKind.WORD,
    )
    | dict.fromkeys(("frozen", "counts", "covered", "left_out", "overruled"), ColumnKind.YES_NO)
)
"""Of the columns of all lists: a name means the same in each. What is not here is text, record keys and codes too."""

NEWEST = 200
"""How many of what grows without end the command line shows."""

Rows = list[dict[str, Any]]


def of(integration: str | None, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the rows; none are only an answer about an integration that there is. Raises SettingsError."""
    rest = iter(rows)
    first = list(islice(rest, 1))
    if integration and not first:
        found, broken = read_integrations(settings().integrations)
        if integration not in found.keys() | broken.keys():
            raise SettingsError(f"There is no integration {integration}. There are: {', '.join(found) or 'none'}.")
    return chain(first, rest)


def as_text(value: Any) -> str | None:
    """Return a value of a row as the text of a cell; None where there is none."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def list_runs(ledger: Ledger, integration: str | None, flow: str | None, limit: int = NEWEST) -> Rows:
    """Return the newest runs with their books, the newest first."""
    with ledger.session() as session:
        return _rows(runs.listed(session, integration, flow, limit), RUN)


def each_reject(
    ledger: Ledger, integration: str | None, flow: str | None, state: str | None
) -> Iterator[dict[str, Any]]:
    """Yield rejects, the oldest first: of a large instance there may be a million."""
    for row in rejects.paged(ledger, rejects.RejectFilter(integration, flow, state=state), REJECT):
        yield dict(zip(REJECT, map(_plain, row), strict=True))


def list_rejects(ledger: Ledger, integration: str | None, flow: str | None, state: str | None) -> Rows:
    """Return rejects, the oldest first."""
    return list(each_reject(ledger, integration, flow, state))


def list_employers(ledger: Ledger, integration: str | None) -> Rows:
    """Return employers by integration and code."""
    with ledger.session() as session:
        return _rows(employers.listed(session, integration), EMPLOYER)


def list_calls(ledger: Ledger, integration: str | None, since: date) -> Rows:
    """Return how many calls each flow made to its source on each day since this one, the newest day first."""
    with ledger.session() as session:
        return _rows(calls.listed(session, integration, since), CALLS)


def list_links(ledger: Ledger, integration: str | None, decision: str | None) -> Rows:
    """Return the employees of Loket customers with what was decided about them, the undecided first."""
    with ledger.session() as session:
        return _rows(links.listed(session, integration, decision), LINK)


def list_deliveries(ledger: Ledger, integration: str | None, flow: str | None, limit: int = NEWEST) -> Rows:
    """Return deliveries, the newest first: all that wait for somebody, and the newest of the others."""
    with ledger.session() as session:
        return _rows(deliveries.listed(session, integration, flow, limit), DELIVERY)


def _rows(found: Iterable[Base], columns: tuple[str, ...]) -> Rows:
    return [{name: _plain(getattr(row, name)) for name in columns} for row in found]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def show_delivery(delivery: int) -> dict[str, Any]:
    """Return one delivery, and of one that waits for a person the record keys it asks about, by employer.

    `keys`: all of them; `what`: those that are new, changed and gone. `schema`: of payroll data, the columns that are
    new, gone and changed since the delivery before; None where it is the same. `why`: why a case is believed to be gone
    → keys. `columns`: of what changed, column → how (`empty to filled`) → how many lines.

    Raises SettingsError when there is no such delivery.
    """
    ours = settings()
    ledger = Ledger(ours.ledger)
    ledger.require_current()
    with ledger.session() as session:
        row = session.get(Delivery, delivery)
        if row is None:
            raise SettingsError(f"There is no delivery {delivery}.")
        found = _rows([row], DELIVERY)[0]
        # one with a name was prepared: its object is what would have been sent
        held = row.object if row.state in {State.HELD, State.DISCARDED} and not row.name else None
    kept = decode_kept(Vault(ours.vault, ours.vault_keys).get(held)) if held else Kept()
    what = {name: _by_employer(getattr(kept, name)) for name in ("new", "changed", "gone")}
    schema = kept.schema and {name: list(getattr(kept.schema, name)) for name in ("new", "gone", "changed")}
    return {
        **found,
        "keys": _by_employer(kept.new | kept.changed | kept.gone),
        "what": what,
        "schema": schema,
        **_explained(kept),
    }


def _explained(kept: Kept) -> dict[str, Any]:
    why: dict[str, list[str]] = {}
    for key, reason in kept.because.items():
        why.setdefault(f"gone_{reason}", []).append(key)
    return {"why": why, "columns": kept.columns}


def _by_employer(keys: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, employer in keys.items():
        found.setdefault(employer, []).append(key)
    return found
