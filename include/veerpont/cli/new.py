"""`veerpont new`: a new customer's integration file, its connections and the letters to its administrators."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from veerpont.config.integration import LONGEST_NEW_NAME, parse_integration
from veerpont.config.settings import settings
from veerpont.desk.check import check
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems import registry
from veerpont.systems.onboarding import NewCustomer


def new(
    name: Annotated[str | None, typer.Argument(help="Its name in files and commands: [a-z0-9_].")] = None,
    customer: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    source: Annotated[str | None, typer.Option(help="The system that its data comes from.")] = None,
    environment: Annotated[str | None, typer.Option(help="The code of its environment, where it has one.")] = None,
    portal: Annotated[
        list[str] | None, typer.Option(help="Where which flows go, as PORTAL=FLOW,FLOW. Give it once for each portal.")
    ] = None,
    mail: Annotated[list[str] | None, typer.Option(help="Who gets the mail of 07:00. Repeat it for more.")] = None,
    address: Annotated[str, typer.Option(help="The IPv4 address that we call from, for rules at the source.")] = "",
    papers: Annotated[
        Path | None, typer.Option(help="The folder for connections and letters; default: NAME-papers, here.")
    ] = None,
) -> None:
    """Write the integration file of a new customer, its connections and letters; then say what is missing.

    Asks what is not given. Nothing is overwritten, nobody is called, and no secret is asked for: the connections are
    lines to fill in.
    """
    name = _asked(name, "NAME", "Name in files and commands ([a-z0-9_])")
    if not re.fullmatch(r"[a-z0-9_]+", name) or len(name) > LONGEST_NEW_NAME:
        raise SettingsError(f"The name {name!r} must be of a-z, 0-9 and _, at most {LONGEST_NEW_NAME} characters.")
    folder, papers = settings().integrations, papers or Path(f"{name}-papers")
    file = folder / f"{name}.yaml"
    if there := [str(path) for path in (file, papers) if path.exists()]:
        raise SettingsError(f"Nothing was written: {' and '.join(there)} is there already. Move it away first.")
    customer = _asked(customer, "--customer", "What people call it")
    source = _asked(source, "--source", f"Where its data comes from ({', '.join(registry.sources())})")
    if source not in registry.sources():
        raise SettingsError(f"--source {source} is not one of: {', '.join(registry.sources())}.")
    if registry.lacking(source, {"environment": environment}):
        environment = _asked(environment, "--environment", "The code of its environment, such as O12345AA")
    flows = _portals(portal or [_asked(None, "--portal", f"Portal and flows, {_PORTAL}")])
    mail = mail if mail is not None else _offered("Who gets the mail of 07:00 (an address, or nobody)")
    every = tuple(flow for flow in Flow if any(flow in taken for taken in flows.values()))
    parts = {source: NewCustomer(name, customer, f"{source}_{name}", every, environment or "", address)}
    parts |= {each: NewCustomer(name, customer, f"{each}_{name}", taken) for each, taken in flows.items()}
    content = _integration(parts, source, flows, mail)
    parse_integration(file.name, content)
    # the file last: from then on the customer is there
    print("Written:", *_papers(papers, parts), _write(file, content), sep="\n  ")
    missing = check(settings(), name)
    print("\nStill missing:" if missing else "\nNothing is missing: `veerpont check --live` tries the connections.")
    for entry in missing:
        print(f"- {entry['flow'] + ': ' if entry['flow'] else ''}{entry['problem']}")
    print(f"\nThen: `veerpont check {name} --live`, and docs/how-to/new-customer.md, 'The first nights'.")
    print(f"At the end: `veerpont live {name} --by YOU`. Until then the schedule leaves it out.")


_PORTAL = f"PORTAL=FLOW,FLOW with one of {', '.join(registry.portals())} and some of {', '.join(Flow)}"


def _portals(given: list[str]) -> dict[str, tuple[Flow, ...]]:
    found: dict[str, tuple[Flow, ...]] = {}
    for each in given:
        name, _, flows = each.partition("=")
        wrong = [flow for flow in flows.split(",") if flow not in set(Flow)]
        if name not in registry.portals() or wrong:
            raise SettingsError(f"--portal {each}: give {_PORTAL}.")
        found[name] = tuple(Flow(flow) for flow in flows.split(","))
    return found


def _integration(
    parts: dict[str, NewCustomer], source: str, flows: dict[str, tuple[Flow, ...]], mail: list[str]
) -> str:
    theirs = parts[source]
    environment = f"\n  environment: {_text(theirs.environment)}  # refused when the source says it is another one"
    lines = [
        "# docs/reference/settings.md explains every setting; `veerpont check` says what is missing.",
        f"name: {theirs.name}",
        f"customer: {_text(theirs.customer)}",
        "schedule: when_live  # runs by hand only, until somebody takes it live: `veerpont live`, or the desk",
        "source:",
        f"  system: {source}",
        f"  connection: {theirs.connection}{environment if theirs.environment else ''}",
        "portals:",
    ]
    for name, taken in flows.items():
        lines += [f"  - portal: {name}", f"    connection: {parts[name].connection}"]
        lines += [f"    flows: [{', '.join(taken)}]"]
    sections = [made.settings(new) for name, new in parts.items() if (made := registry.onboarding(name))]
    to = ", ".join(map(_text, mail))
    return "\n".join(lines) + "\n" + "".join(sections) + f"\nmail: {{to: [{to}], language: nl}}\n"


def _text(value: str) -> str:
    """Return a text as YAML, whatever is in it."""
    return json.dumps(value, ensure_ascii=False)


def _papers(folder: Path, parts: dict[str, NewCustomer]) -> list[Path]:
    made = {name: (found, new) for name, new in parts.items() if (found := registry.onboarding(name))}
    connections = "\n".join(found.connection(new) for found, new in made.values())
    secret = f"# Fill in, keep safe, and never commit.\n\n{connections}"
    written = [_write(folder / "connections.env", secret, 0o600)]
    letters = {name: found.letter(new) for name, (found, new) in made.items()}
    return written + [_write(folder / f"letter-{name}.txt", text) for name, text in letters.items() if text]


def _write(path: Path, text: str, mode: int = 0o666) -> Path:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode, exist_ok=False)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from None
    return path


def _asked(given: str | None, option: str, question: str, default: str | None = None) -> str:
    if given:
        return given
    if not _is_terminal():
        raise typer.BadParameter(f"give {option}: there is nobody to ask.")
    answer: str = typer.prompt(question, default)
    return answer.strip()


def _offered(question: str) -> list[str]:
    answer = typer.prompt(question, "").strip() if _is_terminal() else ""
    return [answer] if answer else []


def _is_terminal() -> bool:
    return sys.stdin.isatty()
