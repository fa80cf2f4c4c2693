"""Envelopes, versions, paging, filters, rights and errors of the simulated Loket (docs/reference/loket.md, 1 to 4)."""

import pytest
import requests
from loket_sandbox_client import LoketClient

from veerpont_sandbox.world import Sandbox

EMPLOYERS = "/providers/employers"


@pytest.fixture
def employees(loket: LoketClient) -> str:
    return f"{EMPLOYERS}/{loket.employer()}/employees"


def test_a_list_has_the_envelope_and_a_detail_has_content(loket: LoketClient, employees: str) -> None:
    listed = loket.get(employees, "2021-03-29", pageSize=4, pageNumber=3).json()
    assert {name: value for name, value in listed.items() if name != "_embedded"} == {
        "totalSize": 10,
        "pageSize": 4,
        "totalPages": 3,
        "currentPage": 3,
        "version": {"resourceVersion": "2021-03-29", "obsoleteDate": None},
        "messages": [],
    }
    assert len(listed["_embedded"]) == 2
    detail = loket.get(f"{EMPLOYERS}/employees/{listed['_embedded'][0]['id']}")
    assert set(detail.json()) == {"version", "messages", "content"}
    assert detail.headers["ETag"]


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("application/json;version=2021-03-28", "2018-12-31"),
        ("application/json; version=2030-01-01", "2021-03-29"),
        ("application/json;version=2018-01-01", None),
        ("application/json", None),
        ("*/*", None),
    ],
)
def test_the_newest_version_on_or_before_the_date_is_used(
    loket: LoketClient, employees: str, accept: str, answered: str | None
) -> None:
    answer = loket.call("GET", employees, headers={"Accept": accept})
    if answered is None:
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
        return
    assert answer.json()["version"]["resourceVersion"] == answered
    contact = answer.json()["_embedded"][0]["contactInformation"]
    assert ("businessEmailAddress" in contact) == (answered == "2021-03-29")


def test_versions_can_be_lenient(waterway: Sandbox, loket: LoketClient, employees: str) -> None:
    waterway.loket.providers["sluis"].settings.versions = "lenient"
    assert loket.get(employees, None).json()["version"]["resourceVersion"] == "2021-03-29"


def test_pages_hold_everybody_once_when_sorted_and_differ_when_not(loket: LoketClient) -> None:
    path = f"{EMPLOYERS}/{loket.employer()}/employees/employments/minimized"
    pages = [loket.rows(path, pageNumber=number, pageSize=5, orderBy="id") for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [5, 5, 3, 0]
    ids = [row["id"] for page in pages for row in page]
    assert ids == sorted(set(ids))
    first, second = (loket.rows(path, pageSize=5) for _ in range(2))
    assert first != second


def test_rows_are_sorted_by_several_nested_fields(loket: LoketClient, employees: str) -> None:
    rows = loket.rows(employees, orderby="personalDetails.gender.key,-personalDetails.lastName")
    keys = [(row["personalDetails"]["gender"]["key"], row["personalDetails"]["lastName"]) for row in rows]
    women = [name for key, name in keys if key == 2]
    assert [key for key, _ in keys] == sorted(key for key, _ in keys)
    assert women == sorted(women, reverse=True)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("employeeNumber ge 1002 and employeeNumber le 1003", [1002, 1003]),
        ("employeeNumber eq 1001 or personalDetails.lastName eq 'bakker'", [1001, 1004]),
        ("PersonalDetails.DateOfBirth lt '1970-01-01'", [1005]),
        ("personalDetails.firstName eq null", [1009]),
        ("address.city eq 'Gent'", [1008]),
        ("personalDetails.lastName lk 'amr'", [1002]),
        ("personalDetails.lastName eq 'O''Hara'", []),
        ("exclusionFromAbsenceStatus eq true", []),
    ],
)
def test_filters(loket: LoketClient, employees: str, text: str, numbers: list[int]) -> None:
    rows = loket.rows(employees, filter=text, orderBy="employeeNumber")
    assert [row["employeeNumber"] for row in rows] == numbers


