"""The words for people: what a reason means, who acts and how it closes, in Dutch and English.

Nothing here speaks of one record: these texts stand in mails and on pages. *Uitval* is the Dutch word for rejects.
"""

from dataclasses import dataclass
from typing import Literal

from veerpont.messages import reasons_en, reasons_nl
from veerpont.systems.registry import portal, portals

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")

_REASONS = {"nl": reasons_nl.REASONS, "en": reasons_en.REASONS}
_WHO = {"nl": reasons_nl.WHO, "en": reasons_en.WHO}
_CLOSES = {"nl": reasons_nl.CLOSES, "en": reasons_en.CLOSES}
_UNKNOWN = {"nl": reasons_nl.UNKNOWN, "en": reasons_en.UNKNOWN}

WAYS: dict[str, tuple[str, str]] = {
    # reason → who acts, how it closes (keys of WHO and CLOSES)
    "missing_value": ("source", "source"),
    "wrong_type": ("value", "source"),
    "impossible_date": ("source", "source"),
    "impossible_percentage": ("source", "source"),
    "control_characters": ("source", "source"),
    "too_long": ("source", "source"),
    "unknown_gender": ("source", "source"),
    "unknown_name_usage": ("usage", "source"),
    "unknown_value": ("source", "source"),
    "date_out_of_range": ("source", "source"),
    "end_before_start": ("source", "source"),
    "invalid_bsn": ("source", "source"),
    "invalid_iban": ("source", "source"),
    "invalid_bic": ("source", "source"),
    "several_accounts": ("connector", "source"),
    "duplicate_key": ("source", "source"),
    "department_cycle": ("source", "source"),
    "unknown_employer": ("connector", "employer"),
    "unknown_employee": ("rejects", "employee"),
    "portal_key_changed": ("confirm", "confirm"),
    "portal_key_taken": ("confirm", "confirm"),
    "employer_changed": ("confirm", "confirm"),
    "link_undecided": ("link", "link"),
    "link_department": ("link", "link"),
    "unknown_type": ("settings", "settings"),
    "no_cause": ("settings", "settings"),
    "began_before_contract": ("confirm", "confirm"),
    "case_of_two_people": ("source", "source"),
    "line_before_begin": ("source", "source"),
    "first_line_missing": ("history", "source"),
    "recovered_before_begin": ("source", "source"),
    "expected_birth_missing": ("source", "source"),
    "actual_birth_missing": ("source", "source"),
    "too_many_decimals": ("source", "source"),
    "open_period_not_last": ("source", "source"),
    "overlapping_periods": ("source", "source"),
    "too_large": ("engineer", "source"),
    "not_a_number": ("hours", "source"),
    "unknown_payroll_number": ("hours", "source"),
    "duplicate_payroll_number": ("hours", "source"),
    "unknown_period": ("hours", "source"),
    "test_year": ("hours", "source"),
    "out_of_range": ("hours", "source"),
    "unknown_component": ("settings", "settings"),
    "blocked_component": ("settings", "settings"),
    "unknown_unit": ("settings", "settings"),
    "period_closed": ("hours", "source"),
    "not_taken": ("hours", "refused"),
    "refused": ("portal", "refused"),
    "portal_rejected": ("portal", "refused"),
    "file_rejected": ("rejected_file", "file"),
    "report_unmatched": ("report", "file"),
    "invalid_value": ("portal", "refused"),
    "unknown_department": ("portal", "refused"),
    "unknown_person": ("portal", "refused"),
    "first_delivery": ("release", "first"),
    "many_gone": ("release", "release"),
    "case_gone": ("release", "release"),
    "settings_gone": ("held_settings", "held_settings"),
    "many_new": ("held_source", "release"),
    "column_changed": ("held_source", "release"),
    "zero_rows": ("held_source", "release"),
    "column_blank": ("held_source", "column"),
    "column_replaced": ("held_source", "column"),
    "history_incomplete": ("history", "history"),
    "kvk_missing": ("kvk", "kvk"),
    "kvk_malformed": ("kvk", "kvk"),
    "kvk_unequal": ("kvk", "kvk"),
    "connector_lacks_employer": ("connector", "filter"),
    "schema_changed": ("receiver", "release"),
    "bases_halved": ("held_source", "release"),
    "bases_gone": ("held_source", "release"),
    "forgotten": ("release", "forgotten"),
    "fewer_rows": ("held_hours", "release"),
    "fewer_people": ("held_hours", "release"),
}
HOLDS = (
    *("first_delivery", "many_gone", "zero_rows", "column_blank", "column_replaced", "history_incomplete"),
    *("case_gone", "settings_gone", "many_new", "column_changed"),
    *("schema_changed", "bases_halved", "bases_gone", "forgotten", "fewer_rows", "fewer_people"),
)
"""The reasons for which a delivery is held; the others are those of rejects."""


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """What people read of a reason: a title of a few words, what it means, who acts, how it closes."""

    title: str
    meaning: str
    who: str
    closes: str


