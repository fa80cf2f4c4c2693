"""AFAS, the portal and a mail server on this machine, with invented customers.

A second reading of the reference sheets: it knows none of the rooms it imitates (DESIGN section 5).
"""
