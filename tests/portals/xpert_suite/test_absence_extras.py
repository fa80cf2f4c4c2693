"""Columns of the file of absence that an integration chooses besides those of the template."""

import csv
from io import StringIO

import msgspec
import pytest

from veerpont.model.lines import ToldCase
from veerpont.systems import defaults
from veerpont.systems.registry import portal

from .test_absence import FLOW, GROUP, TEMPLATE, case


@pytest.fixture
def xpert():
    return portal("xpert_suite")


def test_the_group_of_an_employment_is_a_column_to_choose(xpert, integration):
    """Only a column of its own asks for the number; the case on the line says it then, and else it does not."""
    plain, chosen = integration(), integration(columns={FLOW: {name: name for name in [*TEMPLATE, GROUP]}})
    assert xpert.missing(chosen, FLOW) == []
    assert xpert.names(chosen, FLOW) - xpert.names(plain, FLOW) == {GROUP, "employment_number"}
    numbered = case(employment_number=2, recovery_reason="4", no_risk=True, safety_net=True)
    with_it, without = (xpert.line(settings, FLOW, numbered) for settings in (chosen, plain))
    assert [row[GROUP] for row in with_it.rows] == ["2", "2"]
    assert {row_name for row in without.rows for row_name in row} == set(TEMPLATE)
    assert (with_it.case.employment, without.case.employment) == (2, None)
    content = b"".join(
        xpert.render(integration(columns=chosen.xpert_suite.columns, file_format="csv"), FLOW, [with_it])
    )
    rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[GROUP] for row in rows] == ["2", "2"]


def test_a_case_that_was_told_before_lines_said_the_employment_is_read(xpert):
    """As the vault has it: an array of three."""
    told = msgspec.json.decode(b'["1001","Ziekte",[["L1","2024-11-04",null,"100"]]]', type=ToldCase)
    assert (told.person, told.employment, len(told.periods)) == ("1001", None, 1)


def test_what_says_something_of_health_needs_a_column_and_a_purpose(xpert, integration):
    names = {name: name for name in [*TEMPLATE, "no_risk"]}
    taken = {"portal": "xpert_suite", "connection": "xpert", "flows": [FLOW]}
    alone = integration({"portals": [taken]}, columns={FLOW: names})
    (sentence,) = [text for text in map(str, defaults.missing(alone, FLOW)) if "no_risk" in text]
    assert sentence.startswith("portals: xpert_suite: extra.no_risk has no purpose")
    both = integration({"portals": [taken | {"extra": {"no_risk": "Claims at UWV"}}]}, columns={FLOW: names})
    assert not [text for text in map(str, defaults.missing(both, FLOW)) if "no_risk" in text]
    assert xpert.line(both, FLOW, case(no_risk=True)).values["no_risk"] == "true"


def test_a_column_that_the_source_does_not_have_is_named(integration):
    loket = {"system": "loket", "connection": "x"}
    taken = [{"portal": "xpert_suite", "connection": "xpert", "flows": [FLOW]}]
    chosen = integration(
        {"source": loket, "portals": taken}, columns={FLOW: {name: name for name in [*TEMPLATE, GROUP]}}
    )
    (sentence,) = [text for text in map(str, defaults.missing(chosen, FLOW)) if "employment_number" in text]
    assert "loket does not have it" in sentence
