"""The documentation says what the code does: its links, commands, settings and examples are checked against it."""

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
import typer
import yaml
from cryptography.fernet import Fernet

from veerpont.cli.main import RejectState, app
from veerpont.config import settings
from veerpont.config.integration import Integration, read_integration
from veerpont.desk import lists
from veerpont.flows import guards, hours, payroll
from veerpont.flows.absence import cases, coverage, doubt, load, merging, persons
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.names import NAMES
from veerpont.pipeline.compare import decide, questions
from veerpont.pipeline.forget import removals
from veerpont.store import clock, employers
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.table_base import Base
from veerpont.store.tables import Delivery
from veerpont.systems.afas import problems as afas_problems
from veerpont.systems.json_api import delivery as calls
from veerpont.systems.json_api.lines import REQUIRED
from veerpont.systems.registry import portal
from veerpont.systems.xpert_suite import columns
from veerpont.systems.xpert_suite.columns import TABLES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name != "proof.md"),  # `make proof` writes that
]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
NEVER_A_REJECT = {"no_manager", "no_employment"}
"""What a source says of a row that nobody has to repair: it is filtered."""
PROBLEM = re.compile(r'''(?:Problem\([^"]*"[^"]+",\s*|_problem\([^")]+, |_problem\("[^"]+", )"([a-z_]+)"''')
"""The reason of a reject, wherever the code makes one."""
COMMANDS = typer.main.get_command(app)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def code(text: str) -> Iterator[str]:
    """Yield every line of a shell block, without its comment, and every inline code."""
    for language, block in FENCE.findall(text):
        if language == "sh":
            yield from (re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def table(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its two top rows."""
    section = text.split(f"\n{heading}\n", 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert rows, heading
    split = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[0].splitlines()]
    return split[2:]


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", path.read_text(encoding="utf-8")))
    return [link for link in found if "://" not in link]


class TestLinks:
    @pytest.mark.parametrize("path", PAGES, ids=named)
    def test_every_relative_link_leads_somewhere(self, path: Path) -> None:
        for link in links(path):
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            assert target.exists(), link
            assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link

    def test_every_page_is_reached_from_the_index(self) -> None:
        reached: set[Path] = set()
        to_read = [ROOT / "docs" / "README.md"]
        while to_read:
            path = to_read.pop()
            if path not in reached and path.suffix == ".md":
                reached.add(path)
                to_read += [(path.parent / link.partition("#")[0]).resolve() for link in links(path) if link[0] != "#"]
        assert {*PAGES[1:]} <= reached

    @pytest.mark.parametrize("path", PAGES, ids=named)
    def test_prose_fits_in_120_columns(self, path: Path) -> None:
        for line in FENCE.sub("", path.read_text(encoding="utf-8")).splitlines():
            assert len(line) <= 120 or line.startswith(("|", "![")), line

    def test_the_readme_is_short(self) -> None:
        assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 100


class TestCommands:
    @pytest.mark.parametrize("path", PAGES, ids=named)
    def test_every_veerpont_command_exists_with_its_options(self, path: Path) -> None:
        for line in code(path.read_text(encoding="utf-8")):
            for shown in re.findall(r"(?:^|\s|/|\()(veerpont [a-z][^)`]*)", line):
                words = shlex.split(shown.replace("[", "").replace("]", ""), posix=False)[1:]
                command: click.Command = COMMANDS
                while words and hasattr(command, "commands"):
                    assert words[0] in command.commands, shown
                    command = command.commands[words.pop(0)]
                known = {option for parameter in command.params for option in parameter.opts}
                used = {word.rstrip("…") for word in words if word.startswith("--")}
                assert used <= known, shown

    def test_every_command_is_in_the_contracts(self) -> None:
        def leaves(command: click.Command, name: str) -> Iterator[str]:
            for key, inner in getattr(command, "commands", {}).items():
                yield from leaves(inner, f"{name} {key}")
            if not hasattr(command, "commands"):
                yield name

        for name in leaves(COMMANDS, "veerpont"):
            assert f"| `{name}" in page("contracts.md"), name

    @pytest.mark.parametrize("path", PAGES, ids=named)
    def test_every_make_target_exists(self, path: Path) -> None:
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        for line in code(path.read_text(encoding="utf-8")):
            if shown := re.match(r"make (\w+)", line):
                assert shown[1] in targets, line

    @pytest.mark.parametrize("path", PAGES, ids=named)
    def test_every_dag_exists(self, path: Path) -> None:
        for line in code(path.read_text(encoding="utf-8")):
            for dag in re.findall(r"airflow dags (?:test|trigger|unpause) ([a-z]\w*)", line):
                assert (ROOT / "dags" / f"{dag}.py").is_file(), line

    @pytest.mark.server
    def test_backfills_are_shown_with_options_that_airflow_has(self) -> None:
        from airflow.cli.cli_config import BACKFILL_COMMANDS

        known = {flag for command in BACKFILL_COMMANDS for argument in command.args for flag in argument.flags}
        shown = [line for line in code(page("how-to/load-history.md")) if re.match(r"airflow backfill create|--", line)]
        assert any("--from-date" in line for line in shown)
        for line in shown:
            assert {word for word in shlex.split(line) if word.startswith("--")} <= known, line
            for dag in re.findall(r"--dag-id (\S+)", line):
                assert (ROOT / "dags" / f"{dag}.py").is_file(), line

    def test_every_dag_is_in_the_contracts(self) -> None:
        dags = {
            found
            for path in (ROOT / "dags").glob("*.py")
            for found in re.findall(r'dag_id="(\w+)"', path.read_text(encoding="utf-8"))
        }
        shown = {name for cells in table(page("contracts.md"), "## DAGs") for name in re.findall(r"`(\w+)`", cells[0])}
        assert shown == dags
        assert set(Flow) <= shown


class TestContracts:
    def test_settings_are_those_of_the_code(self) -> None:
        source = Path(settings.__file__).read_text(encoding="utf-8")
        shown = {cells[0].strip("`") for cells in table(page("contracts.md"), "## Settings, by environment")}
        for name in ("flow_dag", "terms"):
            source += (ROOT / "include" / "veerpont" / "airflow" / f"{name}.py").read_text(encoding="utf-8")
        assert shown == {*re.findall(r'(?:get|_number)\("(VEERPONT_\w+)"', source), clock.OFFSET}

    def test_columns_are_those_of_the_code(self) -> None:
        rows = table(page("contracts.md").replace("Bold is required", "\n"), "## The file at the portal")
        shown = {cells[0]: re.findall(r"\w+", cells[1]) for cells in rows}
        plain = {flow: [name for name in names if not names[name].chosen] for flow, names in TABLES.items()}
        assert shown == {str(flow): names for flow, names in plain.items()}
        besides = page("contracts.md").split("Only a column of its own asks for these:", 1)[1].split(".", 1)[0]
        chosen = [name for flow, names in TABLES.items() for name in names if name not in plain[flow]]
        assert re.findall(r"\w+(?=[,;]|$)", besides.replace(":", ",")) == chosen

    @pytest.mark.parametrize("flow", list(TABLES))
    def test_required_columns_are_bold_and_conditional_ones_italic(self, flow: Flow, tmp_path: Path) -> None:
        path = tmp_path / "acme.yaml"
        path.write_text(
            next(block for language, block in FENCE.findall(page("how-to/own-servers.md")) if language == "yaml")
        )
        row = re.search(rf"^\| {flow} \| (.+) \|$", page("contracts.md"), re.MULTILINE)
        assert row
        bold = set(re.findall(r"\*\*(\w+)\*\*", row[1]))
        assert bold == set(columns.required(flow, read_integration(path).xpert_suite.key))
        italic = set(re.findall(r"(?<!\*)\*(\w+)\*(?!\*)", row[1]))
        assert italic == {name for name, column in TABLES[flow].items() if column.conditional}

    def test_what_is_said_of_calls_is_what_the_code_does(self) -> None:
        text = page("contracts.md").split("## Calls to a portal")[1].split("\n## ")[0]
        assert f"up to {calls.MAX_OPERATIONS} operations" in text
        said = re.search(r"Of `iban` the names are (.+?), the first two required", text.replace("\n", " "))
        assert said
        assert re.findall(r"`(\w+)`", said[1]) == list(NAMES[Flow.IBAN])
        assert list(REQUIRED[Flow.IBAN]) == list(NAMES[Flow.IBAN])[:2]

    def test_the_name_of_a_file_is_the_one_that_is_shown(self, tmp_path: Path) -> None:
        path = tmp_path / "acme.yaml"
        path.write_text(
            next(block for language, block in FENCE.findall(page("how-to/own-servers.md")) if language == "yaml")
        )
        shown = re.search(r"`(employees_(\d+)_([0-9a-f]+)\.xlsx)`", page("architecture.md"))
        assert shown
        content = shown[3].ljust(64, "0")
        name = portal("xpert_suite").file_name(read_integration(path), Flow.EMPLOYEES, int(shown[2]), content)
        assert name == shown[1]

    def test_every_state_of_a_reject_is_listed(self) -> None:
        row = re.search(r"^\| `veerpont rejects list.+$", page("contracts.md"), re.MULTILINE)
        assert row
        assert set(RejectState) <= set(re.findall(r"\w+", row[0]))

    @pytest.mark.parametrize(
        ("command", "names"),
        [
            ("runs", lists.RUN),
            ("rejects list", lists.REJECT),
            ("employers list", lists.EMPLOYER),
            ("links list", lists.LINK),
            ("deliveries list", lists.DELIVERY),
        ],
    )
    def test_json_has_the_keys_that_are_shown(self, command: str, names: tuple[str, ...]) -> None:
        row = re.search(rf"^\| `{command}` \| (.+) \|$", page("contracts.md"), re.MULTILINE)
        assert row
        assert re.sub(r" \([^)]*\)", "", row[1]).split(", ") == list(names)

    def test_the_json_of_the_coverage_has_the_keys_that_are_shown(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        integration, ledger = instance(tmp_path, monkeypatch)
        with ledger.session() as session:
            employers.show(session, integration.name, "01", "Acme")
            session.flush()
            employers.activate(session, integration.name, ["01"], "somebody")
        rows = coverage.table(integration)
        assert rows
        assert shown_keys("coverage") == list(rows[0])

    def test_the_json_of_one_delivery_has_the_keys_that_are_shown(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        integration, ledger = instance(tmp_path, monkeypatch)
        with ledger.session() as session:
            row = Delivery(
                integration=integration.name,
                flow=Flow.ABSENCE,
                portal="xpert_suite",
                run_id="",
                state=State.DELIVERED,
                at=now(),
            )
            session.add(row)
            session.flush()
            number = row.id
        own = ["keys", "what", "schema", "why", "columns"]
        assert list(lists.show_delivery(number)) == [*shown_keys("deliveries list"), *own]
        assert re.search(
            r"^\| `deliveries show` \| the keys of `deliveries list`, and keys: ", page("contracts.md"), re.M
        )

    def test_every_reason_of_a_reject_is_listed(self) -> None:
        text = page("contracts.md").split("Reasons of rejects:")[1].split("\n\n")[0]
        listed = set(re.findall(r"`([a-z_]+)`", text))
        used = set(afas_problems._ADVICE) - NEVER_A_REJECT
        for path in (ROOT / "include" / "veerpont").glob("*/**/*.py"):
            text = path.read_text(encoding="utf-8")
            if "sandbox" not in path.parts:
                used |= set(PROBLEM.findall(text))
                used |= set(re.findall(r'PydanticCustomError\("([a-z_]+)"', text))
        assert "unknown_employer" in used
        assert "portal_key_changed" in used
        assert used <= listed

    def test_every_reject_of_absence_says_what_to_do(self) -> None:
        rules = importlib.import_module("veerpont.rules.absence")
        text = page("how-to/absence-trouble.md")
        shown = set(re.findall(r"`([a-z_]+)`", text))
        assert {found.reason for module in (rules, cases, persons) for found in problems_of(module)} <= shown

    def test_every_reason_to_hold_is_listed_and_explained(self) -> None:
        sources = "".join(
            Path(module.__file__ or "").read_text("utf-8")
            for module in (cases, persons, decide, doubt, load, removals, guards, merging, questions, hours, payroll)
        )
        used = set(re.findall(r'reasons\.append\(f?"([a-z_]+)[:"]', sources))
        used |= set(re.findall(r'f"(column_[a-z]+|forgotten):', sources))
        used |= set(re.findall(r'"(zero_rows|[a-z]+_gone|many_new)"', sources))
        used |= {name for line in re.findall(r"(?:Hold\(|return )\[(.+?)\]", sources) for name in words(line)}
        assert {"first_delivery", "many_gone", "zero_rows", "history_incomplete", "column_blank"} <= used
        listed = page("contracts.md").split("Reasons of held deliveries:")[1]
        decided = page("how-to/held-deliveries.md")
        for reason in used:
            assert re.search(rf"`{reason}[:`]", listed), reason
            assert re.search(rf"^\|.*`{reason}[:`]", decided, re.MULTILINE), reason

    def test_every_table_of_the_ledger_is_described(self) -> None:
        rows = page("architecture.md").split("**The ledger**")[1].split("\n## ")[0]
        assert set(re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)) == set(Base.metadata.tables)

    def test_every_reason_that_asks_a_question_is_explained(self) -> None:
        asked = {
            found.reason
            for module in (cases, persons, decide)
            for found in problems_of(module)
            if "confirm`" in str(found.detail)
        }
        assert asked == {"portal_key_changed", "portal_key_taken", "employer_changed", "began_before_contract"}
        for name in ("how-to/rejects.md", "architecture.md"):
            assert asked <= set(re.findall(r"`([a-z_]+)`", page(name))), name


def words(text: str) -> list[str]:
    return re.findall(r'"([a-z_]+)"', text)


def problems_of(module: ModuleType) -> list[Problem]:
    return [value for value in vars(module).values() if isinstance(value, Problem)]


def shown_keys(command: str) -> list[str]:
    row = re.search(rf"^\| `{command}` \| (.+) \|$", page("contracts.md"), re.MULTILINE)
    assert row
    return re.sub(r" \([^)]*\)", "", row[1]).split(", ")


def instance(home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Integration, Ledger]:
    """Return the integration that how-to/own-servers.md shows, and an empty ledger; the settings lead there."""
    url = f"sqlite:///{home / 'ledger.db'}"
    monkeypatch.setenv("VEERPONT_LEDGER", url)
    monkeypatch.setenv("VEERPONT_VAULT", f"file://{home / 'vault'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    path = home / "acme.yaml"
    path.write_text(
        next(block for language, block in FENCE.findall(page("how-to/own-servers.md")) if language == "yaml")
    )
    ledger = Ledger(url)
    ledger.require_current()
    return read_integration(path), ledger


class TestPages:
    def test_pictures_are_well_formed_and_say_what_they_show(self) -> None:
        from xml.etree import ElementTree

        for path in (ROOT / "docs").glob("*.svg"):
            tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(path).getroot()}
            assert {"title", "desc"} <= tags, path.name

    def test_yaml_blocks_parse(self) -> None:
        for path in PAGES:
            for language, block in FENCE.findall(path.read_text(encoding="utf-8")):
                if language == "yaml":
                    assert isinstance(yaml.safe_load(block), dict)
