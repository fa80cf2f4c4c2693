"""Special, of one customer: forget a person, load historic absence, adopt; asked at the desk, done by a task."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from somebody import Somebody
from sqlalchemy import select

from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import coded
from veerpont.pipeline import desk_acts, desk_work
from veerpont.pipeline.moving_in.adopt import Adoption
from veerpont.pipeline.moving_in.pairing import AtEmployer
from veerpont.pipeline.moving_in.reconcile import Reconciled
from veerpont.store import deliveries, kinds, runs
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Work
from veerpont.store.vault import Sequence

NUMBER = "JV1001"  # never in the hexadecimal token of a form
KEY = f"01/number:{NUMBER}"
FILE: dict[str, Any] = {
    "name": "acme",
    "customer": "Acme Holding B.V.",
    "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
    "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employees", "absence"]}],
}
THERE: dict[str, Any] = {
    "integration": "acme",
    "key": KEY,
    "number": 0,
    "before": None,
    "lines": [{"flow": "employees", "portal": "xpert_suite", "lines": 1, "removal": "held"}],
    "history": 7,
    "rejects": 2,
    "links": 0,
    "files": [{"id": 1, "flow": "employees", "portal": "xpert_suite", "name": "x"}],
    "superseded": [],
    "warning": "",
}
PAGE = "/customers/acme/special"


@pytest.fixture(autouse=True)
def _file(client: Any, tmp_path: Path) -> None:
    (tmp_path / "integrations" / "acme.yaml").write_text(yaml.safe_dump(FILE))


@pytest.fixture
def forgets(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Stand in for `forget`; returns what it was called with."""
    called: list[tuple[Any, ...]] = []

    def forget(*given: Any, really: bool = True) -> dict[str, Any]:
        called.append((*given, really))
        return THERE | ({"number": 12, "done": True} if really else {"done": False})

    monkeypatch.setattr(desk_acts, "forget", forget)
    return called


def token(client: Any, page: str = PAGE) -> str:
    found = re.search(r'name="token" value="([^"]*)"', client.get(page).text)
    assert found
    return found[1]


def post(client: Any, path: str, **data: str) -> Any:
    return client.post(path, data={"token": token(client), **data})


def looked(client: Any) -> Any:
    """Ask what there is of the person, let the task do it, and return the address of the result."""
    answer = post(client, "/customers/acme/forget", key=KEY)
    assert 'http-equiv="refresh"' in answer.text
    assert not desk_work.do(lambda _: None)
    return answer.url.path


def row(filled: Ledger) -> Work:
    with filled.session() as session:
        return session.scalars(select(Work).order_by(Work.id.desc()).limit(1)).one()


