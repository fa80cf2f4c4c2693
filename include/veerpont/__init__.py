"""Veerpont carries HR data from AFAS Profit and Loket.nl to absence portals."""
