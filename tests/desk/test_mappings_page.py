"""A customer's codes at the desk: what is shown, filling in what lacks, taking it back, and who may."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from somebody import Somebody
from sqlalchemy import select
from test_acts import decisions, words
from test_checklist import FILE
from test_commands import veerpont

from veerpont.config.mappings import ALL, MappedCode
from veerpont.flows import FLOWS
from veerpont.messages import catalog
from veerpont.store import mappings, rejects
from veerpont.store.code_tables import Mapping
from veerpont.store.ledger import Ledger
from veerpont.store.mappings import Used
from veerpont.store.scope import Scope

__all__ = ["veerpont"]

PAGE = "/customers/acme/mappings"
LACKS = MappedCode("absence.causes", "01", "ZW")


@pytest.fixture
def acme(filled: Ledger, tmp_path: Path) -> Ledger:
    """Acme, of which the file has one cause; `ledgers` has the rejects without one."""
    write(tmp_path, FILE)
    with filled.session() as session:
        used = {MappedCode("absence.causes", "01", code): Used(count) for code, count in (("Z", 80), ("AO", 3))}
        mappings.count(session, "acme", ["absence.types", "absence.causes"], used)
    return filled


def write(folder: Path, file: dict[str, Any]) -> None:
    (folder / "integrations" / "acme.yaml").write_text(yaml.safe_dump(file))


def kept(ledger: Ledger) -> list[tuple[str, str, str, str, str | None]]:
    with ledger.session() as session:
        rows = session.scalars(select(Mapping).order_by(Mapping.id))
        return [(row.employer, row.code, row.target, row.by, row.taken_back_by) for row in rows]


def fields(client: Any, code: MappedCode, act: str = "map") -> tuple[str, dict[str, Any]]:
    """Return where the form of a code goes, and what it carries."""
    text = client.get(PAGE, headers={"accept-language": "en"}).text
    for action, body in re.findall(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', text, re.DOTALL):
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body))
        same = (found.get("table"), found.get("employer", ""), found.get("code"))
        if same == (code.table, code.employer, code.code) and f'value="{act}"' in body:
            return str(client.get(PAGE).url.join(action)), found | {"act": act}
    raise AssertionError(f"there is no form for {code}, {act}")


def send(client: Any, code: MappedCode, act: str = "map", **filled: str) -> Any:
    action, carried = fields(client, code, act)
    return client.post(action, data=carried | filled, headers={"accept-language": "en"})


class TestThePage:
    def test_what_lacks_comes_first_with_where_the_others_come_from(self, client: Any, acme: Ledger) -> None:
        with acme.session() as session:
            mappings.keep(session, "acme", MappedCode("absence.causes", "02", "B"), "7", "Els")
        page = client.get(PAGE, headers={"accept-language": "en"}).text
        shown = [words(row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
        rows = [row for row in shown if "Acme" in row]
        assert re.match(r" 01 Acme Bouw B\.V\. ZW 400 – missing", rows[0])
        assert any("AO &lt;5 A default or another code covers it." in row for row in rows)
        assert any("B – 7 desk Els ·" in row for row in rows)
        assert "Z 80 12 file" in " ".join(rows)
        assert "1 code missing" in words(page)

    def test_both_languages(self, client: Any, acme: Ledger) -> None:
        dutch = client.get(PAGE, headers={"accept-language": "nl"}).text
        assert "Codes van Acme Holding B.V." in dutch
        assert "<5" not in dutch
        assert "&lt;5" in dutch
        assert "Terugnemen" not in words(dutch), "nothing is kept yet"

    def test_every_field_has_a_name_and_every_link_is_relative(self, client: Any, acme: Ledger) -> None:
        text = client.get(PAGE).text
        bare = re.sub(r"<label.*?</label>", "", text, flags=re.DOTALL)
        shown = [field for field in re.findall(r"<(?:input|select|textarea)[^>]*>", bare) if "hidden" not in field]
        assert len(shown) > 3
        assert all("aria-label=" in field for field in shown)
        assert not re.search(r'(?:href|action|src)="(?:/[^"]|[a-z]+:)', text)
        assert 'href="../../customers/acme/mappings"' in client.get("/customers/acme/pictures").text

    def test_a_code_is_text(self, client: Any, acme: Ledger) -> None:
        """Whatever the source calls a kind of absence."""
        with acme.session() as session:
            rejects.count_codes(session, "acme", "absence", {("no_cause", "01", "<b>x</b>"): 9})
        page = client.get(PAGE).text
        assert "<b>x</b>" not in page
        assert "&lt;b&gt;x&lt;/b&gt;" in page

    def test_a_customer_that_is_not_there_and_one_whose_file_is_broken(
        self, client: Any, acme: Ledger, tmp_path: Path
    ) -> None:
        assert client.get("/customers/nobody/mappings").status_code == 404
        (tmp_path / "integrations" / "acme.yaml").write_text("name: acme\n")
        page = client.get(PAGE)
        assert page.status_code == 200
        assert "is not a valid integration file" in page.text

    def test_a_reason_of_rejects_leads_there(self, client: Any, acme: Ledger) -> None:
        group = "/rejects/group?integration=acme&flow=absence&employer=01&stage=transform&reason=no_cause"
        for page in (group, "/rejects/1"):
            answer = client.get(page, headers={"accept-language": "en"})
            (link,) = re.findall(r'href="([^"]+#absence\.causes)"', answer.text)
            assert client.get(str(answer.url.join(link))).status_code == 200
            assert "fill it in under Codes of this customer" in words(answer.text)
        other = "/rejects/group?integration=acme&flow=employees&employer=02&stage=export&reason=portal_key_changed"
        assert "/mappings#" not in client.get(other).text

    def test_every_table_has_its_words(self) -> None:
        for flow in FLOWS.values():
            for table in flow.tables:
                assert table.setting.name == table.name
                assert {f"mappings.title.{table.key}", f"mappings.about.{table.key}"} <= catalog.texts().keys()
                assert all(reason in catalog.reasons_known() for reason in table.mends)


class TestFillingIn:
    def test_it_is_kept_with_who_and_taken_back_with_who(self, client: Any, acme: Ledger, person: Somebody) -> None:
        answer = send(client, LACKS, target="7")
        assert "Kept: ZW. The next run of Absence uses it." in answer.text
        assert kept(acme) == [("01", "ZW", '"7"', "els", None)]
        assert decisions(acme)[-1] == ("map", 'absence.causes 01 ZW to "7"', "els")
        send(client, LACKS, target="8")
        person.name = "jo"
        assert "Taken back: ZW" in send(client, LACKS, "take_back").text
        assert kept(acme) == [("01", "ZW", '"7"', "els", "els"), ("01", "ZW", '"8"', "els", "jo")]
        page = words(client.get(PAGE, headers={"accept-language": "en"}).text)
        assert "absence.causes 01 ZW → 8 · els" in page
        assert "Taken back : jo" in page.replace("Taken back:", "Taken back :")
        assert person.started == [], "it applies at the next run"

    def test_from_a_list_and_left_out(self, client: Any, acme: Ledger) -> None:
        code = MappedCode("absence.types", "", "XX")
        with acme.session() as session:
            rejects.count_codes(session, "acme", "absence", {("unknown_type", "01", "XX"): 2})
        assert send(client, code, target="Vakantie").status_code == 409
        assert "Choose one of these: Ziekte, Zwangerschap." in send(client, code, target="").text
        send(client, code, target="null")
        assert kept(acme) == [("", "XX", "null", "els", None)]
        assert "left out" in client.get(PAGE, headers={"accept-language": "en"}).text

    def test_somebody_else_was_first(self, client: Any, acme: Ledger) -> None:
        action, carried = fields(client, LACKS)
        send(client, LACKS, target="7")
        late = client.post(action, data=carried | {"target": "9"}, headers={"accept-language": "en"})
        assert (late.status_code, "This has changed since you were asked" in late.text) == (409, True)
        assert [row[2] for row in kept(acme)] == ['"7"']

    def test_a_code_that_no_run_has_shown(self, client: Any, acme: Ledger) -> None:
        action, carried = fields(client, LACKS)
        carried |= {"code": "Z/1", "seen": "", "target": "9"}
        assert client.post(action, data=carried).status_code == 200
        assert kept(acme) == [("01", "Z/1", '"9"', "els", None)]

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"code": "Z"}, "Z is in the integration file (absence.causes), and that wins"),
            ({"code": "x" * 61}, "at most 60 readable characters"),
            ({"code": "a\u0007b"}, "at most 60 readable characters"),
            ({"employer": "99"}, "never showed employer 99"),
            ({"employer": ""}, "each employer has codes of its own"),
            ({"target": " "}, "1 to 200 readable characters"),
            ({"target": "x" * 201}, "1 to 200 readable characters"),
            ({"table": "absence.types"}, "the codes are those of all employers"),
            ({"code": ALL}, "That is no code"),
        ],
    )
    def test_what_is_refused(self, client: Any, acme: Ledger, changed: dict[str, str], said: str) -> None:
        action, carried = fields(client, LACKS)
        answer = client.post(action, data=carried | {"target": "7"} | changed, headers={"accept-language": "en"})
        assert answer.status_code == 409
        assert said in words(answer.text)
        assert kept(acme) == []

    @pytest.mark.parametrize("table", ["mail.to", "guards.max_gone", "hours.components", "source.settings", "x"])
    def test_no_other_setting_can_be_filled_in(self, client: Any, acme: Ledger, table: str) -> None:
        action, carried = fields(client, LACKS)
        assert client.post(action, data=carried | {"target": "7", "table": table}).status_code == 400
        assert kept(acme) == []

    def test_whoever_may_only_look_fills_in_nothing(self, client: Any, acme: Ledger, person: Somebody) -> None:
        action, carried = fields(client, LACKS)
        person.acts = False
        page = client.get(PAGE, headers={"accept-language": "en"}).text
        assert "<form method=" not in page
        assert client.post(action, data=carried | {"target": "7"}).status_code == 403
        assert kept(acme) == []

    def test_no_other_page_can(self, client: Any, acme: Ledger) -> None:
        action, carried = fields(client, LACKS)
        assert client.post(action, data=carried | {"target": "7", "token": "x"}).status_code == 403
        other = {"origin": "https://elsewhere.example"}
        assert client.post(action, data=carried | {"target": "7"}, headers=other).status_code == 403
        assert kept(acme) == []

    def test_counting_reasons_is_asked_for(self, client: Any, acme: Ledger) -> None:
        code = MappedCode("absence.count_reasons", "", ALL)
        assert "They are not counted." in client.get(PAGE, headers={"accept-language": "en"}).text
        send(client, code)
        page = client.get(PAGE, headers={"accept-language": "en"}).text
        assert "They are counted." in page
        assert "desk · els" in words(page)
        send(client, code, "take_back")
        assert kept(acme) == [("", ALL, "true", "els", "els")]


class TestOfferedTargets:
    def test_the_other_side_s_own_list_is_offered(self, client: Any, filled: Ledger, tmp_path: Path) -> None:
        """The codes of Loket's components, as the last run found them."""
        portal = {"portal": "loket_hours", "connection": "loket_acme", "flows": ["hours"]}
        write(tmp_path, FILE | {"source": {"system": "loket", "connection": "loket_acme"}, "portals": [portal]})
        code = MappedCode("hours.components", "", "UREN")
        with filled.session() as session:
            mappings.offer(session, Scope("acme", "hours"), {"hours.components": {"1": "Uren", "15": "Overuren"}})
            mappings.count(session, "acme", ["hours.components"], {code: Used(900, 900)})
        page = client.get(PAGE).text
        assert '<option value="15">Overuren</option>' in page
        assert 'list="offered-hours.components"' in page
        assert send(client, code, target="veel").status_code == 409
        send(client, code, target="15")
        assert "15 Overuren desk els" in words(client.get(PAGE, headers={"accept-language": "en"}).text)
        send(client, code, "leave_out")
        assert kept(filled)[-1][:3] == ("", "UREN", "null")


