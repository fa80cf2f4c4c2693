"""Hoe een reden heet en wat ze betekent, in het Nederlands; wie aan zet is en hoe het sluit."""

WHO = {
    "source": "De personeels- of salarisadministratie van de klant, in het bronsysteem.",
    "connector": "De beheerder van het bronsysteem bij de klant: wat wij mogen lezen (connectoren, filters, "
    "autorisaties).",
    "value": "De beheerder van het bronsysteem bij de klant; een ontwikkelaar als de toelichting dat zegt.",
    "usage": "De personeelsadministratie van de klant; u, als de toelichting een instelling noemt.",
    "hours": "De salarisadministratie van de klant, met wie de urenregistratie bijhoudt.",
    "settings": "U: zoek uit wat het moet zijn, en laat dat in het integratiebestand van de klant zetten.",
    "confirm": "U: bevestig het aan de balie, of laat het in het bronsysteem herstellen.",
    "link": "U, of wie bij de klant de medewerkers kent: beslis aan de balie onder Koppelen.",
    "kvk": "U, met de klant: het KvK-nummer hoort in het integratiebestand (payroll.kvk) en bij de werkgever in het "
    "bronsysteem.",
    "receiver": "U: vraag de ontvanger of hij deze kolommen aankan, en geef de levering dan vrij aan de balie.",
    "release": "U: bekijk de levering aan de balie en geef haar vrij of verwerp haar.",
    "held_source": "U: vraag de beheerder van het bronsysteem wat daar is gewijzigd, en geef de levering dan vrij aan "
    "de balie of verwerp haar.",
    "held_hours": "U: vraag de salarisadministratie of het bestand volledig is, en geef de levering dan vrij aan de "
    "balie of verwerp haar.",
    "held_settings": "U: laat de instelling in het integratiebestand herstellen, of geef de verwijderingen vrij aan de "
    "balie.",
    "rejects": "U: kijk eerst bij de uitval van Medewerkers; vaak wacht deze persoon daar.",
    "history": "Een ontwikkelaar: laad de verzuimhistorie met `airflow backfill create --dag-id absence_history`.",
    "portal": "De personeelsadministratie van de klant; de helpdesk van het portaal kan zeggen wat de code betekent.",
    "rejected_file": "U: vergelijk de kolommen en de instelling van de import in het portaal met wat het portaal zegt.",
    "report": "U: zoek in het portaal bij de logverslagen welke regels het zijn, en laat ze in de bron herstellen.",
    "engineer": "Een ontwikkelaar: dit is meer dan het portaal aanneemt, en in de bron is het niet kleiner te maken.",
    "unknown": "Eerst u; een ontwikkelaar als de toelichting bij de uitval niet zegt wat er moet gebeuren.",
}
CLOSES = {
    "source": "Vanzelf: de eerste run die het herstel ziet, uiterlijk die van 21:00, stuurt het door. Ook als het "
    "record uit de bron is verdwenen.",
    "settings": "Verzuim: vanzelf, binnen een uur nadat de instelling is toegevoegd. Andere flows: om 21:00, of meteen "
    "met “Nu opnieuw proberen”.",
    "employer": "Om 21:00, nadat de flow Werkgevers deze werkgever heeft getoond of de code is hersteld.",
    "employee": "Vanzelf, bij de eerste run nadat de flow Medewerkers deze persoon heeft gebracht.",
    "confirm": "Bij de eerste run na uw bevestiging, of vanzelf als de bron weer de oude waarde toont.",
    "link": "Bij de eerste run van Medewerkers na het besluit.",
    "release": "Bij de eerste run nadat u haar hebt vrijgegeven. Ze vervalt vanzelf als de bron weer het oude toont.",
    "first": "Bij de eerste run nadat u haar hebt vrijgegeven.",
    "held_settings": "Vanzelf als de instelling weer is zoals ze was, of bij de eerste run na uw vrijgave.",
    "kvk": "Bij de eerste run waarin het nummer er is en aan beide kanten hetzelfde is.",
    "filter": "Bij de eerste run waarin elk van de vier connectoren de werkgever toont.",
    "column": "Vanzelf als de kolom weer waarden heeft; door uw vrijgave als het klopt dat ze leeg is.",
    "history": "Vanzelf als elke maand van het venster is gelezen (`veerpont coverage`), of door uw vrijgave.",
    "forgotten": "Bij de eerste run na uw vrijgave. Het vervalt vanzelf als de bron de persoon weer toont.",
    "refused": "Om 21:00 volgt een nieuwe poging; eerder als het in de bron wijzigt, of met “Nu opnieuw proberen”.",
    "file": "Vanzelf, zodra een volgend bestand van deze flow is verstuurd.",
    "unknown": "Vanzelf, bij de eerste run waarin het record erdoor komt; om 21:00 volgt een nieuwe poging.",
}
UNKNOWN = (
    "Code {code}",
    "Voor de code {code} staan hier geen woorden. Het kan een code van het portaal zelf zijn. De toelichting bij de "
    "uitval zegt wat er bekend is.",
)

