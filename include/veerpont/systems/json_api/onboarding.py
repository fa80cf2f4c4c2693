"""A new customer at a portal with our JSON API."""

from veerpont.systems.onboarding import NewCustomer


def settings(_new: NewCustomer) -> str:
    """Return nothing: the connection says all."""
    return ""


def connection(new: NewCustomer) -> str:
    """Return the connection with the portal's token."""
    name = new.connection.upper()
    return f"""# The portal's base URL and bearer token
export AIRFLOW_CONN_{name}='{{"conn_type": "http", "host": "https://portal.example/veerpont", "password": "TOKEN"}}'
"""


def letter(new: NewCustomer) -> str:
    """Return the letter to the portal's developers."""
    flows = ", ".join(new.flows)
    return f"""# JSON API voor de koppeling van {new.customer}

Voor de ontwikkelaars van het portaal. Wij sturen {flows} volgens `docs/json-api.yaml` (OpenAPI): elke aanroep met een
sleutel tegen dubbel verwerken, en met een antwoord per record.

1. Geef ons de basis-URL (https) en een bearer-token voor {new.customer}, langs twee verschillende wegen.
2. Laat ons weten hoeveel aanroepen per minuut u aankunt.
"""
