"""A portal's words without anything personal: what may stay, and what goes, whoever it is of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veerpont.pipeline.reports.scrub import GONE, LONGEST, scrub, words

ANNA = {
    "first_name": "Anna",
    "last_name": "de Vries-Bakker",
    "bsn": "123456782",
    "birth_date": "1962-05-01",
    "postal_code": "1234 AB",
    "email_work": "anna@veerhuis.example",
    "function": "Medewerker zorg",
}
COLUMNS = {*ANNA, "Personeelsnummer", "BSN"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("De werkgevercode is niet bekend.", "De werkgevercode is niet bekend."),
        ("Verplicht veld is leeg: last_name.", "Verplicht veld is leeg: last_name."),
        ("Kolom BSN ontbreekt", "Kolom BSN ontbreekt"),
        ("Medewerker Anna de Vries-Bakker bestaat al.", "[function] [first_name] [last_name] bestaat al."),
        ("ANNA is al bekend als VRIES.", "[first_name] is al bekend als …."),
        ("BSN 123456782 (123.456.782) klopt niet", "BSN [bsn] # klopt niet"),
        ("Geboren op 01-05-1962 of 1962-05-01?", "Geboren op # of [birth_date]?"),
        ("Woont op 1234 AB", "Woont op [postal_code]"),
        ("Mail: anna@veerhuis.example, of a.devries@thuis.nl", "Mail: [email_work], of #"),
        ("Dubbel met Piet Jansen", "Dubbel met … …"),
        ("Leidinggevende: Pietersen; Karelse", "Leidinggevende: …; …"),
        ("Jansen is al bekend", "… is al bekend"),
        ("Pietersen heeft al verzuim. Karelse ook", "… heeft al verzuim. … ook"),  # of nobody in the file
        ("al bekend als jansen-smit.", "al bekend als …."),
        ("[Kees] heeft hetzelfde nummer", "# heeft hetzelfde nummer"),
        ("Regel\n\tmet   ruimte", "Regel met ruimte"),
    ],
)
def test_what_stays_and_what_goes(said: str, shown: str) -> None:
    assert scrub(said, [ANNA], {"jansen"}, COLUMNS) == shown


def test_it_is_short() -> None:
    assert len(scrub("te lang " * 1000, [], set(), set())) <= LONGEST


name = st.from_regex(r"[A-Z][a-z]{2,10}( [a-z]{2,3})?( [A-Z][a-z]{2,10})?", fullmatch=True)
value = st.one_of(name, st.from_regex(r"\d{3,9}", fullmatch=True), st.dates().map(str), st.emails())


@given(own=st.dictionaries(st.sampled_from(sorted(ANNA)), value, min_size=1), other=name, filler=st.text(max_size=10))
def test_no_value_of_the_row_and_no_name_of_the_file_is_left(own: dict[str, str], other: str, filler: str) -> None:
    """Wherever it stands in the sentence, as it is or in capitals."""
    said = f"{other}: veld {' en '.join(own.values())} {filler} is {next(iter(own.values())).upper()}, {other.lower()}."
    shown = scrub(said, [own], words([other]), set())
    plain = shown
    for column in ANNA:
        plain = plain.replace(f"[{column}]", "")
    left = words([plain])
    for each in [*own.values(), other]:
        for word in words([each]):
            assert word not in left or word in words([filler, "veld en is", GONE]), (said, shown)
    assert not any(character.isdecimal() for character in plain)
