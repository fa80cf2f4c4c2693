"""The command line as scripts use it: exit codes, and one JSON document with --json."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from openpyxl import Workbook
from sqlalchemy import select

from veerpont.cli import main
from veerpont.model.failures import Problem, Stage
from veerpont.store import employers, rejects, runs
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import Findings
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger with one of everything."""
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    made.migrate()
    with made.session() as session:
        employers.show(session, "acme", "01", "Acme B.V.")
        runs.begin(session, "acme", "employees", ["xpert_suite"], "r1")
        runs.end(session, Scope("acme", "employees"), "r1", "failed", kind="settings", message="Ask for a new token.")
        problem = Problem(Stage.TRANSFORM, "Geboortedatum", "impossible_date", "Correct it in AFAS.")
        rejects.settle(session, Scope("acme", "employees"), "r1", Findings({"A1": problem}))
        session.add(
            Delivery(
                integration="acme",
                flow="employees",
                portal="xpert_suite",
                run_id="r1",
                state=State.HELD,
                reasons="many_gone",
                question="q",
                gone=4,
                at=now(),
            )
        )
    return made


@pytest.fixture
def given(tmp_path: Path, ledger: Ledger) -> dict[str, str]:
    """What the command needs, and nothing else."""
    (tmp_path / "integrations").mkdir()
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "AIRFLOW_HOME": str(tmp_path),
        "VEERPONT_INTEGRATIONS": str(tmp_path / "integrations"),
        "VEERPONT_LEDGER": f"sqlite:///{tmp_path / 'ledger.db'}",
        "VEERPONT_VAULT": f"file://{tmp_path / 'vault'}",
        "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
    }


