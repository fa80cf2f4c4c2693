"""The words of Loket: the page of links, the file that is imported there, and the reasons of links and hours."""

from veerpont.model.texts import Reason, Text

TEXTS: dict[str, Text] = {
    "mappings.title.hours_components": ("Uren- en looncomponenten", "Hour and wage components"),
    "mappings.about.hours_components": (
        "De code in het bestand van de urenregistratie → het nummer van de component in Loket. Wat u niet gebruikt, "
        "laat u weg.",
        "The code in the file of the time registration → the number of the component in Loket. Leave out what you do "
        "not use.",
    ),
    "mappings.title.hours_departments": ("Afdelingen en kostenplaatsen", "Departments and cost centres"),
    "mappings.about.hours_departments": (
        "De afdeling in het bestand → de code van de verdelingseenheid of kostenplaats in Loket.",
        "The department in the file → the code of the distribution unit or cost centre in Loket.",
    ),
    "mappings.title.hours_client_numbers": ("Aansluitnummers", "Client numbers"),
    "mappings.about.hours_client_numbers": (
        "Het aansluitnummer van een administratie → het nummer in haar bestand, waar dat een ander is.",
        "The client number of an administration → the number in its file, where that is another one.",
    ),
    "links.count": ("{count} {count:medewerker|medewerkers}", "{count} {count:employee|employees}"),
    "links.none": (
        "Nog geen medewerkers om over te beslissen: alleen klanten met Loket hebben die, na de eerste run van "
        "Medewerkers.",
        "No employees to decide about yet: only customers with Loket have them, after the first run of Employees.",
    ),
    "links.decision": ("Besluit", "Decision"),
    "links.undecided": ("nog niet besloten", "not decided"),
    "links.add": ("toevoegen", "add"),
    "links.skip": ("niet importeren", "do not import"),
    "links.link": ("koppelen", "link"),
    "links.linked": ("met iemand bij het portaal", "with somebody at the portal"),
    "links.department": ("afdeling {code}", "department {code}"),
    "links.default_add": (
        "Nieuwe medewerkers worden toegevoegd zolang er niet over is besloten (links.default: add).",
        "New employees are added until somebody decides otherwise (links.default: add).",
    ),
    "links.default_skip": (
        "Nieuwe medewerkers worden niet geïmporteerd zolang er niet over is besloten (links.default: skip).",
        "New employees are left out until somebody decides otherwise (links.default: skip).",
    ),
    "links.default_ask": (
        "Nieuwe medewerkers wachten tot er over is besloten (links.default: ask).",
        "New employees wait until somebody decides (links.default: ask).",
    ),
    "links.known": (
        "Wie al bij het portaal staat, blijft in elk geval meegaan.",
        "Employees that the portal already has stay there in any case.",
    ),
    "links.first": ("Voor het eerst gezien", "First seen"),
    "links.choose": ("Kies medewerker {who}", "Choose employee {who}"),
    "links.with": ("Met de gekozen medewerkers:", "With the chosen employees:"),
    "links.do_add": ("Toevoegen…", "Add…"),
    "links.do_skip": ("Niet importeren…", "Do not import…"),
    "links.do_link": ("Koppelen…", "Link…"),
    "ask.add": ("Medewerkers toevoegen?", "Add employees?"),
    "ask.skip": ("Medewerkers niet importeren?", "Leave employees out?"),
    "ask.link": ("Medewerker koppelen?", "Link this employee?"),
    "ask.links": (
        "Dit betreft {count} {count:medewerker|medewerkers}.",
        "This concerns {count} {count:employee|employees}.",
    ),
    "ask.add_means": (
        "De volgende run van Medewerkers stuurt ze naar het portaal. Namen, adressen en het einde van het "
        "dienstverband volgen Loket daarna elke nacht; de contractgegevens worden nu één keer overgenomen, ook als "
        "dat al eens is gebeurd.",
        "The next run of Employees sends them to the portal. From then on names, addresses and the end of the "
        "employment follow Loket every night; the contract is taken over once, now, even if that was done before.",
    ),
    "ask.skip_means": (
        "Er wordt niets van ze bewaard of verstuurd. Wie al bij het portaal staat, verdwijnt daar zoals ieder ander "
        "die uit de bron verdwijnt: na twee keer lezen, en bij veel tegelijk pas na een vrijgave. Het portaal kan hun "
        "verzuim dan verwijderen.",
        "Nothing of theirs is kept or sent. Those that the portal already has are removed there like anybody who left "
        "the source: after two reads, and when there are many at once only after a release. The portal may then "
        "delete their absence.",
    ),
    "ask.link_means": (
        "Deze medewerker van Loket wordt dezelfde als iemand die het portaal al heeft. Afdeling en e-mailadres "
        "blijven daar zoals ze zijn: kijk na of ze kloppen.",
        "This employee of Loket becomes the same person as somebody that the portal already has. Department and "
        "e-mail address stay as they are there: check that they are right.",
    ),
    "ask.link_number": ("Personeelsnummer bij het portaal", "Personnel number at the portal"),
    "ask.link_department": ("Code van de afdeling bij het portaal", "Code of the department at the portal"),
    "ask.link_department_hint": (
        "Leeg alleen als een lege cel bij dit portaal niets wist (links.empty_department).",
        "Empty only when an empty cell clears nothing at this portal (links.empty_department).",
    ),
    "ask.add_do": ("Voeg {count} toe", "Add {count}"),
    "ask.skip_do": ("Laat {count} weg", "Leave {count} out"),
    "ask.link_do": ("Koppelen", "Link"),
    "said.add": (
        "{count} {count:medewerker|medewerkers} toegevoegd vanaf de volgende run van Medewerkers.",
        "{count} {count:employee|employees} added from the next run of Employees on.",
    ),
    "said.skip": (
        "{count} {count:medewerker|medewerkers} niet meer geïmporteerd vanaf de volgende run van Medewerkers.",
        "{count} {count:employee|employees} left out from the next run of Employees on.",
    ),
    "said.link": (
        "{count} {count:medewerker|medewerkers} gekoppeld vanaf de volgende run van Medewerkers.",
        "{count} {count:employee|employees} linked from the next run of Employees on.",
    ),
    "fetch.title": ("Importeren in Loket", "Import in Loket"),
    "fetch.where": (
        "Collectieve mutaties > Importeren > Variabele gegevens. Kies daar:",
        "Collectieve mutaties > Importeren > Variabele gegevens. Choose there:",
    ),
    "fetch.administration": ("Administratie", "Administration"),
    "fetch.year": ("Jaar", "Year (Jaar)"),
    "fetch.period": ("Periode", "Period (Periode)"),
    "fetch.do": ("Bestand ophalen", "Fetch the file"),
    "fetch.kept": ("Wie het ophaalt wordt bewaard.", "Who fetches it is kept."),
    "refused.no_link_act": (
        "Kies wat er met deze medewerkers moet gebeuren: toevoegen, niet importeren of koppelen.",
        "Choose what to do with these employees: add, leave out or link.",
    ),
    "refused.nobody": ("Kies minstens één medewerker.", "Choose at least one employee."),
    "refused.link_one": (
        "Een koppeling is van één medewerker met één persoon bij het portaal: koppel ze één voor één.",
        "A link is of one employee with one person at the portal: link them one by one.",
    ),
    "refused.unknown_person": (
        "De bron van {integration} toont medewerker {keys} niet.",
        "The source of {integration} does not show employee {keys}.",
    ),
    "refused.link_number": (
        "Zeg onder welk personeelsnummer het portaal deze persoon heeft, in hoogstens {longest} tekens.",
        "Say under which personnel number the portal has this person, in at most {longest} characters.",
    ),
    "refused.link_taken": (
        "Medewerker {key} is al met dit personeelsnummer gekoppeld.",
        "Employee {key} is linked with this personnel number already.",
    ),
    "who.timekeeping": (
        "De salarisadministratie van de klant, met wie de urenregistratie bijhoudt.",
        "The payroll administration of the customer, with whoever keeps the time registration.",
    ),
    "who.link": (
        "U, of wie bij de klant de medewerkers kent: beslis aan de balie onder Koppelen.",
        "You, or whoever knows the employees at the customer: decide at the desk under Links.",
    ),
    "closes.link": (
        "Bij de eerste run van Medewerkers na het besluit.",
        "By the first run of employees after the decision.",
    ),
}

