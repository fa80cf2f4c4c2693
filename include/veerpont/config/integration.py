"""The integration file: one customer's link, as `docs/reference/settings.md` documents it.

What has a safe default has one here; what only the customer can know has none, and `veerpont check` names it.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from veerpont.config.hours import HoursSettings
from veerpont.config.payroll import PayrollSettings
from veerpont.config.report import SANDBOX, ReportColumns, ReportSettings
from veerpont.config.yaml_file import YamlFile, sentence
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.rules.names import NameUsage

LONGEST_NEW_NAME = 60
MOST_SENTENCES = 20

Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(_Section):
    """The one source system of an integration.

    `parallel_calls`: at the same time; AFAS stands 1 by default, Loket 4. The rest is for Loket: `managers_by`: which
    address of an employee is that of the Loket user who manages departments; `department_is`: what of an employment is
    its department at the portal; `salary_component`: the payroll component whose account the salary goes to, else the
    one called NETTOLOON; `name_usages`: the key of the way a name is written → what it means.
    """

    system: Literal["afas", "loket"]
    connection: str
    environment: str | None = None
    connectors: dict[Flow, str] = {}
    parallel_calls: Annotated[int | None, Field(ge=1, le=4)] = None
    calls_per_second: Annotated[float, Field(gt=0, le=50)] = 5
    managers_by: Literal["business_email", "private_email"] | None = None
    department_is: Literal["department", "distribution_unit"] = "department"
    salary_component: int | None = None
    name_usages: dict[str, NameUsage] = {}

    @model_validator(mode="after")
    def _afas_names_its_environment(self) -> "SourceSettings":
        if self.system == "afas" and not self.environment:
            raise ValueError("source.environment is required for afas: a token of another environment must be refused")
        return self

    @property
    def parallel(self) -> int:
        """How many calls may run at the same time (docs/reference/afas.md, 6.1; docs/reference/loket.md, 4)."""
        return self.parallel_calls or (4 if self.system == "loket" else 1)


class PortalSettings(_Section):
    """One portal, its connection, the flows that go there, and what only that portal knows and checks."""

    portal: str
    connection: str
    flows: list[Flow]
    settings: dict[str, Any] = {}


class XpertSuiteSettings(_Section):
    """How this customer's Xpert Suite account is set up."""

    profile: Literal["sandbox", "production"] = "production"
    key: Literal["personnel_number", "bsn"] = "personnel_number"
    file_format: Literal["xlsx", "csv"] = "xlsx"
    dates: Literal["text", "cell"] = "text"
    folders: dict[Flow, str] = {}
    columns: dict[Flow, dict[str, str]] = {}
    user_group: str | None = None
    settle_minutes: Count = 30
    temporary_suffix: Annotated[str, Field(pattern=r"^(\.[a-z0-9_]{1,10})?$")] = ".part"
    report: ReportSettings | None = None

    @property
    def report_columns(self) -> ReportColumns | None:
        """The columns of the portal's report; only `profile: sandbox` has a default."""
        if self.report is None:
            return None
        return self.report.columns or (SANDBOX if self.profile == "sandbox" else None)

    @property
    def report_missing(self) -> list[str]:
        """What is not said about the portal's report, one sentence each; no delivery waits for it."""
        if self.report is None or self.report_columns is not None:
            return []
        return [
            "xpert_suite.report.columns is missing: the headers of the portal's report (file, level, text, and line or "
            "key); download a report from the log screen in the portal and copy them."
        ]

    def folder(self, flow: Flow) -> str:
        """Return the folder of a flow: the name of the gegevensstroom (docs/reference/xpert-suite.md, 1.3)."""
        return self.folders.get(flow) or _FOLDERS[flow]


_FOLDERS = {
    Flow.EMPLOYERS: "Werkgevers",
    Flow.ORGANIGRAM: "Afdelingen",
    Flow.EMPLOYEES: "Medewerkers",
    Flow.ACCOUNTS: "Gebruikers",
    Flow.ABSENCE: "Verzuim",
    Flow.IBAN: "IBAN",
}


class OrganigramSettings(_Section):
    """How departments get an employer: the source's chart has none (docs/reference/xpert-suite.md, 5.2).

    `derive`: departments in use by an employer's people, with their ancestors. `shared`: the whole tree for every
    active employer. `map`: department code → employer code; a department follows its nearest mapped ancestor.
    """

    tree: Literal["derive", "shared", "map"] | None = None
    map: dict[str, str] = {}


