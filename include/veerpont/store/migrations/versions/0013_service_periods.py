"""the days on which an employer is served"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("employers", sa.Column("service_from", sa.Date(), nullable=True))
    op.add_column("employers", sa.Column("service_until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("employers", "service_until")
    op.drop_column("employers", "service_from")
