"""What runs say of Xpert Suite and its reports, in Dutch; the English stands where it is said."""

DUTCH: dict[str, str] = {
    "xpert_suite.no_flow": (
        "xpert_suite neemt de flow {flow} niet aan: haal hem weg uit portals[].flows. Wel: {known}."
    ),
    "xpert_suite.lacks_column": (
        "In het bestand ontbreekt de kolom {column}, of niemand zegt hoe die heet (xpert_suite.columns van deze flow)."
    ),
    "xpert_suite.no_such_file": (
        "Het bestand heeft geen kolom die op {column} lijkt: het is geen bestand van {flow}, of zijn kolommen zijn "
        "die van een klant zelf."
    ),
    "report.no_settings": (
        "{name} heeft geen xpert_suite.report: dat zegt hoe het verslag van het portaal is opgebouwd."
    ),
    "report.several_files": (
        "Het verslag noemt {count} bestanden in de kolom {column}: het moet over één bestand gaan. Er is niets van "
        "overgenomen."
    ),
    "report.unknown_level": (
        "Rij {number} van het verslag heeft een niveau dat niet bekend is: laat het woord toevoegen aan "
        "xpert_suite.report.levels met 1 (metagegevens), 2 (melding), 3 (waarschuwing) of 4 (afgewezen). Er is niets "
        "van overgenomen."
    ),
    "report.no_line": (
        "Rij {number} van het verslag heeft een regelnummer dat er geen is. Er is niets van overgenomen."
    ),
    "report.nothing_taken": "{error} Er is niets van overgenomen.",
    "report.dropped": "Xpert Suite verbrak de verbinding terwijl de verslagen werden gelezen.",
    "report.no_folder": (
        "Xpert Suite: de map {folder} (xpert_suite.report.folder) kan niet worden gelezen: zij is er niet, of deze "
        "login mag haar niet zien."
    ),
    "report.server_away": "De server van Xpert Suite kon zijn verslagen niet tonen, of is weg.",
    "report.too_large": "Xpert Suite: een bestand in {folder} is te groot voor een verslag ({size} bytes).",
    "xpert_suite.column_missing": (
        "{where}.{name} ontbreekt: vul de kolom van de sjabloon van het portaal in (veerpont template learn stelt "
        "hem voor)."
    ),
    "xpert_suite.not_ours": "{where}.{name} is geen naam van ons.",
    "xpert_suite.not_taken": "portals: het portaal xpert_suite neemt de flow {flow} niet aan; wel {known}.",
    "xpert_suite.user_group": (
        "xpert_suite.user_group ontbreekt: de groep van het portaal met de leidinggevenden en niemand anders, want "
        "een volledig bestand deactiveert elke gebruiker van die groep die er niet in staat."
    ),
    "xpert_suite.column_empty": "{where}.{name} is leeg: vul de kolom van de sjabloon van het portaal in.",
    "xpert_suite.same_column": "{where}.{name} en {where}.{other} hebben dezelfde kolom.",
    "xpert_suite.report_columns": (
        "xpert_suite.report.columns ontbreekt: de koppen van het verslag van het portaal (file, level, text, en line "
        "of key); download een verslag uit het logscherm van het portaal en neem ze over."
    ),
    "xpert.end_before_start": "Verbeter de datums van het geval: een periode ervan eindigt voordat ze begint.",
    "xpert.impossible_percentage": "Verbeter het percentage van een periode van het geval: van 0 tot 100.",
    "xpert.too_many_decimals": "Verbeter het percentage van een periode van het geval: het mag twee decimalen hebben.",
    "xpert.open_period_not_last": (
        "Verbeter de datums van het geval: een periode loopt door terwijl er nog een op volgt."
    ),
    "xpert.overlapping_periods": (
        "Verbeter de datums van het geval: een periode begint voordat de vorige is afgelopen."
    ),
    "xpert.empty": "Vul {field} in: het portaal weigert een regel zonder.",
    "xpert.year": "Verbeter {field}: het jaar moet van 1900 tot 2100 zijn.",
    "xpert.no_text": "Typ {field} opnieuw: er staan tekens in die in geen bestand passen, zoals een regeleinde.",
    "xpert.too_long": "Maak {field} korter, tot {most} tekens; het heeft er {count}.",
    "xpert.choices": "Kies voor {field} een van deze: {choices}.",
    "xpert.ends_first": "Verbeter {field}: het ligt voor {other}.",
}
