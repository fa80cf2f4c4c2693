"""What every section of an integration file is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the file: what it does not know is refused, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
