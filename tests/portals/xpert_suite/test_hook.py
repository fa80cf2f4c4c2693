"""The connection: a pinned host key and a key pair, and nothing that the machine would add."""

import asyncssh
import pytest
from proving import in_turn

from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.registry import portal
from veerpont.systems.xpert_suite.hook import XpertSuiteHook


def folders() -> list[str]:
    with XpertSuiteHook("xpert").connect() as sftp:
        return sftp.listdir(".")


def refused() -> str:
    with pytest.raises(SettingsError) as caught:
        folders()
    return str(caught.value)


@pytest.mark.usefixtures("connection")
def test_a_pinned_host_and_the_right_key_give_a_session():
    """With the right host key and key pair the folders are visible."""
    assert folders() == ["Medewerkers"]


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"])
def test_any_kind_of_host_key_can_be_pinned(server, connection, kind):
    """A server with several host keys shows the pinned kind, also where another is preferred."""
    keys = [asyncssh.generate_private_key(each) for each in ("ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519")]
    server.start(keys)
    pinned = next(key for key in keys if key.get_algorithm() == kind)
    connection(host_key=pinned.export_public_key().decode())
    assert folders() == ["Medewerkers"]


def test_a_line_of_ssh_keyscan_is_a_host_key(server, connection):
    """The host in front and a comment behind the key do not matter."""
    connection(host_key=f"[127.0.0.1]:{server.port} {server.pin} comment")
    assert folders() == ["Medewerkers"]


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
def test_another_host_key_fails_closed_with_both_fingerprints(server, connection, kind):
    """A host that shows another key gets nothing; a person can compare the fingerprints, the keys stay out."""
    other = asyncssh.generate_private_key(kind)
    connection(host_key=other.export_public_key().decode())
    message = refused()
    assert other.get_fingerprint() in message
    assert server.host_key.get_fingerprint() in message
    assert "AAAA" not in message
    assert server.connections == []


@pytest.mark.parametrize("host_key", [None, "", "ssh-ed25519", "ssh-ed25519 nonsense", "ssh-ed25519 AAAA!"])
def test_no_usable_host_key_is_refused(connection, host_key):
    """Without a host key there is no connection at all."""
    connection(host_key=host_key)
    assert "host_key" in refused()


@pytest.mark.parametrize("switch", ["no_host_key_check", "allow_host_key_change", "ignore_hostkey_verification"])
def test_the_check_cannot_be_switched_off(connection, switch):
    """A connection that asks to skip the check is refused, even with a host key."""
    connection(**{switch: "true"})
    assert switch in refused()
    connection(**{switch: "false"})
    assert folders() == ["Medewerkers"]


def test_a_known_hosts_file_is_not_enough(server, connection, tmp_path, monkeypatch):
    """What the machine trusts does not count: only the connection's own host key does."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {server.pin}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    connection(host_key=asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode())
    assert "expects the host key" in refused()


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
def test_another_login_key_is_refused(connection, kind):
    """A key that the portal does not have on file is a setting to correct."""
    connection(private_key=asyncssh.generate_private_key(kind).export_private_key().decode())
    assert "was refused by" in refused()


def test_a_key_with_a_passphrase_opens_with_it(connection, login_key):
    """The passphrase belongs to the private key; without it or with another one the message says so."""
    locked = login_key.export_private_key(passphrase="open sesame", rounds=50).decode()
    connection(private_key=locked, private_key_passphrase="open sesame")
    assert folders() == ["Medewerkers"]
    for wrong in (None, "another one"):
        connection(private_key=locked, private_key_passphrase=wrong)
        message = refused()
        assert "private_key_passphrase" in message
        assert "another one" not in message


@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem"])
def test_a_key_on_one_line_is_read(connection, login_key, form):
    r"""A key whose line ends became the two signs \n on its way through a secret store is read."""
    connection(private_key=login_key.export_private_key(form).decode().replace("\n", "\\n"))
    assert folders() == ["Medewerkers"]


@pytest.mark.parametrize("text", [None, "", "nonsense", "PuTTY-User-Key-File-3: ssh-ed25519", "-----BEGIN OPENSSH"])
def test_an_unreadable_key_is_a_setting(connection, text):
    """A missing or damaged key, or one in PuTTY's form, is said without showing it."""
    connection(private_key=text)
    message = refused()
    assert "private_key" in message
    assert not text or text not in message


def test_a_server_that_is_away_passes(server, connection):
    """No server: nobody's fault, tried again later."""
    server._acceptor.close()
    with pytest.raises(PassingError, match="cannot be reached"):
        folders()


def test_a_server_that_is_no_ssh_server_passes(connection):
    """A port that closes at once is a dropped connection."""
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        connection(port=listener.getsockname()[1])
        with pytest.raises(PassingError, match="dropped"):
            folders()


def test_a_missing_connection_is_a_setting():
    """A connection id that Airflow does not know is named."""
    with pytest.raises(SettingsError, match="The connection nowhere does not exist"):
        XpertSuiteHook("nowhere")


FOLDERS = ["./Medewerkers", "Medewerkers/.", "x/../Medewerkers", "//Medewerkers//", "../Medewerkers", "MEDEWERKERS"]


@pytest.mark.parametrize(("folder", "host"), in_turn(FOLDERS, ["LOCALHOST", "localhost.", "LocalHost. "]))
def test_one_place_has_one_spelling(connection, integration, host, folder):
    """Two customers must not get past the guard by how they write host or folder."""
    connection(host="localhost", port=22)
    plain = portal("xpert_suite").destination(integration(folders={"employees": "Medewerkers"}), Flow.EMPLOYEES)
    connection(host=host, port=22)
    assert portal("xpert_suite").destination(integration(folders={"employees": folder}), Flow.EMPLOYEES) == plain


def test_the_server_says_which_folders_are_one(server, connection, integration):
    """A link is the folder that it leads to, in the same account; another login or server is another place."""
    (server.root / "Anders").symlink_to("Medewerkers")
    (server.root / "Elders").mkdir()
    ours = integration(folders={"employees": "Medewerkers"})
    own = portal("xpert_suite").account(ours, Flow.EMPLOYEES)
    link, other, gone = (own._replace(folder=name) for name in ("x/../Anders", "Elders", "Weg/Medewerkers"))
    strangers = [link._replace(login="another"), link._replace(keys=("SHA256:another",))]
    assert portal("xpert_suite").same_place(ours, Flow.EMPLOYEES, [link, other, gone, *strangers]) == [link]
    assert [own.may_be(each) for each in (link, *strangers)] == [True, False, False]


@pytest.mark.parametrize("host", ["", "LOCALHOST"])
def test_the_destination_is_where_the_files_go(server, connection, integration, host):
    """Host, port, login and folder make one text, however the host and the folder are spelled."""
    connection(host=host)
    if not host:
        with pytest.raises(SettingsError, match="host"):
            portal("xpert_suite").destination(integration(), Flow.EMPLOYEES)
        return
    found = portal("xpert_suite").destination(integration(folders={"employees": "/Medewerkers/"}), Flow.EMPLOYEES)
    assert found == f"localhost:{server.port}/acme/medewerkers"


def test_plain_modules_do_not_import_airflow():
    """Only the hook needs Airflow: choosing a portal and making lines does not load it."""
    import subprocess
    import sys

    code = "import sys; import veerpont.systems.registry as p; p.portal('xpert_suite'); exit('airflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
