"""The absence portal: files over SFTP, imported as Xpert Suite does (docs/reference/xpert-suite.md, 1, 2, 7 and 8)."""
