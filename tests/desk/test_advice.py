"""Every reason's advice can be followed by the one whom it addresses: what it names is there, in both languages."""

import ast
import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from parsed import walked
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.desk.web.app import desk
from veerpont.messages import catalog
from veerpont.model.texts import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "include" / "veerpont"
PAGES = ("today", "rejects", "employers", "links", "deliveries", "customers")
SECTIONS = r"(absence|links|payroll|hours|organigram|source|guards|retention)"
BUTTONS = ("act.retry",)
TEXTS, REASONS = catalog.texts(), catalog.reasons_known()


def text_of(node: ast.expr) -> str:
    """Return a text of the code, with `…` for what it fills in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def coded(node: ast.expr) -> tuple[str, str] | None:
    """Return the code and the English of a message that the code makes."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "coded":
        return text_of(node.args[0]), text_of(node.args[1])
    return None


@cache  # not made when the module is imported: each worker imports it, and one runs it
def advices() -> list[tuple[str, str]]:
    return sorted(set(_advices()))


def _advices() -> Iterator[tuple[str, str]]:
    """Yield each reason with what its reject says to do, in both languages; `{name}` stands for what is filled in."""
    for reason, (code, english) in advices_by_code():
        yield reason, english
        if code in catalog.dutch():  # what has none is for an engineer
            yield reason, catalog.dutch()[code]


def advices_by_code() -> Iterator[tuple[str, tuple[str, str]]]:
    place = {"Problem": 2, "_problem": 1}
    for room in ("systems", "rules", "flows", "pipeline"):
        for path in (PACKAGE / room).rglob("*.py"):
            for node in walked(path):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                at = place.get(node.func.id)
                if at is not None and len(node.args) > at + 1 and (said := coded(node.args[at + 1])):
                    yield text_of(node.args[at]) or path.stem, said
    for module in ("afas.problems", "loket.problems", "loket.hours"):
        for value in vars(import_module(f"veerpont.systems.{module}")).values():
            if inspect.ismethod(value) and hasattr(value.__self__, "texts"):
                yield from value.__self__.texts.items()


SAID = sorted({
    (code, text)
    for code in REASONS
    for language in LANGUAGES
    for text in (
        catalog.reason(code, language).meaning,
        catalog.reason(code, language).who,
        catalog.reason(code, language).closes,
    )
})


def every_text() -> list[tuple[str, str]]:
    return advices() + SAID


def test_the_search_finds_them() -> None:
    assert {"portal_key_changed", "no_cause", "missing_value", "unknown_unit", "kvk_missing"} <= dict(advices()).keys()
    assert len(advices()) > 120


def test_no_advice_is_empty_and_each_is_a_sentence() -> None:
    for code, text in SAID:
        assert len(text.split()) >= 3, code
        assert text[0].isupper(), text
        assert text.endswith("."), text
    for code, text in advices():
        assert len(text.split()) >= 3, code
        assert re.sub(r"\s*\{\w+\}$", "", text).endswith((".", ":")), text


def test_every_command_exists_with_its_options() -> None:
    named = {command for _, text in every_text() for command in re.findall(r"`(veerpont [^`]+)`", text)}
    assert len(named) >= 4
    for command in named:
        name, *options = re.split(r" (?=--)", command)
        done = CliRunner().invoke(app, [*name.split()[1:], "--help"], env={"COLUMNS": "200"})
        assert done.exit_code == 0, command
        for option in options:
            assert option.split()[0] in done.output, command
        assert "COMMAND [ARGS]" not in done.output, f"{command} is a group of commands"


def test_what_is_started_in_airflow_is_there() -> None:
    from airflow.cli import cli_parser

    dags = json.loads((ROOT / "tests" / "dags" / "dags.json").read_text(encoding="utf-8"))
    named = {command for _, text in every_text() for command in re.findall(r"`airflow ([^`]+)`", text)}
    assert named
    for command in named:
        found = cli_parser.get_parser().parse_args([
            *command.split(),
            "--from-date",
            "2024-01-01",
            "--to-date",
            "2024-02-01",
        ])
        assert found.dag_id in json.dumps(dags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_desk_is_one(language: str) -> None:
    here = LANGUAGES.index(language)
    titles = {TEXTS[f"page.{page}"][here] for page in (*PAGES, "mappings")}
    pattern = {"en": r"at the desk (?:\(|under )([A-Z]\w+)", "nl": r"aan de balie (?:\(|onder )([A-Z]\w+)"}[language]
    named = {page for _, text in every_text() for page in re.findall(pattern, text)}
    assert named
    assert named <= titles
    routes = {getattr(route, "path", "").split("/")[1] for route in desk().routes}
    assert {*PAGES[1:]} <= routes
    assert "/customers/{name}/mappings" in {getattr(route, "path", "") for route in desk().routes}


def test_every_button_is_one() -> None:
    buttons = {text for button in BUTTONS for text in TEXTS[button]}
    named = {button for _, text in SAID for button in re.findall(r"“([^”]+)”", text)} - {"(replaced)"}
    assert named == buttons


def test_every_setting_exists() -> None:
    schema = (ROOT / "docs" / "integration.schema.json").read_text(encoding="utf-8")
    named = {found for _, text in every_text() for found in re.findall(rf"\b{SECTIONS}\.([a-z_]+)\b", text)}
    assert len(named) >= 6
    for section, name in named:
        assert f'"{section}"' in schema
        assert f'"{name}"' in schema, f"{section}.{name}"


def test_nobody_is_sent_to_a_file_of_the_repository() -> None:
    """Who reads it has the desk, or the source, and no checkout."""
    sent = [(code, text) for code, text in every_text() if re.search(r"docs/|\.ya?ml\b|\.py\b", text)]
    assert sent == []


def test_an_application_manager_is_not_told_to_edit_a_file() -> None:
    """They say what a setting has to be; who keeps the integration files puts it there."""
    for code, found in REASONS.items():
        if found.who in {"settings", "held_settings"}:
            assert "have" in catalog.reason(code, "en").who.split()
