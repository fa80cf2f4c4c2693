"""What the portal says of a file it was given, read back."""
