"""Ordinary life asks no questions and deletes nothing that exists; a read that is not whole does neither.

Why: docs/decisions/0001.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from crossings import ABSENCE, EMPLOYEES, Crossing
from ordinary import FIRST, customer
from proving import Proof

from veerpont.systems.afas.client import Client
from veerpont.systems.afas.rows import AbsenceRow
from veerpont_sandbox.absence import Told
from veerpont_sandbox.absence_truth import months_before
from veerpont_sandbox.replay import replay


def test_sixty_days(proof: Proof) -> None:
    """People fall ill and recover, clerks correct, and delete what they entered by mistake."""
    days = proof.size(60, 3)
    found = replay(days, people=proof.size(120, 30), seed=3)
    happened = {what for day in found.days for what in day.happened}
    deleted = sum(day.happened.get("deleted", 0) + day.happened.get("entered again", 0) for day in found.days)
    first, last = found.days[0], found.days[-1]
    proof.note(f"{days} days, {found.runs} runs, {deleted} deletions by clerks: questions asked", found.held, 0)
    proof.note("cases deleted at the portal that existed", last.lost_ours, 0)
    proof.note("runs more than two days late with a deletion", found.late, 0)
    assert found.good, found.verdict  # it missed nothing, was not late, asked nothing, and every run ended well
    assert last.lost_ours == 0
    assert all(day.missing_ours == 0 for day in found.days)
    assert first.lost_careless > first.truth / 2, "its first file takes away what did not change lately"
    if proof.full:
        assert happened >= {
            *("opened", "partial recovery", "closed", "reopened", "corrected"),
            *("deleted", "line deleted", "entered again"),
        }
        assert any(day.extra_ours for day in found.days), "what was deleted at the source is not believed at once"
        assert last.lost_careless > first.lost_careless
        assert last.missing_careless > 0


BREAKS: dict[str, Callable[[object], object]] = {
    "blank": lambda _: None,
    "(replaced)": lambda _: "(replaced)",
    "another type": lambda value: 7 if isinstance(value, str) else "seven",
}


def test_a_column_that_breaks_in_one_hourly_read(proof: Proof, tmp_path: Path) -> None:
    """Every column of the connector, one at a time: nothing goes, nothing changes, and the next read is right again."""
    columns = sorted(AbsenceRow.always())
    chosen = columns if proof.full else ["Datum_deelherstel", "GUID_verzuimverloop", "Melding_Gewijzigd_Op"]
    deleted = changed = 0
    not_right = []
    with customer(tmp_path, proof.size(300, 60)) as crossing:
        moment = datetime.combine(FIRST, datetime.min.time()).replace(hour=7)
        random = Random(1)
        ways = list(BREAKS)
        for number, column in enumerate(chosen):
            for how in proof.size(ways, ways[number : number + 1]):
                moment += timedelta(hours=1)
                if moment.hour > 20:
                    crossing.at(moment.replace(hour=21).isoformat())("absence")
                    moment = datetime.combine(moment.date() + timedelta(days=1), datetime.min.time()).replace(hour=8)
                happens(crossing, random, moment - timedelta(minutes=20))
                crossing.at(moment.isoformat())
                before, truth = crossing.periods(), crossing.truth()
                with broken(column, BREAKS[how]):
                    crossing("absence")
                after = crossing.periods()
                deleted += len({period[:4] for period in before} - {period[:4] for period in after | truth})
                changed += len(after - before - truth)
                moment += timedelta(hours=1)
                crossing.at(moment.isoformat())("absence")
                if wrong(crossing) or crossing.deliveries("absence", "held"):
                    not_right.append((column, how, crossing.books("absence")["message"]))
    tried = f"{len(chosen)} columns, each blank, (replaced) or of another type in one hourly read"
    proof.note(f"{tried}: wrong deletions", deleted, 0)
    proof.note("wrong changes", changed, 0)
    proof.note("not right again after the next good read", len(not_right), 0)
    assert (deleted, changed, not_right) == (0, 0, [])


def wrong(crossing: Crossing) -> set[Told]:
    """Return what the portal has and should not, or the other way round; what left the window stays there."""
    since = months_before(crossing.today, 24).isoformat()
    return {period for period in crossing.periods() ^ crossing.truth() if (period[4] or since) >= since}


def test_rows_that_are_hidden_for_two_nights(proof: Proof, tmp_path: Path) -> None:
    """An authorisation hides a part of the cases: what is older than 14 days never leaves unasked."""
    for percent in proof.size((1, 3, 8, 15, 50), (8,)):
        home = tmp_path / str(percent)
        home.mkdir()
        with customer(home, proof.size(400, 120)) as crossing:
            random = Random(percent)
            young = fall_ill(crossing, random, 12)
            crossing.at("2026-11-23T10:00")("absence")
            crossing.at("2026-11-23T21:00")("absence")
            before = crossing.periods()
            assert before == crossing.truth()
            told = sorted({case.guid for case in crossing.book.cases() if case.type == "Z"})
            hidden = set(random.sample(told, max(1, len(told) * percent // 100)))
            for night in (24, 25):
                table = crossing.sandbox.afas.environments["ours"].tables[ABSENCE]
                at = table.connector.index["Guid_verzuimmelding"]
                table.rows = [row for row in crossing.book.rows() if row[at] not in hidden]
                crossing.at(f"2026-11-{night}T21:00")("absence")
            whose = {case.number for case in crossing.book.cases() if case.guid in young}
            lost = before - crossing.periods() - (before - crossing.truth())
            old = {period for period in lost if period[1] not in whose}
            left, waits = len(lost) - len(old), sum(row["gone"] for row in crossing.deliveries("absence", "held"))
            proof.note(f"{percent} % of the cases hidden for two nights: older than 14 days gone unasked", len(old), 0)
            proof.note(f"{percent} %: younger ones gone unasked; waiting for a person: {waits}", left, "2 an employer")
            assert not old
            assert left <= 4


def fall_ill(crossing: Crossing, random: Random, count: int) -> set[str]:
    """Let some people fall ill who are not; return their cases."""
    ill = {case.number for case in crossing.book.cases() if not case.recovered}
    people = sorted({(each[0], each[1]) for each in crossing.truth() if each[1] not in ill})
    at = datetime.combine(FIRST, datetime.min.time()).replace(hour=9)
    rows = crossing.sandbox.afas.rows("ours", EMPLOYEES)
    guids = {(row["Werkgeverscode"], row["Personeelsnummer"]): row["GUID"] for row in rows}
    return {
        crossing.book.open(number, FIRST, at=at, employer=employer, guid_person=guids[employer, number])
        for employer, number in random.sample(people, min(count, len(people)))
    }


@contextmanager
def broken(column: str, how: Callable[[object], object]) -> Iterator[None]:
    """Let a column of every answer be broken, as long as this lasts."""
    rows = Client.rows

    def break_it(client: Client, connector: str, query: dict[str, str | int]) -> list[dict[str, object]]:
        return [row | {column: how(row.get(column))} for row in rows(client, connector, query)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "rows", break_it)
        yield


def happens(crossing: Crossing, random: Random, at: datetime) -> None:
    """Let somebody's case close, another one's reopen, or a person fall ill."""
    cases = [case for case in crossing.book.cases() if case.type == "Z" and case.employer in {"01", "02"}]
    case = random.choice(cases)
    if case.recovered is None and case.course[-1].on <= at.date():
        crossing.book.close(case.guid, at.date(), at=at)
    elif case.recovered and not any(
        other.number == case.number and other.guid != case.guid and other.begin >= case.begin for other in cases
    ):
        crossing.book.reopen(case.guid, at=at)
