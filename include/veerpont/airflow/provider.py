"""What Airflow must know of this package: the connection types and their forms."""

from importlib.metadata import version
from importlib.util import find_spec
from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Return the provider description that Airflow reads through the entry point."""
    info = {
        "package-name": "veerpont",
        "name": "Veerpont",
        "description": "HR data from AFAS Profit and Loket.nl to absence portals.",
        "versions": [version("veerpont")],
        "connection-types": [_AFAS, _LOKET, _OBJECT_STORAGE],
    }
    if find_spec("openlineage"):
        info["asset-uris"] = [_LINEAGE]
    return info


_LINEAGE = {"schemes": ["veerpont"], "handler": None, "to_openlineage_converter": "veerpont.airflow.lineage.dataset"}

_AFAS = {
    "connection-type": "afas",
    "hook-name": "AFAS Profit (Veerpont)",
    "hook-class-name": "veerpont.systems.afas.hook.AfasHook",
    "ui-field-behaviour": {
        "hidden-fields": ["schema", "port"],
        "relabeling": {"host": "Base URL", "login": "Member number", "password": "Token"},
        "placeholders": {
            "host": "empty for AFAS Online; else a base URL without /ProfitRestServices",
            "login": "12345",
            "password": "<token><version>1</version><data>…</data></token>, or its data; empty with OAuth",
        },
    },
    "conn-fields": {
        "environment": {
            "label": "Environment",
            "description": "Which AFAS Online servers to call; not used when a base URL is given.",
            "schema": {
                "type": ["string", "null"],
                "enum": ["production", "test", "accept"],
                "default": "production",
            },
        },
        "client_id": {
            "label": "OAuth client id",
            "description": "Together with the client secret: OAuth client credentials instead of a token.",
            "schema": {"type": ["string", "null"]},
        },
        "client_secret": {
            "label": "OAuth client secret",
            "schema": {"type": ["string", "null"], "format": "password"},
        },
        "integration_id": {
            "label": "Integration id",
            "description": "Only for AFAS partners: sent with each call as IntegrationId.",
            "schema": {"type": ["string", "null"]},
        },
    },
}

_LOKET = {
    "connection-type": "loket",
    "hook-name": "Loket.nl (Veerpont)",
    "hook-class-name": "veerpont.systems.loket.hook.LoketHook",
    "ui-field-behaviour": {
        "hidden-fields": ["schema", "port"],
        "relabeling": {"host": "Base URL", "login": "Client id", "password": "Client secret"},
        "placeholders": {
            "host": "empty for Loket.nl; else a base URL with /v2, and a token URL below",
            "login": "the client id that Loket issued",
            "password": "the client secret; empty when the client has none",
        },
    },
    "conn-fields": {
        "environment": {
            "label": "Environment",
            "description": "Which servers of Loket to call; not used when a base URL is given.",
            "schema": {"type": ["string", "null"], "enum": ["production", "acceptance"], "default": "production"},
        },
        "refresh_token": {
            "label": "First refresh token",
            "description": "Only where there is one already; else leave it empty and run `veerpont loket authorise`. "
            "The ones that follow it are kept in the ledger, encrypted.",
            "schema": {"type": ["string", "null"], "format": "password"},
        },
        "token_url": {
            "label": "Token URL",
            "description": "Empty for Loket.nl; needed beside a base URL.",
            "schema": {"type": ["string", "null"]},
        },
        "redirect_uri": {
            "label": "Redirect URI",
            "description": "The one that Loket has registered for the client: `veerpont loket authorise` uses it.",
            "schema": {"type": ["string", "null"]},
        },
    },
}

_OBJECT_STORAGE = {
    "connection-type": "object_storage",
    "hook-name": "Object storage (Veerpont)",
    "hook-class-name": "veerpont.systems.files.hook.ObjectStorageHook",
    "ui-field-behaviour": {
        "hidden-fields": ["schema", "port"],
        "relabeling": {"host": "Address", "login": "Key", "password": "Secret"},
        "placeholders": {
            "host": "s3://bucket/prefix",
            "login": "the access key; only of S3, other storage has its options below",
            "password": "the secret that belongs to it",
        },
    },
    "conn-fields": {
        "endpoint_url": {
            "label": "Endpoint URL",
            "description": "Where S3 is not Amazon's; empty otherwise.",
            "schema": {"type": ["string", "null"]},
        },
    },
}
