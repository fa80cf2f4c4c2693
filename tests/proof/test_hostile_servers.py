"""What a server sends instead of an answer costs no more time and memory than the limits say, whichever system it is.

Each is asked in a process of its own, so that its memory is its own. The limits are set small: what holds with
2 seconds and 24 MB holds with the defaults, which are the same settings.
"""

import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile_answers import ANSWERS, Talk, serving
from hostile_sftp import serving as sftp_server

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="veerpont-airflow-"))

SECONDS, MB = 2, 24
SLACK_SECONDS, SLACK_MB = 3, 8 * MB
"""For the process itself: the answer, its JSON, and what Python keeps."""
BUSY = 60
"""Seconds of slack where other tests run beside it: what has no end takes longer."""
AT_MOST = f"{SECONDS + SLACK_SECONDS} s, {SLACK_MB} MB of a process whose limits are {SECONDS} s, {MB} MB an answer"
AT_MOST_SFTP = f"{2 * SECONDS + SLACK_SECONDS} s, {SLACK_MB} MB of a process with {SECONDS} s for login and answer each"


def _limits() -> Any:
    from veerpont.systems.http import Limits

    return Limits(connect=1.0, idle=1.0, whole=float(SECONDS), size=MB * 2**20)


def _afas(port: int) -> object:
    from veerpont.systems.afas.auth import ClassicToken
    from veerpont.systems.afas.client import Client
    from veerpont.systems.wire import session

    base = f"http://127.0.0.1:{port}/ProfitRestServices"
    client = Client(base, "12345", ClassicToken("0"), session(), _limits(), sleep=_refuse_to_sleep)
    return client.rows("X", {"take": 10})


def _afas_oauth(port: int) -> object:
    import requests

    from veerpont.systems.afas.auth import ClientCredentials

    auth = ClientCredentials(f"http://127.0.0.1:{port}/oauth/token", "id", "secret", _limits(), sleep=lambda _: None)
    return auth(requests.Request("GET", "http://127.0.0.1/").prepare())


def _loket(port: int) -> object:
    from veerpont.systems.loket.client import Client, Pace
    from veerpont.systems.loket.resources import EMPLOYERS
    from veerpont.systems.wire import session

    class Fixed:
        def access(self, refused: str | None = None) -> str:
            return "access"

    base = f"http://127.0.0.1:{port}/v2"
    return Client(base, Fixed(), session, Pace(1e6), 1, _limits(), sleep=_refuse_to_sleep).rows(EMPLOYERS)


def _loket_oauth(port: int) -> object:
    from cryptography.fernet import Fernet

    from veerpont.store.ledger import Ledger
    from veerpont.store.vault import Vault
    from veerpont.systems.loket.tokens import Login, Tokens

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
        ledger.require_current()
        login = Login("loket", f"http://127.0.0.1:{port}/token", "id", "secret", "refresh")
        vault = Vault(f"file://{home / 'vault'}", (Fernet.generate_key().decode(),))
        return Tokens(login, ledger, vault, limits=_limits()).access()


def _json_portal(port: int) -> object:
    from veerpont.systems.json_api.client import Client
    from veerpont.systems.wire import session

    client = Client(f"http://127.0.0.1:{port}", "portal", session(), _limits(), sleep=_refuse_to_sleep)
    return client.operations("acme/iban", "key", b"{}", ["A"])


class _TriedError(Exception):
    """The client would try the same call again: once is enough here."""


def _refuse_to_sleep(_: float) -> None:
    raise _TriedError


SYSTEMS: dict[str, Callable[[int], object]] = {
    "AFAS": _afas,
    "AFAS's OAuth": _afas_oauth,
    "Loket": _loket,
    "Loket's OAuth": _loket_oauth,
    "the JSON portal": _json_portal,
}


