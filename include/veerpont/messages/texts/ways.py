"""Who acts on a reason, and how it closes."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "who.source": (
        "De personeels- of salarisadministratie van de klant, in het bronsysteem.",
        "The HR or payroll administration of the customer, in the source system.",
    ),
    "who.connector": (
        "De beheerder van het bronsysteem bij de klant: wat wij mogen lezen (connectoren, filters, autorisaties).",
        "Whoever manages the source system at the customer, and what it lets us read: connectors, filters, "
        "authorisations.",
    ),
    "who.value": (
        "De beheerder van het bronsysteem bij de klant; een ontwikkelaar als de toelichting dat zegt.",
        "Whoever manages the source system at the customer; an engineer where the detail says so.",
    ),
    "who.usage": (
        "De personeelsadministratie van de klant; u, als de toelichting een instelling noemt.",
        "The HR administration of the customer; you, where the detail names a setting.",
    ),
    "who.codes": (
        "U: zoek uit wat het moet zijn, en vul het in bij Codes van deze klant. Een ontwikkelaar kan het ook in het "
        "integratiebestand zetten.",
        "You: find out what it has to be, and fill it in under Codes of this customer. An engineer can also put it "
        "into the integration file.",
    ),
    "who.confirm": (
        "U: bevestig het aan de balie, of laat het in het bronsysteem herstellen.",
        "You: confirm it at the desk, or have it corrected in the source system.",
    ),
    "who.release": (
        "U: bekijk de levering aan de balie en geef haar vrij of verwerp haar.",
        "You: look at the delivery at the desk, then release or discard it.",
    ),
    "who.held_source": (
        "U: vraag de beheerder van het bronsysteem wat daar is gewijzigd, en geef de levering dan vrij aan de balie "
        "of verwerp haar.",
        "You: ask whoever manages the source system what was changed there, then release or discard the delivery at "
        "the desk.",
    ),
    "who.held_hours": (
        "U: vraag de salarisadministratie of het bestand volledig is, en geef de levering dan vrij aan de balie of "
        "verwerp haar.",
        "You: ask the payroll administration whether the file is complete, then release or discard the delivery at "
        "the desk.",
    ),
    "who.held_settings": (
        "U: laat de instelling in het integratiebestand herstellen, of geef de verwijderingen vrij aan de balie.",
        "You: have the setting put right in the integration file, or release the removals at the desk.",
    ),
    "who.held_service": (
        "U: verbeter de dienstverlening bij Werkgevers aan de balie, of geef de verwijderingen vrij.",
        "You: put the service period right at the desk (Employers), or release the removals.",
    ),
    "who.held_account": (
        "Een ontwikkelaar: zet het integratiebestand terug als het bij vergissing weg is. Anders u: geef de "
        "verwijderingen vrij aan de balie.",
        "An engineer: put the integration file back if it went by mistake. Else you: release the removals at the desk.",
    ),
    "who.rejects": (
        "U: kijk eerst bij de uitval van Medewerkers; vaak wacht deze persoon daar.",
        "You: look at the rejects of Employees first; this person often waits there.",
    ),
    "who.history": (
        "Een ontwikkelaar: laad de verzuimhistorie met `airflow backfill create --dag-id absence_history`.",
        "An engineer: load the absence history with `airflow backfill create --dag-id absence_history`.",
    ),
    "who.portal": (
        "De personeelsadministratie van de klant; de helpdesk van het portaal kan zeggen wat de code betekent.",
        "The HR administration of the customer; the portal's support can say what its code means.",
    ),
    "who.rejected_file": (
        "U: vergelijk de kolommen en de instelling van de import in het portaal met wat het portaal zegt.",
        "You: compare the columns and the setting of the import in the portal with what the portal says.",
    ),
    "who.report": (
        "U: zoek in het portaal bij de logverslagen welke regels het zijn, en laat ze in de bron herstellen.",
        "You: look in the portal's log reports which lines they are, and have them corrected at the source.",
    ),
    "who.unknown": (
        "Eerst u; een ontwikkelaar als de toelichting bij de uitval niet zegt wat er moet gebeuren.",
        "You first; an engineer when the detail of the reject does not say what to do.",
    ),
    "closes.source": (
        "Vanzelf: de eerste run die het herstel ziet, uiterlijk die van 21:00, stuurt het door. Ook als het record "
        "uit de bron is verdwenen.",
        "By itself: the first run that sees the correction, at the latest that of 21:00, sends it. It also closes "
        "when the record is gone from the source.",
    ),
    "closes.settings": (
        "Verzuim: vanzelf, binnen een uur nadat de instelling is toegevoegd. Andere flows: om 21:00, of meteen met "
        "“Nu opnieuw proberen”.",
        "Absence: by itself within the hour after the setting was added. Other flows: at 21:00, or at once with “Try "
        "again now”.",
    ),
    "closes.employer": (
        "Om 21:00, nadat de flow Werkgevers deze werkgever heeft getoond of de code is hersteld.",
        "At 21:00, after the flow employers has shown this employer or the code was corrected.",
    ),
    "closes.employee": (
        "Vanzelf, bij de eerste run nadat de flow Medewerkers deze persoon heeft gebracht.",
        "By itself, by the first run after the flow employees has brought this person.",
    ),
    "closes.confirm": (
        "Bij de eerste run na uw bevestiging, of vanzelf als de bron weer de oude waarde toont.",
        "By the first run after you confirmed it, or by itself when the source shows the old value again.",
    ),
    "closes.release": (
        "Bij de eerste run nadat u haar hebt vrijgegeven. Ze vervalt vanzelf als de bron weer het oude toont.",
        "By the next run after you released it. It lapses by itself when the source shows the old again.",
    ),
    "closes.first": ("Bij de eerste run nadat u haar hebt vrijgegeven.", "By the next run after you released it."),
    "closes.held_settings": (
        "Vanzelf als de instelling weer is zoals ze was, of bij de eerste run na uw vrijgave.",
        "By itself when the setting is as it was, or by the next run after you released it.",
    ),
    "closes.held_service": (
        "Vanzelf als de dienstverlening weer zo is dat de meldingen erin vallen, of bij de eerste run na uw vrijgave.",
        "By itself when the service period covers the cases again, or by the next run after you released it.",
    ),
    "closes.held_account": (
        "Vanzelf als het integratiebestand terug is en de koppeling draait, of bij de eerste run van een ander lid na "
        "uw vrijgave.",
        "By itself when the integration file is back and the integration runs, or by the next run of another member "
        "after you released it.",
    ),
    "closes.column": (
        "Vanzelf als de kolom weer waarden heeft; door uw vrijgave als het klopt dat ze leeg is.",
        "By itself when the column has values again; by your release when it is right that it is empty.",
    ),
    "closes.history": (
        "Vanzelf als elke maand van het venster is gelezen (`veerpont coverage`), of door uw vrijgave.",
        "By itself when every month of the window has been read (`veerpont coverage`), or by your release.",
    ),
    "closes.forgotten": (
        "Bij de eerste run na uw vrijgave. Het vervalt vanzelf als de bron de persoon weer toont.",
        "By the next run after you released it. It lapses by itself when the source shows the person again.",
    ),
    "closes.refused": (
        "Om 21:00 volgt een nieuwe poging; eerder als het in de bron wijzigt, of met “Nu opnieuw proberen”.",
        "It is tried again at 21:00; sooner when it changes at the source, or with “Try again now”.",
    ),
    "closes.file": (
        "Vanzelf, zodra een volgend bestand van deze flow is verstuurd.",
        "By itself, as soon as the next file of this flow has been sent.",
    ),
    "closes.unknown": (
        "Vanzelf, bij de eerste run waarin het record erdoor komt; om 21:00 volgt een nieuwe poging.",
        "By itself, by the first run in which the record passes; at 21:00 it is tried again.",
    ),
}
