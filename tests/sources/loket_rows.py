"""Rows as the reader makes them of Loket's answers. Nobody here exists."""

from typing import Any

from veerpont.config.integration import Integration

Row = dict[str, Any]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

PERSON = "b7f0aaaa-0000-4000-8000-000000001042"
EMPLOYMENT: Row = {
    "employerNumber": 20001,
    "employee.id": PERSON,
    "employee.employeeNumber": 1042,
    "employee.personalDetails.initials": "P.",
    "employee.personalDetails.firstName": "Pieter",
    "employee.personalDetails.prefix": "de",
    "employee.personalDetails.lastName": "Groot",
    "employee.personalDetails.prefixPartner": "van",
    "employee.personalDetails.lastNamePartner": "Dam",
    "employee.personalDetails.howToFormatLastName": "Geboortenaam partner",
    "employee.personalDetails.gender.value": "Man",
    "employee.personalDetails.dateOfBirth": "1990-05-17",
    "employee.citizenServiceNumber": "111222333",
    "employee.address.street": "Dorpsweg",
    "employee.address.houseNumber": 7,
    "employee.address.houseNumberAddition": "a",
    "employee.address.postalCode": "1234ab",
    "employee.address.city": "Ergens",
    "employee.address.country.isoCode": "NL",
    "employee.contactInformation.phoneNumber": "010-0000000",
    "employee.contactInformation.mobilePhoneNumber": "06-00000000",
    "employee.contactInformation.emailAddress": "p@post.example",
    "employee.contactInformation.businessMobilePhoneNumber": "06-00000001",
    "employee.contactInformation.businessEmailAddress": "p@sluis.example",
    "employment.id": "c0000000-0000-4000-8000-00000000000a",
    "employment.incomeRelationshipNumber": 2,
    "employment.startDate": "2020-01-01",
    "employment.endDate": None,
    "employment.commissionUntilDate": "2027-06-30",
    "employment.employmentDurationType.value": "Bepaalde tijd",
    "organizationalEntity.department.code": 12,
    "organizationalEntity.department.description": "Techniek",
    "organizationalEntity.distributionUnit.code": 120,
    "organizationalEntity.distributionUnit.description": "VE Techniek",
    "organizationalEntity.function.description": "Monteur",
    "organizationalEntity.deviatingFunctionDescription": None,
    "workingHours.aggregatedHoursPerWeek": 24,
    "workingHours.shift.fullTimeHoursPerWeek": 36,
} | {f"workingHours.workPattern.{week}Weeks.{day}": None for week in ("odd", "even") for day in DAYS}
EMPLOYER: Row = {
    "employerNumber": 20001,
    "companyName": "Sluis Beheer B.V.",
    "address.street": "Sluisweg",
    "address.houseNumber": 1,
    "address.houseNumberAddition": None,
    "address.postalCode": "1234AB",
    "address.city": "Sluisdam",
    "address.country.isoCode": "NL",
}
DEPARTMENT: Row = {"employerNumber": 20001, "code": 12, "description": "Techniek", "subDepartmentOf.code": 1}
ABSENCE: Row = {
    "employerNumber": 20001,
    "employee.id": PERSON,
    "employee.employeeNumber": 1042,
    "absence.id": "d0000000-0000-4000-8000-00000000000b",
    "absence.causeOfAbsence.key": 1,
    "absence.progress.startDate": "2026-03-02",
    "absence.progress.endOfAbsence.date": None,
    "absence.progress.endOfAbsence.reason.key": None,
    "absence.expectedDateOfChildbirth": None,
    "absenceProgress.id": "e0000000-0000-4000-8000-00000000000c",
    "absenceProgress.startDate": "2026-03-09",
    "absenceProgress.incapacityPercentage": 60,
    "read_at": "2026-11-22T20:00:00+00:00",
}
MANAGER: Row = {
    "employerNumber": 20001,
    "user.id": "f0000000-0000-4000-8000-00000000000d",
    "employee.id": PERSON,
    "user.personalDetails.initials": "P.",
    "user.personalDetails.firstName": None,
    "user.personalDetails.prefix": "de",
    "user.personalDetails.lastName": "Groot",
    "user.contactInformation.emailAddress": "p@sluis.example",
    "user.contactInformation.phoneNumber": None,
    "employee.personalDetails.gender.value": "Man",
    "department.code": 12,
}
BANK_ACCOUNT: Row = {"employee.id": PERSON, "iban": "NL20INGB0001234567", "bic": None}


def integration(profile: str = "production", **sections: dict[str, object]) -> Integration:
    """Return an integration with a Loket source; `sections` go over those of its file."""
    content: dict[str, Any] = {
        "name": "sluis",
        "customer": "Sluis Groep",
        "source": {"system": "loket", "connection": "loket_test"},
        "portals": [{"portal": "xpert_suite", "connection": "xpert", "flows": ["employees"]}],
        "xpert_suite": {"profile": profile},
    }
    for name, values in sections.items():
        content[name] = content.get(name, {}) | values
    return Integration.model_validate(content)
