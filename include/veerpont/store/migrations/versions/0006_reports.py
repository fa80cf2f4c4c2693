"""what the portal's report said of a delivery, and by when it should be there"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("rejected", sa.Integer(), server_default="0", nullable=False))
    op.add_column("deliveries", sa.Column("report_due", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("deliveries", "report_due")
    op.drop_column("deliveries", "rejected")
