"""Who may not see a customer gets, at every door of the desk, what they would get if there were no such customer.

Three desks: `without` never heard of `secret`; `closed` has it, for somebody else; `open` has it, for who looks. What
is asked of `closed` is answered as by `without`; and `open` answers otherwise, so that the question was a real one.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from desks import KEY, SECRET, Desk, ask
from fastapi.routing import APIRoute
from ledgers import fill
from sqlalchemy import delete, func, select, update

from veerpont.desk import deliveries, employers, links, seen
from veerpont.desk.web.pages import find
from veerpont.model.flows import Flow
from veerpont.store import runs
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Delivery, Reject, Work

JOKE, ELS = {"users": ["joke"]}, {"users": ["els"]}
GROUP = {"integration": SECRET, "flow": "absence", "employer": "01", "stage": "transform", "reason": "no_cause"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the three desks, to be copied."""
    home = tmp_path_factory.mktemp("desks")
    moment = now() - timedelta(minutes=10)
    without = Desk(home / "without", moment)
    (without.folder / "integrations").mkdir(parents=True)
    without.ledger.migrate()
    fill(without.ledger, moment)
    without.more("acme")
    without.file("acme")
    for name, seen_by in (("closed", JOKE), ("open", ELS)):
        shutil.copytree(without.folder, home / name)
        each = Desk(home / name, moment)
        fill(each.ledger, moment, SECRET)
        each.more(SECRET)
        each.file(SECRET, seen_by)
    return {name: home / name for name in ("without", "closed", "open")}


@pytest.fixture
def desks(made: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Desk]:
    """The three desks, at one moment."""
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    moment = now()
    monkeypatch.setattr("veerpont.desk.web.view.now", lambda: moment)
    return {name: Desk(Path(shutil.copytree(folder, tmp_path / name)), moment) for name, folder in made.items()}


@pytest.fixture
def app() -> Iterator[Any]:
    from veerpont.desk.web.app import desk

    yield desk()
    desk().dependency_overrides.clear()


def seen_of(desk: Desk, question: Callable[[Any], Any]) -> str:
    """Return what somebody saw who was asked about rows of `secret`."""
    with desk.ledger.session() as session:
        return str(question(session).seen)


