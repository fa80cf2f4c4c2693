"""What the page of links says, in Dutch and English."""

LINKS: dict[str, tuple[str, str]] = {
    "links": ("Koppelen", "Links"),
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
    "links.linked": ("met nummer {number} bij het portaal", "with number {number} at the portal"),
    "links.department": ("afdeling {code}", "department {code}"),
    "links.default_add": (
        "Wie nieuw is en over wie niet is besloten, wordt toegevoegd (links.default: add).",
        "Who is new and not decided about is added (links.default: add).",
    ),
    "links.default_skip": (
        "Wie nieuw is en over wie niet is besloten, wordt niet geïmporteerd (links.default: skip).",
        "Who is new and not decided about is not imported (links.default: skip).",
    ),
    "links.default_ask": (
        "Wie nieuw is wacht tot er is besloten (links.default: ask).",
        "Who is new waits until somebody decides (links.default: ask).",
    ),
    "links.known": (
        "Wie het portaal al heeft, blijft in elk geval meegaan.",
        "Whom the portal has already goes on in any case.",
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
        "dienstverband volgen Loket daarna elke nacht; de contractgegevens worden nu één keer overgenomen, "
        "ook als dat al eens is gebeurd.",
        "The next run of Employees sends them to the portal. Names, addresses and the end of the employment then "
        "follow Loket every night; the contract is taken over once now, also when that was done before.",
    ),
    "ask.skip_means": (
        "Er wordt niets van ze bewaard of verstuurd. Wie al bij het portaal staat, verdwijnt daar als ieder ander die "
        "uit de bron verdwijnt: na twee keer lezen, en bij veel tegelijk pas na een vrijgave. Het portaal kan het "
        "verzuim dan verwijderen.",
        "Nothing of them is kept or sent. Whom the portal has already goes there as everybody who is gone from the "
        "source: after two reads, and where many go at once only after a release. The portal may then delete the "
        "absence.",
    ),
    "ask.link_means": (
        "De medewerker van Loket wordt dezelfde als iemand die het portaal al heeft. Afdeling en e-mailadres blijven "
        "daar zoals ze zijn: kijk na of ze kloppen.",
        "The employee of Loket becomes the same as somebody whom the portal has already. Department and e-mail address "
        "stay as they are there: check that they are right.",
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
}

LINK_REFUSALS_NL = {
    "no_link_act": "Kies wat er met deze medewerkers moet gebeuren: toevoegen, niet importeren of koppelen.",
    "nobody": "Kies minstens één medewerker.",
    "link_one": "Een koppeling is van één medewerker met één persoon bij het portaal: koppel ze één voor één.",
    "unknown_person": "De bron van {integration} toont medewerker {keys} niet.",
    "link_number": "Zeg onder welk personeelsnummer het portaal deze persoon heeft, en geen langere tekst.",
    "link_taken": "Medewerker {key} is al met dit personeelsnummer gekoppeld.",
}
