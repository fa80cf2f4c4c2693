"""the codes and facts of what a reject says"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rejects", sa.Column("detail_codes", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("rejects", "detail_codes")
