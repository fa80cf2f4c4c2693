"""Makes the records of a Loket customer, with the fields that are documented (docs/reference/loket.md, 3)."""

from datetime import date, timedelta

from veerpont_sandbox.loket.payroll_years import MONTH, YEARS, components, periods
from veerpont_sandbox.loket.provider import Administration, Employee, Employer, Employment, Json, guid, user

NETHERLANDS = {"key": 530, "value": "Nederland", "isoCode": "NL"}
MAN, WOMAN = {"key": 1, "value": "Man"}, {"key": 2, "value": "Vrouw"}
FORMATS = {1: "Eigen naam", 2: "Naam partner - eigen naam", 3: "Naam partner", 4: "Eigen naam - naam partner"}
"""`howToFormatLastName`; the field is documented, its list is not."""
NET_WAGE = {"key": 260, "description": "NETTOLOON"}
EXPENSES = {"key": 372, "description": "REISKOSTEN"}

_WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_DAYS = ("sunday", *_WORKDAYS, "saturday")


class Maker:
    """Makes the records of one customer: the same arguments give the same GUIDs."""

    def __init__(self, customer: str) -> None:
        self.customer = customer

    def guid(self, *parts: str | int) -> str:
        return guid(self.customer, *parts)

    def employer(self, number: int, name: str, departments: list[tuple[int, str, int | None]]) -> Employer:
        """Make an employer; departments: code, description, code of the parent. One distribution unit for each."""
        rows: dict[int, Json] = {}
        for code, title, parent in departments:
            above = rows[parent] if parent is not None else None
            rows[code] = {
                "id": self.guid("department", number, code),
                "code": code,
                "description": title,
                "emailLeaveRequest": None,
                "subDepartmentOf": above
                and {"key": above["id"], "code": above["code"], "description": above["description"]},
            }
        jobs = ("Schipper", "Sluismeester", "Monteur", "Planner", "Administrateur", "Kok")
        content = {
            "id": self.guid("employer", number),
            "employerNumber": number,
            "companyName": name,
            "address": self.address("Sluisweg", number % 100 + 1, "1234AB", "Sluisdam", dutch_extra=True),
            "deviatingPostalAddress": None,
            "contact": None,
            "contactInformation": None,
            "chamberOfCommerceNumber": None,
            "legalForm": {"key": 1, "value": "B.V."},
            "branch": None,
            "sbi": None,
            "providerSettings": {
                "administrationNumber": None,
                "groupCode": None,
                "parentEmployerForConsolidatedOverviews": None,
                "sendEmailWhenSalarySlipIsAvailable": False,
            },
            "employerLogo": None,
            "providerLogo": None,
        }
        return Employer(
            content,
            departments=list(rows.values()),
            functions=[{"key": self.guid("function", number, job), "description": job, "group": None} for job in jobs],
            distribution_units=[
                {"key": self.guid("unit", number, code), "code": code * 10, "description": f"VE {title}"}
                for code, title, _ in departments
            ],
        )

    def administration(
        self, employer: Employer, number: int, name: str, period_type: Json = MONTH, approved_until: str = "2026-10-31"
    ) -> Administration:
        """Make a payroll administration with its components, periods, cost centres and cost units."""
        found = Administration(
            {
                "id": self.guid("administration", number),
                "clientNumber": number,
                "name": name,
                "shortName": None,
                "description": name,
                "startDate": "2015-01-01",
                "endDate": None,
                "payrollPeriodType": period_type,
                "cao": {"key": 9999, "value": "Geen cao"},
                "claTaxReturnCBSCode": None,
                "loonmodel": {"key": 1, "value": "Standaard"},
                "groupCode": 0,
                "groupClassification": None,
                "payrollTaxesNumber": None,
                "administrationNumber": None,
                "address": employer.content["address"],
                "contact": None,
                "deviatingPostalAddress": None,
            },
            {year: components(year) for year in YEARS},
            periods(period_type, approved_until),
            [{"key": 10 + n, "code": f"KP{n:02}", "description": f"Kostenplaats {n}"} for n in range(1, 4)],
            [{"key": 50 + n, "code": f"KD{n:02}", "description": f"Kostendrager {n}"} for n in range(1, 3)],
            (1, 2),
        )
        employer.administrations.append(found)
        return found

    @staticmethod
    def address(
        street: str,
        number: int,
        postal_code: str,
        city: str,
        addition: str | None = None,
        country: Json = NETHERLANDS,
        *,
        dutch_extra: bool = False,
    ) -> Json:
        """Make an address; `dutch_extra`: with the province that employers have."""
        found: Json = {
            "street": street,
            "houseNumber": number,
            "houseNumberAddition": addition,
            "postalCode": postal_code,
            "city": city,
            "location": None,
            "furtherIndication": None,
            "country": country,
        }
        return found | {"province": None} if dutch_extra else found

    def employee(
        self,
        employer: Employer,
        number: int,
        name: str,
        born: str,
        gender: Json,
        bsn: str | None,
        *,
        prefix: str | None = None,
        partner: tuple[str | None, str] | None = None,
        name_format: int = 1,
        address: Json | None = None,
        contact: dict[str, str] | None = None,
    ) -> Employee:
        """Make a person; `name`: initials, first name (or "-") and last name; `partner`: prefix and name."""
        initials, first, last = name.split(" ", 2)
        content = {
            "id": self.guid("employee", employer.content["employerNumber"], number),
            "employeeNumber": number,
            "personalDetails": {
                "initials": initials,
                "firstName": None if first == "-" else first,
                "prefix": prefix,
                "lastName": last,
                "prefixPartner": partner[0] if partner else None,
                "lastNamePartner": partner[1] if partner else None,
                "formattedName": formatted(initials, prefix, last),
                "howToFormatLastName": {"key": name_format, "value": FORMATS[name_format]},
                "dateOfBirth": born,
                "dateOfDeath": None,
                "placeOfBirth": None,
                "aowDate": None,
                "gender": gender,
                "nationality": {"key": 1, "value": "Nederlandse"},
                "civilStatus": None,
                "title": None,
                "photo": None,
            },
            "address": address,
            "deviatingPostalAddress": None,
            "contactInformation": {
                "emailAddress": None,
                "phoneNumber": None,
                "mobilePhoneNumber": None,
                "faxNumber": None,
                "businessEmailAddress": None,
                "businessPhoneNumber": None,
                "businessMobilePhoneNumber": None,
            }
            | (contact or {}),
            "identityDocument": None,
            "travel": {"travelDistanceToWork": None},
            "exclusionFromAbsenceStatus": False,
            "statusEmployeeSelfService": None,
            "revokeEmployeeSelfServiceAccessOn": None,
        }
        person = Employee(content, bsn)
        employer.people.append(person)
        return person

    def employment(
        self,
        person: Employee,
        administration: Administration | Json,
        payroll_id: int,
        start: str,
        *,
        end: str | None = None,
        until: str | None = None,
        on_call: bool = False,
        relationship: int = 1,
    ) -> Employment:
        """Make an employment; a dict is an administration without payroll. `until`: the contract's end."""
        payroll, other = None, None
        if isinstance(administration, Administration):
            payroll = {k: administration.content[k] for k in ("id", "clientNumber", "name", "description")}
        else:
            other = {k: administration[k] for k in ("id", "name", "description")}
        definite = {"key": 2, "value": "Bepaalde tijd"} if until else {"key": 1, "value": "Onbepaalde tijd"}
        content: Json = {
            "id": self.guid("employment", person.content["id"], len(person.employments) + 1),
            "payrollId": payroll_id,
            "payrollAdministration": payroll,
            "nonPayrollAdministration": other,
            "startDate": start,
            "endDate": end,
            "commissionUntilDate": until,
            **{f"commissionUntilDate{n}": None for n in range(1, 7)},
            "historicalStartDate": None,
            "startDateContractOfIndefiniteDuration": None,
            "employmentDurationType": definite,
            "employmentContractType": None,
            "employmentCategoryType": {"key": 1, "value": "Normaal"},
            "typeOfEmployee": {"key": 1, "value": "Werknemer"},
            "isOnCallEmployment": on_call,
            "isDirectorAndMajorShareholder": None,
            "endOfEmploymentReason": {"key": 8, "value": "Overige"} if end else None,
            "endOfEmploymentReasonTaxAuthorities": None,
            "endOfEmploymentDueToIllness": None,
            "cancellationNoticeDate": None,
            "incomeRelationshipNumber": relationship,
            "linkedEmployment": None,
            "writtenEmploymentContract": True,
        }
        found = Employment(content)
        person.employments.append(found)
        return found

    def entity(self, employer: Employer, job: Employment, start: str, department: int, function: str) -> Json:
        """Add an organizational entity: department, function and distribution unit from a day on."""
        row = next(each for each in employer.departments if each["code"] == department)
        unit = next(each for each in employer.distribution_units if each["code"] == department * 10)
        work = next(each for each in employer.functions if each["description"] == function)
        return self._link(job, job.entities, "entity", {
            "startDate": start,
            "department": {"key": row["id"], "code": row["code"], "description": row["description"]},
            "function": work,
            "distributionUnit": unit,
            "deviatingFunctionDescription": None,
            "deviatingFunctionGroup": None,
            "standardFunction": None,
            "placeOfEmployment": None,
            "internalTelephoneExtensionNumber": None,
        })  # fmt: skip

    def hours(
        self, job: Employment, start: str, per_week: float | None, full_time: float = 40, *, flexible: bool = False
    ) -> Json:
        """Add working hours, on weekdays; None are those of somebody on call."""
        week = None if per_week is None else {day: round(per_week / 5, 2) if day in _WORKDAYS else 0 for day in _DAYS}
        shift = {"shiftNumber": 1, "fullTimeHoursPerWeek": full_time, "bonusPercentage": 0}
        return self._link(job, job.hours, "hours", {
            "startDate": start,
            "shift": shift,
            "shiftRateSickLeave": shift,
            "deviatingHoursPerWeek": per_week if per_week != full_time else None,
            "deviatingSvDaysPerPeriod": None,
            "averageHoursPerWeek": None,
            "averageParttimeFactor": None,
            "aggregatedHoursPerWeek": per_week,
            "flexibleHoursContract": {"key": 1, "value": "Oproepkracht"} if flexible else None,
            "contractCode": None,
            "regularWorkPattern": week is not None,
            "workPattern": week and {"oddWeeks": week, "evenWeeks": dict(week)},
            "calculateUsingWorkPattern": dict.fromkeys(
                ("leaveHours", "hoursRegularPeriod", "hoursBrokenPeriod", "daysDailyRate", "deviatingDaysAndHours"),
                False,
            ),
        })  # fmt: skip

    def wage(self, job: Employment, start: str, gross: float, *, hourly: bool = False) -> Json:
        """Add a wage from a day on."""
        kind = {"key": 2, "value": "Uurloon"} if hourly else {"key": 1, "value": "Periodeloon"}
        return self._link(job, job.wages, "wage", {
            "startDate": start,
            "grossWage": gross,
            "grossWageType": kind,
            "netWage": None,
            "netWageType": kind,
            "employerCosts": None,
            "employerCostsType": kind,
            "isGrossWageFullTime": True,
            "payScale": {"key": 1, "value": "Geen"},
            "payGrade": {"key": 1, "value": "Geen"},
            "applyPayGrade": None,
            "payrollPeriodType": MONTH,
        })  # fmt: skip

    def _link(self, job: Employment, chain: list[Json], kind: str, content: Json) -> Json:
        """Add to a linked chain: the record before it ends the day before (docs/reference/loket.md, 3)."""
        if chain:
            before = date.fromisoformat(content["startDate"]) - timedelta(1)
            if chain[-1]["startDate"] > before.isoformat():
                raise ValueError("a record of a linked chain starts after the last one")
            chain[-1]["endDate"] = before.isoformat()
        row = {"id": self.guid(kind, job.id, len(chain) + 1), **content, "endDate": job.content["endDate"]}
        chain.append(row)
        return row

    def sepa(self, job: Employment, iban: str, bic: str | None = None, component: Json = NET_WAGE) -> Json:
        """Add a bank account for a payroll component; `bic` only for an IBAN that is not Dutch.

        Facts: docs/reference/loket.md, 3.8.
        """
        row: Json = {
            "id": self.guid("sepa", job.id, component["key"]),
            "iban": iban,
            "bic": bic,
            "payrollComponent": component,
            "beneficiary": {"name": None, "city": None},
            "description1": None,
            "description2": None,
            "visibleOnPayslip": True,
        }
        job.sepa.append(row)
        return row

    def manager(self, employer: Employer, person: Employee, *departments: int) -> None:
        """Add the user who manages these departments: only the address says that it is this employee."""
        details = person.content["personalDetails"]
        address = person.content["contactInformation"]["businessEmailAddress"]
        key = self.guid("user", person.content["id"])
        employer.users.append(user(key, address.partition("@")[0], details, address, manager=True))
        employer.managed[key] = [row for row in employer.departments if row["code"] in departments]

    def leave(self, job: Employment, start: str, end: str, hours: float, *, accrual: bool = False) -> Json:
        """Add leave: additions and subtractions are in one list (docs/reference/loket.md, 3.7)."""
        row: Json = {
            "id": self.guid("leave", job.id, len(job.leave)),
            "startDate": start,
            "endDate": end,
            "numberOfUnits": hours,
            "unitType": {"key": 1, "value": "Uren"},
            "leaveType": {"key": 1, "value": "Vakantie", "balanceExceedsYear": True},
            "isAccrual": accrual,
            "comment": None,
            "origin": {"key": 1, "value": "Handmatig"},
            "relatedLeave": None,
            "relatedLeaveRequest": None,
        }
        job.leave.append(row)
        return row

    def allocation(self, job: Employment, administration: Administration, cost_center: str) -> Json:
        """Add a journal profile: one cost centre by hours (docs/reference/loket.md, 3.3)."""
        center = next(each for each in administration.cost_centers if each["code"] == cost_center)
        row: Json = {
            "id": self.guid("allocation", job.id, len(job.allocations)),
            "startPeriod": {"year": 2024, "periodNumber": 1},
            "endPeriod": None,
            "allocationBasedOnActualHours": {"costCenter": center, "costUnit": None},
            "allocationBasedOnFixedWeights": None,
        }
        job.allocations.append(row)
        return row


def formatted(initials: str, prefix: str | None, last: str) -> str:
    return " ".join(part for part in (last, initials, prefix) if part)
