"""The folder of reports: which of the files in it were taken before."""

import os
from collections.abc import Iterator

import pytest
from crossings import Crossing
from reported import folder, night, report, sent, with_reports

from veerpont.pipeline.reports.folder import look
from veerpont.store import reports

NAME = "log.csv"


@pytest.fixture
def asked(known: Crossing) -> Crossing:
    """Veerhuis after a first night, with a folder for reports that only the tests write into."""
    with_reports(known)
    known.sandbox.portal.accounts[known.name].settings.report_folder = None
    for path in folder(known).iterdir():
        path.unlink()
    return known


@pytest.fixture
def days(asked: Crossing) -> Iterator[int]:
    """The days of November on which something changes and is sent."""

    def each() -> Iterator[int]:
        for day in range(22, 30):
            asked.change("1001", Achternaam=f"Nieuwenhuis {day}")
            night(asked, "employees", day)
            yield day

    return each()


def put(known: Crossing, minute: int) -> bytes:
    """Let the portal say in the one file that it always writes that the newest delivery was processed."""
    content = report(sent(known, "employees")["name"], ("", "", "Meldingen", "", "Klaar."))
    path = folder(known) / NAME
    path.write_bytes(content)
    os.utime(path, (1_700_000_000 + 60 * minute,) * 2)
    return content


def said(known: Crossing) -> list[str]:
    notes: list[str] = []
    look(notes.append, known.name)
    return notes


def test_another_report_by_the_same_name_and_as_large_is_taken_too(asked: Crossing, days: Iterator[int]) -> None:
    sizes = set()
    for _ in range(2):
        sizes.add(len(put(asked, next(days))))
        (note,) = said(asked)
        assert "confirms it" in note
        assert sent(asked, "employees")["state"] == "confirmed"
        assert said(asked) == []
    assert len(sizes) == 1


def test_what_was_noted_without_its_time_is_not_taken_again(asked: Crossing, days: Iterator[int]) -> None:
    """As releases before this one noted it."""
    size = len(put(asked, next(days)))
    with asked.ledger.session() as session:
        reports.note_taken(session, asked.name, {asked.vault.fingerprint(f"report {NAME} {size}".encode())[:24]})
    assert said(asked) == []
    put(asked, next(days))
    assert ["confirms it" in note for note in said(asked)] == [True]
