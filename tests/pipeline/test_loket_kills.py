"""A customer of Loket's, killed at any step of extract and load and run again: nothing lost, nothing twice.

Why: docs/decisions/0012.

Tokens are refreshed in every process that dies, under strict rotation: the next one goes on with what that one stored.
"""

from collections.abc import Iterator
from itertools import cycle
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import requests
from crossings import Crossing, Make, Rounds
from dying import (
    HISTORY,
    STEPS,
    Whose,
    after,
    before,
    die,
    dies,
    in_folder,
    load_and_die,
    opened,
    put_and_die,
    settle_in,
)
from proving import Proof
from test_loket_flows import FLOWS, accounts, calls, columns, far_back, guid, periods, provider
from unhurried import hurry

from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.pipeline.verdict import Turn
from veerpont.store.tables import Token
from veerpont.systems.loket.hook import LoketHook
from veerpont_sandbox.loket import changes

BACK = "http://127.0.0.1:9/back"
READING = (
    "before a token is asked for",
    "between the token and the first call",
    "in the middle of the pages",
    "among the single items",
    "before the rows are written",
    "after the rows are written",
)
MEMORY = ("before the memory", "when the memory is written", "after the memory")
"""What the flows that remember single items do between reading and writing the rows."""


@pytest.fixture
def told(make: Make) -> Crossing:
    """Sluis after its first night, and after a second and third read of absence: the next ones are of the last days."""
    sluis = make("sluis", night=(*FLOWS, "absence", "absence"), ready=far_back)
    sluis.round()
    return sluis


def extract_and_die(environment: dict[str, str], whose: Whose, step: str, _: bytes) -> None:
    """Run extract in this process, which dies at the step."""
    settle_in(environment)
    from veerpont.store.vault import SequenceWriter, Vault
    from veerpont.systems.loket import client, memory, tokens

    hurry()
    client.PAGE_SIZE = 4
    get, add = client.Client._get, SequenceWriter.add
    single = {"GetPaymentInformationSepaByEmploymentId", "GetOrganizationalEntitiesByEmploymentId"}
    single |= {"GetAbsenceProgressByAbsenceId"}
    where: dict[str, tuple[Any, str, Any]] = {
        "before a token is asked for": (tokens.Tokens, "_ask", die),
        "when the answer is lost": (tokens.Tokens, "_store", die),
        "between the token and the first call": (tokens.Tokens, "_store", after(tokens.Tokens._store)),
        "in the middle of the pages": (
            *(client.Client, "_get"),
            before(get, lambda _, resource, ids, query, *more: query.get("pageNumber") == "2"),
        ),
        "among the single items": (
            *(client.Client, "_get"),
            before(get, lambda _, resource, *more: resource.activity in single),
        ),
        "before the memory": (memory.Memory, "keep", die),
        "when the memory is written": (Vault, "put", put_and_die("known")),
        "after the memory": (Vault, "delete_others", before(Vault.delete_others, in_folder("known"))),
        "before the rows are written": (
            *(SequenceWriter, "add"),
            before(add, lambda writer, *more: writer.sequence.path.endswith("/rows")),
        ),
        "after the rows are written": (Vault, "put", put_and_die("rows")),
    }
    setattr(*where[step])
    job = opened(whose)
    if job.flow is Flow.IBAN:
        Rounds(Turn(job.run_id, job.moment), print).extract()
    else:
        extract(job)


class Customer:
    """Sluis, of which one thing of a flow changes each time, there and back."""

    def __init__(self, crossing: Crossing, flow: str) -> None:
        self.crossing, self.flow = crossing, flow
        self._states: Iterator[int] = cycle((1, 0))

    def changes(self) -> None:
        """Change what the flow is about; `here` is then what the portal should say."""
        of, new = provider(self.crossing), next(self._states)
        if self.flow == "employees":
            changes.rename(of, 1010, ("Smit", "Nieuwenhuis")[new])  # who has no department today
            (changes.terminate(of, 1005, "2026-11-20") if new else changes.reinstate(of, 1005))
            self.here: Any = ("Nieuwenhuis", "2026-11-20") if new else ("Smit", None)
        elif self.flow == "absence":
            (changes.recover(of, 1002, "2026-11-20") if new else changes.reopen(of, 1002))
            self.here = ("Ziekte", "2026-10-12", "2026-11-20" if new else None, "50")
        else:
            self.here = ("NL20INGB0001234567", "NL91ABNA0417164300")[new]
            changes.set_iban(of, 1001, self.here)

    def arrived(self) -> bool:
        """Tell whether the portal has exactly that."""
        here = self.crossing
        if self.flow == "employees":
            (name,), ((end,),) = set(columns(here, "1010", "last_name")), columns(here, "1005", "employment_end")
            return (name[0], end) == self.here
        if self.flow == "absence":
            return self.here in periods(here, "1002") and len(periods(here, "1002")) == 2
        return bool(accounts(here)[guid(here, 1001)]["iban"] == self.here)

    def everything(self) -> tuple[int, ...]:
        """Count what the portal has of everybody."""
        return len(self.crossing.employments()), len(self.crossing.periods()), len(accounts(self.crossing))

    def run(self) -> dict[str, Any]:
        if self.flow != "iban":
            return self.crossing(self.flow)
        assert self.crossing.round() == {"extract": {}, "transform": {}, "load": {}}
        return self.crossing.books("iban")

    def again(self, run_id: str) -> None:
        """Run all tasks of a run again."""
        job = self.crossing.job(self.flow, self.crossing.name, run_id)
        load(job, transform(job, extract(job)))

    def sent(self) -> int:
        return len(self.crossing.deliveries(self.flow, "delivered"))

    def newest_token(self) -> str:
        """Return the refresh token of the ledger."""
        with self.crossing.ledger.session() as session:
            return self.crossing.vault.unseal(session.query(Token).one().refresh)


