"""The import of one file into an account's state (docs/reference/xpert-suite.md, 2.1 to 2.3, 7 and 8)."""

from collections.abc import Callable, Iterable

import msgspec

from veerpont_sandbox.portal import absence, files, users
from veerpont_sandbox.portal.flows import ABSENCE, CONTACT, FLOWS, Flow
from veerpont_sandbox.portal.lines import Job, Wrong
from veerpont_sandbox.portal.state import Department, Employment, Report, Settings, State, Values


def import_file(
    report: Report,
    content: bytes,
    state: State,
    settings: Settings,
    *,
    today: str,
    refused: Callable[[str], bool],
    words: str | None = None,
) -> None:
    """Apply one file to `state` and tell in `report` what happened.

    `refused` says which keys a fault rejects, `words` in which text, with values of the line as {column}.

    A file that fails as a whole changes nothing.
    """
    flow = FLOWS[report.flow]
    known = {k: v for k, v in msgspec.to_builtins(settings).items() if k != "columns"}
    report.switches = {name: str(value) for name, value in known.items()}
    try:
        places, rows = _read(report, flow, content, settings)
    except files.UnreadableFileError as error:
        report.status = "failed"
        report.say(4, "bestand", str(error))
        return
    job = Job(flow, report, state, settings, today, refused, words)
    {"absence": absence.apply, "accounts": users.apply}.get(flow.name, _apply)(job, job.texts(places, rows))


def _read(
    report: Report, flow: Flow, content: bytes, settings: Settings
) -> tuple[dict[str, int], list[list[files.Cell]]]:
    """Return where each column stands, and the rows. Raises UnreadableFileError."""
    try:
        header, rows = files.read(report.file, content, settings)
    except files.EmptyFileError:
        if flow is ABSENCE and settings.empty_absence == "delivers_nothing":
            report.say(3, "leeg", "Het bestand is leeg.")
            return {}, []
        raise
    return _columns(flow, header, settings, report), rows


def _columns(flow: Flow, header: list[str], settings: Settings, report: Report) -> dict[str, int]:
    """Return where each of our names stands; order does not matter, unknown columns are a warning.

    Raises UnreadableFileError when a required column is missing.
    """
    mapping = settings.columns.get(flow.name, {})
    names = {mapping.get(name, name): name for name in flow.columns}
    for column in header:
        if column not in names:
            report.say(3, "onbekende_kolom", f"Kolom '{column}' is onbekend en wordt niet gebruikt.")
    places = {names[column]: position for position, column in enumerate(header) if column in names}
    if missing := [mapping.get(name, name) for name in flow.required if name not in places]:
        raise files.UnreadableFileError(f"Verplichte kolom ontbreekt: {', '.join(missing)}.")
    return places


def _apply(job: Job, lines: Iterable[tuple[int, Values]]) -> None:
    _Import(job).run(lines)