REASONS = {
    "missing_value": ("Waarde ontbreekt", "Een veld waar dit record niet zonder kan, is leeg in de bron."),
    "wrong_type": (
        "Ander soort waarde",
        "Het veld bevat een ander soort waarde dan afgesproken, zoals tekst waar een getal hoort. Meestal is gewijzigd "
        "wat de bron ons laat lezen.",
    ),
    "impossible_date": ("Geen datum", "In het veld staat iets dat geen datum tussen 1900 en 2100 is."),
    "impossible_percentage": ("Geen percentage", "Het percentage is geen getal van 0 tot en met 100."),
    "control_characters": (
        "Onzichtbare tekens",
        "De waarde bevat tekens die niet in een bestand kunnen, zoals een regeleinde; meestal door kopiëren en "
        "plakken.",
    ),
    "too_long": ("Waarde te lang", "De waarde heeft meer tekens dan het portaal aanneemt."),
    "unknown_gender": ("Geslacht niet herkend", "Het geslacht is geen van de waarden die de bron beschrijft."),
    "unknown_name_usage": (
        "Naamgebruik niet herkend",
        "De manier waarop de partnernaam wordt gebruikt is niet bekend.",
    ),
    "unknown_value": (
        "Waarde niet toegestaan",
        "Het portaal kent hier een vaste lijst met waarden; dit is een andere.",
    ),
    "date_out_of_range": ("Datum buiten bereik", "Het portaal neemt alleen datums van 1900 tot en met 2100 aan."),
    "end_before_start": ("Einde vóór begin", "De einddatum ligt vóór de begindatum."),
    "invalid_bsn": ("Ongeldig BSN", "Het burgerservicenummer voldoet niet aan de elfproef."),
    "invalid_iban": ("Ongeldig IBAN", "De lengte of het controlegetal van het rekeningnummer klopt niet."),
    "invalid_bic": ("Ongeldige BIC", "De code van de bank heeft geen 8 of 11 letters en cijfers."),
    "several_accounts": (
        "Meerdere bankrekeningen",
        "De bron toont meerdere bankrekeningen van één persoon en niet welke geldt. Laat haar alleen de rekening tonen "
        "waarop het salaris wordt gestort.",
    ),
    "duplicate_key": (
        "Eén sleutel, twee records",
        "Twee records hebben dezelfde sleutel; het ene zou het andere overschrijven. Geef ze verschillende sleutels, "
        "of houd er één.",
    ),
    "department_cycle": (
        "Afdeling onder zichzelf",
        "Via de bovenliggende afdelingen komt men weer bij deze afdeling uit: één bovenliggende afdeling klopt niet.",
    ),
    "unknown_employer": (
        "Werkgever onbekend",
        "De bron heeft deze werkgever nooit bij de werkgevers getoond. Laat de code herstellen, of laat de bron de "
        "werkgever tonen en activeer hem aan de balie.",
    ),
    "unknown_employee": (
        "Medewerker onbekend",
        "De flow Medewerkers heeft deze persoon bij deze werkgever niet gebracht; het portaal zou het record weigeren. "
        "Of de werkgever van deze persoon is niet actief.",
    ),
    "portal_key_changed": (
        "Personeelsnummer gewijzigd",
        "Het portaal kent dit record onder een ander nummer en zou het oude met zijn verzuim beëindigen. Bevestig dat "
        "het om dezelfde persoon gaat.",
    ),
    "portal_key_taken": (
        "Nummer is al van een ander",
        "Het portaal kent een ander record onder dit nummer; het verzuim daarvan zou van dit record worden. Bevestig "
        "dat het klopt, of laat een ander nummer geven.",
    ),
    "employer_changed": (
        "Naar een andere werkgever",
        "Dit dienstverband hoorde eerst bij een andere werkgever; de regel daar zou verdwijnen. Bevestig de overgang.",
    ),
    "link_undecided": (
        "Toevoegen, weglaten of koppelen?",
        "Over deze medewerker is nog niet besloten: toevoegen, niet importeren, of koppelen aan iemand die het portaal "
        "al heeft.",
    ),
    "link_department": (
        "Gekoppeld zonder afdeling",
        "De afdeling van wie gekoppeld is blijft zoals het portaal haar heeft, en een lege cel kan haar wissen. Zeg "
        "bij de koppeling welke afdeling het portaal heeft.",
    ),
    "unknown_type": (
        "Verzuimtype niet ingesteld",
        "Het verzuimtype staat in geen tabel. Zet onder absence.types wat het in het portaal is, of null om het weg te "
        "laten.",
    ),
    "no_cause": (
        "Geen oorzaakcode ingesteld",
        "Voor dit verzuimtype is bij deze werkgever geen oorzaakcode van het portaal ingesteld. Voeg haar toe onder "
        "absence.causes.",
    ),
    "began_before_contract": (
        "Ziek vóór het contract",
        "De ziekte is ouder dan het contract. Bevestig dat het geval vanaf zijn eigen begindatum mag worden gestuurd.",
    ),
    "case_of_two_people": (
        "Geval van twee personen",
        "De regels van één geval noemen verschillende mensen of werkgevers.",
    ),
    "line_before_begin": (
        "Regel vóór het geval",
        "Een regel van het geval begint vóór het geval zelf: één van beide datums klopt niet, of de regel bestaat niet "
        "meer in de bron en moet opnieuw worden gelezen.",
    ),
    "first_line_missing": (
        "Eerste dagen onbekend",
        "Voor de eerste dag van dit geval is nooit een regel gelezen. Een backfill van de verzuimhistorie leest het "
        "opnieuw; heeft de bron die regel niet, dan moet ze daar worden toegevoegd.",
    ),
    "recovered_before_begin": ("Hersteld vóór ziek", "De hersteldatum ligt vóór het begin van het geval."),
    "expected_birth_missing": (
        "Vermoedelijke bevalling ontbreekt",
        "Het portaal neemt geen zwangerschapsverlof aan zonder de vermoedelijke bevallingsdatum.",
    ),
    "actual_birth_missing": (
        "Feitelijke bevalling ontbreekt",
        "Het verlof is geëindigd; het portaal neemt dat niet aan zonder de feitelijke bevallingsdatum.",
    ),
    "too_many_decimals": ("Te veel decimalen", "Een percentage van het geval heeft meer dan twee decimalen."),
    "open_period_not_last": ("Open periode niet de laatste", "Een periode loopt door terwijl er nog een op volgt."),
    "overlapping_periods": ("Perioden overlappen", "Een periode begint voordat de vorige is geëindigd."),
    "too_large": ("Te veel onderdelen", "Het record heeft meer onderdelen dan het portaal in één keer aanneemt."),
    "not_a_number": ("Geen getal", "De waarde is geen getal met het decimaalteken uit het integratiebestand."),
    "unknown_payroll_number": (
        "Personeelsnummer verloning onbekend",
        "Geen dienstverband van een actieve werkgever heeft dit nummer. Het is niet het medewerkernummer.",
    ),
    "duplicate_payroll_number": (
        "Personeelsnummer van meer mensen",
        "Twee dienstverbanden, in een of twee administraties, hebben dit nummer: wiens uren het zijn is niet te raden.",
    ),
    "unknown_period": ("Periode onbekend", "De administratie van het dienstverband heeft deze periode niet."),
    "test_year": ("Testjaar", "De periode is van een jaar dat Loket een testjaar noemt: er wordt niemand betaald."),
    "out_of_range": (
        "Uren buiten de grenzen",
        "De uren van een component zijn in de periode minder dan 0 of meer dan 999,99, of een bedrag is te groot.",
    ),
    "unknown_component": (
        "Component onbekend in dit jaar",
        "De administratie heeft deze component niet in het jaar van de periode: ze verschillen per jaar.",
    ),
    "blocked_component": (
        "Component neemt geen import",
        "Loket laat deze component niet wijzigen met een collectieve mutatie.",
    ),
    "unknown_unit": (
        "Verdelingseenheid onbekend",
        "Voor deze afdeling is geen eenheid ingesteld, of Loket kent die eenheid niet.",
    ),
    "period_closed": (
        "Periode is al verloond",
        "De verloning van de periode is goedgekeurd, en de uren zijn andere dan Loket heeft gekregen.",
    ),
    "not_taken": ("Niet overgenomen door Loket", "Loket kreeg deze waarde en toont haar daarna niet."),
    "portal_rejected": (
        "Uitval in het portaal",
        "Het portaal nam deze regel niet over; de toelichting geeft zijn eigen woorden, zonder persoonsgegevens.",
    ),
    "file_rejected": ("Bestand geweigerd", "Het portaal verwerkte niets van dit bestand; alles gaat opnieuw mee."),
    "report_unmatched": (
        "Uitval zonder regel",
        "Het logverslag noemt uitval waarvan niet te zeggen is bij welke verstuurde regel die hoort.",
    ),
    "refused": ("Geweigerd door het portaal", "Het portaal weigerde dit record zonder een code die wij kennen."),
    "invalid_value": (
        "Waarde geweigerd door het portaal",
        "Het portaal neemt een dergelijke waarde in dit veld niet aan.",
    ),
    "unknown_department": ("Afdeling onbekend bij het portaal", "Het portaal heeft de afdeling nog niet."),
    "unknown_person": ("Persoon onbekend bij het portaal", "Het portaal heeft de persoon niet bij wie dit hoort."),
    "first_delivery": (
        "Eerste levering",
        "Dit is de eerste volledige levering van deze flow aan het portaal, dat gegevens kan hebben die wij nooit "
        "zagen. Vergelijk de aantallen met het portaal voordat u haar vrijgeeft.",
    ),
    "many_gone": (
        "Veel verwijderingen",
        "In het portaal zouden meer regels verdwijnen dan de bewaker toestaat. De rest is verstuurd; alleen de "
        "verwijderingen wachten.",
    ),
    "case_gone": (
        "Meldingen verdwenen in de bron",
        "Twee volledige leesbeurten toonden deze verzuimmeldingen niet meer, en het zijn geen verse vergissingen. De "
        "rest is verstuurd; alleen deze verwijderingen wachten. Klopt het niet, laat dan onze autorisatie in de "
        "bron nakijken.",
    ),
    "settings_gone": (
        "Verwijderd door instellingen",
        "Deze verzuimmeldingen zouden alleen verdwijnen doordat een instelling is gewijzigd (types, venster of "
        "begindatum). Laat de instelling herstellen, of geef de verwijderingen vrij.",
    ),
    "many_new": (
        "Veel nieuwe regels",
        "Bij een werkgever komen er veel meer regels bij dan gewoon is. Meestal is in de bron een filter "
        "weggehaald. De rest is verstuurd; alleen deze regels wachten.",
    ),
    "column_changed": (
        "Kolom {column} wijzigt bij bijna iedereen",
        "De kolom {column} zou in meer dan de helft van de regels wijzigen. Meestal is de connector in de "
        "bron gewijzigd. De gewijzigde regels blijven zoals ze waren; de rest is verstuurd.",
    ),
    "zero_rows": (
        "De bron toonde niets",
        "De bron gaf geen enkele rij, waar er eerst wel waren. Meestal is een filter of autorisatie gewijzigd. Er is "
        "niets verstuurd.",
    ),
    "column_blank": (
        "Kolom {column} is leeg",
        "De kolom {column} is in elke rij haar waarde kwijt. Meestal is de connector in de bron gewijzigd. "
        "Er is niets verstuurd.",
    ),
    "column_replaced": (
        "Kolom {column} bestaat niet meer",
        "In de kolom {column} staat in elke rij “(replaced)”: het veld bestaat niet meer in AFAS. Er is niets "
        "verstuurd.",
    ),
    "history_incomplete": (
        "Verzuimhistorie onvolledig",
        "De verzuimhistorie dekt minder dan het venster van het portaal, dat kan verwijderen wat een bestand weglaat. "
        "Er is niets verstuurd.",
    ),
    "kvk_missing": (
        "KvK-nummer ontbreekt",
        "Het KvK-nummer van deze werkgever is niet bekend. Zolang dat zo is wachten zijn salarisgegevens; wat het "
        "portaal heeft, blijft.",
    ),
    "kvk_malformed": (
        "KvK-nummer is geen nummer",
        "Een KvK-nummer heeft 8 cijfers. De salarisgegevens van deze werkgever wachten; wat het portaal heeft, blijft.",
    ),
    "kvk_unequal": (
        "KvK-nummers verschillen",
        "AFAS toont bij deze werkgever een ander KvK-nummer dan het portaal heeft. Zijn salarisgegevens wachten, want "
        "ze zouden bij een ander bedrijf terechtkomen.",
    ),
    "connector_lacks_employer": (
        "Werkgever ontbreekt in een connector",
        "Niet elk van de vier connectoren toont deze werkgever: elke heeft een eigen filter op werkgevercodes. Wat het "
        "portaal van de ontbrekende tabel heeft, blijft.",
    ),
    "schema_changed": (
        "Andere kolommen",
        "De connectoren hebben andere kolommen dan in de vorige levering: nieuwe, verdwenen of gewijzigde. Er is niets "
        "verstuurd.",
    ),
    "bases_halved": (
        "Veel minder grondslagen",
        "De berekende grondslagen hebben per persoon een derde minder regels of nog minder. Sinds Profit 9 toont AFAS "
        "per periode alleen de laatste regel: na die upgrade klopt dat. Er is niets verstuurd.",
    ),
    "bases_gone": (
        "Ook grondslagen verdwijnen",
        "Onder wat zou verdwijnen zijn berekende grondslagen. Sinds Profit 9 toont AFAS daarvan per periode alleen de "
        "laatste regel: na die upgrade kan het kloppen.",
    ),
    "fewer_rows": (
        "Veel minder regels in het urenbestand",
        "Het bestand heeft voor {column} (administratie, jaar, periode) veel minder regels dan het vorige, en daardoor "
        "andere uren. Kijk of het bestand heel is voordat u vrijgeeft. Er is niets verstuurd.",
    ),
    "fewer_people": (
        "Veel minder mensen in het urenbestand",
        "Het eerste bestand voor {column} (administratie, jaar, periode) heeft niets van veel mensen die in de periode "
        "ervoor uren hadden. Is het nog niet volledig, laat het dan wachten. Er is niets verstuurd.",
    ),
    "forgotten": (
        "Iemand is vergeten",
        "Het portaal heeft nog regels van iemand die uit Veerpont is gewist, onder nummer {column}. Pas na uw vrijgave "
        "verdwijnen ze daar; een volledig bestand wacht zo lang in zijn geheel.",
    ),
}
