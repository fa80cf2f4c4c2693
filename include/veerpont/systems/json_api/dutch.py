"""What runs say of the JSON portal, in Dutch; the English stands where it is said."""

DUTCH: dict[str, str] = {
    "json_api.no_good_answer": ("Het portaal van Airflow-verbinding {connection_id} gaf geen goed antwoord ({what})."),
    "json_api.too_many_columns": (
        "json_api: de vier connectoren hebben meer kolommen dan een aanroep kan beschrijven. Vraag de AFAS-beheerder "
        "van de klant om weg te halen wat de ontvanger niet nodig heeft. Er is niets verstuurd."
    ),
    "json_api.not_taken": "portals: het portaal json_api neemt de flow {flow} niet aan; wel {known}.",
    "json_api.portal": "Het portaal van Airflow-verbinding {connection}",
    "json_api.400": (
        "vindt de aanroep onjuist. Het moet aanroepen aannemen zoals docs/json-api.yaml zegt: laat het portaal die "
        "vergelijken"
    ),
    "json_api.401": "aanvaardt het token niet. Vraag het portaal om een geldig en laat het invullen als wachtwoord",
    "json_api.403": "laat dit token dat niet doen. Vraag het portaal om het toe te staan",
    "json_api.404": (
        "kent dit adres niet. Laat het basisadres (host) nakijken, en vraag het portaal om de koppeling en haar flow "
        "onder deze namen in te richten"
    ),
    "json_api.409": (
        "zegt dat het eerder andere inhoud onder deze sleutel kreeg. Er is niets gewijzigd: laat het portaal de twee "
        "vergelijken"
    ),
    "json_api.413": (
        "vindt de aanroep te groot. Het moet 500 bewerkingen en 1.048.576 bytes aannemen: vraag dat aan het portaal"
    ),
    "json_api.422": (
        "kent de vorm van een bewerking niet. Vraag het portaal om versie 1 van docs/json-api.yaml te ondersteunen"
    ),
    "json_api.odd": (
        "geeft een antwoord dat niet in docs/json-api.yaml staat. Laat het basisadres (host) nakijken, en wat er "
        "tussen ons en het portaal staat"
    ),
    "json_api.results": "{key}: het antwoord heeft niet precies één uitkomst voor elke bewerking",
    "json_api.not_so": "{call}: het antwoord is niet wat docs/json-api.yaml zegt",
    "json_api.too_large": (
        "Dit record heeft {parts} delen, meer dan in één aanroep past: geef het door aan een ontwikkelaar."
    ),
    "json_api.no_put": "weigerde dit record",
    "json_api.no_delete": "weigerde dit record, dat hier weg is, te vergeten",
    "json_api.because": ", vanwege {field}",
    "json_api.refused": (
        "Het portaal {did}{because} (zijn code: {code}). Verbeter het in de bron, of vraag het portaal wat het "
        "betekent."
    ),
    "json_api.none_at_all": "Vul {field} in: er is er geen enkele.",
    "json_api.empty": "Vul {field} in: geen record kan zonder.",
    "json_api.no_text": "Typ {field} opnieuw: er staan tekens in die geen tekst zijn, zoals een regeleinde.",
    "json_api.too_long": "Maak {field} korter, tot {most} tekens; het heeft er {count}.",
}
