"""What a held delivery is called and means; who acts and how it closes are keys of `ways`."""

from veerpont.model.texts import Reason

REASONS: dict[str, Reason] = {
    "first_delivery": Reason(
        ("Eerste levering", "First delivery"),
        (
            "Dit is de eerste volledige levering van deze flow aan het portaal, dat gegevens kan hebben die wij nooit "
            "zagen. Vergelijk de aantallen met het portaal voordat u haar vrijgeeft.",
            "This is the first complete delivery of this flow to the portal, which may hold what we have never seen. "
            "Compare the counts with what the portal shows before you release it.",
        ),
        "release",
        "first",
    ),
    "not_ours": Reason(
        ("In het portaal, niet van ons", "At the portal, and not ours"),
        (
            "Het portaal heeft regels die onze bron niet kent (`unmatched` en de rij in het bestand dat is "
            "overgenomen). De eerste levering zou die daar beëindigen. Zoek per rij uit waar die vandaan komt voordat "
            "u vrijgeeft.",
            "The portal has lines that our source does not know (`unmatched` and the row in the file that was "
            "adopted). The first delivery would end them there. Find out of each where it comes from before you "
            "release.",
        ),
        "release",
        "first",
    ),
    "account_left": Reason(
        ("Geen lid meer van het account", "No member of the account any more"),
        (
            "Deze koppeling deelde een account met andere, en haar bestand is weg of noemt een ander account. Haar "
            "regels blijven zoals ze waren in het bestand van de andere. Na uw vrijgave laat hun volgende run ze weg, "
            "en dan beëindigt het portaal deze mensen en verzuimmeldingen.",
            "This integration shared an account with others, and its file is gone or names another account. Its lines "
            "stay as they were in the file of the others. After your release their next run leaves them out, and the "
            "portal then ends these people and absence cases.",
        ),
        "held_account",
        "held_account",
    ),
    "many_gone": Reason(
        ("Veel verwijderingen", "Many removals"),
        (
            "In het portaal zouden meer regels verdwijnen dan de bewaker toestaat. De rest is verstuurd; alleen de "
            "verwijderingen wachten.",
            "More lines would go at the portal than the guard allows. The rest was sent; only the removals wait.",
        ),
        "release",
        "release",
    ),
    "case_gone": Reason(
        ("Meldingen verdwenen in de bron", "Cases that vanished at the source"),
        (
            "Twee volledige leesbeurten toonden deze verzuimmeldingen niet meer, en het zijn geen verse vergissingen. "
            "De rest is verstuurd; alleen deze verwijderingen wachten. Klopt het niet, laat dan onze autorisatie in "
            "de bron nakijken.",
            "Two complete reads did not show these absence cases any more, and they are no fresh mistakes. The rest "
            "was sent; only these removals wait. If it is wrong, have our authorisation at the source looked at.",
        ),
        "release",
        "release",
    ),
    "settings_gone": Reason(
        ("Verwijderd door instellingen", "Removed by settings"),
        (
            "Deze verzuimmeldingen zouden alleen verdwijnen doordat een instelling is gewijzigd (types, venster of "
            "begindatum). Laat de instelling herstellen, of geef de verwijderingen vrij.",
            "These absence cases would go only because a setting was changed (types, window or first date). Have it "
            "put right, or release the removals.",
        ),
        "held_settings",
        "held_settings",
    ),
    "service_period_gone": Reason(
        ("Verwijderd door de dienstverlening", "Removed by the service period"),
        (
            "De eerste dag van deze verzuimmeldingen valt buiten de dienstverlening aan de werkgever. Meestal is een "
            "van de dagen verkeerd ingevuld. De rest is verstuurd; alleen deze verwijderingen wachten.",
            "The first day of these absence cases lies outside the service period of the employer. Usually one of its "
            "days was entered wrongly. The rest was sent; only these removals wait.",
        ),
        "held_service",
        "held_service",
    ),
    "employments_joined": Reason(
        ("Dienstverbanden samengevoegd", "Employments joined"),
        (
            "Het portaal krijgt niet meer bij welk dienstverband een verzuimmelding hoort. Wie in twee dienstverbanden "
            "tegelijk verzuimt, zou daardoor dagen of hele meldingen kwijtraken. Laat de kolom terugzetten, of geef de "
            "levering vrij.",
            "The portal is not told any more which employment an absence case is of. Who is absent from two at once "
            "would lose days or whole cases by that. Have the column put back, or release the delivery.",
        ),
        "release",
        "held_settings",
    ),
    "many_new": Reason(
        ("Veel nieuwe regels", "Many new lines"),
        (
            "Bij een werkgever komen er veel meer regels bij dan gewoon is. Meestal is in de bron een filter "
            "weggehaald. De rest is verstuurd; alleen deze regels wachten.",
            "At one employer many more lines arrive than is usual. Usually a filter was taken out at the source. The "
            "rest was sent; only these lines wait.",
        ),
        "held_source",
        "release",
    ),
    "column_changed": Reason(
        (
            "Kolom {column} wijzigt bij bijna iedereen",
            "Column {column} changes for nearly everybody",
        ),
        (
            "De kolom {column} zou in meer dan de helft van de regels wijzigen. Meestal is de connector in de bron "
            "gewijzigd. De gewijzigde regels blijven zoals ze waren; de rest is verstuurd.",
            "The column {column} would change in more than half of the lines. Usually the connector at the source was "
            "changed. The changed lines stay as they were; the rest was sent.",
        ),
        "held_source",
        "release",
    ),
    "zero_rows": Reason(
        ("De bron toonde niets", "The source showed nothing"),
        (
            "De bron gaf geen enkele rij, waar er eerst wel waren. Meestal is een filter of autorisatie gewijzigd. Er "
            "is niets verstuurd.",
            "The source answered without a single row where there were some. Usually a filter or an authorisation was "
            "changed. Nothing was sent.",
        ),
        "held_source",
        "release",
    ),
    "column_blank": Reason(
        ("Kolom {column} is leeg", "Column {column} is empty"),
        (
            "De kolom {column} is in elke rij haar waarde kwijt. Meestal is de connector in de bron gewijzigd. Er is "
            "niets verstuurd.",
            "The column {column} lost its value in every row. Usually the connector at the source was changed. "
            "Nothing was sent.",
        ),
        "held_source",
        "column",
    ),
    "history_incomplete": Reason(
        ("Verzuimhistorie onvolledig", "Absence history incomplete"),
        (
            "De verzuimhistorie dekt minder dan het venster van het portaal, dat kan verwijderen wat een bestand "
            "weglaat. Er is niets verstuurd.",
            "The absence history covers less than the portal's window, and the portal may delete what a file leaves "
            "out. Nothing was sent.",
        ),
        "history",
        "history",
    ),
    "forgotten": Reason(
        ("Iemand is vergeten", "Somebody was forgotten"),
        (
            "Het portaal heeft nog regels van iemand die uit Veerpont is gewist, onder nummer {column}. Pas na uw "
            "vrijgave verdwijnen ze daar; een volledig bestand wacht zo lang in zijn geheel.",
            "The portal still has the lines of somebody who was removed from Veerpont, under number {column}. They "
            "are removed there only after your release; until then a complete file waits as a whole.",
        ),
        "release",
        "forgotten",
    ),
    "fewer_rows": Reason(
        ("Veel minder regels in het urenbestand", "Far fewer rows of hours"),
        (
            "Het bestand heeft voor {column} (administratie, jaar, periode) veel minder regels dan het vorige, en "
            "daardoor andere uren. Kijk of het bestand heel is voordat u vrijgeeft. Er is niets verstuurd.",
            "For {column} (administration, year, period) the file has far fewer rows than the one before, and so "
            "other hours. Look whether the file is whole before you release it. Nothing was sent.",
        ),
        "held_hours",
        "release",
    ),
    "fewer_people": Reason(
        ("Veel minder mensen in het urenbestand", "Far fewer people with hours"),
        (
            "Het eerste bestand voor {column} (administratie, jaar, periode) heeft niets van veel mensen die in de "
            "periode ervoor uren hadden. Is het nog niet volledig, laat het dan wachten. Er is niets verstuurd.",
            "The first file for {column} (administration, year, period) has nothing of many people who had hours in "
            "the period before. When it is not complete yet, let it wait. Nothing was sent.",
        ),
        "held_hours",
        "release",
    ),
}
