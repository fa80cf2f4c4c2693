"""What an alert says: what broke, since when, what to do; and that it is well again."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "alert.failed": ("{flow} van {name} lukt niet", "{flow} of {name} does not succeed"),
    "alert.silent": ("{flow} draait niet meer", "{flow} no longer runs"),
    "alert.clock": ("De klok van een machine ging terug", "A machine's clock went back"),
    "alert.held": ("{flow} van {name} wacht op u", "{flow} of {name} waits for you"),
    "alert.file": ("Het integratiebestand {name} is niet te gebruiken", "The integration file {name} cannot be used"),
    "alert.task": ("Taak {flow} {name} is mislukt", "Task {flow} {name} failed"),
    "alert.unconfirmed": ("{flow} van {name}: verstuurd, nooit bevestigd", "{flow} of {name}: sent, never confirmed"),
    "alert.report": ("De logverslagen van {name} zijn niet te lezen", "The portal's reports for {name} cannot be read"),
    "alert.well_failed": ("{flow} van {name} gaat weer goed", "{flow} of {name} is well again"),
    "alert.well_silent": ("{flow} loopt weer", "{flow} runs again"),
    "alert.well_clock": ("De klok loopt weer gelijk", "The clock is right again"),
    "alert.well_held": ("{flow} van {name} wacht niet meer", "{flow} of {name} no longer waits"),
    "alert.well_file": (
        "Het integratiebestand {name} is weer te gebruiken",
        "The integration file {name} can be used again",
    ),
    "alert.well_task": ("Taak {flow} {name} gaat weer goed", "Task {flow} {name} is well again"),
    "alert.well_unconfirmed": (
        "{flow} van {name}: weer bevestigd door het portaal",
        "{flow} of {name}: confirmed by the portal again",
    ),
    "alert.well_report": (
        "De logverslagen van {name} zijn weer te lezen",
        "The portal's reports for {name} can be read again",
    ),
    "alert.broken": ("Dit vraagt uw aandacht", "This needs your attention"),
    "alert.well": ("Dit is weer goed", "This is well again"),
    "alert.lead": (
        "U krijgt hierover één mail. Als het weer goed gaat, hoort u dat ook één keer.",
        "You get one mail about this, and one more when it is well again.",
    ),
    "alert.lead_held": (
        "U krijgt hierover één mail. De rest staat aan de balie en in de mail van 07:00.",
        "You get one mail about this. The rest is at the desk and in the mail of 07:00.",
    ),
    "alert.lead_well": ("U hoeft niets te doen.", "There is nothing for you to do."),
    "alert.since": ("Sinds {since}.", "Since {since}."),
    "alert.was": ("Van {since} tot {until}.", "From {since} to {until}."),
    "alert.link": ("Naar de balie", "To the desk"),
    "alert.waits": (
        "{flow} van {name} wacht al lang op een besluit",
        "{flow} of {name} has waited long for a decision",
    ),
    "alert.well_waits": ("{flow} van {name} wacht niet meer", "{flow} of {name} no longer waits"),
    "alert.gone": (
        "{title}: {count} {count:verwijdering wacht|verwijderingen wachten} op een besluit.",
        "{title}: {count} {count:removal waits|removals wait} for a decision.",
    ),
    "alert.whole": (
        "{title}: een levering van {count} {count:regel|regels} wacht op een besluit.",
        "{title}: a delivery of {count} {count:line|lines} waits for a decision.",
    ),
    "alert.comes_and_goes": (
        "Dit komt en gaat: het is vandaag al vaker gemeld. Tot morgen volgt hierover geen mail meer.",
        "This comes and goes: you were told of it before today. No more mail about it until tomorrow.",
    ),
    "alert.clock_back": (
        "Tijden in het register lopen tot {until} voor op de klok. Runs gaan door, in de goede volgorde. Vergelijk de "
        "klokken van de machines van scheduler en workers, en laat één tijdserver ze gelijk houden.",
        "Times in the ledger are ahead of the clock until {until}. Runs go on, in the right order. Compare the clocks "
        "of the scheduler's and the workers' machines, and have them kept by one time server.",
    ),
    "alert.no_runs": (
        "Er is niets mislukt. Kijk in Airflow of de DAG op pauze staat, en anders wat hem ophoudt.",
        "Nothing failed. See in Airflow whether the DAG is paused, or what holds it up.",
    ),
    "alert.overdue": (
        "Levering {id} is verstuurd, maar het portaal heeft er geen logverslag van gegeven. Kijk bij de logverslagen "
        "in het portaal of het bestand verwerkt is, en breng het verslag naar de balie (Leveringen).",
        "Delivery {id} was sent, but the portal gave no report of it. See in the portal's log reports whether the "
        "file was processed, and bring the report to the desk (Deliveries).",
    ),
}
