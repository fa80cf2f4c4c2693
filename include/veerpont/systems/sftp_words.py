"""What is said when an SFTP server is another one than was agreed, or does not let us in."""

from collections.abc import Sequence

from veerpont.model.messages import Message, coded


def login_refused(host: str, port: int, takes: Sequence[str], is_rsa: bool) -> Message:
    """Return that the server refused the key. `takes`: what else it would take; `is_rsa`: the key is one of RSA."""
    only = coded("sftp.takes", ". The server takes: {takes}", takes=", ".join(takes))
    rsa = coded(
        "sftp.old_rsa",
        ". A server that knows ssh-rsa signatures only refuses a good RSA key too, for those are not used any more: "
        "then have the portal take an ed25519 key",
    )
    return coded(
        "sftp.login_refused",
        "was refused by {host}:{port}: the login or the private_key is not what the portal has on file{takes}{old}",
        host=host,
        port=port,
        takes=only if takes and "publickey" not in takes else "",
        old=rsa if is_rsa else "",
    )


def other_host_key(host: str, port: int, expected: str, seen: str) -> Message:
    """Return that the server shows another key than those that are expected; as fingerprints."""
    return coded(
        "sftp.other_host_key",
        "expects the host key {expected}, but {host}:{port} shows {seen}. Nothing was sent. Ask the portal whether its "
        "key changed, before host_key does",
        expected=expected,
        host=host,
        port=port,
        seen=seen,
    )


def asks_more(host: str, port: int, asked: Sequence[str], has_password: bool) -> Message:
    """Return that the server takes the key, and still asks for something."""
    fill_in = coded("sftp.fill_in", "; fill in what the portal gave as password of the connection")
    return coded(
        "sftp.asks_more",
        "has a private_key that {host}:{port} takes, and the server still asks for: {asked}{missing}",
        host=host,
        port=port,
        asked=", ".join(asked),
        missing="" if has_password else fill_in,
    )
