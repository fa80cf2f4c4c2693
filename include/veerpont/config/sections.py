"""The sections of an integration file. What each setting means stands beside it, and in docs/reference/settings.md."""

from collections.abc import Collection
from datetime import date
from importlib import import_module
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from veerpont.config.report import SANDBOX, ReportColumns, ReportSettings
from veerpont.config.section import Section
from veerpont.model.flows import Flow
from veerpont.model.names import EXTRAS
from veerpont.rules.names import NameUsage

Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]
PersonName = Annotated[str, Field(min_length=1, max_length=200)]


class SourceSettings(Section):
    """The one source system of an integration."""

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
    calls_per_day: Annotated[int | None, Field(ge=1)] = Field(
        None,
        description="The most calls in a day, over all flows; what would ask more often is stopped until the next day. "
        "Default: AFAS 100,000, Loket no limit.",
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


class PortalSettings(Section):
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
    extra: dict[str, str | None] = Field(
        {},
        description="What this portal gets besides, each with its purpose: why the portal needs it. Of employees: "
        "hours_monday to hours_sunday. Of absence: employment_number, recovery_reason, no_risk, safety_net. For "
        "json_api; of xpert_suite for what has a column and says something of health.",
    )

    @model_validator(mode="after")
    def _takes_the_flows_of_its_extras(self) -> "PortalSettings":
        known = [name for flow in self.flows for name in EXTRAS.get(flow, ())]
        if wrong := [name for name in self.extra if name not in known]:
            there = f"the flows of this portal have: {', '.join(known)}" if known else "its flows have none"
            raise ValueError(f"extra: there is no {', '.join(wrong)}; {there}")
        return self


class XpertSuiteSettings(Section):
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


class OrganigramSettings(Section):
    """How departments get an employer: the source's chart has none (docs/reference/xpert-suite.md, 5.2)."""

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


class AbsenceSettings(Section):
    """How absence is read, what the portal expects of it, and its codes (docs/contracts.md)."""

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
    late_report_days: Annotated[int, Field(ge=0, le=3650)] = Field(
        90,
        description="So many days after the end of an employer's service, cases that began in it are still read. Then "
        "the desk asks to deactivate the employer.",
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
    count_reasons: bool = Field(
        False,
        description="Whether the codes of the reasons of absence are kept and counted before a cause TYPE/REASON is "
        "configured, so that the desk shows which there are.",
    )

    @property
    def wants_reasons(self) -> bool:
        """Whether the code of the reason of an absence may pass the door: a cause depends on it, or somebody asked."""
        return self.count_reasons or any("/" in kind for causes in self.causes.values() for kind in causes)

    @property
    def reads_widely(self) -> bool:
        """Whether there is a connector that shows every case, so that deletions at the source can be seen."""
        return self.connector_window is None or self.reconciliation_connector is not None


class GuardSettings(Section):
    """When a person is asked first: too much goes, comes or changes at once."""

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


class LinkSettings(Section):
    """What becomes of a new employee of a Loket customer about whom nobody has decided."""

    default: Literal["add", "skip", "ask"] = Field(
        "add",
        description="Loket: a new employee without a decision crosses (add), is left out (skip) or waits (ask).",
    )
    empty_department: Literal["clears", "keeps"] = Field(
        "clears",
        description="Loket: whether an empty cell in the employee file clears the department that the portal has, or "
        "keeps it.",
    )


class MailSettings(Section):
    to: list[str] = Field(
        [],
        description="The managers' addresses, for the mail of 07:00 and for alerts. Empty: the engineers hear of it.",
    )
    language: Literal["nl", "en"] = Field("nl", description="The language of their mails.")
    when_empty: bool = Field(False, description="Whether a morning with nothing to report has a mail too.")


class SeenBySettings(Section):
    """Who sees an integration at the desk, of those who may look there at all."""

    users: list[PersonName] = Field([], description="The user names of people, as Airflow knows them.")
    roles: list[PersonName] = Field(
        [],
        description="Roles: whoever has one of them. Only where Airflow's auth manager gives people roles: the simple "
        "one (viewer, user, op, admin) and that of the FAB provider.",
    )

    @model_validator(mode="after")
    def _names_somebody(self) -> "SeenBySettings":
        if not self.users and not self.roles:
            raise ValueError("name at least one user or role; without seen_by everybody who may look sees it")
        return self

    def includes(self, user: str, roles: Collection[str]) -> bool:
        """Tell whether a person with these roles sees it."""
        return user in self.users or not set(roles).isdisjoint(self.roles)


class RetentionSettings(Section):
    deliveries_days: Count = Field(90, description="Days that a delivered file is kept.")
    closed_rejects_days: Count = Field(90, description="Days that a closed reject is kept.")
