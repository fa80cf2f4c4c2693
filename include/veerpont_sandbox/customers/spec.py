"""What the sandbox knows of a customer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from veerpont_sandbox.absence import AbsenceBook
from veerpont_sandbox.afas.schema import Row
from veerpont_sandbox.loket.provider import Provider

CAUSES = {
    "Z": "12",
    "ZB": "14",
    "ZZW": "14",
    "ZOD": "18",
    "ZW": "20",
    "AO": "15",
    "B": "15",
    "D": "16",
    "O": "17",
    "PO": "17",
    "vangnet": "7",
}
"""AFAS's type code → the portal's code of the cause. Nobody's real codes: those are the customer's.

Facts: docs/reference/afas.md, 8.4.
"""

LOKET_TYPES = {"1": "Ziekte", "2": "Ziekte", "3": "Zwangerschap", "4": "Ziekte", "5": None}
LOKET_CAUSES = {"1": "12", "2": "15", "3": "20", "4": "18"}
"""The key of Loket's cause → the kind of case, and the portal's code of the cause."""


def absence_settings(*employers: str) -> dict[str, Any]:
    """Return the `absence` section of an integration file (docs/contracts.md)."""
    return {
        "connector_window": None,
        "portal_deletes": "delete",
        "recovery_date_is": "first_day_back",
        "causes": {code: dict(CAUSES) for code in employers},
    }


def loket_absence_settings(*employers: str) -> dict[str, Any]:
    """Return the `absence` section for Loket: its causes have numbers (docs/reference/loket.md, 3.6)."""
    return {
        "connector_window": None,
        "portal_deletes": "delete",
        "recovery_date_is": "first_day_back",
        "types": dict(LOKET_TYPES),
        "causes": {code: dict(LOKET_CAUSES) for code in employers},
    }


def iban(bank: str, account: int) -> str:
    """Return the Dutch IBAN of an invented account; its check digits are right."""
    digits = "".join(str(int(letter, 36)) for letter in f"{bank}{account:010}NL00")
    return f"NL{98 - int(digits) % 97:02}{bank}{account:010}"


@dataclass
class CustomerSpec:
    """One customer: its source and how its files go to the portal.

    AFAS: `member`, and `tables`: connector id → what gives its rows; `book`: what really happened. Loket: `provider`.
    `activate` and `inactive`: the employers that a demo activates and deactivates; the others stay pending. `absence`:
    the `absence` section of its integration file, `payroll` the one of payroll data. `timesheet`: what its time
    registration drops.
    """

    name: str
    title: str
    member: str = ""
    tables: dict[str, Callable[[], Iterable[Row]]] = field(default_factory=dict)
    file_format: Literal["xlsx", "csv"] = "xlsx"
    activate: list[str] = field(default_factory=list)
    inactive: list[str] = field(default_factory=list)
    absence: dict[str, Any] = field(default_factory=dict)
    book: AbsenceBook | None = None
    system: Literal["afas", "loket"] = "afas"
    provider: Provider | None = None
    timesheet: bytes | None = None
    payroll: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> str:
        """The environment's name: O for production, the member number, letters; Loket has none.

        Facts: docs/reference/afas.md, 1.
        """
        if self.system == "loket":
            return ""
        return f"O{self.member}AA"
