"""AFAS rows → employers, departments and employees.

The tables say which field becomes which of our names (docs/reference/xpert-suite.md, 5.1 to 5.3).
"""

from collections.abc import Mapping

from veerpont.model.failures import Problem
from veerpont.model.records import Department, Employer, Employment
from veerpont.rules.names import name_usage, own_prefix
from veerpont.rules.numbers import citizen_service_number
from veerpont.systems.afas.problems import problem, read_row
from veerpont.systems.afas.rows import DepartmentRow, EmployeeRow, EmployerRow
from veerpont.systems.field_types import gender_word
from veerpont.systems.source import Row

EMPLOYER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "employer_code": ("Werkgeverscode",),
    "name": ("Werkgeversnaam",),
    "street": ("Straatnaam",),
    "house_number": ("Huisnummer",),
    "house_number_addition": ("Huisnummer_toevoeging",),
    "postal_code": ("Postcode",),
    "city": ("Woonplaats",),
    "country": ("Land",),
}

DEPARTMENT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "department_code": ("Org._eenheid",),
    "name": ("Org._eenheid_omschrijving",),
    "parent_department_code": ("Bovenliggende_org._eenheid",),
}

EMPLOYMENT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "employer_code": ("Werkgeverscode",),
    "personnel_number": ("Personeelsnummer",),
    "external_id": ("GUID",),
    "bsn": ("BSN",),
    "employment_number": ("Dienstverbandnummer",),
    "initials": ("Voorletters",),
    "first_name": ("Roepnaam",),
    "prefix": ("Voorvoegsel", "Voorv._geb.naam"),
    "last_name": ("Achternaam",),
    "partner_prefix": ("Voorvoegsel_partner",),
    "partner_last_name": ("Geb.naam_partner",),
    "name_usage": ("Voorkeurshantering",),
    "gender": ("Geslacht",),
    "birth_date": ("Geboortedatum",),
    "street": ("Straatnaam",),
    "house_number": ("Huisnummer",),
    "house_number_addition": ("Huisnummer_toevoeging",),
    "postal_code": ("Postcode",),
    "city": ("Woonplaats",),
    "country": ("Land",),
    "phone_private": ("Telefoonnr._prive",),
    "mobile_private": ("Mobiel_prive",),
    "email_private": ("E-mail_prive",),
    "mobile_work": ("Mobiel_werk",),
    "email_work": ("E-mail_werk",),
    "department_code": ("Afdelingscode",),
    "department_name": ("Afdelingsnaam",),
    "cost_centre_code": ("Kostenplaatscode",),
    "cost_centre_name": ("Kostenplaatsomschrijving",),
    "function": ("Functie",),
    "contract_type": ("Type_contract",),
    "employment_start": ("Datum_start_dvb",),
    "employment_end": ("Datum_eind_dvb",),
    "contract_end": ("Einddatum_contract",),
    "fte": ("FTE",),
    "hours_per_week": ("Uren_per_week",),
    "manager_personnel_number": ("Leidinggevende_code", "Leidinggevende_guid"),
}


def employer(row: Row) -> Employer | Problem:
    """Turn a row of GetConnector 1 into an employer."""
    read = read_row(EmployerRow, row)
    if isinstance(read, Problem):
        return read
    return Employer(
        employer_code=read.Werkgeverscode,
        name=read.Werkgeversnaam,
        street=read.Straatnaam,
        house_number=read.Huisnummer,
        house_number_addition=read.Huisnummer_toevoeging,
        postal_code=read.Postcode,
        city=read.Woonplaats,
        country=read.Land,
    )


def department(row: Row) -> Department | Problem:
    """Turn a row of GetConnector 2 into a department; the source names no employer and no manager."""
    read = read_row(DepartmentRow, row)
    if isinstance(read, Problem):
        return read
    return Department(
        department_code=read.Org_eenheid,
        name=read.Org_eenheid_omschrijving,
        parent_department_code=read.Bovenliggende_org_eenheid,
        valid_from=read.Begindatum_organigram,
        valid_until=read.Einddatum_organigram,
        level=read.Laag,
    )


_OF_AN_EMPLOYMENT = ("Dienstverbandnummer", "Datum_start_dvb", "Contractnummer")


def employment(row: Row) -> Employment | Problem:
    """Turn a row of GetConnector 3 into an employment with its person.

    AFAS also shows people without one. Such a row is a Problem with the reason `no_employment`, for the caller to
    filter.

    The parts of the name cross unchanged: whether `Achternaam` is combined already is not known
    (docs/reference/afas.md, 8.3).
    """
    if all(field in row and row[field] is None for field in _OF_AN_EMPLOYMENT):
        return problem("Dienstverbandnummer", "no_employment")
    read = read_row(EmployeeRow, row)
    if isinstance(read, Problem):
        return read
    gender = gender_word(read.Geslacht)
    if read.Geslacht and gender is None:
        return problem("Geslacht", "unknown_gender")
    usage = name_usage(read.Voorkeurshantering) if read.Voorkeurshantering else None
    if read.Voorkeurshantering and usage is None:
        return problem("Voorkeurshantering", "unknown_name_usage")
    try:
        number = citizen_service_number(read.BSN) if read.BSN else None
    except ValueError:
        return problem("BSN", "invalid_bsn")
    changes = (read.Mutatiedatum_Rooster, read.Mutatiedatum_OE, read.Mutatiedatum_salaris)
    return Employment(
        employer_code=read.Werkgeverscode,
        personnel_number=read.Personeelsnummer,
        guid=read.GUID,
        employment_number=read.Dienstverbandnummer,
        last_name=read.Achternaam,
        initials=read.Voorletters,
        first_name=read.Roepnaam,
        prefix=own_prefix(read.Voorvoegsel, read.Voorv_geb_naam),
        partner_prefix=read.Voorvoegsel_partner,
        partner_last_name=read.Geb_naam_partner,
        name_usage=usage,
        gender=gender,
        birth_date=read.Geboortedatum,
        bsn=number,
        street=read.Straatnaam,
        house_number=read.Huisnummer,
        house_number_addition=read.Huisnummer_toevoeging,
        postal_code=read.Postcode,
        city=read.Woonplaats,
        country=read.Land,
        phone_private=read.Telefoonnr_prive,
        mobile_private=read.Mobiel_prive,
        email_private=read.E_mail_prive,
        mobile_work=read.Mobiel_werk,
        email_work=read.E_mail_werk,
        department_code=read.Afdelingscode,
        department_name=read.Afdelingsnaam,
        cost_centre_code=read.Kostenplaatscode,
        cost_centre_name=read.Kostenplaatsomschrijving,
        function=read.Functie,
        contract_type=read.Type_contract,
        employment_start=read.Datum_start_dvb,
        employment_end=read.Datum_eind_dvb,
        contract_end=read.Einddatum_contract,
        fte=read.FTE,
        hours_per_week=read.Uren_per_week,
        manager_personnel_number=read.Leidinggevende_code,
        manager_guid=read.Leidinggevende_guid,
        contract_number=read.Contractnummer,
        roster_number=read.Volgnummer_rooster,
        # The combination in a row holds from the latest of the three changes that made it
        # (docs/reference/xpert-suite.md, 5.3).
        effective_from=max(filter(None, changes), default=None),
    )