def reason(code: str, language: Language) -> ReasonWords:
    """Return the words for a reason of a reject or of a held delivery.

    `column_blank:<name>` and others of a column name it, `forgotten:<number>` its tombstone. A code
    without words, such as one of a portal's own, says so.
    """
    known, _, column = code.partition(":")
    found = _REASONS[language].get(known)
    who, closes = WAYS.get(known, ("unknown", "unknown"))
    if found is None:
        found, who, closes = _UNKNOWN[language], "unknown", "unknown"
    title, meaning = (text.format(code=code, column=column or "?") for text in found)
    return ReasonWords(title, meaning, _WHO[language][who], _CLOSES[language][closes])


def word(key: str, language: Language) -> str:
    """Return the word for a flow, state, fate, stage, kind, portal or event; the key itself where there is none."""
    found = _WORDS.get(str(key)) or (portal(key).title if key in portals() else None)
    return found[LANGUAGES.index(language)] if found else str(key)


_WORDS: dict[str, tuple[str, str]] = {
    # how a column changed
    "empty to filled": ("van leeg naar gevuld", "empty to filled"),
    "filled to empty": ("van gevuld naar leeg", "filled to empty"),
    "filled to filled": ("van de ene waarde naar een andere", "filled to filled"),
    # why a case is believed to be gone
    "gone_old": ("stond langer dan 14 dagen in de bron", "was at the source for more than 14 days"),
    "gone_together": ("verdween samen met een oudere melding", "vanished together with an older case"),
    "gone_person": ("de medewerker verdween ook", "the employee is not shown any more either"),
    "gone_several": ("meer dan twee in een week bij deze werkgever", "more than two in a week at this employer"),
    "gone_unknown": ("de bron toont de melding niet", "the source does not show the case"),
    "gone_settings": ("alleen door gewijzigde instellingen", "only because settings were changed"),
    # flows
    "employers": ("Werkgevers", "Employers"),
    "organigram": ("Organigram", "Organisation chart"),
    "employees": ("Medewerkers", "Employees"),
    "accounts": ("Accounts van leidinggevenden", "Managers' accounts"),
    "absence": ("Verzuim", "Absence"),
    "iban": ("Bankrekeningen (IBAN)", "Bank accounts (IBAN)"),
    "hours": ("Uren", "Hours"),
    "payroll": ("Salarisgegevens", "Payroll data"),
    "portal_reports": ("Logverslagen", "Portal reports"),
    "desk_work": ("Werk van de balie", "Desk work"),
    "absence_history": ("Verzuimhistorie", "Absence history"),
    # states of runs; `held` and `delivered` are also fates and states of deliveries
    "running": ("bezig", "running"),
    "success": ("gelukt", "succeeded"),
    "held": ("aangehouden", "held"),
    "skipped": ("overgeslagen", "skipped"),
    "failed": ("mislukt", "failed"),
    # fates of a row, and what is counted apart
    "read": ("gelezen", "read"),
    "delivered": ("afgeleverd", "delivered"),
    "unchanged": ("ongewijzigd", "unchanged"),
    "filtered": ("gefilterd", "filtered"),
    "rejected": ("uitgevallen", "rejected"),
    "repeated": ("herhaald", "repeated"),
    "gone": ("verwijderd", "removed"),
    # states of deliveries
    "prepared": ("klaargezet", "prepared"),
    "confirmed": ("bevestigd", "confirmed"),
    "discarded": ("verworpen", "discarded"),
    "superseded": ("achterhaald", "superseded"),
    "refused": ("geweigerd", "refused"),
    "released": ("vrijgegeven", "released"),
    # states of rejects
    "open": ("open", "open"),
    "closed": ("gesloten", "closed"),
    "ignored": ("genegeerd", "ignored"),
    # states of employers
    "pending": ("wacht op besluit", "pending"),
    "active": ("actief", "active"),
    "inactive": ("niet actief", "inactive"),
    "frozen": ("bevroren", "frozen"),
    # stages
    "import": ("inlezen", "import"),
    "transform": ("omzetten", "transform"),
    "export": ("afleveren", "export"),
    # kinds of failures
    "settings": ("instelling", "setting"),
    "passing": ("tijdelijk", "passing"),
    "data": ("gegevens", "data"),
    "defect": ("fout van Veerpont", "a defect of Veerpont"),
    # what happened to a reject
    "opened": ("ontstaan", "opened"),
    "opened again": ("opnieuw ontstaan", "opened again"),
    "changed": ("andere reden", "another reason"),
    "opened by hand": ("weer geopend", "opened by hand"),
    "retry asked": ("nieuwe poging gevraagd", "another try asked for"),
    "noted": ("notitie gemaakt", "noted"),
    # what people did with a delivery
    "exported": ("opgehaald", "fetched"),
    "resent": ("opnieuw gestuurd", "sent again"),
    "reported": ("logverslag gebracht", "report brought"),
    # nouns
    "rejects": ("uitval", "rejects"),
    "deliveries": ("leveringen", "deliveries"),
    "today": ("vandaag", "today"),
    "managers": ("beheerders", "managers"),
    "engineers": ("ontwikkelaars", "engineers"),
}
