"""AFAS Profit's REST API, as `reference/afas.md` describes it (its section 10 is the checklist)."""
