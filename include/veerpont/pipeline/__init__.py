"""Plan, extract, transform, load: the way of a record. Plain Python; the DAGs call it."""
