"""What Airflow must know of this package: the connection types and their forms."""

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Return the provider description that Airflow reads through the entry point."""
    return {
        "package-name": "veerpont",
        "name": "Veerpont",
        "description": "HR data from AFAS Profit and Loket.nl to absence portals.",
        "versions": ["0.1.0"],
        "connection-types": [],
    }
