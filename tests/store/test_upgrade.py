"""A ledger of an earlier release goes on with what it knew: the short texts that stood among the pointers are notes."""

import json
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from veerpont.model.failures import SettingsError
from veerpont.store import alerts, deliveries, kinds, notes, reads, reports, trail_log
from veerpont.store import ledger as room
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.sweep import referred
from veerpont.store.tables import Delivery, Note, Pointer
from veerpont.store.vault import Sequence

AT = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
EMPLOYEES = Scope("acme", "employees", "xpert_suite")
ABSENCE = Scope("acme", "absence", "xpert_suite")

NOTES = {
    (EMPLOYEES, "read"): "412",
    (EMPLOYEES, "retried_at"): "2026-11-22T21:00:00+01:00",
    (EMPLOYEES, "destination"): "sftp://portal/acme",
    (EMPLOYEES, "account"): '[["key"],"acme","/in"]',
    (Scope("other", "employees", "xpert_suite"), "destination"): "sftp://portal/acme",
    (Scope("other", "employees", "xpert_suite"), "account"): '[["key"],"acme","/in"]',
    (EMPLOYEES.shared, "shared_read"): "411",
    (ABSENCE, "settings"): '{"connector_window":null,"history_months":24}',
    (ABSENCE, "accepted_lack"): '{"01":["2026-11"]}',
    (ABSENCE.shared, "wide_at"): "2026-11-22T21:00:00+01:00",
    (ABSENCE.shared, "doubted_at"): "",
    (Scope("acme", "iban"), "settled"): "f00",
    (Scope("acme"), "reports_taken"): '["a1"]',
    (Scope("acme"), "digest"): "2026-11-22",
    (Scope(""), "clock_ahead"): "2026-11-23T00:00:00+00:00",
}


def sequence(path: str) -> Sequence:
    return Sequence(path, 1, 2, "c0ffee")


def plain(of: Sequence) -> dict[str, object]:
    return {"path": of.path, "parts": of.parts, "items": of.items, "checksum": of.checksum}


POINTERS = {
    (scope, kind.pointer): sequence(kind.path(scope, "1"))
    for kind in kinds.KINDS
    if kind.pointer and not kind.pointer.endswith(" ")
    if kind not in {kinds.STANDING, kinds.LOOKUP, kinds.ADOPTED}  # which that one did not have
    for scope in [EMPLOYEES if kind.level is kinds.Level.PORTAL else EMPLOYEES.shared]
}
STEPS, LINES, BEFORE = (
    sequence(kind.path(EMPLOYEES, name))
    for kind, name in ((kinds.TRAILS, "2"), (kinds.SNAPSHOTS, "3"), (kinds.SNAPSHOTS, "4"))
)


def to(ledger: Ledger, version: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(room._MIGRATIONS))
    with ledger.engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, version)


@pytest.fixture
def former(ledger_url: str) -> Ledger:
    """A ledger as the release before left it, with a row of every sort among its pointers."""
    ledger = Ledger(ledger_url)
    to(ledger, "0010")
    rows = {key: json.dumps(plain(found), separators=(",", ":")) for key, found in POINTERS.items()} | NOTES
    rows[EMPLOYEES, "trail 2"] = json.dumps({"steps": plain(STEPS), "run_id": "r", "delivery": 1})
    rows[EMPLOYEES, "sent 1"] = json.dumps({"lines": plain(LINES), "before": plain(BEFORE)})
    with ledger.engine.begin() as connection:
        for (scope, kind), content in rows.items():
            connection.execute(
                text(
                    "INSERT INTO pointers (integration, flow, portal, kind, sequence, at) "
                    "VALUES (:integration, :flow, :portal, :kind, :content, :at)"
                ),
                scope.columns | {"kind": kind, "content": content, "at": AT},
            )
    return ledger


def test_it_is_refused_until_it_was_migrated(former: Ledger) -> None:
    with pytest.raises(SettingsError, match="at version 0010, this release needs"):
        former.require_current()


def test_every_note_is_read_as_before(former: Ledger) -> None:
    """Also by those who keep one under a name of their own; and of when it was noted nothing is lost."""
    former.migrate()
    with former.session() as session:
        assert {(scope, name): notes.noted(session, scope, name) for scope, name in NOTES} == NOTES
        assert {row.at for row in session.scalars(select(Note))} == {AT}
        assert notes.shares_destination(session, EMPLOYEES) == ["other (employees)"]
        assert notes.other_accounts(session, "acme") == {'[["key"],"acme","/in"]': ["other (employees)"]}
        assert reads.clock_ahead_until(session) == "2026-11-23T00:00:00+00:00"
        assert reports.taken(session, "acme") == {"a1"}
        assert alerts.done_on(session, "acme", "digest") == "2026-11-22"
        notes.note(session, EMPLOYEES, "read", "413")
        assert notes.noted(session, EMPLOYEES, "read") == "413"


def test_every_pointer_leads_where_it_led(former: Ledger) -> None:
    """And nothing but what leads to the vault is left among them."""
    former.migrate()
    with former.session() as session:
        for (scope, pointer), found in POINTERS.items():
            assert deliveries.pointer(session, scope, kinds.pointed(pointer)) == found
        (trail,) = trail_log.found(session, "acme", "employees")
        assert (trail.steps, trail.run_id, trail.delivery) == (STEPS, "r", 1)
        sent = reports.sent(session, Delivery(id=1, **EMPLOYEES.columns))
        assert sent == reports.Sent(LINES, BEFORE)
        assert len(list(session.scalars(select(Pointer)))) == len(POINTERS) + 2
        everything = {found.path: found for found in (*POINTERS.values(), STEPS, LINES, BEFORE)}
        assert referred(session) == everything


def test_the_release_before_can_have_it_back(former: Ledger) -> None:
    def rows() -> set[tuple[object, ...]]:
        with former.engine.connect() as connection:
            found = connection.execute(text("SELECT integration, flow, portal, kind, sequence FROM pointers"))
            return {tuple(row) for row in found}

    before = rows()
    former.migrate()
    assert len(rows()) == len(before) - len(NOTES)
    to(former, "0010", down=True)
    assert rows() == before
