"""Why the desk does not do what somebody asked: a sentence, and a code by which a page finds it in other languages."""

from veerpont.model.failures import SettingsError


class ActRefusedError(SettingsError):
    """What somebody asked for cannot be done as things are now; `values` are what the sentence names."""

    def __init__(self, code: str, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.code, self.values = code, values
