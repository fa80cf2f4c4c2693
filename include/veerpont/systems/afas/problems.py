"""What is wrong with a field of AFAS, and what to do about it."""

from veerpont.model.messages import Phrase
from veerpont.systems.problems import Advice

_ADVICE = {
    "missing_value": Phrase("afas.row_missing_value", "{field} is empty; fill it in in AFAS."),
    "wrong_type": Phrase(
        "afas.row_wrong_type",
        "{field} has a value of another kind than the GetConnector was supplied with; check its definition.",
    ),
    "impossible_date": Phrase(
        "afas.row_impossible_date", "{field} is not a date between 1900 and 2100; correct it in AFAS."
    ),
    "impossible_percentage": Phrase(
        "afas.row_impossible_percentage", "{field} is not a percentage from 0 to 100; correct it in AFAS."
    ),
    "control_characters": Phrase(
        "afas.row_control_characters",
        "{field} holds invisible control characters, such as a line break; type it again in AFAS.",
    ),
    "too_long": Phrase("afas.row_too_long", "{field} is longer than 255 characters; shorten it in AFAS."),
    "unknown_name_usage": Phrase(
        "afas.row_unknown_name_usage",
        "{field} is not one of the four ways of name usage that AFAS documents; correct it in AFAS.",
    ),
    "unknown_gender": Phrase(
        "afas.row_unknown_gender", "{field} is not one of Man, Vrouw, Onbekend and Non-binair; correct it in AFAS."
    ),
    "invalid_bsn": Phrase(
        "afas.row_invalid_bsn", "{field} is not a valid citizen-service number (elfproef); correct it in AFAS."
    ),
    "invalid_iban": Phrase(
        "afas.row_invalid_iban",
        "{field} is not a valid IBAN: its length or check digits are wrong; correct it in AFAS.",
    ),
    "invalid_bic": Phrase(
        "afas.row_invalid_bic", "{field} is not a valid BIC: 8 or 11 letters and digits; correct it in AFAS."
    ),
    "no_employment": Phrase(
        "afas.row_no_employment", "{field} is empty: this person has no employment (yet). That is no failure."
    ),
    "no_manager": Phrase("afas.row_no_manager", "{field} is empty: this unit has no manager. That is no failure."),
}

_advice = Advice(_ADVICE)
read_row, problem = _advice.read_row, _advice.problem
