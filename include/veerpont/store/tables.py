"""The tables of the ledger. Nothing personal: record keys, counts, codes, names of employers, who decided what.

Times are UTC and aware. Changing a table here needs a migration in `migrations/versions`; a test compares the two.
"""

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from veerpont.model.messages import Message, Words, dump, load
from veerpont.rules.service import ServicePeriod
from veerpont.store.calls import SourceCalls  # noqa: F401 -- whoever asks for a table finds it here
from veerpont.store.code_tables import CodeCount, Mapping  # noqa: F401 -- the same
from veerpont.store.table_base import Base, Scoped, Worded


class Run(Worded, Scoped, Base):
    """One completed or attempted read of a flow for one integration and portal, with its books."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("integration", "flow", "portal", "run_id"),
        Index("ix_runs_latest", "integration", "flow", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(String(250))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(20))
    message: Mapped[str | None]
    read: Mapped[int] = mapped_column(default=0)
    delivered: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    filtered: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)


class Reject(Base):
    """A record that could not cross (uitval). One row for each record key; it reopens rather than doubles.

    `detail` is what to do, in English; `detail_codes` the codes and facts of it. `question` is the fingerprint of a
    change that only a person may confirm; `confirmed` is the one that was confirmed. `employer` where it is known.
    `owner` and `note` are people's words. An ignored one stays so while its reason stays the same (`ignored_for`: why).
    `retry_at`: somebody asked for another try, which the next run makes.
    """

    __tablename__ = "rejects"
    __table_args__ = (
        UniqueConstraint("integration", "flow", "key"),
        Index("ix_rejects_state", "integration", "flow", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    flow: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(200))
    stage: Mapped[str] = mapped_column(String(20))
    field: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str]
    detail_codes: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=1)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    last_run: Mapped[str] = mapped_column(String(250))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(250))
    question: Mapped[str | None] = mapped_column(String(64))
    confirmed: Mapped[str | None] = mapped_column(String(64))
    confirmed_by: Mapped[str | None] = mapped_column(String(200))
    employer: Mapped[str] = mapped_column(String(255), default="", server_default="")
    owner: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None]
    ignored_for: Mapped[str | None]
    retry_at: Mapped[datetime | None]

    @property
    def advice(self) -> Words:
        """The detail, as it can be said in the reader's language."""
        return load(self.detail, self.detail_codes) if self.detail_codes else self.detail

    @advice.setter
    def advice(self, words: Words) -> None:
        self.detail = str(words)
        self.detail_codes = dump(words) if isinstance(words, Message) else None


class RejectEvent(Base):
    """What happened to a reject: it opened, its reason changed, somebody acted, it closed. Never a value."""

    __tablename__ = "reject_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    reject_id: Mapped[int] = mapped_column(index=True)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(30))
    by: Mapped[str] = mapped_column(String(250))
    detail: Mapped[str] = mapped_column(default="", server_default="")


