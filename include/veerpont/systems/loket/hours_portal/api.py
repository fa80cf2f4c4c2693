"""Lines of hours → period data over Loket's API, and what it did not take (docs/reference/loket.md, 3.10).

A value is overwritten, one that is gone is `null`; the same calls again change nothing. An answer of 200 does not say
that all went in, so what the payroll shows afterwards decides, value by value.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from veerpont.model.content import Content
from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.lines import Line
from veerpont.model.messages import coded
from veerpont.systems.loket.payroll import PayrollClient
from veerpont.systems.loket.resources import (
    AUTHORISATIONS,
    EMPLOYERS,
    PERIOD_DATA,
    PERIODS,
    WRITE,
    value,
)
from veerpont.systems.portal import Refused

ITEMS = 100
"""Period data of so many employments go in one call; Loket does not say how many may."""
NORMAL = 1
"""The normal payslip, presumably: only 2, the one at a special rate, is documented."""

NOT_TAKEN = Problem(
    Stage.EXPORT,
    "component",
    "not_taken",
    coded(
        "loket.not_shown",
        "Loket was sent this value and does not show it afterwards: look at component, period, shift and unit of this "
        "employment in Loket. It is tried again at 21:00, or when it changes.",
    ),
)

_encode, _decode = msgspec.json.encode, msgspec.json.decode
_Identity = tuple[str, str, str, str, str]
"""Employment, year, period, shift, and key of the unit."""


class _Operation(msgspec.Struct):
    """One value; `value` is None where it is gone."""

    id: str
    values: dict[str, str | None]
    cost_centre: bool
    value: str | None = None

    @property
    def identity(self) -> _Identity:
        return (
            self.text("employment"),
            self.text("year"),
            self.text("period"),
            self.text("shift"),
            self.text("unit_key"),
        )

    @property
    def number(self) -> int | float | None:
        if self.value is None:
            return None
        return float(self.value) if "." in self.value else int(self.value)

    def text(self, name: str) -> str:
        return self.values[name] or ""


def render(lines: Iterable[Line], gone: Iterable[Line], cost_centre: bool) -> Iterator[bytes]:
    """Yield one JSON document a line: the values in the order they come in, then those that are gone."""
    for line in lines:
        yield _encode(_Operation(line.id, dict(line.values), cost_centre, line.values["value"])) + b"\n"
    for line in gone:
        yield _encode(_Operation(line.id, dict(line.values), cost_centre)) + b"\n"


def deliver(client: PayrollClient, content: Content) -> list[Refused]:
    """Write every value, and return those that the payroll does not show afterwards."""
    operations = [_decode(line, type=_Operation) for line in content.lines()]
    employers = {str(item.get("employerNumber")): str(item["id"]) for item in client.rows(EMPLOYERS)}
    by_employer: dict[str, list[_Operation]] = defaultdict(list)
    for each in operations:
        by_employer[each.text("employer")].append(each)
    for code, theirs in by_employer.items():
        if code not in employers:
            raise SettingsError(
                coded(
                    "loket.employer_not_shown",
                    "Loket no longer shows employer {code} to the user of the link: nothing was sent to it.",
                    code=code,
                )
            )
        items = list(_items(theirs))
        for at in range(0, len(items), ITEMS):
            client.write(employers[code], items[at : at + ITEMS])
    has = _shown(client, operations)
    return [
        Refused(each.id, NOT_TAKEN)
        for each in operations
        if has.get((each.identity, int(each.text("component")))) != each.number
    ]


def require_allowed(client: PayrollClient) -> None:
    """Raise SettingsError when the login may not write hours somewhere, or not see them afterwards."""
    for employer in client.rows(EMPLOYERS):
        allowed = {row.get("description") for row in client.rows(AUTHORISATIONS, str(employer["id"]))}
        if lacking := sorted({WRITE.activity, PERIOD_DATA.activity} - allowed):
            raise SettingsError(
                coded(
                    "loket.hours_not_allowed",
                    "At employer {employer} Loket does not allow {lacking}, which hours.delivery: api takes. "
                    "Ask Loket to link these activities to the client.",
                    employer=employer.get("employerNumber"),
                    lacking=", ".join(lacking),
                )
            )


def _items(operations: list[_Operation]) -> Iterator[dict[str, Any]]:
    """Yield period data: one for each identity, with its components."""
    components: dict[_Identity, list[dict[str, Any]]] = defaultdict(list)
    first: dict[_Identity, _Operation] = {}
    for each in operations:
        first.setdefault(each.identity, each)
        component = {"payrollComponent": {"key": int(each.text("component"))}}
        components[each.identity].append({**component, "value": each.number, "isSupplement": False})
    for identity, found in components.items():
        job, year, period, shift, unit = identity
        centre = first[identity].cost_centre
        yield {
            "employmentId": job,
            "payrollPeriod": {"year": int(year), "periodNumber": int(period)},
            "payslipType": {"key": NORMAL},
            "shift": {"shiftNumber": int(shift)},
            "distributionUnit": {"key": unit} if unit and not centre else None,
            "costCenter": {"key": int(unit)} if unit and centre else None,
            "costUnit": None,
            "payrollComponents": found,
        }


def _shown(client: PayrollClient, operations: list[_Operation]) -> dict[tuple[_Identity, int], int | float]:
    """Return what the payroll has in the periods that were written."""
    found: dict[tuple[_Identity, int], int | float] = {}
    centre = any(each.cost_centre for each in operations)
    unit = "costCenter.key" if centre else "distributionUnit.key"
    other = "distributionUnit" if centre else "costCenter"
    written = {(each.text("administration"), each.text("year"), each.text("period")) for each in operations}
    for administration, year, period in sorted(written):
        ids = {
            (str(item["year"]), str(item["periodNumber"])): item["id"]
            for item in client.numbered(PERIODS, administration)
        }
        for row in client.rows(PERIOD_DATA, administration, str(ids[year, period])):
            if value(row, "payslipType.key") != NORMAL or row.get(other) or row.get("costUnit"):
                continue
            key = value(row, unit)
            identity = (
                str(value(row, "employment.id")),
                year,
                period,
                str(value(row, "shift.shiftNumber")),
                "" if key is None else str(key),
            )
            components = row.get("payrollComponents")
            for each in components if isinstance(components, list) else []:
                amount, number = value(each, "value"), value(each, "payrollComponent.key")
                if amount is not None and isinstance(number, int):
                    found[identity, number] = float(str(amount))
    return found
