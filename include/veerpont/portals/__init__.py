"""The portals that lines go to, one folder each."""
