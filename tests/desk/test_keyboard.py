"""The desk without a mouse: in a real browser, every act is reached by Tab and done by Space, Enter and typing."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow_up import AirflowUp
from asked_of_the_desk import CUSTOMER, pages_of_a_customer
from test_browser import alone, browser, decided, pytestmark, window

from veerpont.rules.dates import AMSTERDAM

__all__ = ["alone", "browser", "pytestmark", "window"]  # fixtures, and what every test with a browser needs

PRESSED_OR_FILLED_IN = "main :is(a[href], button, input:not([type=hidden]), select, textarea, summary)"
BEGIN = f"""window.there = [...document.querySelectorAll('{PRESSED_OR_FILLED_IN}')].filter(e => e.checkVisibility());
    window.reached = new Set(); window.unseen = []; there.length"""
STEP = """() => { const e = document.activeElement; if (!there.includes(e)) return;
    const parts = ['month', 'datetime-local'].includes(e.type);  // the part that is typed in is marked, not all of it
    if (!parts && getComputedStyle(e).outlineStyle === 'none') unseen.push(e.outerHTML.slice(0, 80));
    reached.add(e); if (e.type === 'radio') there.filter(o => o.name === e.name).forEach(o => reached.add(o));
    return reached.size === there.length; }"""
LEFT = "there.filter(e => !reached.has(e)).map(e => e.outerHTML.slice(0, 80))"


@pytest.fixture
def page(alone: Any) -> Any:
    return alone("op")


def tab_until(page: Any, there: str) -> None:
    """Press Tab until what has the focus is this."""
    for _ in range(80):
        page.evaluate("window.before = document.activeElement")
        page.keyboard.press("Tab")
        for _ in range(20):  # a busy machine is late with it; within a date nothing changes
            if page.evaluate("document.activeElement !== window.before"):
                break
            page.wait_for_timeout(25)
        if page.evaluate(f"document.activeElement.{there}"):
            return
    raise AssertionError(f"Tab does not get there: {there}")


def test_tab_reaches_whatever_can_be_pressed_or_filled_in(up: AirflowUp, page: Any) -> None:
    """On every page with an act; what has the focus can be seen."""
    for path in ("", "rejects", "employers", "links", "deliveries", "find", *pages_of_a_customer(up)):
        assert page.goto(f"{up.url}/desk/{path}").status == 200
        for _ in range(page.evaluate(BEGIN) * 3 + 40):  # a date has several stops
            page.keyboard.press("Tab")
            if page.evaluate(STEP):
                break
        assert (path, page.evaluate(LEFT), page.evaluate("unseen")) == (path, [], [])


def test_an_employer_is_asked_about(up: AirflowUp, page: Any) -> None:
    page.goto(f"{up.url}/desk/employers")
    tab_until(page, "type === 'checkbox'")
    page.keyboard.press("Space")
    tab_until(page, "value === 'deactivate'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/employers/ask**")


def test_a_code_is_filled_in_and_taken_back(up: AirflowUp, page: Any) -> None:
    page.goto(f"{up.url}/desk/{CUSTOMER}/mappings")
    tab_until(page, "tagName === 'SUMMARY'")
    page.keyboard.press("Enter")
    tab_until(page, "name === 'code'")
    page.keyboard.type("K9")
    tab_until(page, "name === 'target'")
    if page.evaluate("document.activeElement.tagName") == "SELECT":
        page.keyboard.press("ArrowDown")
    else:
        page.keyboard.type("12")
    tab_until(page, "value === 'map'")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert ("map", "op") in decided(up)


def test_a_person_is_looked_up_to_be_forgotten(up: AirflowUp, page: Any) -> None:
    """A key that nobody has is refused by the task, in words."""
    page.goto(f"{up.url}/desk/{CUSTOMER}/special")
    tab_until(page, "name === 'key'")
    page.keyboard.type("00000000000000000000000000000000")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Not done").wait_for(timeout=120_000)  # without a hand on the page
    page.get_by_text("Nothing is known of this person here.").wait_for()


def test_months_are_asked_for(up: AirflowUp, page: Any) -> None:
    """While the DAG is paused it says so, and nothing is asked."""
    up.pause("absence_history")  # another test may have let it go: they share one Airflow
    page.goto(f"{up.url}/desk/{CUSTOMER}/special")
    tab_until(page, "name === 'first'")
    page.keyboard.type("January")
    page.keyboard.press("Tab")
    page.keyboard.type("2026")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing was loaded.").wait_for()


def test_what_is_at_the_portal_is_adopted(up: AirflowUp, page: Any, tmp_path: Path) -> None:
    """Enter opens the choice of a file; what is no export is refused by the task, in words."""
    export = tmp_path / "export.csv"
    export.write_text("Kolom\nwaarde\n")
    page.goto(f"{up.url}/desk/{CUSTOMER}/special")
    tab_until(page, "type === 'file'")
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Enter")
    chosen.value.set_files(export)
    tab_until(page, "name === 'taken_at'")
    taken_at = datetime.now(AMSTERDAM) - timedelta(minutes=10)
    page.keyboard.type(f"{taken_at:%m%d%Y}")  # two digits go on to the next part by themselves
    page.keyboard.press("ArrowRight")
    page.keyboard.type(f"{taken_at:%I%M%p}")
    assert page.evaluate("document.activeElement.value") == f"{taken_at:%Y-%m-%dT%H:%M}"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Not done").wait_for(timeout=120_000)
    page.get_by_text("The file lacks a column").wait_for()
