"""One request as the pages see it: who asks, in which language, when; and how it is answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session
from starlette.routing import get_route_path  # type: ignore[attr-defined]

from veerpont.config.integration import Integration, integration_files, names_in, read_integrations
from veerpont.config.settings import settings
from veerpont.desk import seen
from veerpont.desk.web import forgery, forms
from veerpont.desk.web.acts import ActForm
from veerpont.desk.web.airflow_side import Person, PersonDep, Started, login_path, secret
from veerpont.messages import catalog
from veerpont.model.failures import SettingsError
from veerpont.model.messages import Words
from veerpont.model.texts import LANGUAGES, Language
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "veerpont_language"
HIGHEST = 2**31 - 1
"""The highest number that a row of the ledger can have."""
Id = Annotated[int, InPath(ge=0, le=HIGHEST)]
Number = Annotated[int, Query(ge=1, le=1_000_000)]
_NUMBER = re.compile(r"number:[^\s/,;)\"']+")
SAID_FOR = 60
"""Seconds for which a page may be loaded again with what was just done on it."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@lru_cache(maxsize=4)
def _ledger(url: str) -> Ledger:
    ledger = Ledger(url)
    ledger.require_current()  # raises, and is asked again with the next request, while it cannot be reached
    return ledger


class Look:
    """How a page is shown to whoever asked, logged in or not."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.moment = now()
        self.language: Language = _language(request)

    @property
    def base(self) -> str:
        """The way from this page to the desk's first one: every link is relative, whatever Airflow is mounted at."""
        return "../" * (get_route_path(self.request.scope).count("/") - 1) or "./"

    def text(self, key: str, /, **values: object) -> str:
        return catalog.say(key, self.language, **values)

    def word(self, key: str) -> str:
        return catalog.word(key, self.language)

    def worded(self, words: Words | None) -> str:
        return catalog.worded(words, self.language)

    def words(self, keys: Iterable[str]) -> str:
        return ", ".join(map(self.word, keys))

    def grid(self, flow: str) -> str:
        """Return where Airflow shows the runs of a flow."""
        return f"{login_path(self.request)}dags/{flow}"

    def reason(self, code: str) -> catalog.ReasonWords:
        return catalog.reason(code, self.language)

    def key(self, text: str) -> str:
        """Return a record key, or a text with some, without the personnel numbers that stand for a missing GUID."""
        return _NUMBER.sub("number:…", text)

    def day(self, day: date) -> str:
        return forms.day(day, self.language)

    def percentage(self, value: Decimal) -> str:
        return forms.percentage(value, self.language)

    def count(self, value: int) -> str:
        return catalog.number(value, self.language)

    def when(self, moment: datetime) -> str:
        return forms.when(moment, self.moment, self.language)

    def weekday(self, of: date) -> str:
        return forms.weekday(of, self.language)

    def length(self, length: timedelta) -> str:
        return forms.age(length, self.language)

    def age(self, moment: datetime) -> str:
        return forms.age(self.moment - moment, self.language)

    def ago(self, moment: datetime) -> str:
        recent = (self.moment - moment).total_seconds() < 60
        return self.text("today.now") if recent else self.text("today.ago", age=self.age(moment))

    def size(self, content: int) -> str:
        return forms.size(content, self.language)

    def link(self, path: str = "", **query: object) -> str:
        """Return a relative link to a page of the desk; empty values are left out."""
        given = [(name, value) for name, value in query.items() if value not in {None, ""}]
        return f"{self.base}{path}{'?' if given else ''}{urlencode(given, doseq=True)}"

    @property
    def other_language(self) -> str:
        """A link to this page in the other language."""
        query = [
            (name, value) for name, value in self.request.query_params.multi_items() if name not in {"lang", "said"}
        ]
        other = next(item for item in LANGUAGES if item != self.language)
        return "?" + urlencode([*query, ("lang", other)])

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        defaults: dict[str, Any] = {
            "view": self,
            "person": None,
            "csrf": "",
            "said": [],
            "here": "",
            "login": login_path(self.request),
        }
        content = templates.get_template(template).render(defaults | values)
        response = HTMLResponse(content, status, HEADERS | {"Content-Language": self.language})
        if self.request.query_params.get("lang") in LANGUAGES:
            path = self.request.scope.get("root_path") or "/"
            response.set_cookie(LANGUAGE_COOKIE, self.language, max_age=31_536_000, path=path, samesite="lax")
        return response


