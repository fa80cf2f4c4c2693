"""The absence portal: files over SFTP, imported as Xpert Suite does (xpert-suite.md sections 1, 2, 7 and 8)."""
