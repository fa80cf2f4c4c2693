"""Files of a time registration on an SFTP server: the host key is pinned, what is still written is left alone."""

from typing import Any

import asyncssh
import pytest
from crossings import Crossing, Make
from dropped_hours import NOVEMBER, files
from fsspec.implementations.local import LocalFileSystem

from veerpont.config.hours import HoursSettings
from veerpont.config.integration import read_integrations
from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.systems import drop_folder, sftp
from veerpont_sandbox.customers.timesheets import sluis_month
from veerpont_sandbox.portal import server


@pytest.fixture
def sluis(make: Make, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    """Sluis, whose time registration drops its files at the sandbox's SFTP server."""
    crossing = make("sluis", night=("employers",))
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


def dropped(sluis: Crossing) -> None:
    folder = sluis.sandbox.portal.accounts["sluis"].root / "Uren"
    folder.mkdir()
    (folder / "uren.csv").write_bytes(sluis_month())
    (folder / "a folder.csv").mkdir()


def section(sluis: Crossing) -> HoursSettings:
    return read_integrations(sluis.home / "integrations")[0]["sluis"].hours


def cut_off(self: Any, *_: object) -> bytes:
    self.channel.get_connection().abort()
    return b""


def raising(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


ENDS = {
    "the connection ends within the list": ("scandir", cut_off, PassingError, "went away"),
    "the connection ends within a file": ("read", cut_off, PassingError, "went away"),
    "the server breaks": ("read", raising(asyncssh.SFTPFailure("trouble")), PassingError, "could not show its files"),
    "somebody takes the file away": ("open", raising(asyncssh.SFTPNoSuchFile("gone")), PassingError, "taken away"),
    "the file is refused": ("open", raising(asyncssh.SFTPPermissionDenied("no")), SettingsError, "may not be read"),
    "the file grows": ("fstat", lambda *_: asyncssh.SFTPAttrs(size=9), PassingError, "changed while it was read"),
    "the file is large": ("fstat", lambda *_: asyncssh.SFTPAttrs(size=2**40), SettingsError, "larger than 50 MB"),
    "the server says no size": ("fstat", lambda *_: asyncssh.SFTPAttrs(), SettingsError, "does not say how large"),
}


def test_what_ends_the_reading_is_told_by_its_kind(sluis: Crossing) -> None:
    dropped(sluis)
    for name, (call, instead, kind, said) in ENDS.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(server._Files, call, instead, raising=False)
            with pytest.raises(VeerpontError, match=said) as caught:
                sluis("hours")
        assert isinstance(caught.value, kind), name
    sluis("hours")
    assert files(sluis)["loket_7001_2026_11.csv"] == NOVEMBER


def test_a_folder_with_more_files_than_anybody_reads_is_said(sluis: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped(sluis)
    monkeypatch.setattr(sftp, "MOST_FILES", 1)
    with pytest.raises(SettingsError, match="holds more than 1 files"):
        sluis("hours")


def test_no_file_is_read_before_its_turn(sluis: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped(sluis)
    monkeypatch.setattr(server._Files, "read", raising(asyncssh.SFTPFailure("trouble")), raising=False)
    assert [drop.name for drop in drop_folder.drops(section(sluis))] == ["uren.csv"]


ADDRESS_ENDS = [
    (FileNotFoundError(), PassingError, "taken away"),
    (PermissionError(), SettingsError, "may not be read"),
    (ConnectionResetError(), PassingError, "went away"),
]


def test_a_file_at_an_address_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sluis = make("sluis", night=("employers",))
    for error, kind, said in ADDRESS_ENDS:
        monkeypatch.setattr(LocalFileSystem, "cat_file", raising(error))
        with pytest.raises(VeerpontError, match=said) as caught:
            drop_folder.drops(section(sluis))[0].read()
        assert isinstance(caught.value, kind)
    monkeypatch.setattr(drop_folder, "MOST_FILES", 0)
    with pytest.raises(SettingsError, match="holds more than 0 files"):
        drop_folder.drops(section(sluis))
