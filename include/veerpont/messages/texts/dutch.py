"""What runs, holds and the desk's work say, in Dutch; the English stands where it is said."""

DUTCH: dict[str, str] = {
    "run.cases_look_alike": (
        "Twee verzuimgevallen leken er één, wat bij toeval gebeurt: voer de laadstap opnieuw uit."
    ),
    "run.employees_first": (
        "{flow} gaat via de medewerkers, en er is er nog geen overgebracht: de flow Medewerkers komt eerst."
    ),
    "run.departments_from_employees": (
        "De afdelingen worden afgeleid van de medewerkers, en er is er nog geen overgebracht: de flow Medewerkers "
        "komt eerst."
    ),
    "run.newer_read": (
        "Sinds deze run de bron las is een nieuwere lezing van {flow} verwerkt: er is niets meer te doen."
    ),
    "run.only_today": (
        "Wat deze run las is van {began}, en alleen vandaag wordt geleverd: start opnieuw vanaf extract (Clear in "
        "Airflow), zodat opnieuw wordt gelezen."
    ),
    "run.not_believed": (
        "Wat voor {scope} binnenkwam wordt niet geloofd ({doubts}), en er is niets van bewaard: laat naar de "
        "connector kijken en laad het opnieuw."
    ),
    "run.most_calls": (
        "{system} is op {day} {most} keer gevraagd, en vaker mag niet volgens source.calls_per_day. Van deze lezing is "
        "niets gebruikt; morgen gaat het verder. `veerpont calls {name}` laat zien welke flow zo vaak vraagt; klopt "
        "dat, zet calls_per_day dan hoger."
    ),
    "run.no_file": "Het integratiebestand is er niet meer.",
    "portal.still_reads": "Het portaal moet het vorige bestand van {flow} nog lezen.",
    "work.no_reports": (
        "{integration} heeft geen logverslagen: geen portaal in het bestand zegt hoe er een is opgebouwd."
    ),
    "work.not_kept": "Het bestand is niet meer bewaard: breng het opnieuw.",
    "run.lacking": "Koppeling {name}, flow {flow}: {missing}",
    "forget.several": (
        "Nummer {number} kan van {count} mensen zijn, want elke werkgever heeft eigen nummers: zeg welke, {people}."
    ),
    "forget.case_key": "{key} is de sleutel van een verzuimgeval: zeg van wie, met de sleutel van de persoon zelf.",
    "forget.busy": (
        "Een run van {flow} van {name} is bezig sinds {since} (UTC) en heeft rijen in handen: doe het opnieuw als "
        "die klaar is. Er is niets gewijzigd."
    ),
    "forget.no_integration": (
        "Er is geen koppeling {name}. Er zijn: {known}. Van een klant zonder bestand haalt `veerpont forget "
        "INTEGRATION --all` alles weg."
    ),
    "forget.unknown": (
        "Van {key} is bij {name} niets bekend (`veerpont trace`). Geef van iemand die weg is de recordsleutel, niet "
        "het personeelsnummer."
    ),
    "run.same_place": (
        "{name} en {others} leveren {flow} op dezelfde server, met dezelfde login en in dezelfde map: elk bestand "
        "zou de records van de ander verwijderen. Laat elk een eigen map of account geven."
    ),
    "run.account_numbers": (
        "{count} dienstverbanden hier hebben een personeelsnummer dat iemand bij een ander lid van account {account} "
        "ook heeft."
    ),
    "run.account_not_left": (
        "{name} heeft regels in het bestand van account {was}, met {others}: die blijven daar, en verder gaat er "
        "niets uit, tot een run van deze ernaar heeft gevraagd en de verwijdering is vrijgegeven. Of zet `account: "
        "{was}` terug."
    ),
    "run.account_forgotten": (
        "Iemand van {other} is vergeten, en een bestand van account {account} zou die in het portaal beëindigen: geef "
        "eerst die verwijdering vrij, en laat {flow} van {other} draaien."
    ),
    "run.account_lacks": (
        "Het portaal kreeg regels van {other}, en nergens staat nog welke: een bestand van account {account} zonder "
        "die regels zou ze daar beëindigen. Zet ledger en vault van {other} terug."
    ),
    "run.account_frozen": (
        "{other} is geen lid meer van account {account}: {count} regels ervan blijven in het bestand zoals ze waren, "
        "tot iemand ze vrijgeeft: zie `veerpont deliveries list --integration {other}`."
    ),
    "run.account_differs": (
        "{name} en {other} delen account {account}, en zeggen er verschillende dingen van: {keys}. Maak die gelijk in "
        "{name}.yaml en {other}.yaml."
    ),
    "run.account_employer": (
        "Werkgever {codes} is van {name} en van {other}, die account {account} delen: elke werkgever komt uit één van "
        "beide. Deactiveer hem bij de ander, met --purge."
    ),
    "adopt.no_complete": (
        "{name} neemt geen volledige bestanden aan: wat een levering weglaat blijft daar. Neem niets over."
    ),
    "adopt.would_wait": (
        "Wat de volgende run zou sturen, zou op iemand wachten ({doubts}): handel dat eerst af, want wat in het "
        "portaal staat wordt daarmee vergeleken. Er is niets overgenomen."
    ),
    "adopt.accepted": (
        "{scope}: het portaal nam al een levering aan, dus de bewaking telt vanaf die. `veerpont compare` zegt "
        "waarin het portaal ervan verschilt. Er is niets overgenomen."
    ),
    "adopt.prepared": (
        "{scope}: levering {id} staat klaar en is misschien al in het portaal. Laat de volgende run haar afmaken, of "
        "verwerp haar. Er is niets overgenomen."
    ),
    "adopt.too_old": (
        "Het bestand is {hours} uur oud en mag hoogstens {most} uur oud zijn: wat sindsdien in het portaal is "
        "gewijzigd zou meetellen als wat er staat. Maak een nieuwe export. Er is niets overgenomen."
    ),
    "adopt.future": "Het bestand is in de toekomst gemaakt: zeg wanneer het gemaakt is. Er is niets overgenomen.",
    "adopt.not_whole": (
        "Een regel van het bestand kan niet in zijn geheel worden herhaald: {wrong}. Exporteer de kolommen van het "
        "integratiebestand, niet meer en niet minder. Er is niets overgenomen."
    ),
    "adopt.nothing": "Van {scope} is niets overgenomen, of het portaal heeft sindsdien een levering aangenomen.",
    "preview.no_portal": "Geen portaal van {integration} heeft de flow {flow} (portals, flows).",
    "report.no_portal": "{name}: geen van de portalen geeft logverslagen.",
    "report.not_yours": (
        "Het verslag gaat over {flow}, en wie het bracht mag daarop niet handelen. Er is niets van overgenomen."
    ),
    "report.whose": "Zeg van welke koppeling het verslag is. Met verslagen zijn er: {known}.",
    "report.not_sent_yet": (
        "Levering {id} staat nog niet als verstuurd te boek: het verslag wordt na de volgende run gelezen."
    ),
    "report.no_integration": "Er is geen koppeling {name}. Er zijn: {known}.",
    "portal.left_alone": "Het portaal vroeg om met rust gelaten te worden tot {free_at}.",
    "run.taken_over": "{name} is door een andere run overgenomen terwijl deze stilstond. Start de run opnieuw.",
    "run.held_by_another": "Een andere run is met {name} bezig; er is {seconds} seconden op gewacht.",
    "plain": "Dit is voor een ontwikkelaar, geef het door (in het Engels): {text}",
    "listed": "{first}, {next}",
    "none": "geen",
    "run.timed_out": (
        "Airflow heeft de stap na {hours} uur gestopt (VEERPONT_STEP_HOURS). Er is niets verloren: er wordt opnieuw "
        "geprobeerd. Heeft de stap die tijd gewoon nodig, laat dan meer instellen."
    ),
    "run.nameless": (
        "{count} {count:verzuimregel heeft|verzuimregels hebben} geen eigen sleutel of geen sleutel van het geval: "
        "dat is uitval, en verandert niets."
    ),
    "run.missed": "Deze brede lezing toont {missed} van de {total} regels die er eerder waren niet.",
    "run.not_believed_lines": (
        "{count} {count:verzuimregel wordt|verzuimregels worden} niet geloofd, blijven zoals ze waren en worden "
        "opnieuw gelezen: er verdween een waarde of de laatste dag, terwijl niets zegt dat ze zijn gewijzigd "
        "({what})."
    ),
    "run.read_widely": "alles is gelezen om dat goed te maken",
    "run.changes_lost": "wijzigingen van daarna zijn verloren",
    "run.history_lacks": (
        "De geschiedenis van werkgever {code} mist {first} tot en met {last}: zie de dekking bij de beelden van deze "
        "klant."
    ),
    "run.gap": "De laatste geslaagde lezing is ouder dan absence.connector_window: {so}.",
    "run.not_widely": "De connector kan niet breed worden gelezen: verwijderingen in de bron worden niet gezien.",
    "run.left_out": "{count} {count:rij is|rijen zijn} weggelaten ({reason}).",
    "run.hours_unmapped": "{rows} van componenten die hours.components weglaat",
    "run.hours_unlisted": "{rows} van {codes} componenten die niet in hours.components staan",
    "run.hours_older_file": "{rows} van bestanden waarvan een nieuwer dezelfde periode heeft",
    "run.hours_other_period": "{rows} van andere periodes",
    "run.hours_old_period": "{rows} van periodes die langer dan hours.months geleden eindigden",
    "run.hours_left_out": "Van {rows} rijen weggelaten: {what}.",
    "run.employer_waits": "Werkgever {code} wacht ({reason}):",
    "run.employer_lacks": "Werkgever {code}:",
    "run.outside_service": ("{rows} {rows:rij is|rijen zijn} weggelaten: buiten de dienstverlening van de werkgever."),
    "run.profit_9": (
        "Sinds Profit 9 toont AFAS per periode één regel van de berekende grondslagen, de laatste: na die upgrade "
        "klopt dit."
    ),
    "run.month_loaded": (
        "{count} {count:regel|regels} van {month} staan in de geschiedenis; de volgende run van verzuim levert ze."
    ),
    "run.waits": "{what} op iemand ({reasons}): zie Leveringen aan de balie.",
    "run.whole_waits": "De levering wacht",
    "run.removals_wait": "{count} {count:verwijdering wacht|verwijderingen wachten}",
    "run.lines_wait": "De rest gaat door, en {count} {count:regel wacht|regels wachten}",
    "run.again_newer": "het portaal nam sindsdien een nieuwere aan",
    "run.again_purged": "een werkgever erin is sindsdien gewist",
    "run.again_no_file": "het bestand is niet meer bewaard",
    "run.again_damaged": "het bestand in de kluis is niet het bestand dat is verstuurd",
    "run.not_sent_again": "Levering {id} is niet opnieuw verstuurd: {why}.",
    "run.sent_again": "Levering {id} is opnieuw verstuurd.",
    "work.busy": "Het is niet binnen een uur gelukt: er is niets overgenomen. Vraag het opnieuw.",
    "work.defect": (
        "Door een fout van Veerpont kon dit niet worden gelezen; de ontwikkelaars weten het. Er is niets overgenomen."
    ),
    "work.forgotten": "De klant is vergeten. Er is niets overgenomen.",
    "run.one_forgotten": "1 persoon die op {days} is vergeten staat",
    "run.some_forgotten": "{count} mensen die op {days} zijn vergeten staan",
    "run.forgotten_at_source": "{who} nog in de bron: wat die toont gaat weer mee.",
    "run.next_hour": "Deze beurt is overgeslagen; de volgende brengt wat is gewijzigd.",
    "run.next_minutes": "Deze beurt is overgeslagen; de volgende is over vijf minuten.",
    "run.defect": "{kind}: een fout van Veerpont; de ontwikkelaars zien in de log van de taak waar.",
    "run.again_at": "Dit gaat misschien vanzelf over: start de run opnieuw om {at} of later; er is niets verloren.",
    "run.again": "Dit gaat misschien vanzelf over: start de run opnieuw; er is niets verloren.",
    "run.stopped": "De run is gestopt voordat hij klaar was; de volgende gaat verder met wat er over is.",
    "adopt.foreign": "het heeft kolommen die niet van ons zijn (nummer {some})",
    "adopt.lacks": "het mist {some}",
    "adopt.unusable": "er zijn rijen die niet kunnen worden gelezen ({some})",
    "no": "geen",
    "work.forget_unknown": (
        "Van deze persoon is hier niets bekend. Geef van iemand die weg is de recordsleutel, niet het personeelsnummer."
    ),
    "work.forget_several": (
        "Meerdere mensen kunnen dit nummer hebben, want elke werkgever heeft eigen nummers: geef werkgever en "
        "nummer, zoals 01/number:1001."
    ),
    "work.forget_case": "Dat is de sleutel van een verzuimgeval: geef de sleutel van de persoon zelf.",
    "run.column_of": "{name} bij {count} {count:regel|regels}",
}
