"""What of payroll data waits: other columns, employers without their KvK number, tables that shrank."""

from typing import Any

import pytest
from crossings import Crossing
from proving import WHOLE
from test_payroll import PEOPLE, counts, detail, paid, tables, told
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.desk import lists
from veerpont_sandbox.afas.schema import BASES, COMPONENTS, EMPLOYMENT, FORMATION

__all__ = ["paid"]


def asked(crossing: Crossing) -> dict[str, Any]:
    """Return what the one delivery that waits says of columns."""
    held = crossing.held("payroll")
    assert held["reasons"] == "schema_changed"
    return dict(lists.show_delivery(held["id"])["schema"])


class TestOtherColumns:
    def test_a_new_one_waits_is_shown_and_is_sent_when_released(self, paid: Crossing) -> None:
        paid.sandbox.faults.add("added_field", connector=FORMATION, field="Schaal", value="7b")
        books = paid("payroll")
        assert (books["state"], *counts(books, "held", "unchanged", "delivered")) == ("held", PEOPLE, 110, 0)
        assert asked(paid) == {"new": ["formation.Schaal"], "gone": [], "changed": []}
        said = CliRunner().invoke(app, ["deliveries", "show", str(paid.held("payroll")["id"])]).output
        assert "columns new: formation.Schaal" in said
        assert "employer 01, 7 changed: formation/01/number:" in said
        assert "Schaal" not in tables(paid)["formation"]
        paid.release(paid.held("payroll")["id"])
        assert paid("payroll")["delivered"] == PEOPLE
        assert tables(paid)["formation"][-1] == "Schaal"
        assert told(paid)["formation/01/number:KMA"][0]["Schaal"] == "7b"
        assert counts(paid("payroll"), "delivered", "unchanged") == (0, 121), "the new columns are the accepted ones"
        assert {row["state"] for row in paid.deliveries("payroll")} == {"delivered"}

    def test_one_that_disappears(self, paid: Crossing) -> None:
        paid.sandbox.faults.add("dropped_field", connector=COMPONENTS, field="Omschrijving")
        assert paid("payroll")["state"] == "held"
        assert asked(paid) == {"new": [], "gone": ["wage_components.Omschrijving"], "changed": []}
        assert "Omschrijving" in told(paid)["wage_components/01/number:KMA"][0]
        paid.release(paid.held("payroll")["id"])
        assert paid("payroll")["delivered"] == PEOPLE * 3
        assert "Omschrijving" not in told(paid)["wage_components/01/number:KMA"][0]
        assert "Omschrijving" not in tables(paid)["wage_components"]

    def test_one_that_changes_its_type_or_length(self, paid: Crossing) -> None:
        paid.sandbox.faults.add("changed_type", connector=BASES, field="Bedrag")
        paid.sandbox.faults.add("changed_length", connector=EMPLOYMENT, field="Functie", value="40")
        assert paid("payroll")["state"] == "held"
        changed = ["calculated_bases.Bedrag: decimal (2) → text (80)", "employment.Functie: text (80) → text (40)"]
        assert asked(paid)["changed"] == changed
        paid.release(paid.held("payroll")["id"])
        assert paid("payroll")["state"] == "success"
        schema = paid.sandbox.portal.json_api.schema("veerhuis")["tables"]
        assert {"name": "Bedrag", "type": "text", "length": 80} in schema["calculated_bases"]

    def test_another_change_asks_anew(self, paid: Crossing) -> None:
        """Who released one change has not seen the next; when it is taken back, what was released goes."""
        paid.sandbox.faults.add("added_field", connector=FORMATION, field="Schaal", value="7b")
        paid("payroll")
        first = paid.held("payroll")["id"]
        paid.release(first)
        paid.sandbox.faults.add("added_field", connector=COMPONENTS, field="Soort", value="x")
        assert paid("payroll")["state"] == "held"
        (second,) = (row for row in paid.deliveries("payroll", "held") if row["decided_by"] is None)
        assert second["id"] != first
        shown = lists.show_delivery(second["id"])["schema"]
        assert shown["new"] == ["formation.Schaal", "wage_components.Soort"]
        paid.release(second["id"])
        assert paid("payroll")["state"] == "success"
        assert (tables(paid)["formation"][-1], tables(paid)["wage_components"][-1]) == ("Schaal", "Soort")
        assert paid.deliveries("payroll", "held") == []

    def test_one_that_is_taken_back_lapses(self, paid: Crossing) -> None:
        paid.sandbox.faults.add("added_field", connector=FORMATION, field="Schaal", value="7b")
        paid("payroll")
        paid.sandbox.faults.clear()
        assert counts(paid("payroll"), "held", "unchanged") == (0, 121)
        assert [row["state"] for row in paid.deliveries("payroll")] == ["superseded", "delivered"]

    def test_another_order_of_columns_is_no_change(self, paid: Crossing) -> None:
        rows = paid.sandbox.afas.rows("veerhuis", FORMATION)
        order = "Vanaf:date Percentage:decimal Werkgever Medewerker Afdeling"
        paid.sandbox.afas.define("veerhuis", FORMATION, order, rows, "Werkgever")
        assert counts(paid("payroll"), "held", "unchanged") == (0, 121)


class TestColumnsWithoutValues:
    @pytest.mark.parametrize(("value", "reason"), [(None, "column_blank"), ("(replaced)", "column_replaced")])
    def test_a_column_that_lost_its_values_in_one_table(self, paid: Crossing, value: str | None, reason: str) -> None:
        rows = paid.sandbox.afas.rows("veerhuis", COMPONENTS)
        paid.sandbox.afas.replace("veerhuis", COMPONENTS, [row | {"Omschrijving": value} for row in rows])
        assert paid("payroll")["state"] == "held"
        assert paid.held("payroll")["reasons"] == f"{reason}:wage_components.Omschrijving"


