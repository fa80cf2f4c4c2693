"""short texts of a flow, which stood among the pointers to the vault"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# what led to the vault at that time: all else was a short text
KINDS = "'snapshot','missing','refused','schema','forgotten','index','logins','contracts','history','known'"
IS_NOTE = f"kind NOT IN ({KINDS}) AND kind NOT LIKE 'trail %' AND kind NOT LIKE 'sent %'"
COLUMNS = "integration, flow, portal"


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration", sa.String(length=100), nullable=False),
        sa.Column("flow", sa.String(length=30), nullable=False),
        sa.Column("portal", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("integration", "flow", "portal", "name"),
    )
    op.execute(
        f"INSERT INTO notes ({COLUMNS}, name, value, at) "  # noqa: S608  # our own names
        f"SELECT {COLUMNS}, kind, sequence, at FROM pointers WHERE {IS_NOTE} ORDER BY id"
    )
    op.execute(f"DELETE FROM pointers WHERE {IS_NOTE}")  # noqa: S608  # the same


def downgrade() -> None:
    op.execute(
        f"INSERT INTO pointers ({COLUMNS}, kind, sequence, at) "  # noqa: S608  # the same
        f"SELECT {COLUMNS}, name, value, at FROM notes ORDER BY id"
    )
    op.drop_table("notes")
