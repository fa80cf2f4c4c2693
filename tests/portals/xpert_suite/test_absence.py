"""Absence: a case is one line of as many rows as it has periods, in the columns of the documented template."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.records import AbsenceCase, AbsencePeriod
from veerpont.systems.registry import portal
from veerpont.systems.workbook import writer

FLOW = Flow.ABSENCE
TEMPLATE = [
    "WerkgeverCode",
    "Personeelsnummer",
    "Protocol",
    "TrajectId",
    "TrajectVerloopId",
    "StartdatumTrajectVerloop",
    "EinddatumTrajectVerloop",
    "VerzuimOorzaak",
    "Verzuimpercentage",
    "BevallingsDatumVermoedelijk",
    "BevallingsDatumFeitelijk",
]
"""The columns of the standard template, with the personnel number as the key."""
GROUP = "DienstverbandGroepCode"
CANARY = "Kanariepiet"
NOVEMBER = (
    AbsencePeriod("L1", date(2024, 11, 4), date(2024, 11, 10), Decimal(100)),
    AbsencePeriod("L4", date(2024, 11, 11), date(2024, 11, 19), Decimal("60.00")),
)
"""The example of AFAS's help: ill from 4 through 19 November, 40 % present from 11 November."""


@pytest.fixture
def xpert():
    return portal("xpert_suite")


def case(*periods: AbsencePeriod, **fields) -> AbsenceCase:
    return AbsenceCase(**{
        "guid": "C1",
        "employer_code": "01",
        "personnel_number": "0007",
        "protocol": "Ziekte",
        "cause": "012",
        "periods": periods or NOVEMBER,
        **fields,
    })


def period(begin: int, end: int | None, percentage: object = 100) -> AbsencePeriod:
    """Return a period from one day of May 2024 to another."""
    last = None if end is None else date(2024, 5, end)
    return AbsencePeriod(f"L{begin}", date(2024, 5, begin), last, Decimal(str(percentage)))


def test_a_case_is_one_line_of_its_periods(xpert, integration):
    """Every period is a row that repeats the case; the case identifies the line, also at the portal."""
    line = xpert.line(integration(), FLOW, case())
    assert (line.id, line.key, line.employer, line.portal_key) == ("C1", "C1", "01", "C1")
    assert (line.order, line.leaves_on, line.identity, line.alias) == (case().order, None, None, None)
    assert [list(row) for row in line.rows] == [TEMPLATE, TEMPLATE]
    first, second = (list(row.values()) for row in line.rows)
    assert first == ["01", "0007", "Ziekte", "C1", "L1", "2024-11-04", "2024-11-10", "012", "100", None, None]
    assert second == ["01", "0007", "Ziekte", "C1", "L4", "2024-11-11", "2024-11-19", "012", "60", None, None]


def test_a_new_personnel_number_changes_the_rows_and_not_what_the_case_is_known_by(xpert, integration):
    """The portal key stays, so that one changed number is not asked about again for every case."""
    old, new = (xpert.line(integration(), FLOW, case(personnel_number=number)) for number in ("0007", "0008"))
    assert old.portal_key == new.portal_key
    assert [row["Personeelsnummer"] for row in new.rows] == ["0008", "0008"]


