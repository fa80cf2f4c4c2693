"""What is personal in the sandbox, and every place outside of the vault's content where it could be found."""

import json
import re
import sqlite3
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from veerpont_sandbox.absence import MEDICAL
from veerpont_sandbox.world import Sandbox

CANARY = "Kanarievogel"
"""The beginning of every value that `dirty` puts into a field."""
PLANTED = "Kwispelstaart"
"""What the search must find, wherever the test puts it."""
PERSONAL = re.compile(
    r"^(?!voorv).*(achternaam|roepnaam|partner|geboortedatum|bsn|straat|mail|telefoon|mobiel|iban|verpleeg|opmerking"
    r"|reden_verzuim$|name$|birth|street|phone)|^(naam|bedrag)$",
    re.IGNORECASE,
)
"""Fields of AFAS and of Loket whose values are personal; those of employers are not asked."""
NOT_PEOPLE = ("Werkgevers", "Organigram")
IN_ANY_TEXT = 4
"""Shorter values occur by chance."""


def dirty(sandbox: Sandbox, customer: str) -> int:
    """Add a row for each field of each connector that is about people, with what no such field may have.

    Returns how many rows that are.
    """
    added = 0
    for connector, table in sandbox.afas.environments[customer].tables.items():
        if any(part in connector for part in (*NOT_PEOPLE, "Verzuim")):
            continue  # those of absence are told by the book of cases, with what doctors and clerks wrote
        last = table.rows[-1]
        fields = [at for at, field in enumerate(sandbox.afas.rows(customer, connector)[0]) if PERSONAL.search(field)]
        table.rows = [*table.rows, *((*last[:at], f"{CANARY}{at} \x07\x00 X", *last[at + 1 :]) for at in fields)]
        added += len(fields)
    return added


def secrets(sandbox: Sandbox) -> set[str]:
    """Return the secrets of the connections."""
    found = set(sandbox.portal.json_api.tokens.values())
    for environment in sandbox.afas.environments.values():
        found |= {environment.token_data, environment.client_secret}
    for account in sandbox.portal.accounts.values():
        found |= set(account.key.splitlines()[1:-1])
    return found


def personal(sandbox: Sandbox) -> set[str]:
    """Return every personal value of every source, as it is written there."""
    found: set[str] = {*MEDICAL}
    for name, customer in sandbox.customers.items():
        if customer.system == "afas":
            for connector in sandbox.afas.environments[name].tables:
                if not any(part in connector for part in NOT_PEOPLE):
                    found |= {value for row in sandbox.afas.rows(name, connector) for value in _values(row)}
        if customer.provider:
            people = [person for employer in customer.provider.employers for person in employer.people]
            found |= {value for person in people for value in (person.bsn, *_values(person.content))}
    shown = {customer.title for customer in sandbox.customers.values()}
    return {value for value in found - shown if len(value) >= IN_ANY_TEXT and not value.isspace()}


def _values(content: dict[str, Any]) -> Iterator[str]:
    for field, value in content.items():
        if isinstance(value, dict):
            yield from _values(value)
        elif value is not None and PERSONAL.search(field):
            yield str(value).removesuffix("T00:00:00Z")


class Search:
    """The search for personal values. It finds them as words, however they are written in JSON."""

    def __init__(self, values: set[str]) -> None:
        written = {form for value in values for form in (value, json.dumps(value)[1:-1])} | {PLANTED}
        words = "|".join(re.escape(value) for value in sorted(written, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![^\W_])(?:{CANARY}\d*|(?:{words})(?![^\W_]))")
        self.read = 0

    def found(self, text: str) -> set[str]:
        """Return the values that are in a text."""
        self.read += len(text)
        # \n and \t as JSON and repr write them would make one word of two
        return set(self._pattern.findall(re.sub(r"\\[nrt]", " ", text)))


def places(home: Path, vault: Path, mails: Path) -> Iterator[tuple[str, str, str]]:
    """Yield kind of place, place and text: logs, both databases, mails, the vault, folders for temporary files."""
    for kind, files in (
        ("log", [*home.glob("*.log"), *(home / "logs").rglob("*")]),
        ("vault", [*vault.rglob("*")]),
        ("temporary file", [*(home / "tmp").rglob("*")]),
    ):
        for path in files:
            yield kind, f"the name {path}", path.name
            if path.is_file():
                yield kind, str(path), path.read_bytes().decode(errors="replace")
    for path in (home / "airflow.db", home / "ledger.db"):
        with sqlite3.connect(path) as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                # as a reader sees them: what Airflow serializes into bytes is text too
                rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
                yield path.stem, f"{path.name} {name}", "\n".join(_text(value) for row in rows for value in row)
    for path in mails.rglob("*.eml"):
        message = message_from_bytes(path.read_bytes())
        yield "mail", str(path), "\n".join([str(message["subject"]), *_bodies(message)])


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _bodies(message: Message) -> Iterator[str]:
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content.decode(errors="replace")
