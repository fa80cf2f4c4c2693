"""The rows of the newdays GetConnectors, spelled as AFAS spells them, and how their values are read.

Fields: seed 001, "Beschrijving van GetConnector 1-6"; types and which may be empty: afas.md section 8. A field that was
not kept is absent from the row and counts as empty; a key that is needed must be there. Reasons for a `Problem`:
missing_value, wrong_type, impossible_date, impossible_percentage, control_characters, too_long.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Annotated, ClassVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from veerpont.rules.dates import parse_date

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MAX_LENGTH = 255
_MOST_DIGITS = 15
_DUTCH_POSTAL_CODE = re.compile(r"(\d{4})\s*([A-Za-z]{2})", re.ASCII)


def guid(value: str) -> str:
    """Return a GUID without braces, in upper case: AFAS writes it with them (afas.md section 4)."""
    return value.strip().strip("{}").strip().upper()


def _present(value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise PydanticCustomError("missing_value", "empty")
    return value


def _text(value: str | None) -> str | None:
    # An empty text and null mean the same (afas.md section 4).
    text = (value or "").strip()
    if _CONTROL.search(text):
        raise PydanticCustomError("control_characters", "control characters")
    if len(text) > _MAX_LENGTH:
        raise PydanticCustomError("too_long", "too long")
    return text or None


def _guid(value: str | None) -> str | None:
    return (guid(value) or None) if value else None


def _date(value: object) -> object:
    return _day(value) if isinstance(value, str) else value


def _day_or_problem(value: str) -> date | None:
    text = value.strip()
    if not text:
        return None
    try:
        return parse_date(text)
    except ValueError:
        raise PydanticCustomError("impossible_date", "not a date") from None


_day = lru_cache(maxsize=8192)(_day_or_problem)  # a hundred thousand rows have a few thousand days between them


def _moment(value: object) -> object:
    # Local time, whatever the `Z` says (afas.md section 4): it stays without a zone.
    if not isinstance(value, str):
        return value
    if _day_or_problem(value) is None:
        return None
    try:
        return datetime.fromisoformat(value.strip().removesuffix("Z"))
    except ValueError:
        raise PydanticCustomError("impossible_date", "not a time") from None


def _flag(value: object) -> object:
    # AFAS itself types some yes/no fields as a number (afas.md section 4).
    value = _whole(value)
    return bool(value) if isinstance(value, int) and value in {0, 1} else value


def _whole(value: object) -> object:
    # JSON may show a whole number with a decimal point.
    if isinstance(value, Decimal) and _sensible(value) and value == value.to_integral_value():
        return int(value)
    return value


def _sensible(number: Decimal) -> bool:
    # A few characters of JSON, such as 1e999999999, can stand for a number that fills the memory when it is written.
    return number.is_finite() and (not number or abs(number.adjusted()) < _MOST_DIGITS)


def _house_number(value: object) -> object:
    if isinstance(value, str):
        digits = value.strip()
        return (int(digits) if re.fullmatch(r"\d{1,9}", digits, re.ASCII) else value) if digits else None
    return _whole(value)


def _decimal(value: object) -> object:
    """Return an exact decimal without trailing zeros: 36 and 36.0 are the same hours and must give the same bytes."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    number = Decimal(str(value))
    if not _sensible(number):
        raise PydanticCustomError("wrong_type", "not a sensible number")
    return number.quantize(Decimal(1)) + 0 if number == number.to_integral_value() else number.normalize()


def _percentage(value: object) -> object:
    number = _decimal(value)
    if isinstance(number, Decimal) and not 0 <= number <= 100:
        raise PydanticCustomError("impossible_percentage", "not 0 to 100")
    return number


def _postal_code(value: str | None) -> str | None:
    """Return a Dutch postal code as `1234 AB`: AFAS shows it with and without the space (afas.md section 8.1)."""
    match = _DUTCH_POSTAL_CODE.fullmatch(value or "")
    return f"{match[1]} {match[2].upper()}" if match else value


