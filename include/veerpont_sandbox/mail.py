"""A mail server that keeps what it gets: one `.eml` file per message."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mail:
    """The mail that was sent, in `folder`, oldest first by name."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.host = "127.0.0.1"
        self.port = port
        self._server = Controller(self, hostname=self.host, port=port)

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        number = len(list(self.folder.glob("*.eml"))) + 1
        content = envelope.content or b""
        (self.folder / f"{number:05}.eml").write_bytes(content if isinstance(content, bytes) else content.encode())
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        """Return every message, oldest first."""
        policy = email.policy.default
        return [email.message_from_bytes(p.read_bytes(), policy=policy) for p in sorted(self.folder.glob("*.eml"))]

    def clear(self) -> None:
        """Throw the messages away."""
        for path in self.folder.glob("*.eml"):
            path.unlink()
