"""What runs say of what systems share, in Dutch: HTTP, SFTP, workbooks, settings. English stands where it is said."""

DUTCH: dict[str, str] = {
    "connection.none": "De verbinding {name} bestaat niet: een ontwikkelaar voegt haar toe in Airflow.",
    "hours.other_workbook": (
        "{shown} is een ander soort werkmap dan .xlsx: open hem in Excel, bewaar hem als .xlsx en zet die klaar."
    ),
    "hours.changed": (
        "hours.folder: een klaargezet bestand is gewijzigd terwijl het werd gelezen. De volgende run leest het opnieuw."
    ),
    "hours.full_folder": "hours.address: in de map staan meer dan {most} bestanden: laat haar leegmaken.",
    "hours.no_sizes": (
        "hours.folder: de server zegt niet hoe groot zijn bestanden zijn, dus is niet te zien of er een in zijn "
        "geheel is gelezen. Vraag wie hem beheert om dat wel te zeggen."
    ),
    "hours.too_large": "hours.folder: een klaargezet bestand is groter dan {most} MB: haal het weg.",
    "hours.no_folder": (
        "{setting}: die map is er niet, of deze login mag haar niet zien. Laat haar maken, of de instelling verbeteren."
    ),
    "hours.not_readable": "{setting}: {what} mag niet worden gelezen. Vraag wie de server beheert om dat recht.",
    "hours.server_away": (
        "{setting}: de server viel weg of kon zijn bestanden niet tonen ({kind}). Blijft dat zo, laat dan wie hem "
        "beheert ernaar kijken."
    ),
    "hours.taken_away": (
        "{setting}: een klaargezet bestand is weggehaald voordat het was gelezen. De volgende run kijkt opnieuw."
    ),
    "http.broke_off": "{name} op {host} verbrak de verbinding ({call}, {kind}).",
    "http.odd": "{name} geeft een antwoord dat niet in zijn documentatie staat. {place}",
    "http.too_slow": "{name} op {host} had na {seconds} s nog niet het hele antwoord gestuurd. ({call})",
    "http.unreachable": (
        "{name} is op {host} niet bereikbaar ({why}). Blijft dat zo, laat dan het basisadres (host) van {where} "
        "nakijken, en de firewall, proxy en DNS van deze machine. ({call})"
    ),
    "http.silent": "{name} op {host} stuurde {seconds} s lang niets. ({call})",
    "http.refused": "{name} {meaning}. {place}",
    "http.busy": "{name} is nu niet beschikbaar en wordt later opnieuw gevraagd. {place}",
    "http.broken": "{name} gaf geen goed antwoord. {place}",
    "http.certificate": (
        "{name} op {host} heeft een certificaat dat niet geldt voor het basisadres (host), verlopen is, of "
        "ondertekend is door iemand die deze machine niet vertrouwt. Er is niets verstuurd. Laat het basisadres van "
        "{where} nakijken. ({call})"
    ),
    "http.no_tls": (
        "{name} op {host} spreekt daar geen TLS. Laat schema en poort in het basisadres (host) van {where} nakijken. "
        "({call})"
    ),
    "connection.extra_number": (
        "Airflow-verbinding {connection}: {name} in de extra moet een geheel getal van 1 tot en met 999999 zijn."
    ),
    "http.too_large": (
        "{name} gaf een antwoord van meer dan {most} MB, en dat is niet gebruikt ({call}). Kan dat kloppen, laat dan "
        "answer_mb in de extra van {where} hoger zetten; laat het anders kleiner maken."
    ),
    "http.address": "{where}: het basisadres (host), het token of een id is niet geldig.",
    "portal.no_such": "{name}: geen portaal {portal} neemt de flow {flow} aan (portals).",
    "sftp.unreachable": (
        "{host}:{port} is niet bereikbaar ({why}). Blijft dat zo, laat dan host en poort van de verbinding "
        "{connection_id} nakijken, en de firewall en DNS van deze machine."
    ),
    "sftp.dropped": "{host}:{port} verbrak de verbinding {step}.",
    "sftp.full_folder": "In de map {folder} staan meer dan {most} bestanden: laat haar leegmaken.",
    "storage.not_whole": "files: {name} van {delivery} is niet aangekomen zoals het is verstuurd.",
    "sftp.no_answer": "{host}:{port} antwoordde niet op tijd {step}.",
    "sftp.no_connection": ("De verbinding {connection_id} bestaat niet: een ontwikkelaar voegt haar toe, soort sftp."),
    "sftp.dropped_looking": "{host}:{port} verbrak de verbinding terwijl er werd rondgekeken.",
    "sftp.too_slow": "{host}:{port} {what} na {seconds} s.",
    "mail.not_taken": "De mailserver nam {what} niet aan ({kind}).",
    "sftp.no_folder": "{portal}: {folder} is geen map.",
    "sftp.no_sizes": (
        "{portal}: de server zegt niet hoe groot de bestanden in {folder} zijn, zodat niet te bewijzen is dat een "
        "bestand heel is aangekomen. Vraag wie de server beheert om dat wel te zeggen."
    ),
    "sftp.taken_early": (
        "{portal}: alle bytes kwamen aan in {folder}, maar het portaal nam het bestand voordat het zijn naam had: "
        "het neemt ook bestanden die op {suffix} eindigen. Laat iemand kijken wat het portaal ermee deed, en zet "
        "xpert_suite.temporary_suffix op een uitgang die het met rust laat, of op niets. Tot dan wordt het bestand "
        "niet opnieuw verstuurd."
    ),
    "sftp.cut_short": "{portal}: {size} van de {whole} bytes kwamen aan in {folder}.",
    "sftp.other_size": (
        "{portal}: in {folder} staat een bestand met dezelfde naam en een andere grootte ({found} bytes, het onze "
        "heeft er {size}): het is daar afgebroken of gewijzigd. Laat het portaal ernaar kijken en het weghalen."
    ),
    "sftp.plain_failure": (
        "{portal}: de server antwoordt met alleen een fout op de vraag wat er in {folder} staat, zodat een "
        "ontbrekend bestand of map niet van een storing te onderscheiden is. Kijk of de map er is; zo ja, vraag wie "
        "de server beheert om `no such file` te antwoorden."
    ),
    "sftp.lost": "{portal} {how_lost} tijdens de levering.",
    "sftp.could_not": "{portal}: de server kon niet doen wat werd gevraagd, of is weg.",
    "sftp.lost_renaming": "{portal} {how_lost} tijdens het hernoemen.",
    "sftp.no_rename": (
        "{portal}: de server weigert een bestand in {folder} te hernoemen: vraag om dat recht, want bestanden worden "
        "onder een tijdelijke naam geüpload."
    ),
    "sftp.refused": "{portal}: {refused}.",
    "workbook.too_large": "{what} is groter dan {most} MB.",
    "workbook.refused": "{what} {why}",
    "workbook.too_slow": "{what} kost meer dan {seconds} seconden om te lezen. Haal weg wat niet nodig is.",
    "workbook.no_process": "Er kon geen proces worden gestart om een bestand te lezen ({kind}).",
    "workbook.several_sheets": (
        "{what} heeft deze kolommen op {found} bladen, en niemand zegt welk geldt: laat er één over."
    ),
    "workbook.ragged": (
        "{what} heeft in regel {line} meer cellen dan in de kop in regel {header}: een waarde bevat het "
        "scheidingsteken. Zet er aanhalingstekens omheen."
    ),
    "extra.no_place": (
        "portals: {portal}: extra.{name}: het portaal heeft er geen plaats of geen kolom voor; haal het weg."
    ),
    "extra.not_at_source": "portals: {portal}: extra.{name}: {system} heeft het niet; haal het weg, en de kolom ervan.",
    "extra.no_purpose": (
        "portals: {portal}: extra.{name} heeft geen doel: zeg in een paar woorden waarom het portaal het nodig heeft."
    ),
    "settings.recovery_date_is": (
        "absence.recovery_date_is ontbreekt: first_day_back of last_absent_day; kijk naar een afgesloten geval "
        "waarvan de klant de laatste verzuimdag kent."
    ),
    "settings.portal_deletes": (
        "absence.portal_deletes ontbreekt: waarop 'Traject verwijder actie' in het portaal staat (delete, log of "
        "log_before_from)."
    ),
    "settings.tree": (
        "organigram.tree ontbreekt: kies derive, shared of map; het organigram van de bron kent geen werkgevers."
    ),
    "settings.none_taken": "portals: het portaal {name} heeft geen eigen instellingen; haal {settings} weg.",
    "settings.source_none": "source.settings: {system} heeft geen eigen instellingen; haal {names} weg.",
    "hours.column": "hours.columns.{name} ontbreekt: de kop van die kolom in het bestand van de klant.",
    "hours.address": (
        "hours.address of hours.connection ontbreekt (een van de twee): waar de bestanden van de urenregistratie "
        "worden neergezet, een fsspec-adres of een Airflow-verbinding van het soort sftp met hours.folder."
    ),
    "hours.several_files": (
        "hours.several_files ontbreekt: newest, als elk bestand alle uren van zijn periodes heeft; all, als "
        "bestanden bij elkaar optellen."
    ),
    "hours.date_or_period": "hours.columns.date of hours.columns.period ontbreekt (een van de twee).",
    "hours.unit": (
        "hours.unit ontbreekt: distribution_unit, cost_centre of none; met welk begrip van Loket de klant zijn "
        "afdelingen boekt."
    ),
    "hours.unit_of_csv": (
        "hours.unit: cost_centre vraagt hours.delivery: api; hoe een csv kostenplaatsen noemt is niet beschreven."
    ),
    "hours.nothing_to_mail": (
        "hours.mail.to: met hours.delivery: api is er geen bestand om te mailen; haal een van de twee weg."
    ),
    "settings.payroll_field": (
        "payroll.{setting} ontbreekt voor {table}: de kolom met {what}; de velden van de connectoren zijn niet "
        "beschreven, dus kijk in AFAS naar een ervan."
    ),
    "settings.employer_code": "de werkgeverscode",
    "settings.personnel_number": "het personeelsnummer",
    "settings.no_causes": (
        "absence.causes is leeg: elk geval zou uitval zijn (no_cause). Vraag de beheerder van het portaal om de code "
        "van elk soort verzuim, per werkgever."
    ),
    "settings.no_components": (
        "hours.components ontbreekt: elke uren- of looncode in het bestand → het nummer van de component in Loket, "
        "of null om hem weg te laten. Na een run toont de balie (Codes) welke codes er zijn."
    ),
    "connection.airflow": "Airflow-verbinding {connection}",
    "connection.some": "de verbinding",
    "mail.mail": "de mail",
    "mail.of_hours": "het bestand met uren",
    "hours.a_file": "een bestand in deze map",
    "hours.this_folder": "deze map",
    "http.elsewhere": (
        "stuurt ons door naar een ander adres, en dat wordt niet gevolgd. Vraag om het juiste basisadres en laat het "
        "invullen als host van {where}"
    ),
    "http.no_entry": "de verbinding wordt geweigerd",
    "http.no_name": "de naam is niet bekend",
    "http.no_connection": "geen verbinding in {seconds} s",
    "http.proxy": "de proxy weigert",
    "sftp.logging_in": "tijdens het inloggen",
    "sftp.opening": "tijdens het openen van de sessie",
    "sftp.takes": ". De server neemt aan: {takes}",
    "sftp.old_rsa": (
        ". Een server die alleen ssh-rsa-handtekeningen kent weigert ook een goede RSA-sleutel, want die worden niet "
        "meer gebruikt: laat het portaal dan een ed25519-sleutel aannemen"
    ),
    "sftp.fill_in": "; laat invullen wat het portaal als wachtwoord van de verbinding gaf",
    "sftp.wrong": "De verbinding {connection_id} {what}.",
    "sftp.login_refused": (
        "is door {host}:{port} geweigerd: de login of de private_key is niet wat het portaal heeft staan{takes}{old}"
    ),
    "sftp.not_done": "was niet klaar",
    "sftp.not_in": "had ons niet binnengelaten",
    "sftp.asks_more": (
        "heeft een private_key die {host}:{port} aanneemt, en de server vraagt nog om: {asked}{missing}"
    ),
    "sftp.other_host_key": (
        "verwacht de host key {expected}, maar {host}:{port} toont {seen}. Er is niets verstuurd. Vraag het portaal "
        "of zijn sleutel is gewijzigd, voordat host_key wordt gewijzigd"
    ),
    "sftp.not_opened": "{folder} kan niet worden geopend: die is er niet, of deze login mag haar niet zien",
    "sftp.how_dropped": "verbrak de verbinding",
    "sftp.how_late": "antwoordde niet op tijd",
    "sftp.may_not_make": "deze login mag geen mappen maken in {folder}",
    "sftp.may_not_write": "deze login mag niet schrijven in {folder}",
    "sftp.may_not_read": "deze login mag {folder} niet lezen",
    "workbook.damaged": (
        "kan niet worden gelezen: het is beschadigd, of kost meer dan {megabytes} MB geheugen. Bewaar het opnieuw "
        "als .xlsx."
    ),
    "workbook.empty": "is leeg.",
    "workbook.password": "heeft een wachtwoord. Sla het zonder wachtwoord op als .xlsx.",
    "workbook.partly": "is beschadigd, of kwam maar voor een deel aan. Breng het opnieuw.",
    "workbook.not_xml": "is beschadigd: een deel ervan is geen XML. Sla het opnieuw op als .xlsx.",
    "workbook.entities": "bevat XML-entiteiten, die in geen werkmap voorkomen.",
    "workbook.web_page": (
        "is een webpagina of XML en geen werkmap of csv, wat de naam ook zegt. Open het in Excel en sla het op als "
        ".xlsx."
    ),
    "workbook.binary": "is een binaire werkmap (.xlsb). Open het in Excel en sla het op als .xlsx.",
    "workbook.open_document": "is een OpenDocument-bestand (.ods). Sla het op als .xlsx.",
    "workbook.zip_file": "is een zip-bestand en geen werkmap.",
    "workbook.parts": "heeft meer dan {most} onderdelen.",
    "workbook.part_twice": "heeft een onderdeel twee keer, wat in geen werkmap voorkomt.",
    "workbook.expanded": "bevat uitgepakt meer dan {most} MB.",
    "workbook.depth": "heeft XML-elementen die meer dan {most} diep in elkaar zitten.",
    "workbook.elements": "heeft meer dan {most} miljoen XML-elementen.",
    "workbook.sheets": "heeft meer dan {most} bladen.",
    "workbook.two_lists": "heeft twee lijsten met teksten, wat in geen werkmap voorkomt.",
    "workbook.texts": "heeft meer dan {most} miljoen teksten.",
    "workbook.cell_text": "heeft een cel met meer dan {most} tekens.",
    "workbook.cells": "heeft meer dan {most} miljoen gevulde cellen.",
    "workbook.area": (
        "heeft gevulde cellen zo ver weg dat de bladen met de lege cellen mee meer dan {most} miljoen cellen beslaan. "
        "Haal weg wat ver naar rechts of ver naar beneden staat."
    ),
    "workbook.text": "heeft meer dan {most} miljoen tekens in de cellen.",
    "workbook.no_cell": "heeft een cel op een plaats die geen blad heeft.",
    "workbook.no_row": "heeft een rij die geen blad heeft.",
    "workbook.columns": "heeft gevulde cellen voorbij kolom {most}.",
    "workbook.unread": "is beschadigd, of geen werkmap. Sla het opnieuw op als .xlsx, zonder wachtwoord.",
    "workbook.memory": "kost meer dan {most} MB geheugen om te lezen. Haal weg wat niet nodig is.",
    "workbook.size": "is groter dan {most} MB.",
    "workbook.no_workbook": "is geen werkmap. Breng het als .xlsx.",
    "workbook.old": "is een werkmap van een oude Excel (.xls). Open het in Excel en sla het op als .xlsx.",
    "workbook.no_text": (
        "is geen csv: er staan bytes in die geen tekst zijn. Sla het op als .xlsx, of als csv in UTF-8."
    ),
    "workbook.separator": (
        "zegt in de eerste regel (sep=) dat de cellen door iets anders worden gescheiden dan ; , | of een tab."
    ),
    "workbook.csv_cells": "heeft meer dan {most} miljoen cellen.",
    "workbook.csv_text": "heeft meer dan {most} miljoen tekens.",
    "workbook.long_line": "heeft meer dan {most} cellen in regel {line}.",
    "workbook.joined_rows": (
        'heeft een aanhalingsteken (") in regel {line} waarna rijen staan alsof ze één cel zijn. Haal het '
        "aanhalingsteken weg, of de regeleinden in de cel, of sla het bestand op als .xlsx."
    ),
    "workbook.long_cell": (
        'heeft een cel met meer dan {most} tekens in regel {line}, of een aanhalingsteken (") daar dat nergens wordt '
        "gesloten."
    ),
    "workbook.open_quote": (
        'heeft een aanhalingsteken (") in regel {line} dat nergens wordt gesloten, of waarop meer tekst volgt. Haal '
        "het weg, of schrijf het twee keer tussen aanhalingstekens."
    ),
    "workbook.lacks": "{what} mist een kolom, of heeft die twee keer: {columns} ({setting}).",
    "workbook.hidden": (
        "{what} heeft zijn kolommen alleen op een verborgen blad: maak dat zichtbaar en breng het opnieuw."
    ),
    "workbook.file": "Het bestand",
    "workbook.report": "Het verslag",
    "hours.dropped_file": "het klaargezette bestand van {at}",
}
