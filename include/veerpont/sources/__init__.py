"""The systems that rows come from, one folder each."""
