"""Xpert Suite (Otherside at Work): complete files over SFTP (docs/reference/xpert-suite.md)."""
