"""The connector and the import of the sandbox without HTTP and SFTP, and what a life of absence is told by."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from veerpont.flows.job import Job, Transformed
from veerpont.rules.dates import AMSTERDAM
from veerpont_sandbox.absence import Told
from veerpont_sandbox.afas import answers, query
from veerpont_sandbox.afas.environment import Environment
from veerpont_sandbox.portal.importer import import_file
from veerpont_sandbox.portal.state import Report, Settings, load_state

PEOPLE = (("01", "1001", 1), ("01", "1008", 1), ("02", "1008", 2), ("02", "1010", 1))
"""Employer, personnel number, employment: three people, one of them at both employers."""
STEADY = "1004"
"""Somebody to whom nothing happens, so that no column goes blank and no read comes back empty."""
GUIDS = (("1001", 1), (STEADY, 4), ("1008", 8), ("1010", 10))
ALL_CASES = "Alle_verzuim"
START = datetime(2026, 11, 22, 11, 30, tzinfo=AMSTERDAM)
PAGE = 5
DAY = timedelta(days=1)

Who = tuple[str, str]
"""Employer and personnel number."""


@dataclass(frozen=True)
class Kind:
    """How a customer's connectors are cut: the section `absence`, and the days and the stamp of a window in them."""

    absence: dict[str, Any]
    days: int | None = None
    on: Any = "line"

    @property
    def wide(self) -> bool:
        return self.days is None or "reconciliation_connector" in self.absence


UNFILTERED = Kind({"connector_window": None, "lookback_days": 14})
BY_LINE = Kind({"connector_window": 14, "reconciliation_connector": ALL_CASES}, 14, "line")
BY_CASE = Kind({"connector_window": 14, "reconciliation_connector": ALL_CASES}, 14, "case")
NOTHING_WIDE = Kind({"connector_window": 14, "portal_deletes": "log"}, 14, "case")


class KilledError(BaseException):
    """The process died here: nothing of ours catches it."""


class Direct:
    """An AFAS client without a network. Its pages are small, so that a read has several."""

    member = "10001"

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.fails: Callable[[], Exception] | None = None
        self.pages = 0

    def get(self, path: str) -> dict[str, Any]:
        if path == "metainfo":
            names = [{"id": name} for name in self.environment.tables]
            return {"getConnectors": names, "info": {"envid": self.environment.envid}}
        if path == "profitversion":
            return {"version": "22"}
        return answers.metainfo(self.environment.tables[path.rsplit("/", 1)[1]].connector, [])

    def rows(self, connector: str, asked: dict[str, str | int]) -> list[dict[str, Any]]:
        self.pages += 1
        if self.fails and self.pages % 3 == 0:
            raise self.fails()
        params = {name: str(value) for name, value in asked.items()}
        found = self.environment.select(connector, params)
        part = query.Window(int(params["skip"]), min(int(params["take"]), PAGE))
        sent = answers.rows(self.environment.tables[connector].connector, query.page(found, part), [])
        rows: list[dict[str, Any]] = msgspec.json.Decoder(float_hook=Decimal).decode(msgspec.json.encode(sent))
        return rows


class Inbox:
    """The portal without a network: it imports each file as the sandbox does, and keeps the last one."""

    def __init__(self, kept: Path) -> None:
        self.state = load_state(kept)
        self.names: dict[str, bytes] = {}
        self.lines: list[dict[str, str]] = []
        self.today = START.date()

    def take(self, name: str, content: bytes) -> None:
        assert self.names.setdefault(name, content) == content, "one name stands for one content"
        report = Report("absence", name, "")
        import_file(report, content, self.state, Settings(), today=self.today.isoformat(), refused=lambda _: False)
        assert (report.status, report.rejected) == ("processed", 0), report.messages
        self.lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))

    def periods(self) -> dict[Told, str]:
        """Return the periods of the last file → the case that each belongs to."""
        return {
            (
                line["WerkgeverCode"],
                line["Personeelsnummer"],
                line["Protocol"],
                line["StartdatumTrajectVerloop"],
                line["EinddatumTrajectVerloop"] or None,
                line["Verzuimpercentage"],
            ): line["TrajectId"]
            for line in self.lines
        }


@dataclass
class Ghost:
    """What was deleted at the source since, as far as reads may not have told it yet.

    `on`: from which day it can show. `absent`: the percentage of a deleted line, None for a whole case. `missed`: when
    the first wide read was loaded since; `agreed`: one 20 hours later was too; `answered`: so was an answer.
    """

    who: Who
    case: str
    on: date
    absent: str | None
    missed: datetime | None = None
    agreed: bool = False
    answered: bool = False


@dataclass
class Read:
    """A run up to its load. `shown`: the rows that it brought, by GUID and stamps; `source`: the rows that there were.

    `ghosts`: what it cannot show any more. `merged`: it is in the history.
    """

    job: Job
    transformed: Transformed
    shown: set[tuple[Any, ...]]
    source: list[Any]
    ghosts: list[Ghost] = field(default_factory=list)
    merged: bool = False


def told(absent: Decimal) -> str:
    return f"{absent.normalize():f}"
