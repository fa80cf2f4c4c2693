"""What Airflow must know of this package: the connection types and their forms."""

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Return the provider description that Airflow reads through the entry point."""
    return {
        "package-name": "veerpont",
        "name": "Veerpont",
        "description": "HR data from AFAS Profit and Loket.nl to absence portals.",
        "versions": ["0.1.0"],
        "connection-types": [_AFAS],
    }


_AFAS = {
    "connection-type": "afas",
    "hook-name": "AFAS Profit (Veerpont)",
    "hook-class-name": "veerpont.sources.afas.hook.AfasHook",
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
