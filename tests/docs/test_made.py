"""The pages that `make docs` writes are as it writes them, and the schema takes the files that the product takes."""

import runpy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
MADE = runpy.run_path(str(ROOT / "dev" / "docs.py"))
SCHEMA = MADE["integration_schema"]()
EXAMPLES = [
    block.split("\n```")[0]
    for name in ("new-customer", "own-servers", "hours")
    for block in (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8").split("```yaml\n")[1:]
]


def models(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [("the file", schema), *((name, model) for name, model in schema["$defs"].items() if "properties" in model)]


class TestMade:
    @pytest.mark.parametrize("path", list(MADE["made"]()), ids=lambda path: path.name)
    def test_a_page_is_as_the_code_makes_it(self, path: Path) -> None:
        assert path.read_text(encoding="utf-8") == MADE["made"]()[path], "run `make docs`"

    @pytest.mark.parametrize(("name", "model"), models(SCHEMA))
    def test_every_key_says_what_it_is_in_a_sentence(self, name: str, model: dict[str, Any]) -> None:
        for key, said in model["properties"].items():
            text = said.get("description", "")
            assert text.endswith("."), f"{name}.{key}"
            assert "|" not in text, f"{name}.{key}"


class TestSchema:
    def test_it_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize("text", EXAMPLES)
    def test_it_takes_the_examples(self, text: str) -> None:
        assert not problems(yaml.safe_load(text))

    @pytest.mark.parametrize(
        ("key", "value"),
        [("guard", {}), ("guards", {"max_gone": "many"}), ("source", {"system": "afas"}), ("mail", {"language": "de"})],
    )
    def test_it_marks_what_is_wrong(self, key: str, value: object) -> None:
        assert problems(yaml.safe_load(EXAMPLES[0]) | {key: value})

    def test_a_date_is_no_problem(self) -> None:
        content = yaml.safe_load(EXAMPLES[0])
        content["absence"]["delivery_from"] = date(2026, 1, 1)
        assert not problems(content)


def problems(content: Any) -> list[str]:
    """Return what an editor would mark; it reads a date as a text."""
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(as_text(content))]


def as_text(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(key): as_text(value) for key, value in content.items()}
    return content.isoformat() if isinstance(content, date) else content
