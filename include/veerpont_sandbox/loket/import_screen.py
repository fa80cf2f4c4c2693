"""The screen Collectieve mutaties > Importeren > Variabele gegevens, where a person uploads a csv.

Facts: docs/reference/loket.md, 5.

Strict about the format, with what we assume where the format is unknown. A file with anything wrong is
refused as a whole, with every reason; nothing of it is taken.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from veerpont_sandbox.loket.payroll import Book, amount_fits
from veerpont_sandbox.loket.provider import Administration, Employer, Employment, Json, Provider

HEAD = ["aanslnr", "persnr", "ploeg"]
UNIT = "verdelingseenheid"
_VALUE = re.compile(r"-?\d{1,9}(,\d{1,2})?")
Line = dict[str, str]


@dataclass
class Report:
    """What became of an upload. `refused`: the reasons; empty when the file was taken."""

    refused: list[str] = field(default_factory=list)
    rows: int = 0
    values: int = 0


def upload(
    provider: Provider,
    content: bytes,
    *,
    administration: int,
    year: int,
    period: int,
    file_type: str = "CSV",
    action: str = "Overschrijven",
    distribution_unit: str = "Ja",
) -> Report:
    """Import a file, as the dialog asks: administration, year and period are chosen, they are not in the file."""
    with provider.lock:
        return _Import(provider, administration, year, period, distribution_unit == "Ja").run(
            content, wrong_choice=(file_type, action) != ("CSV", "Overschrijven")
        )


def payroll(provider: Provider, administration: int, year: int, period: int) -> list[Json]:
    """Return what the payroll of a period has: a row per payroll number, shift and distribution unit."""
    with provider.lock:
        rows = [
            {
                "payrollId": job.content["payrollId"],
                "shift": record["shift"]["shiftNumber"],
                "distributionUnit": (record["distributionUnit"] or {}).get("code"),
                "costCenter": (record["costCenter"] or {}).get("code"),
                "components": {each["payrollComponent"]["key"]: each["value"] for each in record["payrollComponents"]},
            }
            for job in _paid_by(_administration(provider, administration)[0], administration)
            for record in job.period_data
            if record["payrollPeriod"] == {"year": year, "periodNumber": period}
        ]
        return sorted(rows, key=lambda row: (row["payrollId"], row["shift"], row["distributionUnit"] or 0))


def _administration(provider: Provider, number: int) -> tuple[Employer, Administration]:
    """Return the administration with this client number. Raises ValueError."""
    for employer in provider.employers:
        for found in employer.administrations:
            if found.content["clientNumber"] == number:
                return employer, found
    raise ValueError(f"There is no payroll administration {number}.")


def _paid_by(employer: Employer, number: int) -> list[Employment]:
    jobs = (job for person in employer.people for job in person.employments)
    return [job for job in jobs if (job.content["payrollAdministration"] or {}).get("clientNumber") == number]


class _Import:
    def __init__(self, provider: Provider, number: int, year: int, period: int, with_unit: bool) -> None:
        self.provider = provider
        self.employer, self.administration = _administration(provider, number)
        self.number = number
        self.year = year
        self.period = period
        self.head = [*HEAD, UNIT] if with_unit else HEAD
        self.jobs = {str(job.content["payrollId"]): job for job in _paid_by(self.employer, number)}
        self.units = {str(unit["code"]): unit for unit in self.employer.distribution_units}
        self.components = {str(each["key"]): each for each in self.administration.components.get(year, [])}
        self.report = Report()

    def run(self, content: bytes, *, wrong_choice: bool) -> Report:
        refused = self.report.refused
        if not self.provider.settings.import_product:
            refused.append("product 50 (Import variabele gegevens) is not active")
        if wrong_choice:
            refused.append("only file type CSV and action Overschrijven are known")
        known = self.administration.period(self.year, self.period)
        if known is None:
            refused.append("unknown period")
        elif known["hasApprovedPayrollRun"] and self.provider.settings.closed_period == "refuse":
            refused.append("the payroll run of this period is approved")
        lines = self._lines(content)
        self._check(lines)
        if not refused:
            self._take(lines)
        return self.report

    def _lines(self, content: bytes) -> list[Line]:
        """Return the rows by column. ASCII without a BOM, CRLF, no quotes, one header line."""
        refused = self.report.refused
        if any(byte > 127 for byte in content):
            refused.append("not ASCII")
        text = content.decode("ascii", errors="replace")
        if not text.endswith("\r\n") or re.search(r"(?<!\r)\n|\r(?!\n)", text):
            refused.append("lines do not end in CRLF")
        if '"' in text or "'" in text:
            refused.append("quotes")
        header, *rows = [line.split(";") for line in text.removesuffix("\r\n").split("\r\n")]
        columns = header[len(self.head) :]
        if header[: len(self.head)] != self.head or not columns:
            refused.append(f"the header does not start with {';'.join(self.head)}; and a component")
            return []
        if len(set(header)) != len(header):
            refused.append("duplicate columns")
        refused += [f"unknown component {column}" for column in columns if column not in self.components]
        refused += [
            f"component {column} takes no collective mutation"
            for column in columns
            if column in self.components and not self.components[column]["isCollectiveMutationPossible"]
        ]
        refused += [
            f"line {at}: {len(row)} cells instead of {len(header)}"
            for at, row in enumerate(rows, 2)
            if len(row) != len(header)
        ]
        if not rows:
            refused.append("no rows")
        return [dict(zip(header, row, strict=False)) for row in rows]

    def _check(self, lines: list[Line]) -> None:
        seen: set[tuple[str | None, ...]] = set()
        for at, line in enumerate(lines, 2):
            wrong = [
                text
                for text, bad in (
                    ("aanslnr", line.get("aanslnr") != str(self.number)),
                    ("persnr", line.get("persnr") not in self.jobs),
                    ("ploeg", line.get("ploeg") not in {str(shift) for shift in self.administration.shifts}),
                    (UNIT, UNIT in self.head and line.get(UNIT) not in self.units),
                )
                if bad
            ]
            wrong += [name for name, text in self._cells(line) if text and not self._fits(name, text)]
            key = tuple(line.get(name) for name in self.head)
            if key in seen:
                wrong.append("a second row of the same key")
            seen.add(key)
            self.report.refused += [f"line {at}: {text}" for text in wrong]

    def _cells(self, line: Line) -> list[tuple[str, str]]:
        return [(name, text) for name, text in line.items() if name not in self.head]

    def _fits(self, name: str, text: str) -> bool:
        """Whether a cell is a number with a decimal comma, within the bounds of its component."""
        found = self.components.get(name)
        return bool(_VALUE.fullmatch(text)) and (found is None or amount_fits(found, _number(text)))

    def _take(self, lines: list[Line]) -> None:
        """Overwrite the values that the file gives; an empty cell is nothing, unless `blank_clears`."""
        for line in lines:
            cells = self._cells(line)
            given = [
                {"payrollComponent": {"key": int(name)}, "value": _number(text) if text else None}
                for name, text in cells
                if text or self.provider.settings.blank_clears
            ]
            self.report.rows += 1
            self.report.values += sum(bool(text) for _, text in cells)
            if given:
                Book(self.provider, self.employer, self.jobs[line["persnr"]]).write({
                    "payrollPeriod": {"year": self.year, "periodNumber": self.period},
                    "payslipType": {"key": 1},
                    "shift": {"shiftNumber": int(line["ploeg"])},
                    "distributionUnit": self.units[line[UNIT]] if UNIT in self.head else None,
                    "payrollComponents": given,
                })


def _number(text: str) -> float:
    value = Decimal(text.replace(",", "."))
    return int(value) if value == value.to_integral_value() else float(value)
