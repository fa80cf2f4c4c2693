"""The integration file: one customer's link, as `docs/reference/settings.md` documents it.

What has a safe default has one here; what only the customer can know has none, and `veerpont check` names it.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from veerpont.config.hours import HoursSettings
from veerpont.config.payroll import PayrollSettings
from veerpont.config.section import Section
from veerpont.config.sections import (
    AbsenceSettings,
    GuardSettings,
    LinkSettings,
    MailSettings,
    OrganigramSettings,
    PortalSettings,
    RetentionSettings,
    SeenBySettings,
    SourceSettings,
    XpertSuiteSettings,
)
from veerpont.config.yaml_file import LARGEST, YamlFile, read_text, sentence
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow

LONGEST_NEW_NAME = 60
MOST_SENTENCES = 20


class Integration(Section):
    """One customer's link: exactly one source system, one or more portals, and its settings."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=100)] = Field(
        description="The name of the integration, unique: small letters, digits and _."
    )
    customer: str = Field(description="The customer's name, for people.")
    account: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=100)] | None = Field(
        None,
        description="The account at the portal that it shares with other integrations, by a name that they have in "
        "common: small letters, digits and _. Their employers are different ones, and what they say of the portal is "
        "the same. Reports of the portal are not read then.",
    )
    schedule: Literal["always", "when_live"] = Field(
        "always",
        description="Whether the schedule runs it at once, or only when somebody has taken it live (`veerpont live`, "
        "or the desk); a run by hand and a preview go in any case.",
    )
    seen_by: SeenBySettings | None = Field(
        None,
        description="Who sees it at the desk; left out: everybody who may look there. Nobody is exempt, engineers "
        "neither.",
    )
    source: SourceSettings = Field(description="Where the data comes from.")
    portals: Annotated[list[PortalSettings], Field(min_length=1)] = Field(
        description="Where it goes: one entry for each portal."
    )
    xpert_suite: XpertSuiteSettings = Field(
        XpertSuiteSettings(), description="How the customer's Xpert Suite account is set up."
    )
    organigram: OrganigramSettings = Field(OrganigramSettings(), description="Which employer a department belongs to.")
    absence: AbsenceSettings = Field(
        AbsenceSettings(), description="How absence is read, what the portal expects of it, and its codes."
    )
    hours: HoursSettings = Field(HoursSettings(), description="Hours of a time registration, for Loket's payroll.")
    payroll: PayrollSettings = Field(PayrollSettings(), description="Payroll data from AFAS.")
    guards: GuardSettings = Field(
        GuardSettings(), description="When a person is asked first, because much goes, comes or changes at once."
    )
    links: LinkSettings = Field(LinkSettings(), description="What becomes of a new employee of a customer with Loket.")
    mail: MailSettings = Field(MailSettings(), description="Who gets mail.")
    retention: RetentionSettings = Field(RetentionSettings(), description="How long things are kept.")

    @model_validator(mode="after")
    def _a_portal_takes_a_flow_once(self) -> "Integration":
        takes = [(portal.portal, flow) for portal in self.portals for flow in portal.flows]
        if len(takes) != len(set(takes)):
            raise ValueError("portals: a portal takes each flow once")
        return self

    @model_validator(mode="after")
    def _reports_are_of_one(self) -> "Integration":
        if self.account and self.xpert_suite.report:
            raise ValueError(
                "account: the rows of a report would be of several integrations, so take out xpert_suite.report, and "
                "look in the portal's log for what it rejects"
            )
        return self

    def portals_for(self, flow: Flow) -> list[PortalSettings]:
        """Return the portals that take `flow`, in the order of the file."""
        return [portal for portal in self.portals if flow in portal.flows]

    def says_of(self, portal: str) -> dict[str, Any]:
        """Return what it says of an account at a portal: where a file goes, how it looks, what the portal expects."""
        entry = next(each for each in self.portals if each.portal == portal)
        found = {f"portals[{portal}].{key}": getattr(entry, key) for key in ("connection", "settings", "extra")}
        found |= {f"xpert_suite.{key}": value for key, value in self.xpert_suite}
        of_absence = ("portal_deletes", "history_months", "delivery_from")
        return found | {f"absence.{key}": getattr(self.absence, key) for key in of_absence}

    @property
    def waits_to_go_live(self) -> bool:
        """Whether the schedule leaves it out until somebody takes it live (`store.live`)."""
        return self.schedule == "when_live"

    @property
    def profile(self) -> str:
        """Whether this is the sandbox or production; it stands under `xpert_suite`, and is about all of the file."""
        return self.xpert_suite.profile

    @property
    def is_sandbox(self) -> bool:
        """Whether what only a customer can know may have a default."""
        return self.profile == "sandbox"

    @property
    def user_group(self) -> str | None:
        """The group that managers' accounts are in; it stands under `xpert_suite`, and is told to every portal."""
        return self.xpert_suite.user_group

    def named_columns(self, flow: Flow) -> frozenset[str]:
        """Return our names of the columns that the file itself names for `flow`."""
        return frozenset(self.xpert_suite.columns.get(flow, {}))

    @property
    def portal_deletes(self) -> str | None:
        """Whether the portal deletes what a file leaves out; only `profile: sandbox` has a default."""
        if self.absence.portal_deletes is None and self.is_sandbox:
            return "delete"
        return self.absence.portal_deletes


