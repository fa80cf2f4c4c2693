"""What a portal must be able to do. Adding one: a folder that fills this protocol, and a line in `registry.SYSTEMS`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol, runtime_checkable

from veerpont.config.integration import Integration
from veerpont.config.sections import PortalSettings
from veerpont.model.content import Content
from veerpont.model.failures import Problem, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words, coded
from veerpont.model.names import EXTRAS
from veerpont.model.records import AbsencePeriod, Record
from veerpont.model.schema import Schema


class Refused(NamedTuple):
    """A line that the portal answered no to: its id, and why, in words without a personal value."""

    id: str
    problem: Problem


class ReportLine(NamedTuple):
    """A message about a rejected row: which of the file (1 is the first), the portal's key, and its code and text.

    Without row and key it is about the whole file. Key and text may hold personal values.
    """

    row: int | None
    key: str
    code: str
    text: str


class Report(NamedTuple):
    """What a portal reports of one file: the file's name, and what it rejected of it (level 4)."""

    file: str
    rejected: list[ReportLine]


class ReportFile(NamedTuple):
    """A file in a folder of reports: what tells it from others, and its content when it is a new one.

    `modified`: in seconds, by the server's clock; 0 where it does not say.
    """

    name: str
    size: int
    modified: int
    content: bytes | None = None


class Reports(NamedTuple):
    """How reports come. `within`: after a delivery, None expects none; `in_folder`: they are looked for in one."""

    within: timedelta | None
    in_folder: bool


class PersonColumns(NamedTuple):
    """The columns of a portal's lines, over all flows, that say who somebody is.

    `numbers` and `managers`: a personnel number, their own and that of whom they report to; `bsns`: a citizen-service
    number; `names`: what a person is called.
    """

    numbers: frozenset[str]
    managers: frozenset[str]
    bsns: frozenset[str]
    names: frozenset[str]

    def __or__(self, other: "PersonColumns") -> "PersonColumns":
        return PersonColumns(*(one | two for one, two in zip(self, other, strict=True)))


OURS = PersonColumns(
    numbers=frozenset({"personnel_number", "Personeelsnummer"}),
    managers=frozenset({"manager_personnel_number"}),
    bsns=frozenset({"bsn", "BSN"}),
    names=frozenset({"last_name", "first_name", "partner_last_name"}),
)
"""Where a portal's lines have our names for their columns."""


class Account(NamedTuple):
    """A folder in an account at a server, of which only the server knows whether it is another folder too.

    keys: fingerprints of the host keys, the pinned ones or the one that was shown. Two logins on one server are two
    accounts, however alike their folders look: a customer of a portal sees nothing of another one.
    """

    keys: tuple[str, ...]
    login: str
    folder: str

    def may_be(self, other: "Account") -> bool:
        """Tell whether both are of one login on one server."""
        return self.login == other.login and not set(self.keys).isdisjoint(other.keys)


