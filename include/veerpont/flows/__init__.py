"""What is particular about each flow, and what all of them hand to the engine."""
