"""how often the sources were asked"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_calls",
        sa.Column("integration", sa.String(length=100), nullable=False),
        sa.Column("flow", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "flow", "day"),
    )


def downgrade() -> None:
    op.drop_table("source_calls")
