"""What waits for a person is told once: held deliveries, questions, broken files, tokens that end."""

from alert_days import ENGINEERS, Desk, at, customer

from veerpont.alerts.watch import after_run
from veerpont.model.failures import SettingsError

ACME, BOREALIS, ENGINEER = "beheer@acme.example", "hr@borealis.example", ENGINEERS[0]
NIGHTLY = ("employers", "organigram", "employees", "accounts")


def test_what_waits_for_more_than_five_working_days_is_told_to_the_engineers_once(quiet: Desk) -> None:
    """Each question has an age: nobody else hears of it for a week, then those who run the machine do, once."""
    quiet.clock = at("2026-11-23 12:00")
    delivery = quiet.hold("acme", "employees", "many_gone", gone=40)
    for day in range(23, 31):
        quiet.run("acme", "employees", f"2026-11-{day} 21:00")
    assert quiet.got(ENGINEER) == []
    for day in (1, 2, 3):
        quiet.run("acme", "employees", f"2026-12-0{day} 21:00")
    assert len(quiet.got(ENGINEER)) == 1
    assert len(quiet.got(ACME)) == 1
    quiet.settle(delivery, "delivered")
    quiet.run("acme", "employees", "2026-12-04 21:00")
    assert len(quiet.outbox) == 2


def test_a_held_delivery_is_told_to_the_managers_once(quiet: Desk) -> None:
    delivery = quiet.hold("acme", "employees", "many_gone", gone=40)
    quiet.run("acme", "employees", "2026-11-23 21:00")
    quiet.run("acme", "employees", "2026-11-24 21:00")
    assert len(quiet.got(ACME)) == 1
    letter = quiet.outbox[0][1]
    assert "wacht op u" in letter.subject
    assert "Veel verwijderingen: 40 verwijderingen" in letter.text
    assert "https://airflow.example/desk/deliveries?integration=acme&flow=employees" in letter.text
    quiet.settle(delivery, "delivered")
    quiet.run("acme", "employees", "2026-11-25 21:00")
    assert len(quiet.outbox) == 1  # who released it knows
    quiet.hold("acme", "employees", "many_gone", gone=50)
    quiet.run("acme", "employees", "2026-11-26 21:00")
    assert len(quiet.got(ACME)) == 2


def test_lines_of_one_that_left_an_account_are_told_to_the_engineers(quiet: Desk) -> None:
    """Its file is gone, so nobody manages it; other questions of a customer that left are nobody's any more."""
    quiet.hold("gone_away", "employees", "many_gone", gone=40)
    quiet.hold("gone_away", "employees", "account_left", gone=10)
    for day in ("2026-11-23", "2026-11-24"):
        quiet.run("acme", "employees", f"{day} 21:00")
    assert len(quiet.got(ENGINEER)) == 1
    assert "gone_away" in quiet.outbox[0][1].text


def test_a_question_that_changes_by_the_hour_is_told_once(quiet: Desk) -> None:
    waits = quiet.hold("acme", "absence", "many_gone", gone=30)
    for hour in range(9, 15):
        quiet.run("acme", "absence", f"2026-11-23 {hour:02}:00")
        quiet.settle(waits, "superseded")
        waits = quiet.hold("acme", "absence", "many_gone", gone=30 + hour)
    assert len(quiet.got(ACME)) == 1


def test_a_broken_file_is_one_alert_for_the_engineers_and_none_for_each_flow(quiet: Desk) -> None:
    acme = quiet.customers.pop("acme")
    quiet.broken["acme"] = SettingsError("acme.yaml cannot be read as YAML (ScannerError).")
    for flow in (*NIGHTLY, "absence", "iban"):
        quiet.run("acme", flow, "2026-11-23 21:00", "failed", "settings", "acme.yaml cannot be read as YAML.")
    assert len(quiet.got(ENGINEER)) == 1
    assert "integration file acme" in quiet.got(ENGINEER)[0]
    del quiet.broken["acme"]
    quiet.customers["acme"] = acme
    quiet.run("acme", "iban", "2026-11-24 07:00")
    assert "can be used again" in quiet.got(ENGINEER)[1]


def test_without_managers_the_engineers_hear_of_settings(quiet: Desk) -> None:
    quiet.customers["acme"] = customer("acme", mail={})
    quiet.run("acme", "iban", "2026-11-23 09:00", "failed", "settings", "No token.")
    assert len(quiet.got(ENGINEER)) == 1


def test_tokens_that_end_are_told_at_sixty_and_at_fourteen_days(quiet: Desk) -> None:
    quiet.classic = {"acme"}
    for day in ("2027-03-01", "2027-03-02", "2027-03-03", "2027-04-16", "2027-04-17", "2027-04-18", "2027-05-02"):
        after_run(quiet.watch, "iban", ["acme"], at(f"{day} 09:00"))
        after_run(quiet.watch, "iban", ["acme"], at(f"{day} 09:05"))
    assert len(quiet.got(ACME)) == 2
    assert "over 60 dagen" in quiet.outbox[0][1].text  # 2 March
    assert "over 14 dagen" in quiet.outbox[1][1].text  # 17 April
    assert "afas_acme" in quiet.outbox[1][1].text
    quiet.classic = set()
    after_run(quiet.watch, "iban", ["acme"], at("2027-05-03 09:00"))
    assert "vervangen" in quiet.got(ACME)[2]
    assert len(quiet.outbox) == 3
    assert not quiet.got(BOREALIS)