class AbsenceSettings(_Section):
    """How absence is read, what the portal expects of it, and its codes (docs/contracts.md).

    `connector_window`: days, when the connector itself shows only what changed; null says that it shows everything.
    `send_zero_percent`: whether days at which somebody is fully present within a case are sent, as 0 percent.
    """

    connector_window: Annotated[int, Field(ge=1)] | None = None
    reconciliation_connector: str | None = None
    initial_days: Annotated[int, Field(ge=1)] = 365
    lookback_days: Annotated[int, Field(ge=1)] = 14
    history_months: Annotated[int, Field(ge=1)] = 24
    portal_deletes: Literal["delete", "log", "log_before_from"] | None = None
    delivery_from: date | None = None
    recovery_date_is: Literal["first_day_back", "last_absent_day"] | None = None
    send_zero_percent: bool = False
    types: dict[str, Literal["Ziekte", "Zwangerschap"] | None] = {}
    causes: dict[str, dict[str, str]] = {}

    @property
    def reads_widely(self) -> bool:
        """Whether there is a connector that shows every case, so that deletions at the source can be seen."""
        return self.connector_window is None or self.reconciliation_connector is not None


class GuardSettings(_Section):
    """When a person is asked first: too much goes, comes or changes at once.

    Removals: more than `max_gone`, or `max_gone_percent` with at least `min_gone`. New lines at one employer: more than
    `max_new_percent` with at least `min_new`. A column: changed in more than `max_changed_percent` of the told lines,
    at least `min_new` of them.
    """

    max_gone: Count = 25
    max_gone_percent: Percent = 10
    min_gone: Count = 3
    max_new_percent: Percent = 25
    min_new: Count = 20
    max_changed_percent: Percent = 50


class LinkSettings(_Section):
    """What becomes of a new employee of a Loket customer about whom nobody has decided.

    `empty_department`: what an empty cell does to a department that the portal has (docs/reference/xpert-suite.md,
    2.3).
    """

    default: Literal["add", "skip", "ask"] = "add"
    empty_department: Literal["clears", "keeps"] = "clears"


class MailSettings(_Section):
    to: list[str] = []
    language: Literal["nl", "en"] = "nl"
    when_empty: bool = False


class RetentionSettings(_Section):
    deliveries_days: Count = 90
    closed_rejects_days: Count = 90


