"""Absence, under the employee, and leave, under the employment (docs/reference/loket.md, 3.6 and 3.7)."""

from datetime import date

from veerpont_sandbox.loket.answers import RefusedError
from veerpont_sandbox.loket.employers import HERE
from veerpont_sandbox.loket.operations import Call, Operation
from veerpont_sandbox.loket.people import BELOW, OF_EMPLOYER, WORK, reachable
from veerpont_sandbox.loket.provider import Absence, Json, valid_on

VERSIONS = ("2020-03-16",)
CAUSES = {1: "Ziekte", 2: "Arbeidsongeval", 3: "Zwangerschap/bevalling", 4: "Orgaandonatie", 5: "Adoptie"}
"""The causes of the sandbox: Loket's own list is unknown."""


def _absence(found: Absence, today: date) -> Json:
    """Return an absence: its dates sit inside `progress`, with the percentage of today."""
    started = [row for row in found.steps if row["startDate"] <= today.isoformat()] or found.steps[:1]
    percentage = started[-1]["incapacityPercentage"]
    return found.content | {"progress": found.content["progress"] | {"currentIncapacityPercentage": percentage}}


def _absences(call: Call) -> list[Json]:
    return [_absence(each, call.provider.today) for each in call.employee.absences]


def _step(call: Call) -> Json:
    people = (person for _, person in call.provider.people() if call.provider.sees(person))
    return call.part((row for each in people for found in each.absences for row in found.steps), "absenceProgressId")


def _calendar(call: Call) -> list[Json]:
    """Who is absent between two days, without any detail. The saved filter applies here too.

    Facts: docs/reference/loket.md, 3.5.
    """
    first, last = call.day("startDate"), call.day("endDate")
    if first is None or last is None or last < first:
        raise RefusedError(400, "Ongeldige waarde voor startDate of endDate")
    rows = []
    for person, found in call.provider.listed(call.employer):
        asked = {"startDate": first.isoformat(), "endDate": last.isoformat()}
        periods = [_period(each) for each in person.absences]
        inside = [each for each in periods if _meet(each, asked) and _meet(each, found.content)]
        entity = valid_on(found.entities, call.provider.today) or (found.entities[-1] if found.entities else None)
        if inside:
            rows.append({
                "employment": {"id": found.id},
                "employee": {
                    "id": person.content["id"],
                    "formattedName": person.content["personalDetails"]["formattedName"],
                },
                "department": entity and entity["department"],
                "calendar": inside,
            })
    return rows


def _period(found: Absence) -> Json:
    progress = found.content["progress"]
    end = progress["endOfAbsence"] and progress["endOfAbsence"]["date"]
    return {"startDate": progress["startDate"], "endDate": end, "details": None}


def _meet(one: Json, other: Json) -> bool:
    """Whether two periods have a day in common; no end is open."""
    open_end = "9999-12-31"
    begins_in_time: bool = one["startDate"] <= (other["endDate"] or open_end)
    ends_in_time: bool = other["startDate"] <= (one["endDate"] or open_end)
    return begins_in_time and ends_in_time


def _options(call: Call) -> list[Json]:
    return [
        {"field": "causeOfAbsence", "options": [{"key": key, "value": value} for key, value in CAUSES.items()]},
        {"field": "endOfAbsence.reason", "options": [{"key": 1, "value": "Hersteld"}]},
    ]


def _leave(call: Call) -> Json:
    return call.part((row for each in reachable(call) for row in each.leave), "leaveId")


OPERATIONS = (
    Operation("GET", f"{BELOW}/{{employeeId}}/absences", "GetAbsencesByEmployeeId", _absences, "list", VERSIONS),
    Operation(
        "GET",
        f"{BELOW}/{{employeeId}}/absences/metadata",
        "PostAbsenceByEmployeeId",
        _options,
        "metadata",
        VERSIONS,
    ),
    Operation(
        "GET",
        f"{BELOW}/absences/{{absenceId}}",
        "GetAbsenceByAbsenceId",
        lambda call: _absence(call.absence, call.provider.today),
        "detail",
        VERSIONS,
    ),
    Operation(
        "GET",
        f"{BELOW}/absences/{{absenceId}}/absenceprogress",
        "GetAbsenceProgressByAbsenceId",
        lambda call: call.absence.steps,
        "list",
        VERSIONS,
    ),
    Operation(
        "GET",
        f"{BELOW}/absences/absenceprogress/{{absenceProgressId}}",
        "GetAbsenceProgressByAbsenceProgressId",
        _step,
        "detail",
        VERSIONS,
    ),
    Operation("GET", f"{OF_EMPLOYER}/employments/calendar/absences", "GetCalendarAbsencesByEmployerId", _calendar),
    Operation("GET", f"{WORK}/{{employmentId}}/leave", "GetLeaveByEmploymentId", lambda call: call.employment.leave),
    Operation("GET", f"{WORK}/leave/{{leaveId}}", "GetLeaveByLeaveId", _leave, "detail"),
    Operation(
        "GET",
        f"{HERE}/{{employerId}}/leavetypes",
        "GetLeaveTypesByEmployerId",
        lambda call: [{"key": 1, "value": "Vakantie", "balanceExceedsYear": True}],
    ),
)
