"""What people do: look at runs, rejects, employers and deliveries, and decide. UI, command line and DAGs call this."""
