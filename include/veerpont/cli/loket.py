"""`veerpont loket`: what a person does about a link with Loket.nl."""

import secrets
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError

app = typer.Typer(no_args_is_help=True, help="The link with Loket.nl.")


@app.callback()
def _group() -> None:
    """So that a single command keeps its name."""


@app.command()
def authorise(
    integration: str,
    redirect_uri: Annotated[
        str | None, typer.Option(help="The one that Loket registered; default: that of the connection.")
    ] = None,
) -> None:
    """Let a user of Loket authorise the link: prints the URL to open, takes the code, stores the first token."""
    from veerpont.systems.loket.hook import LoketHook  # noqa: PLC0415 -- loads Airflow; only this command needs it

    hook = LoketHook(_connection(integration))
    back = redirect_uri or hook.redirect_uri
    if not back:
        raise SettingsError("Give --redirect-uri, or fill in the redirect URI of the connection: Loket registered it.")
    state = secrets.token_urlsafe(16)
    typer.echo("Open this in a browser, and log in as the normal Loket user that the link is to have:\n")
    typer.echo(hook.authorise_url(back, state) + "\n")
    code = _code(typer.prompt("The address that the browser ends at, or the code in it"), state)
    hook.tokens(integration).exchange(code, back)
    typer.echo(f"Done: {integration} has a token. The next run of its flows uses it.")


def _connection(integration: str) -> str:
    found, broken = read_integrations(settings().integrations)
    if integration not in found:
        names = ", ".join(found) or "none"
        raise broken.get(integration) or SettingsError(f"There is no integration {integration}. There are: {names}.")
    source = found[integration].source
    if source.system != "loket":
        raise SettingsError(f"{integration} reads from {source.system}: only loket is authorised this way.")
    return source.connection


def _code(answer: str, state: str) -> str:
    """Return the code in an address that Loket sent the browser to, or the code itself."""
    text = answer.strip()
    if "?" not in text:
        return text
    given = parse_qs(urlsplit(text).query)
    if given.get("state") != [state]:
        raise SettingsError("That address is of another attempt. Start again with the URL.")
    if "code" not in given:
        raise SettingsError("Loket gave no code: the user did not agree, or may not. Start again with the URL.")
    return given["code"][0]
