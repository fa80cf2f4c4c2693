"""What the forms of acts carry. A page's own fields stand in its model; the names are those of the templates."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Word = Annotated[str, Field(max_length=300)]
Token = Annotated[str, Field(max_length=200)]


class ActForm(BaseModel):
    """What the form of every act carries: the proof that the desk's own page asked for it (`forgery`)."""

    token: Token = ""


class AnswerForm(ActForm):
    """The answer to a question about rows of one integration: what to do, and what was seen of them."""

    integration: Annotated[Word, Field(min_length=1)]
    seen: Annotated[str, Field(min_length=1, max_length=1_000_000)]
