"""What runs say of the receiver of files, in Dutch; the English stands where it is said."""

DUTCH: dict[str, str] = {
    "files.other_connection": (
        "De verbinding {connection_id} is van het soort {kind}: bestanden gaan naar sftp of object_storage."
    ),
    "files.no_connection": (
        "De verbinding {connection_id} bestaat niet: een ontwikkelaar voegt haar toe, soort sftp of object_storage."
    ),
    "files.unreachable": "De opslag van de verbinding {connection_id} is niet bereikbaar ({kind}).",
    "files.changed_there": (
        "files: {delivery} heeft een {name} van een andere grootte ({found} bytes, het onze heeft er {ours}): het is "
        "daar gewijzigd. Laat de ontvanger ernaar kijken en het weghalen."
    ),
    "files.other_type": (
        "files: tabel {table}, kolom {name}: de waarde van {key} past niet bij het type dat ze volgens de bron heeft "
        "({type}). Laat het in de bron verbeteren, of kies format: csv, dat alles als tekst houdt."
    ),
    "files.not_taken": "portals: het portaal files neemt de flow {flow} niet aan; wel {known}.",
}
