"""A third portal, for the kits: complete csv files in a folder, with columns of its own."""
