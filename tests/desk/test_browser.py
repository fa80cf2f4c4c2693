"""The desk in a real browser, in a real Airflow, with the sandbox on its other side."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow_up import AirflowUp
from asked_of_the_desk import CUSTOMER, pages_of_a_customer
from proving import Proof
from sqlalchemy import select

from veerpont.store import employers
from veerpont.store.tables import Decision

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PEOPLE = "Newdays_Connect_Medewerker_Gegevens_v1"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def window(browser: Any) -> Iterator[Any]:
    """Open a window in which nobody is logged in; returns its page."""
    contexts = []

    def opened(**options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", **options)
        contexts.append(context)
        context.set_default_timeout(60_000)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def visit(window: Any, up: AirflowUp) -> Any:
    """Log in as somebody and open the desk from Airflow's navigation; returns the page and the desk's frame."""

    def visited(name: str, **options: Any) -> tuple[Any, Any]:
        page = window(**options)
        page.goto(f"{up.url}/")
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", name)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Veerpont", exact=True).click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("heading", name="Today").wait_for()
        return page, frame

    return visited


@pytest.fixture
def alone(window: Any, up: AirflowUp) -> Any:
    """Open the desk for somebody who has logged in, without Airflow's own pages around it: they take seconds."""

    def opened(name: str, **options: Any) -> Any:
        page = window(**options)
        page.context.add_cookies([{"name": "_token", "value": up.token(name), "url": up.url}])
        page.goto(f"{up.url}/desk/")
        return page

    return opened


def decided(up: AirflowUp) -> set[tuple[str, str]]:
    with up.ledger.session() as session:
        return {(row.decision, row.by) for row in session.scalars(select(Decision))}


def newest(up: AirflowUp, flow: str, known: set[str]) -> str:
    """Return how the run ended that was started since `known`."""
    (run,) = [run for run in up.runs(flow) if run["dag_run_id"] not in known and run["run_type"] == "manual"]
    assert run["triggering_user_name"] == "op"
    return up.ended(flow, run["dag_run_id"])


