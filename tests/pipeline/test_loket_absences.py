"""Absence of a Loket customer is read again where it may have changed: what is remembered is never older or wrong."""

from datetime import datetime

import pytest
from crossings import Crossing, Make

from veerpont.model.failures import SettingsError
from veerpont.rules.dates import AMSTERDAM
from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.provider import Absence, Provider

LOCK = 20001
MARCH = {("Ziekte", "2026-03-02", "2026-03-20", "100")}
HALF = {("Ziekte", "2026-03-02", "2026-03-20", "50")}

ALL, LATELY, SHARE = 9, 3, 2
"""People with absence; those of the last days, whom every night asks about; one of seven, whose turn it is."""
FEWEST = LATELY + SHARE


def of_everybody(crossing: Crossing) -> None:
    """Let everybody have been ill, most of them in March, and the first read go back as far as the portal's window."""
    crossing.configure(absence={"initial_days": 900})
    for _, person in crossing.sandbox.loket.providers["sluis"].people():
        if not person.absences:
            changes.close(changes.make_absence(person, "2026-03-02"), "2026-03-20")


@pytest.fixture
def night(make: Make, monkeypatch: pytest.MonkeyPatch) -> "Nights":
    """Sluis after its first night and two more: everybody is known, and two reads a day apart agreed."""
    sluis = make("sluis", night=("employers", "employees", "organigram", "absence"), ready=of_everybody)
    of_everybody(sluis)  # a copy has a Loket of its own
    nights = Nights(sluis)
    assert [nights(), nights()] == [ALL, FEWEST]
    return nights


class Nights:
    """Runs absence at 21:00 of one day after the other."""

    def __init__(self, crossing: Crossing) -> None:
        self.crossing = crossing
        self.loket: Provider = crossing.sandbox.loket.providers["sluis"]
        self.day = 22
        found = [
            (employer, person)
            for employer, person in self.loket.people()
            if employer.content["employerNumber"] == LOCK
            and person.absences[-1].content["progress"]["startDate"] == "2026-03-02"
        ]
        self.long_over = [person for _, person in found]
        self.employer, self.person = max(found, key=lambda each: str(each[1].content["id"]))  # whose turn comes last
        self.absence: Absence = self.person.absences[-1]

    def __call__(self) -> int:
        """Let a night go by; returns about how many people Loket was asked."""
        self.day += 1
        moment = datetime(2026, 11, self.day, 21, tzinfo=AMSTERDAM)
        self.crossing.moment, self.crossing.today = moment, moment.date()
        self.crossing.sandbox.portal.accounts["sluis"].today = moment.date().isoformat()
        return self.hour()

    def hour(self) -> int:
        """Run absence once more."""
        self.crossing.sandbox.loket.requests.clear()
        self.crossing("absence")
        return self.crossing.sandbox.loket.counts()["GetAbsencesByEmployeeId"]

    def percentage(self, percentage: int) -> None:
        """Let Loket show another one, and nothing else."""
        self.absence.steps[0]["incapacityPercentage"] = percentage

    @property
    def told(self) -> set[tuple[object, ...]]:
        """What the portal has of the absence."""
        number = str(self.person.content["employeeNumber"])
        return {period[2:] for period in self.crossing.periods() if period[:2] == (str(LOCK), number)}


def test_what_the_calendar_shows_of_a_change_crosses_in_the_same_night(night: Nights) -> None:
    changes.close(night.absence, "2026-03-27")
    assert night() == FEWEST + 1
    assert night.told == {("Ziekte", "2026-03-02", "2026-03-27", "100")}


def test_whose_employment_moved_is_read_in_the_same_night(night: Nights) -> None:
    night.percentage(50)
    night.loket.moved(night.employer, night.person)
    assert night() == FEWEST + 1
    assert night.told == HALF


def test_a_percentage_that_nothing_tells_of_crosses_within_a_week(night: Nights) -> None:
    night.percentage(50)
    asked = 0
    while night.told == MARCH and asked < 7:
        night()
        asked += 1
    assert night.told == HALF
    assert asked > 1


def test_an_answer_that_was_wrong_for_once_is_not_repeated(night: Nights) -> None:
    night.percentage(50)
    night.loket.moved(night.employer, night.person)
    night()
    assert night.told == HALF
    night.percentage(100)
    assert night() == FEWEST + 1
    assert night.told == MARCH


def test_what_a_historic_load_read_since_is_not_undone_by_what_was_remembered(night: Nights) -> None:
    night.percentage(50)
    night.crossing.fetch("2026-03")
    night.hour()
    assert night.told == HALF
    night()
    assert night.told == HALF


def test_what_a_cause_that_counts_now_makes_needed_is_read(night: Nights) -> None:
    """An illness before the window belongs to the one after it, once its cause means illness."""
    types = {"1": "Ziekte", "2": None, "3": "Zwangerschap"}
    night.crossing.configure(absence={"history_months": 6, "types": types})
    for person in night.long_over:
        person.absences[-1].content["causeOfAbsence"]["key"] = 2
        changes.close(changes.make_absence(person, "2026-04-01"), "2026-04-10")
    assert [night(), night(), night()] == [ALL, ALL, FEWEST]
    night.crossing.configure(absence={"types": types | {"2": "Ziekte"}})
    assert night() == ALL


def test_a_field_that_is_asked_for_now_is_read_of_everybody_and_was_not_kept_before(night: Nights) -> None:
    api = {"portal": "json_api", "connection": "portal_sluis", "flows": ["absence"]}
    night.crossing.configure(portals=[api])
    night()
    assert night.crossing.stored("endOfAbsence.reason.key") == []
    night.crossing.configure(portals=[api | {"extra": {"recovery_reason": "Re-integration"}}])
    assert night.hour() == ALL


def test_a_read_that_breaks_off_changes_no_memory(night: Nights) -> None:
    night.crossing.sandbox.faults.add(kind="forbidden", connector="GetAbsencesByEmployeeId", times=1)
    with pytest.raises(SettingsError, match="GetAbsencesByEmployeeId"):
        night()
    assert night.hour() == FEWEST
    assert night.told == MARCH


def test_no_more_is_remembered_than_is_asked_for(night: Nights) -> None:
    night.absence.content["comments"] = "planted remark"
    night.absence.steps[0]["comments"] = "planted remark"
    changes.close(night.absence, "2026-03-27")
    night()
    assert [path for path in night.crossing.stored("2026-03-27") if "/batches/known/" in path]
    assert night.crossing.stored("planted remark") == night.crossing.stored("Hersteld") == []
