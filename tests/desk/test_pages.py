"""The pages: what they show, in two languages, to whom; never a personal value, and never an answer that is no page."""

import re
from typing import Any

import pytest
from proving import in_turn
from somebody import Somebody

from veerpont.desk.web.pages import links as links_page
from veerpont.store import employers, links, runs
from veerpont.store.ledger import Ledger

GROUP = "/rejects/group?integration=acme&flow=absence&employer=01&stage=transform&reason=no_cause"
PAGES = [
    "/",
    "/customers/acme",
    "/customers/acme/mappings",
    "/customers/acme/pictures",
    "/customers/acme/special",
    "/pictures",
    "/rejects",
    "/rejects?asks=yes",
    "/rejects?integration=acme&flow=absence&employer=01&stage=transform&reason=no_cause&age=new&state=open",
    "/rejects?employer=-",
    GROUP,
    f"{GROUP}&state=closed",
    "/rejects/1",
    "/rejects/414",
    "/employers",
    "/employers?state=pending",
    "/employers/ask?act=activate&integration=acme&code=03",
    "/employers/ask?act=deactivate&integration=acme&code=01&code=02",
    "/employers/ask?act=purge&integration=acme&code=01",
    "/employers?state=over",
    "/employers/ask?act=service&integration=acme&code=01&code=02",
    "/links",
    "/links?integration=acme&decision=undecided&employer=01",
    "/links?integration=none",
    "/links/ask?act=add&integration=acme&key=L1",
    "/links/ask?act=skip&integration=acme&key=L1&key=L3",
    "/links/ask?act=link&integration=acme&key=L2",
    "/deliveries",
    "/deliveries?state=waiting",
    "/deliveries/1",
    "/deliveries/2",
    "/deliveries/2/ask?act=release",
    "/deliveries/2/ask?act=discard",
    "/find",
    "/find?integration=acme",
]


