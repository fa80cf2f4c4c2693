"""Whether the absence history covers what the portal's window asks for: a map of employers and months.

A month stands for the cases that began in it, `<month` for all that began before it. An answer counts when nothing but
the question limited it, when the employer was active while it was read, and when the changes since then were read
without a gap.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.flows.flow import CoverState, MonthCover
from veerpont.flows.job import Job
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.rules import absence
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import coverage, deliveries, employers, kinds, notes, runs
from veerpont.store.clock import now
from veerpont.store.employers import Gate
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Coverage
from veerpont.store.vault import Vault
from veerpont.systems.portal import Portal
from veerpont.systems.registry import portal


def cutoff(job: Job) -> date:
    """Return the first day of the portal's window."""
    return _cutoff(job.integration, job.today)


def _cutoff(integration: Integration, today: date) -> date:
    settings = integration.absence
    return absence.cutoff(today, settings.history_months, settings.delivery_from)


def months(first: date, last: date) -> list[str]:
    """Return the months from that of `first` to that of `last`, as `2026-11`."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12}-{number % 12 + 1:02}" for number in numbers]


def uncovered(job: Job) -> dict[str, list[str]]:
    """Return active employer → the months whose cases were not asked for, though the portal's window needs them."""
    with job.ledger.session() as session:
        return uncovered_on(session, job.integration, job.today)


def uncovered_on(session: Session, integration: Integration, today: date) -> dict[str, list[str]]:
    """Return what `uncovered` does, from the ledger alone."""
    gate = employers.gate(session, integration.name, today, integration.absence.late_report_days)
    rows = employers.states(session, integration.name).items()
    active = {code: row.at for code, row in rows if gate[code] is Gate.ACTIVE}
    cells: dict[str, list[Coverage]] = defaultdict(list)
    for cell in coverage.cells(session, integration.name):
        cells[cell.employer].append(cell)
    since = notes.noted(session, Scope(integration.name, Flow.ABSENCE), "live_since")
    live_since = datetime.fromisoformat(since) if since else None
    found = {}
    for code, activated in active.items():
        valid = {
            cell.month
            for cell in cells[code]
            if cell.counts and cell.asked_at >= activated and (live_since is None or cell.moment >= live_since)
        }
        if lacking := _lacking(valid, _cutoff(integration, today), today, live_since):
            found[code] = lacking
    return found


def _lacking(valid: set[str], first: date, today: date, live_since: datetime | None) -> list[str]:
    opening = f"{first:%Y-%m}"
    before = max((cell[1:] for cell in valid if cell.startswith("<")), default="")
    lacking = [] if before else [f"<{opening}"]
    begin = date.fromisoformat(f"{before}-01") if before else first
    for month in months(begin, today):
        live = live_since is not None and date.fromisoformat(f"{month}-01") >= live_since.astimezone(AMSTERDAM).date()
        if month not in valid and not live:
            lacking.append(month)
    return lacking


def cover_of_months(session: Session, integration: Integration, today: date) -> list[MonthCover]:
    """Return how each month that the portal's window asks for stands, of each active employer, from the ledger alone.

    What came counts as delivered when a run has succeeded since, to every portal: it made its file of all that there
    was, and where nothing had changed the portal had it.
    """
    lacking = uncovered_on(session, integration, today)
    cells: dict[str, dict[str, Coverage]] = defaultdict(dict)
    for each in coverage.cells(session, integration.name):
        cells[each.employer][each.month] = each
    portals = [(integration.name, str(Flow.ABSENCE), item.portal) for item in integration.portals_for(Flow.ABSENCE)]
    told = runs.newest(session, portals, ("success",))
    ends = [told[key].ended_at if key in told else None for key in portals]
    found = []
    for code, row in sorted(employers.states(session, integration.name).items()):
        if row.state != Gate.ACTIVE:
            continue
        known, gaps = cells[code], set(lacking.get(code, ()))
        opening = max((month for month in known if month.startswith("<")), default="")
        opening = opening or f"<{_cutoff(integration, today):%Y-%m}"
        for month in (opening, *months(date.fromisoformat(f"{opening[1:]}-01"), today)):
            cell = known.get(month)
            if month in gaps:
                state = CoverState.ASKED if cell else CoverState.GAP
            elif cell is None:
                state = CoverState.LIVE
            else:
                sent = all(end is not None and end > cell.asked_at for end in ends)
                state = CoverState.DELIVERED if sent else CoverState.GOT
            found.append(MonthCover(code, month, state, cell.got if cell else None))
    return found


