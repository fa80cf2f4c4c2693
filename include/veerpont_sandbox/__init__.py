"""AFAS, the portal and a mail server on this machine, with invented customers.

A second reading of docs/reference: it knows none of the rooms it imitates (docs/decisions/0019).
"""
