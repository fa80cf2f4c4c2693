"""what people do with rejects, and what was told once"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("integration", sa.String(length=100), nullable=False),
        sa.Column("flow", sa.String(length=30), nullable=False),
        sa.Column("to", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("well_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("well_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alerts_open", "alerts", ["subject", "well_at"], unique=False)
    op.create_table(
        "reject_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration", sa.String(length=100), nullable=False),
        sa.Column("flow", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("employer", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("integration", "flow", "reason", "employer", "code"),
    )
    op.create_table(
        "reject_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reject_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("by", sa.String(length=250), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reject_events_reject_id", "reject_events", ["reject_id"], unique=False)
    with op.batch_alter_table("employers") as employers:
        employers.add_column(sa.Column("people", sa.Integer(), nullable=True))
    with op.batch_alter_table("rejects") as rejects:
        rejects.add_column(sa.Column("employer", sa.String(length=255), server_default="", nullable=False))
        rejects.add_column(sa.Column("owner", sa.String(length=200), nullable=True))
        rejects.add_column(sa.Column("note", sa.Text(), nullable=True))
        rejects.add_column(sa.Column("ignored_for", sa.Text(), nullable=True))
        rejects.add_column(sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("rejects") as rejects:
        for name in ("retry_at", "ignored_for", "note", "owner", "employer"):
            rejects.drop_column(name)
    with op.batch_alter_table("employers") as employers:
        employers.drop_column("people")
    op.drop_table("reject_events")
    op.drop_table("reject_codes")
    op.drop_table("alerts")
