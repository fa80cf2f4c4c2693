"""The catalog: both languages say the same things, nothing is unused, nothing is missing, and no system is named."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from jinja2 import Environment, nodes
from parsed import walked

import veerpont
from veerpont.desk import employers, links
from veerpont.desk.todo import TodoKind
from veerpont.messages import catalog
from veerpont.model.flows import TITLES, Flow
from veerpont.model.texts import LANGUAGES, Text
from veerpont.store.work import WorkState
from veerpont.systems import registry

ROOT = Path(veerpont.__file__).parent
TEMPLATES = ROOT / "desk" / "web" / "templates"
TEXTS = catalog.texts()
REASONS = catalog.reasons_known()
ROOMS = ("desk", "alerts", "cli", "messages")
LOOKUPS = {"say": "", "counted": "", "text": "", "done": "", "word": "word.", "ActRefusedError": "refused."}
"""What looks a text up → what stands before the key; of `done` the key is the second argument."""


def fields(text: str) -> Counter[str]:
    """Return the names that a text fills in."""
    return Counter({name: 1 for _, name, _, _ in Formatter().parse(text) if name is not None})


def every_text() -> Iterator[tuple[str, Text]]:
    yield from TEXTS.items()
    yield from ((f"reason {code}", found.title) for code, found in REASONS.items())
    yield from ((f"reason {code}", found.means) for code, found in REASONS.items())
    yield from ((f"flow {flow}", title) for flow, title in TITLES.items())


def modules() -> list[Any]:
    return [*catalog._TEXTS, *catalog._REASONS, *map(import_module, registry.words())]


# -- what the code and the templates look up ---------------------------------------------------------------------------


def of_code(node: ast.expr) -> Iterator[str]:
    """Yield the keys that an expression of Python may be, as patterns."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[^.]+" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from of_code(node.body)
        yield from of_code(node.orelse)


def of_template(node: nodes.Node) -> Iterator[str]:
    """Yield the keys that an expression of a template may be, as patterns."""
    if isinstance(node, nodes.Const):
        yield re.escape(str(node.value))
    elif isinstance(node, nodes.CondExpr):
        yield from of_template(node.expr1)
        if node.expr2 is not None:
            yield from of_template(node.expr2)
    elif isinstance(node, nodes.Call):  # `{…}.get(what, what ~ "ed")`
        for part in (node.node.node, *node.args) if isinstance(node.node, nodes.Getattr) else ():
            yield from of_template(part)
    elif isinstance(node, nodes.Dict):
        yield from (pattern for pair in node.items for pattern in of_template(pair.value))
    elif isinstance(node, nodes.Concat):
        parts = [next(iter(of_template(part)), "[^.]+") for part in node.nodes]
        yield "".join(parts)


@cache  # not made when the module is imported: each worker imports it, and one runs it
def looked_up() -> list[tuple[str, str]]:
    """Return where a text is looked up, and a pattern of its key."""
    return sorted(set(_looked_up()))


def _looked_up() -> Iterator[tuple[str, str]]:
    """Yield where a text is looked up, and a pattern of its key."""
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        for node in walked(path):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "choose":
                for code in ast.walk(node.args[-1]):
                    if isinstance(code, ast.Constant):
                        yield path.name, re.escape(f"refused.{code.value}")
            if name == "done":  # and what came of starting a flow
                yield path.name, r"start\.[^.]+"
            if name in LOOKUPS:
                key = node.args[min(1, len(node.args) - 1)] if name == "done" else node.args[0]
                yield from ((path.name, re.escape(LOOKUPS[name]) + pattern) for pattern in of_code(key))
    for path in sorted(TEMPLATES.glob("*.html")):
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Getattr) and call.node.attr in {"text", "word"}:
                before = re.escape(LOOKUPS[call.node.attr])
                yield from ((path.name, before + pattern) for pattern in of_template(call.args[0]))


def constants() -> set[str]:
    """Return every text of the code: the values of enums, states and events among them."""
    found = set()
    for path in ROOT.rglob("*.py"):
        if path.name != "words.py" and path.parent.name != "texts":
            for node in walked(path):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    found |= {f"gone_{each}" for each in found}  # desk/lists says why a case is gone
    return found | {path.stem for path in (ROOT.parents[1] / "dags").glob("*.py")}


GIVEN = (
    *("age.new", "age.day", "age.week", "age.month"),  # the choices of a filter, by its macro
    *("word.empty to filled", "word.filled to empty", "word.filled to filled"),  # how a column changed
    *(f"todo.kind.{kind}" for kind in TodoKind),  # the choices of a filter
    *("alert.lead", "alert.lead_held", "alert.lead_well"),  # of one mail, by what is in it
)
"""Keys that are put together where the search does not look."""