class TestForget:
    def test_first_what_there_is_then_the_key_again_then_forgotten(
        self, client: Any, person: Somebody, forgets: list[tuple[Any, ...]]
    ) -> None:
        path = looked(client)
        page = client.get(f"{path}?lang=en").text
        assert "Employees to Xpert Suite</dt><dd>1 line; the removal there waits for a release" in page
        assert "<dd>7</dd>" in page
        assert 'href="../../../deliveries/1"' in page
        assert forgets == [("acme", KEY, "els", False)]
        number = path.rpartition("/")[2]
        done = post(client, f"/customers/acme/forget/{number}", key=f" {KEY} ")
        assert not desk_work.do(lambda _: None)
        assert forgets[-1] == ("acme", KEY, "els", True)
        assert "Forgotten, as number 12." in client.get(f"{done.url.path}?lang=en").text
        assert person.started == [("desk_work", "acme")] * 2

    def test_another_key_forgets_nobody(self, client: Any, forgets: list[tuple[Any, ...]]) -> None:
        number = looked(client).rpartition("/")[2]
        answer = post(client, f"/customers/acme/forget/{number}", key="01/number:1002")
        assert answer.status_code == 409
        assert not desk_work.do(lambda _: None)
        assert [each[-1] for each in forgets] == [False]

    def test_the_key_is_kept_nowhere_in_clear(
        self, client: Any, filled: Ledger, forgets: list[tuple[Any, ...]], tmp_path: Path
    ) -> None:
        asked = post(client, "/customers/acme/forget", key=KEY)
        kept = [path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file()]
        assert kept
        assert not any(NUMBER.encode() in content for content in kept)
        said: list[str] = []
        assert not desk_work.do(said.append)
        shown = client.get(asked.url.path).text + client.get(PAGE).text + " ".join(said)
        assert NUMBER not in shown
        assert NUMBER not in str({name: getattr(row(filled), name) for name in Work.__table__.columns.keys()})  # noqa: SIM118
        assert not list((tmp_path / "vault" / "desk_work").glob("*"))

    @pytest.mark.parametrize("code", ["forget.unknown", "forget.several", "forget.case_key"])
    def test_what_is_refused_is_said_without_the_key(
        self, client: Any, filled: Ledger, monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        def refuses(*_: Any, **__: Any) -> dict[str, Any]:
            raise SettingsError(coded(code, "About {key}.", key=KEY))

        monkeypatch.setattr(desk_acts, "forget", refuses)
        said: list[str] = []
        answer = post(client, "/customers/acme/forget", key=KEY)
        assert not desk_work.do(said.append)
        assert NUMBER not in client.get(answer.url.path).text + " ".join(said)
        assert row(filled).state == "refused"

    def test_it_waits_while_a_run_is_busy(
        self, client: Any, filled: Ledger, monkeypatch: pytest.MonkeyPatch, forgets: list[tuple[Any, ...]]
    ) -> None:
        number = looked(client).rpartition("/")[2]

        def busy(*_: Any, **__: Any) -> dict[str, Any]:
            raise PassingError("A run is busy.")

        monkeypatch.setattr(desk_acts, "forget", busy)
        post(client, f"/customers/acme/forget/{number}", key=KEY)
        assert desk_work.do(lambda _: None)
        assert row(filled).state == "waiting"


class TestHistory:
    def test_months_are_loaded_by_airflow(self, client: Any, person: Somebody) -> None:
        answer = post(client, "/customers/acme/history", first="2024-11", last="2025-02", again="yes")
        assert person.loaded == [("absence_history", "acme", "2024-11-01", "2025-02-01", True)]
        assert "4 months are being loaded" in answer.text

    def test_what_airflow_does_not_take_is_said(self, client: Any, person: Somebody) -> None:
        person.how = "busy"
        answer = post(client, "/customers/acme/history", first="2024-11", last="2024-11")
        assert "Airflow still loads other months" in answer.text
        assert "Nothing was loaded." in answer.text

    @pytest.mark.parametrize(
        ("first", "last"),
        [("2025-02", "2024-11"), ("2024-11", "2999-01"), ("1999-01", "2020-01"), ("2024", "2025-01"), ("x", "y")],
    )
    def test_other_months_are_refused(self, client: Any, person: Somebody, first: str, last: str) -> None:
        assert post(client, "/customers/acme/history", first=first, last=last).status_code == 409
        assert person.loaded == []

    def test_the_months_that_were_loaded_are_shown(self, client: Any, filled: Ledger) -> None:
        said = coded(
            "run.month_loaded",
            "{count} lines of {month} are in the history; the next run of absence delivers them.",
            count=8,
            month="2025-01",
        )
        with filled.session() as session:
            runs.begin(session, "acme", "absence_history", [""], "b1")
            runs.end(session, Scope("acme", "absence_history"), "b1", "success", message=said)
        assert "8 regels van 2025-01 staan in de geschiedenis" in client.get(f"{PAGE}?lang=nl").text


FOUND = Adoption(
    Reconciled(
        integration="acme",
        flow="employees",
        portal="xpert_suite",
        against="next",
        lines=15,
        employers={"01": AtEmployer(same=11, differs=2, only_there=1, only_ours=1, columns={"email_work": 2})},
        by_second=0,
        rejected=0,
        outside=0,
        dropped={},
        unusable=[],
        lacking=[],
        foreign=[],
    ),
    adopted=14,
    unmatched=1,
    superseded=[3],
)


def bring(client: Any, **given: str) -> Any:
    data = {"token": token(client), "to": "employees xpert_suite", "taken_at": "2026-11-30T09:15"} | given
    return client.post("/customers/acme/adopt", data=data, files={"file": ("export.csv", b"a;b\n1;2\n")})


class TestAdopt:
    def test_an_export_is_adopted_and_shown_by_employer_and_column(
        self, client: Any, monkeypatch: pytest.MonkeyPatch, person: Somebody
    ) -> None:
        called: list[Any] = []

        def adopt(*given: Any, **more: Any) -> Adoption:
            called.append((given[:4], more["portal_name"], f"{more['taken_at']:%Y-%m-%d %H:%M%z}"))
            return FOUND

        monkeypatch.setattr(desk_acts.adopting, "adopt", adopt)
        answer = bring(client)
        assert not desk_work.do(lambda _: None)
        assert called == [
            (("acme", "employees", b"a;b\n1;2\n", "els"), "xpert_suite", "2026-11-30 09:15+0100"),
        ]
        page = client.get(f"{answer.url.path}?lang=en").text
        assert "14 lines adopted. 1 of them is not ours" in page
        assert re.findall(r'<td class="num">(\d+)</td>', page) == ["11", "2", "1", "1"]
        assert "<code>email_work</code> 2" in page
        assert person.started == [("desk_work", "acme")]

    def test_what_is_refused_is_said_in_dutch(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def adopt(*_: Any, **__: Any) -> Adoption:
            raise SettingsError(
                coded("adopt.future", "The file was made in the future: say when (--taken-at). Nothing was adopted.")
            )

        monkeypatch.setattr(desk_acts.adopting, "adopt", adopt)
        answer = bring(client)
        assert not desk_work.do(lambda _: None)
        assert "Het bestand is in de toekomst gemaakt" in client.get(f"{answer.url.path}?lang=nl").text

    def test_it_is_discarded(self, client: Any, filled: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        with filled.session() as session:
            scope = Scope("acme", "employees", "xpert_suite")
            deliveries.point(session, scope, kinds.ADOPTED, Sequence("a"))
        monkeypatch.setattr(desk_acts.adopting, "discard", lambda *_: [3])
        assert 'value="employees xpert_suite"' in client.get(PAGE).text
        answer = post(client, "/customers/acme/adopt/discard", to="employees xpert_suite")
        assert not desk_work.do(lambda _: None)
        assert "1 question is asked again" in client.get(f"{answer.url.path}?lang=en").text

    def test_where_a_delivery_was_accepted_nothing_can_be_adopted(self, client: Any, filled: Ledger) -> None:
        with filled.session() as session:
            for flow in ("employees", "absence"):
                deliveries.point(session, Scope("acme", flow, "xpert_suite"), kinds.SNAPSHOTS, Sequence("a"))
        assert 'name="taken_at"' not in client.get(PAGE).text

    @pytest.mark.parametrize("given", [{"to": "iban json_api"}, {"to": "x"}])
    def test_another_flow_is_not_there(self, client: Any, given: dict[str, str]) -> None:
        assert bring(client, **given).status_code == 404

    def test_a_moment_that_is_none_is_refused(self, client: Any) -> None:
        assert bring(client, taken_at="yesterday").status_code == 409


class TestWho:
    @pytest.mark.parametrize(
        ("path", "data"),
        [
            ("/customers/acme/forget", {"key": KEY}),
            ("/customers/acme/history", {"first": "2024-11", "last": "2024-11"}),
            ("/customers/acme/adopt/discard", {"to": "employees xpert_suite"}),
        ],
    )
    def test_who_may_only_look_may_not_act(
        self, client: Any, person: Somebody, filled: Ledger, path: str, data: dict[str, str]
    ) -> None:
        mine = token(client)
        person.acts = False
        page = client.get(PAGE).text
        assert "<form" not in page
        assert client.post(path, data={"token": mine, **data}).status_code == 403
        with filled.session() as session:
            assert not session.scalars(select(Work)).all()
        assert not person.started + person.loaded

    def test_also_not_with_a_file(self, client: Any, person: Somebody) -> None:
        person.acts = False
        assert client.post("/customers/acme/adopt", data={}, files={"file": ("a.csv", b"x")}).status_code == 403

    def test_another_site_cannot_ask_for_it(self, client: Any, person: Somebody) -> None:
        assert client.post("/customers/acme/forget", data={"token": "x", "key": KEY}).status_code == 403
        assert person.started == []

    def test_a_customer_that_is_not_there(self, client: Any) -> None:
        assert client.get("/customers/nobody/special").status_code == 404
        mine = token(client)
        assert client.post("/customers/nobody/forget", data={"token": mine, "key": KEY}).status_code == 404

    def test_what_is_of_another_kind_is_not_there(self, client: Any, filled: Ledger) -> None:
        number = looked_by(client, filled)
        assert client.get(f"/customers/acme/special/{number}").status_code == 404
        assert client.get(f"/deliveries/work/{number}").status_code == 404


def looked_by(_: Any, filled: Ledger) -> int:
    """Return the number of a preview."""
    from veerpont.model.flows import Flow

    return desk_work.ask_preview(filled, "acme", Flow.EMPLOYEES, "els")


def test_counts_come_back_as_they_went_in() -> None:
    from veerpont.desk import special

    counts = desk_acts._of_person(THERE | {"superseded": [4]})
    found = special.person(msgspec.json.decode(msgspec.json.encode(counts), type=dict[str, int]))
    assert (found.history, found.rejects, found.files, found.superseded) == (7, 2, [1], [4])
    assert found.lines == [("employees", "xpert_suite", True, 1)]