def peak() -> int:
    """Return the most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measured(ask: Callable[[int], object], port: int, to: "multiprocessing.Queue[tuple[str, float, int]]") -> None:
    import veerpont.systems.sftp  # noqa: F401 -- what is imported is no memory of the answer
    from veerpont.model.failures import VeerpontError

    before, began = peak(), time.monotonic()
    try:
        ask(port)
        outcome = "an answer"
    except (VeerpontError, _TriedError) as error:
        outcome = getattr(error, "kind", "passing")
    except Exception as error:  # noqa: BLE001 -- anything else is what this is about
        outcome = f"defect: {type(error).__name__}"
    to.put((outcome, time.monotonic() - began, peak() - before))


def asked(ask: Callable[[int], object], talk: Talk) -> tuple[str, float, int]:
    """Return what came of asking a server, in how many seconds, and with how many MB more."""
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[tuple[str, float, int]] = context.Queue()
    with serving(talk) as port:
        child = context.Process(target=measured, args=(ask, port, queue))
        child.start()
        try:
            return queue.get(timeout=SECONDS + 30)
        finally:
            child.kill()
            child.join()


def look(session: Any) -> object:
    return session.listed("Log")


def read(session: Any) -> object:
    from veerpont.systems.xpert_suite import report

    found = report.find(session, "Log", lambda _: True)
    return sum(len(each.content or b"") for each in found)


def send(session: Any) -> object:
    from veerpont.model.content import Content
    from veerpont.systems import upload

    return upload.deliver(session, upload.Folder("The portal", "Log", "a setting"), "a.xlsx", Content.of(b"x" * 2**22))


def drop_folder(_: Any) -> object:
    """Read all that a time registration dropped: with a session for the list, and one for each file."""
    from veerpont.config.hours import HoursSettings
    from veerpont.systems.drop_folder import drops

    settings = HoursSettings.model_construct(connection="hostile", folder="Log")
    return [len(drop.read()) for drop in drops(settings)]


SFTP: dict[str, tuple[str, Callable[[Any], object]]] = {
    "a list of files without end": ("endless_list", read),
    "a file name of 2 MB": ("long_name", read),
    "a file of 100 bytes that never ends": ("endless_file", read),
    "a link to a file of the machine": ("link", read),
    "a write that takes a second": ("slow", send),
    "a login a byte at a time": ("slow_login", look),
    "hours: a list of files without end": ("endless_list", drop_folder),
    "hours: a file name of 2 MB": ("long_name", drop_folder),
    "hours: a file of 100 bytes that never ends": ("endless_file", drop_folder),
    "hours: a file of a million MB": ("large_file", drop_folder),
    "hours: a connection that ends within a file": ("dropping", drop_folder),
}


HARMLESS = {"a file of 100 bytes that never ends", "a link to a file of the machine"}
"""No more is read of the one than its size, and nothing of the other."""


def _sftp(kind: str, use: Callable[[Any], object]) -> tuple[str, float, int]:
    with sftp_server(kind) as connection:

        def ask(port: int) -> object:
            from veerpont.systems import sftp

            sftp.LOGIN_TIMEOUT = SECONDS
            os.environ["AIRFLOW_CONN_HOSTILE"] = connection(SECONDS)
            with sftp.SftpHook("hostile").connect() as session:
                return use(session)

        return asked(ask, ANSWERS["a redirect"])  # nobody listens to that one


SAMPLE = {
    ("AFAS", "a byte at a time, in the headers"),
    ("AFAS", "gzip that becomes 794 MB"),
    ("Loket's OAuth", "a body without end"),
    ("the JSON portal", "Retry-After with an impossible zone"),
}


SFTP_SAMPLE = [
    "a list of files without end",
    "a write that takes a second",
    "hours: a file of 100 bytes that never ends",
    "hours: a connection that ends within a file",
]


def test_http(proof: Any) -> None:
    import veerpont.systems.sftp  # noqa: F401 -- imported before the processes part, so that each is small and quick

    pairs = [(system, answer) for system in SYSTEMS for answer in ANSWERS]
    wrong = []
    for system, answer in proof.size(pairs, [pair for pair in pairs if pair in SAMPLE]):
        outcome, seconds, more = asked(SYSTEMS[system], ANSWERS[answer])
        proof.note(f"{system}: {answer}", f"{outcome}, {seconds:.1f} s, {more} MB", AT_MOST)
        slack = proof.size(SLACK_SECONDS, BUSY)
        if outcome not in {"settings", "passing"} or seconds > SECONDS + slack or more > SLACK_MB:
            wrong.append((system, answer, outcome, seconds, more))
    assert not wrong


def test_sftp(proof: Any) -> None:
    import veerpont.systems.sftp  # noqa: F401 -- imported before the processes part

    wrong = []
    for name in proof.size(list(SFTP), SFTP_SAMPLE):
        outcome, seconds, more = _sftp(*SFTP[name])
        proof.note(f"SFTP: {name}", f"{outcome}, {seconds:.1f} s, {more} MB", AT_MOST_SFTP)
        good = {"an answer"} if name in HARMLESS else {"settings", "passing"}
        slack = proof.size(SLACK_SECONDS, BUSY)
        if outcome not in good or seconds > 2 * SECONDS + slack or more > SLACK_MB:
            wrong.append((name, outcome, seconds, more))
    assert not wrong


@pytest.mark.parametrize("kind", ["AFAS", "the JSON portal"])
def test_a_login_never_follows_a_redirect(proof: Any, kind: str) -> None:
    heard: list[bytes] = []

    def listen(there: Any) -> None:
        heard.append(b"something came")

    with serving(listen) as elsewhere:

        def away(there: Any) -> None:
            there.sendall(
                b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:%d/steal\r\nContent-Length: 0\r\n\r\n" % elsewhere
            )

        outcome, _, _ = asked(SYSTEMS[kind], away)
    assert (outcome, heard) == ("settings", [])
