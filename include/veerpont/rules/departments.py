"""The department tree: which units an employer has, and where they hang (docs/reference/xpert-suite.md, 2.2 and 5.2).

A parent that the source does not show (filtered out in AFAS) makes its child a root. Every walk stops at a unit it has
seen, so that a cycle ends it instead of never ending.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date

import msgspec

from veerpont.model.records import Department


def current(departments: Iterable[Department], today: date) -> list[Department]:
    """Keep the units of the chart that is valid on `today`, its last day included; of several, the latest begun."""
    newest: dict[str, Department] = {}
    for unit in departments:
        if (unit.valid_from or date.min) > today or (unit.valid_until or date.max) < today:
            continue
        known = newest.get(unit.department_code)
        if known is None or (known.valid_from or date.min) <= (unit.valid_from or date.min):
            newest[unit.department_code] = unit
    return list(newest.values())


def charts(departments: Iterable[Department]) -> dict[str | None, list[Department]]:
    """Return employer → the units of its own chart; under None the chart of a source that knows no employers."""
    found: dict[str | None, list[Department]] = defaultdict(list)
    for unit in departments:
        found[unit.employer_code].append(unit)
    return found


def of_chart(own: str | None, used: Mapping[str, Collection[str]]) -> dict[str, Collection[str]]:
    """Return the employers that can have units of a chart: its own one, or every one."""
    return {employer: codes for employer, codes in used.items() if own in {None, employer}}


def key(own: str | None, code: str) -> str:
    """Return the record key of a unit in a chart."""
    return code if own is None else f"{own}/{code}"


def cycles(departments: Iterable[Department]) -> frozenset[str]:
    """Return the codes of the units that lie on a cycle of parents, a unit that is its own parent included."""
    parents = {unit.department_code: unit.parent_department_code for unit in departments}
    on_cycle: set[str] = set()
    done: set[str] = set()
    for code in parents:
        path: list[str] = []
        step: str | None = code
        while step is not None and step in parents and step not in done and step not in path:
            path.append(step)
            step = parents[step]
        if step is not None and step in path:
            on_cycle.update(path[path.index(step) :])
        done.update(path)
    return frozenset(on_cycle)


def place(
    departments: Iterable[Department],
    tree: str,
    used: Mapping[str, Collection[str]],
    mapped: Mapping[str, str],
) -> list[Department]:
    """Return the units once for each employer that has them, with parents that are in the same tree.

    Args:
        departments: the current units, each code once.
        tree: `derive`: units in use by an employer's people, and their ancestors. `shared`: every unit for every
            employer. `map`: a unit belongs to the employer of its nearest mapped ancestor, itself included.
        used: active employer → codes of the units that its people are in (derive), or an empty collection.
        mapped: unit code → employer code (map).
    """
    units = {unit.department_code: unit for unit in departments}
    owned: dict[str, set[str]] = {employer: set() for employer in used}
    for employer, codes in owned.items():
        if tree == "shared":
            codes.update(units)
        elif tree == "derive":
            for code in used[employer]:
                codes.update(_ancestry(units, code))
    if tree == "map":
        for code in units:
            owner = next((mapped[step] for step in _ancestry(units, code) if step in mapped), None)
            if owner in owned:
                owned[owner].add(code)
    return [
        msgspec.structs.replace(
            units[code],
            employer_code=employer,
            parent_department_code=(
                units[code].parent_department_code if units[code].parent_department_code in codes else None
            ),
        )
        for employer, codes in owned.items()
        for code in sorted(codes)
    ]


def _ancestry(units: Mapping[str, Department], code: str) -> list[str]:
    """Return a unit and its ancestors, from the unit upwards; empty for a unit that is not in the chart."""
    path: list[str] = []
    step: str | None = code
    while step is not None and step in units and step not in path:
        path.append(step)
        step = units[step].parent_department_code
    return path
