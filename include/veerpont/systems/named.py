"""How people are told which connection it is."""

from veerpont.model.messages import Message, coded

SOME_CONNECTION = coded("connection.some", "the connection")


def airflow_connection(connection: str) -> Message:
    """Return what a connection of Airflow is called in a sentence."""
    return coded("connection.airflow", "Airflow connection {connection}", connection=connection)
