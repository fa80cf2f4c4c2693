"""Why the desk does not do what somebody asked: a code, by which the catalog has the sentence in each language."""

from veerpont.messages.catalog import say
from veerpont.model.failures import SettingsError


class ActRefusedError(SettingsError):
    """What somebody asked for cannot be done as things are now; `values` are what the sentence names."""

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(say(f"refused.{code}", "en", **values))
        self.code, self.values = code, values
