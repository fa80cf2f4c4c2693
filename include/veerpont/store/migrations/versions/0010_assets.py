"""whether Airflow's asset was told of a delivery"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # what was delivered before there were assets is no news
    op.add_column("deliveries", sa.Column("announced", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.drop_column("deliveries", "announced")
