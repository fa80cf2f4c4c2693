"""Files of a time registration on an SFTP server: the host key is pinned, what is still written is left alone."""

import pytest
from crossings import Crossing, Make
from dropped_hours import NOVEMBER, Unhurried, files

from veerpont.model.failures import SettingsError
from veerpont.systems.loket import hook
from veerpont_sandbox.customers.timesheets import sluis_month


@pytest.fixture
def sluis(make: Make, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    """Sluis, whose time registration drops its files at the sandbox's SFTP server."""
    monkeypatch.setattr(hook, "Pace", lambda per_second: Unhurried())
    crossing = make("sluis")
    crossing.first_night("employers")
    crossing.configure(hours={"address": None, "connection": "xpert_sluis", "folder": "/Uren"})
    return crossing


def test_files_are_read_from_there(sluis: Crossing) -> None:
    folder = sluis.sandbox.portal.accounts["sluis"].root / "Uren"
    folder.mkdir()
    (folder / "uren.csv").write_bytes(sluis_month())
    (folder / "new.csv.part").write_bytes(b"half a f")
    sluis("hours")
    assert files(sluis)["loket_7001_2026_11.csv"] == NOVEMBER
    assert sorted(path.name for path in folder.iterdir()) == ["new.csv.part", "uren.csv"]


def test_a_folder_that_is_not_there_is_said(sluis: Crossing) -> None:
    sluis.configure(hours={"folder": "/Elders"})
    with pytest.raises(SettingsError, match=r"hours\.folder"):
        sluis("hours")


def test_a_connection_that_is_not_there_is_said(sluis: Crossing) -> None:
    sluis.configure(hours={"connection": "sftp_of_nobody"})
    with pytest.raises(SettingsError, match="sftp_of_nobody does not exist"):
        sluis("hours")
