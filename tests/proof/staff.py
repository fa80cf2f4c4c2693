"""What people at work do in sixty days: they come, go, move, marry, and their departments change."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from crossings import ACCOUNTS, EMPLOYEES, IBAN, ORGANIGRAM

from veerpont_sandbox.customers.names import invented_bsn
from veerpont_sandbox.customers.spec import iban
from veerpont_sandbox.world import Sandbox

Row = dict[str, Any]
SCREENS = {EMPLOYEES: "Personeelsnummer", ORGANIGRAM: "Org._eenheid", ACCOUNTS: "Org._eenheid", IBAN: "GUID"}
"""Connector → the field by which somebody at the source finds what they change."""


def day_of(day: date) -> str:
    return f"{day}T00:00:00Z"


class Staff:
    """Changes at the source of one customer: the same for one seed. `happened`: how often what."""

    def __init__(self, sandbox: Sandbox, customer: str, seed: int) -> None:
        self.sandbox = sandbox
        self.customer = customer
        self.rng = Random(seed)
        self.happened: Counter[str] = Counter()
        self.number = 900_000
        self.daily: list[tuple[Callable[[date], str], float]] = [
            (self._hire, 0.5),
            (self._leave, 0.4),
            (self._longer_contract, 0.2),
            (self._back_under_the_same_number, 0.1),
            (self._department, 0.5),
            (self._manager, 0.15),
            (self._marries, 0.3),
            (self._address, 0.5),
            (self._hours, 0.5),
            (self._account, 0.4),
            (self._unit_is_renamed, 0.1),
            (self._unit_is_new, 0.1),
            (self._unit_ends, 0.08),
        ]

    def day(self, day: date) -> None:
        """Let happen what happens on a day."""
        for what, chance in self.daily:
            if self.rng.random() < chance and (done := what(day)):
                self.happened[done] += 1

    # -- the source ------------------------------------------------------------------------------------------------

    def _rows(self, connector: str) -> list[Row]:
        return self.sandbox.afas.rows(self.customer, connector)

    def _change(self, connector: str, key: str, **changes: Any) -> None:
        assert self.sandbox.afas.update(self.customer, connector, SCREENS[connector], key, changes)

    def _add(self, connector: str, row: Row) -> None:
        table = self.sandbox.afas.environments[self.customer].tables[connector]
        table.rows = [*table.rows, table.connector.row(row)]

    def _somebody(self, wanted: Callable[[Row], bool] = lambda _: True) -> Row | None:
        """Return somebody at work who is wanted and manages nobody."""
        rows = self._rows(EMPLOYEES)
        managers = {row["Leidinggevende_code"] for row in rows}
        fits = [row for row in rows if not row["Datum_eind_dvb"] and row["Personeelsnummer"] not in managers]
        fits = [row for row in fits if row["Datum_start_dvb"] < "2030" and wanted(row)]
        return self.rng.choice(fits) if fits else None

    # -- people ----------------------------------------------------------------------------------------------------

    def _hire(self, day: date) -> str:
        if not (like := self._somebody()):
            return ""
        self.number += 1
        guid = f"{{0FF1CE00-0000-4000-8000-{self.number:012X}}}"
        own = {
            "Personeelsnummer": f"{self.number}",
            "GUID": guid,
            "BSN": invented_bsn(self.number),
            "E-mail_werk": f"nieuw.{self.number}@ours.example",
            "Datum_start_dvb": day_of(day + timedelta(days=self.rng.choice((-3, 0, 1, 20)))),
            "Volgnummer_rooster": 1,
            "Contractnummer": 1,
        }
        self._add(EMPLOYEES, like | own)
        self._add(IBAN, {"GUID": guid, "IBAN-nummer": iban("VOOR", self.number)})
        return "hired"

    def _leave(self, day: date) -> str:
        if not (row := self._somebody()):
            return ""
        last = day + timedelta(days=self.rng.choice((0, 1, 14, 30)))
        self._change(EMPLOYEES, row["Personeelsnummer"], Datum_eind_dvb=day_of(last))
        return "leaves"

    def _longer_contract(self, day: date) -> str:
        """Somebody who was to leave stays."""
        going = [row for row in self._rows(EMPLOYEES) if (row["Datum_eind_dvb"] or "") > day_of(day)]
        if not going:
            return ""
        self._change(EMPLOYEES, self.rng.choice(going)["Personeelsnummer"], Datum_eind_dvb=None)
        return "stays"

    def _back_under_the_same_number(self, day: date) -> str:
        rows = self._rows(EMPLOYEES)
        here = {row["Personeelsnummer"] for row in rows if (row["Datum_eind_dvb"] or "9999") >= day_of(day)}
        lately = [row for row in rows if "2026-11" <= (row["Datum_eind_dvb"] or "") < day_of(day)]
        gone = [row for row in lately if row["Personeelsnummer"] not in here]
        if not gone:
            return ""
        row = self.rng.choice(gone)
        self._add(
            EMPLOYEES,
            row
            | {"Dienstverbandnummer": row["Dienstverbandnummer"] + 1}
            | {"Datum_start_dvb": day_of(day), "Datum_eind_dvb": None},
        )
        return "is back"

    def _department(self, day: date) -> str:
        """Somebody goes to a department of their employer."""
        row = self._somebody()
        to = row and self._somebody(lambda other: other["Werkgeverscode"] == row["Werkgeverscode"])
        if not (row and to):
            return ""
        moved = ("Afdelingscode", "Afdelingsnaam", "Leidinggevende_code", "Leidinggevende_guid")
        changes = {name: to[name] for name in moved} | {"Mutatiedatum_OE": day_of(day)}
        self._change(EMPLOYEES, row["Personeelsnummer"], **changes)
        return "another department"

    def _manager(self, day: date) -> str:
        """Somebody of a department becomes its manager; one whose employer is not served gets no account."""
        served = self.sandbox.activate[self.customer]
        if not (chosen := self._somebody(lambda row: row["Leidinggevende_code"] and row["Werkgeverscode"] in served)):
            return ""
        number, guid, unit = chosen["Personeelsnummer"], chosen["GUID"], chosen["Afdelingscode"]
        for row in self._rows(EMPLOYEES):
            if row["Leidinggevende_code"] == chosen["Leidinggevende_code"] and row["Afdelingscode"] == unit:
                own = row["Personeelsnummer"] == number
                changes = {"Leidinggevende_code": None if own else number, "Leidinggevende_guid": None if own else guid}
                self._change(EMPLOYEES, row["Personeelsnummer"], **changes)
        if any(row["Org._eenheid"] == unit for row in self._rows(ACCOUNTS)):
            took = {
                "Leidinggevende_Guid": guid,
                "Leidinggevende_Code": number,
                "Leidinggevende_Roepnaam": chosen["Roepnaam"],
                "Leidinggevende_Voorletters": chosen["Voorletters"],
                "Leidinggevende_Voorvoegsel": chosen["Voorvoegsel"],
                "Leidinggevende_Achternaam": chosen["Achternaam"],
                "Leidinggevende_Mail_werk": chosen["E-mail_werk"],
            }
            self._change(ACCOUNTS, unit, **took)
        return "another manager"

    def _marries(self, day: date) -> str:
        if not (row := self._somebody(lambda row: not row["Geb.naam_partner"])):
            return ""
        married = {"Geb.naam_partner": "Veerman", "Voorkeurshantering": "Geb. naam partner + Geboortenaam"}
        self._change(EMPLOYEES, row["Personeelsnummer"], **married)
        return "married"

    def _address(self, day: date) -> str:
        if not (row := self._somebody()):
            return ""
        self._change(EMPLOYEES, row["Personeelsnummer"], Straatnaam="Kadeweg", Huisnummer=self.rng.randint(1, 99))
        return "moved house"

    def _hours(self, day: date) -> str:
        if not (row := self._somebody()):
            return ""
        hours = self.rng.choice((16, 24, 32, 40))
        changes = {"Uren_per_week": hours, "FTE": hours / 40, "Mutatiedatum_Rooster": day_of(day)}
        self._change(EMPLOYEES, row["Personeelsnummer"], **changes)
        return "other hours"

    def _account(self, day: date) -> str:
        """Somebody has their salary paid to another account."""
        row = self.rng.choice(self._rows(IBAN))
        self._change(IBAN, row["GUID"], **{"IBAN-nummer": iban("VOOR", self.rng.randint(200_000, 800_000))})
        return "another account"

    # -- departments -----------------------------------------------------------------------------------------------

    def _unit_is_renamed(self, day: date) -> str:
        unit = self.rng.choice(self._rows(ORGANIGRAM))
        self._change(ORGANIGRAM, unit["Org._eenheid"], **{"Org._eenheid_omschrijving": f"Team {self.rng.random():.6f}"})
        return "department renamed"

    def _unit_is_new(self, day: date) -> str:
        self.number += 1
        unit = {"Org._eenheid": f"N{self.number}", "Org._eenheid_omschrijving": "Nieuw team", "Laag": "3"}
        self._add(ORGANIGRAM, unit | {"Begindatum_organigram": day_of(day), "Bovenliggende_org._eenheid": "D1"})
        return "department opened"

    def _unit_ends(self, day: date) -> str:
        """A team without anybody in it."""
        used = {row["Afdelingscode"] for row in self._rows(EMPLOYEES)}
        rows = self._rows(ORGANIGRAM)
        used |= {row["Bovenliggende_org._eenheid"] for row in rows}
        empty = [row for row in rows if row["Org._eenheid"] not in used and not row["Einddatum_organigram"]]
        if not empty:
            return ""
        self._change(ORGANIGRAM, self.rng.choice(empty)["Org._eenheid"], Einddatum_organigram=day_of(day))
        return "department closed"
