"""The desk's four pages, one module each."""
