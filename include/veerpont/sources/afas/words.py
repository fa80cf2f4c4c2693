"""AFAS's words and codes for what our records spell in one way."""

_GENDERS = {
    **dict.fromkeys(("man", "m"), "Man"),
    **dict.fromkeys(("vrouw", "v"), "Vrouw"),
    **dict.fromkeys(("onbekend", "o"), "Onbekend"),
    **dict.fromkeys(("non-binair", "x"), "Non-binair"),
}


def gender_word(text: str | None) -> str | None:
    """Return Man, Vrouw, Onbekend or Non-binair for a description or a code, in any case; None when it is neither."""
    return _GENDERS.get(text.casefold()) if text else None
