"""Whose something is: one flow of one integration, to one portal."""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, bindparam

from veerpont.store.table_base import Scoped


@dataclass(frozen=True)
class Scope:
    """One flow of one integration, to one portal. Without a portal: what all its portals share; without a flow: all."""

    integration: str
    flow: str = ""
    portal: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.integration, self.flow, self.portal)))

    @property
    def folder(self) -> str:
        """Where the vault has what is of it."""
        return "/".join(filter(None, (self.integration, self.flow, self.portal)))

    @property
    def loads(self) -> str:
        """The name of the lease of the flow's loads, to whichever portal."""
        return f"load:{self.integration}:{self.flow}"

    @classmethod
    def of(cls, row: Scoped) -> "Scope":
        """Return whose a row of the ledger is."""
        return cls(row.integration, row.flow, row.portal)

    @property
    def columns(self) -> dict[str, str]:
        """What a new row of the ledger says of it."""
        return {"integration": self.integration, "flow": self.flow, "portal": self.portal}

    def rows(self, table: type[Scoped]) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions on rows that are of exactly this scope."""
        return (table.integration == self.integration, table.flow == self.flow, table.portal == self.portal)

    @staticmethod
    def given(table: type[Scoped]) -> tuple[ColumnElement[bool], ...]:
        """Return the same conditions for a statement that is made once; whoever runs it gives it the `columns`.

        What every step asks is made once: to make a statement takes SQLAlchemy longer than the database to answer it.
        """
        return tuple(getattr(table, name) == bindparam(name) for name in ("integration", "flow", "portal"))

    @property
    def shared(self) -> "Scope":
        """What is of all portals."""
        return self.to("")

    def to(self, portal: str) -> "Scope":
        """Return the same flow to another portal."""
        return replace(self, portal=portal)
