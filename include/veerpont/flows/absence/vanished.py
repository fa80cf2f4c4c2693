"""Cases that two wide reads agree to be gone: which of them leave unasked, as clerks delete their mistakes. Pure.

What leaves unasked was first shown shortly before, is of somebody who is still shown, is one of few at its employer
in a week, and nothing older went with it (docs/decisions/0003). A person is asked about all else.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

YOUNG = timedelta(days=14)
WEEK = timedelta(days=7)
MOST_A_WEEK = 2
"""Cases of one employer that leave unasked in a week."""

MISTAKE = "mistake"
LEFT_OUT = "left_out"
UNASKED = frozenset({MISTAKE, LEFT_OUT})
"""Why a case leaves unasked: it was entered by mistake, or a person left out whose it is."""


class Vanished(msgspec.Struct, frozen=True):
    """A case of which the source shows no line any more.

    `since`: when it was first shown, None where that is not known; `missed`: when the first wide read began that did
    not show it; `gone`: the one that agreed. `shown`: whether its person is still shown. `why`: as `judged` says.
    """

    case: str
    employer: str
    since: str | None
    missed: str
    gone: str
    shown: bool
    why: str = ""


def judged(cases: Iterable[Vanished], missing: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """Return case → why it is believed to be gone, of those that nobody has judged yet.

    `mistake`: it may leave unasked. `old`, `together`, `person`, `several`: a person is asked, since it was shown for
    long, or went with one that was, or its person went too, or too many of the employer went in a week.

    Args:
        cases: all that are gone, those judged before too.
        missing: of the cases that wide reads miss so far, when each was first shown and first missed.
    """
    cases = sorted(cases, key=lambda each: each.case)
    new = [each for each in cases if not each.why]
    old = [missed for since, missed in missing if not _is_young(since, missed)]
    old += [each.missed for each in new if not _is_young(each.since, each.missed)]
    why: dict[str, str] = {}
    for each in new:
        if not _is_young(each.since, each.missed):
            why[each.case] = "old"
        elif any(missed >= each.missed for missed in old):
            why[each.case] = "together"
        else:
            why[each.case] = MISTAKE if each.shown else "person"
    lately: Counter[str] = Counter()
    for each in cases:
        if each.why == MISTAKE and any(_moment(one.gone) - _moment(each.gone) < WEEK for one in new):
            lately[each.employer] += 1
    lately.update(each.employer for each in new if why[each.case] == MISTAKE)
    several = {employer for employer, count in lately.items() if count > MOST_A_WEEK}
    return {
        each.case: "several" if why[each.case] == MISTAKE and each.employer in several else why[each.case]
        for each in new
    }


def _is_young(since: str | None, missed: str) -> bool:
    return since is not None and _moment(missed) - _moment(since) <= YOUNG


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
