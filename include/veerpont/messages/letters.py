"""What an alert says, in Dutch and English: what broke, since when, what to do; and that it is well again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from veerpont.messages.layout import MailPage, Row, Section
from veerpont.messages.words import Language, reason, word
from veerpont.rules.dates import AMSTERDAM
from veerpont.store.tables import Alert, Delivery

_TEXTS: dict[Language, dict[str, str]] = {
    "nl": {
        "failed": "{flow} van {name} lukt niet",
        "silent": "{flow}: er komt geen run meer",
        "clock": "De klok van een machine ging terug",
        "held": "{flow} van {name} wacht op u",
        "file": "Het integratiebestand {name} is niet te gebruiken",
        "task": "Taak {flow} {name} is mislukt",
        "expiry": "Het AFAS-token van {name} verloopt",
        "unconfirmed": "{flow} van {name}: verstuurd, nooit bevestigd",
        "report": "De logverslagen van {name} zijn niet te lezen",
        "well_failed": "{flow} van {name} gaat weer goed",
        "well_silent": "{flow} loopt weer",
        "well_clock": "De klok loopt weer gelijk",
        "well_held": "{flow} van {name} wacht niet meer",
        "well_file": "Het integratiebestand {name} is weer te gebruiken",
        "well_task": "Taak {flow} {name} gaat weer goed",
        "well_expiry": "Het AFAS-token van {name} is vervangen",
        "well_unconfirmed": "{flow} van {name}: weer bevestigd door het portaal",
        "well_report": "De logverslagen van {name} zijn weer te lezen",
        "broken": "Dit vraagt uw aandacht",
        "well": "Dit is weer goed",
        "lead": "U krijgt hierover één mail. Als het weer goed gaat, hoort u dat ook één keer.",
        "lead_held": "U krijgt hierover één mail. De rest staat aan de balie en in de mail van 07:00.",
        "lead_well": "U hoeft niets te doen.",
        "since": "Sinds {since}.",
        "was": "Van {since} tot {until}.",
        "link": "Naar de balie",
        "gone": "{title}: {count} verwijderingen wachten op een besluit.",
        "waits": "{flow} van {name} wacht al lang op een besluit",
        "well_waits": "{flow} van {name} wacht niet meer",
        "whole": "{title}: een levering van {count} regels wacht op een besluit.",
        "comes_and_goes": "Dit komt en gaat: het is vandaag al vaker gemeld. Tot morgen volgt hierover geen mail meer.",
        "clock_back": "Tijden in het register lopen tot {until} voor op de klok. Runs gaan door, in de goede volgorde. "
        "Vergelijk de klokken van de machines van scheduler en workers, en laat één tijdserver ze gelijk houden.",
        "no_runs": "Er is niets mislukt. Kijk in Airflow of de DAG gepauzeerd is, of wat hem ophoudt.",
        "overdue": "Levering {id} is verstuurd, maar het portaal heeft er geen logverslag van gegeven. Kijk bij de "
        "logverslagen in het portaal of het bestand verwerkt is, en breng het verslag naar de balie (Leveringen).",
        "token": "De klassieke tokens van AFAS vervallen op {end}, over {days} dagen. Laat bij AFAS een OAuth-client "
        "maken en zet client_id en client_secret in de verbinding {connection}.",
    },
    "en": {
        "failed": "{flow} of {name} does not succeed",
        "silent": "{flow}: no run comes any more",
        "clock": "A machine's clock went back",
        "held": "{flow} of {name} waits for you",
        "file": "The integration file {name} cannot be used",
        "task": "Task {flow} {name} failed",
        "expiry": "The AFAS token of {name} is about to expire",
        "unconfirmed": "{flow} of {name}: sent, never confirmed",
        "report": "The portal's reports for {name} cannot be read",
        "well_failed": "{flow} of {name} is well again",
        "well_silent": "{flow} runs again",
        "well_clock": "The clock is right again",
        "well_held": "{flow} of {name} waits no more",
        "well_file": "The integration file {name} can be used again",
        "well_task": "Task {flow} {name} is well again",
        "well_expiry": "The AFAS token of {name} was replaced",
        "well_unconfirmed": "{flow} of {name}: confirmed by the portal again",
        "well_report": "The portal's reports for {name} can be read again",
        "broken": "This needs your attention",
        "well": "This is well again",
        "lead": "You get one mail about this, and one more when it is well again.",
        "lead_held": "You get one mail about this. The rest is at the desk and in the mail of 07:00.",
        "lead_well": "There is nothing for you to do.",
        "since": "Since {since}.",
        "was": "From {since} to {until}.",
        "link": "To the desk",
        "waits": "{flow} of {name} has waited long for a decision",
        "well_waits": "{flow} of {name} waits no more",
        "gone": "{title}: {count} removals wait for a decision.",
        "whole": "{title}: a delivery of {count} lines waits for a decision.",
        "comes_and_goes": "This comes and goes: it was told before today. No more mail about it until tomorrow.",
        "clock_back": "Times in the ledger are ahead of the clock until {until}. Runs go on, in the right order. "
        "Compare the clocks of the scheduler's and the workers' machines, and have them kept by one time server.",
        "no_runs": "Nothing failed. Look in Airflow whether the DAG is paused, or what holds it up.",
        "overdue": "Delivery {id} was sent, but the portal gave no report of it. Look at the log reports in the portal "
        "whether the file was processed, and bring the report to the desk (Deliveries).",
        "token": "The classic tokens of AFAS end on {end}, in {days} days. Have an OAuth client made in AFAS, and put "
        "its client_id and client_secret into the connection {connection}.",
    },
}


def comes_and_goes(language: Language) -> str:
    """Return what is added to the last mail of a day about something that comes and goes."""
    return _TEXTS[language]["comes_and_goes"]


def token_ends(language: Language, end: datetime, days: int, connection: str) -> str:
    """Return what to do about a token that ends."""
    return _TEXTS[language]["token"].format(end=f"{end:%d-%m-%Y}", days=days, connection=connection)


def silent(language: Language) -> str:
    """Return what to look at when a flow has no runs any more."""
    return _TEXTS[language]["no_runs"]


def clock_back(language: Language, until: datetime) -> str:
    """Return what to do about a clock that went back, so that the ledger is ahead of it until this moment (aware)."""
    return _TEXTS[language]["clock_back"].format(until=when(until))


def unconfirmed(language: Language, row: Delivery) -> str:
    """Return what to do about a delivery of which no report came."""
    return _TEXTS[language]["overdue"].format(id=row.id)


def held(language: Language, row: Delivery) -> str:
    """Return what waits for a person in a held delivery."""
    title = ", ".join(reason(code, language).title for code in row.reasons.split())
    key = "gone" if row.gone else "whole"
    return _TEXTS[language][key].format(title=title, count=row.gone or row.records)


def page(found: Sequence[Alert], names: Mapping[str, str], language: Language, desk_url: str) -> MailPage:
    """Return the mail about these alerts: what broke, and what is well again.

    Args:
        names: integration → the customer's name.
    """
    say = _TEXTS[language]
    broken = [alert for alert in found if alert.well_at is None]
    well = [alert for alert in found if alert.well_at is not None]
    sections = []
    if broken:
        rows = [_row(alert, names, language, desk_url) for alert in broken]
        sections.append(Section(say["broken"], rows, tone="bad"))
    if well:
        rows = [_row(alert, names, language, desk_url) for alert in well]
        sections.append(Section(say["well"], rows, tone="good"))
    lead = "lead_well"
    if broken:
        lead = "lead_held" if all(_kind(alert) == "held" for alert in broken) else "lead"
    return MailPage(
        title=_title(broken, well, names, language),
        lead=say[lead],
        language=language,
        sections=sections,
        link=desk_url,
        link_text=say["link"],
    )


def _title(broken: list[Alert], well: list[Alert], names: Mapping[str, str], language: Language) -> str:
    found = broken + well
    more = f" (+{len(found) - 1})" if len(found) > 1 else ""
    return _sentence(found[0], names, language) + more


def _row(alert: Alert, names: Mapping[str, str], language: Language, desk_url: str) -> Row:
    say = _TEXTS[language]
    well = alert.well_at is not None
    if alert.well_at is not None:
        notes = [say["was"].format(since=when(alert.since), until=when(alert.well_at))]
    else:
        notes = [alert.message, say["since"].format(since=when(alert.since))]
    waits = _kind(alert) == "held" and not well and desk_url
    link = f"{desk_url.rstrip('/')}/deliveries?integration={alert.integration}&flow={alert.flow}" if waits else ""
    return Row(_sentence(alert, names, language), notes=notes, link=link, tone="good" if well else "bad")


def _sentence(alert: Alert, names: Mapping[str, str], language: Language) -> str:
    key = _kind(alert) if alert.well_at is None else f"well_{_kind(alert)}"
    flow, name = word(alert.flow, language), names.get(alert.integration, alert.integration)
    return " ".join(_TEXTS[language][key].format(flow=flow, name=name).split())


def _kind(alert: Alert) -> str:
    return alert.subject.split()[0]


def when(moment: datetime) -> str:
    """Return a moment as people read it: `22-11 14:05`, Dutch time."""
    return f"{moment.astimezone(AMSTERDAM):%d-%m %H:%M}"
