"""The OAuth tokens of connections, changed by compare-and-swap: of two that refresh neither loses the newest one."""

from datetime import datetime
from typing import TypedDict

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Token


class TokenContent(TypedDict):
    """What is stored of a connection's tokens; see `tables.Token`."""

    client: str
    first: str
    refresh: str
    access: str | None
    expires_at: datetime | None
    refused: bool


def find(session: Session, connection: str, client: str, first: str) -> Token | None:
    """Return the tokens of a connection.

    A connection that is tested in Airflow's form has a passing name: then its client, and the token that a person gave
    it, tell which one it is, as long as they tell one.
    """
    row = session.get(Token, connection)
    if row is not None:
        return row
    query = select(Token).where(Token.client == client)
    found = session.scalars(query.where(Token.first == first) if first else query).all()
    return found[0] if len(found) == 1 else None


def swap(ledger: Ledger, connection: str, number: int | None, content: TokenContent) -> bool:
    """Store the tokens of a connection; False when somebody else changed them since they had `number`.

    Args:
        number: what was read with the tokens that these replace; None when there were none.
    """
    try:
        with ledger.session() as session:
            if number is None:
                session.add(Token(connection=connection, number=1, at=now(), **content))
                return True
            known = (Token.connection == connection) & (Token.number == number)
            changed = update(Token).where(known).values(number=number + 1, at=now(), **content)
            return session.execute(changed.returning(Token.connection)).first() is not None
    except IntegrityError:
        return False  # somebody else was first
