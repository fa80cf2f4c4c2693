"""The `veerpont` command, one file for each group of commands."""
