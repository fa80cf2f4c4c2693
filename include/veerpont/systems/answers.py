"""What sources have in common when they look up a connection."""

import threading

ONE_CONNECTION = threading.Lock()
"""Held while a connection is looked up: Airflow keeps the secrets to mask in a place that knows no threads."""
