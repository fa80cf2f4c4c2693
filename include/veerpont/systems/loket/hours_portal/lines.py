"""Hours → lines → the csv of the collective mutation (docs/reference/loket.md, 5).

One row for each payroll number, shift and distribution unit; a column for each component. ASCII without a byte order
mark, CRLF, no quotes, `;`, a decimal comma, at most two decimals. What a line does not have of a component is an empty
cell, which says nothing; what was taken out is a 0.
"""

from collections.abc import Iterable
from decimal import Decimal

from veerpont.model.lines import Line
from veerpont.model.pay_records import Hours

HEAD = ("aanslnr", "persnr", "ploeg")
UNIT = "verdelingseenheid"


def line(record: Hours, in_parts: bool) -> Line:
    """Return the line of one value.

    in_parts: whether the payroll gets whole files, in which what is gone has to be a 0; over the API it is retracted.
    """
    values = {
        "part": record.part,
        "ends": record.ends.isoformat(),
        "employer": record.employer_code,
        "administration": record.administration,
        "employment": record.employment,
        "client_number": record.client_number,
        "number": record.number,
        "year": str(record.year),
        "period": str(record.period),
        "shift": str(record.shift),
        "unit": record.unit,
        "unit_key": record.unit_key,
        "component": str(record.component),
        "value": decimal(record.value),
    }
    return Line(
        id=record.id,
        key=record.key,
        employer=record.employer_code,
        portal_key=f"{record.part}/{record.number}/{record.shift}/{record.unit or ''}/{record.component}",
        order=record.order,
        values=values,
        alias=record.employment.upper(),  # of a bad row that does not say its period
        emptied={**values, "value": "0"} if in_parts else None,
        part=record.part if in_parts else "",
    )


def decimal(value: Decimal) -> str:
    """Return a number with a decimal point, without zeros that say nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def csv(lines: Iterable[Line], with_unit: bool) -> bytes:
    """Return the file of one administration and period."""
    rows: dict[tuple[str, ...], dict[int, str]] = {}
    for each in lines:
        values = {name: value or "" for name, value in each.values.items()}
        head = (values["client_number"], values["number"], values["shift"], *([values["unit"]] * with_unit))
        rows.setdefault(head, {})[int(values["component"])] = values["value"].replace(".", ",")
    columns = sorted({component for found in rows.values() for component in found})
    table = [
        (*HEAD, *([UNIT] * with_unit), *map(str, columns)),
        *((*head, *(found.get(component, "") for component in columns)) for head, found in rows.items()),
    ]
    return "".join(f"{';'.join(cells)}\r\n" for cells in table).encode("ascii")
