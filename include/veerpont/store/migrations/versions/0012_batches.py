"""who is in which batch, and what a run of a batch has in hand"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("integration", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("integration"),
    )
    op.create_table(
        "in_hand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration", sa.String(length=100), nullable=False),
        sa.Column("flow", sa.String(length=30), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("handed", sa.Text(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("away", sa.String(length=100), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("integration", "flow", "run_id"),
    )
    op.create_index("ix_in_hand_run", "in_hand", ["flow", "run_id"])


def downgrade() -> None:
    op.drop_index("ix_in_hand_run", table_name="in_hand")
    op.drop_table("in_hand")
    op.drop_table("batches")
