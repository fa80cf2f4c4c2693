"""Two integrations that share an account, at once: a load holds both, and what a dead one prepared is not trusted."""

from multiprocessing.context import ForkServerContext
from pathlib import Path

import msgspec
import pytest
from dying import child_of, dies, load_and_die, load_beside
from shared import HARBOUR, Account
from sqlalchemy import select

from veerpont.model.failures import SettingsError
from veerpont.pipeline.deliver.fellows import hold_loads
from veerpont.pipeline.forget.person import forget
from veerpont.store.tables import LeaseRow


class TestTwoAtOnce:
    def test_a_load_holds_those_of_both(self, both: Account) -> None:
        """So nobody's lines move under a file that is being made."""
        with hold_loads(both.ours.job("employees", "veerhuis", "x")), both.ours.ledger.session() as session:
            held = set(session.scalars(select(LeaseRow.name)))
        assert held >= {"load:sluis:employees", "load:veerhuis:employees"}

    def test_two_processes_at_once_make_one_file_after_the_other(
        self, both: Account, children: ForkServerContext, tmp_path: Path
    ) -> None:
        """Whoever is second waits while the first one's file is under way, and makes its own over what that told."""
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.rename(1003, "Anders")
        before, second_waits = both.ours.files("employees"), children.Event()
        loads = [(one, *one.until_load("employees")) for one in (both.ours, both.theirs)]
        at_work = [
            child_of(children, tmp_path, load_beside, job, second_waits, msgspec.json.encode(transformed))
            for _, job, transformed in loads
        ]
        for child in at_work:
            child.join(60)
        assert [child.exitcode for child in at_work] == [0, 0]
        assert second_waits.is_set()
        ends = {one.name: one.books("employees", run_id=job.run_id) for one, job, _ in loads}
        found = {name: (books["state"], books["delivered"], books["gone"]) for name, books in ends.items()}
        assert found == {"veerhuis": ("success", 2, 0), "sluis": ("success", 1, 0)}
        assert len(both.ours.files("employees")) == len(before) + 2
        assert both.employers() == {"01", "02", HARBOUR}
        assert (both.names("1001", "01"), both.names("1003")) == ({"Nieuwenhuis"}, {"Anders"})
        assert [one("employees")["delivered"] for one in (both.ours, both.theirs)] == [0, 0]
        assert len(both.ours.files("employees")) == len(before) + 2

    @pytest.mark.parametrize("step", ["before the upload", "after the rename"])
    def test_killed_with_a_file_in_hand_and_then_the_other_one_runs(
        self, both: Account, children: ForkServerContext, tmp_path: Path, step: str
    ) -> None:
        """The second one brings the first one's file across, and makes its own over what that told."""
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        job, transformed = both.ours.until_load("employees")
        dies(children, tmp_path, load_and_die, job, step, msgspec.json.encode(transformed))
        both.rename(1003, "Anders")
        assert both.theirs("employees")["delivered"] == 1
        assert both.ours.employments()["01/1001/1"].values["last_name"] == "Nieuwenhuis"
        assert both.names("1003") == {"Anders"}
        assert both.ours.books("employees", run_id=job.run_id)["delivered"] == 2
        files = len(both.ours.files("employees"))
        assert both.ours("employees")["unchanged"] == 13
        assert len(both.ours.files("employees")) == files

    def test_a_file_over_lines_that_changed_since_is_made_again(
        self, both: Account, children: ForkServerContext, tmp_path: Path
    ) -> None:
        """Somebody of the other one was forgotten between prepared and sent: they are in no file."""
        both.rename(1003, "Anders")
        job, transformed = both.theirs.until_load("employees")
        dies(children, tmp_path, load_and_die, job, "before the upload", msgspec.json.encode(transformed))
        files = both.ours.files("employees")
        key = next(row["GUID"] for row in both.ours.source("employees") if row["Personeelsnummer"] == "1006")
        forget("veerhuis", key.strip("{}"), "Jo")
        with pytest.raises(SettingsError, match="Somebody of veerhuis was forgotten"):
            both.theirs("employees")
        assert both.theirs.deliveries("employees", "prepared") == []
        assert both.ours.files("employees") == files, "it was not sent"

    def test_a_file_without_one_that_came_back_since_is_made_again(
        self, both: Account, children: ForkServerContext, tmp_path: Path
    ) -> None:
        """It was to leave, and the load that made the file without it died before it sent that."""
        text = both.file().read_text()
        both.file().unlink()
        both.ours("employees")
        both.theirs.release(both.theirs.held("employees")["id"])
        job, transformed = both.ours.until_load("employees")
        dies(children, tmp_path, load_and_die, job, "before the upload", msgspec.json.encode(transformed))
        both.file().write_text(text)
        before = both.ours.files("employees")
        both.ours.change("1001", Achternaam="Nieuwenhuis")
        both.ours("employees")
        assert both.employers() == {"01", "02", HARBOUR}
        assert len(both.ours.files("employees")) == len(before) + 1