class Integration(_Section):
    """One customer's link: exactly one source system, one or more portals, and its settings."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=100)]
    customer: str
    source: SourceSettings
    portals: Annotated[list[PortalSettings], Field(min_length=1)]
    xpert_suite: XpertSuiteSettings = XpertSuiteSettings()
    organigram: OrganigramSettings = OrganigramSettings()
    absence: AbsenceSettings = AbsenceSettings()
    hours: HoursSettings = HoursSettings()
    payroll: PayrollSettings = PayrollSettings()
    guards: GuardSettings = GuardSettings()
    links: LinkSettings = LinkSettings()
    mail: MailSettings = MailSettings()
    retention: RetentionSettings = RetentionSettings()

    @model_validator(mode="after")
    def _a_portal_takes_a_flow_once(self) -> "Integration":
        takes = [(portal.portal, flow) for portal in self.portals for flow in portal.flows]
        if len(takes) != len(set(takes)):
            raise ValueError("portals: a portal takes each flow once")
        return self

    def portals_for(self, flow: Flow) -> list[PortalSettings]:
        """Return the portals that take `flow`, in the order of the file."""
        return [portal for portal in self.portals if flow in portal.flows]

    @property
    def recovery_date_is(self) -> str | None:
        """What the date of recovery means; only `profile: sandbox` has a default. Loket says it.

        Facts: docs/reference/loket.md, 3.6.
        """
        if self.source.system == "loket":
            return "first_day_back"
        if self.absence.recovery_date_is is None and self.xpert_suite.profile == "sandbox":
            return "first_day_back"
        return self.absence.recovery_date_is

    @property
    def portal_deletes(self) -> str | None:
        """Whether the portal deletes what a file leaves out; only `profile: sandbox` has a default."""
        if self.absence.portal_deletes is None and self.xpert_suite.profile == "sandbox":
            return "delete"
        return self.absence.portal_deletes

    @property
    def managers_by(self) -> str | None:
        """Which address links a user of Loket to an employee; only `profile: sandbox` has a default."""
        if self.source.managers_by is None and self.xpert_suite.profile == "sandbox":
            return "business_email"
        return self.source.managers_by

    def missing(self, flow: Flow) -> list[str]:
        """Return what only the customer can know about a flow and the file does not say, one sentence each."""
        if flow is Flow.HOURS:
            return self.hours.missing() if self.source.system == "loket" else ["hours: the source must be loket."]
        if flow is Flow.PAYROLL:
            afas = self.source.system == "afas"
            return self.payroll.missing(self.xpert_suite.profile) if afas else ["payroll: the source must be afas."]
        sentences = self._missing_for_loket(flow) if self.source.system == "loket" else []
        if flow is not Flow.ABSENCE:
            return sentences
        if (
            self.source.system == "afas"
            and "connector_window" not in self.absence.model_fields_set
            and self.xpert_suite.profile != "sandbox"
        ):
            sentences.append(
                "absence.connector_window is missing: the days of the filter inside the customer's connector, or null "
                "when it has none."
            )
        if self.recovery_date_is is None:
            sentences.append(
                "absence.recovery_date_is is missing: first_day_back or last_absent_day; look at a closed case of "
                "which the customer knows the last day of absence."
            )
        if self.portal_deletes is None:
            sentences.append(
                "absence.portal_deletes is missing: what 'Traject verwijder actie' is set to in the portal (delete, "
                "log or log_before_from)."
            )
        return sentences

    def _missing_for_loket(self, flow: Flow) -> list[str]:
        if flow is Flow.ABSENCE and not self.absence.types:
            return [
                "absence.types is missing: the key of each cause of absence that the customer's Loket has, and whether "
                "it is Ziekte, Zwangerschap or null (leave out); Loket's list is not documented."
            ]
        if flow in {Flow.ORGANIGRAM, Flow.ACCOUNTS} and self.source.department_is == "distribution_unit":
            return [
                "source.department_is: distribution_unit: Loket has no list of distribution units and no managers of "
                f"them, so there is no {flow}. Take it out of the portals."
            ]
        if flow is Flow.ACCOUNTS and self.managers_by is None:
            return [
                "source.managers_by is missing: Loket does not say which employee a user is; business_email or "
                "private_email, the address of employees that is also their user's. Where neither is, take accounts "
                "out of the portals."
            ]
        wanted = self.xpert_suite.columns.get(Flow.EMPLOYEES, {})
        if flow is Flow.EMPLOYEES and "name_usage" in wanted and not self.source.name_usages:
            return [
                "source.name_usages is missing: the key of each howToFormatLastName in the customer's Loket, and which "
                f"of these it is: {', '.join(NameUsage)}. Or take the column name_usage out."
            ]
        return []

    @property
    def tree(self) -> str | None:
        """How departments are placed; `profile: sandbox` has a default, and Loket, whose charts have an employer."""
        if self.organigram.tree is None and (self.source.system == "loket" or self.xpert_suite.profile == "sandbox"):
            return "derive"
        return self.organigram.tree


def read_integration(path: Path) -> Integration:
    """Read one integration file.

    Raises SettingsError naming the file, and every field that is wrong with its line, without the values.
    """
    file = YamlFile(path)
    try:
        return Integration.model_validate(file.content)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        lines = "; ".join(sentence(file, Integration, item) for item in found[:MOST_SENTENCES])
        more = f"; and {len(found) - MOST_SENTENCES} more" if len(found) > MOST_SENTENCES else ""
        raise SettingsError(f"{path.name} is not a valid integration file: {lines}{more}") from None


def unread(folder: Path) -> list[str]:
    """Return the files of a folder that look as if somebody meant them to be integration files, and that are not."""
    others = (path for path in folder.iterdir() if path.is_file() and path.suffix not in {".yaml", ".yml"})
    return sorted(path.name for path in others if re.search(r"\.ya?ml(\.txt)?$", path.name, re.IGNORECASE))


def read_integrations(folder: Path, only: str | None = None) -> tuple[dict[str, Integration], dict[str, SettingsError]]:
    """Read every `*.yaml` of `folder`: the valid ones by name, and an error by file name (without `.yaml`) for the
    others.

    `only`: the name of the one that is wanted; the files of a thousand others are then not parsed.

    Raises SettingsError when there is no such folder.

    One customer's broken file must never stop another's, so errors are returned and not raised. Of two files with one
    name neither is used.
    """
    if not folder.is_dir():
        raise SettingsError(f"VEERPONT_INTEGRATIONS is not a folder: {folder}.")
    found: dict[str, Integration] = {}
    files: dict[str, list[str]] = {}
    broken: dict[str, SettingsError] = {}
    paths = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    for path in paths if only is None else [path for path in paths if _may_be(path, only)]:
        try:
            integration = read_integration(path)
        except SettingsError as error:
            broken[path.stem[:100]] = error
            continue
        found[integration.name] = integration
        files.setdefault(integration.name, []).append(path.name)
    for name, names in files.items():
        if len(names) > 1:
            del found[name]
            broken[name] = SettingsError(
                f"{' and '.join(names)} both have name: {name}; give each integration its own."
            )
    if only is not None and only not in {*found, *broken}:  # its name is written in some other way
        return read_integrations(folder)
    return found, broken


def _may_be(path: Path, name: str) -> bool:
    """Tell whether a file is called like an integration, or says at the begin of a line that it is that one."""
    if path.stem == name:
        return True
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return (
        re.search(rb"^[\"']?name[\"']?\s*:\s*[\"']?%b[\"']?\s*(#|$)" % re.escape(name.encode()), content, re.M)
        is not None
    )
