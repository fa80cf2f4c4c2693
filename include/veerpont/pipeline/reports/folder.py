"""The folder in which a portal puts its reports: what is new there is taken, for every integration that has one."""

from collections.abc import Callable

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.messages import Message, together
from veerpont.pipeline.reports.take import Intake, take
from veerpont.store import reports
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.portal import ReportFile
from veerpont.systems.registry import reporting
from veerpont.systems.registry import reports as reports_of

Note = Callable[[str], None]


def look(note: Note, only: str | None = None) -> bool:
    """Take the new reports of every integration whose deliveries wait for one; return whether any does.

    What goes wrong with one integration is noted for its managers, and the others go on. Nothing is changed in the
    folder: which reports were taken, the ledger knows.

    Raises SettingsError when there is no integration `only` with a folder.
    """
    ours = settings()
    found, broken = read_integrations(ours.integrations)
    with_folder = {name: each for name, each in found.items() if _has_folder(each)}
    if only is not None and only not in with_folder:
        names = ", ".join(with_folder) or "none"
        raise broken.get(only) or SettingsError(f"No integration {only} has a folder of reports. There are: {names}.")
    ledger = Ledger(ours.ledger)
    ledger.require_current()
    vault = Vault(ours.vault, ours.vault_keys)
    looked = False
    for name, integration in with_folder.items():
        with ledger.session() as session:
            waits = reports.waits(session, name)
        if (waits or only == name) and only in {None, name}:
            looked = True
            _try(Intake(integration, ledger, vault), note)
    return looked


def _has_folder(integration: Integration) -> bool:
    return any(how.in_folder for how in reports_of(integration).values())


def _try(intake: Intake, note: Note) -> None:
    """Look at one integration; what a person has to do is kept until it is done, and told once (alerts.watch)."""
    name, wrong = intake.integration.name, together()
    try:
        wrong = together(*_folder(intake, note))
    except PassingError as passing:
        note(f"{name}: {passing} The next look is in a quarter of an hour.")
        return
    except VeerpontError as error:
        wrong = error.message
    if str(wrong):
        note(f"{name}: {wrong}")
    with intake.ledger.session() as session:
        reports.note_wrong(session, name, wrong if str(wrong) else "")


def _folder(intake: Intake, note: Note) -> list[Message]:
    """Take what is new in the folder of one integration; return what is wrong with what could not be read."""
    name = intake.integration.name
    wrong: list[Message] = []
    with intake.ledger.session() as session:
        before = reports.taken(session, name)

    def mark(file: ReportFile, *when: int) -> str:  # a name that the portal gave may hold anything
        said = " ".join(map(str, ("report", file.name, file.size, *when)))
        return intake.vault.fingerprint(said.encode())[:24]

    def new_mark(file: ReportFile) -> str:  # a portal may write another report over one, as large and by the same name
        return mark(file, file.modified)

    def is_new(file: ReportFile) -> bool:
        return before.isdisjoint({new_mark(file), mark(file)})  # the latter as it was noted without its time

    portals = [name for name, how in reports_of(intake.integration).items() if how.in_folder]
    found = [each for name in portals for each in reporting(name).find_reports(intake.integration, is_new)]
    marks = {new_mark(each) for each in found if not is_new(each)}
    for each in found:
        if each.content is None:
            continue
        try:
            note(take(intake, each.content).sentence)
        except SettingsError as error:
            wrong.append(error.message)
            continue
        except PassingError as passing:
            note(f"{name}: {passing}")
            continue
        marks.add(new_mark(each))
        with intake.ledger.session() as session:
            reports.note_taken(session, name, before | marks)
    if marks != before:
        with intake.ledger.session() as session:
            reports.note_taken(session, name, marks)
    return list(dict.fromkeys(wrong))
