"""The notebook of the documentation runs, shows what it says that it shows, and nothing of a person.

`KEEP=1` writes what its cells show into it.
"""

import ast
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
from crossings import Make

from veerpont.store import deliveries
from veerpont.store.tables import Delivery

PATH = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "frames.ipynb"
NIGHT = ("employers", "employees", "organigram", "accounts", "absence")


class Notebook:
    """A notebook that was run: what each cell shows, in order, and the names that they left."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.names: dict[str, Any] = {}
        self.cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        self.shown = [self._run("".join(cell["source"])) for cell in self.cells]

    def _run(self, source: str) -> str:
        body = ast.parse(source).body
        last = body.pop().value if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), str(PATH), "exec"), self.names)
        return repr(eval(compile(ast.Expression(last), str(PATH), "eval"), self.names)) if last else ""


def kept(cell: dict[str, Any]) -> str:
    return "".join(line for output in cell["outputs"] for line in output["data"]["text/plain"])


def keep(content: dict[str, Any], ran: Notebook) -> None:
    for number, (cell, text) in enumerate(zip(ran.cells, ran.shown, strict=True), start=1):
        cell["execution_count"] = number
        data = {"text/plain": text.splitlines(keepends=True)}
        shown = {"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"}
        cell["outputs"] = [shown] if text else []
    PATH.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def test_it_runs_and_shows_what_is_kept_in_it(make: Make) -> None:
    crossing = make("veerhuis", bad_rows=("unknown_employer", "impossible_date"))
    crossing.first_night(*NIGHT)
    content = json.loads(PATH.read_text(encoding="utf-8"))
    with pd.option_context("display.width", 120, "display.max_columns", 20):
        ran = Notebook(content)
    if os.environ.get("KEEP"):
        keep(content, ran)
    assert [kept(cell) for cell in ran.cells] == ran.shown
    assert "True" in ran.shown, "the books balance"
    # nobody: no cell of a line is in it, but the codes of employers
    lines: pd.DataFrame = ran.names["lines"]
    personal = {text for name in lines if name != "employer_code" for text in lines[name].dropna() if len(text) > 3}
    assert len(personal) > 100
    assert not [text for text in personal for shown in ran.shown if text in shown]
    with crossing.ledger.session() as session:
        row = session.get_one(Delivery, int(ran.names["newest"]["id"]))
        assert [each.by for each in deliveries.decisions(session, row)] == ["Joke de Vries"]
