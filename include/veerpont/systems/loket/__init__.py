"""Loket.nl as a source: its REST API, version 2 (docs/reference/loket.md)."""
