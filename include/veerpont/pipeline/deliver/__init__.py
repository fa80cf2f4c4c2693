"""Bring across what load decided: fixed in the ledger first, proved, and only then said to be told."""