SEEN = "2100-01-01T00:00:00Z"
REJECT_ACTS = (
    {"act": "retry"},
    {"act": "ignore", "why": "x"},
    {"act": "note", "note": "x"},
    {"act": "confirm", "sure": "yes"},
)
EMPLOYER = {"integration": SECRET, "code": "03", "act": "activate"}
TO = "employees xpert_suite"
LINK = {"integration": SECRET, "key": "L2", "act": "add"}
PAGES: dict[str, list[str]] = {
    "/": ["/", "/?text=secret", "/?kind=removals", "/?flow=absence"],
    "/customers/{name}": ["/customers/secret"],
    "/customers/{name}/mappings": ["/customers/secret/mappings"],
    "/customers/{name}/pictures": ["/customers/secret/pictures"],
    "/customers/{name}/preview/{number}": ["/customers/secret/preview/{preview}"],
    "/customers/{name}/special": ["/customers/secret/special"],
    "/customers/{name}/special/{number}": ["/customers/secret/special/{forget_look}"],
    "/deliveries": ["/deliveries", "/deliveries?integration=secret", "/deliveries?state=waiting"],
    "/deliveries/{number}": ["/deliveries/{delivered}", "/deliveries/{held}"],
    "/deliveries/{number}/ask": [f"/deliveries/{{held}}/ask?act={act}" for act in ("release", "discard", "resend")],
    "/deliveries/work/{number}": ["/deliveries/work/{report}"],
    "/employers": ["/employers", "/employers?integration=secret", "/employers?state=pending"],
    "/employers/ask": ["/employers/ask?act=activate&integration=secret&code=03"],
    "/find": ["/find", "/find?integration=secret"],
    "/links": ["/links", "/links?integration=secret"],
    "/links/ask": ["/links/ask?act=add&integration=secret&key=L1"],
    "/pictures": ["/pictures"],
    "/rejects": ["/rejects", "/rejects?integration=secret", "/rejects?asks=yes", "/rejects?age=new"],
    "/rejects/group": ["/rejects/group?integration=secret&flow=absence&employer=01&stage=transform&reason=no_cause"],
    "/rejects/{number}": ["/rejects/{reject}"],
}
"""Route → what is asked of it. A new page belongs here, with all that it takes which may lead to a customer."""
ACTS: dict[str, list[tuple[str, Callable[[Desk], dict[str, Any]]]]] = {
    "/customers/{name}/adopt": [
        (
            "/customers/secret/adopt",
            lambda desk: {"to": TO, "taken_at": f"{desk.moment:%Y-%m-%dT%H:%M}", "file": b"an export"},
        )
    ],
    "/customers/{name}/adopt/discard": [("/customers/secret/adopt/discard", lambda _: {"to": TO})],
    "/customers/{name}/forget": [("/customers/secret/forget", lambda _: {"key": KEY})],
    "/customers/{name}/forget/{number}": [("/customers/secret/forget/{forget_look}", lambda _: {"key": KEY})],
    "/customers/{name}/history": [
        ("/customers/secret/history", lambda _: {"first": "2024-01", "last": "2024-02"}),
    ],
    "/customers/{name}/live": [("/customers/secret/live", lambda _: {"act": "take live"})],
    "/customers/{name}/mappings/act": [
        (
            "/customers/secret/mappings/act",
            lambda _: {"act": "map", "table": "absence.causes", "employer": "01", "code": "ZW", "target": "9"},
        )
    ],
    "/customers/{name}/preview": [("/customers/secret/preview", lambda _: {"flow": "employees"})],
    "/deliveries/report": [("/deliveries/report", lambda _: {"integration": SECRET, "file": b"a report"})],
    "/deliveries/{number}/act": [
        (
            "/deliveries/{held}/act",
            lambda desk: {
                "act": "release",
                "seen": seen_of(desk, lambda session: deliveries.ask(session, "release", numbers(desk)["held"])),
            },
        )
    ],
    "/deliveries/{number}/file": [("/deliveries/{delivered}/file", lambda _: {})],
    "/employers/act": [
        (
            "/employers/act",
            lambda desk: (
                EMPLOYER | {"seen": seen_of(desk, lambda session: employers.ask(session, "activate", SECRET, ["03"]))}
            ),
        )
    ],
    "/find": [
        ("/find", lambda _: {"act": "search", "integration": SECRET, "what": KEY}),
        ("/find", lambda desk: {"act": "search", "reject": str(numbers(desk)["reject"])}),
        ("/find", lambda desk: {"act": "search", "delivery": str(numbers(desk)["delivered"]), "row": "1"}),
    ],
    "/links/act": [
        (
            "/links/act",
            lambda desk: LINK | {"seen": seen_of(desk, lambda session: links.ask(session, "add", SECRET, ["L2"]))},
        )
    ],
    "/rejects/act": [
        *(("/rejects/act", partial(lambda given, _: GROUP | {"seen": SEEN} | given, each)) for each in REJECT_ACTS[:3]),
        *(
            (
                "/rejects/act",
                partial(lambda given, desk: {"seen": SEEN, "number": numbers(desk)["asking"]} | given, each),
            )
            for each in REJECT_ACTS[3:]
        ),
    ],
}
"""Route → what is posted to it."""
OF_NOBODY = {"/static/{name}"}


def numbers(desk: Desk) -> dict[str, int]:
    """Return the numbers of rows of `secret`."""
    with desk.ledger.session() as session:
        rejects = session.scalars(select(Reject).where(Reject.integration == SECRET)).all()
        sent = session.scalars(select(Delivery).where(Delivery.integration == SECRET)).all()
        asked = session.scalars(select(Work).where(Work.integration == SECRET)).all()
        return {
            **{row.state: row.id for row in sent},
            **{row.what: row.id for row in asked},
            "reject": rejects[0].id,
            "asking": next(row.id for row in rejects if row.question),
        }


