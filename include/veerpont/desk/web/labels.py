"""What the pages say, in Dutch and English; the words of the trade come from `veerpont.messages.words`."""

from veerpont.desk.web.labels_deliveries import DELIVERY_LABELS, DELIVERY_REFUSALS_NL
from veerpont.desk.web.labels_links import LINK_REFUSALS_NL, LINKS
from veerpont.desk.web.labels_reports import REPORT_REFUSALS_NL, REPORTS

LABELS: dict[str, tuple[str, str]] = {
    **LINKS,
    **DELIVERY_LABELS,
    **REPORTS,
    # everywhere
    "desk": ("Balie", "Desk"),
    "today": ("Vandaag", "Today"),
    "rejects": ("Uitval", "Rejects"),
    "employers": ("Werkgevers", "Employers"),
    "deliveries": ("Leveringen", "Deliveries"),
    "skip": ("Naar de inhoud", "Skip to the content"),
    "language": ("English", "Nederlands"),
    "to_airflow": ("Naar Airflow", "To Airflow"),
    "looks_only": ("U kunt hier alles bekijken.", "You may look at everything here."),
    "looks_only_why": (
        "Beslissen kan wie in Airflow runs van deze DAG mag wijzigen.",
        "Deciding takes the right to edit runs of this DAG in Airflow.",
    ),
    "filter": ("Filter", "Filter"),
    "all": ("alle", "all"),
    "apply": ("Toepassen", "Apply"),
    "clear": ("Wissen", "Clear"),
    "integration": ("Koppeling", "Integration"),
    "flow": ("Flow", "Flow"),
    "portal": ("Portaal", "Portal"),
    "employer": ("Werkgever", "Employer"),
    "stage": ("Stap", "Stage"),
    "reason": ("Reden", "Reason"),
    "state": ("Toestand", "State"),
    "age": ("Leeftijd", "Age"),
    "age.new": ("minder dan een dag", "less than a day"),
    "age.day": ("meer dan een dag", "more than a day"),
    "age.week": ("meer dan een week", "more than a week"),
    "age.month": ("meer dan 30 dagen", "more than 30 days"),
    "none_here": ("Niets gevonden.", "Nothing found."),
    "cancel": ("Annuleren", "Cancel"),
    "unknown": ("onbekend", "unknown"),
    "no_employer": ("werkgever onbekend", "employer unknown"),
    "of": ("van", "of"),
    "previous": ("Vorige", "Previous"),
    "next": ("Volgende", "Next"),
    "page": ("Bladzijde {number} van {pages}", "Page {number} of {pages}"),
    "moment": ("{at}, Nederlandse tijd", "{at}, Dutch time"),
    "records": ("Records", "Records"),
    "key": ("Recordsleutel", "Record key"),
    "by": ("Door", "By"),
    "when": ("Wanneer", "When"),
    "what": ("Wat", "What"),
    # today
    "today.nothing": (
        "Er zijn nog geen koppelingen. Zet een integratiebestand in de map van VEERPONT_INTEGRATIONS.",
        "There are no integrations yet. Put an integration file into the folder of VEERPONT_INTEGRATIONS.",
    ),
    "today.calm": ("Niemand hoeft iets te doen.", "Nobody has to do anything."),
    "today.last": ("Laatste run", "Last run"),
    "today.books": ("Boeken", "Books"),
    "today.success": ("Laatst gelukt", "Last success"),
    "today.needs": ("Wacht op iemand", "Needs a person"),
    "today.never": ("nog nooit", "never yet"),
    "today.not_run": ("nog niet gedraaid", "has not run yet"),
    "today.now": ("zojuist", "just now"),
    "today.ago": ("{age} geleden", "{age} ago"),
    "today.late": ("te lang geleden", "too long ago"),
    "today.read": ("{count} gelezen", "{count} read"),
    "today.nothing_read": ("niets gelezen", "nothing read"),
    "today.gone": ("{count} verwijderd bij het portaal", "{count} removed at the portal"),
    "today.repeated": ("{count} herhaald", "{count} repeated"),
    "today.broken": ("Dit integratiebestand kan niet worden gebruikt:", "This integration file cannot be used:"),
    "tile.rejects": ("open uitval", "open {count:reject|rejects}"),
    "tile.questions": ("{count:vraagt|vragen} om bevestiging", "{count:asks|ask} for a confirmation"),
    "tile.held": ("{count:levering|leveringen} aangehouden", "{count:delivery|deliveries} held"),
    "tile.pending": ("{count:werkgever wacht|werkgevers wachten} op besluit", "{count:employer|employers} pending"),
    "tile.late": ("{count:flow|flows} te lang niet gelukt", "{count:flow|flows} too long without success"),
    "needs.rejects": ("{count} uitval", "{count} {count:reject|rejects}"),
    "needs.questions": ("{count} {count:vraag|vragen}", "{count} {count:question|questions}"),
    "needs.held": ("{count} aangehouden", "{count} held"),
    "needs.pending": (
        "{count} {count:werkgever wacht|werkgevers wachten}",
        "{count} {count:employer|employers} pending",
    ),
    # rejects
    "rejects.count": (
        "{count} {count:record|records} in {groups} {groups:groep|groepen}",
        "{count} {count:record|records} in {groups} {groups:group|groups}",
    ),
    "rejects.none": ("Geen uitval met dit filter.", "No rejects with this filter."),
    "rejects.more_groups": (
        "De grootste {shown} van {total} groepen; kies hierboven een filter voor de andere.",
        "The largest {shown} of {total} groups; filter above to see the others.",
    ),
    "group.employer": ("werkgever {code}", "employer {code}"),
    "group.field": ("veld {fields}", "field {fields}"),
    "group.questions": (
        "{count} {count:vraagt|vragen} om bevestiging",
        "{count} {count:asks|ask} for a confirmation",
    ),
    "group.codes": ("Codes in de bron", "Codes at the source"),
    "group.means": ("Wat het betekent", "What it means"),
    "group.who": ("Wie er iets aan doet", "Who acts"),
    "group.closes": ("Hoe het sluit", "How it closes"),
    "group.act": ("Beslissen over alle {count}", "Decide about all {count}"),
    "group.act_one": ("Beslissen", "Decide"),
    "group.first": ("Voor het eerst", "First seen"),
    "group.last": ("Laatst", "Last seen"),
    "group.attempts": ("Pogingen", "Attempts"),
    "group.owner": ("Bij wie", "Owner"),
    "group.note": ("Notitie", "Note"),
    "group.field_name": ("Veld", "Field"),
    "group.asks": ("vraagt om bevestiging", "asks for a confirmation"),
    "group.retry_asked": ("nieuwe poging gevraagd", "another try asked for"),
    "act.retry": ("Nu opnieuw proberen", "Try again now"),
    "act.retry_hint": (
        "Start de flow voor deze koppeling. De balie zelf verstuurt niets.",
        "Starts the flow for this integration. The desk itself sends nothing.",
    ),
    "act.ignore": ("Negeren…", "Ignore…"),
    "act.ignore_why": ("Waarom?", "Why?"),
    "act.ignore_hint": (
        "Zolang de reden dezelfde blijft. Verandert die, dan is het weer open.",
        "As long as the reason stays the same. When it changes it is open again.",
    ),
    "act.ignore_do": ("Negeer {count}", "Ignore {count}"),
    "act.reopen": ("Weer openen", "Open again"),
    "act.note": ("Bij wie, en notitie…", "Owner and note…"),
    "act.note_hint": ("Geen namen of gegevens van werknemers.", "No names or data of employees."),
    "act.note_do": ("Bewaren", "Save"),
    "act.note_keep": ("leeg: blijft zoals het is", "empty: stays as it is"),
    "act.confirm": ("Bevestigen…", "Confirm…"),
    "act.confirm_sure": (
        "Ik heb het nagekeken: deze wijziging klopt.",
        "I have checked it: this change is right.",
    ),
    "act.confirm_do": ("Bevestig {count}", "Confirm {count}"),
    "act.closed": ("Gesloten uitval: er is niets meer te doen.", "Closed: there is nothing left to do."),
    "reject.detail": ("Toelichting", "Detail"),
    "reject.history": ("Geschiedenis", "History"),
    "reject.ignored_for": ("Genegeerd omdat", "Ignored because"),
    "reject.closed": ("Gesloten", "Closed"),
    "reject.group": ("Alle met deze reden", "All with this reason"),
    "reject.noted.owner": ("bij wie", "owner"),
    "reject.noted.note": ("notitie", "note"),
    # employers
    "employers.none": (
        "Nog geen werkgevers: de flow Werkgevers toont ze.",
        "No employers yet: the flow Employers shows them.",
    ),
    "employers.people": ("Werknemers", "Employees"),
    "employers.people_unknown": ("nog niet geteld", "not counted yet"),
    "employers.code": ("Code", "Code"),
    "employers.name": ("Naam", "Name"),
    "employers.decided": ("Besluit", "Decision"),
    "employers.renamed": ("nieuwe naam: is dit nog hetzelfde bedrijf?", "new name: still the same company?"),
    "employers.frozen": ("regels bevroren bij het portaal", "lines frozen at the portal"),
    "employers.choose": ("Kies werkgever {code}", "Choose employer {code}"),
    "employers.with": ("Met de gekozen werkgevers:", "With the chosen employers:"),
    "employers.activate": ("Activeren…", "Activate…"),
    "employers.deactivate": ("Deactiveren…", "Deactivate…"),
    "employers.purge": ("Deactiveren en wissen…", "Deactivate and erase…"),
    "ask.activate": ("Werkgevers activeren?", "Activate employers?"),
    "ask.deactivate": ("Werkgevers deactiveren?", "Deactivate employers?"),
    "ask.purge": ("Werkgevers deactiveren en hun regels wissen?", "Deactivate employers and erase their lines?"),
    "ask.people": (
        "Dit betreft {people} {people:werknemer|werknemers} van {employers} {employers:werkgever|werkgevers}.",
        "This concerns {people} {people:employee|employees} of {employers} {employers:employer|employers}.",
    ),
    "ask.uncounted": (
        "Bij {count} daarvan zijn de werknemers nog niet geteld: dat doet de eerste run van Medewerkers.",
        "At {count} of them the employees have not been counted yet: the first run of Employees does that.",
    ),
    "ask.activate_means": (
        "Vanaf de volgende run worden hun gegevens gelezen en naar het portaal gestuurd. Activeer alleen wie een "
        "overeenkomst met de arbodienst heeft.",
        "From the next run on their data is read and sent to the portal. Activate only who has a contract with the "
        "occupational-health service.",
    ),
    "ask.deactivate_means": (
        "Er wordt meteen niets meer van hen gelezen. Wat het portaal van hen weet blijft staan (bevroren), zodat daar "
        "geen verzuimdossier wordt verwijderd.",
        "Nothing of them is read any more, at once. What the portal knows of them stays (frozen), so that no absence "
        "case is deleted there.",
    ),
    "ask.purge_means": (
        "Er wordt meteen niets meer van hen gelezen, en hun regels verdwijnen uit de volgende bestanden en uit onze "
        "opslag. Het portaal kan hun werknemers en verzuimdossiers dan verwijderen. Dit is niet terug te draaien.",
        "Nothing of them is read any more, at once, and their lines leave the next files and our store. The portal may "
        "then delete their employees and absence cases. This cannot be undone.",
    ),
    "ask.purge_sure": (
        "Ik weet zeker dat het portaal deze werkgevers niet meer bedient.",
        "I am sure that the portal no longer covers these employers.",
    ),
    "ask.activate_do": ("Activeer {count}", "Activate {count}"),
    "ask.deactivate_do": ("Deactiveer {count}", "Deactivate {count}"),
    "ask.purge_do": ("Deactiveer en wis {count}", "Deactivate and erase {count}"),
    # deliveries
    "deliveries.waiting": ("Wacht op uw besluit", "Waits for your decision"),
    "deliveries.unanswered": ("wacht op besluit", "waiting for a decision"),
    "deliveries.sent": ("Alle leveringen", "All deliveries"),
    "deliveries.none": ("Nog geen leveringen.", "No deliveries yet."),
    "deliveries.name": ("Bestand", "File"),
    "deliveries.number": ("Nr.", "No."),
    "deliveries.records": ("Records", "Records"),
    "deliveries.gone": ("Verwijderd", "Removed"),
    "deliveries.size": ("Grootte", "Size"),
    "deliveries.sha": ("SHA-256", "SHA-256"),
    "deliveries.why": ("Waarom", "Why"),
    "deliveries.since": ("sinds {at} ({age})", "since {at} ({age})"),
    "deliveries.removals": (
        "{count} {count:verwijdering wacht|verwijderingen wachten}",
        "{count} {count:removal waits|removals wait}",
    ),
    "deliveries.whole": ("de hele levering wacht ({count} records)", "the whole delivery waits ({count} records)"),
    "deliveries.released_by": (
        "vrijgegeven door {by}; gaat mee met de volgende run",
        "released by {by}; goes with the next run",
    ),
    "deliveries.by_employer": ("Sleutels per werkgever", "Keys by employer"),
    "deliveries.keys_gone": (
        "Deze regels zouden bij het portaal verdwijnen. De rest van de levering is al verstuurd, met deze regels erin.",
        "These lines would go at the portal. The rest of the delivery was sent already, with these lines in it.",
    ),
    "deliveries.keys_gone_whole": (
        "De bron toonde geen enkele rij: al deze regels zouden bij het portaal verdwijnen. Er is niets verstuurd.",
        "The source showed no row at all: all these lines would go at the portal. Nothing was sent.",
    ),
    "deliveries.keys_new": (
        "Deze regels zijn nieuw voor het portaal: het hele eerste bestand.",
        "These lines are new to the portal: the whole first file.",
    ),
    "deliveries.because": ("Waarom", "Why"),
    "deliveries.keys_part": (
        "Deze regels wachten; wat het portaal ervan heeft, blijft zoals het was. De rest van de levering is verstuurd.",
        "These lines wait; what the portal has of them stays as it was. The rest of the delivery was sent.",
    ),
    "deliveries.keys_whole": (
        "Deze regels wachten, zoals ze bij de laatste run waren. Er is niets verstuurd.",
        "These lines wait, as they were in the last run. Nothing was sent.",
    ),
    "deliveries.schema": ("Kolommen", "Columns"),
    "deliveries.column_new": ("Nieuw", "New"),
    "deliveries.column_gone": ("Verdwenen", "Gone"),
    "deliveries.column_changed": ("Gewijzigd", "Changed"),
    "deliveries.keys_away": (
        "De sleutels van deze levering zijn niet meer bewaard.",
        "The keys of this delivery are not kept any more.",
    ),
    "deliveries.gone_short": ("verdwijnt", "gone"),
    "deliveries.new_short": ("nieuw", "new"),
    "deliveries.changed_short": ("gewijzigd", "changed"),
    "deliveries.count": ("Aantal", "Count"),
    "deliveries.release": ("Vrijgeven…", "Release…"),
    "deliveries.discard": ("Verwerpen…", "Discard…"),
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
    "ask.release": ("Levering {id} vrijgeven?", "Release delivery {id}?"),
    "ask.discard": ("Levering {id} verwerpen?", "Discard delivery {id}?"),
    "ask.release_gone": (
        "De flow wordt gestart en verwijdert deze {count} regels bij het portaal, voor zover ze dan nog ontbreken in "
        "de bron. Het portaal kan de verzuimdossiers erbij verwijderen.",
        "The flow is started and removes these {count} lines at the portal, as far as the source still lacks them. The "
        "portal may delete the absence cases with them.",
    ),
    "ask.release_whole": (
        "De flow wordt gestart en verstuurt het hele bestand ({count} records).",
        "The flow is started and sends the whole file ({count} records).",
    ),
    "ask.discard_means": (
        "Wat het portaal weet blijft zoals het is, en over dezelfde regels wordt niet opnieuw gevraagd. U kunt haar "
        "later alsnog vrijgeven.",
        "What the portal knows stays as it is, and nobody is asked again about the same lines. You may still release "
        "it later.",
    ),
    "ask.discard_prepared": (
        "Deze levering is klaargezet maar niet afgemaakt. Kijk eerst of het portaal haar al heeft. De volgende run "
        "maakt haar opnieuw.",
        "This delivery was prepared and not finished. Look first whether the portal has it already. The next run makes "
        "it anew.",
    ),
    "ask.release_do": ("Vrijgeven en starten", "Release and start"),
    "ask.discard_do": ("Verwerpen", "Discard"),
    # what was done
    "said.retry": (
        "Nieuwe poging gevraagd voor {count} {count:record|records}.",
        "Another try asked for of {count} {count:record|records}.",
    ),
    "said.ignore": ("{count} {count:record|records} genegeerd.", "{count} {count:record|records} ignored."),
    "said.reopen": ("{count} {count:record|records} weer geopend.", "{count} {count:record|records} opened again."),
    "said.note": ("Bewaard bij {count} {count:record|records}.", "Saved with {count} {count:record|records}."),
    "said.confirm": ("{count} {count:wijziging|wijzigingen} bevestigd.", "{count} {count:change|changes} confirmed."),
    "said.nothing": (
        "Er was niets meer te doen: kijk hoe het er nu bij staat.",
        "There was nothing left to do: see how it stands now.",
    ),
    "said.activate": (
        "{count} {count:werkgever|werkgevers} actief vanaf de volgende run.",
        "{count} {count:employer|employers} active from the next run on.",
    ),
    "said.deactivate": (
        "{count} {count:werkgever|werkgevers} niet meer actief.",
        "{count} {count:employer|employers} not active any more.",
    ),
    "said.purge": (
        "{count} {count:werkgever|werkgevers} niet meer actief; hun regels verdwijnen met de volgende levering.",
        "{count} {count:employer|employers} not active any more; their lines go with the next delivery.",
    ),
    "said.release": ("Levering {id} is vrijgegeven.", "Delivery {id} is released."),
    "said.discard": ("Levering {id} is verworpen.", "Delivery {id} is discarded."),
    "start.started": ("{flow} is gestart.", "{flow} was started."),
    "start.waiting": (
        "Een run van {flow} staat al klaar om te beginnen; die neemt dit mee.",
        "A run of {flow} is about to begin already; it takes this along.",
    ),
    "start.paused": (
        "{flow} staat in Airflow op pauze: zet de DAG aan, dan gaat het mee met de volgende run.",
        "{flow} is paused in Airflow: unpause the DAG, then it goes with the next run.",
    ),
    "start.refused": (
        "U mag {flow} in Airflow niet starten; het gaat mee met de volgende geplande run.",
        "You may not start {flow} in Airflow; it goes with the next scheduled run.",
    ),
    "start.failed": (
        "{flow} kon niet worden gestart: bestaat de DAG in Airflow? Het gaat mee met de volgende run.",
        "{flow} could not be started: is the DAG in Airflow? It goes with the next run.",
    ),
    # what went wrong
    "error.401": ("U bent niet ingelogd.", "You are not logged in."),
    "error.401_do": ("Log in bij Airflow en open de balie opnieuw.", "Log in to Airflow, then open the desk again."),
    "error.403": ("Dat mag u niet.", "You may not do that."),
    "error.403_do": (
        "Bekijken kan wie DAG's mag lezen; beslissen kan wie in Airflow runs van de DAG mag wijzigen.",
        "Looking takes the right to read DAGs; deciding takes the right to edit runs of the DAG in Airflow.",
    ),
    "error.forged": ("Dit verzoek kwam niet van de balie.", "This request did not come from the desk."),
    "error.forged_do": (
        "Er is niets gedaan. Open de bladzijde opnieuw en probeer het nog eens.",
        "Nothing was done. Open the page again and try once more.",
    ),
    "error.404": ("Deze bladzijde is er niet.", "There is no such page."),
    "error.404_do": ("Begin bij Vandaag.", "Begin with Today."),
    "error.400": ("Dit adres klopt niet.", "Something in this address is not right."),
    "error.400_do": ("Ga terug en kies opnieuw.", "Go back and choose again."),
    "error.refused": ("Dat kan nu niet.", "That cannot be done now."),
    "error.settings": ("De balie is niet goed ingesteld.", "The desk is not set up properly."),
    "error.503": ("Het grootboek is niet bereikbaar.", "The ledger cannot be reached."),
    "error.503_do": (
        "De database van VEERPONT_LEDGER antwoordt niet. Er is niets gedaan en niets verloren; probeer het over een "
        "paar minuten opnieuw, en vraag anders de ontwikkelaars.",
        "The database of VEERPONT_LEDGER does not answer. Nothing was done and nothing is lost; try again in a few "
        "minutes, else ask the engineers.",
    ),
    "error.500": ("Er ging iets mis in de balie.", "Something went wrong in the desk."),
    "error.500_do": (
        "Dat is een fout van Veerpont; het log van de API-server zegt waar. Vraag de ontwikkelaars.",
        "That is a defect of Veerpont; the API server's log says where. Ask the engineers.",
    ),
}

