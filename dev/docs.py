"""`make docs`: the pages of docs/ that are made from the code.

docs/reference/settings.md and docs/integration.schema.json come from the models of the integration file, and
docs/reference/commands.md from the command line. A test compares all three with what is made here.
"""

import inspect
import json
import textwrap
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from veerpont.cli.main import app
from veerpont.config.integration import Integration

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 120
TYPES = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "`true` or `false`"}
MORE = {
    "portals[]": "[files](../files.md#in-the-integration-file), [json-api.yaml](../json-api.yaml), "
    "[hours](../how-to/hours.md)",
    "xpert_suite": "[our names of the columns](../contracts.md#the-file-at-the-portal), "
    "[columns from a template](../how-to/new-customer.md#3-the-columns)",
    "xpert_suite.report": "[read back what the portal says](../how-to/portal-reports.md)",
    "absence": "[absence goes live](../how-to/absence-live.md)",
    "hours": "[bring hours into Loket](../how-to/hours.md)",
    "payroll": "[payroll data](../payroll.md)",
    "guards": "[a delivery waits for a person](../how-to/held-deliveries.md)",
    "links": "[links](../loket.md#5-links)",
    "mail": "[get mail](../how-to/mail.md), [mails and alerts](mails.md)",
    "retention": "[how long things are kept](retention.md)",
}
"""Where a section is explained further; one that is not here needs no more."""
MADE = "<!-- Made by `make docs`: change the models, not this page. -->"
INTRO = """One file in the folder `VEERPONT_INTEGRATIONS` for each customer. An unknown key is refused. *Needed* means
that only the customer or the portal can know it: `veerpont check` asks for it. An example:
[a new customer goes live](../how-to/new-customer.md#4-the-integration-file). Whom to ask:
[assumptions](../assumptions.md).

## In an editor

An editor with a YAML language server (VS Code with the YAML extension, Neovim, IntelliJ) explains each key and marks
what is wrong, if the first line of the file names the schema, by its path from that file or by an address:

```yaml
# yaml-language-server: $schema=../docs/integration.schema.json
name: acme
```

The schema knows keys, types and limits. What depends on several keys together, only `veerpont check` finds.
"""


def made() -> dict[Path, str]:
    """Return what each page has to hold."""
    schema = integration_schema()
    return {
        DOCS / "integration.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
        DOCS / "reference" / "settings.md": settings_page(schema),
        DOCS / "reference" / "commands.md": commands_page(),
    }


def integration_schema() -> dict[str, Any]:
    """Return the JSON Schema of an integration file, without what docstrings say to people who read the code."""
    schema = Integration.model_json_schema()
    for model in schema["$defs"].values():
        model.pop("description", None)
        for key in model.get("properties", {}).values():
            key.pop("title", None)
    for key in schema["properties"].values():
        key.pop("title", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"title": "Veerpont integration file"}


