"""What a reject is called and means; who acts and how it closes are keys of `ways`."""

from veerpont.model.texts import Reason

REASONS: dict[str, Reason] = {
    "missing_value": Reason(
        ("Waarde ontbreekt", "Value missing"),
        (
            "Een veld waar dit record niet zonder kan, is leeg in de bron.",
            "A field that this record cannot do without is empty at the source.",
        ),
        "source",
        "source",
    ),
    "wrong_type": Reason(
        ("Ander soort waarde", "Another kind of value"),
        (
            "Het veld bevat een ander soort waarde dan afgesproken, zoals tekst waar een getal hoort. Meestal is "
            "gewijzigd wat de bron ons laat lezen.",
            "The field holds another kind of value than was agreed, such as text where a number belongs. Usually what "
            "the source lets us read was redefined.",
        ),
        "value",
        "source",
    ),
    "impossible_date": Reason(
        ("Geen datum", "Not a date"),
        (
            "In het veld staat iets dat geen datum tussen 1900 en 2100 is.",
            "The field holds something that is not a date between 1900 and 2100.",
        ),
        "source",
        "source",
    ),
    "impossible_percentage": Reason(
        ("Geen percentage", "Not a percentage"),
        (
            "Het percentage is geen getal van 0 tot en met 100.",
            "The percentage is not a number from 0 to 100.",
        ),
        "source",
        "source",
    ),
    "control_characters": Reason(
        ("Onzichtbare tekens", "Invisible characters"),
        (
            "De waarde bevat tekens die niet in een bestand kunnen, zoals een regeleinde; meestal door kopiëren en "
            "plakken.",
            "The value has characters that no file can hold, such as a line break, mostly from copying and pasting.",
        ),
        "source",
        "source",
    ),
    "too_long": Reason(
        ("Waarde te lang", "Value too long"),
        (
            "De waarde heeft meer tekens dan het portaal aanneemt.",
            "The value has more characters than the portal takes.",
        ),
        "source",
        "source",
    ),
    "unknown_gender": Reason(
        ("Geslacht niet herkend", "Gender not recognised"),
        (
            "Het geslacht is geen van de waarden die de bron beschrijft.",
            "The gender is not one of the values that the source documents.",
        ),
        "source",
        "source",
    ),
    "unknown_name_usage": Reason(
        ("Naamgebruik niet herkend", "Name usage not recognised"),
        (
            "De manier waarop de partnernaam wordt gebruikt is niet bekend.",
            "The way in which the partner's name is used is not known.",
        ),
        "usage",
        "source",
    ),
    "unknown_value": Reason(
        ("Waarde niet toegestaan", "Value not allowed"),
        (
            "Het portaal kent hier een vaste lijst met waarden; dit is een andere.",
            "The portal takes only the values of a fixed list here; this is another.",
        ),
        "source",
        "source",
    ),
    "date_out_of_range": Reason(
        ("Datum buiten bereik", "Date out of range"),
        (
            "Het portaal neemt alleen datums van 1900 tot en met 2100 aan.",
            "The portal takes dates from 1900 to 2100 only.",
        ),
        "source",
        "source",
    ),
    "end_before_start": Reason(
        ("Einde vóór begin", "Ends before it starts"),
        ("De einddatum ligt vóór de begindatum.", "The end date lies before the start date."),
        "source",
        "source",
    ),
    "invalid_bsn": Reason(
        ("Ongeldig BSN", "Invalid citizen-service number"),
        (
            "Het burgerservicenummer voldoet niet aan de elfproef.",
            "The number does not pass its own check (elfproef).",
        ),
        "source",
        "source",
    ),
    "invalid_iban": Reason(
        ("Ongeldig IBAN", "Invalid IBAN"),
        (
            "De lengte of het controlegetal van het rekeningnummer klopt niet.",
            "The length or the check digits of the bank account number are wrong.",
        ),
        "source",
        "source",
    ),
    "invalid_bic": Reason(
        ("Ongeldige BIC", "Invalid BIC"),
        (
            "De code van de bank heeft geen 8 of 11 letters en cijfers.",
            "The bank's code does not have 8 or 11 letters and digits.",
        ),
        "source",
        "source",
    ),
    "several_accounts": Reason(
        ("Meerdere bankrekeningen", "Several bank accounts"),
        (
            "De bron toont meerdere bankrekeningen van één persoon en niet welke geldt. Laat haar alleen de rekening "
            "tonen waarop het salaris wordt gestort.",
            "The source shows several bank accounts of one person and not which of them counts. Have it show only the "
            "one that salary is paid to.",
        ),
        "connector",
        "source",
    ),
    "duplicate_key": Reason(
        ("Eén sleutel, twee records", "One key, two records"),
        (
            "Twee records hebben dezelfde sleutel; het ene zou het andere overschrijven. Geef ze verschillende "
            "sleutels, of houd er één.",
            "Two records have the same key, and one would overwrite the other. Give them different keys, or keep one.",
        ),
        "source",
        "source",
    ),
    "department_cycle": Reason(
        ("Afdeling onder zichzelf", "Department under itself"),
        (
            "Via de bovenliggende afdelingen komt men weer bij deze afdeling uit: één bovenliggende afdeling klopt "
            "niet.",
            "Following the parents of this department leads back to itself: one parent in the chart is wrong.",
        ),
        "source",
        "source",
    ),
    "unknown_employer": Reason(
        ("Werkgever onbekend", "Employer unknown"),
        (
            "De bron heeft deze werkgever nooit bij de werkgevers getoond. Laat de code herstellen, of laat de bron "
            "de werkgever tonen en activeer hem aan de balie.",
            "The source never showed this employer among the employers. Have the code corrected, or have the employer "
            "shown to us and activate it at the desk.",
        ),
        "connector",
        "employer",
    ),
    "unknown_employee": Reason(
        ("Medewerker onbekend", "Employee unknown"),
        (
            "De flow Medewerkers heeft deze persoon bij deze werkgever niet gebracht; het portaal zou het record "
            "weigeren. Of de werkgever van deze persoon is niet actief.",
            "The flow employees did not bring this person at this employer, so the portal would refuse the record. Or "
            "the person's employer is not active.",
        ),
        "rejects",
        "employee",
    ),
    "portal_key_changed": Reason(
        ("Personeelsnummer gewijzigd", "Personnel number changed"),
        (
            "Het portaal kent dit record onder een ander nummer en zou het oude met zijn verzuim beëindigen. Bevestig "
            "dat het om dezelfde persoon gaat.",
            "The portal knows this record by another number, and would end the old one with its absence. Confirm that "
            "it is the same person.",
        ),
        "confirm",
        "confirm",
    ),
    "portal_key_taken": Reason(
        ("Nummer is al van een ander", "Number belongs to another"),
        (
            "Het portaal kent een ander record onder dit nummer; het verzuim daarvan zou van dit record worden. "
            "Bevestig dat het klopt, of laat een ander nummer geven.",
            "The portal knows another record by this number, and its absence would become this one's. Confirm that "
            "this is right, or have another number given.",
        ),
        "confirm",
        "confirm",
    ),
    "employer_changed": Reason(
        ("Naar een andere werkgever", "Moved to another employer"),
        (
            "Dit dienstverband hoorde eerst bij een andere werkgever; de regel daar zou verdwijnen. Bevestig de "
            "overgang.",
            "This employment was at another employer before, and its line there would go. Confirm the move.",
        ),
        "confirm",
        "confirm",
    ),
    "unknown_type": Reason(
        ("Verzuimtype niet ingesteld", "Absence type not set"),
        (
            "Het verzuimtype staat in geen tabel. Zeg bij Codes van deze klant wat het in het portaal is, of laat het "
            "weg.",
            "The absence type is in no table. Say under Codes of this customer what it is at the portal, or leave it "
            "out.",
        ),
        "codes",
        "settings",
    ),
    "no_cause": Reason(
        ("Geen oorzaakcode ingesteld", "No cause code set"),
        (
            "Voor dit verzuimtype is bij deze werkgever geen oorzaakcode van het portaal ingesteld. Vul haar in bij "
            "Codes van deze klant.",
            "For this absence type there is no cause code of the portal at this employer. Fill it in under Codes of "
            "this customer.",
        ),
        "codes",
        "settings",
    ),
    "began_before_contract": Reason(
        ("Ziek vóór het contract", "Ill before the contract"),
        (
            "De ziekte is ouder dan het contract. Bevestig dat het geval vanaf zijn eigen begindatum mag worden "
            "gestuurd.",
            "The illness is older than the contract. Confirm that it may be sent from the day on which the case "
            "begins.",
        ),
        "confirm",
        "confirm",
    ),
    "case_of_two_people": Reason(
        ("Geval van twee personen", "Case of two people"),
        (
            "De regels van één geval noemen verschillende mensen of werkgevers.",
            "The lines of one case name different people or employers.",
        ),
        "source",
        "source",
    ),
    "line_before_begin": Reason(
        ("Regel vóór het geval", "Line before the case"),
        (
            "Een regel van het geval begint vóór het geval zelf: één van beide datums klopt niet, of de regel bestaat "
            "niet meer in de bron en moet opnieuw worden gelezen.",
            "A line of the case starts before the case begins: one of the two dates is wrong, or the line no longer "
            "exists at the source and has to be read again.",
        ),
        "source",
        "source",
    ),
    "first_line_missing": Reason(
        ("Eerste dagen onbekend", "First days not known"),
        (
            "Voor de eerste dag van dit geval is nooit een regel gelezen. Een backfill van de verzuimhistorie leest "
            "het opnieuw; heeft de bron die regel niet, dan moet ze daar worden toegevoegd.",
            "No line was ever read for the first day of this case. A backfill of the absence history reads it again; "
            "if the source has no such line, it has to be added there.",
        ),
        "history",
        "source",
    ),
    "recovered_before_begin": Reason(
        ("Hersteld vóór ziek", "Recovered before ill"),
        (
            "De hersteldatum ligt vóór het begin van het geval.",
            "The date of recovery lies before the begin of the case.",
        ),
        "source",
        "source",
    ),
    "expected_birth_missing": Reason(
        ("Vermoedelijke bevalling ontbreekt", "Expected birth missing"),
        (
            "Het portaal neemt geen zwangerschapsverlof aan zonder de vermoedelijke bevallingsdatum.",
            "The portal takes no pregnancy leave without the expected date of birth.",
        ),
        "source",
        "source",
    ),
    "actual_birth_missing": Reason(
        ("Feitelijke bevalling ontbreekt", "Actual birth missing"),
        (
            "Het verlof is geëindigd; het portaal neemt dat niet aan zonder de feitelijke bevallingsdatum.",
            "The leave has ended, and the portal takes no ended pregnancy leave without the actual date of birth.",
        ),
        "source",
        "source",
    ),
    "portal_rejected": Reason(
        ("Uitval in het portaal", "Rejected by the portal"),
        (
            "Het portaal nam deze regel niet over; de toelichting geeft zijn eigen woorden, zonder persoonsgegevens.",
            "The portal did not take this line; the detail has its own words, without personal data.",
        ),
        "portal",
        "refused",
    ),
    "file_rejected": Reason(
        ("Bestand geweigerd", "File refused"),
        (
            "Het portaal verwerkte niets van dit bestand; alles gaat opnieuw mee.",
            "The portal processed nothing of this file; all of it is sent again.",
        ),
        "rejected_file",
        "file",
    ),
    "report_unmatched": Reason(
        ("Uitval zonder regel", "Rejected, but which line?"),
        (
            "Het logverslag noemt uitval waarvan niet te zeggen is bij welke verstuurde regel die hoort.",
            "The portal's report names rejected lines, and does not say which of the lines that were sent they are.",
        ),
        "report",
        "file",
    ),
}

UNKNOWN = Reason(
    ("Code {code}", "Code {code}"),
    (
        "Voor de code {code} staan hier geen woorden. Het kan een code van het portaal zelf zijn. De toelichting bij "
        "de uitval zegt wat er bekend is.",
        "There are no words here for the code {code}. It may be a code of the portal's own. The detail of the reject "
        "says what is known.",
    ),
    "unknown",
    "unknown",
)
"""Of a code without words."""