class TestTheCommand:
    def test_list_set_take_back_and_export(self, veerpont: Any, acme: Ledger) -> None:
        rows = json.loads(veerpont("mappings", "list", "acme", "--json")[1])
        (row,) = (row for row in rows if row["code"] == "ZW")
        assert row == {
            "integration": "acme",
            "flow": "absence",
            "table": "absence.causes",
            "employer": "01",
            "code": "ZW",
            "used": "400",
            "lacking": "400",
            "target": "",
            "left_out": False,
            "from": "lacks",
            "by": None,
            "at": None,
            "overruled": False,
        }
        given = ("absence.causes", "ZW", "7", "--employer", "01", "--by", "Els")
        code, said = veerpont("mappings", "set", "acme", *given)
        assert (code, "veerpont preview acme absence" in said) == (0, True)
        assert veerpont("mappings", "export", "acme")[1] == "absence:\n  causes:\n    '01':\n      ZW: '7'\n"
        assert "desk" in veerpont("mappings", "list", "acme")[1]
        back = ("mappings", "take-back", "acme", "absence.causes", "ZW", "--employer", "01", "--by", "Jo")
        assert veerpont(*back)[0] == 0
        assert veerpont(*back)[0] == 1
        assert veerpont("mappings", "list", "nobody")[0] == 1
        assert veerpont("mappings", "set", "acme", "mail.to", "a", "b", "--by", "Els")[0] == 1

    def test_check_says_what_is_kept_and_where_it_comes_from(self, veerpont: Any, acme: Ledger, tmp_path: Path) -> None:
        write(tmp_path, FILE | {"absence": {"connector_window": None}, "xpert_suite": {}})
        missing = "absence.causes is empty"
        assert missing in veerpont("check", "acme", "--json")[1]
        with acme.session() as session:
            mappings.keep(session, "acme", LACKS, "7", "Els")
        assert missing not in veerpont("check", "acme", "--json")[1]
        said = veerpont("check", "acme")[1]
        assert re.search(r"absence\.causes\s+01\s+ZW\s+7\s+desk\s+Els", said)
