"""Why the desk does not do what somebody asked."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "refused.who": ("Zeg wie dit beslist: dat wordt bewaard.", "Say who decides this: it is kept."),
    "refused.changed": (
        "Dit is veranderd sinds de vraag: kijk opnieuw en beslis dan.",
        "This has changed since you were asked: look at it again, then decide.",
    ),
    "refused.no_reject": (
        "Er is geen uitval {id}: die is lang geleden gesloten, of was er nooit.",
        "There is no reject {id}: it was closed long ago, or never there.",
    ),
    "refused.no_key": (
        "Er is geen uitval met sleutel {key}: `veerpont rejects list` toont welke er is.",
        "There is no reject with key {key}: `veerpont rejects list` shows which there are.",
    ),
    "refused.why": (
        "Zeg waarom u dit negeert: wie het later vindt wil dat weten.",
        "Say why these rejects are ignored: whoever finds them later wants to know.",
    ),
    "refused.note": (
        "Zeg wie ernaar kijkt, of wat die moet weten.",
        "Say who looks after it, or what they should know.",
    ),
    "refused.no_question": (
        "Geen van deze records vraagt nog om een bevestiging: kijk opnieuw.",
        "None of these rejects asks for a confirmation any more: look at them again.",
    ),
    "refused.asked_anew": (
        "Een run heeft intussen naar deze records gekeken en vraagt nu misschien iets anders: kijk opnieuw en "
        "bevestig dan.",
        "A run has looked at these records since you did, and may ask about something else now: look again, then "
        "confirm.",
    ),
    "refused.too_long": (
        "Dat is te lang: hoogstens {longest} tekens.",
        "That is too long: at most {longest} characters.",
    ),
    "refused.no_act": (
        "Kies wat er met deze werkgevers moet gebeuren: activeren, deactiveren of de dienstverlening vastleggen.",
        "Choose what to do with these employers: activate, deactivate, or set the service period.",
    ),
    "refused.no_employer": ("Kies minstens één werkgever.", "Choose at least one employer."),
    "refused.unknown_employer": (
        "De bron van {integration} heeft werkgever {keys} nooit getoond.",
        "The source of {integration} never showed employer {keys}.",
    ),
    "refused.so_already": (
        "Voor werkgever {codes} is niets te doen: dat is al zo.",
        "Nothing to do for employer {codes}: it is so already.",
    ),
    "refused.not_active": (
        "Werkgever {codes} is niet actief: activeer eerst, leg dan de dienstverlening vast.",
        "Employer {codes} is not active: activate first, then set the service period.",
    ),
    "refused.no_day": (
        "Dat is geen dag: schrijf hem als 2026-12-31, of laat hem leeg.",
        "That is no day: write it as 2026-12-31, or leave it empty.",
    ),
    "refused.ends_first": (
        "De dienstverlening kan niet eindigen voordat zij begint: verbeter de dagen.",
        "A service cannot end before it begins: correct the days.",
    ),
    "refused.no_table": (
        "{table} is geen tabel met codes van deze klant; er zijn: {known}.",
        "{table} is no table of codes of this customer; there are: {known}.",
    ),
    "refused.no_code": (
        "Dat is geen code: hoogstens {longest} leesbare tekens.",
        "That is no code: at most {longest} readable characters.",
    ),
    "refused.code_employer": (
        "In {table} heeft elke werkgever eigen codes: zeg van welke werkgever (--employer).",
        "In {table} each employer has codes of its own: say of which employer (--employer).",
    ),
    "refused.code_no_employer": (
        "In {table} gelden de codes voor alle werkgevers: laat de werkgever weg.",
        "In {table} the codes are those of all employers: leave the employer out.",
    ),
    "refused.code_in_file": (
        "{code} staat in het integratiebestand ({table}), en dat gaat voor: laat een ontwikkelaar het daar wijzigen.",
        "{code} is in the integration file ({table}), and that wins: have an engineer change it there.",
    ),
    "refused.code_not_kept": (
        "Van {code} ({table}) is aan de balie niets bewaard.",
        "Nothing is kept at the desk of {code} ({table}).",
    ),
    "refused.target_choice": ("Kies een van deze: {choices}.", "Choose one of these: {choices}."),
    "refused.target_number": ("Vul een geheel getal in.", "Fill in a whole number."),
    "refused.target_digits": ("Vul {digits} cijfers in.", "Fill in {digits} digits."),
    "refused.target": (
        "Vul in wat de code wordt: 1 tot {longest} leesbare tekens.",
        "Fill in what the code becomes: 1 to {longest} readable characters.",
    ),
    "refused.no_delivery": ("Er is geen levering {id}.", "There is no delivery {id}."),
    "refused.no_file": (
        "Levering {id} heeft geen bestand dat is bewaard: er is geen gemaakt, of het is ouder dan "
        "retention.deliveries_days.",
        "Delivery {id} has no file that is kept: none was made, or it is older than retention.deliveries_days.",
    ),
    "refused.not_waiting": ("Levering {id} wacht op niemand.", "Delivery {id} does not wait for anybody."),
    "refused.report_too_large": (
        "Dit is groter dan {megabytes} MB: lees het in met `veerpont deliveries report`.",
        "This is larger than {megabytes} MB: take it with `veerpont deliveries report`.",
    ),
    "refused.resend_newer": (
        "Het portaal nam een nieuwere levering dan {id} aan, en deze zou terugdraaien wat die bracht. `veerpont "
        "deliveries export {id}` geeft het bestand.",
        "The portal accepted a newer delivery than {id}, and this one would take back what that brought. `veerpont "
        "deliveries export {id}` hands out its file.",
    ),
    "refused.resend_purged": (
        "Een werkgever met regels in levering {id} is niet meer actief: ze zou die regels weer brengen.",
        "An employer whose lines are in delivery {id} is not active any more: it would bring them again.",
    ),
    "refused.resend_no_file": (
        "Van levering {id} is het bestand niet meer bewaard: het is ouder dan retention.deliveries_days, of iemand "
        "erin is vergeten.",
        "Delivery {id} has no file that is kept: it is older than retention.deliveries_days, or somebody in it was "
        "forgotten.",
    ),
    "refused.resend_not_accepted": (
        "Alleen een levering die het portaal aannam kan opnieuw worden gestuurd; levering {id} is {state}.",
        "Delivery {id} is {state}: only one that the portal accepted can be sent again.",
    ),
    "refused.resend_unfinished": (
        "Levering {other} van deze flow is nog niet af: de volgende run doet die eerst.",
        "Delivery {other} of this flow is not finished yet: the next run of the flow does that first.",
    ),
    "refused.resend_calls": (
        "Levering {id} vertelde {portal} wat toen nieuw, gewijzigd of verdwenen was, en dat kan sindsdien anders "
        "zijn. De volgende run vertelt wat nu anders is; een bestand met uren haalt u op aan de balie.",
        "Delivery {id} told {portal} what was new, changed or gone then, and it may have been told otherwise since. "
        "The next run tells it what is different now; a file of hours is fetched at the desk.",
    ),
    "refused.resend_damaged": (
        "Het bestand van levering {id} in de kluis is niet het bestand dat is verstuurd: de SHA-256 verschilt.",
        "The file of delivery {id} in the vault is not the one that was sent (its SHA-256 is another one).",
    ),
}
