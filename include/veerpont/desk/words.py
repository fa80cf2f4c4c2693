"""The words for people, in Dutch and English. They stand with the mails, which rooms below the desk send as well."""

from veerpont.alerts.words import HOLDS, LANGUAGES, WAYS, Language, ReasonWords, reason, word

__all__ = ["HOLDS", "LANGUAGES", "WAYS", "Language", "ReasonWords", "reason", "word"]
