"""What a mail server's refusal means. No message names an address, and what smtplib says may hold one."""

import smtplib
import ssl
from collections.abc import Mapping

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.messages import Words, coded

IMPLICIT_TLS = 465
"""The port on which a mail server expects TLS from the first byte."""


def failure(
    error: Exception, connection: str, extra: Mapping[str, object], port: int | None, what: Words
) -> VeerpontError:
    """Return the error for whatever went wrong with sending `what` over the connection."""
    if isinstance(error, VeerpontError):
        return error
    reason = _reason(error, extra, port)
    if reason is None:
        return PassingError(
            coded(
                "mail.not_taken", "The mail server did not take {what} ({kind}).", what=what, kind=type(error).__name__
            )
        )
    return SettingsError(f"The mail server of the connection {connection} {reason}. ({type(error).__name__})")


def _reason(error: Exception, extra: Mapping[str, object], port: int | None) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "shows a certificate that does not hold: correct its host, or have the certificate renewed"
    if isinstance(error, ssl.SSLError):
        return "does not speak TLS from the first byte on this port: set disable_ssl in its extra to true for STARTTLS"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return (
            "does not offer what the connection asks for, STARTTLS or a login: use port 465 with disable_ssl false, or "
            "set disable_tls in its extra to true where the server is on a network of your own"
        )
    if isinstance(error, smtplib.SMTPServerDisconnected | TimeoutError) and port == IMPLICIT_TLS and _on(extra):
        return "expects TLS from the first byte on port 465: set disable_ssl in its extra to false"
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return "refuses login or password"
    if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code >= 500:
        return "refuses who sends, the from_email in its extra"
    return None


def _on(extra: Mapping[str, object]) -> bool:
    return str(extra.get("disable_ssl", "false")).lower() == "true"
