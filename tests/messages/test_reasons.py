"""Every reason that the code gives has words, in both languages."""

import ast
import re
from pathlib import Path

import pytest
from parsed import walked

from veerpont.messages import catalog
from veerpont.messages.texts import reasons_held
from veerpont.model.failures import Stage
from veerpont.model.flows import Flow
from veerpont.model.texts import LANGUAGES, Language
from veerpont.pipeline.plan import plan  # noqa: F401 -- the rooms that give reasons are importable
from veerpont.store import deliveries
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.systems.afas import problems
from veerpont.systems.loket import problems as loket_problems

ROOMS = Path(catalog.__file__).parents[1]
NO_FAILURE = {"no_manager", "no_employment"}  # nobody is missing an account or a line: filtered, never a reject


def reasons_in_code() -> set[str]:
    """Return the reason of every Problem that the code makes, as its third argument or that of a helper."""
    found = set()
    for room in ("systems", "rules", "flows", "pipeline"):
        for path in (ROOMS / room).rglob("*.py"):
            for node in walked(path):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    place = {"Problem": 2, "problem": 1, "_problem": 1}.get(node.func.id)
                    if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                        found.add(str(node.args[place].value))
    return (
        found | problems._ADVICE.keys() | loket_problems.hours_problem.__self__.texts.keys() | {"refused"}
    ) - NO_FAILURE


def holds_in_code() -> set[str]:
    """Return the reasons for which the code holds a delivery, without the column that some name."""
    rooms = ("flows", "pipeline/compare", "pipeline/forget")
    text = "".join(path.read_text() for room in rooms for path in sorted((ROOMS / room).rglob("*.py")))
    return {
        *re.findall(r"f?\"(column_[a-z]+|forgotten|fewer_[a-z]+):\{", text),
        *re.findall(r"reasons\.append\(\"([a-z_]+)\"\)", text),
        *re.findall(r"\"([a-z_]+_gone|zero_rows|many_new)\"", text),
        deliveries.LEFT,
    }


def test_the_searches_find_what_the_code_says() -> None:
    assert {"unknown_employer", "no_cause", "too_large", "invalid_iban", "overlapping_periods"} <= reasons_in_code()
    held = reasons_held.REASONS.keys() | {"column_replaced", "schema_changed", "bases_halved", "bases_gone"}
    assert holds_in_code() == held


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_reject_or_a_held_delivery_has_its_own_words(language: Language) -> None:
    generic = catalog.reason("a_code_of_nobody", language)
    for code in reasons_in_code() | holds_in_code():
        found = catalog.reason(code, language)
        assert found.who != generic.who, code
        assert found.title not in {generic.title, code}, code
        assert all((found.title, found.meaning, found.who, found.closes)), code
        assert len(found.title) <= 40, code


def test_the_reasons_that_the_contracts_promise_have_words() -> None:
    text = (ROOMS.parents[1] / "docs/contracts.md").read_text()
    part = text[text.index("Reasons of rejects:") : text.index("Reasons of held deliveries:")]
    promised = set(re.findall(r"`([a-z]+_[a-z_]+)`", part)) - {"json_api"}
    assert promised <= catalog.reasons_known().keys()
    assert len(promised) > 25


def test_no_reason_has_words_that_nothing_gives() -> None:
    """Of a JSON API the portal gives the code itself: those that its document names."""
    document = (ROOMS.parents[1] / "docs" / "json-api.yaml").read_text(encoding="utf-8")
    given = reasons_in_code() | holds_in_code() | {"portal_rejected"}
    assert {code for code in catalog.reasons_known().keys() - given if code not in document} == set()


def test_a_code_of_the_portals_own_says_that_it_has_no_words_here() -> None:
    found = catalog.reason("other_id", "en")
    assert "other_id" in found.title
    assert "no words here" in found.meaning


def test_a_blank_column_is_named() -> None:
    assert catalog.reason("column_blank:email_work", "nl").title == "Kolom email_work is leeg"
    assert "email_work" in catalog.reason("column_replaced:email_work", "en").meaning


@pytest.mark.parametrize("language", LANGUAGES)
def test_flows_states_stages_and_kinds_have_words(language: Language) -> None:
    states = ("running", "success", "held", "failed", "skipped", "open", "closed", "ignored")
    kinds = ("settings", "passing", "defect", "data")
    for key in (*Flow, *Stage, *State, *Gate, *states, *kinds, "unchanged", "filtered", "rejected"):
        assert f"word.{key}" in catalog.texts() or str(key) in set(Flow), key
        assert catalog.word(key, language)
    assert catalog.word("iban", "nl") == "Bankrekeningen (IBAN)"
    assert catalog.word("rejected", "nl") == "uitgevallen"
    assert catalog.word("something else", "nl") == "something else"