def read_integration(path: Path) -> Integration:
    """Read one integration file. One that has not changed is not parsed again: the desk asks for all with each page.

    Raises SettingsError naming the file, and every field that is wrong with its line, without the values.
    """
    return parse_integration(path.name, read_text(path))


@lru_cache(maxsize=2048)
def parse_integration(name: str, text: str) -> Integration:
    """Return what the text of an integration file says. `name`: of the file. Raises as `read_integration`."""
    file = YamlFile(name, text)
    try:
        return Integration.model_validate(file.content)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        lines = "; ".join(sentence(file, Integration, item) for item in found[:MOST_SENTENCES])
        more = f"; and {len(found) - MOST_SENTENCES} more" if len(found) > MOST_SENTENCES else ""
        raise SettingsError(f"{name} is not a valid integration file: {lines}{more}") from None


def seen_by_alone(path: Path) -> SeenBySettings | None:
    """Return who sees the integration of a file that cannot be used, where that part of it can be read."""
    try:
        content = YamlFile(path.name, read_text(path)).content
        return SeenBySettings.model_validate(content.get("seen_by") if isinstance(content, dict) else None)
    except (SettingsError, ValidationError):
        return None


def unread(folder: Path) -> list[str]:
    """Return the files of a folder that look as if somebody meant them to be integration files, and that are not."""
    others = (path for path in folder.iterdir() if path.is_file() and path.suffix not in {".yaml", ".yml"})
    return sorted(path.name for path in others if re.search(r"\.ya?ml(\.txt)?$", path.name, re.IGNORECASE))


def read_integrations(
    folder: Path, only: str | Collection[str] | None = None
) -> tuple[dict[str, Integration], dict[str, SettingsError]]:
    """Read every `*.yaml` of `folder`: the valid ones by name, and an error by file name (without `.yaml`) for the
    others.

    `only`: the name of the one that is wanted, or the names; the files of a thousand others are then not parsed.

    Raises SettingsError when there is no such folder.

    One customer's broken file must never stop another's, so errors are returned and not raised. Of two files with one
    name neither is used.
    """
    if not folder.is_dir():
        raise SettingsError(f"VEERPONT_INTEGRATIONS is not a folder: {folder}.")
    found: dict[str, Integration] = {}
    files: dict[str, list[str]] = {}
    broken: dict[str, SettingsError] = {}
    paths = integration_files(folder)
    wanted = {only} if isinstance(only, str) else None if only is None else set(only)
    for path in paths if wanted is None else [path for path in paths if wanted & names_in(path)]:
        try:
            integration = read_integration(path)
        except SettingsError as error:
            broken[path.stem[:100]] = error
            continue
        except Exception as error:  # noqa: BLE001 -- whatever it is, the other customers cross, and alerts are sent
            broken[path.stem[:100]] = SettingsError(
                f"{path.name} cannot be read ({type(error).__name__}): a defect of ours. Undo its last change."
            )
            continue
        found[integration.name] = integration
        files.setdefault(integration.name, []).append(path.name)
    for name, names in files.items():
        if len(names) > 1:
            del found[name]
            broken[name] = SettingsError(
                f"{' and '.join(names)} both have name: {name}; give each integration its own."
            )
    if wanted is not None and not wanted <= {*found, *broken}:  # a name is written in some other way
        return read_integrations(folder)
    return found, broken


def integration_files(folder: Path) -> list[Path]:
    """Return the integration files of a folder, by name."""
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


_NAME = re.compile(rb"^[\"']?name[\"']?\s*:\s*[\"']?([a-z0-9_]+)[\"']?\s*(?:#|$)", re.M)


def names_in(path: Path) -> set[str]:
    """Return which integrations a file may be: the one that it is called, and those named at the begin of a line."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST)
    except OSError:
        content = b""
    return {path.stem, *(name.decode() for name in _NAME.findall(content))}
