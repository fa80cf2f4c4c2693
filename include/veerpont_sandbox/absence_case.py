"""An absence case, and the rows that AFAS shows of it (docs/reference/afas.md, 8.4)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from veerpont_sandbox.afas.schema import ABSENCE, CONNECTORS, Row

# Texts that no portal, log or mail may ever show: long enough that finding one is no chance.
REASONS = {"0": "wil er niet over praten", "1": "griep met hoge koorts", "2": "hevige buikpijn", "11": "RSI-klachten"}
REMARKS = ("rugklachten", "wacht op de neuroloog", "slapeloze nachten", "nabehandeling fysiotherapie")
NURSING_REMARK = "opgenomen op de afdeling cardiologie"
NURSING_ADDRESS = {
    "Verpleegadres_Naam": "ziekenhuis Rijnoever",
    "Verpleegadres_Straat": "Zieneverlaan",
    "Verpleegadres_Huisnr.": 12,
    "Verpleegadres_Toev._aan_huisnr.": "vleugel Zuid",
    "Verpleegadres_Pstcd.": "9998 ZZ",
    "Verpleegadres_Plaats": "Zienevermond",
    "Verpleegadres_Land": "NL",
}
MEDICAL = (*REASONS.values(), *REMARKS, NURSING_REMARK, *(str(v) for v in NURSING_ADDRESS.values() if len(str(v)) > 2))
"""Every medical text that a row can hold, for tests that search for them."""
CLOSING = {
    "1": "Hersteld",
    "2": "Uit dienst (einde contract)",
    "3": "Overleden",
    "4": "Hersteld (gedeeltelijk arbeidsongeschikt)",
    "5": "Uit dienst (arbeidsongeschikt)",
    "6": "Aansluitend verzuim met andere oorzaak",
}

_CONNECTOR = CONNECTORS[ABSENCE]
_LINE_FIELDS = (
    "Datum_deelherstel",
    "Opmerking",
    "Aanwezigheidspercentage",
    *NURSING_ADDRESS,
    "GUID_verzuimverloop",
    "Verloop_Gewijzigd_Op",
)
_AT = [_CONNECTOR.index[name] for name in _LINE_FIELDS]
_NO_ADDRESS = (None,) * len(NURSING_ADDRESS)


@dataclass(slots=True)
class Line:
    """One line of a case's course. `entered`: the order in which lines came; of two on one day the later one counts."""

    guid: str
    on: date
    presence: Decimal
    changed: datetime
    entered: int
    nursing: bool = False
    closing: bool = False


@dataclass(slots=True)
class Case:
    """One absence case. `recovered`: the date of recovery as AFAS has it; `changed`: when the head last changed."""

    guid: str
    id: int
    employer: str
    number: str
    employment: int
    person: str
    type: str
    begin: date
    reported: date
    changed: datetime
    reason: str
    safety_net: bool
    no_risk: bool
    expected_birth: date | None
    before_contract: date | None
    birth: date | None = None
    recovered: date | None = None
    recovery_reported: date | None = None
    closing_reason: str | None = None
    lines: list[Line] = field(default_factory=list)

    @property
    def course(self) -> list[Line]:
        """The lines that say how much somebody is present, oldest first: all but the closing one."""
        return sorted((line for line in self.lines if not line.closing), key=_order)

    @property
    def closing_line(self) -> Line | None:
        return next((line for line in self.lines if line.closing), None)


def _order(line: Line) -> tuple[date, int]:
    return line.on, line.entered


def rows(case: Case, simulated: date) -> list[Row]:
    """Return a row per line, the head repeated on each. `simulated`: the begin of the continuous absence."""
    head = {
        "Werkgevercode": case.employer,
        "Personeelsnummer": case.number,
        "Dienstverbandnummer": case.employment,
        "Guid_medewerker": case.person,
        "Type": case.type,
        "Begin": _day(case.begin),
        "Datum_ziekmelding": _day(case.reported),
        "Reden_verzuim_code": case.reason or None,
        "Reden_verzuim": REASONS.get(case.reason),
        "Aanwezig_eerste_dag": 0,
        "Gesim._begin_doorl._verzuim": _day(simulated),
        "Datum_hervatting": _day(case.recovered),
        "Vermoedelijke_bevallingsdatum": _day(case.expected_birth),
        "Werkelijke_bevallingsdatum": _day(case.birth),
        "Guid_verzuimmelding": case.guid,
        "Reden_afsluiten_code": case.closing_reason,
        "Reden_afsluiten_omschrijving": CLOSING.get(case.closing_reason or ""),
        "Melding_Gewijzigd_Op": _stamp(case.changed),
        "VerzuimId": case.id,
        "Meerling": False,
        "Datum_herstelmelding": _day(case.recovery_reported),
        "Begindatum_voor_contract": _day(case.before_contract),
        "Vangnetregeling": case.safety_net,
        "No-risk": case.no_risk,
    }
    blank = list(_CONNECTOR.row(head))
    shown = []
    for line in sorted(case.lines, key=lambda line: (line.on, line.closing, line.entered)):
        row = blank.copy()
        values = (
            _day(line.on),
            NURSING_REMARK if line.nursing else REMARKS[line.entered % len(REMARKS)],
            _number(line.presence),
            *(NURSING_ADDRESS.values() if line.nursing else _NO_ADDRESS),
            line.guid,
            _stamp(line.changed),
        )
        for at, value in zip(_AT, values, strict=True):
            row[at] = value
        shown.append(tuple(row))
    return shown


def _day(day: date | None) -> str | None:
    return f"{day.isoformat()}T00:00:00Z" if day else None


def _stamp(moment: datetime) -> str:
    """Write a local moment as AFAS does: with a Z that means nothing; fractions are there, though not shown."""
    return f"{moment.isoformat()}Z"


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
