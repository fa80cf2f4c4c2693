"""What needs a person, page by page: as a plain list of all of it would have it, whatever is asked for."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ledgers import fill
from sqlalchemy import delete, select

from veerpont.config.integration import Integration
from veerpont.desk import today
from veerpont.desk.todo import ENGINEERS, MANAGERS, Paging, Todo, TodoFilter, TodoKind, todo
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Reject

REJECTS = {TodoKind.QUESTIONS, TodoKind.REJECTS}
FILES = {
    name: Integration.model_validate({
        "name": name,
        "customer": f"{name.title()} B.V.",
        "source": {"system": "afas", "connection": f"afas_{name}", "environment": "O12345AA"},
        "portals": [{"portal": "xpert_suite", "connection": f"xpert_{name}", "flows": ["employers", "absence"]}],
        "xpert_suite": {"profile": "sandbox"},
        "mail": {"to": to},
    })
    for name, to in (("acme", ["beheer@acme.example"]), ("beta", []))
}

some_rejects = st.lists(
    st.fixed_dictionaries({
        "integration": st.sampled_from(["acme", "beta", "unknown"]),
        "flow": st.sampled_from(["absence", "iban"]),
        "employer": st.sampled_from(["01", "02"]),
        "reason": st.sampled_from(["no_cause", "portal_key_changed"]),
        "field": st.sampled_from(["Type", "Reden"]),
        "state": st.sampled_from(["open", "open", "open", "closed", "ignored"]),
        "question": st.sampled_from([None, None, "q"]),
        "age": st.integers(0, 3),
    }),
    max_size=25,
)
ONE = {"integration": "acme", "flow": "absence", "reason": "no_cause", "field": "Type", "state": "open", "age": 1}
MIXED = [
    ONE | {"employer": employer, "question": question}
    for employer, question in (("01", None), ("01", "q"), ("01", "q"), ("02", "q"))
]
"""A group of which two of three ask something, and one of which all do."""
filters = st.builds(
    TodoFilter,
    text=st.sampled_from(["", "", "acme", "b.v."]),
    flow=st.sampled_from(["", "", "absence"]),
    kind=st.sampled_from(["", "", *TodoKind]),
    owner=st.sampled_from(["", "", MANAGERS, ENGINEERS]),
)


def of_rejects(rows: list[Reject]) -> Iterator[tuple[int, Todo]]:
    """Yield what the open rejects ask for, each with the number of its first one."""

    def repair(row: Reject) -> tuple[str, ...]:
        return row.integration, row.flow, row.employer, row.stage, row.reason

    for (name, flow, employer, stage, reason), found in groupby(sorted(rows, key=repair), repair):
        group = list(found)
        asking = sum(row.question is not None for row in group)
        for kind, count in ((TodoKind.QUESTIONS, asking), (TodoKind.REJECTS, len(group) - asking)):
            since = min(row.first_seen for row in group)
            more: dict[str, Any] = {"reasons": (reason,), "employer": employer, "stage": stage}
            thing = Todo(kind, name, MANAGERS if name == "acme" else ENGINEERS, since, flow, count=count, **more)
            if count:
                yield min(row.id for row in group), thing


def put(ledger: Ledger, given_rows: list[dict[str, Any]], moment: datetime) -> list[Reject]:
    """Leave these rejects in the ledger, and return the open ones of customers that it knows."""
    with ledger.session() as session:
        session.execute(delete(Reject))
        for place, values in enumerate(given_rows):
            seen = moment - timedelta(days=values["age"])
            row = {name: value for name, value in values.items() if name != "age"}
            row |= {"key": f"K{place}", "stage": "transform", "detail": "", "last_run": "r"}
            session.add(Reject(**row, first_seen=seen, last_seen=moment))
        session.flush()
        return list(session.scalars(select(Reject).where(Reject.state == "open", Reject.integration != "unknown")))


def test_each_page_is_a_part_of_one_list(ledger: Ledger) -> None:
    """Its order, its totals, the tiles and what each customer needs are of the whole, and of both databases."""
    moment = now()
    fill(ledger)
    with ledger.session() as session:
        customers = today.overview(session, FILES, {}, moment)
        every = todo(session, FILES, customers, (), moment, paging=Paging(size=999)).things
        rest = [each for each in every if each.kind not in REJECTS]
    assert {TodoKind.REMOVALS, TodoKind.PENDING} <= {each.kind for each in rest}

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(some_rejects, filters, st.sampled_from([1, 3, 7]))
    @example(MIXED, TodoFilter(), 1)
    def check(rows: list[dict[str, Any]], chosen: TodoFilter, size: int) -> None:
        numbered = [*((0, each) for each in rest), *of_rejects(put(ledger, rows, moment))]
        order = list(TodoKind)
        # what is not of rejects keeps the order in which it is found
        numbered.sort(key=lambda each: (order.index(each[1].kind), each[1].since or moment, -each[1].count, each[0]))
        every = [thing for _, thing in numbered]
        with ledger.session() as session:
            customers = today.overview(session, FILES, {}, moment)
            about = {each.name for each in customers if chosen.text in each.title.casefold()}
            of_all_kinds = [
                each
                for each in every
                if each.integration in about and chosen.flow in {"", each.flow} and chosen.owner in {"", each.owner}
            ]
            wanted = [each for each in of_all_kinds if chosen.kind in {"", each.kind}]
            pages = [
                todo(session, FILES, customers, (), moment, chosen, Paging(number, size))
                for number in range(1, len(wanted) // size + 3)
            ]
        assert [thing for page in pages for thing in page.things] == wanted
        assert all(len(page.things) <= size for page in pages)
        for page in pages[:1]:
            assert page.total == len(wanted)
            assert +page.kinds == Counter(each.kind for each in of_all_kinds)
            assert +page.needs == Counter(each.integration for each in every)

    check()
