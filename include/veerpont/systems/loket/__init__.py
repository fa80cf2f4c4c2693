"""Loket.nl as a source: its REST API, version 2 (loket.md)."""
