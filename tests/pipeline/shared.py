"""An account that veerhuis (AFAS) and sluis (Loket) share, for tests of what several integrations tell one portal."""

from pathlib import Path

from crossings import Crossing
from exports import told

from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.provider import Provider

FLOWS = ("employers", "employees", "organigram", "accounts", "absence")
NIGHTLY = ("employers", "employees", "organigram")
HARBOUR = "20001"


class Account:
    """Veerhuis (AFAS) and sluis (Loket) in one account, that of veerhuis."""

    def __init__(self, crossing: Crossing) -> None:
        self.ours = crossing
        self.theirs = Crossing.now(crossing.sandbox, crossing.home, crossing.key, "sluis")
        portals = [{"portal": "xpert_suite", "connection": "xpert_veerhuis", "flows": list(FLOWS)}]
        crossing.configure(account="both", portals=portals)
        self.theirs.configure(account="both", portals=portals, absence={"initial_days": 900})

    def join(self, *flows: str) -> "Account":
        """Let the second one deliver for the first time."""
        self.theirs.first_night(*flows)
        return self

    def at(self, moment: str) -> "Account":
        self.theirs.moment = self.ours.at(moment).moment
        return self

    def employers(self) -> set[str]:
        """Return whose people are in the last file: the portal ends nobody of an employer that is in none."""
        return {row["employer_code"] for row in told(self.ours, "employees")}

    def lines(self) -> int:
        """Return how many lines of the second one the last file of employees has."""
        return sum(row["employer_code"] == HARBOUR for row in told(self.ours, "employees"))

    def file(self) -> Path:
        return self.ours.home / "integrations" / "sluis.yaml"

    @property
    def loket(self) -> Provider:
        return self.ours.sandbox.loket.providers["sluis"]

    def rename(self, number: int, name: str) -> None:
        """Change the last name of somebody of the second one."""
        changes.rename(self.loket, number, name)

    def names(self, number: str, employer: str = HARBOUR) -> set[str]:
        """Return the last names that the last file has of a number at an employer."""
        rows = told(self.ours, "employees")
        there = (employer, number)
        return {row["last_name"] for row in rows if (row["employer_code"], row["personnel_number"]) == there}


def join(crossing: Crossing) -> None:
    """Let the second one deliver for the first time, after a night of the first one."""
    Account(crossing).join(*NIGHTLY)
