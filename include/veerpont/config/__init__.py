"""Integration files (one customer each) and settings from the environment."""
