"""Months through Airflow: of absence of the past, by hand, and of hours for whom imports them."""

from datetime import UTC, datetime

from proving import Proof
from test_days import Make, begun, sent

from veerpont.desk import lists


def test_months_by_hand(night: Make, proof: Proof) -> None:
    """Months of the past join the history in any order, and again; nothing is sent until absence runs."""
    here = begun(night(customers=["veerhuis"]))
    dag = here.dags["absence_history"]
    march, december = datetime(2026, 3, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
    months = proof.size([march, december, march], [march, march])
    before = sent(here)
    for month in months:
        run = dag.test(logical_date=month, run_conf={"integration": None})
        assert {ti.state for ti in run.get_task_instances()} == {"success"}
    assert sent(here) == before


def test_a_month_waits_for_the_people_who_import_it(night: Make) -> None:
    """A file for each administration and period; nothing more when it runs again."""
    here = night(customers=["sluis"])
    here.without_airflow("employers")
    here.activate()
    assert set(here.run("hours").values()) == {"success"}
    made = lists.list_deliveries(here.ledger, "sluis", "hours")
    before = sent(here)
    assert {row["name"] for row in made} == {"loket_7001_2026_11.csv", "loket_7002_2026_12.csv"}
    assert {row["state"] for row in made} == {"delivered"}
    books = here.books("sluis", "hours")
    assert (books["read"], books["filtered"], books["rejected"]) == (10, 1, 0)  # nobody pays a pause
    assert set(here.run("hours").values()) == {"success"}
    assert sent(here) == before
