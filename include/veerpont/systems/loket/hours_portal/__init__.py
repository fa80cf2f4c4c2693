"""Loket payroll as what hours are delivered to: a csv that people import, or its API.

Facts: docs/reference/loket.md, 3.10 and 5.
"""
