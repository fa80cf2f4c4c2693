"""Payroll data: four tables of unknown columns, to a portal that is told which they are."""

from typing import Any

import pytest
from crossings import After, Crossing

from veerpont.desk import lists
from veerpont.model.failures import DriftError, SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.preview import preview
from veerpont_sandbox.afas.schema import BASES, COMPONENTS, EMPLOYMENT, FORMATION

PEOPLE = 11
"""Veerhuis has so many people at an active employer, one of them at both."""
ROWS = {"calculated_bases": 6, "employment": 1, "formation": 1, "wage_components": 3}


def told(crossing: Crossing) -> dict[str, list[dict[str, str | None]]]:
    """Return what the portal has: id → rows."""
    return crossing.sandbox.portal.api("veerhuis", "payroll")


def tables(crossing: Crossing) -> dict[str, list[str]]:
    """Return the columns that the portal was told, by table."""
    found = crossing.sandbox.portal.json_api.schema("veerhuis")["tables"]
    return {table: [column["name"] for column in columns] for table, columns in found.items()}


def detail(crossing: Crossing, key: str) -> str:
    (found,) = (row for row in lists.list_rejects(crossing.ledger, "veerhuis", "payroll", "open") if row["key"] == key)
    return str(found["detail"])


def counts(books: dict[str, Any], *names: str) -> tuple[int, ...]:
    return tuple(books[name] for name in names)


def first_payroll(known: Crossing) -> None:
    assert counts(known("payroll"), "read", "delivered", "filtered") == (143, PEOPLE * 11, 22)


@pytest.fixture
def paid(after: After) -> Crossing:
    """After a first night of payroll data."""
    return after(first_payroll)


class TestTheWay:
    def test_everything_of_active_employers_arrives_with_its_columns(self, paid: Crossing) -> None:
        found = told(paid)
        assert {each.split("/")[0] for each in found} == ROWS.keys()
        assert all(len(rows) == ROWS[each.split("/")[0]] for each, rows in found.items())
        assert len(found) == PEOPLE * 4
        assert {each.split("/")[1] for each in found} == {"01", "02"}
        assert {table: list(found[f"{table}/01/number:KMA"][0]) for table in ROWS} == tables(paid)
        assert found["employment/01/number:1006"][0] | {"Straat": "", "Woonplaats": ""} == {
            "Werkgever": "01",
            "Medewerker": "1006",
            "KvK_nummer": "90000011",
            "Naam": "Pieter Groot",
            "Geboortedatum": "1960-12-31T00:00:00",
            "Straat": "",
            "Huisnummer": "6",
            "Postcode": "6666AC",
            "Woonplaats": "",
            "Datum_in_dienst": "1995-05-01T00:00:00",
            "Datum_uit_dienst": "2024-06-30T00:00:00",
            "Type_contract": "Onbepaalde tijd",
            "Functie": "Schipper",
            "Parttime": "false",
        }

    def test_two_equal_amounts_are_paid_twice(self, paid: Crossing) -> None:
        """Rows have no key that is documented: what comes twice is there twice."""
        rows = told(paid)["wage_components/01/number:KMA"]
        assert sorted(row["Code"] or "" for row in rows) == ["1", "372", "372"]

    def test_nothing_of_an_employer_that_is_not_active_gets_in(self, paid: Crossing) -> None:
        assert paid.stored("Omar") == paid.stored("90000033") == []
        assert paid.stored("Anna Vries") != []

    def test_the_same_again_is_unchanged_whatever_the_order(self, paid: Crossing) -> None:
        rows = paid.sandbox.afas.rows("veerhuis", COMPONENTS)
        paid.sandbox.afas.replace("veerhuis", COMPONENTS, rows[::-1])
        books = paid("payroll")
        assert counts(books, "delivered", "unchanged", "gone") == (0, 121, 0)
        assert len(paid.deliveries("payroll")) == 1

    def test_one_raise_sends_the_rows_of_one_person_in_one_table(self, paid: Crossing) -> None:
        paid.sandbox.portal.json_api.requests.clear()
        paid.sandbox.afas.update("veerhuis", FORMATION, "Medewerker", "1004", {"Percentage": 62.5})
        assert counts(paid("payroll"), "delivered", "unchanged") == (1, 120)
        assert told(paid)["formation/01/number:1004"][0]["Percentage"] == "62.5"
        assert [each["operations"] for each in paid.sandbox.portal.json_api.requests if each["method"] == "POST"] == [1]

    def test_who_leaves_goes_a_night_later(self, paid: Crossing) -> None:
        for connector in (EMPLOYMENT, BASES, COMPONENTS, FORMATION):
            paid.sandbox.afas.delete("veerhuis", connector, "Medewerker", ["1006"])
        paid.configure(guards={"min_gone": 5})
        assert counts(paid("payroll"), "gone", "repeated") == (0, 4)
        assert counts(paid.later(1)("payroll"), "gone", "repeated") == (0, 4)
        assert counts(paid.later(20)("payroll"), "gone", "repeated") == (4, 0)
        assert not [each for each in told(paid) if each.endswith("1006")]

    def test_many_who_leave_wait_and_profit_9_is_named(self, paid: Crossing) -> None:
        paid.sandbox.afas.delete("veerhuis", BASES, "Medewerker", ["1001", "1003", "1004", "1006", "1008"])
        paid("payroll")
        held = paid.held("payroll")
        assert (held["reasons"], held["gone"]) == ("many_gone bases_gone", 6)
        assert "Profit 9" in paid.books("payroll")["message"]

    def test_a_row_without_a_number_or_an_unknown_employer_is_a_reject(self, paid: Crossing) -> None:
        rows = [{"Werkgever": "01", "Afdeling": "KADE"}, {"Werkgever": "99", "Medewerker": "1099"}, {"Medewerker": "1"}]
        paid.sandbox.afas.insert("veerhuis", FORMATION, rows)
        books = paid("payroll")
        assert counts(books, "rejected", "delivered") == (3, 0)
        found = paid.rejects("payroll")
        assert found["number:1099"] == "unknown_employer"
        assert sorted(found.values()) == ["missing_value", "missing_value", "unknown_employer"]

    def test_a_number_with_a_line_break_in_it_is_a_reject_and_the_rest_goes_on(self, paid: Crossing) -> None:
        """Entries are sorted as lines of a text: none may become two."""
        odd = [{"Werkgever": "01", "Medewerker": f"10{mark}04", "Percentage": 1} for mark in ("\n", "\0")]
        paid.sandbox.afas.insert("veerhuis", FORMATION, odd)
        books = paid("payroll")
        assert counts(books, "rejected", "unchanged", "gone") == (2, 121, 0)
        assert set(paid.rejects("payroll").values()) == {"control_characters"}

    def test_a_line_that_the_portal_refuses_is_a_reject(self, known: Crossing) -> None:
        known.sandbox.faults.add(
            "api_reject", keys=["formation/01/number:1004"], value="unknown_department", field="Afdeling"
        )
        assert counts(known("payroll"), "delivered", "rejected") == (120, 1)
        assert known.rejects("payroll") == {"number:1004": "unknown_department"}
        assert "Afdeling" in detail(known, "number:1004")
        known.sandbox.faults.clear()
        known.at("2026-11-23T21:00")
        assert known("payroll")["delivered"] == 1
        assert known.rejects("payroll") == {}


