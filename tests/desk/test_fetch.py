"""The file of hours that people import in Loket: fetched at the desk or by the command, and who took it is kept."""

import hashlib
import stat
from pathlib import Path
from typing import Any

import pytest
from somebody import Somebody
from test_acts import decisions, form

from veerpont.config.settings import settings
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Delivery
from veerpont.store.vault import Vault

CONTENT = b"aanslnr;persnr;ploeg;verdelingseenheid;1\r\n7001;11;1;20;8\r\n"


@pytest.fixture
def number(filled: Ledger) -> int:
    """A delivery of hours, with its file in the vault."""
    ours = settings()
    Vault(ours.vault, ours.vault_keys).put("acme/hours/file", CONTENT)
    with filled.session() as session:
        row = Delivery(
            integration="acme", flow="hours", portal="loket_hours", run_id="h1", state=State.DELIVERED, at=now(),
            name="loket_7001_2026_11.csv", sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT), records=1,
            object="acme/hours/file",
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_says_what_to_choose_in_loket(client: Any, number: int, language: str) -> None:
    page = client.get(f"/deliveries/{number}", headers={"accept-language": language}).text
    for words in (
        "7001",
        "<dd>2026</dd>",
        "<dd>11</dd>",
        "Overschrijven",
        "<dt>Verdelingseenheid</dt><dd>Ja</dd>",
        "CSV",
    ):
        assert words in page


def test_an_operator_fetches_it_and_that_is_kept(client: Any, number: int, filled: Ledger) -> None:
    address, fields = form(client, f"/deliveries/{number}", "fetch")
    answer = client.post(address, data=fields)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-disposition"] == 'attachment; filename="loket_7001_2026_11.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert decisions(filled)[-1] == ("export", f"delivery {number} hours loket_hours", "els")
    assert "fetched" in client.get(f"/deliveries/{number}", headers={"accept-language": "en"}).text


def test_a_viewer_and_a_forged_form_get_nothing(client: Any, number: int, filled: Ledger, person: Somebody) -> None:
    address, fields = form(client, f"/deliveries/{number}", "fetch")
    before = decisions(filled)
    forged = client.post(address, data=fields | {"token": "0" * 64})
    elsewhere = client.post(address, data=fields, headers={"origin": "http://evil.example"})
    person.acts = False
    viewer = client.post(address, data=fields)
    assert [answer.status_code for answer in (forged, elsewhere, viewer)] == [403, 403, 403]
    assert not any(b"7001;11" in answer.content for answer in (forged, elsewhere, viewer))
    assert 'action="../deliveries' not in client.get(f"/deliveries/{number}").text
    assert client.get(address).status_code == 405 or client.get(address).status_code == 400
    assert decisions(filled) == before


def test_only_the_newest_file_of_hours_is_offered(client: Any, number: int, filled: Ledger) -> None:
    address, fields = form(client, f"/deliveries/{number}", "fetch")
    with filled.session() as session:
        session.get_one(Delivery, number).state = State.SUPERSEDED
    assert 'value="fetch"' not in client.get(f"/deliveries/{number}").text
    assert client.post(address, data=fields).status_code == 404
    assert 'value="fetch"' not in client.get("/deliveries/1").text


class TestExport:
    def test_writes_a_file_that_only_its_owner_reads(self, number: int, filled: Ledger, tmp_path: Path) -> None:
        from typer.testing import CliRunner

        from veerpont.cli.main import app

        to = tmp_path / "hours.csv"
        words = ["deliveries", "export", str(number), "--to", str(to), "--by", "Jo"]
        assert CliRunner().invoke(app, words).exit_code == 0
        assert (to.read_bytes(), stat.S_IMODE(to.stat().st_mode)) == (CONTENT, 0o600)
        assert decisions(filled)[-1] == ("export", f"delivery {number} hours loket_hours", "Jo")
        again = CliRunner().invoke(app, words)
        assert again.exit_code == 1
        assert "File exists" in str(again.exception)
        assert len([each for each in decisions(filled) if each[0] == "export"]) == 1

    @pytest.mark.parametrize("delivery", ["1", "2", "9999"])
    def test_of_what_has_no_file_nothing_is_left(self, filled: Ledger, tmp_path: Path, delivery: str) -> None:
        from typer.testing import CliRunner

        from veerpont.cli.main import app

        to = tmp_path / "nothing.csv"
        result = CliRunner().invoke(app, ["deliveries", "export", delivery, "--to", str(to), "--by", "Jo"])
        assert result.exit_code == 1
        assert not to.exists()
        assert not [each for each in decisions(filled) if each[0] == "export"]
