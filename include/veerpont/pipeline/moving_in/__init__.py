"""A portal that is in use: what is there, against what we told it or would."""
