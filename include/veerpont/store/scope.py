"""Whose something is: one flow of one integration, to one portal."""

from dataclasses import dataclass, replace


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
    def shared(self) -> "Scope":
        """What is of all portals."""
        return self.to("")

    def to(self, portal: str) -> "Scope":
        """Return the same flow to another portal."""
        return replace(self, portal=portal)
