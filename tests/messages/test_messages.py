"""What runs say has a code, and each code has Dutch: nothing that managers read is English because it was forgotten."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

from parsed import walked

import veerpont
from veerpont.messages import catalog
from veerpont.model.failures import SettingsError
from veerpont.model.messages import PLAIN, Message, Part, as_message, coded, dump, listed, load, together
from veerpont.store.tables import Run

ROOT = Path(veerpont.__file__).parent
ERRORS = {
    *("SettingsError", "PassingError", "DriftError", "NothingToDoError", "NothingToReadError"),
    *("AgainError", "SilentError", "TakenError", "VeerpontError"),
}
FOR_ENGINEERS = {
    "config/integration.py": 4,  # a file that cannot be read as it is written
    "config/mappings.py": 1,
    "config/settings.py": 3,  # the environment of the machine
    "config/yaml_file.py": 7,
    "flows/absence/coverage.py": 1,  # the command line
    "flows/hours.py": 1,  # with what `unmapped` says
    "flows/job.py": 2,
    "pipeline/deliver/ending.py": 1,  # a defect
    "pipeline/deliver/taken.py": 1,  # what was said before
    "pipeline/desk_acts.py": 1,  # what was said, without the key
    "pipeline/desk_work.py": 1,
    "pipeline/forget/customer.py": 3,  # the command line
    "pipeline/moving_in/adopt.py": 1,
    "pipeline/moving_in/reconcile.py": 7,
    "pipeline/plan.py": 1,
    "pipeline/reports/folder.py": 1,
    "pipeline/trail/trace.py": 1,
    "store/clock.py": 2,
    "store/deliveries.py": 3,  # the command line; the desk says it itself
    "store/employers.py": 2,
    "store/kinds.py": 1,
    "store/ledger.py": 5,  # the ledger and the vault are machines
    "store/links.py": 6,
    "store/mappings.py": 1,
    "store/rejects.py": 2,
    "store/storage.py": 2,
    "store/upkeep.py": 3,
    "store/vault.py": 11,
}
"""Module → how many failures say something in English only: whoever reads Dutch is told to pass it on."""


def calls(names: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of one of these functions, with the module it is in."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in walked(path):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                yield path.relative_to(ROOT).as_posix(), node


def literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@cache  # not made when the module is imported: each worker imports it, and one runs it
def said() -> list[tuple[str, str, str, set[str | None]]]:
    """Return where something is said, its code, its English, and its facts; a phrase gets its facts later."""
    return [
        (where, literal(call.args[0]), literal(call.args[1]), {each.arg for each in call.keywords})
        for where, call in calls({"coded", "Phrase"})
        if not where.startswith("model/") or literal(call.args[0])
    ]


def english_by_code() -> dict[str, str]:
    return {code: english for _, code, english, _ in said()}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_code_is_written_out() -> None:
    assert [where for where, code, english, _ in said() if not (code and english)] == []


def test_one_code_says_one_thing() -> None:
    assert len({(code, english) for _, code, english, _ in said()}) == len(english_by_code())


def test_a_code_has_its_facts_and_its_dutch() -> None:
    assert len(said()) > 400
    for where, code, english, facts in said():
        assert not facts or fields(english) <= facts, (where, code)
        dutch = catalog.dutch()[code]
        assert fields(dutch) <= fields(english) | facts, (where, code)
        message = coded(code, english, **dict.fromkeys(fields(english) | facts, "x"))  # type: ignore[arg-type]
        assert catalog.worded(message, "en") == message.text, (where, code)
        found = catalog.worded(message, "nl")
        assert found, (where, code)
        is_translated = found != message.text or not re.search("[a-z]{3}", re.sub(r"{\w+}", "", english))
        assert is_translated, (where, code)


def test_no_dutch_is_left_without_english() -> None:
    assert catalog.dutch().keys() - english_by_code().keys() == {"plain"}


def is_coded(node: ast.expr) -> bool:
    """Tell whether an expression is a message, and not a text."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in {"coded", "together", "of"}
    return isinstance(node, ast.Attribute) and node.attr == "message"


