"""What we speak about: flows, records, lines, fates and failures. Imports nothing of ours."""
