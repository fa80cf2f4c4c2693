"""The integration file: one customer's link, as `docs/reference/settings.md` documents it.

What has a safe default has one here; what only the customer can know has none, and `veerpont check` names it.
"""

import re
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

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
    one called NETTOLOON; `name_usages`: the key of the way a name is written → what it means. `settings`: what only
    that source knows and checks; AFAS and Loket take none.
    """

    system: str = Field(description="The source system.")
    connection: str = Field(description="Id of the Airflow connection to it; its type has the name of the system.")
    environment: str | None = Field(
        None,
        description="What AFAS must answer as its environment; any other answer is refused. AFAS requires it, Loket "
        "has none.",
    )
    connectors: dict[Flow, str] = Field(
        {}, description="Flow → GetConnector, where the customer renamed one. Default: Newdays_Connect_…."
    )
    parallel_calls: Annotated[int | None, Field(ge=1, le=4)] = Field(
        None,
        description="The most calls at the same time, for each AFAS member number or connection to Loket. Default: "
        "AFAS 1, Loket 4.",
    )
    calls_per_second: Annotated[float, Field(gt=0, le=50)] = Field(5, description="Loket: the most calls in a second.")
    managers_by: Literal["business_email", "private_email"] | None = Field(
        None,
        description="Loket: which address of an employee is that of the Loket user who manages departments. Needed "
        "for accounts in production.",
    )
    department_is: Literal["department", "distribution_unit"] = Field(
        "department",
        description="Loket: what is the department at the portal. distribution_unit is the cost centre of an "
        "employment; organigram and accounts are then not possible.",
    )
    salary_component: int | None = Field(
        None,
        description="Loket: key of the payroll component whose account gets the salary. Default: the one called "
        "NETTOLOON.",
    )
    name_usages: dict[str, NameUsage] = Field(
        {},
        description="Loket: key of howToFormatLastName → the way a name is written. Needed for a column name_usage in "
        "production.",
    )
    settings: dict[str, Any] = Field({}, description="What only that source knows; AFAS and Loket take none.")

    @field_validator("system")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in (known := _registry().sources()):
            raise ValueError(f"there is no such source; there are: {', '.join(known)}")
        return name

    @model_validator(mode="after")
    def _has_what_its_system_needs(self) -> "SourceSettings":
        if lacking := _registry().lacking(self.system, self.model_dump()):
            raise ValueError("; ".join(lacking))
        return self


def _registry() -> Any:
    """Return the table of systems. It is looked up late: the systems stand above this room."""
    return import_module("veerpont.systems.registry")


class PortalSettings(_Section):
    """One portal, its connection, the flows that go there, and what only that portal knows and checks."""

    portal: str = Field(description="The portal: xpert_suite, json_api, loket_hours or files.")
    connection: str = Field(
        description="Id of the Airflow connection: type sftp for xpert_suite, http for json_api, sftp or "
        "object_storage for files. Of loket_hours it is the connection of the source.",
    )
    flows: list[Flow] = Field(
        description="The flows that go there. iban goes only to json_api, hours only to loket_hours, payroll only to "
        "json_api and files; the others to xpert_suite and json_api.",
    )
    settings: dict[str, Any] = Field(
        {}, description="What only that portal knows: of files format, folder and encrypt_for. The others take none."
    )


class XpertSuiteSettings(_Section):
    """How this customer's Xpert Suite account is set up."""

    profile: Literal["sandbox", "production"] = Field(
        "production",
        description="sandbox: our names as headers, the organigram derived, and the first delivery is not held.",
    )
    key: Literal["personnel_number", "bsn"] = Field("personnel_number", description="How the portal identifies people.")
    file_format: Literal["xlsx", "csv"] = Field("xlsx", description="The form of a file.")
    dates: Literal["text", "cell"] = Field("text", description="Dates in a workbook: text (yyyy-MM-dd) or date cells.")
    folders: dict[Flow, str] = Field(
        {},
        description="Flow → folder at the portal. Default: Werkgevers, Afdelingen, Medewerkers, Gebruikers, Verzuim.",
    )
    columns: dict[Flow, dict[str, str]] = Field(
        {},
        description="Flow → our name → the template's column, in the order of the file. Needed in production, except "
        "for absence, whose template is known.",
    )
    user_group: str | None = Field(
        None,
        description="The group of the manager accounts; needed for accounts in production. It must hold the managers "
        "and nobody else: a complete file deactivates every user of the group that it leaves out.",
    )
    settle_minutes: Count = Field(
        30, description="Minutes that a scheduled run leaves between two files of a flow. A run by hand does not wait."
    )
    temporary_suffix: Annotated[str, Field(pattern=r"^(\.[a-z0-9_]{1,10})?$")] = Field(
        ".part",
        description="What the name of a file ends in while it is uploaded. Empty where the portal takes no such "
        "names: the file then has its real name from its first byte on.",
    )
    report: ReportSettings | None = Field(
        None, description="What the portal's log of an import is like. Left out: it is not read back."
    )

    @property
    def report_columns(self) -> ReportColumns | None:
        """The columns of the portal's report; only `profile: sandbox` has a default."""
        if self.report is None:
            return None
        return self.report.columns or (SANDBOX if self.profile == "sandbox" else None)

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

    tree: Literal["derive", "shared", "map"] | None = Field(
        None,
        description="derive: departments that an employer's people are in, with their ancestors. shared: the whole "
        "tree for every active employer. map: as organigram.map says. Needed in production; Loket, whose departments "
        "have an employer, defaults to derive.",
    )
    map: dict[str, str] = Field(
        {},
        description="With tree: map: department → employer code. A department follows its nearest mapped ancestor, "
        "itself included.",
    )


