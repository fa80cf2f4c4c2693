"""What people do at the desk: each act is in the ledger with who did it, and none comes about any other way."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from somebody import Somebody
from sqlalchemy import select

from veerpont.flows.links import UNDECIDED
from veerpont.store import rejects
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery, EmployerState, Reject, RejectEvent

GROUP = "/rejects/group?integration=acme&flow=absence&employer=01&stage=transform&reason=no_cause"
QUESTIONS = "/rejects/group?integration=acme&flow=employees&employer=02&stage=export&reason=portal_key_changed"


def form(client: Any, page: str, act: str) -> tuple[str, dict[str, Any]]:
    """Return where the form with this button goes, and all that it carries."""
    text = client.get(page, headers={"accept-language": "en"}).text
    for action, body in re.findall(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', text, re.DOTALL):
        if f'name="act" value="{act}"' in body:
            fields: dict[str, Any] = {"act": act}
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body):
                fields.setdefault(name, []).append(value.replace("&lt;", "<").replace("&gt;", ">"))
            return str(client.get(page).url.join(action)), fields
    raise AssertionError(f"{page} has no button {act}")


def press(client: Any, page: str, act: str, **filled: str) -> Any:
    """Fill in the form of a page, press its button and return the page that follows."""
    action, fields = form(client, page, act)
    return client.post(action, data=fields | filled)


def words(page: str) -> str:
    """Return what a person reads of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def decisions(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.session() as session:
        return [(row.decision, row.subject, row.by) for row in session.scalars(select(Decision).order_by(Decision.id))]


def events(ledger: Ledger, number: int) -> list[tuple[str, str]]:
    with ledger.session() as session:
        query = select(RejectEvent).where(RejectEvent.reject_id == number).order_by(RejectEvent.id)
        return [(row.event, row.by) for row in session.scalars(query)]


class TestRejects:
    def test_try_a_group_again_marks_all_and_starts_the_flow_once(
        self, client: Any, filled: Ledger, person: Somebody
    ) -> None:
        """For this integration only; the page says both."""
        answer = press(client, GROUP, "retry")
        assert answer.status_code == 200
        assert "412 records will be tried again." in answer.text
        assert "Absence was started." in answer.text
        assert person.started == [("absence", "acme")]
        assert decisions(filled)[-1] == ("retry asked", "412 rejects: absence no_cause 01", "els")
        assert events(filled, 1)[-1] == ("retry asked", "els")

    def test_one_of_a_group(self, client: Any, filled: Ledger, person: Somebody) -> None:
        press(client, "/rejects/1", "retry")
        with filled.session() as session:
            asked = session.scalars(select(Reject.key).where(Reject.retry_at.is_not(None))).all()
        assert len(asked) == 1
        assert person.started == [("absence", "acme")]

    @pytest.mark.parametrize(
        ("how", "said"),
        [
            ("paused", "Absence is paused in Airflow"),
            ("waiting", "already waiting to start"),
            ("refused", "You may not start Absence"),
            ("failed", "could not be started"),
        ],
    )
    def test_a_flow_that_could_not_start_is_said(self, client: Any, person: Somebody, how: str, said: str) -> None:
        """What was marked stays marked: the next run takes it."""
        person.how = how
        answer = press(client, GROUP, "retry")
        assert "will be tried again" in answer.text
        assert said in answer.text

    def test_ignore_with_a_reason_and_open_again(self, client: Any, filled: Ledger, person: Somebody) -> None:
        """Nothing is started for it; without a reason it is refused."""
        assert press(client, GROUP, "ignore", why="  ").status_code == 409
        assert "412 records ignored." in press(client, GROUP, "ignore", why="Known to the customer").text
        assert "Known to the customer" in client.get(f"{GROUP}&state=ignored").text
        assert "412 records opened again." in press(client, f"{GROUP}&state=ignored", "reopen").text
        assert [name for name, _, _ in decisions(filled)[-2:]] == ["ignored", "opened by hand"]
        assert person.started == []

    def test_what_came_after_the_page_is_not_ignored_with_it(self, client: Any, filled: Ledger) -> None:
        """Nobody has seen it."""
        action, fields = form(client, GROUP, "ignore")
        with filled.session() as session:
            row = session.scalars(select(Reject).where(Reject.key == "CASE000")).one()
            row.first_seen += timedelta(days=366)
        client.post(action, data=fields | {"why": "Known"})
        with filled.session() as session:
            open_ = session.scalars(select(Reject.key).where(Reject.state == "open", Reject.flow == "absence")).all()
        assert open_ == ["CASE000"]

    def test_owner_and_note(self, client: Any, filled: Ledger) -> None:
        """Of a group an empty field leaves what there is; of one it takes it away."""
        press(client, GROUP, "note", owner="Jan", note="")
        press(client, GROUP, "note", owner="", note="Asked the customer")
        with filled.session() as session:
            row = session.get_one(Reject, 1)
            assert (row.owner, row.note) == ("Jan", "Asked the customer")
        press(client, "/rejects/1", "note", owner="", note="Asked the customer")
        with filled.session() as session:
            row = session.get_one(Reject, 1)
            assert (row.owner, row.note) == (None, "Asked the customer")
        assert decisions(filled)[-1][0] == "noted"

    def test_confirm_what_they_ask(self, client: Any, filled: Ledger, person: Somebody) -> None:
        """Each by name in the decisions; only with the box ticked."""
        assert press(client, QUESTIONS, "confirm").status_code == 400
        answer = press(client, QUESTIONS, "confirm", sure="yes")
        assert "2 changes confirmed." in answer.text
        assert person.started == [("employees", "acme")]
        assert {row[1:] for row in decisions(filled)[-2:]} == {("employees A2", "els"), ("employees A3", "els")}

    def test_a_question_that_a_run_asked_anew_is_not_confirmed(self, client: Any, filled: Ledger) -> None:
        """It may be another one by now."""
        action, fields = form(client, QUESTIONS, "confirm")
        with filled.session() as session:
            row = session.scalars(select(Reject).where(Reject.key == "A2")).one()
            row.question, row.last_seen = "another", row.last_seen + timedelta(days=366)
        answer = client.post(action, data=fields | {"sure": "yes"}, headers={"accept-language": "nl"})
        assert answer.status_code == 409
        assert "kijk opnieuw" in answer.text
        with filled.session() as session:
            assert not session.scalars(select(Reject).where(Reject.confirmed.is_not(None))).all()

    def test_pressing_twice_does_it_once(self, client: Any, filled: Ledger) -> None:
        """The second finds nothing to do, and says so."""
        action, fields = form(client, GROUP, "ignore")
        client.post(action, data=fields | {"why": "Known"})
        before = len(decisions(filled))
        assert "nothing left to do" in client.post(action, data=fields | {"why": "Known"}).text
        assert len(decisions(filled)) == before

    @pytest.mark.parametrize("missing", ["integration", "flow", "reason", "stage", "seen"])
    def test_a_form_without_a_group_does_nothing(self, client: Any, filled: Ledger, missing: str) -> None:
        """An act on everything is never what was meant."""
        action, fields = form(client, GROUP, "retry")
        del fields[missing]
        assert client.post(action, data=fields).status_code in {400, 403}
        assert events(filled, 1) == [("opened", "a1")]


class TestEmployers:
    def test_activate_after_a_question_that_says_how_many(self, client: Any, filled: Ledger) -> None:
        asks = "/employers/ask?act=activate&integration=acme&code=03"
        assert "37 employees of 1 employer" in client.get(asks, headers={"accept-language": "en"}).text
        assert "1 employer active from the next run on." in press(client, asks, "activate").text
        with filled.session() as session:
            assert session.scalars(select(EmployerState).where(EmployerState.code == "03")).one().state == "active"
        assert decisions(filled)[-1] == ("activate", "employer 03", "els")

    def test_deactivate_keeps_and_purge_erases(self, client: Any, filled: Ledger) -> None:
        """To erase takes a page of its own and a tick."""
        press(client, "/employers/ask?act=deactivate&integration=acme&code=01", "deactivate")
        purge = "/employers/ask?act=purge&integration=acme&code=02"
        assert "cannot be undone" in client.get(purge, headers={"accept-language": "en"}).text
        assert press(client, purge, "purge").status_code == 400
        assert press(client, purge, "purge", sure="yes").status_code == 200
        with filled.session() as session:
            states = {row.code: (row.state, row.frozen) for row in session.scalars(select(EmployerState))}
        assert states["01"] == ("inactive", True)
        assert states["02"] == ("inactive", False)
        assert [row[0] for row in decisions(filled)[-2:]] == ["deactivate", "purge"]

    def test_a_service_period_is_set_shown_and_taken_away(self, client: Any, filled: Ledger) -> None:
        """In Dutch and English; the form shows what is set, and an empty day is no limit."""
        asks = "/employers/ask?act=service&integration=acme&code=01"
        said = press(client, asks, "service", first="2026-01-01", last="2026-12-31").text
        assert "Service period set for 1 employer." in said
        assert decisions(filled)[-1] == ("service 2026-01-01/2026-12-31", "employer 01", "els")
        page = words(client.get("/employers", headers={"accept-language": "nl"}).text)
        assert "van 1 jan 2026 tot en met 31 dec 2026" in page
        page = words(client.get("/employers", headers={"accept-language": "en"}).text)
        assert "from 1 Jan 2026 until 31 Dec 2026" in page
        shown = client.get(asks).text
        assert 'name="first" value="2026-01-01"' in shown
        assert 'name="last" value="2026-12-31"' in shown
        press(client, asks, "service", first="", last="")
        with filled.session() as session:
            row = session.scalars(select(EmployerState).where(EmployerState.code == "01")).one()
            assert (row.state, row.service_from, row.service_until) == ("active", None, None)

    def test_several_with_different_days_get_the_same(self, client: Any, filled: Ledger) -> None:
        """The form says so, and begins empty."""
        press(client, "/employers/ask?act=service&integration=acme&code=01", "service", first="2026-01-01", last="")
        asks = "/employers/ask?act=service&integration=acme&code=01&code=02"
        shown = client.get(asks, headers={"accept-language": "en"}).text
        assert "These employers have different days now" in shown
        assert 'name="first" value=""' in shown
        press(client, asks, "service", first="2026-02-01", last="")
        with filled.session() as session:
            rows = session.scalars(select(EmployerState).where(EmployerState.code.in_(["01", "02"]))).all()
            assert {str(row.service) for row in rows} == {"2026-02-01/.."}

    @pytest.mark.parametrize(
        ("first", "last", "why"),
        [
            ("soon", "", "That is no day"),
            ("", "2026-02-30", "That is no day"),
            ("", "0202-12-31", "That is no day"),
            ("2026-06-01", "2026-05-31", "cannot end before it begins"),
        ],
    )
    def test_days_that_cannot_be_are_refused(
        self, client: Any, filled: Ledger, first: str, last: str, why: str
    ) -> None:
        before = decisions(filled)
        asks = "/employers/ask?act=service&integration=acme&code=01"
        action, fields = form(client, asks, "service")
        answer = client.post(action, data=fields | {"first": first, "last": last}, headers={"accept-language": "en"})
        assert answer.status_code == 409
        assert why in answer.text
        assert decisions(filled) == before

    def test_of_one_that_is_not_active_nothing_is_asked(self, client: Any) -> None:
        """To set a period must not activate anybody."""
        asks = "/employers/ask?act=service&integration=acme&code=01&code=03"
        answer = client.get(asks, headers={"accept-language": "en"})
        assert answer.status_code == 409
        assert "Employer 03 is not active" in answer.text

    def test_a_period_that_changed_since_the_question_is_asked_again(self, client: Any, filled: Ledger) -> None:
        """Who deactivates, or sets days, decides by the days that they saw."""
        for act in ("service", "deactivate"):
            action, fields = form(client, f"/employers/ask?act={act}&integration=acme&code=01", act)
            with filled.session() as session:
                row = session.scalars(select(EmployerState).where(EmployerState.code == "01")).one()
                row.service_until = date(2026, 12, 31) if row.service_until is None else None
            assert client.post(action, data=fields).status_code == 409

    def test_an_employer_that_changed_since_the_question_is_asked_again(self, client: Any, filled: Ledger) -> None:
        """A new name may be another company."""
        action, fields = form(client, "/employers/ask?act=activate&integration=acme&code=03", "activate")
        with filled.session() as session:
            session.scalars(select(EmployerState).where(EmployerState.code == "03")).one().name = "Somebody else B.V."
        assert client.post(action, data=fields).status_code == 409
        assert "employer 03" not in {row[1] for row in decisions(filled)}


class TestLinks:
    def test_several_are_added_or_left_out_after_a_question(
        self, client: Any, filled: Ledger, person: Somebody
    ) -> None:
        """Each is in the decisions by name; nothing is started."""
        asks = "/links/ask?act=skip&integration=acme&key=L1&key=L3"
        assert "This concerns 2 employees." in client.get(asks, headers={"accept-language": "en"}).text
        assert "2 employees left out from the next run of Employees on." in press(client, asks, "skip").text
        press(client, "/links/ask?act=add&integration=acme&key=L1", "add")
        assert decisions(filled)[-3:] == [
            ("skip", "link L1", "els"),
            ("skip", "link L3", "els"),
            ("add", "link L1", "els"),
        ]
        assert person.started == []
        left_out = client.get("/links?integration=acme&decision=skip").text
        assert ">L3<" in left_out
        assert ">L1<" not in left_out

    def test_one_is_linked_with_a_number_of_the_portal(self, client: Any, filled: Ledger) -> None:
        """The page shows that and not with which; that number is nobody else's of that employer."""
        asks = "/links/ask?act=link&integration=acme&key=L2"
        assert press(client, asks, "link", number="  ").status_code == 409
        shown = press(client, asks, "link", number=" 1077 ", department="P9").text
        assert "with somebody at the portal, department P9" in shown
        assert "1077" not in shown
        assert decisions(filled)[-1] == ("link 1077", "link L2", "els")
        refused = press(client, "/links/ask?act=link&integration=acme&key=L1", "link", number="1077")
        assert refused.status_code == 409
        assert "L2 is linked with this personnel number already" in refused.text
        elsewhere = press(client, "/links/ask?act=link&integration=acme&key=L3", "link", number="1077")
        assert elsewhere.status_code == 200

    def test_what_was_decided_since_the_question_is_looked_at_again(self, client: Any, filled: Ledger) -> None:
        action, fields = form(client, "/links/ask?act=add&integration=acme&key=L1", "add")
        press(client, "/links/ask?act=skip&integration=acme&key=L1", "skip")
        answer = client.post(action, data=fields, headers={"accept-language": "nl"})
        assert answer.status_code == 409
        assert "kijk opnieuw" in answer.text
        assert decisions(filled)[-1] == ("skip", "link L1", "els")

    def test_who_waits_for_a_decision_leads_to_the_page(self, client: Any, filled: Ledger) -> None:
        with filled.session() as session:
            rejects.settle(
                session, Scope("acme", "employees"), "r2", Findings({"L1": UNDECIDED}, employers={"L1": "01"})
            )
        group = "/rejects/group?integration=acme&flow=employees&employer=01&stage=import&reason=link_undecided"
        (link,) = re.findall(r'<p><a href="([^"]+)">', client.get(group).text)
        assert ">L1<" in client.get(str(client.get(group).url.join(link.replace("&amp;", "&")))).text

    def test_the_page_says_what_becomes_of_the_undecided(self, client: Any, tmp_path: Path) -> None:
        (tmp_path / "integrations" / "acme.yaml").write_text(
            "name: acme\ncustomer: Acme\nsource: {system: loket, connection: l}\nlinks: {default: ask}\n"
            "portals: [{portal: xpert_suite, connection: x, flows: [employees]}]\n"
        )
        assert "wait until somebody decides" in client.get("/links", headers={"accept-language": "en"}).text


class TestDeliveries:
    def test_release_marks_and_starts_the_flow(self, client: Any, filled: Ledger, person: Somebody) -> None:
        """The page sends nothing; the run does."""
        answer = press(client, "/deliveries/2/ask?act=release", "release")
        assert "Delivery 2 is released." in answer.text
        assert "released by els" in answer.text
        assert person.started == [("employees", "acme")]
        assert decisions(filled)[-1] == ("release", "delivery 2 employees xpert_suite", "els")
        with filled.session() as session:
            assert session.get_one(Delivery, 2).state == "held"

    def test_discard_starts_nothing(self, client: Any, filled: Ledger, person: Somebody) -> None:
        press(client, "/deliveries/2/ask?act=discard", "discard")
        assert decisions(filled)[-1][0] == "discard"
        assert person.started == []

    def test_one_that_was_prepared_is_given_up_for_good(self, client: Any, filled: Ledger) -> None:
        """Its object is a file and no list of keys: it can be looked at, and not released."""
        from veerpont.config.settings import settings
        from veerpont.store.vault import Vault

        ours = settings()
        Vault(ours.vault, ours.vault_keys).put("acme/file", b"PK a workbook")
        with filled.session() as session:
            row = session.get_one(Delivery, 2)
            row.state, row.name, row.object, row.reasons, row.gone = "prepared", "employees_2.xlsx", "acme/file", "", 0
        assert "The next run makes a new one." in client.get("/deliveries/2/ask?act=discard&lang=en").text
        answer = press(client, "/deliveries/2/ask?act=discard", "discard")
        assert "Delivery 2 is discarded." in answer.text
        assert "act=release" not in answer.text
        action, fields = form(client, "/deliveries/2/ask?act=release", "release")
        assert client.post(action, data=fields).status_code == 409

    def test_who_answered_stays_on_the_page(self, client: Any, person: Somebody) -> None:
        """Also after an answer was taken back."""
        press(client, "/deliveries/2/ask?act=release", "release")
        person.name = "piet"
        answer = press(client, "/deliveries/2/ask?act=discard", "discard")
        assert re.search(r"<dt>released</dt><dd>els,.+<dt>discarded</dt><dd>piet,", answer.text, re.DOTALL)

    def test_another_set_than_was_seen_is_not_released(self, client: Any, filled: Ledger) -> None:
        """A person approves a set of keys (docs/decisions/0002)."""
        action, fields = form(client, "/deliveries/2/ask?act=release", "release")
        with filled.session() as session:
            session.get_one(Delivery, 2).gone = 900
        assert client.post(action, data=fields).status_code == 409
        with filled.session() as session:
            assert session.get_one(Delivery, 2).decided_by is None

    def test_one_that_was_sent_cannot_be_released(self, client: Any) -> None:
        assert "release" not in client.get("/deliveries/1").text
        action, fields = form(client, "/deliveries/1/ask?act=release", "release")
        assert client.post(action, data=fields).status_code == 409
