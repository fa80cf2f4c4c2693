"""Pictures: the table behind each says what the runs did; they are drawn without a colour or a value of their own."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cryptography.fernet import Fernet
from somebody import Somebody

from veerpont.desk import lists, pictures
from veerpont.desk.web import drawing
from veerpont.desk.web.drawing import Bar
from veerpont.flows import FLOWS
from veerpont.flows.flow import CoverState, MonthCover
from veerpont.flows.job import open_job
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.rules.calendar import last_morning
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import clock, employers, rejects
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Run
from veerpont_sandbox.world import Sandbox

Lived = tuple[Any, Ledger]
"""A browser, and the ledger that the runs wrote."""
PEOPLE = "Newdays_Connect_Medewerker_Gegevens_v1"
NIGHTS = 3
BAD = Problem(Stage.TRANSFORM, "Geboortedatum", "impossible_date", "Correct it.")
WORSE = Problem(Stage.TRANSFORM, "Type_verzuim", "no_cause", "Add the cause.")


def tables(page: str) -> dict[str, list[list[str]]]:
    """Return the title of each picture → the rows of the table behind it, the heads first."""
    found = {}
    for part in page.split("<section")[1:]:
        title = unescape(re.findall(r"<h2[^>]*>(.*?)</h2>", part)[0])
        rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)
        found[title] = [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]
    return found


def drawn(page: str) -> list[ET.Element]:
    """Return the drawings of a page."""
    return [ET.fromstring(svg) for svg in re.findall(r'<svg class="(?:columns|grid).*?</svg>', page, re.DOTALL)]


def page(client: Any, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    return str(answer.text)


def browser() -> Any:
    """Return a client of somebody's."""
    from fastapi.testclient import TestClient

    from veerpont.desk.web import airflow_side
    from veerpont.desk.web.app import desk

    app, someone = desk(), Somebody()
    app.dependency_overrides[airflow_side.person] = lambda: someone
    return TestClient(app, headers={"origin": "http://testserver"})


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A customer of which three nights really ran, with the clock moved there."""
    home = tmp_path_factory.mktemp("lived")
    with pytest.MonkeyPatch.context() as patch, Sandbox(home / "sandbox", ("veerhuis",)) as sandbox:
        sandbox.write_integrations(home / "integrations")
        ours = {
            "VEERPONT_INTEGRATIONS": home / "integrations",
            "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
            "VEERPONT_VAULT": f"file://{home / 'vault'}",
            "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
        }
        for name, value in {**ours, **sandbox.connections()}.items():
            patch.setenv(name, str(value))
        today, before = business_date(last_morning(clock.now())), clock.offset()
        ledger = Ledger(str(ours["VEERPONT_LEDGER"]))
        ledger.migrate()
        for back in range(NIGHTS, 0, -1):
            night = datetime.combine(today - timedelta(days=back), time(21, 1), AMSTERDAM)
            for minute, flow in enumerate((Flow.EMPLOYERS, Flow.EMPLOYEES, Flow.ABSENCE, Flow.ABSENCE)):
                moment = night + timedelta(minutes=minute)
                patch.setenv(clock.OFFSET, str((moment - clock.machine()).total_seconds()))
                job = replace(open_job(flow, "veerhuis", f"{back} {minute}", print), today=moment.date(), tick=moment)
                load(job, transform(job, extract(job)))
                if flow is Flow.EMPLOYERS and back == NIGHTS:
                    with ledger.session() as session:
                        employers.activate(session, "veerhuis", ["01", "02"], "Els")
            sandbox.afas.update("veerhuis", PEOPLE, "Personeelsnummer", "1007", {"Functie": f"Functie {back}"})
            if back == NIGHTS - 1:
                sandbox.afas.delete("veerhuis", PEOPLE, "Personeelsnummer", ["9001"])
        patch.setenv(clock.OFFSET, str(before.total_seconds()))
        yield browser(), ledger
        ledger.engine.dispose()


class TestWhatRunsDid:
    def test_is_in_the_table_number_by_number(self, lived: Lived) -> None:
        """Of each flow: every run, the oldest first, with its books."""
        client, ledger = lived
        known = lists.list_runs(ledger, "veerhuis", None)
        found = tables(page(client, "/customers/veerhuis/pictures"))
        for flow, title in (("employers", "Employers · Xpert Suite"), ("employees", "Employees · Xpert Suite")):
            said = [row[2:] for row in found[title][1:]]
            names = ("read", "delivered", "unchanged", "filtered", "rejected", "held")
            did = [[f"{run[name]:,}" for name in names] for run in known if run["flow"] == flow]
            assert said == did[::-1]
            assert len(said) == NIGHTS
        assert "Has not run yet." in page(client, "/customers/veerhuis/pictures")  # accounts

    def test_rejects_are_counted_each_morning(self, lived: Lived) -> None:
        """One of the bad rows went away before the last night: the morning after it has one less."""
        rows = tables(page(lived[0], "/customers/veerhuis/pictures"))["Open rejects by reason"]
        counted = [int(row[-1]) for row in rows[1:]]
        assert (counted[0], counted[-1]) == (0, max(counted) - 1)
        assert counted[-1] == len(lists.list_rejects(lived[1], "veerhuis", None, "open"))
        ages = tables(page(lived[0], "/customers/veerhuis/pictures"))["Open rejects by age"]
        assert [int(row[-1]) for row in ages[1:]] == counted

    def test_nights_say_who_was_last(self, lived: Lived) -> None:
        rows = tables(page(lived[0], "/customers/veerhuis/pictures"))["How long each night took"]
        ran = [row for row in rows[1:] if row[1]]
        assert [row[2:4] for row in ran] == [["3 min", "Employees"]] * NIGHTS
        everybody = tables(page(lived[0], "/pictures"))["How long each night took"]
        assert {row[3] for row in everybody[1:] if row[1]} == {"veerhuis"}

    def test_the_map_of_absence_is_whole_and_says_no_small_count(self, lived: Lived) -> None:
        """Every month of both active employers was got and delivered; one line of one month is `<5`."""
        (rows,) = [
            rows for title, rows in tables(page(lived[0], "/customers/veerhuis/pictures")).items() if ":" in title
        ]
        assert [row[0] for row in rows[1:]] == ["01", "02"]
        got = {"got and delivered (0)", "got and delivered (<5)"} | {f"got and delivered ({n})" for n in range(5, 30)}
        cells = {cell for row in rows[1:] for cell in row[1:-1]}
        assert cells <= got
        assert {row[-1] for row in rows[1:]} <= got | {"read every hour"}  # on the first of a month nobody is ill yet
        assert "got and delivered (<5)" in cells

    def test_no_personal_value(self, lived: Lived) -> None:
        text = page(lived[0], "/customers/veerhuis/pictures") + page(lived[0], "/pictures")
        for word in ("Anna", "Vries", "Fatima", "Amrani", "900000004", "1990-05-01", "5A0D0001"):
            assert word not in text


class TestOverTime:
    """What the numbers are made of, on both databases."""

    def test_open_rejects_by_reason_and_age(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that opened 40 days ago and is open; one that was open for a day and was closed; one that is ignored."""
        moment = datetime(2026, 3, 31, 12, tzinfo=AMSTERDAM)  # the clocks went forward two days before

        def settle(at: datetime, run: str, problems: dict[str, Problem]) -> None:
            monkeypatch.setattr(rejects, "now", lambda: at)
            with ledger.session() as session:
                rejects.settle(session, Scope("acme", "employees"), run, Findings(problems))

        settle(moment - timedelta(days=40), "1", {"A": BAD})
        settle(moment - timedelta(days=10), "2", {"A": BAD, "B": WORSE, "C": WORSE})
        settle(moment - timedelta(days=9), "3", {"A": BAD, "C": WORSE})
        with ledger.session() as session:
            assert rejects.ignore(session, rejects.RejectFilter(key="C"), "Els", "It stays so.") == 1
            found = pictures.reject_course(session, "acme", moment)
            assert pictures.reject_course(session, None, moment) == found
            assert pictures.reject_course(session, "other", moment).by_reason == {}
        assert found.moments[0] == datetime(2026, 3, 2, 7, tzinfo=AMSTERDAM)
        assert len(found.moments) == pictures.DAYS
        assert found.by_reason["impossible_date"] == [1] * 30
        assert found.by_reason["no_cause"] == [int(at.date().isoformat() == "2026-03-22") for at in found.moments]
        assert found.by_age["month"] == [int(at >= moment - timedelta(days=10)) for at in found.moments]
        assert found.by_age["week"] == [int(at < moment - timedelta(days=10)) for at in found.moments]
        assert found.by_age["new"] == found.by_reason["no_cause"]
        assert "day" not in found.by_age

    def test_nights_and_days_are_dutch(self, ledger: Ledger) -> None:
        """A run after midnight is of the evening before, a delivery of 23:30 of its own day; a run at noon of none."""
        moment = datetime(2026, 10, 26, 12, tzinfo=AMSTERDAM)  # the clocks went back the night before
        night = datetime(2026, 10, 24, 21, tzinfo=AMSTERDAM)
        began = {"acme": night, "beta": datetime(2026, 10, 25, 3, 10, tzinfo=AMSTERDAM), "late": night.replace(hour=12)}
        with ledger.session() as session:
            for name, at in began.items():
                session.add(
                    Run(
                        integration=name,
                        flow="employees",
                        portal="xpert_suite",
                        run_id="1",
                        started_at=at,
                        ended_at=at + timedelta(minutes=9),
                        state="failed" if name == "beta" else "success",
                    )
                )
            scope = {"integration": "acme", "flow": "employees", "portal": "xpert_suite"}
            for hour, minute in ((0, 10), (23, 30)):
                for day in (24, 26):  # in summer time, and in winter time
                    at = datetime(2026, 10, day, hour, minute, tzinfo=AMSTERDAM)
                    session.add(Delivery(**scope, run_id="1", state="confirmed", at=at))
        with ledger.session() as session:
            ran = [one for one in pictures.nights(session, None, moment) if one.ends]
            (own,) = [one for one in pictures.nights(session, "acme", moment) if one.ends]
            days = pictures.delivery_days(session, "acme", moment)
        (found,) = ran
        assert (found.day, found.last, found.failed) == (night.date(), "beta", {"beta"})
        assert found.half == night + timedelta(minutes=9)
        assert own.last == "employees"
        assert {day: dict(counts) for day, counts in days.items() if counts} == {
            date(2026, 10, day): {"delivered": 2} for day in (24, 26)
        }

    def test_the_last_runs_are_of_one_portal_with_those_that_ended_early(self, ledger: Ledger) -> None:
        """Neither skipped ones, nor historic loads, nor those of another portal; at most sixty."""
        moment = clock.now()
        kinds = [("xpert_suite", "success"), ("", "failed"), ("", "success"), ("json_api", "success"), ("", "skipped")]
        with ledger.session() as session:
            for number in range(70):
                for portal, state in kinds:
                    session.add(
                        Run(
                            integration="acme",
                            flow="employees",
                            portal=portal,
                            run_id=f"{number} {state}",
                            state=state,
                            started_at=moment + timedelta(minutes=number),
                        )
                    )
        with ledger.session() as session:
            found = pictures.last_runs(session, ("acme", "employees", "xpert_suite"))
        assert len(found) == pictures.RUNS
        assert {(run.portal, run.state) for run in found} == {("xpert_suite", "success"), ("", "failed")}
        assert found == sorted(found, key=lambda run: run.started_at)


