"""Find the person: one record by number, key, row or reject; who may, what is kept of it, and what is never shown."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from somebody import Somebody

sys.path.append(str(Path(__file__).parents[1] / "pipeline"))

from crossings import Crossing, guid
from illness import at
from of_a_test import settings_for
from test_acts import decisions, press
from test_pages import words

from veerpont.messages.catalog import say
from veerpont.model.failures import Problem, Stage
from veerpont.store import deliveries, employers, rejects
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings
from veerpont.store.scope import Scope
from veerpont.store.vault import Vault
from veerpont_sandbox.world import Sandbox

ANNA, ILL = guid(1), "1003"
FROZEN = say("trace.now_frozen", "en")
BAD = Problem(Stage.IMPORT, "Geboortedatum", "impossible_date", "Correct the date of birth of number:4711, too.")
PERSONAL = ("achternaam", "roepnaam", "partner", "geboortedatum", "bsn", "straat", "mail", "telefoon", "mobiel", "iban")


@pytest.fixture(scope="module")
def customer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crossing]:
    """Veerhuis on a noon, with every flow of people at the portal, and a reject that has only a number."""
    home = tmp_path_factory.mktemp("customer")
    with Sandbox(home / "sandbox", ["veerhuis"], bad_rows=()) as sandbox, settings_for(home, sandbox) as made:
        made.at("2026-11-22T12:00")
        made.configure(absence={"initial_days": 1500})
        made.first_night("employers", "employees", "organigram", "accounts", "absence", "absence")
        made.round()
        with made.ledger.session() as session:
            found = Findings({"number:4711": BAD}, employers={"number:4711": "01"})
            rejects.settle(session, Scope("veerhuis", "employees"), "r", found)
        yield made


@pytest.fixture
def person() -> Somebody:
    return Somebody()


@pytest.fixture
def client(customer: Crossing, person: Somebody) -> Iterator[Any]:
    """A browser of the person's."""
    from fastapi.testclient import TestClient

    from veerpont.desk.web import airflow_side
    from veerpont.desk.web.app import desk

    app = desk()
    app.dependency_overrides[airflow_side.person] = lambda: person
    headers = {"origin": "http://testserver", "accept-language": "en"}
    yield TestClient(app, headers=headers, raise_server_exceptions=False)
    app.dependency_overrides.clear()


@pytest.fixture
def ledger(customer: Crossing) -> Ledger:
    return customer.ledger


