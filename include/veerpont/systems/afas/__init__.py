"""AFAS Profit: hook → client → reader → rows → records. Facts: docs/reference/afas.md."""
