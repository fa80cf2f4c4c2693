"""The ledger (a small database: runs, deliveries, rejects, employers, leases) and the vault (big, encrypted files)."""