def words(page: str) -> str:
    """Return what a person reads of a page."""
    body = page[page.index("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


class TestEveryPage:
    @pytest.mark.parametrize(("path", "language"), in_turn(PAGES, ("nl", "en")))
    def test_is_a_page_in_the_language_of_the_browser(self, client: Any, path: str, language: str) -> None:
        """Also with nothing to show; what an employer is called is text, never HTML."""
        answer = client.get(path, headers={"accept-language": f"{language}-NL;q=0.9, fr"})
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text
        assert "<b>Zorg" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    def test_has_links_that_work_wherever_airflow_is_mounted(self, client: Any) -> None:
        """All are relative; each leads to a page of the desk. What leads to Airflow itself leaves the desk's frame."""
        led_to = set()
        for path in PAGES:
            answer = client.get(path)
            text = re.sub(r'<a [^>]*target="_top" href="/dags/[a-z_]+">', "<a>", answer.text)
            assert "target=" not in text
            for link in set(re.findall(r'(?:href|action|src)="([^"]*)"', text)) - {"/"}:  # "/" is Airflow itself
                assert not link.startswith("/"), (path, link)
                assert "://" not in link
            for link in set(re.findall(r'<a [^>]*href="([^"#]+)"', text)) - {"/"}:
                led_to.add(str(answer.url.join(link.replace("&amp;", "&"))))
        assert len(led_to) > 100
        assert [url for url in sorted(led_to) if client.get(url).status_code != 200] == []

    @pytest.mark.parametrize("path", PAGES)
    def test_every_field_has_a_name_for_who_cannot_see_it(self, client: Any, path: str) -> None:
        """A label around it, or one of its own; no handler of a mouse."""
        text = client.get(path).text
        bare = re.sub(r"<label.*?</label>", "", text, flags=re.DOTALL)
        for field in re.findall(r"<(?:input|select|textarea)[^>]*>", bare):
            assert 'type="hidden"' in field or "aria-label=" in field, field
        assert not re.search(r"\son\w+=", text)

    def test_the_language_that_was_chosen_stays(self, client: Any) -> None:
        assert "Vandaag" in client.get("/?lang=nl", headers={"accept-language": "en"}).text
        assert "Uitval" in client.get("/rejects", headers={"accept-language": "en"}).text


class TestToday:
    def test_says_how_flows_stand_and_what_needs_a_person(self, client: Any) -> None:
        """Books with their numbers, a failure with its message, lateness, and links to what waits."""
        said = words(client.get("/?lang=en").text)
        assert "4,200 read" in said
        assert "4,100 unchanged" in said
        assert "AFAS refuses the token." in said
        assert "too long ago" in said
        assert "2 groups of rejects" in said
        assert "1 held removal" in said
        assert "1 customer with new employers" in said

    def test_counts_are_written_as_the_dutch_do(self, client: Any) -> None:
        assert "4.200 gelezen" in words(client.get("/?lang=nl").text)

    def test_a_broken_integration_file_is_shown(self, client: Any, tmp_path: Any) -> None:
        """The others go on."""
        (tmp_path / "integrations" / "veer.yaml").write_text("name: VEER")
        assert "veer.yaml is not a valid integration file" in words(client.get("/?lang=en").text)


class TestRejects:
    def test_are_grouped_by_what_is_wrong_with_counts_of_codes(self, client: Any) -> None:
        """The largest first; the codes of the source only as counts."""
        said = words(client.get("/rejects?lang=en").text)
        assert "415 records in 3 groups" in said
        assert re.search(r"412 No cause.* 01 .* 2 .* 1 ", said)
        assert "ZW 400" in said
        assert "CASE" not in said

    def test_a_filter_narrows_and_an_unknown_word_finds_nothing(self, client: Any) -> None:
        assert "1 record in 1 group" in words(client.get("/rejects?lang=en&reason=impossible_date").text)
        assert "No rejects with this filter." in words(client.get("/rejects?lang=en&age=month").text)
        assert "No rejects with this filter." in words(client.get("/rejects?lang=en&flow=nonsense").text)

    def test_a_group_says_what_it_means_and_pages_its_records(self, client: Any) -> None:
        """A hundred records a page; a page too far is the last one."""
        first = client.get(f"{GROUP}&lang=en").text
        assert "What it means" in words(first)
        assert "Page 1 of 5" in words(first)
        assert first.count('class="key"') == 100
        assert client.get(f"{GROUP}&page=99").text.count('class="key"') == 12

    def test_one_has_its_history(self, client: Any) -> None:
        said = words(client.get("/rejects/413?lang=en").text)
        assert "Correct the date of birth in AFAS." in said
        assert "opened" in said


class TestDeliveries:
    def test_show_what_was_sent_and_what_waits(self, client: Any) -> None:
        """Name, count and checksum of one; the reason in words of the other."""
        said = words(client.get("/deliveries?lang=en").text)
        assert "employees_00000001_abcdef012345.xlsx" in said
        assert "4,112" in said
        assert "40 removals wait" in said

    def test_keys_are_by_employer(self, client: Any, filled: Ledger) -> None:
        """How many are new, changed and gone at which employer, and the keys of one of them."""
        import msgspec

        from veerpont.config.settings import settings
        from veerpont.model.schema import SchemaChange
        from veerpont.store.deliveries import Kept
        from veerpont.store.tables import Delivery
        from veerpont.store.vault import Vault

        ours = settings()
        keys = {f"K{number:03d}": "01" if number < 30 else "02" for number in range(40)}
        kept = Kept(new={"N1": "01"}, changed={"C1": "02", "C2": "02"}, gone=keys)
        Vault(ours.vault, ours.vault_keys).put("acme/held", msgspec.json.encode(kept))
        with filled.session() as session:
            session.get_one(Delivery, 2).object = "acme/held"
        said = words(client.get("/deliveries/2?lang=en&employer=02&what=gone").text)
        assert "employer 01 gone 30" in said
        assert "employer 02 gone 10" in said
        assert "employer 01 new 1" in said
        assert "employer 02 changed 2" in said
        assert "K030" in said
        assert "K001" not in said
        assert "C1" not in said
        assert "C1" in words(client.get("/deliveries/2?lang=en&employer=02&what=changed").text)
        assert "Columns" not in said
        schema = SchemaChange(
            ("formation.Schaal",), ("employment.Fax",), ("employment.Uren: integer → decimal (2)",), ""
        )
        Vault(ours.vault, ours.vault_keys).put("acme/other", msgspec.json.encode(Kept(schema=schema)))
        with filled.session() as session:
            session.get_one(Delivery, 2).object = "acme/other"
        said = words(client.get("/deliveries/2?lang=en").text)
        assert "New formation.Schaal Gone employment.Fax Changed employment.Uren: integer → decimal (2)" in said
        with filled.session() as session:
            session.get_one(Delivery, 2).object = "acme/erased"
        assert "not kept any more" in words(client.get("/deliveries/2?lang=en").text)


HUGE = ("2147483648", "9" * 20, "9" * 5000, "-1")
"""Numbers that no database holds, and Python will not even read the last but one."""


PAGED = ("rejects/group?integration=a&flow=b&stage=c&reason=d", "deliveries?flow=b", "links?employer=c")


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/nowhere", 404),
            ("/customers", 404),
            ("/customers/nobody", 404),
            ("/customers/" + "x" * 1000, 400),
            ("/customers/..%2f..%2fetc", 404),
            ("/rejects/99999", 404),
            ("/rejects/none", 400),
            *((f"/{path}/{number}", 404) for number in HUGE for path in ("rejects", "deliveries", "deliveries/work")),
            *((f"/deliveries/{number}/ask?act=release", 404) for number in HUGE),
            *((f"/{path}&page={number}", 404) for number in HUGE for path in PAGED),
            ("/deliveries/99999", 404),
            ("/deliveries/2/ask?act=explode", 400),
            ("/rejects/group?integration=acme", 400),
            ("/rejects?flow=" + "x" * 1000, 400),
            ("/employers/ask?act=activate&integration=acme", 409),
            ("/employers/ask?act=activate&integration=acme&code=77", 409),
            ("/employers/ask?act=activate&integration=acme&code=01", 409),
            ("/links/ask?act=add&integration=acme", 409),
            ("/links/ask?act=explode&integration=acme&key=L1", 409),
            ("/links/ask?act=link&integration=acme&key=L1&key=L2", 409),
            ("/links/ask?act=add&integration=acme&key=NOBODY", 409),
            ("/static/nothing.css", 404),
            ("/static/..%2fapp.py", 404),
        ],
    )
    def test_is_said_in_a_sentence(self, client: Any, path: str, status: int) -> None:
        """A page, in Dutch when asked, without a trace of the code."""
        answer = client.get(path, headers={"accept-language": "nl"})
        assert answer.status_code == status
        assert words(answer.text).strip().endswith(".")
        assert 'lang="nl"' in answer.text
        assert "Traceback" not in answer.text

    def test_a_ledger_that_is_away_is_said(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not an empty page, which would look like nothing to do."""
        monkeypatch.setenv("VEERPONT_LEDGER", "postgresql+psycopg2://nobody@127.0.0.1:1/none")
        answer = client.get("/", headers={"accept-language": "nl"})
        assert answer.status_code == 503
        assert "Het register is niet bereikbaar." in answer.text

    def test_a_ledger_that_cannot_be_opened_is_said_with_its_cause(
        self, client: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That does not pass by itself."""
        monkeypatch.setenv("VEERPONT_LEDGER", "sqlite:////nowhere/at/all.db")
        answer = client.get("/")
        assert answer.status_code == 409
        assert "cannot be opened" in answer.text

    def test_a_defect_is_said_without_what_it_was_about(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from veerpont.desk import today

        def breaks(*_: object) -> None:
            raise ValueError("999999999 of somebody")

        monkeypatch.setattr(today, "overview", breaks)
        answer = client.get("/")
        assert answer.status_code == 500
        assert "999999999" not in answer.text


class TestALooker:
    @pytest.fixture
    def person(self) -> Somebody:
        return Somebody(acts=False)

    @pytest.mark.parametrize("path", [path for path in PAGES if "/ask" not in path])
    def test_sees_everything_and_nothing_to_press(self, client: Any, path: str) -> None:
        """No form that would be refused."""
        answer = client.get(path)
        assert answer.status_code == 200
        assert 'method="post"' not in answer.text

    @pytest.mark.parametrize("path", [path for path in PAGES if "/ask" in path])
    def test_is_not_asked_what_they_may_not_answer(self, client: Any, path: str) -> None:
        assert client.get(path).status_code == 403


def test_a_run_of_an_unknown_flow_is_shown_all_the_same(client: Any, filled: Ledger) -> None:
    """An older or newer release may have left it in the ledger."""
    with filled.session() as session:
        runs.begin(session, "acme", "timesheets", ["xpert_suite"], "h1")
    assert "timesheets" in client.get("/").text


class TestManyCustomers:
    def test_employers_have_pages_of_customers(self, client: Any, filled: Ledger) -> None:
        with filled.session() as session:
            for number in range(30):
                employers.show(session, f"c{number:02}", "01", "Bouw B.V.")
        pages = [
            re.findall(r'aria-labelledby="i-(\w+)"', client.get(f"/employers?page={page}").text) for page in (1, 2)
        ]
        assert pages == [
            ["acme", *(f"c{number:02}" for number in range(19))],
            [f"c{number}" for number in range(19, 30)],
        ]
        assert re.findall(r'aria-labelledby="i-(\w+)"', client.get("/employers?integration=c29&page=9").text) == ["c29"]

    def test_links_are_read_page_by_page(self, client: Any, filled: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        """The undecided first; the number of all is said, whatever the page shows."""
        monkeypatch.setattr(links_page, "PEOPLE_SHOWN", 2)
        with filled.session() as session:
            links.decide(session, "acme", ["L1"], links.Choice.ADD, "Els")
        shown = [re.findall(r'name="key" value="(\w+)"', client.get(f"/links?page={page}").text) for page in (1, 2, 7)]
        assert [sorted(keys) for keys in shown] == [["L2", "L3"], ["L1"], ["L1"]]
        assert "3 employees" in words(client.get("/links").text)
        assert re.findall(r'name="key" value="(\w+)"', client.get("/links?employer=02").text) == ["L3"]
