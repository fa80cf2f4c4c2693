"""Somebody with payroll data is forgotten: it is keyed by the number, which the person's own key leads to."""

from typing import Any

import pytest
from crossings import EMPLOYEES, Crossing
from forgetting import ANNA, NUMBER, by_jo, rejects_of, rooms, tombstones, where

from veerpont.model.failures import SettingsError
from veerpont.pipeline.trail.trace import trace
from veerpont.store import rejects
from veerpont.store.rejects import RejectFilter
from veerpont_sandbox.afas.schema import FORMATION


def test_the_rows_go_by_the_number(known: Crossing) -> None:
    known("payroll")
    portal = known.deliveries("payroll")[0]["portal"]
    texts = [f"number:{NUMBER}", f'"{NUMBER}"', "Vries"]
    assert {f"payroll/{portal}/snapshots", f"payroll/{portal}/deliveries"} <= {
        room.rpartition("/")[0] if len(room) > 40 else room for room in rooms(where(known, texts))
    }
    said = by_jo(known, ANNA)
    assert {each["flow"]: each["lines"] for each in said["lines"]}["payroll"] == 4
    assert "payroll" in {each["flow"] for each in said["files"]}
    assert rooms(where(known, texts)) <= {f"payroll/{portal}/forgotten"}
    books = known("payroll")
    assert "1 person who was forgotten on" in books["message"]
    assert known.deliveries("payroll", "held") == []
    assert where(known, texts) != []


def test_who_has_the_same_number_at_another_employer_keeps_theirs(known: Crossing) -> None:
    """Neither taken out of what the portal was told, nor to be deleted there."""
    rows = [row for row in known.sandbox.afas.rows(known.name, FORMATION) if row["Medewerker"] == NUMBER]
    known.sandbox.afas.insert(known.name, FORMATION, [row | {"Werkgever": "02"} for row in rows])
    known("payroll")
    other = f"formation/02/number:{NUMBER}"
    assert known.stored(other)
    said = by_jo(known, ANNA)
    assert {each["flow"]: each["lines"] for each in said["lines"]}["payroll"] == 4
    assert known.stored(other)
    assert not known.stored(f'"id":"formation/01/number:{NUMBER}"')


NOBODY = "90001"
"""Somebody of whom there is payroll data only."""


@pytest.fixture
def twice(known: Crossing) -> Crossing:
    """Two people, of two employers, are known by the same number and by nothing else."""
    row = next(row for row in known.sandbox.afas.rows(known.name, FORMATION) if row["Medewerker"] == NUMBER)
    rows = [row | {"Medewerker": NOBODY, "Werkgever": code} for code in ("01", "02")]
    known.sandbox.afas.insert(known.name, FORMATION, rows)
    known("payroll")
    return known


def since(known: Crossing) -> dict[str, Any]:
    """Return what is known of how the line of the one at 02 came to the portal."""
    (record,) = trace(f"formation/02/number:{NOBODY}", known.name)["records"]
    return next(each for each in record["portals"] if each["part"] == "formation/02")


class TestANumberAtTwoEmployers:
    @pytest.mark.parametrize("asked", [NOBODY, f"number:{NOBODY}"])
    def test_it_is_asked_at_which(self, twice: Crossing, asked: str) -> None:
        with pytest.raises(SettingsError, match=f"01/number:{NOBODY} or 02/number:{NOBODY}"):
            by_jo(twice, asked)
        assert tombstones(twice) == []

    def test_also_when_the_other_is_known_by_more(self, twice: Crossing) -> None:
        rows = [row for row in twice.sandbox.afas.rows(twice.name, FORMATION) if row["Medewerker"] == NUMBER]
        twice.sandbox.afas.insert(twice.name, FORMATION, [row | {"Werkgever": "02"} for row in rows])
        twice("payroll")
        with pytest.raises(SettingsError, match=f"{ANNA} .employer 01. or 02/number:{NUMBER}"):
            by_jo(twice, NUMBER)
        assert by_jo(twice, f"01/number:{NUMBER}", really=False)["key"] == ANNA
        assert by_jo(twice, f"02/number:{NUMBER}", really=False)["key"] == f"02/number:{NUMBER}"

    def test_only_the_one_that_was_meant_goes(self, twice: Crossing) -> None:
        lines = [f'"id":"formation/{code}/number:{NOBODY}"' for code in ("01", "02")]
        assert all(map(twice.stored, lines))
        other = since(twice)
        assert other["run_id"]
        said = by_jo(twice, f"01/number:{NOBODY}")
        assert (said["key"], said["lines"][0]["lines"]) == (f"01/number:{NOBODY}", 1)
        assert [bool(twice.stored(line)) for line in lines] == [False, True]
        assert since(twice) == other, "and its trail"
        with pytest.raises(SettingsError, match="Nothing is known of 03/number"):
            by_jo(twice, f"03/number:{NOBODY}")
        assert by_jo(twice, f"01/number:{NOBODY}")["before"] is not None
        assert by_jo(twice, NOBODY)["key"] == f"02/number:{NOBODY}", "there is only one left"
        assert not any(map(twice.stored, lines))

    def test_what_was_decided_about_a_reject_of_the_other_stays(self, known: Crossing) -> None:
        """Its record key is what the forgotten one is known by at another employer."""
        key = f"number:{NUMBER}"
        row = next(row for row in known.source("employees") if row["Werkgeverscode"] == "02")
        known.sandbox.afas.insert(known.name, EMPLOYEES, [row | {"Personeelsnummer": NUMBER, "GUID": None}])
        known("employees")
        with known.ledger.session() as session:
            assert rejects.ignore(session, RejectFilter(known.name, "employees", key=key), "Jo", "known") == 1
        assert by_jo(known, ANNA)["done"]
        (kept,) = rejects_of(known, key)
        assert (kept.employer, kept.state) == ("02", "ignored")
        known("employees")
        assert known.rejects("employees", "ignored")[key]
