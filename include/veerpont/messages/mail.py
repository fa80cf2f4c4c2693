"""Sending a mail by Airflow's SMTP connection, as plain text and HTML."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.mime.text import MIMEText
from typing import Any

from veerpont.messages import layout
from veerpont.model.failures import SettingsError
from veerpont.model.messages import coded
from veerpont.systems.smtp import failure

CONNECTION = "smtp_default"


@dataclass(frozen=True)
class Letter:
    """What is sent to whom. Addresses never show in a repr: they belong in no log."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str

    def __repr__(self) -> str:
        return f"Letter({self.subject!r})"


Post = Callable[[Letter], None]


def letter(to: tuple[str, ...], subject: str, page: layout.MailPage) -> Letter:
    """Return the letter that shows a page."""
    return Letter(to, " ".join(subject.split()), layout.text(page), layout.html(page))


def send(one: Letter) -> None:
    """Send a letter by the connection `smtp_default`.

    Raises:
        SettingsError: there is no such connection, it does not say who sends (`from_email`), or the server never takes
            what it says (TLS mode, login, sender).
        PassingError: the server did not take it. The message names no address.
    """
    with _server(one.text) as opened:
        opened.send_email_smtp(to=list(one.to), subject=one.subject, html_content=one.html, mime_subtype="alternative")


def try_connection() -> None:
    """Log in to the mail server; nothing is sent. Raises as `send` does."""
    with _server(""):
        pass


@contextmanager
def _server(plain: str) -> Iterator[Any]:
    """Open the connection; its mails have the plain text besides the HTML. Raises as `send` does."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415 -- Airflow only where it runs
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415 -- the same

    class Both(SmtpHook):
        """Puts the plain text before the HTML; tries once, for a second try could be a second mail."""

        @property
        def smtp_retry_limit(self) -> int:
            return 0

        def _build_mime_message(self, *args: Any, **kwargs: Any) -> Any:
            message, recipients = super()._build_mime_message(*args, **kwargs)
            rich = message.get_payload()
            message.set_payload([MIMEText(plain, "plain", "utf-8"), *rich])
            message["Auto-Submitted"] = "auto-generated"
            return message, recipients

    try:
        hook = Both(CONNECTION)
        connection = hook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        raise SettingsError(f"There is no connection {CONNECTION}: make one of type smtp to send mail.") from None
    if not connection.extra_dejson.get("from_email"):
        raise SettingsError(f"The connection {CONNECTION} has no from_email: say in its extra who sends the mail.")
    try:
        with hook as opened:
            yield opened
    except Exception as error:  # noqa: BLE001 -- whatever smtplib says, it may hold addresses
        raise failure(
            error, CONNECTION, connection.extra_dejson, connection.port, coded("mail.mail", "the mail")
        ) from None
