"""A reject names the field as its source spells it: that is where somebody looks for it."""

import re

import pytest
from crossings import Crossing

from veerpont.flows import employees, organigram
from veerpont.flows.job import duplicate
from veerpont.messages.catalog import worded
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.pipeline.compare import decide
from veerpont.store.tables import Reject
from veerpont.systems.registry import source
from veerpont.systems.xpert_suite.columns import table

NOT_OF_AFAS = {"login", "user_group", "phone"}
NOT_OF_LOKET = {*NOT_OF_AFAS, "manager_personnel_number", "cost_centre_name", "department_name"}
FLOWS = (Flow.EMPLOYERS, Flow.ORGANIGRAM, Flow.EMPLOYEES)
OURS = re.compile(r"^[a-z]+(_[a-z]+)+$")


def test_an_end_before_the_start_names_the_column(known: Crossing) -> None:
    """Both the field and the advice are what the customer sees in AFAS."""
    known.change("1004", Datum_eind_dvb="1999-01-01T00:00:00Z")
    known("employees")
    with known.ledger.session() as session:
        (row,) = session.query(Reject).filter_by(flow="employees", state="open")
    assert (row.reason, row.field) == ("end_before_start", "Datum_eind_dvb")
    assert row.detail == "Correct Datum_eind_dvb: it lies before Datum_start_dvb."
    assert worded(row.advice, "nl") == "Verbeter Datum_eind_dvb: het ligt voor Datum_start_dvb."


@pytest.mark.parametrize("system", ["afas", "loket"])
@pytest.mark.parametrize("flow", FLOWS)
def test_every_column_of_a_file_has_a_name_at_the_source(system: str, flow: Flow) -> None:
    """Whatever a line is refused for (missing, too long, no date), it is refused by the source's own name."""
    unknown = NOT_OF_AFAS if system == "afas" else NOT_OF_LOKET
    if (system, flow) == ("afas", Flow.ORGANIGRAM):
        unknown = unknown | {
            "employer_code",
            "manager_personnel_number",
        }  # a chart belongs to the employers of the people who are in it
    for name in table(flow):
        theirs = source(system).spelled(flow, name)
        assert theirs != name or name in unknown or not OURS.match(name), name


@pytest.mark.parametrize("system", ["afas", "loket"])
def test_every_reason_of_the_pipeline_has_a_field_of_the_source(system: str) -> None:
    """Also what the engine itself finds: a key twice, a key that changed, a unit above itself."""
    found = [
        value
        for module in (decide, organigram, employees)
        for value in vars(module).values()
        if isinstance(value, Problem)
    ]
    found += [duplicate(name, "x") for name in ("personnel_number", "employment_number", "employer_code")]
    assert len(found) >= 8
    for problem in found:
        flow = Flow.ORGANIGRAM if problem.reason == "department_cycle" else Flow.EMPLOYEES
        assert not OURS.match(source(system).spelled(flow, problem.field)), problem.reason
