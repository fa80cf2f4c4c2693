"""Mailing a file of hours by the connection `smtp_default`. Only this file of the portal knows Airflow.

The one mail with personal data in it (payroll numbers and hours), so nothing but TLS to a server whose certificate
holds will do.
"""

from collections.abc import Sequence
from email.mime.application import MIMEApplication
from html import escape
from typing import Any

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk.exceptions import AirflowNotFoundException

from veerpont.model.failures import SettingsError
from veerpont.model.messages import coded
from veerpont.systems.smtp import failure

CONNECTION = "smtp_default"

_CHOICES = (
    "Collectieve mutaties > Importeren > Variabele gegevens. Jaar {year}, periode {period}, bestandstype CSV, actie "
    "Overschrijven, verdelingseenheid {unit}."
)
_WORDS = {
    "nl": f"Importeer de bijlage in Loket: {_CHOICES} Verwijder dit bericht daarna.",
    "en": f"Import the attachment in Loket: {_CHOICES} Delete this message afterwards.",
}


class _WithFile(SmtpHook):
    """Attaches from memory: no file of ours touches a disk. Tries once, for a second try could be a second mail."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(CONNECTION)
        self._file = MIMEApplication(content, "csv", Name=name)
        self._file.add_header("Content-Disposition", "attachment", filename=name)

    @property
    def smtp_retry_limit(self) -> int:
        return 0

    def _build_mime_message(self, *args: Any, **kwargs: Any) -> Any:
        message, recipients = super()._build_mime_message(*args, **kwargs)
        message.attach(self._file)
        return message, recipients


def require_tls() -> None:
    """Raise SettingsError unless the connection exists, says who sends, and speaks TLS with a checked certificate."""
    try:
        extra = SmtpHook(CONNECTION).get_connection(CONNECTION).extra_dejson
    except AirflowNotFoundException:
        raise SettingsError(
            coded(
                "loket.no_mail_connection",
                "hours.mail.to: there is no connection {connection}; make one of type smtp.",
                connection=CONNECTION,
            )
        ) from None
    if not extra.get("from_email"):
        raise SettingsError(
            coded(
                "loket.no_sender",
                "hours.mail.to: the connection {connection} has no from_email in its extra.",
                connection=CONNECTION,
            )
        )
    if (extra.get("disable_ssl") and extra.get("disable_tls")) or extra.get("ssl_context") == "none":
        raise SettingsError(
            coded(
                "loket.mail_without_tls",
                "hours.mail.to: the connection {connection} does not use TLS with a checked certificate "
                "(disable_ssl, disable_tls, ssl_context), and a file of hours is not sent without it.",
                connection=CONNECTION,
            )
        )


def send(to: Sequence[str], language: str, name: str, content: bytes, unit: bool) -> None:
    """Mail a file, with what to choose in Loket.

    Raises:
        SettingsError: the connection is missing, does not use TLS, or the server never takes what it says.
        PassingError: the server did not take it. The message names no address.
    """
    require_tls()
    _, year, period = name.removesuffix(".csv").rsplit("_", 2)
    text = _WORDS[language].format(year=year, period=int(period), unit="Ja" if unit else "Nee")
    try:
        with _WithFile(name, content) as opened:
            opened.send_email_smtp(
                to=list(to),
                subject=f"Veerpont: {name}",
                html_content=f"<p>{escape(text)}</p>",
                custom_headers={"Auto-Submitted": "auto-generated"},
            )
    except Exception as error:  # noqa: BLE001 -- whatever smtplib says, it may hold addresses
        found = SmtpHook(CONNECTION).get_connection(CONNECTION)
        raise failure(
            error, CONNECTION, found.extra_dejson, found.port, coded("mail.of_hours", "the file of hours")
        ) from None
