"""What the page of a customer's codes says: the tables, what each is for, and what people do there."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "page.mappings": ("Codes", "Codes"),
    "mappings.of": ("Codes van {customer}", "Codes of {customer}"),
    "mappings.intro": (
        "Wat de codes van de bron hier worden. Wat u invult gebruikt de volgende run; wat daardoor in het portaal zou "
        "verdwijnen, wacht op u. Het integratiebestand gaat voor.",
        "What the codes of the source become here. The next run uses what you fill in; what would go at the portal by "
        "that waits for you. The integration file wins.",
    ),
    "mappings.preview": (
        "Vooraf zien wat het doorlaat en wat het weghaalt: de voorvertoning",
        "To see first what it lets through and what it takes away: the preview",
    ),
    "mappings.none": (
        "Deze klant heeft geen flow met codes om in te vullen.",
        "This customer has no flow with codes to fill in.",
    ),
    "mappings.lacking": (
        "{count} {count:code ontbreekt|codes ontbreken}",
        "{count} {count:code|codes} missing",
    ),
    "mappings.code": ("Code", "Code"),
    "mappings.used": ("Hoe vaak", "How often"),
    "mappings.target": ("Wordt", "Becomes"),
    "mappings.from": ("Vanwaar", "Where from"),
    "mappings.do": ("Vul de codes in", "Fill in the codes"),
    "mappings.act": ("Invullen", "Fill in"),
    "mappings.left_out": ("weggelaten", "left out"),
    "mappings.leave_out": ("Weglaten", "Leave out"),
    "mappings.leave_out_of": ("Weglaten: {code}", "Leave out: {code}"),
    "mappings.choose": ("Kies…", "Choose…"),
    "mappings.on": ("aan", "on"),
    "mappings.from.file": ("bestand", "file"),
    "mappings.from.desk": ("balie", "desk"),
    "mappings.from.lacks": ("ontbreekt", "missing"),
    "mappings.from.otherwise": ("anders geregeld", "covered otherwise"),
    "mappings.otherwise": (
        "Een standaard of een andere code dekt deze.",
        "A default or another code covers it.",
    ),
    "mappings.overruled": (
        "De balie zegt {target}; het bestand gaat voor.",
        "The desk says {target}; the file wins.",
    ),
    "mappings.becomes": ("{code} wordt", "{code} becomes"),
    "mappings.save": ("Bewaren", "Save"),
    "mappings.save_of": ("Bewaren: {code}", "Save: {code}"),
    "mappings.take_back": ("Terugnemen", "Take back"),
    "mappings.take_back_of": ("Terugnemen: {code}", "Take back: {code}"),
    "mappings.add": ("Een code toevoegen", "Add a code"),
    "mappings.no_codes": (
        "Nog geen code: de volgende volledige lezing telt ze.",
        "No code yet: the next whole read counts them.",
    ),
    "mappings.turn_on": ("Tellen", "Count them"),
    "mappings.turned_on": ("Ze worden geteld.", "They are counted."),
    "mappings.turned_off": ("Ze worden niet geteld.", "They are not counted."),
    "mappings.turn_off": ("Niet meer tellen", "Stop counting"),
    "mappings.earlier": ("Eerder", "Earlier"),
    "mappings.taken_back": ("Teruggenomen", "Taken back"),
    "mappings.link": ("Invullen bij Codes van deze klant", "Fill it in under Codes of this customer"),
    "mappings.title.organigram_map": ("Afdelingen en werkgevers", "Departments and employers"),
    "mappings.about.organigram_map": (
        "Een afdeling → de werkgever waar zij en alles eronder bij hoort. Welke afdelingen er nog meer zijn staat hier "
        "niet: ze kunnen van een werkgever zijn die niet meedoet.",
        "A department → the employer that it and all below it belong to. Which others there are is not said here: they "
        "may be of an employer that takes no part.",
    ),
    "mappings.title.absence_types": ("Soorten verzuim", "Kinds of absence"),
    "mappings.about.absence_types": (
        "De code van een soort verzuim in de bron → ziekte of zwangerschap in het portaal, of weglaten.",
        "The source's code of a kind of absence → illness or pregnancy at the portal, or leave it out.",
    ),
    "mappings.title.absence_causes": ("Oorzaken", "Causes"),
    "mappings.about.absence_causes": (
        "De code van een soort verzuim → de oorzaakcode die het portaal bij deze werkgever heeft. `vangnet` gaat voor "
        "bij een regel onder het vangnet, dan SOORT/REDEN, dan SOORT.",
        "The code of a kind of absence → the cause code that the portal has at this employer. `vangnet` wins for a "
        "line under the safety net, then KIND/REASON, then KIND.",
    ),
    "mappings.title.absence_count_reasons": ("Redenen van verzuim tellen", "Counting reasons of absence"),
    "mappings.about.absence_count_reasons": (
        "Alleen nodig als een oorzaak afhangt van de reden. Zolang niemand het vraagt, wordt de redencode niet "
        "gelezen. Daarna telt de volgende brede lezing ze, als SOORT/REDEN.",
        "Only needed where a cause depends on the reason. As long as nobody asks, the code of the reason is not read. "
        "After that the next wide read counts them, as KIND/REASON.",
    ),
    "mappings.title.payroll_kvk": ("KvK-nummers", "KvK numbers"),
    "mappings.about.payroll_kvk": (
        "De werkgever → zijn KvK-nummer zoals het portaal het heeft. Zonder nummer wachten zijn salarisgegevens.",
        "The employer → its KvK number as the portal has it. Without one its payroll data waits.",
    ),
    "said.map": (
        "Bewaard: {code}. De volgende run van {flow} gebruikt het.",
        "Kept: {code}. The next run of {flow} uses it.",
    ),
    "said.take_back": (
        "Teruggenomen: {code}, vanaf de volgende run van {flow}.",
        "Taken back: {code}, from the next run of {flow} on.",
    ),
}