def test_an_operator_s_day(up: AirflowUp, visit: Any) -> None:  # noqa: PLR0915 -- a day is one story
    """Activate an employer and see its people arrive; repair a cause and try a group again; release a removal."""
    page, desk = visit("op")
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)

    # an employer is let in, after a question; its people arrive with the next run
    desk.get_by_role("link", name="Employers", exact=True).click()
    block = desk.get_by_role("region", name="oeverland")
    block.get_by_label("Choose employer 01").check()
    block.get_by_role("button", name="Activate…", exact=True).click()
    desk.get_by_role("heading", name="Activate employers?").wait_for()
    desk.get_by_text("not been counted yet").wait_for()
    desk.get_by_role("button", name="Activate 1").click()
    desk.get_by_text("1 employer active from the next run on.").wait_for()
    assert ("activate", "op") in decided(up)
    assert up.sandbox.portal.counts("oeverland")["employees"] == 0
    for flow in ("employers", "employees"):  # as in a night; the portal takes nobody of an employer it does not know
        assert up.run(flow, "oeverland") == "success"
        up.sandbox.portal.settle()
    assert up.sandbox.portal.counts("oeverland")["employees"] > 50

    # absence cannot cross without a cause; its page leads to the codes; they are filled in; the group is tried again
    file = up.integrations / "oeverland.yaml"
    settings = yaml.safe_load(file.read_text())
    causes = settings["absence"]["causes"].pop("01")
    file.write_text(yaml.safe_dump(settings))
    assert up.run("absence", "oeverland") == "success"
    desk.get_by_role("link", name="Rejects", exact=True).click()
    desk.get_by_role("link", name="No cause code set").click()
    desk.get_by_text("What it means").wait_for()
    desk.get_by_role("link", name="Fill it in under Codes of this customer").click()
    table = desk.get_by_role("region", name="Causes", exact=True)
    missing = table.get_by_role("row").filter(has=desk.get_by_text("missing", exact=True))
    missing.first.wait_for()
    while missing.count():
        code = missing.first.locator("code").nth(1).inner_text()
        missing.first.get_by_role("textbox").fill(causes[code])
        page.keyboard.press("Enter")
        desk.get_by_text(f"Kept: {code}.").wait_for()
    assert ("map", "op") in decided(up)
    desk.get_by_role("link", name="Rejects", exact=True).click()
    desk.get_by_role("link", name="No cause code set").click()
    known = {run["dag_run_id"] for run in up.runs("absence")}
    desk.get_by_role("button", name="Try again now").click()
    desk.get_by_text("Absence was started.").wait_for()
    assert newest(up, "absence", known) == "success"
    assert ("retry asked", "op") in decided(up)
    page.reload()
    desk = page.frame_locator("iframe")
    desk.get_by_role("link", name="Rejects", exact=True).click()
    desk.get_by_role("heading", name="Rejects").wait_for()
    assert not desk.get_by_role("link", name="No cause code set").count()

    settings["absence"]["causes"]["01"] = causes
    file.write_text(yaml.safe_dump(settings))

    # many people vanish: the removals wait; they go when somebody says so
    before = up.sandbox.portal.counts("oeverland")["employees"]
    gone = [
        row["Personeelsnummer"] for row in up.sandbox.afas.rows("oeverland", PEOPLE) if row["Werkgeverscode"] == "01"
    ]
    up.sandbox.afas.delete("oeverland", PEOPLE, "Personeelsnummer", gone[:30])
    assert up.run("employees", "oeverland") == "success"
    up.sandbox.portal.settle()
    assert up.sandbox.portal.counts("oeverland")["employees"] == before
    desk.get_by_role("link", name="Deliveries", exact=True).click()
    desk.get_by_role("link", name=re.compile("removals wait")).click()
    desk.get_by_role("link", name="employer 01").click()
    desk.locator("ul.keys li").first.wait_for()
    desk.get_by_role("link", name="Release…").click()
    known = {run["dag_run_id"] for run in up.runs("employees")}
    desk.get_by_role("button", name="Release and start").click()
    desk.get_by_text("is released.").wait_for()
    assert newest(up, "employees", known) == "success"
    up.sandbox.portal.settle()
    assert up.sandbox.portal.counts("oeverland")["employees"] < before
    assert ("release", "op") in decided(up)

    # and how it all went, drawn
    page.goto(f"{up.url}/desk/customers/oeverland/pictures")
    page.get_by_role("img", name="Employees").first.wait_for()
    behind = page.locator("details.behind").first
    behind.locator("summary").click()
    behind.get_by_role("columnheader").first.wait_for()
    assert errors == []  # no script or style that the page's own rules refuse


def test_a_viewer_looks_and_is_refused(up: AirflowUp, visit: Any) -> None:
    """No button, and the request itself is refused with the desk's own cookie and token, sent from its own page."""
    page, desk = visit("viewer")
    desk.get_by_role("link", name="Employers", exact=True).click()
    desk.get_by_text("You may look at everything here.").wait_for()
    assert not desk.get_by_role("button", name="Activate…", exact=True).count()
    before = decided(up)
    answer = page.request.post(
        f"{up.url}/desk/employers/act",
        form={"act": "deactivate", "integration": "oeverland", "code": "01", "seen": "x", "token": "0" * 64},
        headers={"origin": up.url},
    )
    assert answer.status == 403
    assert decided(up) == before


