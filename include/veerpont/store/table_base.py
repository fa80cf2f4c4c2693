"""What all tables of the ledger share: how they keep a time and a text, and what is of one flow of one integration."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, also on SQLite, which forgets the zone: there one of another zone would compare as text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None and value.tzinfo is not None else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Moment, str: Text}  # noqa: RUF012 -- SQLAlchemy reads it as a class attribute

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, 'id', '')})"


class Scoped:
    """What is of one flow of one integration to one portal (store.scope)."""

    integration: Mapped[str] = mapped_column(String(100))
    flow: Mapped[str] = mapped_column(String(30))
    portal: Mapped[str] = mapped_column(String(30))
