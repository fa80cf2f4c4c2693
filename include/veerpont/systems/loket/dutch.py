"""What runs say of Loket, in Dutch; the English stands where it is said."""

DUTCH: dict[str, str] = {
    "loket.drift": "{activity}: {what} terwijl er werd gelezen, dus het is niet volledig. Voer het opnieuw uit.",
    "loket.no_json": "Loket geeft een antwoord dat niet de beschreven JSON is. ({activity})",
    "loket.period_closed": (
        "Loket neemt geen uren aan voor periode {at} van {year} van administratie {number}: {why}. Er is niets "
        "verstuurd. Laat de run in Loket intrekken, of zet de uren in een open periode."
    ),
    "loket.employer_not_shown": (
        "Loket toont werkgever {code} niet meer aan de gebruiker van de koppeling: er is niets naartoe gestuurd."
    ),
    "loket.hours_not_allowed": (
        "Bij werkgever {employer} staat Loket {lacking} niet toe, wat hours.delivery: api nodig heeft. Vraag Loket "
        "om deze activiteiten aan de client te koppelen."
    ),
    "loket.no_sender": "hours.mail.to: de verbinding {connection} heeft geen from_email in haar extra.",
    "loket.mail_without_tls": (
        "hours.mail.to: de verbinding {connection} gebruikt geen TLS met een gecontroleerd certificaat (disable_ssl, "
        "disable_tls, ssl_context), en zonder dat wordt een bestand met uren niet verstuurd."
    ),
    "loket.no_mail_connection": (
        "hours.mail.to: er is geen verbinding {connection}; een ontwikkelaar maakt er een van het soort smtp."
    ),
    "loket.payroll_no_json": "{activity}: het antwoord is geen JSON.",
    "loket.employers_lost": (
        "Loket toont werkgever {lost} niet meer aan de gebruiker van de koppeling. Geef die gebruiker weer toegang, "
        "of deactiveer de werkgever aan de balie. Er is niets gebruikt."
    ),
    "loket.department_manager": (
        "De Loket-gebruiker van de koppeling is afdelingsmanager bij werkgever {code} en ziet alleen eigen "
        "afdelingen. Haal die rol weg, of laat een andere gebruiker toestemming geven. Er is niets gelezen."
    ),
    "loket.saved_filter": (
        "De Loket-gebruiker van de koppeling heeft bij werkgever {code} een bewaard filter op de dienstverbanden, "
        "waardoor mensen wegvallen: {filters}. Log in als die gebruiker, wis het filter in de lijst met medewerkers, "
        "en laat niemand anders die login gebruiken. Er is niets gelezen."
    ),
    "loket.absent_missing": "{activity} toont {count} van de verzuimende medewerkers niet.",
    "loket.person_missing": "{activity} toont iemand niet van wie het dienstverband er wel is.",
    "loket.no_payroll": "Loket levert de flow payroll niet: haal hem weg bij de portalen van de koppeling.",
    "loket.no_flow": "Loket levert de flow {flow} niet: haal hem weg bij de portalen van de koppeling.",
    "loket.not_allowed": (
        "Bij werkgever {employer} staat Loket {lacking} niet toe. Vraag Loket om deze activiteiten aan de client te "
        "koppelen, en de Loket-beheerder van de klant om de rechten aan de gebruiker van de koppeling te geven."
    ),
    "loket.authorise_again": (
        "Airflow-verbinding {connection}: {why} Geef opnieuw toestemming, als gewone gebruiker van Loket: `veerpont "
        "loket authorise {ask_again}` zegt hoe. Tot dan wordt Loket niets gevraagd."
    ),
    "loket.tokens_changed": "Een andere run wijzigde op hetzelfde moment de tokens van Loket.",
    "loket.no_tokens": "{activity}: een antwoord zonder tokens.",
    "loket.client_refused": (
        "Loket weigert het client id of client secret van Airflow-verbinding {connection}: laat ze daar verbeteren; "
        "Loket geeft beide uit."
    ),
    "loket.token_request": "Loket vindt de aanvraag van een token onjuist. ({activity}: HTTP 400)",
    "loket.payroll_of_afas": "payroll: de bron moet afas zijn.",
    "loket.types": (
        "absence.types ontbreekt: de sleutel van elke verzuimoorzaak in de Loket van de klant, en of die Ziekte, "
        "Zwangerschap of null (weglaten) is; de lijst van Loket is niet beschreven."
    ),
    "loket.distribution_unit": (
        "source.department_is: distribution_unit: Loket heeft geen lijst van verdelingseenheden en geen "
        "leidinggevenden ervan, dus is er geen {flow}. Haal die weg bij de portalen."
    ),
    "loket.managers_by": (
        "source.managers_by ontbreekt: Loket zegt niet welke medewerker een gebruiker is; business_email of "
        "private_email, het adres van medewerkers dat ook dat van hun gebruiker is. Is geen van beide dat, haal "
        "accounts dan weg bij de portalen."
    ),
    "loket.name_usages": (
        "source.name_usages ontbreekt: de sleutel van elke howToFormatLastName in de Loket van de klant, en welke "
        "van deze het is: {known}. Of haal de kolom name_usage weg."
    ),
    "loket.not_taken": "portals: het portaal loket_hours neemt de flow {flow} niet aan.",
    "loket.items_came": "{came} van {all} items kwamen",
    "loket.list_changed": "de lijst wijzigde",
    "loket.page_again": "een pagina kwam opnieuw",
    "loket.400": (
        "vindt de aanvraag onjuist. Laat het basisadres van {where} nakijken; klopt dat, dan is het een fout van "
        "Veerpont of een wijziging van Loket: zeg het een ontwikkelaar"
    ),
    "loket.401": (
        "aanvaardt een toegangstoken niet dat het zojuist gaf. Laat nakijken of het basisadres en de token-URL van "
        "{where} bij dezelfde omgeving horen"
    ),
    "loket.403": (
        "staat {call} niet toe. Vraag Loket om die activiteit aan de client te koppelen, en de Loket-beheerder van "
        "de klant om het recht, de rol en de module ervan aan de gebruiker van de koppeling te geven"
    ),
    "loket.404": "kent dit adres niet. Laat het basisadres van {where} nakijken",
    "loket.approved": "de loonrun ervan is goedgekeurd",
    "loket.test_year": "het jaar ervan is een testjaar",
    "loket.refresh_refused": "Loket aanvaardt het refresh token niet meer.",
    "loket.no_refresh_token": "Er is nog geen refresh token.",
    "loket.row_missing_value": "{field} is leeg; vul het in Loket in.",
    "loket.row_impossible_date": "{field} is geen datum tussen 1900 en 2100; verbeter het in Loket.",
    "loket.row_control_characters": (
        "{field} bevat onzichtbare stuurtekens, zoals een regeleinde; typ het opnieuw in Loket."
    ),
    "loket.row_too_long": "{field} is langer dan 255 tekens; maak het korter in Loket.",
    "loket.row_unknown_gender": "{field} is niet een van Man, Vrouw, Onbekend en Non-binair; verbeter het in Loket.",
    "loket.row_invalid_bsn": "{field} is geen geldig burgerservicenummer (elfproef); verbeter het in Loket.",
    "loket.row_invalid_iban": (
        "{field} is geen geldige IBAN: de lengte of de controlecijfers kloppen niet; verbeter het in Loket."
    ),
    "loket.row_invalid_bic": "{field} is geen geldige BIC: 8 of 11 letters en cijfers; verbeter het in Loket.",
    "loket.row_wrong_type": (
        "{field} heeft een ander soort waarde dan Loket beschrijft: geef het door aan een ontwikkelaar."
    ),
    "loket.row_impossible_percentage": "{field} is geen percentage van 1 tot 100; verbeter het in Loket.",
    "loket.row_unknown_name_usage": (
        "{field} is een sleutel die source.name_usages niet heeft: laat hem in het integratiebestand zetten."
    ),
    "loket.row_unknown_employee": (
        "Geen medewerker van deze werkgever, of meer dan één, heeft het e-mailadres van deze Loket-gebruiker, dus is "
        "er niemand om een account voor te maken. Verbeter het adres van een van beiden in Loket (source.managers_by)."
    ),
    "loket.not_shown": (
        "Deze waarde is naar Loket gestuurd en Loket toont haar daarna niet: kijk in Loket naar component, periode, "
        "ploeg en eenheid van dit dienstverband. Om 21:00, of als ze wijzigt, wordt het opnieuw geprobeerd."
    ),
    "loket.hours_missing_value": "De kolom {field} is leeg in een rij: vul haar in de urenregistratie in.",
    "loket.hours_not_a_number": (
        "In de kolom {field} staat iets dat geen getal is, met hours.decimal_mark: verbeter het in de urenregistratie."
    ),
    "loket.hours_impossible_date": (
        "De kolom {field} is geen datum (2026-11-30 of 30-11-2026): verbeter het in de urenregistratie."
    ),
    "loket.hours_unknown_payroll_number": (
        "Geen dienstverband van een actieve werkgever heeft dit personeelsnummer verloning (niet het "
        "medewerkernummer): verbeter het in de urenregistratie."
    ),
    "loket.hours_duplicate_payroll_number": (
        "Meer dan één dienstverband heeft dit personeelsnummer verloning: voeg aan het bestand een kolom toe met het "
        "klantnummer van de administratie (hours.columns.administration)."
    ),
    "loket.hours_unknown_period": (
        "De verloningsadministratie van dit dienstverband heeft deze periode niet: verbeter het in de urenregistratie."
    ),
    "loket.hours_test_year": (
        "Loket noemt het jaar van deze periode een testjaar, waarin niemand wordt uitbetaald: verbeter de datum of de "
        "periode."
    ),
    "loket.hours_unknown_component": (
        "De verloningsadministratie heeft deze looncomponent in dit jaar niet: verbeter hours.components aan de balie "
        "(Codes) of in het integratiebestand, of laat de looncomponent in Loket toevoegen."
    ),
    "loket.hours_blocked_component": (
        "Loket staat niet toe dat deze looncomponent met een collectieve mutatie wordt gewijzigd: verbeter "
        "hours.components aan de balie (Codes) of in het integratiebestand, of laat haar in Loket wijzigen."
    ),
    "loket.hours_unknown_unit": (
        "Deze afdeling heeft geen eenheid in hours.departments, of de verloning in Loket kent die eenheid niet: vul "
        "haar aan de balie in (Codes van deze klant), of laat het integratiebestand verbeteren."
    ),
}
