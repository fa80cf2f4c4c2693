"""What the sandbox knows of a customer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from veerpont.sandbox.afas.schema import Row


@dataclass
class CustomerSpec:
    """One customer: its AFAS environment and how its files go to the portal.

    `tables`: connector id → what gives its rows. `activate` and `inactive`: the employers that a demo activates and
    deactivates; the others stay pending.
    """

    name: str
    title: str
    member: str
    tables: dict[str, Callable[[], Iterable[Row]]]
    file_format: Literal["xlsx", "csv"] = "xlsx"
    activate: list[str] = field(default_factory=list)
    inactive: list[str] = field(default_factory=list)

    @property
    def environment(self) -> str:
        """The environment's name: O for production, the member number, letters (afas.md section 1)."""
        return f"O{self.member}AA"
