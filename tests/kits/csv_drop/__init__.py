"""A third source, for the kits: rows from csv files that somebody drops in a folder."""
