"""A file whose columns stand in another order is another file, whatever its values."""

import yaml
from crossings import Crossing


def order(crossing: Crossing, *names: str) -> None:
    """Put these columns of the employees first, in this order."""
    path = crossing.home / "integrations" / f"{crossing.name}.yaml"
    content = yaml.safe_load(path.read_text())
    names = (*names, *(name for name in REQUIRED if name not in names))
    content["xpert_suite"]["columns"] = {"employees": {name: name for name in names}}
    path.write_text(yaml.safe_dump(content, sort_keys=False))


REQUIRED = ("employer_code", "personnel_number", "employment_number", "last_name", "birth_date", "employment_start")


def test_columns_that_change_places_are_delivered(known: Crossing) -> None:
    order(known, "last_name", "birth_date")
    known("employees")
    before = known.files("employees")
    assert known("employees")["delivered"] == 0
    order(known, "birth_date", "last_name")
    books = known("employees")
    assert books["unchanged"] == 0
    assert books["delivered"] == books["read"] - books["filtered"] - books["rejected"]
    assert len(known.files("employees")) == len(before) + 1
