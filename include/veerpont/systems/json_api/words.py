"""The words of the JSON API: what a portal refuses by it."""

from veerpont.model.texts import Reason, Text

TEXTS: dict[str, Text] = {
    "who.engineer": (
        "Een ontwikkelaar: dit is meer dan het portaal aanneemt, en in de bron is het niet kleiner te maken.",
        "An engineer: this is more than the portal takes, and nobody can make it smaller at the source.",
    ),
}

REASONS: dict[str, Reason] = {
    "too_large": Reason(
        ("Te veel onderdelen", "Too many parts"),
        (
            "Het record heeft meer onderdelen dan het portaal in één keer aanneemt.",
            "The record has more parts than the portal takes in one call.",
        ),
        "engineer",
        "source",
    ),
    "refused": Reason(
        ("Geweigerd door het portaal", "Refused by the portal"),
        (
            "Het portaal weigerde dit record zonder een code die wij kennen.",
            "The portal refused this record without a code that we know.",
        ),
        "portal",
        "refused",
    ),
    "invalid_value": Reason(
        ("Waarde geweigerd door het portaal", "Value refused by the portal"),
        (
            "Het portaal neemt een dergelijke waarde in dit veld niet aan.",
            "The portal takes no such value in this field.",
        ),
        "portal",
        "refused",
    ),
    "unknown_department": Reason(
        ("Afdeling onbekend bij het portaal", "Department unknown to the portal"),
        ("Het portaal heeft de afdeling nog niet.", "The portal does not have the department yet."),
        "portal",
        "refused",
    ),
    "unknown_person": Reason(
        ("Persoon onbekend bij het portaal", "Person unknown to the portal"),
        (
            "Het portaal heeft de persoon niet bij wie dit hoort.",
            "The portal does not have the person that this belongs to.",
        ),
        "portal",
        "refused",
    ),
}