@pytest.mark.parametrize("flow", ["employees", "absence", "iban"])
def test_extract_killed_and_run_again(
    told: Crossing, children: ForkServerContext, tmp_path: Path, proof: Proof, flow: str
) -> None:
    """What changed arrives once, and the next process goes on with the tokens of the one that died."""
    sluis = Customer(told, flow)
    whole, at_loket = sluis.everything(), told.sandbox.loket.tokens["sluis"]
    steps = READING if flow == "absence" else READING + MEMORY
    steps = proof.size(steps, steps[::3] if flow == "employees" else steps[2::3])
    for number, step in enumerate(steps):
        sent = sluis.sent()
        sluis.changes()
        at_loket.forget_access()
        calls(told)
        job = told.job(flow, "sluis", f"dies {number}")
        dies(children, tmp_path, extract_and_die, job, step, b"")
        assert (sluis.sent(), sluis.arrived()) == (sent, False), step

        sluis.run() if number % 2 or flow == "iban" else sluis.again(job.run_id)
        assert calls(told)["token"] == 1, f"{step}: what was stored is used, not asked for again"
        assert (sluis.sent(), sluis.arrived(), sluis.everything()) == (sent + 1, True, whole), step
        assert sluis.run()["delivered"] == 0, step
        assert sluis.sent() == sent + 1, step
        assert sluis.newest_token() == at_loket.refresh_token, step
    if flow != "absence":
        known = told.home / "vault" / "sluis" / flow / "batches" / "known"
        assert len(list(known.iterdir())) == 1, "what a process left that died between memory and pointer"


@pytest.mark.parametrize("rotation", ["strict", "lenient"])
def test_killed_before_the_answer_of_a_refresh_is_stored(
    told: Crossing, children: ForkServerContext, tmp_path: Path, rotation: Literal["strict", "lenient"]
) -> None:
    """Under strict rotation a person must authorise again, and is told so. Under lenient rotation nobody notices."""
    sluis = Customer(told, "employees")
    at_loket = told.sandbox.loket.tokens["sluis"]
    provider(told).settings.rotation = rotation
    sluis.changes()
    at_loket.forget_access()
    dies(children, tmp_path, extract_and_die, told.job("employees", "sluis", "dies"), "when the answer is lost", b"")
    if rotation == "strict":
        calls(told)
        for _ in range(3):
            with pytest.raises(SettingsError, match="veerpont loket authorise sluis"):
                sluis.run()
        assert calls(told) == {"GetEmployersByUserId": 1, "token": 1}, "asked once, and then no more"
        assert not sluis.arrived()
        login = LoketHook("loket_sluis")
        page = requests.get(login.authorise_url(BACK, "state"), timeout=10, allow_redirects=False)
        (code,) = parse_qs(urlsplit(page.headers["Location"]).query)["code"]
        login.tokens("sluis").exchange(code, BACK)
    assert sluis.run()["delivered"] > 0
    assert sluis.arrived()
    assert sluis.run()["delivered"] == 0
    assert sluis.newest_token() == at_loket.refresh_token


@pytest.mark.parametrize(("flow", "steps"), [("employees", STEPS), ("absence", (*HISTORY, *STEPS))])
def test_load_killed_and_run_again(
    told: Crossing, children: ForkServerContext, tmp_path: Path, proof: Proof, flow: str, steps: tuple[str, ...]
) -> None:
    """The portal gets each change once, and nobody is gone. Of another source test_kills.py walks over all steps."""
    steps = proof.size(steps, steps[2::4])
    sluis = Customer(told, flow)
    whole = sluis.everything()
    for number, step in enumerate(steps):
        before = len(told.sandbox.portal.reports("sluis", flow))
        sluis.changes()
        job, transformed = told.until_load(flow)
        dies(children, tmp_path, load_and_die, job, step, msgspec.json.encode(transformed))
        assert sluis.arrived() == (step in STEPS[STEPS.index("after the rename") :]), step

        sluis.run() if number % 2 else load(job, transformed)
        assert (sluis.arrived(), sluis.everything()) == (True, whole), step
        first, *again_sent = told.sandbox.portal.reports("sluis", flow)[before:]
        assert (first.status, first.rejected, first.deleted, first.ended) == ("processed", 0, 0, 0), step
        assert all((report.file, report.changes) == (first.file, 0) for report in again_sent), step
        assert sluis.run()["delivered"] == 0, step
        assert {row["state"] for row in told.deliveries(flow)} <= {"delivered", "superseded"}, step
    assert len(list((told.home / "vault" / "sluis" / flow / "xpert_suite" / "snapshots").iterdir())) == 1
