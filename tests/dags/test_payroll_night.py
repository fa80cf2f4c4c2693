"""A night of payroll data through Airflow: other columns wait, are shown, released and sent; nothing leaks."""

from collections.abc import Callable

import pytest
from airflow_night import Night
from test_nights import _logs, _names, _tables

from veerpont.desk import lists
from veerpont.store import deliveries
from veerpont_sandbox.afas.schema import COMPONENTS, FORMATION


def test_payroll_data_crosses_with_its_columns(night: Callable[..., Night], capfd: pytest.CaptureFixture[str]) -> None:
    here = night(customers=["veerhuis"], flows=["employers", "payroll"])
    here.run("employers")
    here.activate()
    shown = "Salaris Plus Canary"
    rows = [{"Werkgever": "01", "Medewerker": "1001", "Code": 9, "Omschrijving": shown, "Bedrag": 76543.21}]
    here.sandbox.afas.insert("veerhuis", COMPONENTS, rows)
    assert set(here.run("payroll").values()) == {"success"}
    assert (here.books("veerhuis", "payroll")["delivered"], here.books("veerhuis", "payroll")["held"]) == (122, 0)
    assert len(here.sandbox.portal.api("veerhuis", "payroll")) == 44
    here.sandbox.faults.add("dropped_field", connector=FORMATION, field="Percentage")
    assert set(here.run("payroll").values()) == {"success"}
    books = here.books("veerhuis", "payroll")
    assert (books["state"], books["held"]) == ("held", 11)
    (held,) = (row for row in lists.list_deliveries(here.ledger, None, "payroll") if row["state"] == "held")
    assert lists.show_delivery(held["id"])["schema"]["gone"] == ["formation.Percentage"]
    with here.ledger.session() as session:
        deliveries.decide(session, held["id"], "Jo", release=True)
    assert set(here.run("payroll").values()) == {"success"}
    assert "Percentage" not in here.sandbox.portal.api("veerhuis", "payroll")["formation/01/number:1001"][0]
    output = capfd.readouterr()
    places = {"output": output.out + output.err} | _logs() | _tables(here) | _names(here)
    assert len(places) > 10
    for secret in (shown, "76543.21", "90000011"):
        leaks = [place for place, content in places.items() if secret in content]
        assert [place for place in leaks if not place.endswith(".yaml")] == []
