"""What is wrong with a field of Loket, and what to do about it."""

from veerpont.model.messages import Phrase
from veerpont.systems.problems import Advice

_advice = Advice({
    "missing_value": Phrase("loket.row_missing_value", "{field} is empty; fill it in in Loket."),
    "wrong_type": Phrase(
        "loket.row_wrong_type", "{field} has a value of another kind than Loket documents: tell an engineer."
    ),
    "impossible_date": Phrase(
        "loket.row_impossible_date", "{field} is not a date between 1900 and 2100; correct it in Loket."
    ),
    "impossible_percentage": Phrase(
        "loket.row_impossible_percentage", "{field} is not a percentage from 1 to 100; correct it in Loket."
    ),
    "control_characters": Phrase(
        "loket.row_control_characters",
        "{field} holds invisible control characters, such as a line break; type it again in Loket.",
    ),
    "too_long": Phrase("loket.row_too_long", "{field} is longer than 255 characters; shorten it in Loket."),
    "unknown_name_usage": Phrase(
        "loket.row_unknown_name_usage",
        "{field} is a key that source.name_usages does not have: add it to the integration file.",
    ),
    "unknown_gender": Phrase(
        "loket.row_unknown_gender", "{field} is not one of Man, Vrouw, Onbekend and Non-binair; correct it in Loket."
    ),
    "invalid_bsn": Phrase(
        "loket.row_invalid_bsn", "{field} is not a valid citizen-service number (elfproef); correct it in Loket."
    ),
    "invalid_iban": Phrase(
        "loket.row_invalid_iban",
        "{field} is not a valid IBAN: its length or check digits are wrong; correct it in Loket.",
    ),
    "invalid_bic": Phrase(
        "loket.row_invalid_bic", "{field} is not a valid BIC: 8 or 11 letters and digits; correct it in Loket."
    ),
    "unknown_employee": Phrase(
        "loket.row_unknown_employee",
        "No employee of this employer, or more than one, has the e-mail address of this Loket user, so "
        "there is nobody to make an account for. Correct the address of one of the two in Loket (source.managers_by).",
    ),
})
read_row, problem = _advice.read_row, _advice.problem
hours_problem = Advice({
    "missing_value": Phrase(
        "loket.hours_missing_value", "The column {field} is empty in a row: fill it in in the time registration."
    ),
    "not_a_number": Phrase(
        "loket.hours_not_a_number",
        "The column {field} holds something that is not a number, with hours.decimal_mark: correct it in "
        "the time registration.",
    ),
    "impossible_date": Phrase(
        "loket.hours_impossible_date",
        "The column {field} is not a date (2026-11-30 or 30-11-2026): correct it in the time registration.",
    ),
    "unknown_payroll_number": Phrase(
        "loket.hours_unknown_payroll_number",
        "No employment of an active employer has this payroll number (personeelsnummer "
        "verloning, not the employee number): correct it in the time registration.",
    ),
    "duplicate_payroll_number": Phrase(
        "loket.hours_duplicate_payroll_number",
        "More than one employment has this payroll number: add a column with the client number "
        "of the administration to the file (hours.columns.administration).",
    ),
    "unknown_period": Phrase(
        "loket.hours_unknown_period",
        "The payroll administration of this employment has no such period: correct it in the time registration.",
    ),
    "test_year": Phrase(
        "loket.hours_test_year",
        "Loket calls the year of this period a test year, in which nobody is paid: correct the date or period.",
    ),
    "unknown_component": Phrase(
        "loket.hours_unknown_component",
        "The payroll administration has no such component in this year: correct hours.components at "
        "the desk (Codes) or in the integration file, or have the component added in Loket.",
    ),
    "blocked_component": Phrase(
        "loket.hours_blocked_component",
        "Loket does not let this component be changed by a collective mutation: correct "
        "hours.components at the desk (Codes) or in the integration file, or have it changed in Loket.",
    ),
    "unknown_unit": Phrase(
        "loket.hours_unknown_unit",
        "This department has no unit in hours.departments, or Loket's payroll does not know that unit: "
        "fill it in at the desk (Codes of this customer), or have the integration file corrected.",
    ),
}).problem
