"""Bringing a file across: over a real SFTP server, with the failures that a night has."""

import tempfile
from pathlib import Path

import asyncssh
import pytest

from veerpont.model.content import Content
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.registry import portal

FOLDER = "Medewerkers"
NAME = "employees_00000042.xlsx"
CANARY = "Kanariepiet"
CONTENT = CANARY.encode() * 40_000


@pytest.fixture
def deliver(connection, integration):
    def send(content: bytes = CONTENT, folder: str = FOLDER) -> None:
        settings = integration(folders={Flow.EMPLOYEES: folder})
        portal("xpert_suite").deliver(settings, Flow.EMPLOYEES, NAME, Content.of(content))

    return send


def watching(calls: list[str]) -> type[asyncssh.SFTPServer]:
    """Answer as usual and note every opened and renamed file."""

    class Watching(asyncssh.SFTPServer):
        def open(self, path, pflags, attrs):
            calls.append(f"open {Path(path.decode()).name}")
            return super().open(path, pflags, attrs)

        def rename(self, oldpath, newpath):
            calls.append(f"rename {Path(oldpath.decode()).name} {Path(newpath.decode()).name}")
            return super().rename(oldpath, newpath)

    return Watching


def test_the_file_arrives_under_its_name(server, deliver):
    """After a delivery the folder holds the file, whole, and nothing else."""
    deliver()
    assert server.stands() == {NAME: CONTENT}


def test_the_real_name_appears_only_when_all_is_there(server, deliver):
    """The bytes go to a temporary name that the portal does not take; the real name comes by a rename."""
    calls: list[str] = []
    server.files = watching(calls)
    deliver()
    assert calls == [f"open {NAME}.part", f"rename {NAME}.part {NAME}"]


def test_a_second_attempt_changes_nothing(server, deliver):
    """When the file stands there already nothing is sent again."""
    deliver()
    calls: list[str] = []
    server.files = watching(calls)
    deliver()
    assert calls == []
    assert server.stands() == {NAME: CONTENT}


@pytest.mark.parametrize("left", [b"", b"half of it", CONTENT, CONTENT + b"and more"])
def test_a_killed_attempt_is_completed(server, deliver, left):
    """What an attempt left behind before its rename is overwritten, however much it was."""
    (server.root / FOLDER / f"{NAME}.part").write_bytes(left)
    deliver()
    assert server.stands() == {NAME: CONTENT}


def test_a_left_part_goes_when_the_file_is_there(server, deliver):
    """A temporary file beside the finished one is taken away."""
    (server.root / FOLDER / NAME).write_bytes(CONTENT)
    (server.root / FOLDER / f"{NAME}.part").write_bytes(b"half of it")
    deliver()
    assert server.stands() == {NAME: CONTENT}


def test_a_portal_that_takes_the_file_at_once_is_fine(server, deliver):
    """A file that is gone right after the rename was taken: the proof was made before."""

    class Taking(asyncssh.SFTPServer):
        def rename(self, oldpath, newpath):
            super().rename(oldpath, newpath)
            Path(self.map_path(newpath).decode()).unlink()

    server.files = Taking
    deliver()
    assert server.stands() == {}


def test_another_file_of_that_name_is_never_overwritten(server, deliver):
    """A file of the same name and another size was cut short or changed there: a person must look."""
    (server.root / FOLDER / NAME).write_bytes(b"somebody else's")
    with pytest.raises(SettingsError, match="cut short or changed"):
        deliver()
    assert server.stands() == {NAME: b"somebody else's"}


def test_a_missing_folder_is_a_setting_and_is_not_made(server, deliver):
    """The folder is the portal's: when it is missing the message says where it is set."""
    with pytest.raises(SettingsError, match=r"folder Elders \(xpert_suite\.folders\.employees\)"):
        deliver(folder="Elders")
    assert not (server.root / "Elders").exists()


def test_a_file_in_the_folders_place_is_a_setting(server, deliver):
    """A file where the folder should be is said."""
    (server.root / "Plat").write_bytes(b"")
    with pytest.raises(SettingsError, match="not a folder"):
        deliver(folder="Plat")


@pytest.mark.parametrize("refusal", [asyncssh.SFTPFailure("no"), asyncssh.SFTPPermissionDenied("no")])
def test_a_server_that_forbids_renaming_is_a_setting(server, deliver, refusal):
    """Without the right to rename nothing is delivered, and nothing is left behind."""

    class Refusing(asyncssh.SFTPServer):
        def rename(self, oldpath, newpath):
            raise refusal

    server.files = Refusing
    with pytest.raises(SettingsError, match="rename"):
        deliver()
    assert server.stands() == {}


def test_a_folder_without_the_right_to_write_is_a_setting(server, deliver):
    """A login that may only read is told so."""

    class ReadOnly(asyncssh.SFTPServer):
        def open(self, path, pflags, attrs):
            raise asyncssh.SFTPPermissionDenied(CANARY)

    server.files = ReadOnly
    with pytest.raises(SettingsError, match="may not write") as caught:
        deliver()
    assert CANARY not in str(caught.value)


def test_a_full_disk_passes(server, deliver):
    """Fewer bytes over there than were sent: nothing gets its name, and the same may succeed later."""

    class Full(asyncssh.SFTPServer):
        def write(self, file_obj, offset, data):
            if offset > 100_000:
                raise asyncssh.SFTPFailure("disk full")
            return super().write(file_obj, offset, data)

    server.files = Full
    with pytest.raises(PassingError) as caught:
        deliver()
    assert server.stands() == {}
    assert CANARY not in str(caught.value)


def dropping(server, method: str) -> type[asyncssh.SFTPServer]:
    """Answer as usual until `method` is called; then the connection is gone."""

    class Dropping(asyncssh.SFTPServer):
        pass

    def drop(self, *args):
        server.connections[-1].abort()
        raise asyncssh.SFTPConnectionLost("gone")

    setattr(Dropping, method, drop)
    return Dropping


@pytest.mark.parametrize("method", ["stat", "open", "write", "close", "rename"])
def test_a_connection_that_drops_passes_and_the_next_attempt_completes(server, deliver, method):
    """Wherever the connection drops nothing has the real name yet; the rerun delivers once."""
    server.files = dropping(server, method)
    with pytest.raises(PassingError) as caught:
        deliver()
    assert CANARY not in str(caught.value)
    assert NAME not in server.stands()
    server.files = asyncssh.SFTPServer
    deliver()
    assert server.stands() == {NAME: CONTENT}


def test_a_connection_that_drops_after_the_rename_is_no_second_delivery(server, deliver):
    """The rename happened but its answer was lost: the rerun sees the file and sends nothing."""

    class Late(asyncssh.SFTPServer):
        def rename(self, oldpath, newpath):
            super().rename(oldpath, newpath)
            server.connections[-1].abort()

    server.files = Late
    with pytest.raises(PassingError):
        deliver()
    calls: list[str] = []
    server.files = watching(calls)
    deliver()
    assert calls == []
    assert server.stands() == {NAME: CONTENT}


def test_no_temporary_file_is_written_here(server, deliver, tmp_path_factory, monkeypatch):
    """A delivery goes from memory to the portal: the temporary folder stays empty."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    deliver()
    assert list(temporary.iterdir()) == []
