"""What a load did to which record: written by each load, read by `veerpont trace`."""
