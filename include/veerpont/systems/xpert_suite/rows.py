"""Records that take several rows of a file: an absence case and its periods, an account and its departments."""

from veerpont.model.failures import Problem, Stage
from veerpont.model.messages import coded
from veerpont.model.records import AbsenceCase, ManagerAccount

Cells = dict[str, object]
"""One row before it is written: our name → the record's value."""


def of_case(case: AbsenceCase) -> list[Cells]:
    """Return a row for each period; the dates of a birth only belong to a pregnancy.

    Facts: docs/reference/xpert-suite.md, 2.4 and 5.4.
    """
    birth = _is_pregnancy(case)
    head: Cells = {
        "WerkgeverCode": case.employer_code,
        "BSN": case.bsn,
        "Personeelsnummer": case.personnel_number,
        "Protocol": case.protocol,
        "TrajectId": case.guid,
        "VerzuimOorzaak": case.cause,
        "BevallingsDatumVermoedelijk": case.expected_birth if birth else None,
        "BevallingsDatumFeitelijk": case.actual_birth if birth else None,
        "DienstverbandGroepCode": case.employment_number,
        "recovery_reason": case.recovery_reason,
        "no_risk": case.no_risk,
        "safety_net": case.safety_net,
    }
    return [
        {
            **head,
            "TrajectVerloopId": period.guid,
            "StartdatumTrajectVerloop": period.begin,
            "EinddatumTrajectVerloop": period.end,
            "Verzuimpercentage": period.percentage,
        }
        for period in case.periods
    ]


def of_account(account: ManagerAccount, user_group: str | None) -> list[Cells]:
    """Return a row for each department, in their order (docs/reference/xpert-suite.md, 2.5)."""
    head: Cells = {
        "user_group": user_group,
        "personnel_number": account.personnel_number,
        "login": account.login,
        "last_name": account.last_name,
        "prefix": account.prefix,
        "initials": account.initials,
        "gender": account.gender,
        "first_name": account.first_name,
        "email": account.email,
        "phone": account.phone,
    }
    return [
        {**head, "employer_code": employer, "department_code": department}
        for employer, department in sorted(account.departments)
    ]


def conditions(case: AbsenceCase) -> list[str]:
    """Return the names that this case needs a value for, though others do not.

    Facts: docs/reference/xpert-suite.md, 2.4.
    """
    if not _is_pregnancy(case):
        return []
    if case.end is None:
        return ["BevallingsDatumVermoedelijk"]
    return ["BevallingsDatumVermoedelijk", "BevallingsDatumFeitelijk"]


def check_case(case: AbsenceCase) -> Problem | None:
    """Return the first rule that the periods break: ends after begins, V4 and V8 within the case.

    Facts: docs/reference/xpert-suite.md, 7.

    A gap between two periods only warns at the portal (V9): it is not judged here.
    """
    previous = None
    for period in case.periods:
        if period.end is not None and period.end < period.begin:
            return Problem(
                Stage.EXPORT,
                "EinddatumTrajectVerloop",
                "end_before_start",
                coded("xpert.end_before_start", "Correct the dates of the case: a period of it ends before it begins."),
            )
        if not (period.percentage.is_finite() and 0 <= period.percentage <= 100):
            return Problem(
                Stage.EXPORT,
                "Verzuimpercentage",
                "impossible_percentage",
                coded(
                    "xpert.impossible_percentage",
                    "Correct the percentage of a period of the case: it must be from 0 to 100.",
                ),
            )
        if period.percentage * 100 % 1:
            return Problem(
                Stage.EXPORT,
                "Verzuimpercentage",
                "too_many_decimals",
                coded(
                    "xpert.too_many_decimals",
                    "Correct the percentage of a period of the case: it may have two decimals.",
                ),
            )
        if previous is not None and previous.end is None:
            return Problem(
                Stage.EXPORT,
                "EinddatumTrajectVerloop",
                "open_period_not_last",
                coded(
                    "xpert.open_period_not_last",
                    "Correct the dates of the case: a period goes on although another one follows it.",
                ),
            )
        if previous is not None and previous.end is not None and period.begin <= previous.end:
            return Problem(
                Stage.EXPORT,
                "StartdatumTrajectVerloop",
                "overlapping_periods",
                coded(
                    "xpert.overlapping_periods",
                    "Correct the dates of the case: a period begins before the one before it has ended.",
                ),
            )
        previous = period
    return None


def _is_pregnancy(case: AbsenceCase) -> bool:
    return case.protocol == "Zwangerschap"