@pytest.mark.parametrize("profile", ["sandbox", "production"])
def test_absence_needs_no_columns_in_the_integration_file(xpert, integration, profile):
    """The template is documented whole: its columns are the headers, in production too."""
    settings = integration(profile=profile, file_format="csv")
    assert xpert.missing(settings, FLOW) == []
    content = b"".join(xpert.render(settings, FLOW, [xpert.line(settings, FLOW, case())]))
    assert next(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")) == TEMPLATE


def test_configured_columns_replace_those_of_the_template(xpert, integration):
    """A customer's own columns are taken as they are, and each that a case needs must be there."""
    columns = {name: name.upper() for name in TEMPLATE if name not in {"TrajectId", "TrajectVerloopId"}}
    settings = integration(profile="production", columns={FLOW: columns})
    assert xpert.missing(settings, FLOW) == []
    assert list(xpert.line(settings, FLOW, case()).values) == list(columns)
    few = integration(columns={FLOW: {"WerkgeverCode": "A", "Protocol": "B"}})
    assert [sentence.split()[0].rpartition(".")[2] for sentence in map(str, xpert.missing(few, FLOW))] == [
        "StartdatumTrajectVerloop",
        "EinddatumTrajectVerloop",
        "VerzuimOorzaak",
        "Verzuimpercentage",
        "BevallingsDatumVermoedelijk",
        "BevallingsDatumFeitelijk",
        "Personeelsnummer",
    ]


def test_notes_are_not_offered(xpert, integration):
    """Medical text never crosses: a column for it is refused."""
    settings = integration(columns={FLOW: {name: name for name in [*TEMPLATE, "Notitie"]}})
    assert list(map(str, xpert.missing(settings, FLOW))) == [
        "xpert_suite.columns.absence.Notitie is not a name of ours."
    ]


class TestBsn:
    """Which key, and what that asks for."""

    def test_without_that_key_it_has_no_column(self, xpert, integration):
        """The citizen-service number neither passes the door nor enters a line."""
        settings = integration(profile="production")
        assert "BSN" not in xpert.names(settings, FLOW)
        assert "123456782" not in str(xpert.line(settings, FLOW, case(bsn="123456782")))

    def test_with_that_key_it_is_required(self, xpert, integration):
        """It stands in its place in the template, every row has it, and a case without it is a problem."""
        settings = integration(profile="production", key="bsn")
        assert xpert.missing(settings, FLOW) == []
        line = xpert.line(settings, FLOW, case(bsn="023456787"))
        assert list(line.values) == ["WerkgeverCode", "BSN", *TEMPLATE[1:]]
        assert [row["BSN"] for row in line.rows] == ["023456787"] * 2
        assert "BSN" in xpert.names(settings, FLOW)
        problem = xpert.line(settings, FLOW, case())
        assert (problem.field, problem.reason) == ("BSN", "missing_value")

    def test_with_that_key_the_personnel_number_is_optional(self, xpert, integration):
        """The template keeps the column; a case without the number leaves it empty."""
        line = xpert.line(integration(key="bsn"), FLOW, case(bsn="023456787", personnel_number=""))
        assert line.values["Personeelsnummer"] is None

    def test_with_that_key_a_configured_file_needs_its_column(self, xpert, integration):
        """Without a column for the key the columns are not complete."""
        settings = integration(key="bsn", columns={FLOW: {name: name for name in TEMPLATE}})
        (sentence,) = map(str, xpert.missing(settings, FLOW))
        assert sentence.startswith("xpert_suite.columns.absence.BSN is missing")


@pytest.mark.parametrize(
    ("causes", "passes"),
    [({}, False), ({"01": {"Z": "12", "vangnet": "7"}}, False), ({"01": {"Z": "12"}, "02": {"Z/GRIEP": "9"}}, True)],
)
def test_the_code_of_a_reason_passes_the_door_when_a_cause_asks_for_it(xpert, integration, causes, passes):
    """The source's reason code is asked for only once a cause TYPE/REASON is configured; its texts never are."""
    found = xpert.names(integration({"absence": {"causes": causes}}), FLOW)
    assert found == {*TEMPLATE, *(["reason_code"] if passes else [])}


class TestPregnancy:
    """The dates of a birth."""

    DATES = {"expected_birth": date(2024, 12, 20), "actual_birth": date(2024, 12, 24)}  # noqa: RUF012

    def test_both_are_sent_with_the_protocol_zwangerschap(self, xpert, integration):
        """Leave that has ended has both dates, on every row."""
        line = xpert.line(integration(), FLOW, case(protocol="Zwangerschap", **self.DATES))
        assert [list(row.values())[-2:] for row in line.rows] == [["2024-12-20", "2024-12-24"]] * 2

    def test_neither_is_sent_with_an_illness(self, xpert, integration):
        """They say nothing about an illness, so they stay here."""
        line = xpert.line(integration(), FLOW, case(**self.DATES))
        assert [list(row.values())[-2:] for row in line.rows] == [[None, None]] * 2

    @pytest.mark.parametrize(
        ("end", "known", "field"),
        [
            (None, {}, "BevallingsDatumVermoedelijk"),
            (None, {"expected_birth"}, None),
            (28, {"expected_birth"}, "BevallingsDatumFeitelijk"),
            (28, {"expected_birth", "actual_birth"}, None),
            (28, {"actual_birth"}, "BevallingsDatumVermoedelijk"),
        ],
    )
    def test_which_of_them_is_needed(self, xpert, integration, end, known, field):
        """The expected date always, the actual one once the end of the leave is known."""
        dates = {name: day for name, day in self.DATES.items() if name in known}
        result = xpert.line(integration(), FLOW, case(period(1, end), protocol="Zwangerschap", **dates))
        found = (result.field, result.reason) if isinstance(result, Problem) else (None, None)
        assert found == (field, "missing_value" if field else None)


@pytest.mark.parametrize(
    ("percentage", "written"),
    [("100", "100"), ("100.00", "100"), ("0", "0"), ("33.30", "33.3"), ("66.67", "66.67"), ("1E+1", "10")],
)
def test_percentages_are_plain(xpert, integration, percentage, written):
    """A percentage is written without exponent and needless zeros."""
    assert xpert.line(integration(), FLOW, case(period(1, 2, percentage))).values["Verzuimpercentage"] == written


@pytest.mark.parametrize(
    ("periods", "field", "reason"),
    [
        ([period(5, 4)], "EinddatumTrajectVerloop", "end_before_start"),
        ([period(1, 2, "100.01")], "Verzuimpercentage", "impossible_percentage"),
        ([period(1, 2, "-1")], "Verzuimpercentage", "impossible_percentage"),
        ([period(1, 2, "NaN")], "Verzuimpercentage", "impossible_percentage"),
        ([period(1, 2, "33.333")], "Verzuimpercentage", "too_many_decimals"),
        ([period(1, None), period(5, None, 50)], "EinddatumTrajectVerloop", "open_period_not_last"),
        ([period(1, None), period(5, 8, 50)], "EinddatumTrajectVerloop", "open_period_not_last"),
        ([period(1, 5), period(5, 8, 50)], "StartdatumTrajectVerloop", "overlapping_periods"),
        ([period(5, 8), period(1, 4, 50)], "StartdatumTrajectVerloop", "overlapping_periods"),
        ([period(1, 4), period(1, 4)], "StartdatumTrajectVerloop", "overlapping_periods"),
        (
            [AbsencePeriod("L", date(1899, 12, 31), None, Decimal(100))],
            "StartdatumTrajectVerloop",
            "date_out_of_range",
        ),
        (
            [period(1, 2), AbsencePeriod("L", date(2024, 5, 3), date(2101, 1, 1), Decimal(50))],
            "EinddatumTrajectVerloop",
            "date_out_of_range",
        ),
    ],
)
def test_periods_that_the_portal_would_refuse_are_a_problem(xpert, integration, periods, field, reason):
    """One wrong period makes the whole case a problem: half a case in a complete file would be a changed case."""
    problem = xpert.line(integration(), FLOW, case(*periods))
    assert isinstance(problem, Problem)
    assert (problem.stage, problem.field, problem.reason) == (Stage.EXPORT, field, reason)


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"employer_code": ""}, "WerkgeverCode", "missing_value"),
        ({"personnel_number": ""}, "Personeelsnummer", "missing_value"),
        ({"cause": ""}, "VerzuimOorzaak", "missing_value"),
        ({"cause": f"{CANARY}\n"}, "VerzuimOorzaak", "control_characters"),
        ({"protocol": CANARY}, "Protocol", "unknown_value"),
        ({"protocol": "ziekte"}, "Protocol", "unknown_value"),
        ({"guid": CANARY * 30}, "TrajectId", "too_long"),
    ],
)
def test_a_case_that_the_portal_would_refuse_is_a_problem(xpert, integration, fields, field, reason):
    """Each rule of docs/reference/xpert-suite.md, 7 names the column and never shows the value."""
    problem = xpert.line(integration(), FLOW, case(**fields))
    assert (problem.field, problem.reason) == (field, reason)
    assert CANARY not in str(problem)


