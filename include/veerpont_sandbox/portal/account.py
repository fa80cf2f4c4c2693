"""One customer's account at the portal: its folders, its state, and what happens to a file that arrived."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncssh
import msgspec

from veerpont_sandbox import moment
from veerpont_sandbox.faults import Faults
from veerpont_sandbox.portal import log_file
from veerpont_sandbox.portal.files import EXTENSIONS
from veerpont_sandbox.portal.flows import FOLDERS
from veerpont_sandbox.portal.importer import import_file
from veerpont_sandbox.portal.state import (
    COUNTED,
    Report,
    Settings,
    State,
    User,
    load_reports,
    load_state,
    save_state,
)

AbsencePeriod = tuple[str, str, str, str, str | None, str]
"""Employer, personnel number, protocol, first day, last day (None: it goes on), percentage as text: "100", "33.33"."""

_AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Account:
    """`files/` is what the sender sees; `inbox/`, `processed/`, `logs/` and `state.json` are the portal's own."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        self.name = folder.name
        self.folder = folder
        self.faults = faults
        self.settings = Settings()
        self.state = load_state(folder)
        self.today: str | None = None
        """The portal's date (ISO); None = the real one."""
        for name in FOLDERS.values():
            (self.root / name).mkdir(parents=True, exist_ok=True)
            (folder / "inbox" / name).mkdir(parents=True, exist_ok=True)
        self.receiver.mkdir(exist_ok=True)
        (folder / "logs").mkdir(exist_ok=True)
        (folder / "processed").mkdir(exist_ok=True)
        self.key = key_pair(folder / "client_key")

    @property
    def root(self) -> Path:
        """What the sender sees as `/`."""
        return self.folder / "files"

    @property
    def receiver(self) -> Path:
        """Where payroll data arrives as files; nothing is done with it here."""
        return self.folder / "receiver"

    def flow_of(self, path: Path) -> str | None:
        """Return the flow whose folder this path lies in, directly; None for any other place."""
        return next((flow for flow, name in FOLDERS.items() if path.parent == self.root / name), None)

    def take(self, path: Path) -> Path | None:
        """Take a file that got its final name out of its folder, into the inbox; None when it is nothing to import."""
        flow = self.flow_of(path)
        if flow is None or path.suffix.lower() not in EXTENSIONS or not path.exists():
            return None
        target = self.folder / "inbox" / FOLDERS[flow] / path.name
        if self.faults.hit("leave_file", self.name, flow=flow):
            shutil.copyfile(path, target)
        else:
            path.replace(target)
        return target

    def waiting(self) -> list[Path]:
        """Return the files in the inbox, in name order."""
        found = (path for path in (self.folder / "inbox").glob("*/*") if path.is_file())
        return sorted(found, key=lambda path: (path.parent.name, path.name))

    def process(self, path: Path) -> Report:
        """Import one file from the inbox, keep its report and the file itself."""
        flow = next(flow for flow, name in FOLDERS.items() if name == path.parent.name)
        content = path.read_bytes()
        now = moment.now()
        fault = self.faults.hit("reject_lines", self.name, flow=flow)
        refused = frozenset(fault.keys if fault else ())
        report = Report(flow, path.name, received=now.isoformat(), started=now.isoformat())
        state = self.state
        import_file(
            report,
            content,
            state,
            self.settings,
            today=self.today or now.date().isoformat(),
            # A key as the log has it ("01/1001/1"), or any part of it.
            refused=lambda key: not refused.isdisjoint({key, *key.split("/")}),
            words=fault.value if fault else None,
        )
        report.finished = moment.now().isoformat()
        state.files += 1
        stem = f"{state.files:06}_{flow}"
        save_state(self.folder, state)
        (self.folder / "logs" / f"{stem}.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
        path.replace(self.folder / "processed" / f"{stem}_{path.name}")
        if self.settings.report_folder and not self.faults.hit("no_report", self.name, flow=flow):
            log_file.write(report, self.root / self.settings.report_folder)
        return report

    def reports(self) -> list[Report]:
        return load_reports(self.folder)

    def last_file(self, flow: str) -> bytes | None:
        """Return the bytes of the last file of a flow; None when there was none."""
        found = sorted((self.folder / "processed").glob(f"*_{flow}_*"))
        return found[-1].read_bytes() if found else None

    def received(self, flow: str) -> list[str]:
        """Return the names of a flow's files, oldest first."""
        found = sorted((self.folder / "processed").glob(f"*_{flow}_*"))
        return [re.sub(rf"^\d+_{flow}_", "", path.name) for path in found]

    def counts(self) -> dict[str, int]:
        """Count employers, departments in use, employments and trajects that have not ended, and active users."""
        return counts(self.state, self.today)

    def periods(self) -> set[AbsencePeriod]:
        """Return every absence period."""
        return {
            (traject.employer, traject.number, traject.protocol, period.start, period.end, period.percent)
            for traject in self.state.trajects.values()
            for period in traject.periods
        }

    # What people do in the portal

    def report_into(self, folder: str) -> None:
        """Have the log report of each import put into this folder of the account."""
        (self.root / folder).mkdir(exist_ok=True)
        self.settings.report_folder = folder

    def add_note(self, key: str) -> None:
        """Put a note in the dossier of a traject, "employer/number/protocol/start". Raises KeyError."""
        self.state.trajects[key].has_notes = True
        save_state(self.folder, self.state)

    def add_user(
        self,
        login: str,
        *,
        group: str = "Leidinggevenden",
        number: str | None = None,
        authorisations: Iterable[tuple[str, str]] = (),
    ) -> str:
        """Make a user by hand, with (employer, department) authorisations; return its key."""
        user = User(group, number, login, authorisations=sorted(authorisations))
        self.state.users[user.key] = user
        save_state(self.folder, self.state)
        return user.key


def counts(state: State, today: str | None = None) -> dict[str, int]:
    """Count what is alive in a state on `today` (ISO date; None = the real one)."""
    day = today or moment.now().date().isoformat()
    alive = (
        len(state.employers),
        sum(not department.archived for department in state.departments.values()),
        sum(not employment.over(day) for employment in state.employments.values()),
        sum(not traject.over(day) for traject in state.trajects.values()),
        sum(user.active for user in state.users.values()),
    )
    return dict(zip(COUNTED, alive, strict=True))


def key_pair(path: Path) -> str:
    """Return the private key at `path` in OpenSSH form, made when there is none; the public one stands beside it."""
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        path.touch(mode=0o600)
        path.write_bytes(key.export_private_key())
        path.with_suffix(".pub").write_bytes(key.export_public_key())
    return path.read_text()
