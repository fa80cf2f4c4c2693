"""Every reason that the code gives has words, in both languages."""

import ast
import re
from pathlib import Path

import pytest

from veerpont.messages import words
from veerpont.messages.words import LANGUAGES, Language
from veerpont.model.failures import Stage
from veerpont.model.flows import Flow
from veerpont.pipeline.plan import plan  # noqa: F401 -- the rooms that give reasons are importable
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.systems.afas import problems

ROOMS = Path(words.__file__).parents[1]
NO_FAILURE = {"no_manager", "no_employment"}  # nobody is missing an account or a line: filtered, never a reject


def reasons_in_code() -> set[str]:
    """Return the reason of every Problem that the code makes, as its third argument or that of a helper."""
    found = set()
    for room in ("systems", "rules", "flows", "pipeline"):
        for path in (ROOMS / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    place = {"Problem": 2, "problem": 1, "_problem": 1}.get(node.func.id)
                    if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                        found.add(str(node.args[place].value))
    return (found | problems._ADVICE.keys() | {"refused"}) - NO_FAILURE


def holds_in_code() -> set[str]:
    """Return the reasons for which the code holds a delivery, without the column that some name."""
    rooms = ("flows", "pipeline/compare", "pipeline/forget")
    text = "".join(path.read_text() for room in rooms for path in sorted((ROOMS / room).rglob("*.py")))
    return {
        *re.findall(r"f?\"(column_[a-z]+|forgotten|fewer_[a-z]+):\{", text),
        *re.findall(r"reasons\.append\(\"([a-z_]+)\"\)", text),
        *re.findall(r"\"([a-z]+_gone|zero_rows|many_new)\"", text),
    }


def test_the_searches_find_what_the_code_says() -> None:
    assert {"unknown_employer", "no_cause", "too_large", "invalid_iban", "overlapping_periods"} <= reasons_in_code()
    assert holds_in_code() == set(words.HOLDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_reject_or_a_held_delivery_has_its_own_words(language: Language) -> None:
    generic = words.reason("a_code_of_nobody", language)
    for code in reasons_in_code() | holds_in_code():
        found = words.reason(code, language)
        assert found.who != generic.who, code
        assert found.title not in {generic.title, code}, code
        assert all((found.title, found.meaning, found.who, found.closes)), code
        assert len(found.title) <= 40, code


def test_the_reasons_that_the_contracts_promise_have_words() -> None:
    text = (ROOMS.parents[1] / "docs/contracts.md").read_text()
    part = text[text.index("Reasons of rejects:") : text.index("Reasons of held deliveries:")]
    promised = set(re.findall(r"`([a-z]+_[a-z_]+)`", part)) - {"json_api"}
    assert promised <= words.WAYS.keys()
    assert len(promised) > 25


def test_both_languages_say_the_same_things() -> None:
    nl, en = words.reasons_nl, words.reasons_en
    assert nl.REASONS.keys() == en.REASONS.keys() == words.WAYS.keys()
    assert nl.WHO.keys() == en.WHO.keys()
    assert nl.CLOSES.keys() == en.CLOSES.keys()
    for code in nl.REASONS:
        assert words.reason(code, "nl").meaning != words.reason(code, "en").meaning


def test_a_code_of_the_portals_own_says_that_it_has_no_words_here() -> None:
    found = words.reason("other_id", "en")
    assert "other_id" in found.title
    assert "no words here" in found.meaning


def test_a_blank_column_is_named() -> None:
    assert words.reason("column_blank:email_work", "nl").title == "Kolom email_work is leeg"
    assert "email_work" in words.reason("column_replaced:email_work", "en").meaning


@pytest.mark.parametrize("language", LANGUAGES)
def test_flows_states_stages_and_kinds_have_words(language: Language) -> None:
    states = ("running", "success", "held", "failed", "skipped", "open", "closed", "ignored")
    kinds = ("settings", "passing", "defect", "data")
    for key in (*Flow, *Stage, *State, *Gate, *states, *kinds, "unchanged", "filtered", "rejected"):
        assert str(key) in words._WORDS, key
        assert words.word(key, language)
    assert words.word("iban", "nl") == "Bankrekeningen (IBAN)"
    assert words.word("rejects", "nl") == "uitval"
    assert words.word("something else", "nl") == "something else"
