"""Employers, administrations, departments, users and rights (docs/reference/loket.md, 1.4, 3.1 to 3.3 and 3.11)."""

from veerpont_sandbox.loket.answers import RefusedError, etag
from veerpont_sandbox.loket.operations import Call, Operation
from veerpont_sandbox.loket.provider import Json, guid

HERE = "/providers/employers"
NO_FILTER: Json = {
    "filterOnAdministrations": [],
    "filterOnDepartments": [],
    "filterOnEmployedStatus": None,
    "filterOnEmploymentCategoryType": [],
    "filterOnOnCallEmployment": None,
}


def _minimized(call: Call) -> list[Json]:
    """Without `employerNumber` (docs/reference/loket.md, 3.1)."""
    return [{"id": each.id, "companyName": each.content["companyName"]} for each in call.provider.employers]


def _administrations(call: Call) -> list[Json]:
    """Those with and without payroll, in few fields."""
    every = [each.content for each in call.employer.administrations] + call.employer.other_administrations
    return [{"id": each["id"], "name": each["name"]} for each in every]


def _department(call: Call) -> Json:
    return call.part((row for each in call.provider.employers for row in each.departments), "departmentId")


def _function(call: Call) -> Json:
    return call.part((row for each in call.provider.employers for row in each.functions), "functionId", "key")


def _authorizations(call: Call) -> list[Json]:
    """The activities that this client and user may do."""
    forbidden = call.provider.user.forbidden
    return [{"id": guid("activity", each), "description": each} for each in call.activities if each not in forbidden]


def _user_departments(call: Call) -> list[Json]:
    """The departments of each user; a user of the whole employer has none."""
    employer, user = call.employer, call.provider.user
    own = [row for row in employer.departments if row["id"] in (user.departments or ())]
    managed = employer.managed | {user.content["id"]: own}
    return [
        {
            "userId": each["id"],
            "personalDetails": each["personalDetails"],
            "departments": [
                {key: row[key] for key in ("id", "code", "description")} | {"hasAccessToSubDepartments": False}
                for row in managed.get(each["id"], [])
            ],
        }
        for each in employer.users
    ]


def _user(call: Call) -> Json:
    """The current user. Whether it shows `isDepartmentManager` is not documented: the list of users does."""
    content = call.provider.user.content
    return {name: content[name] for name in ("id", "userName", "personalDetails", "contactInformation")}


def _filter_settings(call: Call) -> Json:
    return {"employmentFilter": NO_FILTER | call.provider.user.filters.get(call.employer.id, {})}


def _save_filter_settings(call: Call) -> Json:
    """PUT replaces; `If-Match` of another state is a conflict (docs/reference/loket.md, 1.3 and 4)."""
    now = etag(_filter_settings(call))
    if call.match not in {None, now} or (call.match is None and call.provider.settings.if_match_required):
        raise RefusedError(409, "De gegevens zijn intussen gewijzigd")
    wanted = call.body.get("employmentFilter") if isinstance(call.body, dict) else None
    if not isinstance(wanted, dict) or not wanted.keys() <= NO_FILTER.keys():
        raise RefusedError(400, "Ongeldige waarde voor employmentFilter")
    call.provider.user.filters[call.employer.id] = wanted
    return _filter_settings(call)


OPERATIONS = (
    Operation("GET", HERE, "GetEmployersByUserId", lambda call: [each.content for each in call.provider.employers]),
    Operation("GET", f"{HERE}/minimized", "GetEmployersMinimizedByUser", _minimized),
    Operation(
        "GET",
        f"{HERE}/lastmodifiedversionnumbers",
        "GetEmployerLastModifiedVersionNumbersByUser",
        lambda call: [{"id": each.id, "lastModifiedVersionNumber": each.version} for each in call.provider.employers],
    ),
    Operation(
        "GET", f"{HERE}/{{employerId}}", "GetEmployerByEmployerId", lambda call: call.employer.content, "detail"
    ),
    Operation(
        "GET",
        f"{HERE}/{{employerId}}/payrolladministrations",
        "GetPayrollAdministrationsByEmployerId",
        lambda call: [each.content for each in call.employer.administrations],
    ),
    Operation("GET", f"{HERE}/{{employerId}}/administrations", "GetAdministrationsByEmployerId", _administrations),
    Operation(
        "GET",
        f"{HERE}/{{employerId}}/departments",
        "GetDepartmentsByEmployerId",
        lambda call: call.employer.departments,
    ),
    Operation("GET", f"{HERE}/departments/{{departmentId}}", "GetDepartmentByDepartmentId", _department, "detail"),
    Operation(
        "GET", f"{HERE}/{{employerId}}/functions", "GetFunctionsByEmployerId", lambda call: call.employer.functions
    ),
    Operation("GET", f"{HERE}/functions/{{functionId}}", "GetFunctionByFunctionId", _function, "detail"),
    Operation("GET", f"{HERE}/{{employerId}}/authorizations", "GetAuthorizationsByEmployerId", _authorizations,
              versions=("2018-01-01", "2019-02-11")),
    Operation("GET", f"{HERE}/{{employerId}}/users", "GetEmployerUsersByEmployerId", lambda call: call.employer.users),
    Operation(
        "GET",
        f"{HERE}/{{employerId}}/users/departments",
        "GetEmployerUsersLinkedDepartmentsByEmployerId",
        _user_departments,
    ),
    Operation("GET", "/user", "GetUserByToken", _user, "detail"),
    Operation(
        "GET", "/user/filtersettings/{employerId}", "GetUserFilterSettingsByEmployerId", _filter_settings, "detail"
    ),
    Operation(
        "PUT", "/user/filtersettings/{employerId}", "PutUserFilterSettingsByEmployerId", _save_filter_settings, "detail"
    ),
)  # fmt: skip
