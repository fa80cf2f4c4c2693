"""One line per employment: which of a source's rows about it counts (docs/reference/xpert-suite.md, 5.3)."""

from datetime import date

from veerpont.model.records import Employment

_FUTURE, _PAST, _VALID = 0, 1, 2


def rank(employment: Employment, today: date) -> tuple[int, int, int, int]:
    """Return what to compare rows of one employment by: the highest wins.

    The rows are those of one employer, person and employment number. A row that is valid on `today` wins from one that
    ended, and that one from a row of the future. Among valid and among ended rows the latest start wins, among future
    rows the first to come; then the highest contract number and the highest roster number.
    """
    begin = employment.effective_from or employment.employment_start or date.min
    ends = [day for day in (employment.employment_end, employment.contract_end) if day is not None]
    numbers = (employment.contract_number or 0, employment.roster_number or 0)
    if begin > today:
        return (_FUTURE, -begin.toordinal(), *numbers)
    # The end day is taken as the last day that counts; AFAS does not say (docs/reference/afas.md, 8.3).
    return (_VALID if all(end >= today for end in ends) else _PAST, begin.toordinal(), *numbers)
