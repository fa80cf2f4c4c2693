"""The mail of 07:00: what it says on a good and on a bad day, in both languages, once a day, and nothing personal."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alert_days import Desk, at, customer
from sqlalchemy import delete

from veerpont.config.integration import Integration
from veerpont.desk.digest import Digest, digest, engineers_digest
from veerpont.desk.digest_mail import engineers_page, render, send_once, send_to_engineers_once
from veerpont.messages.mail import Letter
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.texts import LANGUAGES, Language
from veerpont.store import employers
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Reject, RejectCode, Run

MORNING = at("2026-11-24 07:00")
NIGHTLY = ("employers", "organigram", "employees", "accounts")
KEY = "5A0D0001-0000-4000-8000-000000000001"
DESK = "https://airflow.example/desk"


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Desk]:
    """Acme's night went well: every flow succeeded since 21:00."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.require_current()
    found = Desk(ledger, customer("acme"))
    for flow in (*NIGHTLY, "absence", "iban"):
        found.run("acme", flow, "2026-11-23 21:00", tell=False)
    yield found
    ledger.engine.dispose()


def reject(desk: Desk, number: int, flow: str, reason: str, seen: str, **changes: object) -> None:
    """Let a record be rejected, with a key and a detail that must not be in any mail."""
    values = {
        "integration": "acme",
        "flow": flow,
        "key": f"{KEY[:-4]}{number:04}",
        "stage": "transform",
        "field": "Type",
        "reason": reason,
        "detail": "a sentence that is for the desk",
        "state": "open",
        "first_seen": at(seen),
        "last_seen": at(seen),
        "last_run": "a run",
        "employer": "01",
        **changes,
    }
    with desk.ledger.session() as session:
        session.add(Reject(**values))


def bad(desk: Desk) -> Digest:
    """Make it a bad day, and return its digest."""
    for number in range(12):
        seen = "2026-11-20 09:00" if number < 10 else "2026-11-23 14:00"
        reject(desk, number, "absence", "no_cause", seen)
    reject(desk, 20, "iban", "invalid_iban", "2026-11-23 14:05", field="IBAN-nummer", employer="02")
    reject(desk, 21, "employees", "portal_key_changed", "2026-11-23 21:04", question="the fingerprint", stage="export")
    reject(desk, 22, "employees", "missing_value", "2026-11-01 21:04", state="ignored")
    reject(desk, 23, "employees", "too_long", "2026-11-21 21:04", state="closed", closed_at=at("2026-11-23 21:05"))
    reject(desk, 24, "employees", "too_long", "2026-11-11 21:04", state="closed", closed_at=at("2026-11-12 21:05"))
    with desk.ledger.session() as session:
        session.add(
            RejectCode(integration="acme", flow="absence", reason="no_cause", employer="01", code="ZWX", count=12)
        )
        employers.show(session, "acme", "07", "Nieuw Werk B.V.")
    desk.hold("acme", "employees", "many_gone", gone=40)
    desk.run("acme", "accounts", "2026-11-23 22:00", "failed", "settings", "No user_group is set.", tell=False)
    with desk.ledger.session() as session:
        session.execute(delete(Run).where(Run.flow == "accounts", Run.state == "success"))
    return digest(desk.ledger, desk.customers["acme"], MORNING)


def test_a_service_that_is_over_is_in_every_mail_until_somebody_deactivates(day: Desk) -> None:
    """From the day on which late reports are not read any more; it waits for a decision like a new employer."""
    with day.ledger.session() as session:
        employers.show(session, "acme", "02", "Oud Werk B.V.")
        employers.activate(session, "acme", ["02"], "Els", {"last": MORNING.date() - timedelta(days=90)})
    assert digest(day.ledger, day.customers["acme"], MORNING).pending == []
    later = digest(day.ledger, day.customers["acme"], MORNING + timedelta(days=1))
    assert [(one.code, one.name, one.why) for one in later.pending] == [("02", "Oud Werk B.V.", "over")]
    subject, text, page = render(later, "nl", DESK)
    assert "1 werkgever wacht" in subject
    assert "02 Oud Werk B.V." in text
    assert "deactiveer de werkgever" in text
    assert "employers?integration=acme&amp;state=over" in page
    with day.ledger.session() as session:
        employers.deactivate(session, "acme", ["02"], "Els")
    assert digest(day.ledger, day.customers["acme"], MORNING + timedelta(days=1)).pending == []


def test_on_a_good_day_there_is_nothing_to_report(day: Desk) -> None:
    found = digest(day.ledger, day.customers["acme"], MORNING)
    assert found.is_empty
    assert [flow.flow for flow in found.flows if flow.late] == []
    assert len(found.flows) == 6