def settings_page(schema: dict[str, Any]) -> str:
    """Return the page of all keys, a table for each section."""
    parts = [MADE, "# The integration file: every key", wrapped(INTRO), "## At the top"]
    for path, what, keys in sections(schema, schema):
        if path:
            parts.append(f"{'#' * (path.count('.') + 2)} `{path}`")
            parts.append(wrapped(what + (f" More: {MORE[path]}." if path in MORE else "")))
        if keys:
            parts.append("\n".join(["| key | what | takes | default |", "|---|---|---|---|", *keys]))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def sections(
    schema: dict[str, Any], model: dict[str, Any], path: str = "", what: str = ""
) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each section: its path, what it is, and a row for each of its keys that is no section itself."""
    inner = {name: section_of(schema, key) for name, key in model["properties"].items()}
    at = f"{path}." if path else ""
    rows = [
        f"| `{at}{name}` | {key['description']} | {takes(schema, key)} | {default(name, key, model)} |"
        for name, key in model["properties"].items()
        if inner[name] is None
    ]
    yield path, what, rows
    for name, found in inner.items():
        if found is not None:
            key = model["properties"][name]
            several = "[]" if key.get("type") == "array" else ""
            yield from sections(schema, found, f"{at}{name}{several}", key["description"])


def section_of(schema: dict[str, Any], key: dict[str, Any]) -> dict[str, Any] | None:
    """Return the model that a key holds, one or a list of them, also where it may be left out; None for a value."""
    for each in (key, key.get("items", {}), *key.get("anyOf", ())):
        if "$ref" in each:
            found: dict[str, Any] = schema["$defs"][each["$ref"].rpartition("/")[2]]
            return found if "properties" in found else None
    return None


def takes(schema: dict[str, Any], key: dict[str, Any]) -> str:
    """Say which values a key takes."""
    if "$ref" in key:
        return takes(schema, schema["$defs"][key["$ref"].rpartition("/")[2]])
    if "anyOf" in key:
        return " or ".join(dict.fromkeys(takes(schema, each) for each in key["anyOf"]))
    if "enum" in key:
        return ", ".join("a tab" if value == "\t" else f"`{value}`" for value in key["enum"])
    if key.get("type") == "array":
        return within("a list of", takes(schema, key["items"]))
    if key.get("type") == "object":
        values = key.get("additionalProperties")
        return within("a map to", takes(schema, values)) if isinstance(values, dict) else "a map"
    if key.get("format") == "date":
        return "a date"
    if key.get("type") == "null":
        return "`null`"
    low, high = key.get("minimum"), key.get("maximum")
    if low is not None and high is not None:
        return f"{TYPES[key['type']]} ({low} to {high})"
    return TYPES[key["type"]] + (f" (at least {low})" if low else f" (at most {high})" if high else "")


def within(what: str, values: str) -> str:
    """Say what a list or a map holds, where that is more than texts."""
    return f"{what} {values}" if values != TYPES["string"] else what.rpartition(" ")[0]


def default(name: str, key: dict[str, Any], model: dict[str, Any]) -> str:
    """Say what a key is when it is left out."""
    if name in model.get("required", ()):
        return "*required*"
    value = key["default"]
    if value in ({}, [], ""):
        return "empty"
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"


def commands_page() -> str:
    """Return the page of all commands with their arguments and options."""
    parts = [
        MADE,
        "# Every command",
        wrapped(
            "As `veerpont --help` says it. What scripts may rely on, with the JSON and the exit codes of each command: "
            "[contracts](../contracts.md#command-line)."
        ),
    ]
    for name, command in leaves(typer.main.get_command(app), "veerpont"):
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        parts += [f"## `{' '.join([name, *map(written, arguments)])}`", wrapped(inspect.cleandoc(command.help or ""))]
        rows = [f"| `{written(one)}` | {meaning(one)} |" for one in command.params if one.help]
        if rows:
            parts.append("\n".join(["| | |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with its whole name."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for key in sorted(inner):
        yield from leaves(inner[key], f"{name} {key}")


def written(parameter: Any) -> str:
    """Return an argument or an option as it is typed."""
    if parameter.param_type_name == "option":
        return str(parameter.opts[0]) + ("" if parameter.is_flag else " …")
    name = parameter.name.upper() + ("…" if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def meaning(parameter: Any) -> str:
    """Return what an argument or an option is for."""
    said = " ".join((parameter.help or "").split())
    annotation = parameter.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        said += f" One of {', '.join(f'`{each.value}`' for each in annotation)}."
    if parameter.required and parameter.param_type_name == "option":
        said += " Required."
    return said.replace("|", "\\|").strip()


def wrapped(text: str) -> str:
    """Wrap the paragraphs of a text; what is fenced and headings stay as they are."""
    parts = text.strip().split("\n\n")
    return "\n\n".join(
        part if part.startswith(("```", "#")) else textwrap.fill(part, WIDTH, break_on_hyphens=False) for part in parts
    )


def main() -> None:
    """Write the pages."""
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
