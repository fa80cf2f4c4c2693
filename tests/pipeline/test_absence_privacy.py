"""What nobody may ever find of the absence: remarks, reasons, nursing addresses; and who it is of.

Why: docs/decisions/0009.
"""

import logging
import re
from datetime import date

import pytest
from crossings import ABSENCE, EMPLOYEES, After, Crossing
from cryptography.fernet import Fernet
from illness import at, case_of, key, nights
from unpacking import unpacked

from veerpont.model.failures import VeerpontError
from veerpont.pipeline.load import load
from veerpont_sandbox.absence import MEDICAL
from veerpont_sandbox.customers.spec import CAUSES

pytest_plugins = ["at_noon"]

NUMBER, NAME, BSN = "PNR-90210-Q", "Zonnebloem-Terpstra", "900000132"
PERSON = "{5A0D0001-0000-4000-8000-000000000ABC}"


def opened(crossing: Crossing) -> str:
    """Return all that is in the vault, opened and unpacked."""
    found = [path.read_bytes() for path in (crossing.home / "vault").rglob("*") if path.is_file()]
    return b"\n".join(unpacked(Fernet(crossing.key).decrypt(content)) for content in found).decode(errors="replace")


def two_days(ill: Crossing) -> None:
    """Rejects, a question, deletions, a hold, a held read, a failure and a backfill."""
    (row,) = [row for row in ill.source("employees") if row["Personeelsnummer"] == "1004"]
    new = row | {"Personeelsnummer": NUMBER, "GUID": PERSON, "Achternaam": NAME, "BSN": BSN}
    ill.sandbox.afas.insert("veerhuis", EMPLOYEES, [new])
    assert ill("employees")["delivered"] == 1
    book = ill.book
    good = book.open(NUMBER, date(2026, 11, 2), at=at("2026-11-22", 12), reason="2", guid_person=PERSON)
    book.nursing_address(good, date(2026, 11, 3), at=at("2026-11-22", 12))
    book.close(good, date(2026, 11, 6), at=at("2026-11-22", 12))
    bad = book.open(NUMBER, date(2026, 11, 10), at=at("2026-11-22", 12), reason="1", guid_person=PERSON)
    book.change(bad, date(2026, 11, 12), 140, at=at("2026-11-22", 12))
    book.open(
        NUMBER,
        date(2026, 11, 20),
        at=at("2026-11-22", 12),
        before_contract=date(2026, 11, 19),
        reason="11",
        guid_person=PERSON,
    )
    book.open("XX-unknown-XX", date(2026, 11, 20), at=at("2026-11-22", 12), reason="0")
    job, transformed = ill.at("2026-11-22T13:00").until_load("absence")
    staged = opened(ill)
    assert NUMBER in staged, "the search finds what is staged"
    assert not [text for text in MEDICAL if text in staged], "not even among the rows of a run that is going on"
    load(job, transformed)
    for who, begin in (("1001", "2026-11-16"), ("1003", "2026-11-04"), ("1004", "2026-09-07")):
        book.delete(case_of(ill, who, begin))
    book.delete(good)
    nights(ill, 22, 23)
    assert ill.held("absence")["gone"] == 4
    ill.sandbox.faults.add("replaced_column", connector=ABSENCE, field="Type", times=2)
    ill.at("2026-11-24T08:00")("absence")
    ill.sandbox.faults.clear()
    ill.sandbox.faults.add("maintenance", times=1)
    with pytest.raises(VeerpontError):
        ill.at("2026-11-24T09:00")("absence")
    ill.at("2026-11-24T10:00").fetch("2026-11", "2026-09")
    ill.at("2026-11-24T11:00")("absence")
    assert {"impossible_percentage", "began_before_contract", "unknown_employee"} <= set(
        ill.rejects("absence").values()
    )


@pytest.fixture
def busy(ill: Crossing, after: After) -> Crossing:
    """Two days with everything."""
    return after(two_days)


def test_no_medical_text_is_kept_or_sent(busy: Crossing) -> None:
    """No remark, reason or nursing address is in any object of the vault, nor in a file at the portal."""
    vault = opened(busy)
    assert key(case_of(busy, NUMBER, "2026-11-10")) in vault, "the search finds what is there"
    for text in MEDICAL:
        assert text not in vault
        assert not busy.in_ledger(text)
        assert text.encode() not in busy.last_file("absence")
        assert text not in str(busy.state)
    for field in ("Opmerking", "Verpleegadres_Naam", "Reden_verzuim", "Reden_verzuim_code", "Reden_afsluiten_code"):
        assert f'"{field}"' not in vault


def test_nothing_personal_in_ledger_notes_names_or_log(ill: Crossing, caplog: pytest.LogCaptureFixture) -> None:
    """Who it is of stands in the vault and in the file, and nowhere else: no number, name, BSN or GUID of a person."""
    caplog.set_level(logging.DEBUG)
    two_days(ill)  # no copy of them, which would log nothing
    busy = ill
    vault = "\n".join(str(path.relative_to(busy.home)) for path in busy.home.rglob("*"))
    names = "\n".join([*busy.files("absence"), *busy.notes, vault])
    for secret in (NUMBER, NAME, BSN, PERSON.strip("{}"), "XX-unknown-XX", "Fatima", *MEDICAL):
        assert not busy.in_ledger(secret)
        assert secret not in names
        assert secret not in caplog.text
    assert "absence" in names


def test_nothing_of_it_is_in_the_clear(busy: Crossing) -> None:
    """Whatever lies on the disk of the vault cannot be read without its key."""
    content = b"".join(path.read_bytes() for path in (busy.home / "vault").rglob("*") if path.is_file())
    assert len(content) > 1000
    for secret in (NUMBER, NAME, "Werkgevercode", "Ziekte", key(case_of(busy, NUMBER, "2026-11-10"))):
        assert secret.encode() not in content


def test_absence_codes_stand_with_nobody(busy: Crossing) -> None:
    """A reject says its field and rule; the type of the absence is not beside the key of the case in the ledger."""
    case = key(case_of(busy, "1008", "2026-02-09"))
    with busy.ledger.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        lines = [line for line in driver.iterdump() if case in line]
    assert lines
    assert not [line for line in lines if re.search(r"'XX'", line)]


def test_a_reason_code_only_where_a_cause_needs_it(known: Crossing) -> None:
    """Reason codes pass the door once a cause of the form TYPE/REASON is configured, and the texts still do not."""
    known.configure(absence={"initial_days": 800})
    known.at("2026-11-22T12:00")("absence")
    assert '"Reden_verzuim_code"' not in opened(known)
    known.configure(absence={"causes": {"01": CAUSES | {"Z/1": "91"}, "02": dict(CAUSES)}})
    known("absence")
    vault = opened(known)
    assert '"Reden_verzuim_code"' in vault
    assert not [text for text in MEDICAL if text in vault]
