"""Killed in the middle of taking a report, and read again: its effect once, and nothing claimed that did not happen."""

import os
import signal
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from crossings import Crossing, guid
from dying import after, dies, put_and_die, settle_in
from proving import in_turn
from reported import night, read, rejected, report, sent, told, with_reports

from veerpont.pipeline.reports.take import intake, take

STEPS = (
    "writing the snapshot",
    "writing what waits",
    "in the transaction",
    "after the transaction",
)


def take_and_die(environment: dict[str, str], whose: tuple[Any, ...], step: str, content: bytes) -> None:
    """Take a report in this process, which dies at the step."""
    settle_in(environment)
    import veerpont.pipeline.reports.take as taking
    from veerpont.store import reports
    from veerpont.store.vault import Vault

    where: dict[str, tuple[Any, str, Any]] = {
        "writing the snapshot": (Vault, "put", put_and_die("snapshots")),
        "writing what waits": (Vault, "put", put_and_die("refused")),
        "in the transaction": (reports, "close", after(reports.close)),
        "after the transaction": (taking._Report, "take", after(taking._Report.take)),
    }
    setattr(*where[step])
    take(intake(whose[1], "Jo"), content)
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(("step", "between"), in_turn(STEPS, ["at once", "after another night"]))
def test_killed_and_read_again(
    known: Crossing, children: ForkServerContext, tmp_path: Path, step: str, between: str
) -> None:
    with_reports(known, folder=None)
    for number in ("1001", "1003"):
        known.change(number, Achternaam="Nieuwenhuis")
    night(known, "employees", 22)
    delivery = sent(known, "employees")
    content = report(delivery["name"], *(("", f"01/{number}/1", "Uitval", "X", "Nee.") for number in ("1001", "1003")))
    dies(children, tmp_path, take_and_die, known.job("employees", known.name, "killed"), step, content)
    done = step == STEPS[-1]
    assert len(rejected(known)) == (2 if done else 0)
    assert (sent(known, "employees")["state"] == "confirmed") is done
    if between == "after another night" and not done:
        assert night(known, "employees", 23)["unchanged"] == 13, "what was sent still counts as told"

    assert take(intake(known.name, "Jo"), content).result == ("repeated" if done else "confirmed")

    assert set(rejected(known)) == {guid(1), guid(3)}
    assert {row["attempts"] for row in rejected(known).values()} == {1}
    assert {guid(1), guid(3)} <= told(known, "employees"), "what the portal was told before stays"
    assert night(known, "employees", 24)["delivered"] == 4
    assert rejected(known) == {}
    folder = known.home / "vault" / "veerhuis" / "employees" / "xpert_suite"
    # that of the newest delivery, which waits for its report, and the one before it
    assert len(list((folder / "snapshots").iterdir())) == 2


def test_a_folder_whose_reading_was_killed_is_read_again(
    known: Crossing, children: ForkServerContext, tmp_path: Path
) -> None:
    """The report was taken, but nobody noted which file it was: the next look finds it taken, and notes that."""
    with_reports(known)
    known.change("1001", Achternaam="Nieuwenhuis")
    night(known, "employees", 22)
    known.sandbox.portal.settle()
    (path,) = (known.sandbox.portal.accounts[known.name].root / "Rapporten").iterdir()
    job = known.job("employees", known.name, "killed")
    dies(children, tmp_path, take_and_die, job, "after the transaction", path.read_bytes())
    known.change("1003", Achternaam="Anders")
    night(known, "employees", 23)
    assert ["taken before" in said for said in read(known)] == [True, False]
    assert read(known) == []