REFUSALS_NL = {
    **LINK_REFUSALS_NL,
    **DELIVERY_REFUSALS_NL,
    **REPORT_REFUSALS_NL,
    "no_reject": "Er is geen uitval {id}: die is lang geleden gesloten, of was er nooit.",
    "why": "Zeg waarom u dit negeert: wie het later vindt wil dat weten.",
    "note": "Zeg wie ernaar kijkt, of wat die moet weten.",
    "no_question": "Geen van deze records vraagt nog om een bevestiging: kijk opnieuw.",
    "asked_anew": "Een run heeft na u naar deze records gekeken en vraagt misschien iets anders: kijk opnieuw en "
    "bevestig dan.",
    "too_long": "Dat is te lang: hoogstens {longest} tekens.",
    "no_act": "Kies wat er met deze werkgevers moet gebeuren: activeren of deactiveren.",
    "no_employer": "Kies minstens één werkgever.",
    "unknown_employer": "De bron van {integration} heeft werkgever {codes} nooit getoond.",
    "so_already": "Niets te doen voor werkgever {codes}: dat is al zo.",
    "no_delivery": "Er is geen levering {id}.",
    "changed": "Dit is veranderd sinds de vraag: kijk opnieuw en beslis dan.",
    "no_file": "Levering {id} heeft geen bestand dat is bewaard.",
    "not_waiting": "Levering {id} wacht op niemand.",
}
"""What `veerpont.desk` refuses, by its code; in English it says so itself."""

DAYS = (["ma", "di", "wo", "do", "vr", "za", "zo"], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
MONTHS = (
    ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
)
UNITS = (("dagen", "u", "min"), ("days", "h", "min"))
DAY = ("dag", "day")
