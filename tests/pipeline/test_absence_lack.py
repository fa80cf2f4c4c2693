"""A history that lacks something: who accepts that once is not asked again before it lacks more."""

import pytest
from crossings import ABSENCE, Crossing


@pytest.fixture
def windowed(known: Crossing) -> Crossing:
    """A connector that shows the changes of fourteen days, and no other."""
    known.configure(absence={"connector_window": 14})
    known.sandbox.afas.environments["veerhuis"].window(ABSENCE, 14)
    return known.at("2026-11-22T10:00")


def test_a_release_holds_as_long_as_nothing_more_is_lacking(windowed: Crossing) -> None:
    """The file goes out after the release, and the hours and months after it nobody is asked again."""
    assert windowed("absence")["state"] == "held"
    windowed.release(windowed.held("absence")["id"])
    assert windowed("absence")["state"] == "success"
    for moment in ("2026-11-22T11:00", "2026-11-30T21:00", "2026-12-02T09:00"):
        assert windowed.at(moment)("absence")["state"] == "success"
    assert not windowed.deliveries("absence", "held")


def test_more_that_is_lacking_is_asked_about(windowed: Crossing) -> None:
    """An employer that becomes active later was never read: that is another question."""
    windowed("absence")
    windowed.release(windowed.held("absence")["id"])
    windowed("absence")
    windowed.activate("03")
    assert windowed.at("2026-11-22T12:00")("absence")["state"] == "held"
    assert windowed.held("absence")["reasons"] == "history_incomplete"
