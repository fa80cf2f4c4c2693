"""Dutch surnames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veerpont.rules.names import NameUsage, name_usage, own_prefix


@pytest.mark.parametrize(
    ("text", "usage"),
    [
        ("Geboortenaam", NameUsage.OWN),
        ("0", NameUsage.OWN),
        ("Geb. naam partner + Geboortenaam", NameUsage.PARTNER_OWN),
        ("geb.naam partner+geboortenaam", NameUsage.PARTNER_OWN),
        ("1", NameUsage.PARTNER_OWN),
        ("Geboortenaam partner", NameUsage.PARTNER),
        ("GEB. NAAM PARTNER", NameUsage.PARTNER),
        ("2", NameUsage.PARTNER),
        ("Geboortenaam + Geb. naam partner", NameUsage.OWN_PARTNER),
        ("Geboortenaam + geboortenaam partner", NameUsage.OWN_PARTNER),
        ("3", NameUsage.OWN_PARTNER),
        ("4", None),
        ("Naam", None),
        ("", None),
    ],
)
def test_a_usage_is_recognised_in_its_spellings(text: str, usage: NameUsage | None) -> None:
    assert name_usage(text) is usage


@given(st.sampled_from(NameUsage), st.sampled_from([str.upper, str.lower, str.title]), st.integers(1, 3))
def test_case_and_spaces_never_change_a_usage(usage: NameUsage, case: type[str], spaces: int) -> None:
    assert name_usage(case(usage.replace(" ", " " * spaces))) is usage


def test_the_birth_names_prefix_comes_first() -> None:
    assert own_prefix("van", "de") == "de"
    assert own_prefix("van", None) == "van"
    assert own_prefix(None, None) is None