def test_a_failure_that_managers_read_has_a_code() -> None:
    rooms = ("flows/", "pipeline/", "store/", "config/")
    systems = {  # what is filled in wrongly, or a defect
        "systems/afas/hook.py": 2,
        "systems/drop_folder.py": 1,
        "systems/files/delivery.py": 2,
        "systems/files/hook.py": 1,
        "systems/files/portal.py": 2,
        "systems/files/settings.py": 3,
        "systems/json_api/delivery.py": 1,
        "systems/json_api/hook.py": 2,
        "systems/loket/hook.py": 2,
        "systems/loket/tokens.py": 1,
        "systems/registry.py": 4,
        "systems/sftp.py": 1,
        "systems/smtp.py": 1,
        "systems/workbook/table.py": 1,
        "systems/workbook/writer.py": 1,
        "systems/xpert_suite/template.py": 3,
    }
    plain = Counter(
        where
        for where, call in calls(ERRORS)
        if where.startswith((*rooms, "systems/")) and call.args and not is_coded(call.args[0])
    )
    assert plain == FOR_ENGINEERS | systems


def test_what_to_do_about_a_record_has_a_code() -> None:
    """Nowhere is a detail written as a text: of none it can be said in Dutch."""
    details = {"Problem": 3, "_problem": 2}
    written = [
        (where, call.lineno)
        for where, call in calls(set(details))
        for detail in call.args[details[getattr(call.func, "id", "")] :]
        if isinstance(detail, ast.Constant | ast.JoinedStr | ast.BinOp)
    ]
    assert written == []


# -- how it is read ----------------------------------------------------------------------------------------------------


def test_a_message_comes_back_from_the_ledger_as_it_went_in() -> None:
    why = coded("http.no_name", "its name is not known")
    said = together(coded("http.silent", "{name} is silent", name="AFAS", host="x", seconds=1, call=why), "Plain.")
    row = Run(words=said)
    assert row.message == "AFAS is silent Plain."
    assert row.words == said
    assert load(said.text, dump(said)) == said


def test_a_row_of_before_is_shown_as_it_is() -> None:
    assert catalog.worded(Run(message="An old sentence.").words, "nl") == "An old sentence."
    assert catalog.worded(None, "nl") == ""


def test_what_is_for_an_engineer_says_so_in_dutch() -> None:
    said = SettingsError("VEERPONT_VAULT_KEYS lacks a key.").message
    assert said.parts == [Part(PLAIN, {"text": "VEERPONT_VAULT_KEYS lacks a key."})]
    assert catalog.worded(said, "en") == "VEERPONT_VAULT_KEYS lacks a key."
    dutch = catalog.worded(said, "nl")
    assert "ontwikkelaar" in dutch
    assert dutch.endswith("VEERPONT_VAULT_KEYS lacks a key.")


def test_a_code_of_another_release_is_shown_in_english() -> None:
    assert catalog.worded(Message("New.", [Part("of.tomorrow", {})]), "nl") == "New."


def test_names_of_ours_are_said_in_the_readers_language() -> None:
    waits = coded("run.removals_wait", "{count} removals wait", count=1)
    said = coded("run.waits", "{what} for a person ({reasons}): see …", what=waits, reasons="many_gone, first_delivery")
    dutch = catalog.worded(said, "nl")
    assert dutch.startswith("1 verwijdering wacht op iemand (")
    assert "many_gone" not in dutch
    still = coded("portal.still_reads", "The portal still has the last file of {flow} to read.", flow="employees")
    assert "Medewerkers" in catalog.worded(still, "nl")


def test_phrases_are_listed_in_the_readers_language() -> None:
    both = listed([coded("hours.a_file", "a file in this folder"), coded("hours.this_folder", "this folder")])
    assert str(both) == "a file in this folder, this folder"
    assert catalog.worded(both, "nl") == "een bestand in deze map, deze map"


def test_braces_in_a_fact_stay_as_they_are() -> None:
    said = coded("connection.none", "The connection {name} does not exist: add it in Airflow.", name="{x}")
    assert "{x}" in str(said)
    assert "{x}" in catalog.worded(said, "nl")


def test_nothing_said_is_nothing() -> None:
    assert together("", as_message("")) == Message("", [])
