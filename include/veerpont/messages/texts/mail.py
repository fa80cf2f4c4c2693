"""The sentences of the mail of 07:00."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "mail.all_well": ("alles in orde", "all is well"),
    "mail.nothing": (
        "Er is niets te melden: er staat niets open en alles is op tijd aangekomen.",
        "There is nothing to report: nothing is open, and everything arrived in time.",
    ),
    "mail.since": ("Sinds {since}: {what}.", "Since {since}: {what}."),
    "mail.no_change": ("niets nieuw en niets opgelost", "nothing new and nothing solved"),
    "mail.n_late": ("{count} {count:flow|flows} niet gelukt", "{count} {count:flow|flows} without success"),
    "mail.n_held": (
        "{count} {count:levering wacht|leveringen wachten}",
        "{count} {count:delivery waits|deliveries wait}",
    ),
    "mail.overdue": (
        "levering {id} ({flow}) wacht al {days} werkdagen",
        "delivery {id} ({flow}) has waited {days} working days",
    ),
    "mail.waits_days": (
        "Wacht {count} {count:werkdag|werkdagen} op de beheerders.",
        "Has waited {count} working {count:day|days} for the managers.",
    ),
    "mail.n_pending": (
        "{count} {count:werkgever wacht|werkgevers wachten}",
        "{count} {count:employer waits|employers wait}",
    ),
    "mail.n_open": ("{count} {count:record|records} uitval", "{count} {count:reject|rejects}"),
    "mail.n_broken": ("{count} kapot", "{count} broken"),
    "mail.n_files": ("{count} {count:integratiebestand|integratiebestanden}", "{count} integration {count:file|files}"),
    "mail.n_untold": ("{count} {count:melding|meldingen} niet verstuurd", "{count} {count:alert|alerts} not sent"),
    "mail.n_integrations": ("{count} {count:koppeling|koppelingen}", "{count} {count:integration|integrations}"),
    "mail.new": ("{count} nieuw", "{count} new"),
    "mail.closed": ("{count} opgelost", "{count} solved"),
    "mail.questions": ("{count} {count:vraagt|vragen} om uw bevestiging", "{count} {count:asks|ask} you to confirm"),
    "mail.ignored": ("{count} genegeerd", "{count} ignored"),
    "mail.late": ("Niet aangekomen om zeven uur", "Not arrived by seven"),
    "mail.late_intro": (
        "Deze flows zijn sinds gisteren 21:00 niet gelukt.",
        "These flows have not succeeded since 21:00 yesterday.",
    ),
    "mail.never": ("Nog nooit gelukt", "Never succeeded yet"),
    "mail.last_success": ("Laatst gelukt op {at}", "Last succeeded on {at}"),
    "mail.last_run": ("Laatste run: {state}.", "Last run: {state}."),
    "mail.held": ("Wacht op uw besluit", "Waits for your decision"),
    "mail.removals": (
        "{count} {count:verwijdering wacht|verwijderingen wachten}",
        "{count} {count:removal waits|removals wait}",
    ),
    "mail.lines": (
        "De levering van {count} {count:regel|regels} wacht",
        "The delivery of {count} {count:line|lines} waits",
    ),
    "mail.whole": ("De levering wacht", "The delivery waits"),
    "mail.waits_since": ("Sinds {since}.", "Since {since}."),
    "mail.pending": ("Werkgevers die op uw besluit wachten", "Employers that wait for your decision"),
    "mail.unknown": (
        "Nieuw in de bron. Zolang u de werkgever niet activeert, wordt er niets van bewaard of verstuurd.",
        "New at the source. Until you activate it, nothing of it is kept or sent.",
    ),
    "mail.renamed": (
        "De naam is gewijzigd: bevestig dat het nog dezelfde werkgever is.",
        "Its name changed: confirm that it is still the same employer.",
    ),
    "mail.over": (
        "De dienstverlening is voorbij, en late meldingen worden niet meer gelezen: deactiveer de werkgever.",
        "Its service is over, and late reports are not read any more: deactivate it.",
    ),
    "mail.who": ("Aan zet", "Who acts"),
    "mail.others": ("Overige uitval", "Other rejects"),
    "mail.more": (
        "Nog {count} {count:record|records} in {groups} {groups:groep|groepen}, aan de balie.",
        "{count} more {count:record|records} in {groups} {groups:group|groups}, at the desk.",
    ),
    "mail.employer": ("werkgever {code}", "employer {code}"),
    "mail.oldest": ("oudste {count} {count:dag|dagen}", "oldest {count} {count:day|days}"),
    "mail.today": ("minder dan een dag oud", "less than a day old"),
    "mail.field": ("veld {fields}", "field {fields}"),
    "mail.solved": ("Opgelost sinds gisteren", "Solved since yesterday"),
    "mail.arrived": ("Laatst gelukt", "Last success"),
    "mail.foot": ("Stand van {moment}.", "As of {moment}."),
    "mail.privacy": (
        "In deze mail staan geen persoonsgegevens: alleen aantallen en redenen.",
        "This mail has no personal data: counts and reasons only.",
    ),
    "mail.desk": ("Naar de balie", "To the desk"),
    "engineers.broken": ("Kapot", "Broken"),
    "engineers.broken_what": (
        "Fouten van Veerpont, en wat vanzelf over had moeten gaan en blijft.",
        "Defects, and what should have passed by itself and lasts.",
    ),
    "engineers.files": ("Integratiebestanden", "Integration files"),
    "engineers.late": ("Niets aangekomen om zeven uur", "Nothing arrived by seven"),
    "engineers.left": ("Uit een account, zonder bestand", "Left an account, without a file"),
    "engineers.left_what": (
        "Het bestand van deze koppelingen is weg, dus geen beheerder krijgt hier mail over.",
        "The file of these integrations is gone, so that no manager gets mail of it.",
    ),
    "engineers.waits_days": (
        "Wacht {count} {count:werkdag|werkdagen}.",
        "Has waited {count} working {count:day|days}.",
    ),
    "engineers.since": ("{kind}, sinds {since}", "{kind}, since {since}"),
    "engineers.all_well": ("alles in orde", "all is well"),
    "engineers.none": ("geen koppelingen", "no integration"),
    "engineers.calm": ("Er is niets voor een ontwikkelaar.", "Nothing needs an engineer."),
    "engineers.lead": ("Wat vanochtend een ontwikkelaar nodig heeft.", "What needs an engineer this morning."),
    "engineers.foot": (
        "Deze mail komt elke dag: een ochtend zonder is er een waarop Airflow of de mail niet werkte.",
        "This mail comes every day: a morning without it is one on which Airflow or its mail did not run.",
    ),
}
