"""What the pages say of the portal's reports, in Dutch and English."""

REPORTS: dict[str, tuple[str, str]] = {
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
        "Het bestand is veilig bewaard en wordt nu gelezen. Deze pagina toont vanzelf wat ervan kwam, meestal binnen "
        "een minuut. Bezig blijven hoeft niet: het staat straks ook bij Leveringen.",
        "The file is safely kept and is being read now. This page shows by itself what came of it, mostly within a "
        "minute. You need not stay: it will be at Deliveries too.",
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
        "Door een fout van ons is het niet gelezen; de beheerders van Airflow hebben bericht. Er is niets ingelezen.",
        "A defect of ours kept this from being read; the engineers were told. Nothing was taken.",
    ),
    "work.delivery": ("De levering", "The delivery"),
    "said.report_received": ("Ontvangen.", "Received."),
    "said.report_confirmed": (
        "Ingelezen: de levering is bevestigd. {rejected} {rejected:regel viel|regels vielen} uit in het portaal; "
        "{rejects} {rejects:record wacht|records wachten} nu aan de balie, van {unmatched} is niet te zeggen welke het "
        "{unmatched:is|zijn}.",
        "Taken: the delivery is confirmed. The portal rejected {rejected} {rejected:row|rows}; {rejects} "
        "{rejects:record waits|records wait} at the desk now, and of {unmatched} nobody can say which "
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
}

REPORT_REFUSALS_NL = {
    "report_too_large": "Dit is groter dan 20 MB: lees het in met `veerpont deliveries report BESTAND`.",
}
