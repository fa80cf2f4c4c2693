"""The words of Xpert Suite: what it refuses of the periods of a case."""

from veerpont.model.texts import Reason

REASONS: dict[str, Reason] = {
    "too_many_decimals": Reason(
        ("Te veel decimalen", "Too many decimals"),
        (
            "Een percentage van het geval heeft meer dan twee decimalen.",
            "A percentage of the case has more than two decimals.",
        ),
        "source",
        "source",
    ),
    "open_period_not_last": Reason(
        ("Open periode niet de laatste", "Open period not last"),
        (
            "Een periode loopt door terwijl er nog een op volgt.",
            "A period of the case goes on although another one follows it.",
        ),
        "source",
        "source",
    ),
    "overlapping_periods": Reason(
        ("Perioden overlappen", "Periods overlap"),
        (
            "Een periode begint voordat de vorige is geëindigd.",
            "A period of the case begins before the one before it has ended.",
        ),
        "source",
        "source",
    ),
}
