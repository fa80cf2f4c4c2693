"""What the entry of this portal says under `settings`, and the certificate in it."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate, load_pem_x509_certificate
from pydantic import Field, ValidationError

from veerpont.config.integration import Integration
from veerpont.config.section import Section
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.store.clock import now
from veerpont.systems.portal import entry

NAME = "files"
WARN_BEFORE = timedelta(days=30)
_SMALLEST_KEY = 2048


class FilesSettings(Section):
    """`folder`: where deliveries go, below what the connection says. `encrypt_for`: the receiver's certificate, PEM."""

    format: Literal["csv", "parquet"] = "csv"
    folder: Annotated[str, Field(pattern=r"^(/?\w[\w. -]*)*/?$")] = ""
    encrypt_for: str | None = None

    def certificate(self) -> Certificate | None:
        """Return the receiver's certificate; None: not encrypted. Raises SettingsError when it is of no use."""
        return None if self.encrypt_for is None else _certificate(self.encrypt_for)


def read(integration: Integration, flow: Flow) -> FilesSettings:
    """Return the settings of this portal. Raises SettingsError with everything that is wrong, without the values."""
    try:
        found = FilesSettings.model_validate(entry(integration, flow, NAME).settings)
    except ValidationError as error:
        raise SettingsError(
            " ".join(
                f"portals: {NAME}: settings.{'.'.join(map(str, item['loc']))}: {item['msg']}."
                for item in error.errors(include_input=False, include_url=False)
            )
        ) from None
    if found.encrypt_for is None and not integration.is_sandbox:
        raise SettingsError(
            f"portals: {NAME}: settings.encrypt_for is missing: these are salaries, so in production they are "
            "encrypted for the receiver. Ask it for an X.509 certificate with an RSA key, in PEM."
        )
    found.certificate()
    return found


def ending(certificate: Certificate) -> str | None:
    """Return what to say of a certificate that ends within a month."""
    end = certificate.not_valid_after_utc
    if end - now() > WARN_BEFORE:
        return None
    return (
        f"portals: {NAME}: the certificate in settings.encrypt_for ends on {end:%Y-%m-%d}; from then on nothing is "
        "delivered. Ask the receiver for its next one now."
    )


def _certificate(pem: str) -> Certificate:
    if "PRIVATE KEY" in pem:
        raise _wrong("holds a private key: that one stays with the receiver. Take it out, and ask for another pair")
    try:
        certificate = load_pem_x509_certificate(re.sub(r"\\n", "\n", pem).strip().encode())
        key = certificate.public_key()
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except ValueError:
        raise _wrong("is no X.509 certificate in PEM: it reads `-----BEGIN CERTIFICATE-----` and so on") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        raise _wrong(f"is of a kind that is not supported: ask for one with an RSA key of {_SMALLEST_KEY} bits or more")
    if end <= now():
        raise _wrong(f"ended on {end:%Y-%m-%d}: ask the receiver for its new one")
    if begin > now():
        raise _wrong(f"only begins on {begin:%Y-%m-%d}: use the one that holds until then")
    return certificate


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"portals: {NAME}: the certificate in settings.encrypt_for {what}.")