def test_rejects_are_counted_by_reason_and_employer(day: Desk) -> None:
    found = bad(day)
    groups = {(group.reason, group.employer): (group.count, group.new, group.questions) for group in found.open}
    assert groups == {
        ("no_cause", "01"): (12, 2, 0),
        ("invalid_iban", "02"): (1, 1, 0),
        ("portal_key_changed", "01"): (1, 1, 1),
    }
    assert found.since == at("2026-11-23 07:00")
    assert (found.count, found.new, found.ignored, found.closed, found.questions) == (14, 4, 1, 1, 1)
    assert found.open[0].oldest == at("2026-11-20 09:00")
    assert [(one.reason, one.count) for one in found.solved] == [("too_long", 1)]
    assert [(one.flow, one.reasons, one.gone) for one in found.held] == [("employees", ("many_gone",), 40)]
    assert [(one.code, one.name) for one in found.pending] == [("07", "Nieuw Werk B.V.")]
    assert [flow.flow for flow in found.late] == ["accounts"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bad_day_in_words(day: Desk, language: Language) -> None:
    subject, text, html = render(bad(day), language, DESK)
    said = {
        "nl": [
            "Acme B.V.",
            "Niet aangekomen om zeven uur",
            "Accounts van leidinggevenden",
            "No user_group is set.",
            "Veel verwijderingen",
            "40 verwijderingen",
            "Nieuw Werk B.V.",
            "Geen oorzaakcode ingesteld",
            "Ongeldig IBAN",
            "oudste 3 dagen",
            "2 nieuw",
            "1 vraagt om uw bevestiging",
            "1 genegeerd",
            "Waarde te lang",
        ],
        "en": [
            "Not arrived by seven",
            "Managers' accounts",
            "40 removals",
            "No cause code set",
            "Invalid IBAN",
            "oldest 3 days",
            "2 new",
            "1 asks you to confirm",
            "1 ignored",
            "Value too long",
        ],
    }[language]
    plain = re.sub(r"\s+", " ", text)
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#x27;", "'")
    for words in said:
        assert words in plain, words
        assert words in shown, words
    for link in (
        "rejects/group?integration=acme&flow=absence&employer=01&stage=transform&reason=no_cause",
        "deliveries/1",
        "employers?integration=acme&state=pending",
    ):
        assert f"{DESK}/{link}" in text
        assert f"{DESK}/{link}".replace("&", "&amp;") in html
    assert {"nl": "14 records uitval", "en": "14 rejects"}[language] in subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mail_has_a_record_key_a_value_or_an_absence_code(day: Desk, language: Language) -> None:
    for part in render(bad(day), language, DESK):
        assert not re.search(r"5A0D0001|ZWX|for the desk|fingerprint", part)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_good_day_in_words(day: Desk, language: Language) -> None:
    subject, text, html = render(digest(day.ledger, day.customers["acme"], MORNING), language, DESK)
    assert {"nl": "alles in orde", "en": "all is well"}[language] in subject
    for part in (text, html):
        assert {"nl": "niets te melden", "en": "nothing to report"}[language] in part
        assert "23-11 21:01" in part


def test_a_night_without_a_sound_is_in_the_mail_though_nothing_failed(day: Desk) -> None:
    found = digest(day.ledger, day.customers["acme"], at("2026-11-25 07:00"))
    assert [flow.flow for flow in found.late] == [*NIGHTLY, "absence", "iban"]
    assert not found.is_empty


def test_a_turn_of_the_evening_that_was_skipped_is_no_reason_for_a_mail(day: Desk) -> None:
    for flow, last in (("absence", "20:00"), ("iban", "20:30")):
        day.run("acme", flow, f"2026-11-24 {last}", tell=False)
        day.run("acme", flow, "2026-11-24 21:00", "skipped", "passing", "AFAS is in maintenance.", tell=False)
    for flow in NIGHTLY:
        day.run("acme", flow, "2026-11-24 23:00", tell=False)
    assert digest(day.ledger, day.customers["acme"], at("2026-11-25 07:00")).is_empty


def test_iban_that_was_skipped_for_more_than_an_hour_is_in_the_mail(day: Desk) -> None:
    day.run("acme", "iban", "2026-11-24 19:30", tell=False)
    day.run("acme", "iban", "2026-11-24 21:00", "skipped", "passing", "AFAS is in maintenance.", tell=False)
    late = digest(day.ledger, day.customers["acme"], at("2026-11-25 07:00")).late
    assert "iban" in [flow.flow for flow in late]


def test_a_new_customer_reads_that_nothing_came_yet(day: Desk) -> None:
    found = digest(day.ledger, customer("borealis"), MORNING)
    assert all(flow.late and flow.success_at is None for flow in found.flows)
    assert "Nog nooit gelukt" in render(found, "nl", "")[1]


def test_a_run_that_was_held_and_delivered_nothing_is_no_last_success(day: Desk) -> None:
    """Nothing of it arrived: the mail says when something last did, and that the run since then waits."""
    day.run("acme", "employees", "2026-11-24 00:00", "held", tell=False)
    flow = next(one for one in digest(day.ledger, day.customers["acme"], MORNING).flows if one.flow == "employees")
    assert (flow.success_at, flow.state, flow.late) == (at("2026-11-23 21:01"), "held", False)
    _, text, _ = render(digest(day.ledger, day.customers["acme"], MORNING), "en", DESK)
    assert "Last succeeded on 23-11 21:01. Last run: held" in text


def test_many_groups_are_cut_and_counted(day: Desk) -> None:
    for number in range(60):
        reject(day, number, "absence", "no_cause", "2026-11-23 14:00", employer=f"{number:02}")
    found = digest(day.ledger, day.customers["acme"], MORNING)
    _, text, html = render(found, "en", DESK)
    assert "20 more records in 20 groups" in text
    assert len(html.encode()) < 100_000  # longer mails are cut off by Gmail


def sending(day: Desk, integration: Integration, outbox: list[Letter], moment: datetime = MORNING) -> str:
    return send_once(day.ledger, integration, moment, DESK, outbox.append)


class TestSending:
    def test_one_mail_a_day_whoever_asks(self, day: Desk) -> None:
        bad(day)
        outbox: list[Letter] = []
        assert "sent." in sending(day, day.customers["acme"], outbox)
        assert "already" in sending(day, day.customers["acme"], outbox, MORNING + timedelta(hours=2))
        assert len(outbox) == 1
        assert outbox[0].to == ("beheer@acme.example",)
        sending(day, day.customers["acme"], outbox, MORNING + timedelta(days=1))
        assert len(outbox) == 2

    def test_nothing_to_report_is_a_mail_only_where_one_is_wanted(self, day: Desk) -> None:
        outbox: list[Letter] = []
        assert "no mail" in sending(day, day.customers["acme"], outbox)
        wants = customer("acme", mail={"to": ["beheer@acme.example"], "when_empty": True, "language": "en"})
        sending(day, wants, outbox)
        (one,) = outbox
        assert "all is well" in one.subject

    def test_what_the_mail_server_did_not_take_is_sent_by_the_retry(self, day: Desk) -> None:
        bad(day)

        def down(_: Letter) -> None:
            raise PassingError("The mail server did not take the mail.")

        with pytest.raises(PassingError):
            send_once(day.ledger, day.customers["acme"], MORNING, DESK, down)
        outbox: list[Letter] = []
        sending(day, day.customers["acme"], outbox)
        assert len(outbox) == 1


class TestEngineers:
    def test_they_read_of_defects_of_what_lasts_and_of_broken_files(self, day: Desk) -> None:
        day.run("acme", "iban", "2026-11-23 21:05", "failed", "defect", "KeyError, a defect of ours.", tell=False)
        day.run("acme", "employees", "2026-11-24 06:00", "failed", "settings", "No column.", tell=False)
        day.run("acme", "organigram", "2026-11-23 21:30", "failed", "passing", "AFAS is away.", tell=False)
        broken = {"borealis": SettingsError("borealis.yaml cannot be read as YAML (ScannerError).")}
        found = engineers_digest(day.ledger, day.customers, broken, MORNING)
        assert {(one.flow, one.kind) for one in found.failures} == {("iban", "defect"), ("organigram", "passing")}
        page = engineers_page(found, day.customers, DESK)
        assert "borealis" in str(page)
        assert "KeyError" in str(page)
        assert "2 broken" in page.title

    def test_who_left_an_account_is_named_until_somebody_has_answered(self, day: Desk) -> None:
        """Its file is gone, so no manager's mail has it. Other questions of who is no customer are nobody's."""
        day.clock = at("2026-11-18 21:00")
        number = day.hold("departed", "employees", "account_left", gone=12)
        day.hold("departed", "absence", "many_gone", gone=40)
        day.hold("acme", "absence", "account_left", gone=7)  # its file names another account: its managers read of it
        found = engineers_digest(day.ledger, day.customers, {}, MORNING)
        assert [(name, [one.id for one in waiting]) for name, waiting in found.left.items()] == [("departed", [number])]
        assert not found.is_empty
        page = engineers_page(found, day.customers, DESK)
        assert f"delivery {number} (Employees) has waited 3 working days, 1 delivery waits" in page.title
        (row,) = next(section for section in page.sections if section.heading == "Left an account, without a file").rows
        assert row.title == "departed: Employees: No member of the account any more"
        assert row.notes[0].startswith("12 removals")
        assert row.link == f"{DESK}/deliveries/{number}"
        day.settle(number, "delivered")
        assert engineers_digest(day.ledger, day.customers, {}, MORNING).is_empty

    def test_their_mail_comes_every_day_once(self, day: Desk) -> None:
        outbox: list[Letter] = []
        for _ in range(2):
            send_to_engineers_once(
                day.ledger, day.customers, {}, ("engineer@veerpont.example",), MORNING, DESK, outbox.append
            )
        (one,) = outbox
        assert "all is well" in one.subject


@pytest.mark.parametrize(("since", "named"), [("2026-11-20 21:00", False), ("2026-11-18 21:00", True)])
def test_a_question_of_more_than_two_working_days_is_named_in_the_subject(day: Desk, since: str, named: bool) -> None:
    """A weekend is no working day; what waits says since how many."""
    day.clock = at(since)
    number = day.hold("acme", "absence", "case_gone", gone=2)
    found = digest(day.ledger, day.customers["acme"], MORNING)
    subject, text, _ = render(found, "nl", DESK)
    assert (f"levering {number} (Verzuim) wacht al 3 werkdagen" in subject) is named
    assert "op de beheerders" in text
