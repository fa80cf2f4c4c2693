"""Which load may follow which: an old read, an unfinished delivery, a lost lease (docs/decisions/0012)."""

from collections.abc import Iterator

import pytest
from crossings import EMPLOYEES, Crossing
from sqlalchemy import update

from veerpont.model.failures import NothingToDoError, PassingError
from veerpont.pipeline.load import load
from veerpont.store.tables import Delivery, LeaseRow
from veerpont.systems.xpert_suite.portal import XpertSuite


class TestOldReads:
    def test_an_old_read_never_follows_a_newer_one(self, known: Crossing) -> None:
        """Clearing the load of an earlier night takes nothing back and vouches for nobody's absence."""
        job, old = known.until_load("employees")
        newcomer = known.source("employees")[0] | {"Personeelsnummer": "7777", "GUID": "{5A0D-NEW}"}
        known.sandbox.afas.insert("veerhuis", EMPLOYEES, [newcomer])
        known("employees")
        assert "7777" in known.people()
        with pytest.raises(NothingToDoError, match="newer read"):
            load(job, old)
        assert "7777" in known.people()
        assert known("employees")["gone"] == 0

    def test_a_load_that_is_repeated_is_no_old_read(self, known: Crossing) -> None:
        """The same read may be loaded again: a task that died after its work was done."""
        job, transformed = known.until_load("employees")
        load(job, transformed)
        load(job, transformed)
        assert known.books("employees")["state"] == "success"


class TestUnfinished:
    def test_a_purged_employer_is_not_in_what_is_finished_later(
        self, known: Crossing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file that could not be sent yesterday is not sent today with people whom the portal has let go."""
        known.change("1004", Achternaam="Anders")

        def down(*_: object) -> None:
            raise PassingError("The portal is down.")

        with monkeypatch.context() as broken:
            broken.setattr(XpertSuite, "deliver", down)
            with pytest.raises(PassingError):
                known("employees")
        known.deactivate("02", purge=True)
        sent = len(known.files("employees"))
        known("employees")
        assert len(known.files("employees")) == sent + 1
        assert {key.split("/")[0] for key in known.employments()} == {"01"}
        assert known.employments()["01/1004/1"].values["last_name"] == "Anders"

    def test_one_that_can_never_be_finished_can_be_discarded(
        self, known: Crossing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The next run then makes it again."""
        known.change("1004", Achternaam="Anders")
        with monkeypatch.context() as broken:
            broken.setattr(XpertSuite, "deliver", lambda *_: (_ for _ in ()).throw(PassingError("Down.")))
            with pytest.raises(PassingError):
                known("employees")
        (prepared,) = known.deliveries("employees", "prepared")
        known.discard(prepared["id"])
        known("employees")
        assert known.employments()["01/1004/1"].values["last_name"] == "Anders"

    def test_one_that_the_version_before_prepared_is_finished(
        self, known: Crossing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That one kept a file as a single object of the vault."""
        known.change("1004", Achternaam="Anders")
        with monkeypatch.context() as broken:
            broken.setattr(XpertSuite, "deliver", lambda *_: (_ for _ in ()).throw(PassingError("Down.")))
            with pytest.raises(PassingError):
                known("employees")
        (prepared,) = known.deliveries("employees", "prepared")
        with known.ledger.session() as session:
            row = session.get_one(Delivery, prepared["id"])
            content = known.vault.open(str(row.object)).read()
            row.object = f"{row.object}-old"
            known.vault.put(row.object, content)
        known("employees")
        assert known.employments()["01/1004/1"].values["last_name"] == "Anders"
        assert known.files("employees")[-1] == prepared["name"]


class TestLostLease:
    def test_a_load_that_lost_its_lease_sends_nothing(self, known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """A process that stood still while another one took over must not send its older file last."""
        known.change("1004", Achternaam="Anders")
        render = XpertSuite.render

        def taken_over(self: XpertSuite, *words: object, **more: object) -> Iterator[bytes]:
            with known.ledger.session() as session:
                session.execute(update(LeaseRow).values(owner="another:1:x"))
            return render(self, *words, **more)  # type: ignore[arg-type]

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(XpertSuite, "render", taken_over)
            with pytest.raises(PassingError, match="taken over"):
                known("employees")
        assert len(known.files("employees")) == 1
        assert known.deliveries("employees", "prepared") == []


class TestGuardsSeeTheRightLines:
    def test_frozen_lines_do_not_hide_a_column_that_went_blank(self, known: Crossing) -> None:
        """The columns of an active employer are compared with its own lines only."""
        known.deactivate("01")
        for row in known.source("employees"):
            known.change(row["Personeelsnummer"], Geboortedatum=None)
        known("employees")
        assert "column_blank:birth_date" in known.held("employees")["reasons"]

    def test_a_held_read_moves_nothing(self, known: Crossing) -> None:
        """Departments are not taken away because of a read of the employees that is held for what it shows."""
        for row in known.source("employees"):
            known.change(row["Personeelsnummer"], Afdelingscode=None)
        assert known("employees")["held"] > 0
        for _ in range(2):
            books = known("organigram")
            assert (books["gone"], books["repeated"]) == (0, 0)
