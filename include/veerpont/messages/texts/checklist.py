"""What the page of one customer says: its steps, how each stands, and what to do where one is missing."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "page.customers": ("Checklist", "Checklist"),
    "checklist.of": ("Checklist van {customer}", "Checklist of {customer}"),
    "checklist.steps": ("Stappen", "Steps"),
    "checklist.done_of": (
        "{done} van de {total} {total:stap|stappen} gedaan.",
        "{done} of {total} {total:step|steps} done.",
    ),
    "checklist.not_live": (
        "Niets van buiten is geraadpleegd: `veerpont check {name} --live` probeert de verbindingen.",
        "Nothing outside was asked: `veerpont check {name} --live` tries the connections.",
    ),
    "checklist.is.done": ("gedaan", "done"),
    "checklist.is.missing": ("ontbreekt", "missing"),
    "checklist.is.unknown": ("antwoordt niet", "does not answer"),
    "checklist.file": ("Integratiebestand", "Integration file"),
    "checklist.source": ("Instellingen van de bron", "Settings of the source"),
    "checklist.portal": ("Kolommen en instellingen van {portal}", "Columns and settings of {portal}"),
    "checklist.connection": ("Verbinding {connection} in Airflow", "Connection {connection} in Airflow"),
    "checklist.employers": ("Besluit over elke werkgever", "A decision about each employer"),
    "checklist.causes": ("{flow}: oorzaken per werkgever", "{flow}: causes by employer"),
    "checklist.run": ("{flow}: een keer gelukt", "{flow}: succeeded once"),
    "checklist.delivery": ("{flow}: eerste levering aan {portal}", "{flow}: first delivery to {portal}"),
    "checklist.coverage": ("{flow}: de historie dekt het venster", "{flow}: the history covers the window"),
    "checklist.live": ("Live: het schema draait de klant", "Live: the schedule runs the customer"),
    "checklist.take_live": ("Neem live", "Take live"),
    "checklist.take_back": ("Haal van het schema", "Take off the schedule"),
    "checklist.take live": ("Live genomen", "Taken live"),
    "checklist.take back": ("Van het schema gehaald", "Taken off the schedule"),
    "said.take live": (
        "{name} is live: het schema draait de klant vanaf de volgende run.",
        "{name} is live: the schedule runs it from the next run on.",
    ),
    "said.take back": (
        "{name} is van het schema: alleen wie een run start, draait de klant nog.",
        "{name} is off the schedule: it runs only when somebody starts a run.",
    ),
    "checklist.do.live": (
        "Het schema slaat deze klant over; met de hand draait hij wel. Neem hem live als de eerste leveringen kloppen.",
        "The schedule leaves this customer out; by hand it runs. Take it live once the first deliveries are right.",
    ),
    "preview.title": ("Voorvertoning", "Preview"),
    "preview.what": (
        "Wat de volgende run zou doen, op een kopie: de bron wordt gelezen, er wordt niets verstuurd of veranderd.",
        "What the next run would do, on a copy: the source is read; nothing is sent or changed.",
    ),
    "preview.do": ("Toon de volgende run", "Show the next run"),
    "preview.of": ("Voorvertoning van {flow}", "Preview of {flow}"),
    "said.preview_asked": ("De voorvertoning is gevraagd.", "The preview has been asked for."),
    "preview.waiting": ("Wordt gemaakt", "Being made"),
    "preview.waiting_what": (
        "De bron wordt gelezen. De uitkomst verschijnt hier vanzelf; bij een grote klant duurt dat minuten.",
        "The source is being read. The result appears here by itself; for a large customer that takes minutes.",
    ),
    "preview.done": ("Wat de volgende run zou sturen", "What the next run would send"),
    "preview.done_what": (
        "Geteld alsof alles wat zou wachten is vrijgegeven. Welke records dat zijn: `veerpont preview --keys`.",
        "Counted as if all that would wait had been released. Which records these are: `veerpont preview --keys`.",
    ),
    "preview.refused": ("Niet gemaakt", "Not made"),
    "preview.is.new": ("nieuw", "new"),
    "preview.is.changed": ("gewijzigd", "changed"),
    "preview.is.gone": ("weg", "gone"),
    "preview.is.unchanged": ("ongewijzigd", "unchanged"),
    "preview.is.filtered": ("gefilterd", "filtered"),
    "preview.is.rejected": ("uitval", "rejected"),
    "preview.held": ("Zou op een besluit wachten", "Would wait for a decision"),
    "preview.held_removals": (
        "{count} {count:verwijdering|verwijderingen} bij {portal}",
        "{count} {count:removal|removals} at {portal}",
    ),
    "preview.held_whole": (
        "De hele levering van {count} {count:record|records} aan {portal}",
        "The whole delivery of {count} {count:record|records} to {portal}",
    ),
    "preview.rejects": ("Uitval, waarvan {new} nieuw", "Rejects, {new} of them new"),
    "checklist.open_delivery": ("Bekijk de levering", "Look at the delivery"),
    "checklist.no_file": (
        "Er is geen integratiebestand van deze klant: een ontwikkelaar zet het in de map van VEERPONT_INTEGRATIONS.",
        "There is no integration file of this customer: an engineer puts it into the folder of VEERPONT_INTEGRATIONS.",
    ),
    "checklist.do.long_name": (
        "De naam heeft meer dan {count} tekens: kies een kortere voor de eerste run.",
        "The name has more than {count} characters: choose a shorter one before the first run.",
    ),
    "checklist.do.shared": (
        "Levert naar dezelfde plek als {others}: geef elk een eigen map.",
        "Delivers to the same place as {others}: give each its own folder.",
    ),
    "checklist.do.no_answer": (
        "Airflow kon de verbinding nu niet opzoeken: laad de bladzijde opnieuw, of gebruik `veerpont check {name}`.",
        "Airflow could not look the connection up now: load the page again, or use `veerpont check {name}`.",
    ),
    "checklist.do.no_employers": (
        "De bron heeft nog geen werkgevers getoond: laat de flow Werkgevers eerst draaien.",
        "The source has not shown any employers yet: run the flow Employers first.",
    ),
    "checklist.do.pending": (
        "{count} {count:werkgever wacht|werkgevers wachten} op een besluit: vraag de klant wie meedoet.",
        "{count} {count:employer waits|employers wait} for a decision: ask the customer who takes part.",
    ),
    "checklist.do.none_active": (
        "Geen werkgever is actief: activeer wie meedoet.",
        "No employer is active: activate those that take part.",
    ),
    "checklist.do.no_cause": (
        "Werkgever {code} ({name}) heeft geen enkele oorzaak in absence.causes: elke melding valt uit. Vraag de "
        "beheerder van het portaal om de codes.",
        "Employer {code} ({name}) has no cause in absence.causes: every case would be a reject. Ask the portal's "
        "administrator for the codes.",
    ),
    "checklist.do.more": ("En nog {count}.", "And {count} more."),
    "checklist.do.not_run": (
        "Nog niet gedraaid: start de DAG in Airflow voor deze klant, of wacht op het schema.",
        "Has not run yet: start the DAG in Airflow for this customer, or wait for its schedule.",
    ),
    "checklist.do.ran_failed": (
        "De laatste run is mislukt: herstel wat hieronder staat en start de DAG opnieuw.",
        "The last run failed: put right what is said below, then start the DAG again.",
    ),
    "checklist.do.ran_skipped": (
        "De laatste run is overgeslagen: kijk hieronder waarom, en start de DAG daarna opnieuw.",
        "The last run was skipped: see below why, then start the DAG again.",
    ),
    "checklist.do.ran_running": ("De run is bezig.", "The run is under way."),
    "checklist.do.no_delivery": (
        "Er is nog niets gemaakt om te leveren: dat doet de eerste run die iets te leveren heeft.",
        "Nothing was made to deliver yet: the first run that has something to deliver does that.",
    ),
    "checklist.do.waits": (
        "Een levering van {count} {count:record|records} wacht op u: vergelijk, en geef haar vrij of verwerp haar.",
        "A delivery of {count} {count:record|records} waits for you: compare, then release or discard it.",
    ),
    "checklist.do.released": (
        "Vrijgegeven: de volgende run van de flow stuurt haar.",
        "Released: the next run of the flow sends it.",
    ),
    "checklist.do.prepared": (
        "Klaargezet, maar nog niet aangenomen: de volgende run van de flow maakt haar af.",
        "Prepared, but not accepted yet: the next run of the flow finishes it.",
    ),
    "checklist.do.discarded": (
        "Verworpen: de volgende run vraagt het opnieuw, of geef haar alsnog vrij.",
        "Discarded: the next run asks again, or release it after all.",
    ),
    "checklist.do.refused": (
        "Het portaal heeft het bestand geweigerd: kijk bij de levering waarom.",
        "The portal refused the file: see at the delivery why.",
    ),
    "checklist.do.uncovered": (
        "Werkgever {code}: {count} {count:maand is|maanden zijn} nog niet opgevraagd.",
        "Employer {code}: {count} {count:month has|months have} not been asked for yet.",
    ),
    "checklist.do.cover": (
        "Een brede run vraagt ze op; een ontwikkelaar kan de historie ook laden (`airflow backfill create --dag-id "
        "absence_history`). De kaart: `veerpont coverage {name}`.",
        "A wide run asks for them; an engineer can also load the history (`airflow backfill create --dag-id "
        "absence_history`). The map: `veerpont coverage {name}`.",
    ),
    "calls.title": ("Aanroepen van de bron", "Calls to the source"),
    "calls.made": (
        "{count} {count:aanroep|aanroepen}, de meeste voor {flow}",
        "{count} {count:call|calls}, most of them for {flow}",
    ),
    "calls.what": (
        "Wat alle flows samen op een dag vragen. De grens is calls_per_day in het integratiebestand.",
        "What all flows together ask in a day. The limit is calls_per_day in the integration file.",
    ),
}
