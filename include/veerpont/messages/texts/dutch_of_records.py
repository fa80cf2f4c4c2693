"""What to do about a record that was rejected, in Dutch; the English stands where it is said."""

DUTCH: dict[str, str] = {
    "record.new_portal_key": (
        "Het portaal kent dit record onder een andere sleutel en zou de oude beëindigen, met het verzuim. Bevestig aan "
        "de balie (Uitval) of met `veerpont rejects confirm` dat het dezelfde persoon is, of verbeter het in de bron."
    ),
    "record.new_employer": (
        "Dit dienstverband was eerst bij een andere werkgever, en de regel daar zou verdwijnen. Bevestig de overgang "
        "aan de balie (Uitval) of met `veerpont rejects confirm`, of verbeter het in de bron."
    ),
    "record.taken_key": (
        "Het portaal kent iemand anders, of dezelfde persoon met een andere GUID, onder deze sleutel: die regel met "
        "het verzuim zou van deze persoon worden. Bevestig het aan de balie (Uitval) of met `veerpont rejects "
        "confirm`, of geef in de bron een ander nummer."
    ),
    "record.left_for_inactive": (
        "De bron toont deze persoon bij een werkgever die niet actief is, en de regel bij de oude werkgever zou "
        "verdwijnen. Bevestig dat aan de balie (Uitval) of met `veerpont rejects confirm`. Moet de persoon in het "
        "portaal blijven, activeer dan de andere werkgever (Werkgevers): de volgende run vraagt dan naar de overgang."
    ),
    "record.two_lines": (
        "{one} en {other} hebben in het portaal dezelfde sleutel, en de een zou de ander overschrijven. Geef ze in de "
        "bron verschillende sleutels."
    ),
    "record.account_login": (
        "Iemand van {other}, waarmee account {account} wordt gedeeld, heeft hetzelfde personeelsnummer of dezelfde "
        "gebruikersnaam, en zou de rechten aan deze persoon verliezen. Geef ze in de bron verschillende nummers."
    ),
    "record.file_rejected": "Het portaal weigerde levering {id} in zijn geheel: {words}",
    "record.report_unmatched": (
        "Het portaal weigerde {count} {count:rij|rijen} van levering {id} waarvan het verslag niet zegt welke het "
        "zijn. Kijk naar het verslag in het logscherm van het portaal."
    ),
    "record.portal_says": "Het portaal zegt: {words}",
    "record.unknown_manager": (
        "De flow Medewerkers bracht deze leidinggevende niet, dus is er geen personeelsnummer voor het account. Kijk "
        "bij de uitval van medewerkers, of aan de balie (Werkgevers) of de werkgever van de leidinggevende actief is."
    ),
    "record.several_accounts": (
        "De bron toont meerdere bankrekeningen van deze persoon en niet welke telt: laat haar met een filter alleen "
        "de rekening tonen waarop het salaris komt."
    ),
    "record.department_cycle": (
        "Wie de bovenliggende eenheden van deze eenheid volgt komt weer bij haarzelf uit: verbeter de bovenliggende "
        "eenheid in het organogram."
    ),
    "record.link_undecided": (
        "Nog niemand heeft besloten of deze medewerker wordt toegevoegd, weggelaten of gekoppeld aan iemand die het "
        "portaal al heeft: beslis aan de balie (Koppelen), of met `veerpont links add`, `veerpont links skip` of "
        "`veerpont links link`."
    ),
    "record.link_department": (
        "De afdeling van iemand die gekoppeld is blijft zoals het portaal haar heeft, en een lege cel kan haar wissen: "
        "zeg welke afdeling dat is, aan de balie (Koppelen) of met `veerpont links link --department`. Zegt de "
        "beheerder van het portaal dat een lege cel daar niets verandert, laat links.empty_department dan op keeps "
        "zetten."
    ),
    "record.unknown_type": (
        "Dit verzuimtype staat in geen tabel. Vraag na wat het in het portaal is en vul het aan de balie in (Codes van "
        "deze klant), of laat het onder absence.types in het integratiebestand zetten; met null valt het weg."
    ),
    "record.no_cause": (
        "Voor dit verzuimtype is bij deze werkgever geen oorzaakcode van het portaal ingesteld. Vraag de beheerder van "
        "het portaal om de code en vul die aan de balie in (Codes van deze klant), of laat haar onder absence.causes "
        "in het integratiebestand zetten."
    ),
    "record.case_of_two_people": (
        "De regels van dit geval noemen verschillende mensen of werkgevers: verbeter het in de bron."
    ),
    "record.unknown_person": (
        "De flow Medewerkers bracht deze persoon niet bij deze werkgever, dus zou het portaal het geval weigeren. Kijk "
        "bij de uitval van medewerkers, of aan de balie (Werkgevers) of de werkgever van de persoon actief is."
    ),
    "record.began_before_contract": (
        "De ziekte is ouder dan het contract. Bevestig aan de balie (Uitval) of met `veerpont rejects confirm` dat ze "
        "mag worden verstuurd vanaf de dag waarop het geval begint, of verbeter het in de bron."
    ),
    "record.unknown_employer": (
        "De flow Werkgevers toonde deze werkgeverscode nooit: verbeter haar in de bron, of laat de bron de werkgever "
        "ook tonen en activeer die dan aan de balie (Werkgevers) of met `veerpont employers activate`."
    ),
    "record.of_nobody": ("De rij noemt geen medewerker of afdeling waar ze bij kan horen: vul dat in de bron in."),
    "record.hours_out_of_range": (
        "De uren van dit dienstverband in deze periode komen voor een looncomponent onder 0 of boven 999,99, of een "
        "bedrag is te groot: verbeter ze in de urenregistratie."
    ),
    "record.period_closed": (
        "De verloning van deze periode is goedgekeurd, en de uren zijn andere dan naar Loket zijn gestuurd: zet het "
        "verschil in een open periode, of laat de verloning in Loket terugdraaien."
    ),
    "record.kvk_unset": (
        "payroll.kvk heeft geen KvK-nummer van werkgever {code}: vul het aan de balie in (Codes van deze klant), of "
        "laat het in het integratiebestand zetten, zoals het portaal het heeft."
    ),
    "record.kvk_empty": "{field} is leeg: vul het KvK-nummer van de werkgever in AFAS in.",
    "record.kvk_malformed": (
        "{field} van werkgever {code} is geen KvK-nummer: dat heeft {digits} cijfers. Verbeter het."
    ),
    "record.kvk_unequal": (
        "AFAS toont in {field} een ander KvK-nummer dan payroll.kvk voor werkgever {code} heeft: verbeter wat niet "
        "klopt. Tot dan wordt van deze werkgever niets verstuurd."
    ),
    "record.connector_lacks_employer": (
        "de connector van {tables} toont deze werkgever niet, en een andere wel. Selecteer de werkgever in AFAS in het "
        "filter van elk van de vier connectors; tot dan houdt het portaal wat het van deze tabellen heeft. Is er echt "
        "niets te tonen, negeer dit dan aan de balie."
    ),
    "record.shown_twice": (
        "De bron toont deze sleutel meer dan eens met verschillende inhoud ({where}): laat er daar één van staan."
    ),
    "record.line_percentage": (
        "Een regel van dit geval heeft een aanwezigheidspercentage dat geen getal van 0 tot 100 is: verbeter die regel "
        "in de bron."
    ),
    "record.line_before_begin": (
        "Een regel van dit geval begint voordat het geval begint: verbeter die regel of het begin van het geval in de "
        "bron. Bestaat de regel daar niet meer, dan halen de brede lezingen haar weg; een ontwikkelaar kan het geval "
        "meteen laten lezen, met een backfill van absence_history."
    ),
    "record.first_line_missing": (
        "Voor de eerste dag van dit geval is nooit een regel gelezen, dus zijn de eerste dagen onbekend: laat een "
        "ontwikkelaar het opnieuw lezen, met een backfill van absence_history. Heeft de bron zo'n regel niet, voeg "
        "haar daar dan toe."
    ),
    "record.recovered_before_begin": (
        "De hersteldatum ligt voor het begin van het geval: verbeter een van beide in de bron."
    ),
    "record.expected_birth_missing": (
        "Het portaal neemt geen zwangerschapsverlof zonder de vermoedelijke bevallingsdatum: vul die in de bron in."
    ),
    "record.actual_birth_missing": (
        "Het verlof is afgelopen, en het portaal neemt geen afgelopen zwangerschapsverlof zonder de werkelijke "
        "bevallingsdatum: vul die in de bron in."
    ),
}