def answered(
    job: Job, scope: str, active: Iterable[str], lines: Counter[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return which cells an answer fills, with the number of lines in each.

    Args:
        scope: what was asked (flows.absence.request).
        active: the employers whose rows were kept; none when nothing was read.
        lines: (employer, month in which the case began) → lines that came.
    """
    first = cutoff(job)
    kind, _, day = scope.partition(" ")
    if kind == "initial":
        asked = date.fromisoformat(day)
        if asked <= first:
            asked_months = [f"<{first:%Y-%m}", *months(first, job.today)]
        else:  # of the month in which the question begins, the cases that ended before that day did not come
            asked_months = [month for month in months(asked, job.today) if date.fromisoformat(f"{month}-01") >= asked]
    elif kind == "wide":
        asked_months = [f"<{first:%Y-%m}", *months(first, job.today)]
    elif kind == "changes":
        asked_months = []
    else:
        asked_months = [kind]
    return {(code, month): _count(lines, code, month) for code in active for month in asked_months}


def _count(lines: Counter[tuple[str, str]], employer: str, month: str) -> int:
    if not month.startswith("<"):
        return lines[employer, month]
    return sum(count for (code, began), count in lines.items() if code == employer and began < month[1:])


def table_of(name: str) -> list[dict[str, object]]:
    """Return the map of the integration of that name. Raises SettingsError when there is none, or its file is wrong."""
    found, broken = read_integrations(settings().integrations)
    if name not in found:
        names = ", ".join(found) or "none"
        raise broken.get(name) or SettingsError(f"There is no integration {name}. There are: {names}.")
    return table(found[name])


def table(integration: Integration) -> list[dict[str, object]]:
    """Return the map for people: employer, month, when it was asked, the lines that came, the cases at the portal.

    `counts`: whether the answer was whole; `covered`: whether the portal's window has what it needs of this month.
    """
    ours = settings()
    ledger, moment = Ledger(ours.ledger), now()
    ledger.require_current()
    vault = Vault(ours.vault, ours.vault_keys)
    job = Job(integration, Flow.ABSENCE, "", business_date(moment), ledger, vault, print, tick=moment)
    delivered = _delivered(job)
    with ledger.session() as session:
        cells = {(cell.employer, cell.month): cell for cell in coverage.cells(session, job.name)}
    lacking = {(code, month) for code, found in uncovered(job).items() for month in found}
    return [
        {
            "integration": job.name,
            "employer": code,
            "month": month,
            "asked": cell.asked_at.isoformat() if (cell := cells.get((code, month))) else None,
            "got": cell.got if cell else 0,
            "delivered": _count(delivered, code, month),
            "counts": bool(cell and cell.counts),
            "covered": (code, month) not in lacking,
        }
        for code, month in sorted(cells.keys() | lacking, key=lambda cell: (cell[0], cell[1][0] != "<", cell[1]))
    ]


def case_of(target: Portal, line: Line) -> ToldCase:
    """Return the case that a portal was told; of a line from before lines carried it, the portal reads it back."""
    return line.case or target.told_case(line)


def _delivered(job: Job) -> Counter[tuple[str, str]]:
    """Count the cases that the portal has; every portal gets the same ones."""
    decode = msgspec.json.Decoder(Line).decode
    counted: Counter[tuple[str, str]] = Counter()
    for item in job.integration.portals_for(Flow.ABSENCE)[:1]:
        with job.ledger.session() as session:
            told = deliveries.pointer(session, Scope(job.name, Flow.ABSENCE, item.portal), kinds.SNAPSHOTS)
        lines = map(decode, job.vault.read(told) if told else ())
        cases = ((line.employer, case_of(portal(item.portal), line)) for line in lines)
        counted.update((employer, f"{case.periods[0].begin:%Y-%m}") for employer, case in cases)
    return counted