# -- tests -------------------------------------------------------------------------------------------------------------


def test_both_languages_are_there_and_fill_in_the_same() -> None:
    for key, (dutch, english) in every_text():
        assert dutch.strip() == dutch != "", key
        assert english.strip() == english != "", key
        assert fields(dutch) == fields(english), key


def test_there_is_one_rule_for_plurals() -> None:
    """`{count:one|many}`: a word for one and a word for many, and nothing else after a colon."""
    for key, texts in every_text():
        for text in texts:
            for _, name, form, _ in Formatter().parse(text):
                assert not form or (name and len(form.split("|")) == 2), key
            assert "|" not in re.sub(r"\{\w+:[^}]*\}", "", text), key


def test_a_count_takes_its_word_and_its_thousands() -> None:
    assert catalog.say("mail.n_open", "en", count=1) == "1 reject"
    assert catalog.say("mail.n_open", "en", count=1234) == "1,234 rejects"
    assert catalog.say("mail.n_open", "nl", count=1234) == "1.234 records uitval"
    assert catalog.counted("mail.n_open", "nl", 0) == ""


def test_no_key_is_handed_in_twice() -> None:
    for name in ("TEXTS", "REASONS"):
        counted = Counter(key for module in modules() for key in getattr(module, name, {}))
        assert [key for key, count in counted.items() if count > 1] == []


def test_what_is_looked_up_is_there() -> None:
    """But a word: a state or an event is its own text where it has none."""
    assert len(looked_up()) > 200
    for where, pattern in looked_up():
        assert pattern.startswith("word") or any(re.fullmatch(pattern, key) for key in TEXTS), f"{where}: {pattern}"


def test_no_text_is_unused() -> None:
    ways = {f"who.{found.who}" for found in REASONS.values()} | {f"closes.{found.closes}" for found in REASONS.values()}
    ways |= {"who.unknown", "closes.unknown"}
    patterns = re.compile("|".join(f"(?:{pattern})" for _, pattern in looked_up()))
    unused = {key for key in TEXTS if not patterns.fullmatch(key)} - ways - set(GIVEN)
    unused -= {f"word.{each}" for each in constants()}
    assert unused == set()


def test_every_way_of_a_reason_has_words() -> None:
    for code, found in REASONS.items():
        assert f"who.{found.who}" in TEXTS, code
        assert f"closes.{found.closes}" in TEXTS, code
    wanted = {found.who for found in REASONS.values()} | {"unknown"}
    assert {key for key in TEXTS if key.startswith("who.")} == {f"who.{each}" for each in wanted}
    wanted = {found.closes for found in REASONS.values()} | {"unknown"}
    assert {key for key in TEXTS if key.startswith("closes.")} == {f"closes.{each}" for each in wanted}


def test_every_act_has_its_question_its_button_and_what_was_done() -> None:
    for act in (*employers.ACTS, *links.ACTS, "release", "discard", "resend"):
        assert {f"ask.{act}", f"ask.{act}_do", f"said.{act}"} <= TEXTS.keys(), act
    for act in ("retry", "ignore", "reopen", "note", "confirm"):
        assert f"said.{act}" in TEXTS, act
    for state in WorkState:
        assert f"work.{state}" in TEXTS, state


def test_every_flow_has_a_title() -> None:
    assert set(TITLES) == set(Flow)


def test_no_system_is_named_outside_its_folder() -> None:
    """What only AFAS, Loket or one portal needs to say stands with it, and it hands that over."""
    named = re.compile(r"AFAS|Loket|Xpert|Profit|GetConnector")
    for module in (*catalog._TEXTS, *catalog._REASONS):
        assert not named.search(Path(module.__file__ or "").read_text(encoding="utf-8")), module.__name__


def test_a_system_hands_over_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one is a folder and a line, its words among them; without that line they are not there."""
    assert catalog.reason("kvk_missing", "nl").title == "KvK-nummer ontbreekt"
    monkeypatch.setitem(registry.SYSTEMS, "afas", registry.SYSTEMS["afas"]._replace(words=""))
    assert catalog.reason("kvk_missing", "nl").title == "Code kvk_missing"


def test_a_text_may_fill_in_anything() -> None:
    """Also what the look-up itself calls by that name: a refusal names a `key`."""
    for key, (_, english) in TEXTS.items():
        values: dict[str, Any] = dict.fromkeys(fields(english), 2)
        for language in LANGUAGES:
            assert "{" not in catalog.say(key, language, **values)
