"""The words of AFAS: its token that ends, and the reasons of payroll data."""

from veerpont.model.texts import Reason, Text

TEXTS: dict[str, Text] = {
    "alert.expiry": ("Het AFAS-token van {name} verloopt", "The AFAS token of {name} is about to expire"),
    "alert.well_expiry": ("Het AFAS-token van {name} is vervangen", "The AFAS token of {name} was replaced"),
    "alert.token": (
        "De klassieke tokens van AFAS vervallen op {end}, over {days} {days:dag|dagen}. Laat bij AFAS een "
        "OAuth-client maken en zet client_id en client_secret in de verbinding {connection}.",
        "The classic tokens of AFAS end on {end}, in {days} {days:day|days}. Have an OAuth client made in AFAS, and "
        "put its client_id and client_secret into the connection {connection}.",
    ),
    "who.kvk": (
        "U, met de klant: het KvK-nummer hoort bij Codes van deze klant (of in het integratiebestand, payroll.kvk) en "
        "bij de werkgever in het bronsysteem.",
        "You, with the customer: the KvK number belongs under Codes of this customer (or in the integration file, "
        "payroll.kvk) and with the employer in the source system.",
    ),
    "who.receiver": (
        "U: vraag de ontvanger of hij deze kolommen aankan, en geef de levering dan vrij aan de balie.",
        "You: ask the receiver whether these columns are all right, then release the delivery at the desk.",
    ),
    "closes.kvk": (
        "Bij de eerste run waarin het nummer er is en aan beide kanten hetzelfde is.",
        "By the first run in which the number is there and the same on both sides.",
    ),
    "closes.filter": (
        "Bij de eerste run waarin elk van de vier connectoren de werkgever toont.",
        "By the first run in which each of the four connectors shows the employer.",
    ),
}

REASONS: dict[str, Reason] = {
    "column_replaced": Reason(
        ("Kolom {column} bestaat niet meer", "Column {column} is gone"),
        (
            "In de kolom {column} staat in elke rij “(replaced)”: het veld bestaat niet meer in AFAS. Er is niets "
            "verstuurd.",
            "The column {column} says “(replaced)” in every row: the field no longer exists in AFAS. Nothing was sent.",
        ),
        "held_source",
        "column",
    ),
    "kvk_missing": Reason(
        ("KvK-nummer ontbreekt", "KvK number missing"),
        (
            "Het KvK-nummer van deze werkgever is niet bekend. Zolang dat zo is wachten zijn salarisgegevens; wat het "
            "portaal heeft, blijft.",
            "The KvK number of this employer is not known. Until it is, its payroll data waits; what the portal has "
            "stays.",
        ),
        "kvk",
        "kvk",
    ),
    "kvk_malformed": Reason(
        ("KvK-nummer is geen nummer", "KvK number is no number"),
        (
            "Een KvK-nummer heeft 8 cijfers. De salarisgegevens van deze werkgever wachten; wat het portaal heeft, "
            "blijft.",
            "A KvK number has 8 digits. The payroll data of this employer waits; what the portal has stays.",
        ),
        "kvk",
        "kvk",
    ),
    "kvk_unequal": Reason(
        ("KvK-nummers verschillen", "KvK numbers differ"),
        (
            "AFAS toont bij deze werkgever een ander KvK-nummer dan het portaal heeft. Zijn salarisgegevens wachten, "
            "want ze zouden bij een ander bedrijf terechtkomen.",
            "AFAS shows another KvK number for this employer than the portal has. Its payroll data waits, for it "
            "would end up with another company.",
        ),
        "kvk",
        "kvk",
    ),
    "connector_lacks_employer": Reason(
        ("Werkgever ontbreekt in een connector", "A connector lacks the employer"),
        (
            "Niet elk van de vier connectoren toont deze werkgever: elke heeft een eigen filter op werkgevercodes. "
            "Wat het portaal van de ontbrekende tabel heeft, blijft.",
            "Not all four connectors show this employer: each has its own filter on employer codes. What the portal "
            "has of the missing table stays.",
        ),
        "connector",
        "filter",
    ),
    "schema_changed": Reason(
        ("Andere kolommen", "Other columns"),
        (
            "De connectoren hebben andere kolommen dan in de vorige levering: nieuwe, verdwenen of gewijzigde. Er is "
            "niets verstuurd.",
            "The connectors have other columns than at the last delivery: new, gone or changed ones. Nothing was sent.",
        ),
        "receiver",
        "release",
    ),
    "bases_halved": Reason(
        ("Veel minder grondslagen", "Far fewer calculated bases"),
        (
            "De berekende grondslagen hebben per persoon een derde minder regels of nog minder. Sinds Profit 9 toont "
            "AFAS per periode alleen de laatste regel: na die upgrade klopt dat. Er is niets verstuurd.",
            "The calculated bases have a third fewer rows for each person, or fewer still. Since Profit 9 AFAS shows "
            "only the last line of each period: after that upgrade this is right. Nothing was sent.",
        ),
        "held_source",
        "release",
    ),
    "bases_gone": Reason(
        ("Ook grondslagen verdwijnen", "Calculated bases would go"),
        (
            "Onder wat zou verdwijnen zijn berekende grondslagen. Sinds Profit 9 toont AFAS daarvan per periode "
            "alleen de laatste regel: na die upgrade kan het kloppen.",
            "Calculated bases are among what would go. Since Profit 9 AFAS shows only the last line of each period: "
            "after that upgrade this may be right.",
        ),
        "held_source",
        "release",
    ),
}