@pytest.mark.parametrize(
    "asked",
    [
        {"filter": "nothing eq 1"},
        {"filter": "employeeNumber is 1"},
        {"filter": "employeeNumber eq 'x"},
        {"filter": "employeeNumber gt 'many'"},
        {"filter": "(employeeNumber eq 1001)"},
        {"filter": "id eq '6f0d3c1e-1111-4a6b-9f00-000000000001'"},
        {"orderBy": "nothing"},
        {"pageNumber": 0},
        {"pageSize": 251},
    ],
)
def test_a_query_that_is_wrong_or_unsure_is_a_400_with_messages(
    loket: LoketClient, employees: str, asked: dict[str, str]
) -> None:
    answer = loket.get(employees, **asked)
    assert answer.status_code == 400
    body = answer.json()
    assert body["_embedded"] == []
    assert body["messages"][0]["type"] == "BrokenBusinessRule"


def test_the_largest_page_can_be_set(waterway: Sandbox, loket: LoketClient, employees: str) -> None:
    waterway.loket.providers["sluis"].settings.max_page_size = 1000
    assert loket.get(employees, pageSize=1000).json()["pageSize"] == 1000


@pytest.mark.parametrize("pages", [0, 1])
def test_total_pages_of_an_empty_list_can_be_set(
    waterway: Sandbox, loket: LoketClient, employees: str, pages: int
) -> None:
    waterway.loket.providers["sluis"].settings.empty_total_pages = pages
    found = loket.get(employees, filter="employeeNumber eq 1").json()
    assert (found["totalSize"], found["totalPages"], found["_embedded"]) == (0, pages, [])


def test_without_a_token_there_is_nothing(loket: LoketClient) -> None:
    for header in ("Bearer wrong", "Basic abc", ""):
        answer = loket.call("GET", EMPLOYERS, headers={"Authorization": header})
        assert (answer.status_code, answer.content) == (401, b"")


def test_a_token_opens_one_customer_only(waterway: Sandbox, loket: LoketClient) -> None:
    other = LoketClient(waterway, "haven")
    assert {row["employerNumber"] for row in loket.rows(EMPLOYERS)} == {20001, 20002}
    assert other.get(f"{EMPLOYERS}/{loket.employer()}").status_code == 404


def test_a_forbidden_activity_is_403_and_missing_in_the_authorizations(waterway: Sandbox, loket: LoketClient) -> None:
    employer = loket.employer()
    path = f"{EMPLOYERS}/{employer}/authorizations"
    person = f"{EMPLOYERS}/employees/{loket.people()[1001]['id']}"
    allowed = {row["description"] for row in loket.rows(path)}
    waterway.loket.providers["sluis"].user.forbidden = {"GetCitizenServiceNumberByEmployeeId"}
    assert allowed - {row["description"] for row in loket.rows(path)} == {"GetCitizenServiceNumberByEmployeeId"}
    refused = loket.get(f"{person}/citizenservicenumber")
    assert refused.status_code == 403
    assert list(refused.json()) == ["message"]
    assert refused.json()["message"].startswith("Insufficient rights for this request, reason ")
    assert loket.get(person).status_code == 200


def test_an_unknown_id_or_path_is_404(loket: LoketClient) -> None:
    unknown = "6f0d3c1e-1111-4a6b-9f00-000000000001"
    for path in (f"{EMPLOYERS}/{unknown}", f"{EMPLOYERS}/employees/{unknown}/absences", "/nowhere"):
        assert loket.get(path).status_code == 404
    # The number that people know is no id.
    assert loket.get(f"{EMPLOYERS}/20001").status_code == 404


def test_case_and_double_slashes_of_a_path_do_not_matter(loket: LoketClient) -> None:
    assert loket.get("//Providers//EMPLOYERS/").status_code == 200