class RejectCode(Base):
    """How many open rejects of absence have which code of the source: counts without keys (docs/decisions/0009)."""

    __tablename__ = "reject_codes"
    __table_args__ = (UniqueConstraint("integration", "flow", "reason", "employer", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    flow: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(60))
    employer: Mapped[str] = mapped_column(String(255))
    code: Mapped[str] = mapped_column(String(60))
    count: Mapped[int]


class Alert(Worded, Base):
    """Something that is broken and was told once; told again only when it is well (docs/decisions/0022).

    `subject` says what: `failed acme iban`. `to`: managers or engineers. `message` as it was told.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_open", "subject", "well_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(300))
    integration: Mapped[str] = mapped_column(String(100))
    flow: Mapped[str] = mapped_column(String(30))
    to: Mapped[str] = mapped_column(String(20))
    message: Mapped[str]
    since: Mapped[datetime]
    told_at: Mapped[datetime | None]
    well_at: Mapped[datetime | None]
    well_told_at: Mapped[datetime | None]


class EmployerState(Base):
    """The gate: whether an employer's rows may be kept and sent, and who decided that when.

    `people`: how many employees the last complete read of employees showed at it; None before the first.
    `service_from`, `service_until`: the first and last day of its service; None: no limit on that side.
    """

    __tablename__ = "employers"
    __table_args__ = (UniqueConstraint("integration", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(String(255))
    name: Mapped[str]
    state: Mapped[str] = mapped_column(String(20))
    frozen: Mapped[bool] = mapped_column(default=False)
    people: Mapped[int | None]
    by: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime]
    service_from: Mapped[date | None]
    service_until: Mapped[date | None]

    @property
    def service(self) -> ServicePeriod:
        """The days on which it is served."""
        return ServicePeriod(self.service_from, self.service_until)


class Decision(Base):
    """What a person decided, kept for ever: who, when, about what."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(300))
    decision: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class Delivery(Scoped, Base):
    """One file to one portal, or one that waits for a person. Name and bytes are fixed before the upload.

    `rejected`: how many lines of it the portal's report rejected. `report_due`: by when that report should be there.
    `announced`: Airflow's asset was told that it was accepted.
    """

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_latest", "integration", "flow", "portal", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(String(250))
    state: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    records: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[str] = mapped_column(default="")
    question: Mapped[str | None] = mapped_column(String(64))
    object: Mapped[str | None]
    outcome: Mapped[str | None]
    at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    rejected: Mapped[int] = mapped_column(default=0, server_default="0")
    report_due: Mapped[datetime | None]
    announced: Mapped[bool] = mapped_column(default=False, server_default=true())


class Note(Scoped, Base):
    """A short text that is kept of a flow, by name (store.notes)."""

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("integration", "flow", "portal", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    value: Mapped[str]
    at: Mapped[datetime]


class Pointer(Scoped, Base):
    """Which vault object is the current one of a kind (store.kinds), and where the trails and the sent lines are.

    Moved in the same transaction that marks the delivery.
    """

    __tablename__ = "pointers"
    __table_args__ = (UniqueConstraint("integration", "flow", "portal", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    sequence: Mapped[str]
    at: Mapped[datetime]


class Coverage(Base):
    """What was asked of one employer's absence cases that began in one month, and how many lines came.

    `month`: `2026-11`, or `<2026-11` for all that began before. `asked_at`: when the read began; `moment`: for which
    moment the run was. `counts`: whether the answer was whole, and not one of a connector that shows changes only.
    """

    __tablename__ = "coverage"
    __table_args__ = (UniqueConstraint("integration", "employer", "month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    employer: Mapped[str] = mapped_column(String(255))
    month: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    moment: Mapped[datetime]
    got: Mapped[int]
    counts: Mapped[bool]


class LeaseRow(Base):
    """Who may do a thing that only one may do at a time, until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    heartbeat_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Token(Base):
    """The OAuth tokens of one connection, sealed with the vault's keys. `number` moves with every change.

    `client`, `first`: fingerprints of the client id, and of the refresh token that a person gave in the connection, so
    that another one given later is seen. `refused`: the other side refuses the refresh token; nobody asks again before
    a person has authorised again.
    """

    __tablename__ = "tokens"

    connection: Mapped[str] = mapped_column(String(250), primary_key=True)
    number: Mapped[int]
    client: Mapped[str] = mapped_column(String(64))
    first: Mapped[str] = mapped_column(String(64))
    refresh: Mapped[str]
    access: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    refused: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class Link(Base):
    """An employee about whom a person decides whether they cross (store.links).

    `personnel_number`, `department`: how the portal knows whom they are linked with. `at`: when that was decided.
    """

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("integration", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(200))
    employer: Mapped[str] = mapped_column(String(255))
    decision: Mapped[str] = mapped_column(String(20))
    personnel_number: Mapped[str | None] = mapped_column(String(50))
    department: Mapped[str | None] = mapped_column(String(255))
    by: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime | None]
    first_seen: Mapped[datetime]


class Forgotten(Base):
    """Somebody who was forgotten (store.forgotten). `marks`: keyed fingerprints of their record keys, nothing else."""

    __tablename__ = "forgotten"

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100), index=True)
    marks: Mapped[str]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class Read(Base):
    """The newest read of a flow that began (store.reads). `id`: its number, which only grows."""

    __tablename__ = "reads"
    __table_args__ = (Index("ix_reads_flow", "integration", "flow"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    flow: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]


class Work(Worded, Base):
    """Something that the desk was given, and that a task does (store.work). The bytes are in the vault.

    `flows`: on which of them who brought it may act. `object`: where the vault has it, until it ended. `result` and
    `counts` (JSON): what came of it; `message`: why it was refused. `tries`: how often it was begun.
    """

    __tablename__ = "desk_work"
    __table_args__ = (Index("ix_desk_work_state", "state", "integration"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    what: Mapped[str] = mapped_column(String(30))
    by: Mapped[str] = mapped_column(String(200))
    flows: Mapped[str]
    object: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(20))
    result: Mapped[str] = mapped_column(String(30), default="")
    counts: Mapped[str] = mapped_column(default="")
    delivery: Mapped[int | None]
    message: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class BatchMember(Base):
    """In which batch an integration is, in every flow (store.batches). Nobody moves until somebody asks for it."""

    __tablename__ = "batches"

    integration: Mapped[str] = mapped_column(String(100), primary_key=True)
    number: Mapped[int]


class InHand(Base):
    """What a run has in hand of one integration of a batch (store.in_hand). Kept for some days.

    `attempt`: how often the run was cleared. `step`: the last one that was done. `handed`: what that hands to the next
    (JSON). `retry_at`, `away`: until when it waits, and for what. `tries`: how often it failed without saying when to
    come back.
    """

    __tablename__ = "in_hand"
    __table_args__ = (
        UniqueConstraint("integration", "flow", "run_id"),
        Index("ix_in_hand_run", "flow", "run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration: Mapped[str] = mapped_column(String(100))
    flow: Mapped[str] = mapped_column(String(30))
    run_id: Mapped[str] = mapped_column(String(250))
    attempt: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    handed: Mapped[str]
    retry_at: Mapped[datetime | None]
    away: Mapped[str] = mapped_column(String(100))
    tries: Mapped[int]
    at: Mapped[datetime]
