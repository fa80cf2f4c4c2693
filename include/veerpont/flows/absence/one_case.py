"""What the lines of one case make of it, whoever else is ill."""

from veerpont.flows.job import Job
from veerpont.model.failures import Problem, Stage
from veerpont.model.messages import coded
from veerpont.model.records import AbsenceCase, AbsenceLine
from veerpont.rules import absence
from veerpont.systems import defaults

UNKNOWN_TYPE = Problem(
    Stage.TRANSFORM,
    "Type",
    "unknown_type",
    coded(
        "record.unknown_type",
        "This absence type is in no table. Find out what it is at the portal, and fill it in at the desk (Codes of "
        "this customer), or have it put under absence.types in the integration file; null there leaves it out.",
    ),
)
NO_CAUSE = Problem(
    Stage.TRANSFORM,
    "Type",
    "no_cause",
    coded(
        "record.no_cause",
        "No cause code of the portal is set for this absence type at this employer. Ask the portal's administrator for "
        "the code, and fill it in at the desk (Codes of this customer), or have it put under absence.causes in the "
        "integration file.",
    ),
)
TWO_PEOPLE = Problem(
    Stage.TRANSFORM,
    "Guid_medewerker",
    "case_of_two_people",
    coded(
        "record.case_of_two_people",
        "The lines of this case name different people or employers: correct it at the source.",
    ),
)


def made_of_lines(job: Job, lines: list[AbsenceLine], protocol: str) -> AbsenceCase | Problem | None:
    """Return the case, but for how the portal knows its person; what is wrong with it; None: no day has to be told."""
    settings = job.integration.absence
    head = absence.head(lines)
    newest = [line for line in lines if line.case_changed == head.case_changed]
    if len({(line.employer_code, line.person_guid or line.personnel_number) for line in newest}) > 1:
        return TWO_PEOPLE
    periods = absence.periods(
        lines,
        protocol=protocol,
        first_day_back=defaults.recovery_date_is(job.integration) == "first_day_back",
        send_zero=settings.send_zero_percent,
        today=job.today,
    )
    if isinstance(periods, Problem):
        return periods
    if not periods:
        return None
    cause = absence.cause(settings.causes.get(head.employer_code, {}), head)
    if cause is None:
        return NO_CAUSE
    leave = protocol == "Zwangerschap"
    return AbsenceCase(
        guid=head.case_guid,
        employer_code=head.employer_code,
        personnel_number=head.personnel_number,
        protocol=protocol,
        cause=cause,
        periods=periods,
        changed=max(max(line.line_changed, line.case_changed) for line in lines),
        expected_birth=head.expected_birth if leave else None,
        actual_birth=head.actual_birth if leave else None,
        employment_number=head.employment_number,
        recovery_reason=head.recovery_reason,
        no_risk=head.no_risk,
        safety_net=head.safety_net,
    )
