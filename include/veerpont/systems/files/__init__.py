"""Tables as files with a manifest, on SFTP or object storage, for a receiver that takes payroll data."""