def looks(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [each for each in decisions(ledger) if each[0].startswith("look")]


def token(client: Any) -> str:
    (found,) = set(re.findall(r'name="token" value="(\w+)"', client.get("/find").text))
    return str(found)


def ask(client: Any, **fields: str) -> Any:
    """Post the form of a search."""
    filled = {"act": "search", "integration": "veerhuis", "token": token(client)}
    return client.post("/find", data=filled | fields)


def handles(answer: Any) -> dict[str, str]:
    """Return heading → what the forms of that record carry."""
    found = {}
    for card in answer.text.split('<section class="card"')[1:]:
        name, handle = re.search(r"<h2[^>]*>([^<]*)<", card), re.search(r'name="record" value="([^"]+)"', card)
        if name and handle:
            found[name[1]] = handle[1]
    return found


@contextmanager
def served_until(customer: Crossing, code: str, day: date | None) -> Iterator[None]:
    """Let the service of an employer end on a day, as long as this lasts: the others of this file see nothing of it."""

    def set_to(last: date | None) -> None:
        with customer.ledger.session() as session:
            employers.states(session, customer.name)[code].service_until = last

    set_to(day)
    try:
        yield
    finally:
        set_to(None)


class TestSearch:
    @pytest.mark.parametrize("what", ["1001", "number:1001", ANNA, f"{{{ANNA.lower()}}}", f" {ANNA}/01/1 "])
    def test_by_number_key_or_line(self, client: Any, what: str) -> None:
        """Flow by flow, with where it is now, the run that brought it and the delivery that it was in."""
        answer = ask(client, what=what)
        said = words(answer.text)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert f"Employees {ANNA}" in said
        assert "Xpert Suite 01/1: at the portal" in said
        assert re.search(r"new at the portal, Xpert Suite 01/1, delivery \d+ run \d+", said)

    def test_after_a_service_its_late_reports_are_read_on(self, client: Any, customer: Crossing) -> None:
        """The employer's people are frozen; absence is not, for as many days as the integration says."""
        with served_until(customer, "01", date(2026, 11, 12)):
            said = words(ask(client, what=ILL).text)
        _, people, rest = re.split(r"Employees 5A0D|Absence A07", said, maxsplit=2)
        absence, _, accounts = rest.partition("Bank accounts")
        assert FROZEN in people
        assert FROZEN in accounts
        assert FROZEN not in absence

    def test_in_dutch_it_is_dutch(self, client: Any) -> None:
        text = ask(client, what="1001").text
        dutch = client.post(
            "/find?lang=nl",
            data={"act": "search", "integration": "veerhuis", "what": "1001", "token": token(client)},
        ).text
        assert "nieuw bij het portaal" in words(dutch)
        assert "at the portal" not in words(dutch)
        assert "at the portal" in words(text)
        client.cookies.delete("veerpont_language")

    def test_by_a_row_of_a_delivery(self, client: Any, customer: Crossing) -> None:
        with customer.ledger.session() as session:
            (row,) = deliveries.find(session, Scope("veerhuis", "employees", "xpert_suite"), State.DELIVERED)
        answer = ask(client, integration="", delivery=str(row.id), row="1")
        assert "1 record found." in words(answer.text) or "records found." in words(answer.text)
        assert "Employees" in handles(answer)
        assert "Nothing found." in words(ask(client, delivery=str(row.id), row="9999").text)
        assert ask(client, delivery="99999999", row="1").status_code == 404
        assert ask(client, delivery="1; drop", row="1").status_code == 400

    def test_of_a_reject_that_has_only_a_number(self, client: Any, ledger: Ledger) -> None:
        """Its number is on no page before somebody asks for it, also not hidden in one."""
        with ledger.session() as session:
            (row,) = rejects.listed(session, rejects.RejectFilter("veerhuis", "employees", key="number:4711"))
        group = "/rejects/group?integration=veerhuis&flow=employees&employer=01&stage=import&reason=impossible_date"
        for page in ("/rejects", group, f"/rejects/{row.id}"):
            assert "4711" not in client.get(page).text
        assert "number:…" in words(client.get(f"/rejects/{row.id}").text)
        found = press(client, f"/rejects/{row.id}", "search")
        assert re.search(r"Employees number:… .* Rejects open", words(found.text))
        assert "4711" not in found.text
        shown = ask(client, act="number", record=handles(found)["Employees"])
        assert "Personnel number 4711" in words(shown.text)

    def test_nothing_is_found_by_what_is_personal(self, client: Any, customer: Crossing) -> None:
        person = customer.source("employees")[0]
        for column in ("BSN", "Achternaam"):
            assert "Nothing found." in words(ask(client, what=str(person[column])).text)

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"what": ""}, 409),
            ({"what": "x", "integration": "another"}, 409),
            ({"what": "x" * 201}, 400),
            ({"act": "number", "record": "forged"}, 400),
            ({"act": "timeline", "record": ""}, 400),
            ({"act": "erase", "what": "x"}, 400),
            ({"reject": "2147483648"}, 400),
        ],
    )
    def test_what_cannot_be_asked_is_refused_in_words(self, client: Any, fields: dict[str, str], status: int) -> None:
        answer = ask(client, **fields)
        assert answer.status_code == status
        assert "<main" in answer.text

    def test_a_load_that_replaces_it_meanwhile_is_asked_again(
        self, client: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usual, away = Vault.part, ["once"]

        def replaced(self: Vault, *given: Any) -> list[bytes]:
            if away:
                away.clear()
                raise FileNotFoundError
            return usual(self, *given)

        monkeypatch.setattr(Vault, "part", replaced)
        assert f"Employees {ANNA}" in words(ask(client, what="1001").text)


class TestNumberAndTimeline:
    def test_the_number_is_shown_by_an_act_that_is_kept(self, client: Any, ledger: Ledger) -> None:
        found = ask(client, what=ANNA)
        assert "1001" not in words(found.text)
        before = len(looks(ledger))
        shown = ask(client, act="number", record=handles(found)["Employees"])
        assert "Personnel number 1001" in words(shown.text)
        assert shown.headers["cache-control"] == "no-store"
        assert looks(ledger)[before:] == [("look number", f"record {ANNA}", "els")]

    def test_a_case_has_its_days_and_percentages(self, client: Any, customer: Crossing, ledger: Ledger) -> None:
        """As the source showed them, and as the portal got them; by a number its cases are found."""
        case = max(customer.book.cases(ILL), key=lambda each: each.begin)
        found = ask(client, what=case.guid)
        before = len(looks(ledger))
        answer = ask(client, act="timeline", record=handles(found)["Absence"])
        said = words(answer.text)
        assert answer.headers["cache-control"] == "no-store"
        assert looks(ledger)[before:] == [("look timeline", f"record {case.guid.strip('{}').upper()}", "els")]
        assert f"began {case.begin.day} " in said
        assert "As the source showed it" in said
        assert "As Xpert Suite got it" in said
        assert re.search(r"\d+ %", said)
        assert '<svg class="course"' in answer.text
        assert f'<time datetime="{case.begin}">' in answer.text
        assert case.guid.strip("{}").upper() in ask(client, what=ILL).text

    def test_of_a_deleted_case_it_says_when(self, client: Any, customer: Crossing) -> None:
        """Nothing is left of its days; when it went at the portal, and in which delivery, is."""
        case = customer.book.open("0109", date(2026, 11, 20), at=at("2026-11-22", 13))
        customer.at("2026-11-22T14:00")("absence")
        assert "Removed" not in words(self.course(client, case).text)
        customer.book.delete(case)
        for day in (23, 24):
            customer.at(f"2026-11-{day}T21:00")("absence")
        said = words(self.course(client, case).text)
        assert "Nothing is known of this case any more." in said
        assert re.search(r"Removed Tue 24 Nov 21:\d\d removed at the portal, Xpert Suite, delivery \d+", said)

    def course(self, client: Any, case: str) -> Any:
        return ask(client, act="timeline", record=handles(ask(client, what=case))["Absence"])

    def test_it_is_of_cases_only(self, client: Any, ledger: Ledger) -> None:
        record = handles(ask(client, what=ANNA))["Employees"]
        before = looks(ledger)
        assert ask(client, act="timeline", record=record).status_code == 400
        assert looks(ledger) == before

    def test_the_page_says_who_looked_at_what(self, client: Any) -> None:
        ask(client, what="1001")
        ask(client, what="77777")
        said = words(client.get("/find?integration=veerhuis").text)
        assert "Who looked at what of veerhuis" in said
        assert re.search(rf"els what happened to a record {ANNA}", said)
        assert "els what happened to a record nothing found" in said
        assert "77777" not in said

    def test_what_was_typed_is_not_kept(self, client: Any, customer: Crossing) -> None:
        ask(client, what="Waterlelie 77777")
        assert not customer.in_ledger("Waterlelie")


class TestWhoMay:
    @pytest.fixture
    def viewer(self, person: Somebody) -> Somebody:
        person.acts = False
        return person

    def test_a_viewer_is_refused_before_anything_is_read(
        self, client: Any, person: Somebody, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Search, number and timeline, with a token and a record that are right; neither ledger nor vault is asked."""
        found = ask(client, what=ANNA)
        fields = [
            {"what": "1001"},
            {"act": "number", "record": handles(found)["Employees"]},
            {"act": "timeline", "record": handles(found)["Employees"]},
            {"reject": "1"},
            {"delivery": "1", "row": "1"},
        ]
        person.acts = False
        genuine = re.search(r'name="token" value="(\w+)"', found.text)
        assert genuine
        before = looks(ledger)

        def read(*_: Any) -> None:
            raise AssertionError("the vault was asked")

        for name in ("get", "unseal"):
            monkeypatch.setattr(Vault, name, read)
        monkeypatch.setattr(Ledger, "session", read)
        for each in fields:
            filled = {"act": "search", "integration": "veerhuis", "token": genuine[1]} | each
            assert client.post("/find", data=filled).status_code == 403, each
        monkeypatch.undo()
        assert looks(ledger) == before

    def test_a_viewer_sees_no_form_and_no_log(self, client: Any, viewer: Somebody) -> None:
        text = client.get("/find?integration=veerhuis").text
        assert "<form" not in text[text.index("<main") :]
        assert ANNA not in text
        assert "Only who may decide about the data may look for somebody" in words(text)
        assert "Where is this record?" not in client.get("/rejects/1").text

    def test_another_site_asks_in_vain(self, client: Any, ledger: Ledger) -> None:
        before = looks(ledger)
        filled = {"act": "search", "integration": "veerhuis", "what": "1001"}
        assert client.post("/find", data=filled | {"token": "0" * 64}).status_code == 403
        good = filled | {"token": token(client)}
        assert client.post("/find", data=good, headers={"origin": "http://evil.example"}).status_code == 403
        assert looks(ledger) == before

    def test_nothing_is_asked_by_an_address(self, client: Any, ledger: Ledger) -> None:
        """A link shows an empty form: what was asked stands in no log of a proxy."""
        before = looks(ledger)
        assert handles(client.get(f"/find?integration=veerhuis&what={ANNA}&act=search")) == {}
        assert looks(ledger) == before


class TestNothingPersonal:
    def test_in_any_answer_about_anybody(self, client: Any, customer: Crossing) -> None:
        """Everybody by number; every case with its timeline: keys, days and percentages, and nothing that is theirs."""
        people = customer.source("employees")
        secrets = {
            str(value or "").removesuffix("T00:00:00Z")
            for flow in ("employees", "iban")
            for row in customer.source(flow)
            for field, value in row.items()
            if any(part in field.lower() for part in PERSONAL)
        }
        codes = {str(row[name]) for row in customer.source("absence") for name in ("Type",) if row.get(name)}
        pattern = re.compile(
            rf"(?<!\w)(?:{'|'.join(sorted(re.escape(each) for each in secrets if len(each) > 3))})(?!\w)"
        )
        numbers = sorted({str(row["Personeelsnummer"]) for row in people})
        timelines = 0
        for number in numbers:
            found = ask(client, what=number)
            for heading, handle in handles(found).items():
                pages = [found, ask(client, act="number", record=handle)]
                if heading == "Absence":
                    timelines += 1
                    course = ask(client, act="timeline", record=handle)
                    pages.append(course)
                    assert number not in words(course.text)
                    assert not re.search(rf"(?<!\w)(?:{'|'.join(codes)})(?!\w)", words(course.text))
                for page in pages:
                    assert page.status_code == 200
                    hit = pattern.search(unescape(page.text))
                    assert hit is None, heading
        assert len(numbers) > 8
        assert timelines > 3
