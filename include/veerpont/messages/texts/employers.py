"""What the pages of employers say, and the question before one is let in or out."""

from veerpont.model.texts import Text

TEXTS: dict[str, Text] = {
    "employers.none": (
        "Nog geen werkgevers: de flow Werkgevers toont ze.",
        "No employers yet: the flow Employers shows them.",
    ),
    "employers.people": ("Werknemers", "Employees"),
    "employers.people_unknown": ("nog niet geteld", "not counted yet"),
    "employers.code": ("Code", "Code"),
    "employers.name": ("Naam", "Name"),
    "employers.decided": ("Besluit", "Decision"),
    "employers.renamed": ("nieuwe naam: is dit nog hetzelfde bedrijf?", "new name: still the same company?"),
    "employers.frozen": ("regels bevroren bij het portaal", "lines frozen at the portal"),
    "employers.service": ("Dienstverlening", "Service"),
    "employers.from": ("van {day}", "from {day}"),
    "employers.until": ("tot en met {day}", "until {day}"),
    "employers.over": ("voorbij: alleen late meldingen worden gelezen", "over: only late reports are read"),
    "employers.set_service": ("Dienstverlening…", "Service period…"),
    "employers.choose": ("Kies werkgever {code}", "Choose employer {code}"),
    "employers.with": ("Met de gekozen werkgevers:", "With the chosen employers:"),
    "employers.activate": ("Activeren…", "Activate…"),
    "employers.deactivate": ("Deactiveren…", "Deactivate…"),
    "employers.purge": ("Deactiveren en wissen…", "Deactivate and erase…"),
    "ask.activate": ("Werkgevers activeren?", "Activate employers?"),
    "ask.deactivate": ("Werkgevers deactiveren?", "Deactivate employers?"),
    "ask.purge": ("Werkgevers deactiveren en hun regels wissen?", "Deactivate employers and erase their lines?"),
    "ask.service": ("Wanneer is de dienstverlening?", "When is the service?"),
    "ask.service_means": (
        "Een verzuimmelding wordt beoordeeld op haar eerste dag: die moet binnen de dienstverlening vallen, beide "
        "dagen meegerekend. Na de laatste dag worden alleen nog late meldingen gelezen, van mensen die al bekend zijn; "
        "wat het portaal van de werkgever weet blijft staan. Meldingen die het portaal heeft en die er nu buiten "
        "vallen, verdwijnen pas als u dat vrijgeeft.",
        "An absence case is judged by its first day: that must lie within the service, both days included. After the "
        "last day only late reports are read, of people who are known already; what the portal knows of the employer "
        "stays. Cases that the portal has and that lie outside now leave only once you release that.",
    ),
    "ask.service_from": ("Dienstverlening van", "Service from"),
    "ask.service_until": ("Dienstverlening tot en met", "Service until (last day)"),
    "ask.service_empty": ("Leeg laten: aan die kant geen grens.", "Left empty: no limit on that side."),
    "ask.service_differs": (
        "Deze werkgevers hebben nu verschillende dagen: zij krijgen alle de dagen die u hier invult.",
        "These employers have different days now: all of them get the days that you fill in here.",
    ),
    "ask.people": (
        "Dit betreft {people} {people:werknemer|werknemers} van {employers} {employers:werkgever|werkgevers}.",
        "This concerns {people} {people:employee|employees} of {employers} {employers:employer|employers}.",
    ),
    "ask.uncounted": (
        "Bij {count} daarvan zijn de werknemers nog niet geteld: dat doet de eerste run van Medewerkers.",
        "At {count} of them the employees have not been counted yet: the first run of Employees does that.",
    ),
    "ask.activate_means": (
        "Vanaf de volgende run worden hun gegevens gelezen en naar het portaal gestuurd. Activeer alleen werkgevers "
        "die een overeenkomst met de arbodienst hebben.",
        "From the next run on their data is read and sent to the portal. Activate only employers that have a contract "
        "with the occupational-health service.",
    ),
    "ask.deactivate_means": (
        "Vanaf nu wordt er niets meer van hen gelezen. Wat het portaal van hen weet blijft staan (bevroren), zodat "
        "daar geen verzuimdossier wordt verwijderd.",
        "From now on nothing of theirs is read. What the portal knows of them stays (frozen), so that no absence case "
        "is deleted there.",
    ),
    "ask.purge_means": (
        "Vanaf nu wordt er niets meer van hen gelezen, en hun regels verdwijnen uit de volgende bestanden en uit onze "
        "opslag. Het portaal kan hun werknemers en verzuimdossiers dan verwijderen. Dit is niet terug te draaien.",
        "From now on nothing of theirs is read, and their lines leave the next files and our store. The portal may "
        "then delete their employees and absence cases. This cannot be undone.",
    ),
    "ask.purge_sure": (
        "Ik weet zeker dat het portaal deze werkgevers niet meer bedient.",
        "I am sure that the portal no longer covers these employers.",
    ),
    "ask.activate_do": ("Activeer {count}", "Activate {count}"),
    "ask.service_do": ("Leg vast voor {count}", "Set for {count}"),
    "ask.deactivate_do": ("Deactiveer {count}", "Deactivate {count}"),
    "ask.purge_do": ("Deactiveer en wis {count}", "Deactivate and erase {count}"),
    "said.activate": (
        "{count} {count:werkgever|werkgevers} actief vanaf de volgende run.",
        "{count} {count:employer|employers} active from the next run on.",
    ),
    "said.service": (
        "Dienstverlening vastgelegd voor {count} {count:werkgever|werkgevers}.",
        "Service period set for {count} {count:employer|employers}.",
    ),
    "said.deactivate": (
        "{count} {count:werkgever|werkgevers} niet meer actief.",
        "{count} {count:employer|employers} no longer active.",
    ),
    "said.purge": (
        "{count} {count:werkgever|werkgevers} niet meer actief; hun regels verdwijnen met de volgende levering.",
        "{count} {count:employer|employers} no longer active; their lines leave with the next delivery.",
    ),
}