def test_every_route_of_the_desk_is_asked(app: Any) -> None:
    """A page that somebody adds is asked too, or this says that it is not."""
    found = {(method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in route.methods}
    asked = {*(("GET", path) for path in PAGES), *(("POST", path) for path in ACTS)}
    assert {each for each in found if each[1] not in OF_NOBODY} == asked


def test_no_page_says_more_than_if_there_were_no_such_customer(
    app: Any, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the letter: lists, counts, filters, choices, pictures."""
    there = numbers(desks["open"])
    for path in (path.format(**there) for paths in PAGES.values() for path in paths):
        closed, without, opened = (
            ask(app, desks[name], monkeypatch, "GET", path) for name in ("closed", "without", "open")
        )
        assert closed == without, path
        assert closed.status < 500, path
        assert opened != closed, f"{path} is about nothing"
        assert SECRET not in closed.text.lower() or SECRET in path


@pytest.mark.parametrize("place", [f"{route} {number}" for route in ACTS for number in range(len(ACTS[route]))])
def test_no_act_does_more_than_if_there_were_no_such_customer(
    app: Any, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Nothing of it is changed, nothing starts, and what is said is the same."""
    route, number = place.rsplit(" ", 1)
    path, data = ACTS[route][int(number)]
    path = path.format(**numbers(desks["open"]))
    given = {name: data(desks[name]) for name in ("closed", "open")}
    before = desks["closed"].rows()
    closed = ask(app, desks["closed"], monkeypatch, "POST", path, lambda: dict(given["closed"]))
    without = ask(app, desks["without"], monkeypatch, "POST", path, lambda: dict(given["closed"]))
    opened = ask(app, desks["open"], monkeypatch, "POST", path, lambda: dict(given["open"]))
    assert closed == without
    assert closed.status < 500
    assert opened != closed, "this act is about nothing"
    assert desks["closed"].rows() == before


def test_what_another_person_s_page_carries_opens_nothing(
    app: Any, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sealed handle of a record is no key to it: it is as good as one that nobody made."""
    handle = find._sealed(find._Record(SECRET, Flow.ABSENCE, KEY))
    for act in ("search", "number", "timeline"):
        given = {"act": act, "record": handle}
        closed = ask(app, desks["closed"], monkeypatch, "POST", "/find", lambda given=given: given)
        made_up = ask(app, desks["closed"], monkeypatch, "POST", "/find", lambda given=given: given | {"record": "x"})
        assert closed == made_up
        assert closed.status == 400
    assert (
        ask(app, desks["open"], monkeypatch, "POST", "/find", lambda: {"act": "search", "record": handle}).status == 200
    )


class TestAFileThatDoesNotSay:
    """What was closed stays so, as long as no file that can be used says otherwise."""

    def rejects(self, app: Any, desk: Desk, patch: pytest.MonkeyPatch) -> bool:
        return SECRET in ask(app, desk, patch, "GET", "/rejects").text

    @pytest.mark.parametrize("what", ["gone", "broken", "no YAML", "twice", "no folder"])
    def test_is_what_it_said_last(
        self, app: Any, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        closed = desks["closed"]
        file = closed.folder / "integrations" / "secret.yaml"
        assert not self.rejects(app, closed, monkeypatch)
        match what:
            case "gone":
                file.unlink()
            case "broken":
                file.write_text("name: secret\ncustomer: 1\nseen_by: {user: joke}\n")
            case "no YAML":
                file.write_text("name: secret\n\tx: [")
            case "twice":
                (file.parent / "other.yaml").write_text(file.read_text().replace("joke", "els"))
            case "no folder":
                file.parent.rename(closed.folder / "elsewhere")
        assert not self.rejects(app, closed, monkeypatch)
        today = ask(app, closed, monkeypatch, "GET", "/")
        assert (today.status, SECRET in today.text.lower()) == (200, False)

    def test_is_forgotten_once_it_says_so(
        self, app: Any, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not self.rejects(app, desks["closed"], monkeypatch)
        desks["closed"].file(SECRET)
        assert self.rejects(app, desks["closed"], monkeypatch)
        (desks["closed"].folder / "integrations" / "secret.yaml").unlink()
        assert self.rejects(app, desks["closed"], monkeypatch)

    def test_is_believed_in_the_part_that_can_be_read(
        self, app: Any, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also when it never could be used; whoever may see it sees that it is broken."""
        for seen_by, sees in ((JOKE, False), (ELS, True)):
            content = yaml.safe_dump({"name": SECRET, "customer": 1, "seen_by": seen_by})
            (desks["open"].folder / "integrations" / "secret.yaml").write_text(content)
            assert self.rejects(app, desks["open"], monkeypatch) is sees
            today = ask(app, desks["open"], monkeypatch, "GET", "/").text
            assert ("secret.yaml is not a valid integration file" in today) is sees


def test_a_role_is_as_good_as_a_name(app: Any, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {"Acme managers", "Viewer"}
    for roles, sees in ((["Admin"], False), (["Admin", "Acme managers"], True)):
        desks["closed"].file(SECRET, JOKE | {"roles": roles})
        page = ask(app, desks["closed"], monkeypatch, "GET", "/rejects", roles=theirs)
        assert (SECRET in page.text) is sees


def test_a_narrowed_session_has_nothing_of_it_on_both_databases(ledger: Ledger) -> None:
    """Whatever it is asked for: rows, counts, one by its number, names by steps in the index; nor does it change it."""
    fill(ledger)
    fill(ledger, integration=SECRET)
    with ledger.session() as session:
        others = {row.id for row in session.scalars(select(Delivery).where(Delivery.integration == SECRET))}
    with ledger.session() as session:
        seen.narrow(session, {SECRET})
        assert runs.integrations(session) == {"acme"}
        assert deliveries.page(session, None, None, None).total == 2
        assert not any(session.get(Delivery, number) for number in others)
        assert session.scalar(select(func.count()).select_from(Reject)) == 415
        keys = {(name, "employees", "xpert_suite") for name in ("acme", SECRET)}
        assert {key[0] for key in runs.newest(session, keys)} == {"acme"}
        session.execute(update(Reject).values(note="x"))
        session.execute(delete(Delivery))
    with ledger.session() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 2
        noted = select(Reject.integration).where(Reject.note == "x").distinct()
        assert set(session.scalars(noted)) == {"acme"}
