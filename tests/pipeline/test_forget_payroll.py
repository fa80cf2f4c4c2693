"""Somebody with payroll data is forgotten: it is keyed by the number, which the person's own key leads to."""

from crossings import Crossing
from forgetting import ANNA, NUMBER, by_jo, rooms, where

from veerpont.sandbox.afas.schema import FORMATION


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
