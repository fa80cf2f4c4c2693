"""The invented customers of the sandbox: one that a person can read, and as many large ones as are asked for."""

from collections.abc import Sequence

from veerpont.sandbox.customers.bad_rows import BAD_ROWS, DEMO_BAD_ROWS
from veerpont.sandbox.customers.generated import generated
from veerpont.sandbox.customers.sluis import sluis
from veerpont.sandbox.customers.spec import CustomerSpec
from veerpont.sandbox.customers.veerhuis import veerhuis

__all__ = ["BAD_ROWS", "DEMO_BAD_ROWS", "CustomerSpec", "customer", "generated"]


def customer(name: str, people: int = 2_000, bad_rows: Sequence[str] = DEMO_BAD_ROWS) -> CustomerSpec:
    """Return a customer; a name that is not known gives a generated one at AFAS.

    "veerhuis" (AFAS; `bad_rows`: names in BAD_ROWS) and "sluis" (Loket) are written by hand.
    """
    if name == "sluis":
        return sluis()
    return veerhuis(bad_rows) if name == "veerhuis" else generated(name, people)