REASONS: dict[str, Reason] = {
    "link_undecided": Reason(
        ("Toevoegen, weglaten of koppelen?", "Add, leave out or link?"),
        (
            "Over deze medewerker is nog niet besloten: toevoegen, niet importeren, of koppelen aan iemand die het "
            "portaal al heeft.",
            "Nobody has decided yet about this employee: add them, do not import them, or link them with somebody "
            "whom the portal has already.",
        ),
        "link",
        "link",
    ),
    "link_department": Reason(
        ("Gekoppeld zonder afdeling", "Linked without a department"),
        (
            "De afdeling van wie gekoppeld is blijft zoals het portaal haar heeft, en een lege cel kan haar wissen. "
            "Zeg bij de koppeling welke afdeling het portaal heeft.",
            "The department of somebody who is linked stays as the portal has it, and an empty cell may clear it. Say "
            "with the link which department the portal has.",
        ),
        "link",
        "link",
    ),
    "not_a_number": Reason(
        ("Geen getal", "Not a number"),
        (
            "De waarde is geen getal met het decimaalteken uit het integratiebestand.",
            "The value is no number with the decimal mark that the integration file names.",
        ),
        "timekeeping",
        "source",
    ),
    "unknown_payroll_number": Reason(
        ("Personeelsnummer verloning onbekend", "Payroll number unknown"),
        (
            "Geen dienstverband van een actieve werkgever heeft dit nummer. Het is niet het medewerkernummer.",
            "No employment of an active employer has this payroll number. It is not the employee number.",
        ),
        "timekeeping",
        "source",
    ),
    "duplicate_payroll_number": Reason(
        ("Personeelsnummer van meer mensen", "Payroll number of several people"),
        (
            "Twee dienstverbanden, in een of twee administraties, hebben dit nummer: wiens uren het zijn is niet te "
            "raden.",
            "Two employments, in one or two administrations, have this number: nobody may guess whose hours these are.",
        ),
        "timekeeping",
        "source",
    ),
    "unknown_period": Reason(
        ("Periode onbekend", "Period unknown"),
        (
            "De administratie van het dienstverband heeft deze periode niet.",
            "The payroll administration of the employment has no such period.",
        ),
        "timekeeping",
        "source",
    ),
    "test_year": Reason(
        ("Testjaar", "Test year"),
        (
            "De periode is van een jaar dat Loket een testjaar noemt: er wordt niemand betaald.",
            "The period is of a year that Loket calls a test year: nobody is paid in it.",
        ),
        "timekeeping",
        "source",
    ),
    "out_of_range": Reason(
        ("Uren buiten de grenzen", "Hours out of range"),
        (
            "De uren van een component zijn in de periode minder dan 0 of meer dan 999,99, of een bedrag is te groot.",
            "The hours of one component come to less than 0 or more than 999,99 in the period, or an amount is too "
            "large.",
        ),
        "timekeeping",
        "source",
    ),
    "unknown_component": Reason(
        ("Component onbekend in dit jaar", "Component unknown in this year"),
        (
            "De administratie heeft deze component niet in het jaar van de periode: ze verschillen per jaar.",
            "The payroll administration has no such component in the year of the period: they differ per year.",
        ),
        "codes",
        "settings",
    ),
    "blocked_component": Reason(
        ("Component neemt geen import", "Component takes no import"),
        (
            "Loket laat deze component niet wijzigen met een collectieve mutatie.",
            "Loket does not let this component be changed by a collective mutation.",
        ),
        "codes",
        "settings",
    ),
    "unknown_unit": Reason(
        ("Verdelingseenheid onbekend", "Unit unknown"),
        (
            "Voor deze afdeling is geen eenheid ingesteld, of Loket kent die eenheid niet.",
            "No unit is configured for this department, or Loket does not know that unit.",
        ),
        "codes",
        "settings",
    ),
    "period_closed": Reason(
        ("Periode is al verloond", "Period is paid already"),
        (
            "De verloning van de periode is goedgekeurd, en de uren zijn andere dan Loket heeft gekregen.",
            "The payroll run of the period is approved, and the hours are other ones than Loket was sent.",
        ),
        "timekeeping",
        "source",
    ),
    "not_taken": Reason(
        ("Niet overgenomen door Loket", "Not taken by Loket"),
        (
            "Loket kreeg deze waarde en toont haar daarna niet.",
            "Loket was sent this value, and does not show it afterwards.",
        ),
        "timekeeping",
        "refused",
    ),
}