class _Import:
    """One run over a file of employers, departments or employees."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.flow = job.flow
        self.report = job.report
        self.state = job.state
        self.settings = job.settings
        self.today = job.today
        self.delivered: set[str] = set()
        self.seen: set[str] = set()

    def run(self, lines: Iterable[tuple[int, Values]]) -> None:
        for number, values in lines:
            key = self.job.key(values)
            wrong = self._wrong(values, key)
            self.seen.add(key)
            if wrong:
                self.job.reject(wrong, number, key)
                if self.settings.rejected_lines == "kept":
                    self.delivered.add(key)
                continue
            self.delivered.add(key)
            self._apply(values, key, number)
        if self.flow.name == "organigram":
            self._check_tree()
            if self.settings.complete_departments:
                self._missing_departments()
        elif self.flow.name == "employees" and self.settings.complete_employees:
            self._missing_employees()

    def _wrong(self, values: Values, key: str) -> Wrong | None:
        """Return code and text of what rejects this line (docs/reference/xpert-suite.md, 7); None when nothing does."""
        if wrong := self.job.empty(values):
            return wrong
        if key in self.seen:
            return "dubbel", "Deze sleutel komt al eerder in het bestand voor."
        if self.job.refused(key):
            return self.job.refusal(values)
        if self.flow.name != "employers" and values["employer_code"] not in self.state.employers:
            return "werkgever_onbekend", "De werkgevercode is niet bekend."
        if wrong := self.job.misshapen(values):
            return wrong
        end = values.get("employment_end")
        if end and end < (values.get("employment_start") or ""):
            return "einde_voor_begin", "Het dienstverband eindigt voor het begint."
        return None

    def _apply(self, values: Values, key: str, line: int) -> None:
        """Create or update one thing."""
        if self.flow.name == "employers":
            known = self.state.employers.get(key)
            self.state.employers[key] = (known or {}) | values
            self._count(known, self.state.employers[key])
        elif self.flow.name == "organigram":
            department = self.state.departments.get(key)
            before = None if department is None else (dict(department.values), department.archived)
            department = self._department(key, line) or Department({})
            self.state.departments[key] = department
            department.values |= values
            self._count(before, (department.values, department.archived))
        else:
            self._employment(values, key, line)

    def _count(self, before: object, after: object) -> None:
        if before is None:
            self.report.created += 1
        elif before == after:
            self.report.unchanged += 1
        else:
            self.report.updated += 1

    def _employment(self, values: Values, key: str, line: int) -> None:
        known = self.state.employments.get(key)
        # An empty cell clears, except for contact data.
        sent = {name: value for name, value in values.items() if value is not None or name not in CONTACT}
        new = Employment((known.values if known else {}) | sent)
        self.state.employments[key] = new
        self._count(known, new)
        employer, code = new.department
        if not code:
            return
        place = f"{employer}/{code}"
        department = self._department(place, line)
        if department is None:
            # Departments also come into being through the employee file (docs/reference/xpert-suite.md, 2.2).
            name = new.values.get("department_name") or code
            department = Department({"employer_code": employer, "department_code": code, "name": name})
            self.state.departments[place] = department
            self.report.say(
                2, "afdeling_aangemaakt", "Afdeling aangemaakt door de medewerkeraanlevering", line=line, key=place
            )
        department.had_people = True

    def _department(self, key: str, line: int) -> Department | None:
        """Return a department, reactivated when it was archived."""
        department = self.state.departments.get(key)
        if department and department.archived:
            department.archived = False
            self.report.say(2, "afdeling_geheractiveerd", "Afdeling geheractiveerd", line=line, key=key)
        return department

    def _check_tree(self) -> None:
        """Report parents that hold nothing: itself, unknown, or a circle (docs/reference/xpert-suite.md, 2.2)."""
        for key in sorted(self.delivered):
            department = self.state.departments.get(key)
            if department is None:
                continue
            employer = key.split("/", 1)[0]
            parent = department.values.get("parent_department_code")
            if parent is None:
                continue
            above = f"{employer}/{parent}"
            if above == key:
                self.report.say(3, "zichzelf_als_parent", "Afdeling heeft zichzelf als parent", key=key)
            elif above not in self.state.departments:
                self.report.say(3, "parent_onbekend", "De bovenliggende afdeling is niet bekend", key=key)
            elif self._circular(key):
                self.report.say(3, "kring", "De afdeling hangt via een kring onder zichzelf", key=key)

    def _circular(self, key: str) -> bool:
        employer, at, passed = key.split("/", 1)[0], key, set[str]()
        while at in self.state.departments and at not in passed:
            passed.add(at)
            at = f"{employer}/{self.state.departments[at].values.get('parent_department_code')}"
        return at == key and len(passed) > 1

    def _missing_departments(self) -> None:
        """Archive, delete or keep what a complete file left out (docs/reference/xpert-suite.md, 2.2)."""
        used = {"/".join(e.department) for e in self.state.employments.values() if not e.over(self.today)}
        for key in sorted(self.state.departments.keys() - self.delivered):
            department = self.state.departments[key]
            if department.archived:
                continue
            if key in used:
                self.report.say(3, "afdeling_in_gebruik", "Afdeling ontbreekt, maar heeft nog medewerkers", key=key)
            elif department.had_people:
                department.archived = True
                self.report.archived += 1
                self.report.say(2, "afdeling_gearchiveerd", "Afdeling gearchiveerd", key=key)
            else:
                del self.state.departments[key]
                self.report.deleted += 1
                self.report.say(2, "afdeling_verwijderd", "Afdeling verwijderd", key=key)

    def _missing_employees(self) -> None:
        """End, log or delete the open employments that a complete file left out.

        Facts: docs/reference/xpert-suite.md, 2.3.
        """
        for key in sorted(self.state.employments.keys() - self.delivered):
            employment = self.state.employments[key]
            if employment.over(self.today):
                continue
            if self.settings.missing_employee == "log_only":
                self.report.say(3, "ontbreekt", "Dienstverband ontbreekt in de volledige aanlevering", key=key)
            elif self.settings.missing_employee == "delete":
                del self.state.employments[key]
                self.report.deleted += 1
                self.report.say(2, "verwijderd", "Dienstverband verwijderd: ontbreekt in de aanlevering", key=key)
            else:
                employment.ended = True
                self.report.ended += 1
                self.report.say(2, "beeindigd", "Dienstverband beëindigd: ontbreekt in de aanlevering", key=key)
