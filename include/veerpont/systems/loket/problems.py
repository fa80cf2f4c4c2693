"""What is wrong with a field of Loket, and what to do about it."""

from veerpont.systems.problems import Advice

_advice = Advice({
    "missing_value": "{field} is empty; fill it in in Loket.",
    "wrong_type": "{field} has a value of another kind than Loket documents: tell an engineer.",
    "impossible_date": "{field} is not a date between 1900 and 2100; correct it in Loket.",
    "impossible_percentage": "{field} is not a percentage from 1 to 100; correct it in Loket.",
    "control_characters": "{field} holds invisible control characters, such as a line break; type it again in Loket.",
    "too_long": "{field} is longer than 255 characters; shorten it in Loket.",
    "unknown_name_usage": "{field} is a key that source.name_usages does not have: add it to the integration file.",
    "unknown_gender": "{field} is not one of Man, Vrouw, Onbekend and Non-binair; correct it in Loket.",
    "invalid_bsn": "{field} is not a valid citizen-service number (elfproef); correct it in Loket.",
    "invalid_iban": "{field} is not a valid IBAN: its length or check digits are wrong; correct it in Loket.",
    "invalid_bic": "{field} is not a valid BIC: 8 or 11 letters and digits; correct it in Loket.",
    "unknown_employee": "No employee of this employer, or more than one, has the e-mail address of this Loket user, so "
    "there is nobody to make an account for. Correct the address of one of the two in Loket (source.managers_by).",
})
read_row, problem = _advice.read_row, _advice.problem
