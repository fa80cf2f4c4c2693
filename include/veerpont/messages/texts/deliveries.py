"""What the pages of deliveries and of the portal's reports say."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "deliveries.resend": ("Opnieuw sturen…", "Send again…"),
    "ask.resend": ("Levering {id} opnieuw sturen?", "Send delivery {id} again?"),
    "ask.resend_means": (
        "Hetzelfde bestand ({count} records) gaat nog eens, onder dezelfde naam. Heeft het portaal het nog, dan "
        "gebeurt daar niets.",
        "The same file ({count} records) is sent once more, under the same name. If the portal still has it, nothing "
        "happens there.",
    ),
    "ask.resend_do": ("Opnieuw sturen", "Send again"),
    "said.resend": ("Levering {id} gaat opnieuw.", "Delivery {id} goes again."),
    "report.title": ("Logverslag van het portaal", "Report of the portal"),
    "report.what": (
        "Kwam het logverslag van een import per mail, of haalde u het uit het portaal? Breng het hier: uitval wordt "
        "uitval aan deze balie, en de levering is bevestigd. Er wordt niets verstuurd.",
        "Did the report of an import come by mail, or did you download it from the portal? Bring it here: what the "
        "portal rejected becomes a reject at this desk, and the delivery is confirmed. Nothing is sent.",
    ),
    "report.file": ("Bestand", "File"),
    "report.do": ("Logverslag inlezen", "Take the report"),
    "report.rejected": ("Uitval in het portaal", "Rejected by the portal"),
    "report.due": ("Logverslag verwacht", "Report expected"),
    "work.waiting": ("Wordt gelezen", "Being read"),
    "work.waiting_what": (
        "Het bestand is veilig bewaard en wordt nu gelezen. De uitkomst verschijnt hier vanzelf, meestal binnen een "
        "minuut. U hoeft niet te wachten: ze staat straks ook bij Leveringen.",
        "The file has been stored safely and is being read now. The result appears here by itself, usually within a "
        "minute. You need not wait: it will also be under Deliveries.",
    ),
    "work.slow": (
        "Dit duurt lang. Staat de DAG desk_work in Airflow aan, of is de flow zelf bezig?",
        "This takes long. Is the DAG desk_work unpaused in Airflow, or is the flow itself busy?",
    ),
    "work.done": ("Ingelezen", "Read"),
    "work.refused": ("Niet ingelezen", "Not taken"),
    "work.busy": (
        "De flow was een uur lang bezig: er is niets ingelezen. Breng het bestand opnieuw.",
        "The flow was busy for an hour: nothing was taken. Bring the file again.",
    ),
    "work.defect": (
        "Door een fout van Veerpont is het niet gelezen; de ontwikkelaars hebben bericht. Er is niets ingelezen.",
        "A defect of Veerpont kept this from being read; the engineers have been told. Nothing was taken.",
    ),
    "work.delivery": ("De levering", "The delivery"),
    "said.report_received": ("Ontvangen.", "Received."),
    "said.report_confirmed": (
        "Ingelezen: de levering is bevestigd. {rejected} {rejected:regel viel|regels vielen} uit in het portaal; "
        "{rejects} {rejects:record wacht|records wachten} nu aan de balie, van {unmatched} is niet te zeggen welke "
        "het {unmatched:is|zijn}.",
        "Taken: the delivery is confirmed. The portal rejected {rejected} {rejected:row|rows}; {rejects} "
        "{rejects:record waits|records wait} at the desk now, and for {unmatched} the report does not say which "
        "{unmatched:it is|they are}.",
    ),
    "said.report_refused": (
        "Ingelezen: het portaal weigerde het hele bestand. De volgende run stuurt alles opnieuw.",
        "Taken: the portal refused the file as a whole. The next run sends all of it again.",
    ),
    "said.report_repeated": (
        "Dit logverslag was al ingelezen; er is niets veranderd.",
        "This report was taken before; nothing changed.",
    ),
    "said.report_superseded": (
        "Dit logverslag komt te laat: de regels van deze levering zijn niet meer bewaard. Er is niets veranderd.",
        "This report comes too late: the lines of this delivery are not kept any more. Nothing changed.",
    ),
    "said.report_unknown": (
        "Dit logverslag gaat over een bestand dat hier niet is verstuurd. Er is niets veranderd.",
        "This report is about a file that was not sent from here. Nothing changed.",
    ),
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
        "These lines would be removed at the portal. The rest of the delivery has been sent, with these lines still "
        "in it.",
    ),
    "deliveries.keys_gone_whole": (
        "De bron toonde geen enkele rij: al deze regels zouden bij het portaal verdwijnen. Er is niets verstuurd.",
        "The source showed no row at all: all these lines would be removed at the portal. Nothing was sent.",
    ),
    "deliveries.keys_new": (
        "Deze regels zijn nieuw voor het portaal: het hele eerste bestand.",
        "These lines are new to the portal: the whole first file.",
    ),
    "deliveries.keys_first": (
        "Wat het hele eerste bestand toevoegt, wijzigt en in het portaal beëindigt.",
        "What the whole first file adds, changes, and ends at the portal.",
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
    "ask.release": ("Levering {id} vrijgeven?", "Release delivery {id}?"),
    "ask.discard": ("Levering {id} verwerpen?", "Discard delivery {id}?"),
    "ask.release_gone": (
        "De flow wordt gestart en verwijdert deze {count} regels bij het portaal, voor zover ze dan nog ontbreken in "
        "de bron. Het portaal kan de verzuimdossiers erbij verwijderen.",
        "The flow is started and removes these {count} lines at the portal, as far as they are still missing at the "
        "source. The portal may delete the absence cases with them.",
    ),
    "ask.release_whole": (
        "De flow wordt gestart en verstuurt het hele bestand ({count} records).",
        "The flow is started and sends the whole file ({count} records).",
    ),
    "ask.discard_means": (
        "Wat het portaal weet blijft zoals het is, en over dezelfde regels wordt niet opnieuw gevraagd. U kunt de "
        "levering later alsnog vrijgeven.",
        "What the portal knows stays as it is, and nobody is asked again about the same lines. You can still release "
        "the delivery later.",
    ),
    "ask.discard_prepared": (
        "Deze levering is klaargezet maar niet afgemaakt. Kijk eerst of het portaal haar al heeft. De volgende run "
        "maakt een nieuwe.",
        "This delivery was prepared and not finished. Look first whether the portal already has it. The next run "
        "makes a new one.",
    ),
    "ask.release_do": ("Vrijgeven en starten", "Release and start"),
    "ask.discard_do": ("Verwerpen", "Discard"),
    "said.release": ("Levering {id} is vrijgegeven.", "Delivery {id} is released."),
    "said.discard": ("Levering {id} is verworpen.", "Delivery {id} is discarded."),
}
