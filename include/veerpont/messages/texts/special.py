"""The rare acts of one customer: forget a person, load historic absence, adopt what is at a portal in use."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "page.special": ("Bijzonder", "Special"),
    "special.of": ("Bijzonder bij {customer}", "Special, of {customer}"),
    "special.asked": ("Laatst gevraagd", "Asked last"),
    "special.forget_look": ("Kijken wat er van iemand is", "See what is kept of a person"),
    "special.forget": ("Iemand vergeten", "Forget a person"),
    "special.adopt": ("Overnemen wat in het portaal staat", "Adopt what is at the portal"),
    "special.adopt_discard": ("Overgenomen regels weggooien", "Discard what was adopted"),
    "special.waiting": ("Wordt gedaan", "Being done"),
    "special.done": ("Gedaan", "Done"),
    "special.refused": ("Niet gedaan", "Not done"),
    "special.waiting_what": (
        "De uitkomst verschijnt hier vanzelf. U hoeft niet te wachten: ze staat straks ook bij Bijzonder.",
        "The result appears here by itself. You need not wait: it will also be under Special.",
    ),
    "said.special_asked": ("Het is gevraagd.", "It has been asked for."),
    "forget.what": (
        "Voor wie vraagt om vergeten te worden. Laat de persoon eerst in het bronsysteem weghalen: wie daar nog staat "
        "komt met de volgende run terug. Eerst ziet u wat er is; daarna geeft u de sleutel nog eens.",
        "For somebody who asks to be forgotten. Have the person removed at the source first: whoever is still there "
        "comes back with the next run. First you see what there is; then you give the key again.",
    ),
    "forget.key": (
        "Recordsleutel, personeelsnummer, of werkgever/number:nummer",
        "Record key, personnel number, or employer/number:N",
    ),
    "forget.look": ("Kijk wat er is", "See what is kept"),
    "forget.again": ("Geef de sleutel nog eens", "Give the key again"),
    "forget.sure": (
        "Dit kan niet worden teruggedraaid. Regels in kluis en register verdwijnen, opgeslagen bestanden waarin deze "
        "persoon kan staan worden verwijderd, ook als er anderen in staan.",
        "This cannot be taken back. Lines in the vault and the ledger go, and stored files that may show this person "
        "are deleted, also when they show others.",
    ),
    "forget.do": ("Vergeet deze persoon", "Forget this person"),
    "forget.found": ("Wat er is", "What there is"),
    "forget.was": ("Wat er was", "What there was"),
    "forget.before": ("Deze persoon is al eerder vergeten.", "This person was forgotten before."),
    "forget.line": (
        "{flow} naar {portal}",
        "{flow} to {portal}",
    ),
    "forget.lines": ("{count} {count:regel|regels}", "{count} {count:line|lines}"),
    "forget.held": ("de verwijdering daar wacht op vrijgave", "the removal there waits for a release"),
    "forget.none": ("daar wordt niets verwijderd", "nothing is removed there"),
    "forget.history": ("verzuimregels", "lines of absence"),
    "forget.rejects": ("uitval", "rejects"),
    "forget.links": ("koppelingen", "links"),
    "forget.files": ("bestanden die weggaan, van levering", "files that go, of delivery"),
    "forget.superseded": ("klaargezet, wordt opnieuw gemaakt: levering", "prepared, made again: delivery"),
    "forget.done": (
        "Vergeten, als nummer {number}. Geef daarna bij Leveringen de verwijdering in de portalen vrij. Back-ups van "
        "register en kluis hebben de persoon nog tot ze worden overschreven.",
        "Forgotten, as number {number}. Then release the removal at the portals under Deliveries. Backups of the "
        "ledger and the vault have the person until they are overwritten.",
    ),
    "refused.forget_other": (
        "Dat is niet de persoon die u bekeek: geef dezelfde sleutel, of kijk opnieuw.",
        "That is not the person whom you looked at: give the same key, or look again.",
    ),
    "history.title": ("Verzuimhistorie laden", "Load historic absence"),
    "history.what": (
        "Meestal niet nodig: de verzuimflow vult gaten zelf. Een maand staat voor de gevallen die erin begonnen. Er "
        "wordt niets verstuurd; de volgende run van verzuim levert, of vraagt u iets. De kaart bij Verloop toont wat "
        "er is.",
        "Mostly not needed: the flow of absence fills gaps by itself. A month stands for the cases that began in it. "
        "Nothing is sent; the next run of absence delivers, or asks you. The map under Over time shows what there is.",
    ),
    "history.first": ("Van maand (jjjj-mm)", "From month (yyyy-mm)"),
    "history.last": ("Tot en met maand (jjjj-mm)", "Until month (yyyy-mm), included"),
    "history.again": ("Ook maanden die al geladen zijn", "Also months that were loaded before"),
    "history.do": ("Laad deze maanden", "Load these months"),
    "history.loaded": ("Laatst geladen", "Loaded last"),
    "history.map": ("De kaart van verzuim", "The map of absence"),
    "said.history_started": (
        "{months} {months:maand wordt|maanden worden} geladen, vier tegelijk.",
        "{months} {months:month is|months are} being loaded, four at a time.",
    ),
    "said.history_not": ("Er is niets geladen.", "Nothing was loaded."),
    "start.busy": (
        "Airflow laadt nog andere maanden: wacht tot dat klaar is.",
        "Airflow still loads other months: wait until it has.",
    ),
    "refused.history_months": (
        "Geef maanden als 2026-11, de eerste niet na de laatste en niet later dan nu, hoogstens {most}.",
        "Give months such as 2026-11, the first not after the last and not later than now, at most {most}.",
    ),
    "adopt.title": ("Overnemen wat in het portaal staat", "Adopt what is at the portal"),
    "adopt.what": (
        "Voor een portaal dat al in gebruik is, vóór de eerste levering: breng een export met de kolommen van het "
        "integratiebestand, hoogstens 24 uur oud. De regels tellen dan mee bij de bewaking, en wat niet van ons is "
        "houdt de eerste levering vast. Er wordt niets verstuurd.",
        "For a portal that is in use, before the first delivery: bring an export with the columns of the integration "
        "file, at most 24 hours old. The guards then count its lines, and what is not ours holds the first "
        "delivery. Nothing is sent.",
    ),
    "adopt.nothing_left": (
        "Van elke flow die kan worden teruggelezen is al een levering aangenomen: `veerpont compare` vergelijkt.",
        "Of every flow that can be read back a delivery was accepted already: `veerpont compare` compares.",
    ),
    "adopt.to": ("Flow en portaal", "Flow and portal"),
    "adopt.file": ("Export van het portaal (.xlsx of .csv)", "Export of the portal (.xlsx or .csv)"),
    "adopt.taken_at": ("Gemaakt op (jjjj-mm-dd uu:mm, Nederlandse tijd)", "Made at (yyyy-mm-dd hh:mm, Dutch time)"),
    "adopt.do": ("Neem over", "Adopt"),
    "adopt.kept": ("Overgenomen", "Adopted"),
    "adopt.discard": ("Gooi weg", "Discard"),
    "adopt.discarded": (
        "Weggegooid: de eerste levering telt er niet meer mee. {superseded} {superseded:vraag wordt|vragen worden} "
        "opnieuw gesteld.",
        "Discarded: the first delivery does not count from it any more. {superseded} {superseded:question is|questions "
        "are} asked again.",
    ),
    "adopt.adopted": (
        "{adopted} {adopted:regel|regels} overgenomen. {unmatched} daarvan {unmatched:is|zijn} niet van ons: de eerste "
        "levering zou ze beëindigen, en wacht op iemand.",
        "{adopted} {adopted:line|lines} adopted. {unmatched} of them {unmatched:is|are} not ours: the first "
        "delivery would end them, and waits for a person.",
    ),
    "adopt.repeated": (
        "Hetzelfde was al overgenomen: er is niets gewijzigd.",
        "The same was adopted before: nothing changed.",
    ),
    "adopt.is.same": ("gelijk", "the same"),
    "adopt.is.differs": ("verschilt", "differ"),
    "adopt.is.only_there": ("alleen daar", "only there"),
    "adopt.is.only_ours": ("alleen bij ons", "only ours"),
    "adopt.columns": ("verschillende kolommen", "columns that differ"),
    "refused.adopt_when": (
        "Dat is geen moment: schrijf het als 2026-11-30 09:15.",
        "That is no moment: write it as 2026-11-30 09:15.",
    ),
}
