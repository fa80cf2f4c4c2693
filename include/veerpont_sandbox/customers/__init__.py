"""The invented customers of the sandbox: some that a person can read, and as many large ones as are asked for."""

from collections.abc import Sequence

from veerpont_sandbox.customers.bad_rows import BAD_ROWS, DEMO_BAD_ROWS
from veerpont_sandbox.customers.generated import generated
from veerpont_sandbox.customers.haven import haven
from veerpont_sandbox.customers.kanaal import generated_at_loket
from veerpont_sandbox.customers.sluis import sluis
from veerpont_sandbox.customers.spec import CustomerSpec
from veerpont_sandbox.customers.veerhuis import veerhuis

__all__ = ["BAD_ROWS", "DEMO_BAD_ROWS", "CustomerSpec", "customer", "generated", "generated_at_loket"]


def customer(name: str, people: int = 2_000, bad_rows: Sequence[str] = DEMO_BAD_ROWS) -> CustomerSpec:
    """Return a customer; a name that is not known gives a generated one at AFAS.

    AFAS: "veerhuis", written by hand (`bad_rows`: names in BAD_ROWS). Loket: "sluis" (twelve people) and "haven" (two
    employers that share a number), written by hand, and "kanaal", generated.
    """
    match name:
        case "veerhuis":
            return veerhuis(bad_rows)
        case "sluis":
            return sluis()
        case "haven":
            return haven()
        case "kanaal":
            return generated_at_loket(name, people)
        case _:
            return generated(name, people)
