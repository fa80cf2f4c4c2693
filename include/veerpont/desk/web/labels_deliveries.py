"""What the page of a delivery says of sending it again: Dutch, English."""

from __future__ import annotations

DELIVERY_LABELS: dict[str, tuple[str, str]] = {
    "deliveries.resend": ("Opnieuw sturen…", "Send again…"),
    "ask.resend": ("Levering {id} opnieuw sturen?", "Send delivery {id} again?"),
    "ask.resend_means": (
        "Hetzelfde bestand ({count} records) gaat nog eens, onder dezelfde naam; staat het nog bij het portaal, dan "
        "gebeurt daar niets.",
        "The same file ({count} records) goes once more, by the same name; if the portal still has it there, nothing "
        "happens to it.",
    ),
    "ask.resend_do": ("Opnieuw sturen", "Send again"),
    "said.resend": ("Levering {id} gaat opnieuw.", "Delivery {id} goes again."),
}

DELIVERY_REFUSALS_NL = {
    "resend_newer": "Het portaal nam een nieuwere levering dan {id} aan, en deze zou terugdraaien wat die bracht.",
    "resend_purged": "Een werkgever in levering {id} is niet meer actief: ze zou diens regels weer brengen.",
    "resend_no_file": "Van levering {id} is het bestand niet meer bewaard.",
    "resend_not_accepted": "Alleen een levering die het portaal aannam kan opnieuw; {id} is dat niet.",
    "resend_unfinished": "Levering {other} van deze flow is nog niet af: de volgende run doet die eerst.",
    "resend_calls": "Levering {id} vertelde {portal} wat toen anders was; de volgende run vertelt wat nu anders is. "
    "Een bestand met uren haalt u hier op.",
    "resend_damaged": "Het bestand van levering {id} in de kluis is niet het bestand dat is verstuurd.",
}
