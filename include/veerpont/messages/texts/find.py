"""What the page that finds a record says, with what happened to one, in words; and the timeline of an absence case."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "page.find": ("Zoeken", "Find"),
    "find.viewer": (
        "Zoeken naar iemand kan alleen wie over de gegevens mag beslissen: het wordt bewaard wie wat zag.",
        "Only who may decide about the data may look for somebody: it is kept who saw what.",
    ),
    "find.what_for": (
        "Wat is er met één record gebeurd, en waar is het nu? Zoek binnen één koppeling.",
        "What happened to one record, and where is it now? Search within one integration.",
    ),
    "find.what": ("Recordsleutel, personeelsnummer of regelsleutel", "Record key, personnel number or line id"),
    "find.do": ("Zoeken", "Find"),
    "find.by_row": ("Zoek op een regel van een levering", "Find by a row of a delivery"),
    "find.delivery": ("Levering", "Delivery"),
    "find.row": ("Regel in het bestand", "Row of the file"),
    "find.row_hint": (
        "De eerste regel onder de kopregel is 1. Bekend zijn de regels van het nieuwste bestand van een flow.",
        "The first row below the header is 1. Known are the rows of the newest file of a flow.",
    ),
    "find.row_unknown": (
        "De regels van die levering zijn niet meer bekend: er is een nieuwere, of het portaal krijgt geen bestand. "
        "Zoek op personeelsnummer of sleutel.",
        "The rows of that delivery are not known any more: there is a newer one, or the portal gets no file. Search by "
        "personnel number or key.",
    ),
    "find.kept": (
        "Er wordt bewaard wie welk record zag, en wanneer. Een BSN, een naam of een rekeningnummer vindt niets.",
        "It is kept who saw which record, and when. A citizen-service number, a name or an account finds nothing.",
    ),
    "find.nothing": (
        "Niets gevonden. De bron toonde het niet, of bij een werkgever die niet actief is, waarvan niets wordt "
        "bewaard; of de flow heeft na een upgrade nog niet gelopen.",
        "Nothing found. The source did not show it, or at an employer that is not active, of which nothing is kept; or "
        "the flow has not run yet since an upgrade.",
    ),
    "find.found": ("{count} {count:record|records} gevonden.", "{count} {count:record|records} found."),
    "find.more": ("Er zijn er meer: zoek preciezer.", "There are more: ask more precisely."),
    "find.older": (
        "Wat langer geleden gebeurde staat hier niet: `veerpont trace` leest alles.",
        "What happened longer ago is not shown here: `veerpont trace` reads all of it.",
    ),
    "find.earlier": (
        "{count} eerdere {count:gebeurtenis|gebeurtenissen} niet getoond.",
        "{count} earlier {count:event|events} not shown.",
    ),
    "find.left_key": ("vertrokken; de sleutel is niet bewaard", "left; its key is not kept"),
    "find.show_number": ("Toon het nummer", "Show the number"),
    "find.show_timeline": ("Toon het verloop", "Show the timeline"),
    "find.in_delivery": ("levering {number}", "delivery {number}"),
    "find.look": ("Waar is dit record?", "Where is this record?"),
    "find.number": ("Personeelsnummer", "Personnel number"),
    "find.no_number": (
        "Niet bekend: geen portaal krijgt er een, of het staat er nog niet.",
        "Not known: no portal is told one, or not yet.",
    ),
    "find.was_kept": ("Bewaard is dat u dit zag.", "It is kept that you saw this."),
    "find.back": ("Terug naar het record", "Back to the record"),
    "find.log": ("Wie keek waarnaar bij {integration}", "Who looked at what of {integration}"),
    "find.log_none": ("Nog niemand.", "Nobody yet."),
    "find.log_nothing": ("niets gevonden", "nothing found"),
    "find.timeline": ("Verloop van een melding", "Timeline of an absence case"),
    "timeline.only": (
        "Alleen dagen en percentages: nooit soort of oorzaak.",
        "Days and percentages only: never type or cause.",
    ),
    "timeline.source": ("Zoals de bron het toonde", "As the source showed it"),
    "timeline.portal": ("Zoals {portal} het kreeg", "As {portal} got it"),
    "timeline.begin": ("begin {day}", "began {day}"),
    "timeline.recovered": ("hersteldatum {day}", "date of recovery {day}"),
    "timeline.from": ("Vanaf", "From"),
    "timeline.until": ("Tot en met", "Until"),
    "timeline.open": ("nog open", "still open"),
    "timeline.absent": ("Afwezig", "Absent"),
    "timeline.unreadable": ("deze regel is niet te lezen", "this line cannot be read"),
    "timeline.missed": ("niet getoond sinds {at}", "not shown since {at}"),
    "timeline.no_lines": ("De historie heeft geen regels meer.", "The history has no lines any more."),
    "timeline.not_told": ("Geen portaal heeft deze melding.", "No portal has this case."),
    "timeline.none": ("Van deze melding is niets meer bekend.", "Nothing is known of this case any more."),
    "timeline.left": ("Verwijderd", "Removed"),
    "trace.now": ("Nu", "Now"),
    "trace.waits": ("Wacht op iemand", "Waits for a person"),
    "trace.history": ("Verzuimhistorie", "Absence history"),
    "trace.lines": ("{count} {count:regel|regels}", "{count} {count:line|lines}"),
    "trace.not_there": (
        "niet bij het portaal: een regel laat het weg, of de bron toont het niet meer",
        "not at the portal: a rule leaves it out, or the source does not show it any more",
    ),
    "trace.now_delivered": ("bij het portaal", "at the portal"),
    "trace.now_missing": (
        "bij het portaal, maar de laatste lezing toonde het niet",
        "at the portal, but the last read did not show it",
    ),
    "trace.now_frozen": (
        "bij het portaal zoals het laatst is aangenomen: de werkgever is niet actief",
        "at the portal as it was accepted last: its employer is not active",
    ),
    "trace.new": ("nieuw bij het portaal", "new at the portal"),
    "trace.changed": ("gewijzigd bij het portaal", "changed at the portal"),
    "trace.trimmed": (
        "herhaald bij het portaal, zonder de dagen die nu bij een andere melding horen",
        "repeated at the portal, without the days that another case has now",
    ),
    "trace.gone": ("verwijderd bij het portaal", "removed at the portal"),
    "trace.left": ("volgens een regel weg bij het portaal", "left the portal by a rule"),
    "trace.moved": ("een andere regel kwam ervoor in de plaats", "another line took its place at the portal"),
    "trace.refused": ("geweigerd door het portaal", "refused by the portal"),
    "trace.removal_refused": ("het portaal weigerde het te vergeten", "the portal refused to forget it"),
    "trace.held": ("wacht in een levering op iemand", "waits in a delivery for a person"),
    "trace.removal_held": ("de verwijdering wacht op iemand", "its removal waits for a person"),
    "trace.missing": ("niet getoond door de bron: herhaald", "not shown by the source: repeated"),
    "trace.back": ("weer getoond door de bron", "shown by the source again"),
    "trace.prepared": (
        "in een levering die het portaal nog niet heeft aangenomen",
        "in a delivery that the portal has not accepted yet",
    ),
    "trace.released": ("de levering is vrijgegeven", "the delivery was released"),
    "trace.discarded": ("de levering is verworpen", "the delivery was discarded"),
    "trace.resent": ("de levering gaat opnieuw", "the delivery is sent again"),
    "trace.exported": ("iemand haalde het bestand van de levering op", "somebody took the file of the delivery"),
    "trace.reject": ("uitval", "reject"),
    "word.look": ("wat er met een record gebeurde", "what happened to a record"),
    "word.look number": ("personeelsnummer", "personnel number"),
    "word.look timeline": ("verloop van een melding", "timeline of an absence case"),
    "refused.find_what": (
        "Kies een koppeling en zeg waarnaar u zoekt.",
        "Choose an integration, and say what you look for.",
    ),
    "refused.find_integration": ("Die koppeling is hier niet bekend.", "That integration is not known here."),
}