class Portal(Protocol):
    """One kind of portal.

    `complete`: it takes complete files, and what is not in the newest one is taken to be gone. Otherwise it takes what
    is new, changed or gone, and says for each whether it accepts it. `shareable`: of complete files, whether one may be
    of several integrations (`account`). `readable`: whose data is in a stored delivery can
    be seen; of another one everybody's is taken to be. `title`: what people call it, in Dutch and English.
    `person_columns`: the columns of its lines that say who somebody is.
    """

    complete: bool
    shareable: bool
    readable: bool
    title: tuple[str, str]
    person_columns: PersonColumns

    def knows_by_bsn(self, integration: Integration) -> bool:
        """Tell whether it knows people by their citizen-service number, so that one person may be there only once."""

    def told_case(self, line: Line) -> ToldCase:
        """Return the case of absence in a line of a snapshot from before lines carried one (`Line.case`).

        Raises TypeError in a portal that was never told of absence then.
        """

    def cut(self, line: Line, left: Sequence[tuple[int, AbsencePeriod]]) -> Line:
        """Return a told line of absence with fewer days: number of its row (from 0), and the days that are left of it.

        A row may come twice, or not at all. Raises TypeError in a portal that takes no absence.
        """

    def settles(self, integration: Integration) -> timedelta:
        """Return how long it needs for one file before it can take the next of the same flow."""

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what only the customer can know and the integration file does not say, one sentence each."""

    def names(self, integration: Integration, flow: Flow) -> frozenset[str]:
        """Return the fields (our names) that this portal gets: nothing else may pass the door for it."""

    def line(self, integration: Integration, flow: Flow, record: Record) -> Line | Problem:
        """Turn one record into the line this portal gets, or say why it cannot be one (stage export)."""

    def file_name(self, integration: Integration, flow: Flow, delivery_id: int, sha256: str, part: str = "") -> str:
        """Return the name of a delivery's file: from its id and content, not from the clock; nothing personal in it.

        One name stands for one content for ever, also when ids start again in a new ledger. `part`: which of several
        files of a delivery it is (`Line.part`).
        """

    def render(
        self,
        integration: Integration,
        flow: Flow,
        lines: Iterable[Line],
        gone: Iterable[Line] = (),
        schema: Schema | None = None,
    ) -> Iterator[bytes]:
        """Write a delivery, chunk by chunk: there may be more lines than fit in memory. Nothing touches a disk.

        The same lines give the same bytes, however they are cut. `lines`: all lines, or those that are new or changed
        where deliveries are not complete. `gone`: what the portal has to forget; a complete file says that by leaving
        it out. Both are read once. `schema`: the tables that the lines are of, in the flow payroll; None in the others.
        """

    def destination(self, integration: Integration, flow: Flow) -> str:
        """Return host, port, login and folder as one text: two integrations may never share one in a complete flow.

        In one spelling, as far as that can be told without asking.
        """

    def account(self, integration: Integration, flow: Flow) -> Account | None:
        """Return the account of the flow, where the server knows better than `destination`; None where it does not.

        Nobody is asked. Raises SettingsError when the connection is missing or incomplete.
        """

    def same_place(self, integration: Integration, flow: Flow, others: Sequence[Account]) -> list[Account]:
        """Return which of `others`, all accounts that may be ours, the server says are the place of this flow.

        Raises as `deliver` does.
        """

    def temporary_ending(self, integration: Integration) -> str:
        """Return what the name of a file ends in while it is brought across; empty where it has its name at once."""

    def try_connection(self, integration: Integration, flow: Flow) -> None:
        """Ask whether a delivery of the flow would be let in; nothing is sent. Raises as `deliver` does."""

    def deliver(self, integration: Integration, flow: Flow, name: str, content: Content) -> list[Refused]:
        """Bring a delivery across and prove it; doing it again with the same name and bytes has no second effect.

        `content` may be read as often as needed, a chunk at a time (`chunks`, `lines`) or, where it is known to be
        small, at once (`read`). Returns what the portal refused of it; a portal that takes files says that later, in
        its log.

        Raises:
            SettingsError: wrong key, unknown host key, missing folder; `upload.TakenError` when it arrived under its
                temporary name.
            PassingError: the server cannot be reached or dropped the connection.
        """


def entry(integration: Integration, flow: Flow, name: str) -> PortalSettings:
    """Return what the integration file says about the portal `name`. Raises SettingsError when it takes no `flow`."""
    for settings in integration.portals_for(flow):
        if settings.portal == name:
            return settings
    raise SettingsError(
        coded(
            "portal.no_such",
            "{name}: no portal {portal} takes the flow {flow} (portals).",
            name=integration.name,
            portal=name,
            flow=flow,
        )
    )


def extras(integration: Integration, flow: Flow, name: str) -> tuple[str, ...]:
    """Return our names of what the integration file names besides for the portal `name`, in one order."""
    named = {each for item in integration.portals_for(flow) if item.portal == name for each in item.extra}
    return tuple(each for each in EXTRAS.get(flow, ()) if each in named) if named else ()


def refused_settings(integration: Integration, flow: Flow, name: str) -> list[Words]:
    """Return the sentence that refuses settings, for a portal that takes none in its entry."""
    for settings in integration.portals_for(flow):
        if settings.portal == name and settings.settings:
            return [
                coded(
                    "settings.none_taken",
                    "portals: the portal {name} takes no settings; take out {settings}.",
                    name=name,
                    settings=", ".join(map(str, settings.settings)),
                )
            ]
    return []


@runtime_checkable
class Reporting(Protocol):
    """A portal that takes files and says later, in a report, what it made of them."""

    def reports(self, integration: Integration) -> Reports | None:
        """Return how its reports come; None where the integration file says nothing of them."""

    def missing_of_reports(self, integration: Integration) -> list[Words]:
        """Return what the file does not say about the reports, one sentence each; no delivery waits for it."""

    def headers(self, integration: Integration, flow: Flow) -> frozenset[str]:
        """Return the file's own names of its columns, which may stand in the words of a report."""

    def read_report(self, integration: Integration, content: bytes) -> Report:
        """Read a report. Raises SettingsError when it is none, or not as the integration says: nothing is taken."""

    def find_reports(self, integration: Integration, is_new: Callable[[ReportFile], bool]) -> list[ReportFile]:
        """Return what is in the folder of reports, without changing it.

        `is_new` tells whether one was not taken yet; it has no content then. Raises as `Portal.deliver`.
        """

    def key_columns(self, flow: Flow) -> list[str]:
        """Return our names of the columns in which a report's key may be found."""


class TheirLine(NamedTuple):
    """A line as a file of the portal has it. `row`: where it begins in the file; 0 where it is of no file.

    `second`: by what else it may be matched, where its key is not known to the portal, or not the same.
    """

    row: int
    line: Line
    second: str | None = None


class TheirFile(NamedTuple):
    """What a file of the portal says, by our names. `columns`: those that it has of ours.

    `lacking`: those that it has not; `foreign`: the numbers of the columns that are not ours, from 1. `unusable`: the
    rows that cannot be read: without a key, without an employer, or with days that are none. `dropped`: employer → rows
    that were not wanted.
    """

    lines: list[TheirLine]
    columns: frozenset[str]
    lacking: list[str]
    foreign: list[int]
    unusable: list[int]
    dropped: Mapping[str, int]


@runtime_checkable
class ReadsBack(Protocol):
    """A portal of which a file can be read back: an export of it, or the file of another link to it."""

    def read_back(
        self, integration: Integration | None, flow: Flow, content: bytes, keeps: Callable[[str], bool]
    ) -> TheirFile:
        """Return what a file says.

        The lines have a record key where the file shows one, else an empty one, and no id and no order: these are ours.

        Args:
            integration: whose columns it has; None: those that the portal's own spellings tell.
            keeps: tells whether rows of an employer (code) are wanted; nothing is kept of others.

        Raises SettingsError when it is no such file, or lacks a column that says which line a row is.
        """

    def second_key(self, flow: Flow, line: Line) -> str | None:
        """Return by what else a line of ours may be matched (`TheirLine.second`)."""
