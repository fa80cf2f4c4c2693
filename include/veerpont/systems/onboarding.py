"""What a system adds to a new customer's papers: its part of the integration file, its connection, and its letter.

A system that has some names the module in its line of `registry.SYSTEMS` (`onboarding`). Letters are in Dutch: they go
to administrators at customers and portals.
"""

from dataclasses import dataclass
from typing import Protocol

from veerpont.model.flows import Flow


@dataclass(frozen=True)
class NewCustomer:
    """What is known of a customer before anything works. `connection`: of the system that is asked; `address`: ours."""

    name: str
    customer: str
    connection: str
    flows: tuple[Flow, ...]
    environment: str = ""
    address: str = ""


class Onboarding(Protocol):
    """The module of one system."""

    def settings(self, new: NewCustomer) -> str:
        """Return the sections of the integration file that only this system has, as YAML; empty where it has none."""

    def connection(self, new: NewCustomer) -> str:
        """Return the lines that make its Airflow connection by the environment, with what to fill in."""

    def letter(self, new: NewCustomer) -> str:
        """Return what its administrator is asked, in Dutch; empty where nobody has to be asked."""