def test_a_gap_between_periods_and_an_open_end_are_fine(xpert, integration):
    """Days of presence may lie between two periods, and the last one may go on."""
    line = xpert.line(integration(), FLOW, case(period(1, 3), period(8, None, 50)))
    assert [row["EinddatumTrajectVerloop"] for row in line.rows] == ["2024-05-03", None]


class TestFile:
    """What a reader of the file sees of the example of AFAS's help."""

    def render(self, integration, **settings) -> bytes:
        ours = integration(profile="production", **settings)
        xpert = portal("xpert_suite")
        return b"".join(xpert.render(ours, FLOW, iter([xpert.line(ours, FLOW, case())])))

    def test_as_csv(self, integration):
        """Two rows, every cell quoted, an empty cell for what has no value."""
        rows = self.render(integration, file_format="csv").decode("utf-8-sig").split("\r\n")
        assert rows[1:] == [
            '"01";"0007";"Ziekte";"C1";"L1";"2024-11-04";"2024-11-10";"012";"100";"";""',
            '"01";"0007";"Ziekte";"C1";"L4";"2024-11-11";"2024-11-19";"012";"60";"";""',
            "",
        ]

    def test_as_a_workbook(self, integration):
        """Codes are texts, the percentage is a number, dates are the text yyyy-MM-dd."""
        sheet = openpyxl.load_workbook(BytesIO(self.render(integration))).active
        assert list(sheet.values)[1:] == [
            ("01", "0007", "Ziekte", "C1", "L1", "2024-11-04", "2024-11-10", "012", 100, None, None),
            ("01", "0007", "Ziekte", "C1", "L4", "2024-11-11", "2024-11-19", "012", 60, None, None),
        ]

    def test_as_a_workbook_with_date_cells(self, integration):
        """With `dates: cell` the dates are true dates, in the further rows too."""
        sheet = openpyxl.load_workbook(BytesIO(self.render(integration, dates="cell"))).active
        dates = [[cell.value for cell in row[5:7]] for row in sheet.iter_rows(min_row=2)]
        assert dates == [
            [datetime(2024, 11, 4), datetime(2024, 11, 10)],  # noqa: DTZ001  # a date has no zone
            [datetime(2024, 11, 11), datetime(2024, 11, 19)],  # noqa: DTZ001  # a date has no zone
        ]
        assert all(cell.is_date for row in sheet.iter_rows(min_row=2) for cell in row[5:7])

    @pytest.mark.parametrize("file_format", ["xlsx", "csv"])
    def test_the_same_case_gives_the_same_bytes(self, integration, file_format, monkeypatch):
        """Two renderings are equal to the byte, whatever the clock says."""
        first = self.render(integration, file_format=file_format)
        monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
        assert self.render(integration, file_format=file_format) == first

    def test_a_sheet_counts_rows_and_not_cases(self, integration, monkeypatch):
        """A case of two periods fills two rows of what a workbook can hold."""
        monkeypatch.setattr(writer, "MAX_ROWS", 3)
        assert self.render(integration)
        monkeypatch.setattr(writer, "MAX_ROWS", 2)
        with pytest.raises(SettingsError, match="csv"):
            self.render(integration)


