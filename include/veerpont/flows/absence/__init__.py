"""Absence: what to ask of the source, the history of what it showed, and the cases that a portal gets of it."""
