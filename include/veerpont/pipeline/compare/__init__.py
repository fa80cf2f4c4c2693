"""What the source shows against what the portal was told: the streams, the decision, and what waits for a person."""
