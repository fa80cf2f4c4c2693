"""Moving into a portal that is in use: which file is not adopted, with its reason."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from crossings import Crossing
from exports import changed, export
from test_moving_in import adopted, moving, rows, waiting
from test_preview import everything
from test_reconcile import veerpont

from veerpont.store import clock

pytest_plugins = ["at_noon"]
__all__ = ["moving", "veerpont"]


def refused(moving: Crossing, veerpont: Any, flow: str, file: Path, *more: str) -> str:
    """Adopt what is refused: nothing changes; returns why."""
    before = everything(moving)
    code, printed = veerpont("adopt", "veerhuis", flow, file, "--by", "Jo", "--json", *more)
    assert (code, everything(moving)) == (1, before)
    return str(json.loads(printed)["error"])


def test_after_the_first_accepted_delivery(moving: Crossing, veerpont: Any) -> None:
    moving("employees")
    moving.release(waiting(moving, "employees")["id"])
    moving("employees")
    assert "accepted a delivery already" in refused(moving, veerpont, "employees", moving.home / "employees.csv")
    code, printed = veerpont("adopt", "veerhuis", "employees", "--discard", "--by", "Jo")
    assert (code, "Nothing is adopted" in printed) == (1, True)


def test_a_file_of_yesterday(moving: Crossing, veerpont: Any) -> None:
    """By when it was written, or by what the person says; nor one of tomorrow."""
    file = moving.home / "employees.csv"
    written = (clock.machine() - timedelta(hours=25)).timestamp()
    os.utime(file, (written, written))
    assert "25 hours old" in refused(moving, veerpont, "employees", file)
    for hours, said in ((-25, "25 hours old"), (1, "in the future")):
        moment = (clock.now() + timedelta(hours=hours)).isoformat()
        assert said in refused(moving, veerpont, "employees", file, "--taken-at", moment)
    adopted(moving, veerpont, "employees", file, "--taken-at", (clock.now() - timedelta(hours=23)).isoformat())


def test_a_line_that_could_not_be_repeated_whole(moving: Crossing, veerpont: Any) -> None:
    """A column that is not ours, one that is lacking, a row that cannot be read."""
    there = rows(moving, "employees")
    foreign = export(moving, [row | {"Pasnummer": "12"} for row in there])
    assert "columns that are not ours (number " in refused(moving, veerpont, "employees", foreign)
    lacking = export(moving, [{name: row[name] for name in row if name != "city"} for row in there])
    assert "it lacks city" in refused(moving, veerpont, "employees", lacking)
    unusable = export(moving, changed(there, lambda row: row["personnel_number"] == "1003", personnel_number=""))
    assert "rows cannot be read" in refused(moving, veerpont, "employees", unusable)


def test_a_hostile_file(moving: Crossing, veerpont: Any) -> None:
    file = moving.home / "export.xlsx"
    for content in (b"PK\x03\x04broken", b"\0" * 64, b"", b"%PDF-1.7"):
        file.write_bytes(content)
        assert refused(moving, veerpont, "employees", file).startswith("The file")


def test_what_would_be_sent_is_in_doubt_itself(moving: Crossing, veerpont: Any) -> None:
    """A history that is shorter than the window would make strangers of cases that are ours."""
    moving("employees")
    moving.release(waiting(moving, "employees")["id"])
    moving("employees")
    moving.configure(absence={"initial_days": 30})
    assert "history_incomplete" in refused(moving, veerpont, "absence", moving.home / "absence.csv")


def test_a_portal_that_cannot_read_its_own_back(moving: Crossing, veerpont: Any) -> None:
    """It takes calls, so nothing is ended there by leaving it out."""
    code, printed = veerpont("adopt", "veerhuis", "iban", moving.home / "employees.csv", "--by", "Jo")
    assert (code, "cannot read a file of its own back" in " ".join(printed.split())) == (1, True)
    assert "no portal" in refused(moving, veerpont, "hours", moving.home / "employees.csv")


@pytest.mark.usefixtures("known")
def test_wrong_usage(veerpont: Any) -> None:
    for words in (["--by", "Jo"], ["x.csv", "--discard", "--by", "Jo"], ["x.csv"]):
        assert veerpont("adopt", "veerhuis", "employees", *words)[0] == 2
