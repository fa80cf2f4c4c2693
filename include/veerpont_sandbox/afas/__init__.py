"""AFAS Profit's REST API, as docs/reference/afas.md describes it."""
