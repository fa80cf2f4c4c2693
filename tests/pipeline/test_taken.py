"""A portal that takes the temporary file gets it once, however often the flow runs."""

from pathlib import Path

import pytest
from crossings import Crossing

from veerpont.model.failures import SettingsError
from veerpont.store import deliveries
from veerpont_sandbox.portal import server


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the portal took as soon as it was written, whatever its name ended in."""
    names: list[str] = []
    arrived = server.Portal.arrived

    def take(self: server.Portal, account: object, path: Path) -> None:
        if path.suffix == ".part":
            names.append(path.name)
            path.unlink()
        else:
            arrived(self, account, path)  # type: ignore[arg-type]

    monkeypatch.setattr(server.Portal, "arrived", take)
    return names


def test_it_is_not_sent_again_until_the_ending_changes(known: Crossing, taken: list[str]) -> None:
    known.change("1005", Functie="Chef")
    for _ in range(3):
        with pytest.raises(SettingsError, match=r"all bytes arrived.*temporary_suffix.*not sent again"):
            known("employees")
    assert len(taken) == 1
    known.configure(xpert_suite={"temporary_suffix": ".tmp"})
    known("employees")
    assert len(taken) == 1
    assert not known.deliveries("employees", "prepared")


def test_or_a_person_discards_it(known: Crossing, taken: list[str]) -> None:
    known.change("1005", Functie="Chef")
    for _ in range(2):
        with pytest.raises(SettingsError, match="all bytes arrived"):
            known("employees")
    with known.ledger.session() as session:
        deliveries.decide(session, known.deliveries("employees", "prepared")[0]["id"], "a person", release=False)
    with pytest.raises(SettingsError, match="all bytes arrived"):
        known("employees")
    assert len(taken) == 2
