"""One alert when something breaks, one when it is well: who hears of what, and how often."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from alert_days import ENGINEERS, Desk, at
from proving import WHOLE

from veerpont.alerts.watch import after_run, look, task_failed, task_well, tell
from veerpont.model.messages import Message, coded, together

ACME, BOREALIS, ENGINEER = "beheer@acme.example", "hr@borealis.example", ENGINEERS[0]
NIGHTLY = ("employers", "organigram", "employees", "accounts")


ON_SQLITE = pytest.mark.parametrize("ledger", ["sqlite", pytest.param("postgresql", marks=WHOLE)], indirect=True)
"""The statements are those of the other files here, which run on both databases."""
pytestmark = ON_SQLITE


def ticks(begin: str, end: str, minutes: int) -> list[str]:
    first, last = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    count = int((last - first) / timedelta(minutes=minutes))
    return [f"{first + timedelta(minutes=minutes * number):%Y-%m-%d %H:%M}" for number in range(count + 1)]


def day(begin: str, end: str, *edges: tuple[str, str]) -> list[str]:
    """Return the turns of 23 November: each hour, and each five minutes between the edges."""
    often = {tick for edge in edges for tick in ticks(*(f"2026-11-23 {time}" for time in edge), 5)}
    return sorted({*ticks(f"2026-11-23 {begin}", f"2026-11-23 {end}", 60), *often})


# -- the day of failures -----------------------------------------------------------------------------------------------


@pytest.mark.any_day
def test_a_day_on_which_afas_is_down_from_nine_to_five(quiet: Desk) -> None:
    for tick in day("07:00", "21:00", ("08:50", "09:15"), ("16:50", "17:10")):
        moment = at(tick)
        down = 9 <= datetime.fromisoformat(tick).hour < 17
        state, kind = ("skipped", "passing") if down else ("success", None)
        message = "AFAS is away. This turn is skipped; the next one is in five minutes." if down else ""
        for name in quiet.customers:  # iban: one task for all, its callback comes when both are noted
            quiet.run(name, "iban", tick, state, kind, message, tell=False)
        after_run(quiet.watch, "iban", list(quiet.customers), quiet.clock)
        for name in quiet.customers if moment.minute == 0 else ():
            quiet.run(name, "absence", tick, state, kind, message)
    for name in quiet.customers:
        for flow in NIGHTLY:
            quiet.run(name, flow, "2026-11-23 21:00")
    counts = Counter(address for _, one in quiet.outbox for address in one.to)
    assert counts[ACME] == counts[BOREALIS] == 0  # nothing they could act on
    subjects = quiet.got(ENGINEER)
    assert len(subjects) == 2
    assert (
        subjects[0] == "11:01 Veerpont: Bank accounts (IBAN) of Acme B.V. does not succeed (+1)"
    )  # iban of both, after two hours
    # absence stops for the same cause, which was told
    assert all("17:01" in line and "well again" in line for line in subjects[1:])
    assert quiet.outbox[0][1].text.count("AFAS is away") == 2


@pytest.mark.any_day
def test_a_wrong_token_in_a_five_minute_flow_is_two_mails_in_a_day(quiet: Desk) -> None:
    for tick in day("07:00", "18:00", ("07:00", "07:30")):
        quiet.run("acme", "iban", tick, "failed", "settings", "AFAS refused the token of connection afas_acme.")
    quiet.run("acme", "iban", "2026-11-23 18:05")
    quiet.run("acme", "iban", "2026-11-23 18:10")
    assert [line[:5] for line in quiet.got(ACME)] == ["07:01", "18:06"]
    assert not quiet.got(ENGINEER)
    first, last = (one for _, one in quiet.outbox)
    assert first.subject == "Veerpont: Bankrekeningen (IBAN) van Acme B.V. lukt niet"
    assert "AFAS refused the token of connection afas_acme." in first.text
    assert "23-11 07:00" in first.text
    assert last.subject == "Veerpont: Bankrekeningen (IBAN) van Acme B.V. gaat weer goed"
    assert "Van 23-11 07:00 tot 23-11 18:06" in last.text
    assert quiet.outbox[0][1].html.count("afas_acme") == 1


def test_a_defect_goes_to_the_engineers_at_once(quiet: Desk) -> None:
    quiet.run("borealis", "employees", "2026-11-23 21:00", "failed", "defect", "KeyError: a defect of ours.")
    quiet.run("borealis", "employees", "2026-11-24 21:00", "failed", "defect", "KeyError: a defect of ours.")
    assert quiet.got(ENGINEER) == ["21:01 Veerpont: Employees of Borealis B.V. does not succeed"]
    quiet.run("borealis", "employees", "2026-11-25 21:00")
    assert len(quiet.got(ENGINEER)) == 2
    assert not quiet.got(BOREALIS)


def test_a_failure_without_a_kind_is_a_defect(quiet: Desk) -> None:
    quiet.run("acme", "absence", "2026-11-23 09:00", "failed", None, "?")
    assert len(quiet.got(ENGINEER)) == 1


def test_a_defect_that_airflow_retries_is_told_when_it_has_given_up(quiet: Desk) -> None:
    quiet.run("acme", "employees", "2026-11-23 21:00", "failed", "defect", "KeyError", tell=False)
    after_run(quiet.watch, "iban", ["acme"], quiet.clock)  # another flow ends meanwhile
    assert not quiet.outbox
    after_run(quiet.watch, "employees", ["acme"], quiet.clock + timedelta(minutes=35))
    assert len(quiet.got(ENGINEER)) == 1


def test_a_defect_whose_own_callback_never_came_is_told_within_the_hour_by_another(quiet: Desk) -> None:
    quiet.run("acme", "employees", "2026-11-23 21:00", "failed", "defect", "KeyError", tell=False)
    after_run(quiet.watch, "iban", ["acme"], quiet.clock + timedelta(minutes=61))
    assert len(quiet.got(ENGINEER)) == 1


# -- what may pass -----------------------------------------------------------------------------------------------------


def test_maintenance_that_ends_within_the_night_is_told_to_nobody(quiet: Desk) -> None:
    quiet.run("acme", "employees", "2026-11-23 21:00", "failed", "passing", "AFAS is in maintenance.")
    quiet.run("acme", "employees", "2026-11-23 23:30")
    after_run(quiet.watch, "iban", ["acme"], at("2026-11-24 07:00"))
    assert not quiet.outbox


def test_a_night_that_ended_without_a_success_is_told_in_the_morning(quiet: Desk) -> None:
    quiet.run("acme", "employees", "2026-11-23 21:00", "failed", "passing", "AFAS is in maintenance.")
    look(quiet.watch, at("2026-11-24 06:29"))
    assert tell(quiet.watch, at("2026-11-24 06:29")) == 0
    after_run(quiet.watch, "iban", ["acme"], at("2026-11-24 07:01"))
    assert len(quiet.got(ENGINEER)) == 1
    assert "Employees" in quiet.got(ENGINEER)[0]


def test_the_night_does_not_count_as_time_without_absence(quiet: Desk) -> None:
    quiet.run("acme", "absence", "2026-11-23 07:00", "skipped", "passing", "AFAS is away.")
    quiet.run("acme", "absence", "2026-11-23 08:00", "skipped", "passing", "AFAS is away.")
    assert not quiet.outbox
    quiet.run("acme", "absence", "2026-11-23 10:00", "skipped", "passing", "AFAS is away.")
    assert len(quiet.got(ENGINEER)) == 1


def test_a_flow_that_waits_for_another_is_neither_broken_nor_well(quiet: Desk) -> None:
    quiet.run("acme", "iban", "2026-11-23 07:00", "failed", "settings", "No token.")
    quiet.run("acme", "iban", "2026-11-23 07:05", "skipped", "", "It waits for employees.")
    assert len(quiet.got(ACME)) == 1
    quiet.run("acme", "absence", "2026-11-23 20:00", "skipped", "", "It waits for employees.")
    assert len(quiet.outbox) == 1


def test_a_held_run_is_a_success_of_its_flow(quiet: Desk) -> None:
    quiet.run("acme", "employees", "2026-11-23 21:00", "failed", "settings", "No column.")
    quiet.run("acme", "employees", "2026-11-24 21:00", "held")
    assert "gaat weer goed" in quiet.got(ACME)[-1]


UNREACHABLE = "sftp.example:22 cannot be reached (refused). When this lasts, have host and port checked."


def test_another_cause_is_told_after_two_hours_and_three_tries_and_once_for_all_flows(quiet: Desk) -> None:
    """A host that is gone is no maintenance: nobody waits for the end of the night, or for three opening hours."""
    for clock in ("09:00", "10:00"):
        quiet.run("acme", "absence", f"2026-11-23 {clock}", "failed", "passing", UNREACHABLE)
    quiet.run("acme", "absence", "2026-11-23 10:30", "failed", "passing", UNREACHABLE)
    assert not quiet.outbox  # three tries, but not two hours
    quiet.run("acme", "absence", "2026-11-23 11:00", "failed", "passing", f"{UNREACHABLE} (absence)")
    assert quiet.got(ENGINEER) == ["11:01 Veerpont: Absence of Acme B.V. does not succeed"]
    quiet.run("acme", "employees", "2026-11-23 21:00", "failed", "passing", UNREACHABLE)
    after_run(quiet.watch, "iban", ["acme"], at("2026-11-24 07:01"))
    assert len(quiet.outbox) == 1  # the same sentence, of another flow
    quiet.run("acme", "absence", "2026-11-24 08:00")
    quiet.run("acme", "employees", "2026-11-24 08:10")
    assert len(quiet.outbox) == 2  # well again


def test_two_flows_with_two_causes_are_two_alerts(quiet: Desk) -> None:
    quiet.run("acme", "absence", "2026-11-23 09:00", "failed", "settings", "No token.")
    quiet.run("acme", "iban", "2026-11-23 09:05", "failed", "settings", "No folder.")
    quiet.run("acme", "employees", "2026-11-23 09:10", "failed", "settings", "No token.")
    assert len(quiet.got(ACME)) == 2


STILL = coded("portal.still_reads", "The portal still has the last file of {flow} to read.", flow="absence")


@pytest.mark.parametrize(
    "said",
    [
        STILL,
        together(STILL, coded("run.next_hour", "This turn was skipped.")),
        coded("run.lacking", "Integration {name}, flow {flow}: {missing}", name="acme", flow="absence", missing=STILL),
    ],
)
def test_a_portal_that_does_not_process_is_the_managers_matter(quiet: Desk, said: Message) -> None:
    """They can ask its support; an engineer of ours cannot. The code says it, wherever it stands in the sentence."""
    for clock in ("09:00", "10:00", "11:00"):
        quiet.run("acme", "absence", f"2026-11-23 {clock}", "failed", "passing", said)
    assert (len(quiet.got(ACME)), len(quiet.got(ENGINEER))) == (1, 0)


def test_the_words_alone_do_not_say_who_hears_of_it(quiet: Desk) -> None:
    for clock in ("09:00", "10:00", "11:00"):
        quiet.run("acme", "absence", f"2026-11-23 {clock}", "failed", "passing", str(STILL))
    assert (len(quiet.got(ACME)), len(quiet.got(ENGINEER))) == (0, 1)


@pytest.mark.parametrize("said", ["AFAS is not available now and is asked again later. (x: HTTP 503)", "AFAS is away."])
def test_maintenance_of_the_night_is_told_to_nobody_before_half_past_six(quiet: Desk, said: str) -> None:
    for clock in ("22 21:10", "22 23:45", "23 02:00", "23 05:00"):
        quiet.run("acme", "employees", f"2026-11-{clock}", "failed", "passing", said)
    after_run(quiet.watch, "iban", ["acme"], at("2026-11-23 06:29"))
    assert not quiet.outbox
    after_run(quiet.watch, "iban", ["acme"], at("2026-11-23 06:31"))
    assert len(quiet.got(ENGINEER)) == 1


# -- telling once ------------------------------------------------------------------------------------------------------


def test_while_the_mail_server_is_down_nothing_is_lost_and_no_run_fails(quiet: Desk) -> None:
    quiet.mail_is_down = True
    quiet.run("acme", "iban", "2026-11-23 09:00", "failed", "settings", "No token.")
    quiet.run("acme", "iban", "2026-11-23 09:05", "failed", "settings", "No token.")
    quiet.run("borealis", "iban", "2026-11-23 09:05", "failed", "settings", "No token.")
    quiet.run("borealis", "iban", "2026-11-23 09:10")
    assert not quiet.outbox
    assert any("stay untold" in line for line in quiet.log)
    assert not any("@" in line for line in quiet.log)
    quiet.mail_is_down = False
    quiet.run("acme", "iban", "2026-11-23 09:10", "failed", "settings", "No token.")
    quiet.run("acme", "iban", "2026-11-23 09:15", "failed", "settings", "No token.")
    assert len(quiet.got(ACME)) == 1
    (line,) = quiet.got(BOREALIS)  # broken and well again while no mail could go: one mail says both
    assert "well again" in line


@pytest.mark.any_day
def test_what_comes_and_goes_all_day_is_told_three_times_and_then_left_to_the_morning_mail(quiet: Desk) -> None:
    for number, tick in enumerate(day("08:00", "20:00", ("08:00", "08:45"))):
        state, kind = ("failed", "defect") if number % 2 == 0 else ("success", None)
        quiet.run("acme", "iban", tick, state, kind, "KeyError: a defect of ours.")
    assert len(quiet.got(ENGINEER)) == 6
    assert "comes and goes" in quiet.outbox[4][1].text
    quiet.run("acme", "iban", "2026-11-23 20:05")
    quiet.run("acme", "iban", "2026-11-25 09:00", "failed", "defect", "KeyError: a defect of ours.")
    assert len(quiet.got(ENGINEER)) == 7


def test_nobody_to_tell_is_said_in_the_log(quiet: Desk) -> None:
    quiet.engineers = ()
    quiet.run("acme", "iban", "2026-11-23 09:00", "failed", "defect", "KeyError")
    assert any("VEERPONT_ENGINEERS" in line for line in quiet.log)
    quiet.engineers = ENGINEERS
    quiet.run("acme", "iban", "2026-11-23 09:05", "failed", "defect", "KeyError")
    assert len(quiet.got(ENGINEER)) == 1


def test_settings_and_then_a_defect_reach_both_and_both_hear_that_it_is_well(quiet: Desk) -> None:
    quiet.run("acme", "iban", "2026-11-23 09:00", "failed", "settings", "No token.")
    quiet.run("acme", "iban", "2026-11-23 09:05", "failed", "defect", "KeyError")
    quiet.run("acme", "iban", "2026-11-23 09:10")
    assert len(quiet.got(ACME)) == len(quiet.got(ENGINEER)) == 2


def test_a_task_that_was_killed_is_told_to_the_engineers(quiet: Desk) -> None:
    for _ in range(2):
        task_failed(quiet.watch, "employees", "acme", "Task cross.load failed.", quiet.clock)
        tell(quiet.watch, quiet.clock)
    assert len(quiet.got(ENGINEER)) == 1
    task_well(quiet.watch, "employees", "borealis", quiet.clock)
    tell(quiet.watch, quiet.clock)
    assert len(quiet.got(ENGINEER)) == 1
    task_well(quiet.watch, "employees", "acme", quiet.clock)
    tell(quiet.watch, quiet.clock)
    assert "well again" in quiet.got(ENGINEER)[1]


def test_a_flow_that_was_taken_out_of_the_file_is_closed_without_a_mail(quiet: Desk) -> None:
    quiet.run("acme", "iban", "2026-11-23 09:00", "failed", "settings", "No token.")
    del quiet.customers["acme"]
    quiet.run("borealis", "iban", "2026-11-23 09:05")
    assert len(quiet.outbox) == 1
    assert all(alert.well_told_at for alert in quiet.alerts)


def test_an_attempt_that_failed_before_it_knew_its_portals_does_not_outlive_the_one_that_succeeded(
    quiet: Desk,
) -> None:
    from veerpont.store.tables import Run

    quiet.run("acme", "employees", "2026-11-23 21:00", "failed", "passing", "Away.", tell=False)
    with quiet.ledger.session() as session:
        (row,) = session.query(Run).where(Run.flow == "employees", Run.state == "failed")
        row.portal = ""
        session.add(
            Run(
                integration="acme",
                flow="employees",
                portal="xpert_suite",
                run_id=row.run_id,
                started_at=row.started_at + timedelta(minutes=5),
                ended_at=row.started_at + timedelta(minutes=9),
                state="success",
            )
        )
    after_run(quiet.watch, "iban", ["acme"], at("2026-11-24 09:00"))
    assert not quiet.outbox
