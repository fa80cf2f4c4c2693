"""A portal that takes records over HTTP, one answer for each (docs/json-api.yaml)."""