def test_a_person_is_found_by_number(up: AirflowUp, visit: Any) -> None:
    """From a number to the record, its number by an act, and who looked; a viewer finds no form, and is refused."""
    with up.ledger.session() as session:
        employers.activate(session, "veerhuis", ["01"], "els")
    assert up.run("employees", "veerhuis") == "success"
    person = next(row for row in up.sandbox.afas.rows("veerhuis", PEOPLE) if row["Werkgeverscode"] == "01")
    number = str(person["Personeelsnummer"])
    page, desk = visit("op")
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    desk.get_by_role("link", name="Find", exact=True).click()
    desk.get_by_label("Integration").select_option("veerhuis")
    desk.get_by_label("Record key, personnel number or line id").fill(number)
    page.keyboard.press("Enter")
    desk.get_by_role("heading", name="Employees").wait_for()
    assert not desk.get_by_text(number, exact=True).count()
    desk.get_by_role("button", name="Show the number").first.click()
    desk.get_by_role("heading", name="Personnel number").wait_for()
    assert desk.get_by_text(number, exact=True).count() == 1
    desk.get_by_role("button", name="Back to the record").click()
    log = desk.get_by_role("region", name="Who looked at what of veerhuis")
    log.get_by_role("cell", name="personnel number").first.wait_for()
    assert {("look", "op"), ("look number", "op")} <= decided(up)
    assert errors == []
    page, desk = visit("viewer")
    desk.get_by_role("link", name="Find", exact=True).click()
    desk.get_by_text("Only who may decide about the data").wait_for()
    before = decided(up)
    answer = page.request.post(
        f"{up.url}/desk/find",
        form={"act": "search", "integration": "veerhuis", "what": number, "token": "0" * 64},
        headers={"origin": up.url},
    )
    assert answer.status == 403
    assert decided(up) == before


def test_a_report_is_brought(up: AirflowUp, visit: Any, tmp_path: Path) -> None:
    """Choose a file on the page Deliveries and press the button: the form arrives whole, through all of Airflow."""
    file = up.integrations / "veerhuis.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["xpert_suite"]["report"] = {}
    file.write_text(yaml.safe_dump(settings))
    report = tmp_path / "log.csv"
    report.write_text("Bestand;Regel;Sleutel;Niveau;Code;Melding\nemployees_99999999_ab.xlsx;2;1001;Uitval;X;Nee.\n")
    _, desk = visit("op")
    desk.get_by_role("link", name="Deliveries", exact=True).click()
    desk.get_by_label("File", exact=True).set_input_files(report)
    desk.get_by_role("button", name="Take the report").click()
    desk.get_by_role("heading", name="Being read").wait_for()
    desk.get_by_text("a file that was not sent from here").wait_for(timeout=120_000)  # without a hand on the page
    del settings["xpert_suite"]["report"]
    file.write_text(yaml.safe_dump(settings))


def test_another_site_cannot_act(up: AirflowUp, visit: Any) -> None:  # with the cookie that Airflow's login sets
    """A page elsewhere posts to the desk in the operator's browser: refused, whatever it sends."""
    page, _ = visit("op")
    before = decided(up)
    page.route("http://evil.example/", lambda route: route.fulfill(body="<p>hello", content_type="text/html"))
    page.goto("http://evil.example/")
    page.evaluate(
        """url => { const form = document.createElement("form"); form.method = "post"; form.action = url;
            for (const [name, value] of [["act", "deactivate"], ["integration", "oeverland"], ["code", "01"],
                                         ["seen", "x"], ["token", "0".repeat(64)]]) {
              const field = document.createElement("input"); field.name = name; field.value = value; form.append(field);
            }
            document.body.append(form); form.submit(); }""",
        f"{up.url}/desk/employers/act",
    )
    page.get_by_role("heading").wait_for()
    assert decided(up) == before


def test_nobody_sees_nothing(up: AirflowUp, browser: Any) -> None:
    """Without a login every page says so, and shows nothing else."""
    context = browser.new_context(locale="nl-NL")
    page = context.new_page()
    for path in ("", "rejects", "employers", "deliveries", "rejects/1", "static/desk.css"):
        answer = page.goto(f"{up.url}/desk/{path}")
        assert answer.status == 401
        assert "U bent niet ingelogd" in page.content()
    context.close()