class TestDrawing:
    def test_a_little_of_much_is_still_seen_and_nothing_leaves_the_picture(self) -> None:
        svg = drawing.columns("one", "Rows", "Much.", [Bar("a", {"delivered": 9_999, "rejected": 1}, "a: <b>")])
        found = ET.fromstring(svg)
        (group,) = found.findall("g")
        assert group.findtext("title") == "a: <b>"
        boxes = {rect.get("class"): rect for rect in group.findall("rect")}
        assert float(boxes["rejected"].get("height", 0)) > 2
        assert all(float(rect.get("y", 0)) >= 0 for rect in boxes.values())

    @pytest.mark.parametrize("path", ["/pictures", "/customers/veerhuis/pictures"])
    def test_colours_are_the_style_s_and_each_has_its_words(self, lived: Lived, path: str) -> None:
        """Light and dark by the style alone: every class that is drawn has a rule, and no drawing has a colour."""
        text = page(lived[0], path)
        style = page(lived[0], "/static/desk.css")
        found = drawn(text)
        assert found
        for svg in found:
            assert svg.get("role") == "img"
            labels = svg.get("aria-labelledby", "").split()
            assert [svg.find(tag).get("id") for tag in ("title", "desc")] == labels  # type: ignore[union-attr]
            for part in svg.iter():
                assert not {"fill", "style", "stroke"} & set(part.keys())
            kind = svg.get("class", "").split()[0]
            assert all(
                f".{kind} .{name}" in style for part in svg.iter("rect") for name in part.get("class", "").split()
            )
            assert all(f".{kind} .{part.get('class')}" in style for part in svg.iter("g") if part.get("class"))
        identities = re.findall(r' id="([^"]+)"', text)
        assert len(identities) == len(set(identities))
        assert text.count("<details") == sum(1 for rows in tables(text).values() if rows)

    def test_both_languages(self, lived: Lived) -> None:
        assert "Hoe lang elke nacht duurde" in page(lived[0], "/pictures", "nl")
        assert "Verloop van Veerhuis" in page(lived[0], "/customers/veerhuis/pictures", "nl")


def test_with_nothing_to_show_it_says_so(ledger_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An instance without a customer; a customer that nobody knows is not there."""
    (tmp_path / "integrations").mkdir()
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path / "integrations"))
    monkeypatch.setenv("VEERPONT_LEDGER", ledger_url)
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    Ledger(ledger_url).migrate()
    client = browser()
    text = page(client, "/pictures")
    assert "Nothing ran in these nights." in text
    assert not drawn(text)
    assert client.get("/customers/nobody/pictures").status_code == 404


def test_a_map_of_many_employers_has_pages(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [
        MonthCover(f"{number:03}", month, state, 7)
        for number in range(90)
        for month, state in (("<2026-10", CoverState.GOT), ("2026-10", CoverState.ASKED), ("2026-11", CoverState.LIVE))
    ]
    monkeypatch.setattr(type(FLOWS[Flow.ABSENCE]), "coverage", lambda *_: cells)
    text = page(lived[0], "/customers/veerhuis/pictures?employers=3")
    assert "Page 3 of 3" in text
    assert "90 employers; 90 months still lack an answer." in text
    (rows,) = [rows for title, rows in tables(text).items() if ":" in title]
    assert [row[0] for row in rows[1:]] == [f"{number:03}" for number in range(80, 90)]
