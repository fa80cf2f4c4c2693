"""the codes and facts of what runs, alerts and the desk's work say"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("runs", "alerts", "desk_work"):
        op.add_column(table, sa.Column("message_codes", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("runs", "alerts", "desk_work"):
        op.drop_column(table, "message_codes")