class _Files:
    """The integration files, read once for a request."""

    def __init__(self, folder: Path) -> None:
        self.found: dict[str, Integration] = {}
        self.broken: dict[str, SettingsError] = {}
        self.missing: SettingsError | None = None
        self._paths: dict[str, list[Path]] = {}
        try:
            self.found, self.broken = read_integrations(folder)
        except SettingsError as error:
            self.missing = error
        for path in integration_files(folder) if self.broken else ():
            self._paths.setdefault(path.stem[:100], []).append(path)

    @property
    def broken_paths(self) -> list[Path]:
        """Those that cannot be used."""
        return [path for name in self.broken for path in self._paths.get(name, ())]

    def names(self, broken: str) -> set[str]:
        """Return of which integrations a file that cannot be used may be."""
        return {broken}.union(*(names_in(path) for path in self._paths.get(broken, ())))


class View(Look):
    """A request of somebody who is logged in and may look."""

    def __init__(self, request: Request, person: Person) -> None:
        super().__init__(request)
        self.person = person

    @property
    def whole_ledger(self) -> Ledger:
        """The ledger, for what begins transactions of its own. Raises as `ledger`."""
        return _ledger(settings().ledger)

    @contextmanager
    def ledger(self) -> Iterator[Session]:
        """One transaction on the ledger, in which there is nothing of what they may not see.

        Raises VeerpontError or SQLAlchemyError when there is none to be had.
        """
        hidden = self._hidden
        with self.whole_ledger.session() as session:
            seen.narrow(session, hidden)
            yield session

    def sees(self, integration: str) -> bool:
        """Tell whether they may see an integration, where there is one."""
        return integration not in self._hidden

    def integrations(self) -> tuple[dict[str, Integration], dict[str, SettingsError]]:
        """Return the integrations whose files can be used, and why the others cannot, of those that they may see.

        Raises SettingsError when there is no folder of them.
        """
        files = self._files
        if files.missing:
            raise files.missing
        found = {name: each for name, each in files.found.items() if self.sees(name)}
        return found, {name: each for name, each in files.broken.items() if all(map(self.sees, files.names(name)))}

    def integration(self, name: str) -> tuple[Integration | None, Words]:
        """Return what the file of an integration says, or why it cannot be used; neither where they see none."""
        found, broken = self.integrations()
        return found.get(name), broken[name].message if name in broken else ""

    @cached_property
    def _files(self) -> _Files:
        return _Files(settings().integrations)

    @cached_property
    def _hidden(self) -> frozenset[str]:
        files = self._files
        with self.whole_ledger.session() as session:
            return seen.hidden(session, files.found, files.broken_paths, self.person.name, self.person.roles)

    def require(self, flow: str) -> None:
        """Refuse (403) who may not act on a flow."""
        if not self.person.may_act(flow):
            raise HTTPException(HTTPStatus.FORBIDDEN)

    def require_own_form(self, form: ActForm) -> None:
        """Refuse (403) an act that the desk's own page did not ask for."""
        forgery.require(self.request, self.person, form.token)

    def page(self, template: str, here: str, **values: Any) -> Response:
        """Return a page with its forms' tokens, and what was just done."""
        mark = forgery.mark(self.request)
        response = self.render(
            template, person=self.person, csrf=forgery.token(mark, self.person), said=self._said(), here=here, **values
        )
        forgery.keep(response, self.request, mark)
        return response

    def done(self, link: str, key: str, *started: Started, **values: object) -> Response:
        """Return to a page (a link of `link`) and say there what was done."""
        content = [[key, values], *([f"start.{item.how}", {"flow": item.flow}] for item in started)]
        said = _signer().dumps(content)
        return RedirectResponse(f"{link}{'&' if '?' in link else '?'}{urlencode({'said': said})}", 303, HEADERS)

    def _said(self) -> list[str]:
        try:
            content = _signer().loads(self.request.query_params.get("said", ""), max_age=SAID_FOR)
        except BadData:
            return []
        sentences = []
        for key, values in content:
            shown = values | ({"flow": self.word(values["flow"])} if "flow" in values else {})
            sentences.append(self.text(key, **shown))
        return sentences


def view(request: Request, person: PersonDep) -> View:
    """Return the request of somebody who is logged in."""
    return View(request, person)


ViewDep = Annotated[View, Depends(view)]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret(), salt="veerpont desk said")


def _language(request: Request) -> Language:
    asked = [request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)]
    accepted = request.headers.get("accept-language", "").split(",")
    weighed = sorted(accepted, key=lambda item: -_weight(item))
    asked += [item.split(";")[0].strip().split("-")[0].lower() for item in weighed]
    return next((known for item in asked for known in LANGUAGES if item == known), "en")


def _weight(item: str) -> float:
    try:
        return float(item.partition(";q=")[2] or 1)
    except ValueError:
        return 0.0
