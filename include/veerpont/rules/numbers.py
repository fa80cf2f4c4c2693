"""Numbers with a check of their own: python-stdnum's rules, and ours where it is too kind. Pure.

Each function returns the number as it is sent, and raises ValueError, without the number, when it is none.
"""

import re

from stdnum import bic as _bic
from stdnum import iban as _iban
from stdnum.nl import bsn as _bsn

_NO_BIC = {"NOTPROVIDED", "NONE", "NULL", "NVT", "GEEN", "ONBEKEND", "UNKNOWN"}
"""What people and banks write where there is no BIC; NOTPROVIDED is what SEPA files write."""


def citizen_service_number(text: str) -> str:
    """Return a BSN as nine digits. It is written with eight or nine: nothing shorter is one."""
    digits = re.sub(r"[ .-]", "", text)
    if not re.fullmatch(r"\d{8,9}", digits, re.ASCII) or not _bsn.is_valid(digits):
        raise ValueError("no citizen-service number")
    return digits.zfill(9)


def iban(text: str) -> str:
    """Return an IBAN without spaces, in upper case. Its check digits are 02 to 98: others can pass the sum alone."""
    number = _iban.compact(text)
    # stdnum takes digits of other scripts for digits; and its lists of a country's banks do not know every new bank
    if not text.isascii() or not _iban.is_valid(number, check_country=False) or not "02" <= number[2:4] <= "98":
        raise ValueError("no IBAN")
    return number


def bic(text: str | None) -> str | None:
    """Return a BIC in upper case; None where there is none, or a word that says so: the IBAN is enough."""
    code = _bic.compact(text or "").replace("-", "").replace(".", "")
    if not code or code in _NO_BIC or set(code) <= {"X"} or set(code) <= {"0"}:
        return None
    if not code.isascii() or not _bic.is_valid(code):
        raise ValueError("no BIC")
    return code
