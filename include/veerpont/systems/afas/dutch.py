"""What runs say of AFAS, in Dutch; the English stands where it is said."""

DUTCH: dict[str, str] = {
    "afas.client_refused": (
        "AFAS weigert het client id of client secret van {where}. Vraag de AFAS-beheerder van de klant om een nieuw "
        "secret; ze verlopen standaard na 180 dagen. (oauth/token: HTTP {status})"
    ),
    "afas.no_token": "AFAS geeft een antwoord zonder toegangstoken. (oauth/token)",
    "afas.query_too_long": "{path}: de vraag zou langer zijn dan de {most} tekens die AFAS aanneemt; vraag minder.",
    "afas.no_json": "AFAS geeft een antwoord dat niet de beschreven JSON is. ({path})",
    "afas.no_flow": "AFAS levert de flow {flow} niet: haal hem weg bij de portalen van de koppeling.",
    "afas.permanent": "{advice}. ({call}: HTTP 500{references})",
    "afas.no_field": (
        "GetConnector {connector} heeft geen veld {field}, dat {setting} noemt. Wel: {columns}. Verbeter de "
        "instelling, of laat de AFAS-beheerder van de klant het veld terugzetten; er is niets gelezen."
    ),
    "afas.other_columns": (
        "GetConnector {connector} toont kolommen die niet in zijn eigen beschrijving staan ({unknown}): hij is "
        "gewijzigd terwijl hij werd gelezen. Er is niets gebruikt."
    ),
    "afas.drift": (
        "GetConnector {connector}: {what}. Voer het opnieuw uit; blijft het gebeuren, laat dan naar de sortering van "
        "de connector kijken."
    ),
    "afas.other_environment": (
        "Het token is van AFAS-omgeving {answered}, niet van {environment} zoals source.environment zegt. Laat de "
        "verbinding of het integratiebestand verbeteren; er is niets gelezen."
    ),
    "afas.one_page": (
        "GetConnector {connector} past niet in één pagina van {take} rijen, en door de punten in zijn veldnamen kan "
        "hij niet in meer worden gelezen. Vraag de AFAS-beheerder van de klant om hem te filteren; er is niets "
        "gebruikt."
    ),
    "afas.other_definition": (
        "GetConnector {connector} {what}. Vraag de AFAS-beheerder van de klant om {advice}; er is niets gelezen."
    ),
    "afas.no_connector": (
        "GetConnector {connector} staat niet in de app connector van omgeving {environment}. Vraag de AFAS-beheerder "
        "van de klant om hem toe te voegen, of laat de andere naam invullen bij {setting}."
    ),
    "afas.same_order": (
        "GetConnector {connector} geeft {take} rijen of meer met één waarde van {order}, waaraan zijn rijen te "
        "onderscheiden moeten zijn. Vraag de AFAS-beheerder van de klant om de meegeleverde definitie opnieuw te "
        "importeren; er is niets gebruikt."
    ),
    "afas.no_hours": "hours: de bron moet loket zijn.",
    "afas.connector_window": (
        "absence.connector_window ontbreekt: de dagen van het filter in de connector van de klant, of null als er "
        "geen is."
    ),
    "afas.blocked": "De GetConnector is geblokkeerd. Vraag de AFAS-beheerder van de klant om dat op te heffen",
    "afas.not_authorised": (
        "De GetConnector staat niet in de app connector, of de gebruiker ervan is niet geautoriseerd. Vraag de "
        "AFAS-beheerder van de klant om hem toe te voegen"
    ),
    "afas.not_found": (
        "AFAS vindt een gevraagd veld of een gevraagde connector niet. Vergelijk de GetConnector van de klant met de "
        "meegeleverde"
    ),
    "afas.no_such_query": (
        "AFAS kan niet sorteren of filteren op wat is gevraagd. Vergelijk de GetConnector van de klant met de "
        "meegeleverde"
    ),
    "afas.out_of_memory": (
        "Het antwoord is te groot voor AFAS. Vraag de AFAS-beheerder van de klant om de GetConnector te filteren"
    ),
    "afas.400": "vindt de aanvraag onvolledig. Laat deelnemernummer en basisadres van {where} nakijken",
    "afas.401": (
        "aanvaardt het token of client secret van {where} niet, of de app connector mag dit niet gebruiken. Vraag de "
        "AFAS-beheerder van de klant om een geldig (klassieke tokens verlopen uiterlijk op 1 mei 2027)"
    ),
    "afas.403": ("weigert ons IP-adres. Vraag de AFAS-beheerder van de klant om het toe te staan in de app connector"),
    "afas.404": "kent dit adres niet. Laat deelnemernummer, omgeving en basisadres van {where} nakijken",
    "afas.413": "vindt de aanroep te groot. Vraag de AFAS-beheerder van de klant om de GetConnector te filteren",
    "afas.import_again": "de meegeleverde definitie opnieuw te importeren",
    "afas.import_and_add": "{again}, en om {names} toe te voegen, die hij niet heeft",
    "afas.misses": "mist {names}",
    "afas.other_types": "heeft een ander type voor {names}",
    "afas.both": "{misses} en {other}",
    "afas.after_the_last": "er kwamen rijen na de laatste",
    "afas.moved": "er kwamen rijen bij of vielen rijen weg terwijl er werd gelezen, of AFAS sorteert ze niet",
    "afas.came_again": "er kwamen rijen opnieuw op een latere pagina terwijl er werd gelezen",
    "afas.row_missing_value": "{field} is leeg; vul het in AFAS in.",
    "afas.row_impossible_date": "{field} is geen datum tussen 1900 en 2100; verbeter het in AFAS.",
    "afas.row_control_characters": (
        "{field} bevat onzichtbare stuurtekens, zoals een regeleinde; typ het opnieuw in AFAS."
    ),
    "afas.row_too_long": "{field} is langer dan 255 tekens; maak het korter in AFAS.",
    "afas.row_unknown_gender": "{field} is niet een van Man, Vrouw, Onbekend en Non-binair; verbeter het in AFAS.",
    "afas.row_invalid_bsn": "{field} is geen geldig burgerservicenummer (elfproef); verbeter het in AFAS.",
    "afas.row_invalid_iban": (
        "{field} is geen geldige IBAN: de lengte of de controlecijfers kloppen niet; verbeter het in AFAS."
    ),
    "afas.row_invalid_bic": "{field} is geen geldige BIC: 8 of 11 letters en cijfers; verbeter het in AFAS.",
    "afas.row_wrong_type": (
        "{field} heeft een ander soort waarde dan waarmee de GetConnector is aangeleverd; laat naar de definitie "
        "kijken."
    ),
    "afas.row_impossible_percentage": "{field} is geen percentage van 0 tot 100; verbeter het in AFAS.",
    "afas.row_unknown_name_usage": (
        "{field} is niet een van de vier soorten naamgebruik die AFAS beschrijft; verbeter het in AFAS."
    ),
    "afas.row_no_employment": "{field} is leeg: deze persoon heeft (nog) geen dienstverband. Dat is geen fout.",
    "afas.row_no_manager": "{field} is leeg: deze eenheid heeft geen leidinggevende. Dat is geen fout.",
    "afas.payroll_empty": "{field} is leeg in een rij van {table}; vul het in AFAS in.",
}
