"""Xpert Suite (Otherside at Work): complete files over SFTP (reference sheet xpert-suite.md)."""
