"""AFAS Profit: hook → client → reader → rows → records. The facts are in the project's AFAS fact sheet (afas.md)."""
