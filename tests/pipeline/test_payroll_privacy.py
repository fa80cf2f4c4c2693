"""What nobody may find outside of the vault and the delivery: who earns what (docs/decisions/0009)."""

import logging

import pytest
from crossings import Crossing
from test_payroll import paid, told

from veerpont.desk import lists
from veerpont.model.failures import VeerpontError
from veerpont.model.flows import Flow
from veerpont.pipeline.preview import preview
from veerpont.pipeline.trail.trace import trace
from veerpont_sandbox.afas.schema import BASES, COMPONENTS, EMPLOYMENT, FORMATION

__all__ = ["paid"]

NAME, SALARY, STREET, KVK = "Zonnebloem Terpstra", "98765.43", "Kanarielaan", "87654321"


@pytest.fixture
def busy(paid: Crossing, caplog: pytest.LogCaptureFixture) -> Crossing:
    """Nights with everything: a reject, a refusal, two holds, an employer that waits, a failure."""
    caplog.set_level(logging.DEBUG)
    afas, faults = paid.sandbox.afas, paid.sandbox.faults
    who = {"Werkgever": "01", "Medewerker": "PNR-90210"}
    person = {**who, "KvK_nummer": "90000011", "Naam": NAME, "Straat": STREET, "Functie": "Kok", "Parttime": False}
    pay = [{**who, "Code": code, "Omschrijving": "Salaris", "Bedrag": float(SALARY)} for code in (1, 2)]
    nobody, elsewhere = {**person, "Medewerker": None}, {**person, "Medewerker": "PNR-1", "Werkgever": "99"}
    afas.insert("veerhuis", EMPLOYMENT, [person, nobody, elsewhere])
    afas.insert("veerhuis", COMPONENTS, [*pay, {**pay[0], "Omschrijving": f"{NAME}\x07"}])
    paid("payroll")
    afas.delete("veerhuis", COMPONENTS, "Omschrijving", [f"{NAME}\x07"])
    faults.add("api_reject", keys=["wage_components/01/number:PNR-90210"], value="invalid_value", field=NAME, times=1)
    paid("payroll")
    paid.at("2026-11-23T21:00")("payroll")
    faults.add("added_field", connector=FORMATION, field="Schaal", value=NAME)
    faults.add("last_line", connector=BASES, keys=["Medewerker", "Periode"])
    paid("payroll")
    faults.clear()
    afas.update("veerhuis", EMPLOYMENT, "Werkgever", "02", {"KvK_nummer": KVK})
    paid("payroll")
    faults.add("truncated", connector=COMPONENTS)
    with pytest.raises(VeerpontError):
        paid("payroll")
    faults.clear()
    return paid


def test_nothing_personal_outside_the_vault_and_the_delivery(busy: Crossing, caplog: pytest.LogCaptureFixture) -> None:
    """No name, amount, address or number of a company in log, ledger, message, preview, trace or the names of files."""
    assert [row["Bedrag"] for row in told(busy)["wage_components/01/number:PNR-90210"]] == [SALARY] * 2
    assert {"missing_value", "unknown_employer", "kvk_unequal"} <= set(busy.rejects("payroll").values())
    assert busy.stored(NAME), "the search finds what is there"
    shown = [
        caplog.text,
        *busy.notes,
        repr(preview("veerhuis", Flow.PAYROLL, busy.notes.append)),
        repr(trace("number:PNR-90210", "veerhuis")),
        *(str(path) for path in busy.home.rglob("*")),
        *(repr(lists.show_delivery(row["id"])) for row in busy.deliveries("payroll")),
    ]
    sealed = [path.read_bytes() for path in (busy.home / "vault").rglob("*") if path.is_file()]
    for secret in (NAME, SALARY, STREET, KVK, "Kanarie", "98765"):
        assert not [text for text in shown if secret in text], secret
        assert not busy.in_ledger(secret), secret
        assert not any(secret.encode() in content for content in sealed), secret
    assert "number:PNR-90210" in repr(trace("number:PNR-90210", "veerhuis"))
