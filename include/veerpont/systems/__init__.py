"""The outside systems, one folder each, and what they share: HTTP, SFTP, mail, workbooks, fields of rows."""