def test_everybody_can_read_and_use_the_pages(up: AirflowUp, alone: Any, proof: Proof) -> None:
    """axe finds nothing, light and dark, wide and on a phone; at 200 % zoom nothing is wider than the window."""
    file = up.integrations / "oeverland.yaml"
    before = file.read_text()
    pages = pages_of_a_customer(up)
    if proof.full:
        pages += ["", "rejects", "employers", "links", "deliveries", "find", "pictures", f"{CUSTOMER}/pictures"]
    looks = proof.size(
        [(theme, width, 1) for theme in ("light", "dark") for width in (1440, 390)],
        [("light", 390, 1), ("dark", 1440, 1)],
    )
    found: list[str] = []
    for theme, width, scale in [*looks, ("light", 720, 2)]:
        page = alone("op", color_scheme=theme, bypass_csp=True, device_scale_factor=scale)
        page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
        page.set_viewport_size({"width": width, "height": 900})
        for path in pages:
            assert page.goto(f"{up.url}/desk/{path}").status == 200
            page.locator(f"html[data-theme={theme}]").wait_for()
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                found.append(f"{path} is wider than {width} px")
            if scale == 1:
                violations = axe.Axe().run(page).response["violations"]
                found += [f"{path} {theme} {width}: {each['id']}" for each in violations]
    file.write_text(before)
    assert found == []
    proof.note("pages that axe looked at, light and dark, 1440 and 390 px: violations", len(found), 0)


def test_months_of_absence_are_loaded_by_airflow(up: AirflowUp, alone: Any) -> None:
    """The desk asks for a backfill; while the DAG is paused it says so, and nothing is asked."""
    page = alone("op")
    up.pause("absence_history")  # as it is at first: the tests share one Airflow
    page.goto(f"{up.url}/desk/{CUSTOMER}/special")
    page.get_by_label("From month").fill("2026-01")
    page.get_by_label("Until month").fill("2026-02")
    page.get_by_role("button", name="Load these months").click()
    page.get_by_text("Nothing was loaded.").wait_for()
    up.unpause("absence_history")
    for _ in range(3):  # Airflow's own SQLite may be locked for a moment: a person presses again
        page.get_by_label("From month").fill("2026-02")
        page.get_by_label("Until month").fill("2026-02")
        page.get_by_role("button", name="Load these months").click()
        page.get_by_role("status").wait_for()
        if "could not be started" not in page.get_by_role("status").inner_text():
            break
    assert "1 month is being loaded" in page.get_by_role("status").inner_text()


def test_pictures(up: AirflowUp, visit: Any, tmp_path: Path, proof: Proof) -> None:
    """The four pages, light and dark as Airflow itself is; `make proof`: with something on each.

    The sample is dark only: light is what every other test here sees.
    """
    if proof.full:
        fill(up)
    for theme in proof.size(("light", "dark"), ("dark",)):
        page, desk = visit("op", color_scheme=theme)
        page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
        page.reload()
        desk.locator(f"html[data-theme={theme}]").wait_for()
        for name in ("Today", "Rejects", "Employers", "Deliveries"):
            if name != "Today":
                desk.get_by_role("link", name=name, exact=True).click()
            desk.get_by_role("heading", name=name, exact=True).wait_for()
            path = tmp_path / f"{name}-{theme}.png"
            page.screenshot(path=path)
            # there is something on it, and it is no burden
            assert proof.size(50_000, 30_000) < path.stat().st_size < 200_000


def fill(up: AirflowUp) -> None:
    """Let every flow of both customers run, with rejects and with removals that wait."""
    with up.ledger.session() as session:
        employers.activate(session, "veerhuis", ["01"], "els")
        employers.activate(session, "oeverland", ["02", "03"], "els")
    file = up.integrations / "oeverland.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["absence"]["causes"].pop("02")
    file.write_text(yaml.safe_dump(settings))
    for flow in ("employers", "employees", "organigram", "accounts", "absence", "absence", "iban"):
        assert up.run(flow) == "success"
    gone = [
        row["Personeelsnummer"] for row in up.sandbox.afas.rows("oeverland", PEOPLE) if row["Werkgeverscode"] == "02"
    ]
    up.sandbox.afas.delete("oeverland", PEOPLE, "Personeelsnummer", gone[:30])
    assert up.run("employees") == "success"
