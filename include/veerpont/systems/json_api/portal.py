"""The JSON API as the pipeline sees it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words, coded, together
from veerpont.model.names import NAMES
from veerpont.model.records import AbsencePeriod, Record
from veerpont.model.schema import Schema
from veerpont.systems import defaults, told_absence
from veerpont.systems.json_api import delivery, lines
from veerpont.systems.json_api.lines import NAME
from veerpont.systems.portal import OURS, Account, Refused, entry, extras, refused_settings

if TYPE_CHECKING:
    from veerpont.systems.json_api.hook import JsonApiHook


TAKES = (*NAMES, Flow.PAYROLL)


class JsonApi:
    """Operations over HTTP, an answer for each. Fills `veerpont.systems.portal.Portal`; docs/json-api.yaml."""

    complete = False
    shareable = False
    readable = True
    title = ("Portaal (JSON API)", "Portal (JSON API)")
    person_columns = OURS

    def knows_by_bsn(self, integration: Integration) -> bool:
        """Say no: it has numbers of its own."""
        return False

    def told_case(self, line: Line) -> ToldCase:
        """Return the case, from the texts of our names."""
        return told_absence.read(line)

    def cut(self, line: Line, left: Sequence[tuple[int, AbsencePeriod]]) -> Line:
        """Return the line with the days that are left."""
        return told_absence.cut(line, left)

    def settles(self, integration: Integration) -> timedelta:
        """Return nothing: it takes what comes."""
        return timedelta(0)

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what the integration file does not say, one sentence each."""
        if flow not in TAKES:
            return [
                coded(
                    "json_api.not_taken",
                    "portals: the portal json_api does not take the flow {flow}; it takes {known}.",
                    flow=flow,
                    known=", ".join(TAKES),
                )
            ]
        return refused_settings(integration, flow, NAME) + defaults.lacks_tree(integration, flow)

    def names(self, integration: Integration, flow: Flow) -> frozenset[str]:
        """Return our names of what this portal gets, and of what a line is built from."""
        return lines.names(integration, flow)

    def line(self, integration: Integration, flow: Flow, record: Record) -> Line | Problem:
        """Return the line of `record`, or why it cannot be sent."""
        line = lines.line(integration, flow, record)
        if isinstance(line, Line) and not delivery.fits(flow, line, extras(integration, flow, NAME)):
            return Problem(
                Stage.EXPORT,
                lines.REQUIRED[flow][-1] if flow in lines.REQUIRED else "",
                "too_large",
                coded(
                    "json_api.too_large",
                    "This record has {parts} parts, more than one call can hold: tell an engineer.",
                    parts=len(line.rows),
                ),
            )
        return line

    def file_name(self, integration: Integration, flow: Flow, delivery_id: int, sha256: str, part: str = "") -> str:
        """Return `<flow>_<delivery>_<content>`: the first part of each call's idempotency key."""
        return f"{flow}_{delivery_id:08d}_{sha256[:12]}"

    def render(
        self,
        integration: Integration,
        flow: Flow,
        lines: Iterable[Line],
        gone: Iterable[Line] = (),
        schema: Schema | None = None,
    ) -> Iterator[bytes]:
        """Yield the operations, one JSON document a line: the lines in the order they come in, then what is gone.

        Raises SettingsError when the integration file lacks something, VeerpontError when an id comes twice.
        """
        if sentences := self.missing(integration, flow):
            raise SettingsError(together(*sentences))
        return delivery.render(flow, lines, gone, schema, extras(integration, flow, NAME))

    def destination(self, integration: Integration, flow: Flow) -> str:
        """Return host, path, integration and flow: no two integrations share one.

        Raises SettingsError when the connection is missing or its base URL is not valid.
        """
        return f"{_hook(integration, flow).base_url}/v1/{integration.name}/{flow}".partition("://")[2]

    def account(self, integration: Integration, flow: Flow) -> None:
        """Return nothing: the destination says it all."""

    def temporary_ending(self, integration: Integration) -> str:
        """Return nothing: there are no files."""
        return ""

    def same_place(self, integration: Integration, flow: Flow, others: Sequence[Account]) -> list[Account]:
        """Return nothing: see `account`."""
        return []

    def try_connection(self, integration: Integration, flow: Flow) -> None:
        """Ask whether the API is spoken there and takes the token."""
        client = _hook(integration, flow).client()
        with client.session:
            client.about()

    def deliver(self, integration: Integration, flow: Flow, name: str, content: Content) -> list[Refused]:
        """Send the operations and return those that the portal refused; doing it again has no second effect.

        Raises:
            SettingsError: wrong token, unknown integration or flow, a portal that speaks otherwise than it says.
            PassingError: the portal cannot be reached, asks us to come back later, or gives a broken answer.
        """
        client = _hook(integration, flow).client()
        with client.session:
            return delivery.deliver(client, integration.name, flow, name, content)


def _hook(integration: Integration, flow: Flow) -> "JsonApiHook":
    from veerpont.systems.json_api.hook import JsonApiHook  # noqa: PLC0415  # Airflow only when needed

    return JsonApiHook(entry(integration, flow, NAME).connection)
