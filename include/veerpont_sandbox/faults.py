"""Faults that can be switched on while the sandbox runs: one list, looked up in one place."""

import dataclasses
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal

REQUEST_KINDS = (
    "maintenance",  # 503; `form` full, header or body; `seconds` from now, or until cleared
    "revoked",  # 401, empty, typed as XML
    "ip_rule",  # 403, empty, typed as XML
    "too_many_requests",  # 429
    "bad_gateway",  # 502 with an HTML page
    "unexpected",  # 500 with the generic message
    "reset",  # the connection is reset
    "truncated",  # Content-Length promises more than is sent
    "slow",  # the answer waits `seconds`
    "wrong_environment",  # /metainfo names the environment `value`
)
"""Hit every call to a source; with `connector` only calls for that connector. At Loket, `connector` is an activity or
"token", and the last one does not exist; 503 and 429 say `retry_after` seconds, with `value` "date" as a date.
"""

DATA_KINDS = (
    "blocked",  # 500: connector blocked by the administrator
    "not_authorised",  # `status` 500 with the message, or 401
    "lock",  # 500 when another call of the same environment is running
    "out_of_memory",  # 500 when rows x fields exceeds `cells`
    "shuffled",  # the sort is ignored
    "zero_rows",  # 200 without rows
    "repeated_page",  # the page before this one once more
    "change_rows",  # before the answer: insert `rows`, delete those whose `field` is in `keys`; once unless `times`
    "dropped_field",  # `field` is no longer there
    "changed_type",  # `field` has type `value` (default string), and comes as text
    "added_field",  # a new field `field` with the text `value`
    "changed_length",  # `field` is `value` characters long: a version of AFAS changed it
    "replaced_column",  # `field` is "(replaced)" in every row
    "employer_filter",  # the filter inside the connector leaves out the employers in `keys`
    "last_line",  # of rows that are alike in the fields `keys`, only the last is shown: what Profit 9 does to bases
)
"""Hit calls for a connector's rows; those about a `field` hit its metainfo too (`replaced_column` excepted). Loket
knows `zero_rows` and `repeated_page`.
"""

LOKET_KINDS = (
    "forbidden",  # 403 with the message
    "plain_error",  # 400 as text/plain
    "conflict",  # 409
    "lost_answer",  # everything is done, then the connection is reset; `connector` "token": the new token is lost
    "moved_row",  # the first row of a later page has changed places with the first row of page 1
    "obsolete",  # the version of the resource is about to end
    "warning",  # the answer holds a message of type Warning
)
"""Hit calls to Loket; with `connector` only that activity, or "token"."""

PORTAL_KINDS = (
    "refuse_rename",  # the server forbids renaming
    "drop_upload",  # the connection breaks while a file is written
    "leave_file",  # the file stays in its folder after processing
    "reject_lines",  # lines whose key (or portal key) is in `keys` are rejected; `value`: the text, with {column} in it
    "no_report",  # no log report is put on the account
)
"""Hit the portal's files; with `flow` only that flow."""

API_KINDS = (
    "api_too_many_requests",  # 429; `retry_after` seconds
    "api_maintenance",  # 503; `seconds` from now, or until cleared
    "api_error",  # 500, before anything was done
    "api_slow",  # the work waits `seconds`; the same key gets 503 meanwhile
    "api_lost_answer",  # everything is done, then the connection is reset
    "api_reject",  # operations whose id is in `keys` are rejected: reason `value` (default refused), field `field`
)
"""Hit deliveries to the portal's JSON API; with `flow` only that flow."""

KINDS = REQUEST_KINDS + DATA_KINDS + LOKET_KINDS + PORTAL_KINDS + API_KINDS
_ONCE = {"change_rows"}


@dataclass
class Fault:
    """One fault. Left out: every customer, every connector or flow, until cleared.

    `after`: so many matching calls pass first. `times`: heals after so many hits. The other fields: see the kinds.
    """

    kind: str
    customer: str | None = None
    connector: str | None = None
    flow: str | None = None
    times: int | None = None
    after: int = 0
    seconds: float | None = None
    retry_after: int = 7200
    form: Literal["full", "header", "body"] = "full"
    status: int = 500
    field: str = ""
    value: str | None = None
    cells: int = 150_000
    keys: list[str] = dataclasses.field(default_factory=list)
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    started: float = dataclasses.field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Unknown fault {self.kind!r}; known are {', '.join(KINDS)}.")
        if self.kind in _ONCE and self.times is None:
            self.times = 1

    @property
    def remaining(self) -> int:
        """How many seconds a maintenance still lasts."""
        if self.seconds is None:
            return self.retry_after
        return max(1, round(self.started + self.seconds - time.monotonic()))

    @property
    def over(self) -> bool:
        expired = self.kind in {"maintenance", "api_maintenance"} and self.seconds is not None
        return self.times == 0 or (expired and time.monotonic() >= self.started + (self.seconds or 0))


_DEFAULTS = vars(Fault("slow")) | {"kind": None}


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, **options: Any) -> Fault:
        """Switch a fault on; `options` are the fields of `Fault`. Raises ValueError or TypeError on an unknown one."""
        fault = Fault(kind, **options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self, kind: str | None = None) -> None:
        """Switch off every fault, or those of one kind."""
        with self._lock:
            self._faults = [fault for fault in self._faults if kind is not None and fault.kind != kind]

    def active(self) -> list[dict[str, Any]]:
        """Return what is switched on, without what is left at its default."""
        with self._lock:
            faults = [fault for fault in self._faults if not fault.over]
        return [
            {name: value for name, value in vars(fault).items() if value != _DEFAULTS.get(name) and name != "started"}
            for fault in faults
        ]

    def hit(
        self, kind: str, customer: str | None, *, connector: str | None = None, flow: str | None = None
    ) -> Fault | None:
        """Return the fault of this kind that hits this call, and count it; None when there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.kind != kind or fault.over or fault.customer not in {None, customer}:
                    continue
                if fault.connector not in {None, connector} or fault.flow not in {None, flow}:
                    continue
                if fault.after:
                    fault.after -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
