"""Alembic's entry: runs on the connection that `Ledger.migrate` hands over."""

from alembic import context

from veerpont.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Run.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