Text = Annotated[str | None, AfterValidator(_text)]
Code = Annotated[str, BeforeValidator(_present), AfterValidator(_text)]
Guid = Annotated[str, BeforeValidator(_present), AfterValidator(_text), AfterValidator(_guid), AfterValidator(_present)]
OptionalGuid = Annotated[str | None, AfterValidator(_text), AfterValidator(_guid)]
PostalCode = Annotated[str | None, AfterValidator(_text), AfterValidator(_postal_code)]
Day = Annotated[date | None, BeforeValidator(_date)]
NeededDay = Annotated[date, BeforeValidator(_date), BeforeValidator(_present)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Number = Annotated[int, BeforeValidator(_whole), BeforeValidator(_present)]
HouseNumber = Annotated[int | None, BeforeValidator(_house_number)]
Exact = Annotated[Decimal | None, BeforeValidator(_decimal)]
Percentage = Annotated[Decimal, BeforeValidator(_percentage), BeforeValidator(_present)]


class ConnectorRow(BaseModel):
    """A row of a GetConnector. Fields that it does not name are left alone: customers add their own.

    unread: fields of the supplied definition that nothing of ours may ever read; a customer may take them out.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    unread: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def types(cls) -> dict[str, type]:
        """Return every field that is read, as AFAS spells it, with the Python type of its values."""
        return {
            field.alias or name: next(
                kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType
            )
            for name, field in cls.model_fields.items()
        }


class EmployerRow(ConnectorRow):
    """Newdays_Connect_Werkgevers_v1: current values only."""

    Werkgeverscode: Code
    Werkgeversnaam: Code
    Straatnaam: Text = None
    Huisnummer: HouseNumber = None
    Huisnummer_toevoeging: Text = None
    Postcode: PostalCode = None
    Woonplaats: Text = None
    Land: Text = None


class DepartmentRow(ConnectorRow):
    """Newdays_Connect_Organigram_v1: units of every chart over time."""

    Begindatum_organigram: Day = None
    Einddatum_organigram: Day = None
    Org_eenheid: Code = Field(alias="Org._eenheid")
    Org_eenheid_omschrijving: Code = Field(alias="Org._eenheid_omschrijving")
    Laag: Text = None
    Bovenliggende_org_eenheid: Text = Field(None, alias="Bovenliggende_org._eenheid")


class EmployeeRow(ConnectorRow):
    """Newdays_Connect_Medewerker_Gegevens_v1: employees x employments x contracts x roster lines."""

    Personeelsnummer: Code
    GUID: Guid
    BSN: Text = None
    Voorletters: Text = None
    Roepnaam: Text = None
    Voorvoegsel: Text = None
    Achternaam: Code
    Voorvoegsel_partner: Text = None
    Geb_naam_partner: Text = Field(None, alias="Geb.naam_partner")
    Voorkeurshantering: Text = None
    Geslacht: Text = None
    Geboortedatum: Day = None
    Straatnaam: Text = None
    Huisnummer: HouseNumber = None
    Huisnummer_toevoeging: Text = None
    Postcode: PostalCode = None
    Woonplaats: Text = None
    Land: Text = None
    Telefoonnr_prive: Text = Field(None, alias="Telefoonnr._prive")
    Mobiel_prive: Text = None
    E_mail_prive: Text = Field(None, alias="E-mail_prive")
    Mobiel_werk: Text = None
    E_mail_werk: Text = Field(None, alias="E-mail_werk")
    Werkgeverscode: Code
    Dienstverbandnummer: Number
    Contractnummer: Whole = None
    Afdelingscode: Text = None
    Afdelingsnaam: Text = None
    Kostenplaatscode: Text = None
    Kostenplaatsomschrijving: Text = None
    Datum_start_dvb: Day = None
    Einddatum_contract: Day = None
    Datum_eind_dvb: Day = None
    Functie: Text = None
    Type_contract: Text = None
    FTE: Exact = None
    Uren_per_week: Exact = None
    Mutatiedatum_Rooster: Day = None
    Mutatiedatum_OE: Day = None
    Mutatiedatum_salaris: Day = None
    Leidinggevende_code: Text = None
    Leidinggevende_guid: OptionalGuid = None
    Volgnummer_rooster: Whole = None
    Uren_Zo: Exact = None
    Uren_Ma: Exact = None
    Uren_Di: Exact = None
    Uren_Wo: Exact = None
    Uren_Do: Exact = None
    Uren_Vr: Exact = None
    Uren_Za: Exact = None
    Voorv_geb_naam: Text = Field(None, alias="Voorv._geb.naam")


class AbsenceRow(ConnectorRow):
    """Newdays_Connect_Verzuim_v1: the lines of the course of each absence case, with the head of the case in each."""

    # What somebody has, what is written about it, where they are nursed (DESIGN section 7.3); and what no rule uses.
    unread: ClassVar[frozenset[str]] = frozenset({
        *("Reden_verzuim", "Opmerking", "Reden_afsluiten_code", "Reden_afsluiten_omschrijving"),
        *("Verpleegadres_Naam", "Verpleegadres_Straat", "Verpleegadres_Huisnr.", "Verpleegadres_Toev._aan_huisnr."),
        *("Verpleegadres_Pstcd.", "Verpleegadres_Plaats", "Verpleegadres_Land"),
        *("Datum_ziekmelding", "Aanwezig_eerste_dag", "Meerling"),
    })

    Werkgevercode: Code
    Personeelsnummer: Code
    Dienstverbandnummer: Whole = None
    Guid_medewerker: OptionalGuid = None
    Type: Code
    Begin: NeededDay
    Reden_verzuim_code: Text = None
    Gesim_begin_doorl_verzuim: Day = Field(None, alias="Gesim._begin_doorl._verzuim")
    Datum_hervatting: Day = None
    Vermoedelijke_bevallingsdatum: Day = None
    Werkelijke_bevallingsdatum: Day = None
    Datum_deelherstel: Day = None
    Guid_verzuimmelding: Guid
    Aanwezigheidspercentage: Percentage
    GUID_verzuimverloop: Guid
    Verloop_Gewijzigd_Op: Moment = None
    Melding_Gewijzigd_Op: Moment = None
    VerzuimId: Whole = None
    Datum_herstelmelding: Day = None
    Begindatum_voor_contract: Day = None
    Vangnetregeling: Flag = None


class ManagerRow(ConnectorRow):
    """Newdays_Connect_Accounts_Autorisaties_v1: units x their managers."""

    Einddatum_organigram: Day = None
    Org_eenheid: Code = Field(alias="Org._eenheid")
    Org_eenheid_omschrijving: Text = Field(None, alias="Org._eenheid_omschrijving")
    Leidinggevende_Guid: Guid
    Leidinggevende_Code: Text = None
    Leidinggevende_Roepnaam: Text = None
    Leidinggevende_Voorletters: Text = None
    Leidinggevende_Voorvoegsel: Text = None
    Leidinggevende_Achternaam: Code
    Leidinggevende_Geslacht_code: Text = None
    Leidinggevende_Mob_werk: Text = Field(None, alias="Leidinggevende_Mob._werk")
    Leidinggevende_Mail_werk: Text = None


class BankAccountRow(ConnectorRow):
    """Newdays_Connect_Medewerker_IBAN_v1: the bank accounts of employees."""

    IBAN_nummer: Code = Field(alias="IBAN-nummer")
    BIC_code: Code = Field(alias="BIC-code")
    GUID: Guid