@st.composite
def cases(draw: st.DrawFn) -> AbsenceCase:
    """Draw a case whose periods follow each other, with gaps or without, the last one open or not."""
    begin = draw(st.dates(date(1990, 1, 1), date(2050, 1, 1)))
    periods = []
    for number in range(draw(st.integers(1, 4))):
        begin += timedelta(draw(st.integers(0, 40)))
        end = begin + timedelta(draw(st.integers(0, 40)))
        percentage = draw(st.decimals(0, 100, places=2))
        periods.append(AbsencePeriod(f"L{number}", begin, end, percentage))
        begin = end + timedelta(1)
    if draw(st.booleans()):
        last = periods[-1]
        periods[-1] = AbsencePeriod(last.guid, last.begin, None, last.percentage)
    return case(*periods, guid=draw(st.uuids(version=4)).hex.upper())


SETTINGS = Integration.model_validate({
    "name": "acme",
    "customer": "Acme Holding B.V.",
    "source": {"system": "loket", "connection": "loket"},
    "portals": [{"portal": "xpert_suite", "connection": "xpert", "flows": ["absence"]}],
    "xpert_suite": {"file_format": "csv"},
})


@given(st.lists(cases(), max_size=4))
def test_what_is_written_is_read_back(drawn):
    """Written and read back, a file has the rows of its lines, in their order, with their values."""
    xpert = portal("xpert_suite")
    lines = [xpert.line(SETTINGS, FLOW, record) for record in drawn]
    assert all(isinstance(line, Line) for line in lines)
    expected = [list(row.values()) for line in lines for row in line.rows]
    assert len(expected) == sum(len(record.periods) for record in drawn)

    content = b"".join(xpert.render(SETTINGS, FLOW, iter(lines))).decode("utf-8-sig")
    found = list(csv.reader(StringIO(content, newline=""), delimiter=";"))
    assert [[cell or None for cell in row] for row in found] == [TEMPLATE, *expected]

    settings = SETTINGS.xpert_suite.model_copy(update={"file_format": "xlsx"})
    workbook = b"".join(xpert.render(SETTINGS.model_copy(update={"xpert_suite": settings}), FLOW, iter(lines)))
    rows = list(openpyxl.load_workbook(BytesIO(workbook)).active.values)[1:]
    percentage = TEMPLATE.index("Verzuimpercentage")
    assert [Decimal(str(row[percentage])) for row in rows] == [Decimal(row[percentage]) for row in expected]
    assert [[*row[:percentage], *row[percentage + 1 :]] for row in rows] == [
        [*row[:percentage], *row[percentage + 1 :]] for row in expected
    ]
