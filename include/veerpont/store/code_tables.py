"""The tables of the ledger about codes: what people map them to, and how often they are used."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from veerpont.store.table_base import Base


class Mapping(Base):
    """What a code of the source becomes, as a person said it at the desk (store.mappings). Rows are only added.

    `setting`: the table, as in the integration file; `employer` where it has codes by employer. `target` as JSON. It
    counts until somebody took it back, or said something else.
    """

    __tablename__ = "mappings"
    __table_args__ = (
        Index(
            "ix_mappings_current",
            "integration",
            "setting",
            "employer",
            "code",
            unique=True,
            sqlite_where=text("taken_back_at IS NULL"),
            postgresql_where=text("taken_back_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    setting: Mapped[str] = mapped_column(String(60))
    employer: Mapped[str] = mapped_column(String(255))
    code: Mapped[str] = mapped_column(String(60))
    target: Mapped[str]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    taken_back_by: Mapped[str | None] = mapped_column(String(200))
    taken_back_at: Mapped[datetime | None]


class CodeCount(Base):
    """How often the last whole read of a flow had a code, and of how many of these the mapping lacks. Without keys."""

    __tablename__ = "code_counts"
    __table_args__ = (UniqueConstraint("integration", "setting", "employer", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    setting: Mapped[str] = mapped_column(String(60))
    employer: Mapped[str] = mapped_column(String(255))
    code: Mapped[str] = mapped_column(String(60))
    used: Mapped[int]
    lacking: Mapped[int]
    at: Mapped[datetime]
