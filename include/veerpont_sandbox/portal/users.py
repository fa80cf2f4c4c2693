"""The import of the folder Gebruikers: user accounts and what they may see (docs/reference/xpert-suite.md, 2.5)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from veerpont_sandbox.portal.lines import Job, Wrong
from veerpont_sandbox.portal.state import User, Values

GENDERS = ("Man", "Vrouw", "Onbekend", "Non-binair")
MAX_LOGIN = 32
_WHO = ("Achternaam", "Tussenvoegsels", "Voorletters", "Geslacht", "Roepnaam", "Emailadres", "Telefoonnummer")


@dataclass(frozen=True)
class _Line:
    """One line: one user and one department; `department` "" is all of the employer's."""

    number: int
    key: str
    values: Values

    @property
    def person(self) -> str:
        return self.values["Personeelsnummer"] or ""

    @property
    def login(self) -> str:
        return self.values["Inlognaam"] or ""

    @property
    def group(self) -> str:
        return self.values["Gebruikersgroep"] or ""

    @property
    def scope(self) -> tuple[str, str]:
        return self.values["WerkgeverCode"] or "", self.values.get("department_code") or ""

    @property
    def who(self) -> Values:
        return {name: self.values.get(name) for name in _WHO}


def apply(job: Job, lines: Iterable[tuple[int, Values]]) -> None:
    """Give each user of the file exactly the authorisations of the file; the complete template stops the others."""
    _Users(job).run(lines)


class _Users:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.users = job.state.users
        self.seen: set[str] = set()
        self.delivered: set[str] = set()
        self.kept: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """User → what its rejected lines stand for, where a rejected line counts as delivered."""

    def run(self, lines: Iterable[tuple[int, Values]]) -> None:
        people: dict[str, list[_Line]] = defaultdict(list)
        for number, values in lines:
            line = _Line(number, self.job.key(values), values)
            if wrong := self._wrong(line):
                self._reject(wrong, line)
            else:
                people[line.person].append(line)
            self.seen.add(line.key)
        owners = self._owners(people)
        for person, each in people.items():
            if wrong := self._wrong_person(person, each, owners):
                for line in each:
                    self._reject(wrong, line)
            else:
                self._save(each)
        self.delivered |= self.kept.keys()
        if self.job.settings.user_template == "Conversie Volledige":
            self._missing()

    def _reject(self, wrong: Wrong, line: _Line) -> None:
        self.job.reject(wrong, line.number, line.key)
        if self.job.settings.rejected_lines == "kept":
            self.kept[f"{line.group}/{line.person}"].add(line.scope)

    def _wrong(self, line: _Line) -> Wrong | None:
        """Return code and text of what rejects this line alone; None when nothing does."""
        job, (employer, department) = self.job, line.scope
        if wrong := job.empty(line.values):
            return wrong
        if line.key in self.seen:
            return "dubbel", "Deze gebruiker en afdeling komen al eerder in het bestand voor."
        if job.refused(line.key):
            return job.refusal(line.values)
        if len(line.login) > MAX_LOGIN:
            return "inlognaam_te_lang", f"Veld Inlognaam is langer dan {MAX_LOGIN} tekens."
        if line.values["Geslacht"] not in GENDERS:
            return "geslacht_onbekend", f"Veld Geslacht is geen van {', '.join(GENDERS)}."
        if employer not in job.state.employers:
            return "werkgever_onbekend", "De werkgevercode is niet bekend."
        if department:
            known = job.state.departments.get(f"{employer}/{department}")
            if known is None or known.archived:
                return "afdeling_onbekend", "De afdeling is niet bekend bij deze werkgever."
        return job.misshapen(line.values)

    def _owners(self, people: dict[str, list[_Line]]) -> dict[str, set[str]]:
        """Return login → the people who have it, here or in the portal. Nothing says that capitals make two."""
        owners: dict[str, set[str]] = defaultdict(set)
        for user in self.users.values():
            owners[user.login.casefold()].add(user.number or user.key)
        for person, lines in people.items():
            for line in lines:
                owners[line.login.casefold()].add(person)
        return owners

    def _wrong_person(self, person: str, lines: list[_Line], owners: dict[str, set[str]]) -> Wrong | None:
        if len({(line.login, line.group) for line in lines}) > 1:
            return "gebruiker_wisselt", "De regels van deze gebruiker hebben verschillende inlognamen of groepen."
        if owners[lines[0].login.casefold()] != {person}:
            return "inlognaam_in_gebruik", "Deze inlognaam is van meer dan een persoon."
        return None

    def _save(self, lines: list[_Line]) -> None:
        """Create or update one user, and count its lines."""
        first, say = lines[0], self.job.report.say
        if any(line.who != first.who for line in lines):
            say(3, "gegevens_wisselen", "De regels van deze gebruiker verschillen; de eerste telt", key=first.person)
        new = User(first.group, first.person, first.login, first.who, sorted({line.scope for line in lines}))
        known = self.users.get(new.key)
        if known:
            still = self.kept[new.key].intersection(known.authorisations) if new.key in self.kept else set()
            new.authorisations = sorted({*new.authorisations, *still})
            if known.login != new.login:
                say(3, "login_gewijzigd", "login gewijzigd", line=first.number, key=first.person)
            if not known.active:
                say(2, "gebruiker_geactiveerd", "Gebruiker opnieuw geactiveerd", line=first.number, key=first.person)
        for line in lines:
            if not line.scope[1]:
                text = "Geen afdeling: de gebruiker ziet de hele werkgever"
                say(3, "hele_werkgever", text, line=line.number, key=line.key)
        same_user = known is not None and (known.login, known.values, known.active) == (new.login, new.values, True)
        same = [same_user and known is not None and line.scope in known.authorisations for line in lines]
        self.job.tally(new=known is None, same=same, equal=known == new)
        self.users[new.key] = new
        self.delivered.add(new.key)

    def _missing(self) -> None:
        """Deactivate the active users of the governed group that the file left out."""
        for key in sorted(self.users.keys() - self.delivered):
            user = self.users[key]
            if user.active and user.group == self.job.settings.user_group:
                user.active = False
                self.job.report.deactivated += 1
                # A login may be somebody's name.
                text = "Gebruiker gedeactiveerd: ontbreekt in de aanlevering"
                self.job.report.say(2, "gebruiker_gedeactiveerd", text, key=user.number)
