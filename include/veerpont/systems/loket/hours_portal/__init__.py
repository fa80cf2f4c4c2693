"""Loket payroll as what hours are delivered to: a csv that people import, or its API (loket.md sections 3.10 and 5)."""