class AbsenceSettings(_Section):
    """How absence is read, what the portal expects of it, and its codes (docs/contracts.md).

    `connector_window`: days, when the connector itself shows only what changed; null says that it shows everything.
    `send_zero_percent`: whether days at which somebody is fully present within a case are sent, as 0 percent.
    """

    connector_window: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Days, if the customer's connector itself filters on the date of change; null says that it shows "
        "every case. Say one of the two: production requires it for AFAS.",
    )
    reconciliation_connector: str | None = Field(
        None, description="A copy of the absence connector that shows every case, where the first one is filtered."
    )
    initial_days: Annotated[int, Field(ge=1)] = Field(
        365, description="The first read asks for cases that are open, or ended within so many days."
    )
    lookback_days: Annotated[int, Field(ge=1)] = Field(
        14, description="How many days back the hourly read looks for changes."
    )
    history_months: Annotated[int, Field(ge=1)] = Field(
        24,
        description="How many months the portal looks back at absence; also how long an employment stays in the file "
        "after its end.",
    )
    portal_deletes: Literal["delete", "log", "log_before_from"] | None = Field(
        None,
        description="What 'Traject verwijder actie' is set to in the portal. Only with log does a file go out while "
        "the history is incomplete. Needed in production.",
    )
    delivery_from: date | None = Field(
        None, description="The day from which absence is delivered, if that is later than history_months says."
    )
    recovery_date_is: Literal["first_day_back", "last_absent_day"] | None = Field(
        None, description="What the date of recovery in AFAS says. Needed in production; Loket has one meaning."
    )
    send_zero_percent: bool = Field(
        False, description="Whether days of full presence within a case are sent, as 0 percent."
    )
    types: dict[str, Literal["Ziekte", "Zwangerschap"] | None] = Field(
        {},
        description="Absence type (Loket: key of the cause) → Ziekte, Zwangerschap or null (leave out). Loket has no "
        "default. AFAS, over the default: Z ZB ZZW ZOD AO B D O PO → Ziekte, ZW → Zwangerschap, A P BR F PM PZ TO → "
        "null.",
    )
    causes: dict[str, dict[str, str]] = Field(
        {},
        description="Employer code → absence type → cause code of the portal. vangnet wins for a line under the "
        "safety net, then TYPE/REASON, then TYPE. Without a cause a case is a reject.",
    )

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

    max_gone: Count = Field(25, description="More removals than this wait for a person.")
    max_gone_percent: Percent = Field(
        10,
        description="The same as a percentage of the lines that the portal was told, of the integration or of one "
        "employer.",
    )
    min_gone: Count = Field(
        3,
        description="The percentage counts from this many removals on. Also how many filled cells a column needs "
        "before it can be called blank.",
    )
    max_new_percent: Percent = Field(
        25,
        description="New lines at one employer wait if they are more than this percentage of the lines told of it. An "
        "employer that was just activated, or has no told lines yet, may bring any number.",
    )
    min_new: Count = Field(20, description="The percentages of new and of changed lines count from this many lines on.")
    max_changed_percent: Percent = Field(
        50,
        description="A column that changes in more than this percentage of the told lines holds the lines that it "
        "changes.",
    )


class LinkSettings(_Section):
    """What becomes of a new employee of a Loket customer about whom nobody has decided.

    `empty_department`: what an empty cell does to a department that the portal has (docs/reference/xpert-suite.md,
    2.3).
    """

    default: Literal["add", "skip", "ask"] = Field(
        "add",
        description="Loket: a new employee without a decision crosses (add), is left out (skip) or waits (ask).",
    )
    empty_department: Literal["clears", "keeps"] = Field(
        "clears",
        description="Loket: whether an empty cell in the employee file clears the department that the portal has, or "
        "keeps it.",
    )


class MailSettings(_Section):
    to: list[str] = Field(
        [],
        description="The managers' addresses, for the mail of 07:00 and for alerts. Empty: the engineers hear of it.",
    )
    language: Literal["nl", "en"] = Field("nl", description="The language of their mails.")
    when_empty: bool = Field(False, description="Whether a morning with nothing to report has a mail too.")


class RetentionSettings(_Section):
    deliveries_days: Count = Field(90, description="Days that a delivered file is kept.")
    closed_rejects_days: Count = Field(90, description="Days that a closed reject is kept.")


class Integration(_Section):
    """One customer's link: exactly one source system, one or more portals, and its settings."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=100)] = Field(
        description="The name of the integration, unique: small letters, digits and _."
    )
    customer: str = Field(description="The customer's name, for people.")
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

    def portals_for(self, flow: Flow) -> list[PortalSettings]:
        """Return the portals that take `flow`, in the order of the file."""
        return [portal for portal in self.portals if flow in portal.flows]

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