def test_a_put_with_an_older_state_is_a_conflict(waterway: Sandbox, loket: LoketClient) -> None:
    path = f"/user/filtersettings/{loket.employer()}"
    found = loket.get(path)
    tag = {"If-Match": found.headers["ETag"]}
    body = {"employmentFilter": found.json()["content"]["employmentFilter"] | {"filterOnOnCallEmployment": True}}
    assert loket.call("PUT", path, json=body, headers=tag).status_code == 200
    assert loket.call("PUT", path, json=body, headers=tag).status_code == 409
    assert loket.call("PUT", path, json=body).status_code == 200
    waterway.loket.providers["sluis"].settings.if_match_required = True
    assert loket.call("PUT", path, json=body).status_code == 409
    assert (
        loket.call("PUT", path, json={"employmentFilter": 1}, headers={"If-Match": tag["If-Match"]}).status_code == 409
    )


# Faults


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("maintenance", 503),
        ("too_many_requests", 429),
        ("bad_gateway", 502),
        ("unexpected", 500),
        ("revoked", 401),
        ("forbidden", 403),
        ("plain_error", 400),
        ("conflict", 409),
    ],
)
def test_a_fault_hits_one_activity(
    waterway: Sandbox, loket: LoketClient, employees: str, kind: str, status: int
) -> None:
    waterway.faults.add(kind, connector="GetEmployeesByEmployerId", retry_after=3, times=1)
    assert loket.get(EMPLOYERS).status_code == 200
    answer = loket.get(employees)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("3" if status in {429, 503} else None)
    assert loket.get(employees).status_code == 200


def test_retry_after_may_be_a_date(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.faults.add("too_many_requests", value="date", retry_after=60)
    assert loket.get(EMPLOYERS).headers["Retry-After"].endswith(" GMT")


def test_a_truncated_body_and_a_reset_are_no_answers(waterway: Sandbox, loket: LoketClient, employees: str) -> None:
    for kind in ("truncated", "reset"):
        waterway.faults.add(kind, connector="GetEmployeesByEmployerId", times=1)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            loket.get(employees)
    assert loket.get(employees).status_code == 200


def test_a_page_repeats(waterway: Sandbox, loket: LoketClient, employees: str) -> None:
    waterway.faults.add("repeated_page", after=1)
    first, second, third = (
        loket.get(employees, pageNumber=number, pageSize=3, orderBy="id").json() for number in (1, 2, 3)
    )
    assert first["_embedded"] == second["_embedded"] != third["_embedded"]
    assert second["currentPage"] == 2


def test_a_row_moves_between_pages(waterway: Sandbox, loket: LoketClient, employees: str) -> None:
    right = loket.rows(employees, orderBy="id")
    waterway.faults.add("moved_row", times=1, after=1)
    answers = [loket.get(employees, pageNumber=n, pageSize=5, orderBy="id").json() for n in (1, 2)]
    ids = [row["id"] for answer in answers for row in answer["_embedded"]]
    assert [answer["totalSize"] for answer in answers] == [10, 10]
    assert (len(ids), len(set(ids))) == (10, 9)
    assert right[5]["id"] not in ids


def test_a_version_that_ends_and_a_warning_are_announced(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.faults.add("obsolete")
    waterway.faults.add("warning")
    found = loket.get(EMPLOYERS).json()
    assert found["version"]["obsoleteDate"] == "2027-06-01T00:00:00"
    assert found["messages"][0]["type"] == "Warning"


def test_a_list_without_rows_looks_like_success(waterway: Sandbox, loket: LoketClient, employees: str) -> None:
    waterway.faults.add("zero_rows", connector="GetEmployeesByEmployerId", times=1)
    assert loket.get(employees).json()["totalSize"] == 0
    assert loket.get(employees).json()["totalSize"] == 10


def test_more_calls_in_a_second_than_allowed_get_429(waterway: Sandbox, loket: LoketClient) -> None:
    waterway.loket.providers["sluis"].settings.max_per_second = 3
    answers = [loket.get("/user") for _ in range(5)]
    assert [answer.status_code for answer in answers].count(429) >= 1
    assert answers[-1].headers["Retry-After"] == "1"
