"""Who hears of what, once: the words for people, alerts when something breaks and when it is well.

Airflow is imported inside functions only, and only here: the rest is plain Python.
"""