@pytest.fixture
def veerpont(given: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command, in this process; returns its exit code, and both streams together."""

    def run(*words: str, **changed: str) -> tuple[int, str]:
        with monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("VEERPONT")]:
                patch.delenv(name)
            for name, value in (given | changed).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["veerpont", *words])
            with pytest.raises(SystemExit) as ended:
                main.main()
        shown = capfd.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def test_as_a_process_of_its_own(given: dict[str, str]) -> None:
    """As a shell sees it: refused is 1, and both streams together hold one document."""
    program = str(Path(sys.executable).parent / "veerpont")
    words = [program, "employers", "list", "typo", "--json"]
    done = subprocess.run(words, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
    assert (done.returncode, json.loads(done.stdout)["kind"]) == (1, "settings")


class TestJson:
    @pytest.mark.parametrize(
        ("words", "keys"),
        [
            (["employers", "list", "acme"], "integration code name state service_from service_until by at"),
            (
                ["runs", "--integration", "acme"],
                "integration flow portal run_id started_at ended_at state read delivered unchanged filtered rejected "
                "held repeated gone",
            ),
            (
                ["rejects", "list", "--flow", "employees"],
                "integration flow stage key field reason first_seen last_seen attempts state",
            ),
            (["deliveries", "list"], "id integration flow portal state name sha256 records gone at"),
        ],
    )
    def test_lists_have_the_keys_that_scripts_rely_on(self, veerpont: Run, words: list[str], keys: str) -> None:
        """One document on both streams together, with at least the keys of the contract."""
        code, printed = veerpont(*words, "--json")
        (row,) = json.loads(printed)
        assert code == 0
        assert set(keys.split()) <= set(row)

    @pytest.mark.parametrize("words", [["--json"], ["--format", "json"], ["--format=json"]])
    def test_a_refusal_is_a_document_too(self, veerpont: Run, words: list[str]) -> None:
        code, printed = veerpont("runs", "--integration", "typo", *words)
        assert (code, json.loads(printed)["kind"]) == (1, "settings")

    def test_counts_are_whole_numbers_also_in_a_failed_run(self, veerpont: Run) -> None:
        """A script may add them up without looking at the state."""
        (row,) = json.loads(veerpont("runs", "--json")[1])
        assert row["state"] == "failed"
        assert all(type(row[name]) is int for name in runs.COUNTS)

    @pytest.mark.parametrize(
        ("words", "environment", "code", "kind"),
        [
            (["runs", "--flow", "nonsense"], {}, 2, "usage"),
            (["rejects", "list", "--state", "nonsense"], {}, 2, "usage"),
            (["runs"], {"VEERPONT_LEDGER": "nonsense"}, 1, "settings"),
            (["runs"], {"VEERPONT_LEDGER": "postgresql+psycopg2://nobody@127.0.0.1:1/none"}, 1, "passing"),
            (["runs"], {"VEERPONT_VAULT_KEYS": ""}, 1, "settings"),
            (["check"], {"VEERPONT_INTEGRATIONS": "/nowhere"}, 1, "settings"),
            (["employers", "list", "typo"], {}, 1, "settings"),
            (["deliveries", "list", "--integration", "typo"], {}, 1, "settings"),
            (["trace", "typo", "1004"], {}, 1, "settings"),
            (["trace"], {}, 2, "usage"),
        ],
    )
    def test_what_goes_wrong_is_one_document_too(
        self, veerpont: Run, words: list[str], environment: dict[str, str], code: int, kind: str
    ) -> None:
        """Refused is 1, wrong usage is 2, and nothing else is on the streams."""
        seen, printed = veerpont(*words, "--json", **environment)
        assert (seen, json.loads(printed)["kind"]) == (code, kind)

    def test_nothing_to_list_is_an_empty_list(self, veerpont: Run) -> None:
        assert veerpont("rejects", "list", "--flow", "iban", "--json") == (0, "[]\n")

    def test_a_folder_without_integration_files_is_said(self, veerpont: Run, tmp_path: Path) -> None:
        """So is a file with another ending than its writer meant: a text editor's `.txt`."""
        (tmp_path / "integrations" / "acme.yaml.txt").write_text("name: acme")
        code, printed = veerpont("check", "--json")
        assert code == 1
        said = [row["problem"] for row in json.loads(printed)]
        assert any("acme.yaml.txt is not read" in problem for problem in said)
        assert any("holds no integration file" in problem for problem in said)


class TestTables:
    def test_a_name_that_looks_like_markup_is_shown_as_it_is(self, veerpont: Run, ledger: Ledger) -> None:
        """One customer's odd name must not break everybody's list, nor move the cursor of whoever reads it."""
        with ledger.session() as session:
            employers.show(session, "acme", "02", "[/b] [red]Acme\x1b[2J")
        code, printed = veerpont("employers", "list")
        assert code == 0
        assert "[/b] [red]Acme\N{REPLACEMENT CHARACTER}[2J" in printed


class TestDecisions:
    def test_activate_and_deactivate_keep_who(self, veerpont: Run) -> None:
        """Who decided is in the list, and a code that was never shown is refused."""
        assert veerpont("employers", "activate", "acme", "01", "--by", "Els")[0] == 0
        (row,) = json.loads(veerpont("employers", "list", "--json")[1])
        assert (row["state"], row["by"]) == ("active", "Els")
        code, printed = veerpont("employers", "activate", "acme", "99", "--by", "Els")
        assert code == 1
        assert "99" in printed
        assert veerpont("employers", "deactivate", "acme", "01", "--by", "Els")[0] == 0
        assert json.loads(veerpont("employers", "list", "--json")[1])[0]["state"] == "inactive"

    def test_a_service_period_is_set_side_by_side_and_taken_away(self, veerpont: Run, ledger: Ledger) -> None:
        """The state stays active; a day that is not given stays, and each change is kept with who made it."""

        def period(*days: str) -> tuple[str | None, str | None]:
            assert veerpont("employers", "activate", "acme", "01", *days, "--by", "Els")[0] == 0
            (row,) = json.loads(veerpont("employers", "list", "--json")[1])
            assert row["state"] == "active"
            return row["service_from"], row["service_until"]

        assert period() == (None, None)
        assert period("--service-from", "2026-01-01") == ("2026-01-01", None)
        assert period("--service-until", "2026-12-31") == ("2026-01-01", "2026-12-31")
        assert period() == ("2026-01-01", "2026-12-31")
        assert "2026-12-31" in veerpont("employers", "list")[1]
        assert period("--service-from", "none", "--service-until", "none") == (None, None)
        with ledger.session() as session:
            said = [row.decision for row in session.scalars(select(Decision)) if row.decision.startswith("service ")]
        assert said == ["service 2026-01-01/..", "service 2026-01-01/2026-12-31", "service ../.."]

    def test_a_service_that_ends_before_it_begins_is_refused(self, veerpont: Run, ledger: Ledger) -> None:
        """Whether both days are given now or one was before; nothing changes, also not of another employer."""
        with ledger.session() as session:
            employers.show(session, "acme", "02", "Beta B.V.")
        assert veerpont("employers", "activate", "acme", "02", "--service-from", "2026-06-01", "--by", "Els")[0] == 0
        words = ["employers", "activate", "acme", "01", "02", "--service-until", "2026-05-31", "--by", "Els"]
        code, printed = veerpont(*words)
        assert code == 1
        assert "employer 02 would end on 2026-05-31, before it begins on 2026-06-01" in " ".join(printed.split())
        rows = json.loads(veerpont("employers", "list", "--json")[1])
        assert [(row["state"], row["service_until"]) for row in rows] == [("pending", None), ("active", None)]

    @pytest.mark.parametrize("day", ["31-12-2026", "2026-02-30", "soon", ""])
    def test_what_is_no_day_is_wrong_usage(self, veerpont: Run, day: str) -> None:
        code, printed = veerpont("employers", "activate", "acme", "01", "--service-until", day, "--by", "Els")
        assert code == 2
        assert "write it as 2026-12-31, or none" in printed

    def test_release_marks_and_sends_nothing(self, veerpont: Run) -> None:
        """It stays held until the next run; the answer says how to start one."""
        code, printed = veerpont("deliveries", "release", "1", "--by", "Els")
        assert code == 0
        assert "airflow dags trigger employees" in printed
        (row,) = json.loads(veerpont("deliveries", "list", "--json")[1])
        assert (row["state"], row["decided_by"]) == ("held", "Els")

    def test_discard(self, veerpont: Run) -> None:
        """A discarded one is in that state; one that does not exist is refused."""
        assert veerpont("deliveries", "discard", "1", "--by", "Els")[0] == 0
        assert json.loads(veerpont("deliveries", "list", "--json")[1])[0]["state"] == "discarded"
        assert veerpont("deliveries", "discard", "7", "--by", "Els")[0] == 1


class TestTemplate:
    def test_learn_proposes_columns(self, veerpont: Run, tmp_path: Path) -> None:
        """The template of the portal becomes lines for the integration file, of the flow that it fits best."""
        book = Workbook()
        sheet: Any = book.active
        sheet.append(["WerkgeverCode", "Personeelsnummer", "Achternaam", "Geboortedatum"])
        book.save(tmp_path / "template.xlsx")
        code, printed = veerpont("template", "learn", str(tmp_path / "template.xlsx"))
        assert code == 0
        assert "xpert_suite.columns.employees" in printed
        assert "last_name: Achternaam" in printed