class TestKvk:
    """An employer's payroll data goes to the company that has its number, or nowhere."""

    def with_number(self, paid: Crossing, number: str | None) -> None:
        paid.sandbox.afas.update("veerhuis", EMPLOYMENT, "Werkgever", "02", {"KvK_nummer": number})
        paid.sandbox.afas.update("veerhuis", FORMATION, "Werkgever", "02", {"Percentage": 80})
        paid.sandbox.afas.update("veerhuis", FORMATION, "Werkgever", "01", {"Percentage": 90})

    @pytest.mark.parametrize(
        ("in_afas", "setting", "reason"),
        [
            (None, "90000022", "kvk_missing"),
            pytest.param("90000022", None, "kvk_missing", marks=WHOLE),
            pytest.param("9000002", "90000022", "kvk_malformed", marks=WHOLE),
            ("90000022", "9000.002", "kvk_malformed"),
            ("90000099", "90000022", "kvk_unequal"),
        ],
    )
    def test_one_employer_waits_the_other_goes_on(
        self, paid: Crossing, in_afas: str | None, setting: str | None, reason: str
    ) -> None:
        self.with_number(paid, in_afas)
        paid.configure(payroll={"kvk": {"01": "90000011"} | ({"02": setting} if setting else {})})
        books = paid("payroll")
        assert counts(books, "held", "delivered", "unchanged", "gone") == (44, 7, 70, 0)
        assert paid.rejects("payroll") == {"employer:02": reason}
        assert f"Employer 02 waits ({reason})" in books["message"]
        assert "90000" not in detail(paid, "employer:02")
        assert told(paid)["formation/02/number:1005"][0]["Percentage"] == "100", "what the portal had stays"
        assert told(paid)["formation/01/number:1001"][0]["Percentage"] == "90"
        self.with_number(paid, "90000022")
        paid.configure(payroll={"kvk": {"01": "90000011", "02": "90000022"}})
        assert counts(paid("payroll"), "held", "delivered") == (0, 4)
        assert paid.rejects("payroll") == {}
        assert told(paid)["formation/02/number:1005"][0]["Percentage"] == "80"

    def test_a_number_that_afas_has_as_a_number_has_its_zeros(self, paid: Crossing) -> None:
        rows = [row | {"KvK_nummer": 1234567} for row in paid.sandbox.afas.rows("veerhuis", EMPLOYMENT)]
        paid.sandbox.afas.define("veerhuis", EMPLOYMENT, "Werkgever Medewerker KvK_nummer:int", [], "Werkgever")
        few = [{name: row[name] for name in ("Werkgever", "Medewerker", "KvK_nummer")} for row in rows]
        paid.sandbox.afas.replace("veerhuis", EMPLOYMENT, few)
        paid.configure(payroll={"kvk": {"01": "01234567", "02": "01234567"}})
        paid("payroll")
        assert paid.rejects("payroll") == {}

    def test_without_a_column_for_it_the_setting_must_still_be_there(self, known: Crossing) -> None:
        known.configure(payroll={"kvk_field": None, "kvk": {"01": "90000011"}})
        assert counts(known("payroll"), "held", "delivered") == (44, 77)
        assert known.rejects("payroll") == {"employer:02": "kvk_missing"}


class TestFourFilters:
    def test_an_employer_that_one_connector_lacks_is_reported_and_keeps_its_lines(self, paid: Crossing) -> None:
        paid.sandbox.faults.add("employer_filter", connector=COMPONENTS, keys=["02", "03", "04"])
        paid.sandbox.afas.update("veerhuis", FORMATION, "Werkgever", "02", {"Percentage": 80})
        for delivered in (4, 0):
            books = paid("payroll")
            assert counts(books, "delivered", "gone", "repeated") == (delivered, 0, 4)
            assert "Employer 02: not shown by the connector of wage_components" in books["message"]
        assert paid.rejects("payroll") == {"employer:02": "connector_lacks_employer"}
        assert paid.deliveries("payroll", "held") == []
        assert "wage_components/02/number:1005" in told(paid)
        paid.sandbox.faults.clear()
        assert counts(paid("payroll"), "delivered", "repeated") == (0, 0)
        assert paid.rejects("payroll") == {}


class TestFewerBases:
    ALIKE = ("Werkgever", "Medewerker", "Jaar", "Periode")

    def test_a_halving_waits_says_profit_9_and_goes_when_released(self, paid: Crossing) -> None:
        paid.sandbox.afas.version = "9.1"
        paid.sandbox.faults.add("last_line", connector=BASES, keys=list(self.ALIKE))
        books = paid("payroll")
        assert (books["state"], *counts(books, "held", "unchanged")) == ("held", 33, 55)
        assert paid.held("payroll")["reasons"] == "bases_halved"
        assert "Profit 9" in books["message"]
        assert len(told(paid)["calculated_bases/01/number:KMA"]) == 6
        paid.release(paid.held("payroll")["id"])
        assert paid("payroll")["delivered"] == 33
        assert len(told(paid)["calculated_bases/01/number:KMA"]) == 3
        assert paid("payroll")["unchanged"] == 88

    def test_one_person_with_fewer_is_ordinary(self, paid: Crossing) -> None:
        rows = paid.sandbox.afas.rows("veerhuis", BASES)
        kept = [row for row in rows if row["Medewerker"] != "1004" or row["Periode"] == 10]
        paid.sandbox.afas.replace("veerhuis", BASES, kept)
        assert counts(paid("payroll"), "held", "delivered") == (0, 2)
