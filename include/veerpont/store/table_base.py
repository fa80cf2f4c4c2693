"""What all tables of the ledger share: how they keep a time and a text, and what is of one flow of one integration."""

from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from veerpont.model.messages import Message, Words, dump, load

NOT_IN_HAND = MappingProxyType({"synchronize_session": False})
"""For a statement that deletes or changes rows of which its session holds no object: SQLAlchemy need not look."""


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


class Worded:
    """What has a message: its English in `message`, and the codes and facts of it as JSON (model.messages).

    What is a text, and rows of before there were codes, have none: they are shown as they are.
    """

    message_codes: Mapped[str | None]

    @property
    def words(self) -> Words | None:
        """The message, as it can be said in the reader's language."""
        text: str | None = getattr(self, "message", None)
        return load(text, self.message_codes) if text and self.message_codes else text

    @words.setter
    def words(self, words: Words | None) -> None:
        text = None if words is None else str(words)
        setattr(self, "message", text)  # noqa: B010 -- declared by the tables, in some of which it is never empty
        self.message_codes = dump(words) if isinstance(words, Message) and text else None


class Scoped:
    """What is of one flow of one integration to one portal (store.scope)."""

    integration: Mapped[str] = mapped_column(String(100))
    flow: Mapped[str] = mapped_column(String(30))
    portal: Mapped[str] = mapped_column(String(30))
