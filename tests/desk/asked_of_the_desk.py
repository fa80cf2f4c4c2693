"""The pages of one customer, with something on each: what was asked of the desk, and what came of it."""

import yaml
from airflow_up import AirflowUp

from veerpont.store import previews, work
from veerpont.store.previews import PreviewFound, WouldWait
from veerpont.store.work import WorkState

CUSTOMER = "customers/oeverland"
PREVIEW = PreviewFound(
    {"xpert_suite": dict.fromkeys(("new", "changed", "gone", "unchanged", "filtered", "rejected"), 7)},
    [WouldWait("xpert_suite", "removals", ("many_gone",), 3)],
    {"no_cause": 12},
    1,
)
PERSON = {"number": 0, "history": 7, "line\temployees\txpert_suite\theld": 1, "file\t1": 1}
ADOPTED = {"adopted": 14, "unmatched": 1, "repeated": 0, "at\t01\tsame": 11, "column\t01\temail_work": 2}


def pages_of_a_customer(up: AirflowUp) -> list[str]:
    """Return the pages of one customer, with a step Live, and something on each."""
    file = up.integrations / "oeverland.yaml"
    settings = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(settings | {"schedule": "when_live"}))
    kinds = {work.PREVIEW: previews.kept(PREVIEW), work.FORGET_LOOK: PERSON, work.ADOPT: ADOPTED, work.FORGET: {}}
    made = {}
    with up.ledger.session() as session:
        for what, counts in kinds.items():
            made[what] = work.add(session, "oeverland", what, "op", ["employees"])
            if counts:
                work.end(session, made[what], WorkState.DONE, result=what, counts=counts)
            else:  # nobody does it: the page of what waits
                work.end(session, made[what], WorkState.REFUSED, message="It was refused.")
    shown = [f"{CUSTOMER}/special/{made[what]}" for what in (work.FORGET_LOOK, work.ADOPT, work.FORGET)]
    return [CUSTOMER, f"{CUSTOMER}/mappings", f"{CUSTOMER}/preview/{made[work.PREVIEW]}", f"{CUSTOMER}/special", *shown]