class TestReading:
    def test_large_tables_are_read_in_pages(self, known: Crossing) -> None:
        """A page holds 150,000 cells: 21,428 rows of seven columns are too many for one."""
        rows = [
            {"Werkgever": "01", "Medewerker": f"2{number:03}", "Jaar": year, "Periode": period, "Bedrag": 1}
            for number in range(300)
            for year in range(2020, 2026)
            for period in range(1, 13)
        ]
        known.sandbox.afas.insert("veerhuis", BASES, rows)
        known.configure(payroll={"kvk_field": None})
        assert counts(known("payroll"), "read", "delivered") == (143 + len(rows), 121 + len(rows))
        assert len(told(known)["calculated_bases/01/number:2299"]) == 72

    def test_a_column_that_the_description_does_not_have_is_never_dropped(self, known: Crossing) -> None:
        """Metainfo says nothing of it, the rows do: the first time the read is made again, the second time it fails."""
        shown = {"connector": FORMATION, "field": "Nieuw", "value": "x", "times": 1}
        known.sandbox.faults.add("added_field", after=1, **shown)  # the first call asks for the description
        assert known("payroll")["delivered"] == 121
        assert "Nieuw" in " ".join(known.notes)
        known.sandbox.faults.add("added_field", after=1, **shown)
        known.sandbox.faults.add("added_field", after=2, **shown)
        with pytest.raises(DriftError, match="Nieuw"):
            known("payroll")

    def test_a_field_with_a_dot_is_not_sorted_on(self, known: Crossing) -> None:
        rows = [{"Werkg.": "01", "Nr": "1001", "Uren": 36}]
        known.sandbox.afas.define("veerhuis", FORMATION, "Werkg. Nr Uren:decimal", rows, "Werkg.")
        known.configure(
            payroll={
                "employer_field": dict.fromkeys(ROWS, "Werkgever") | {"formation": "Werkg."},
                "employee_field": dict.fromkeys(ROWS, "Medewerker") | {"formation": "Nr"},
            }
        )
        known("payroll")
        assert told(known)["formation/01/number:1001"] == [{"Werkg.": "01", "Nr": "1001", "Uren": "36"}]

    @pytest.mark.parametrize("setting", ["employer_field", "employee_field", "kvk_field"])
    def test_a_setting_that_names_no_column_says_which_there_are(self, known: Crossing, setting: str) -> None:
        known.configure(payroll={setting: "Nergens"})
        with pytest.raises(
            SettingsError, match=rf"no field Nergens, which payroll\.{setting} names. It has: Werkgever"
        ):
            known("payroll")

    def test_a_renamed_connector_is_found_under_its_name(self, known: Crossing) -> None:
        known.sandbox.afas.copy("veerhuis", FORMATION, "Eigen_formatie")
        known.sandbox.afas.drop("veerhuis", FORMATION)
        with pytest.raises(SettingsError, match=r"Formatieverdeling is not in the app .*payroll\.connectors"):
            known("payroll")
        known.configure(payroll={"connectors": {"formation": "Eigen_formatie"}})
        assert known("payroll")["delivered"] == 121
        known.sandbox.afas.copy("veerhuis", "Eigen_formatie", FORMATION)

    def test_production_must_say_the_columns(self, known: Crossing) -> None:
        known.configure(xpert_suite={"profile": "production"}, payroll={"employer_field": None})
        with pytest.raises(SettingsError, match=r"payroll\.employer_field is missing for calculated_bases"):
            known("payroll")

    def test_a_preview_says_what_would_go(self, paid: Crossing) -> None:
        paid.sandbox.afas.update("veerhuis", FORMATION, "Medewerker", "1004", {"Percentage": 50})
        (portal,) = preview("veerhuis", Flow.PAYROLL, lambda _: None).portals
        assert portal.changed == {"01": ["number:1004"]}
        assert told(paid)["formation/01/number:1004"][0]["Percentage"] == "100"
