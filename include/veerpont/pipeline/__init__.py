"""Plan, extract, transform, load: the way of a record (DESIGN section 3). Plain Python; the DAGs call it."""
