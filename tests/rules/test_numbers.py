"""Citizen-service numbers, IBANs and BICs: what passes, as what, and what does not."""

import pytest

from veerpont.rules.numbers import bic, citizen_service_number, iban


@pytest.mark.parametrize(
    ("text", "sent"), [("111222333", "111222333"), ("10000008", "010000008"), ("1112.22.333", "111222333")]
)
def test_a_citizen_service_number_has_nine_digits(text: str, sent: str) -> None:
    assert citizen_service_number(text) == sent


@pytest.mark.parametrize("text", ["", "19", "1000049", "111222334", "000000000", "0000000000", "CANARY", "١١١٢٢٢٣٣٣"])
def test_nothing_shorter_or_longer_is_one(text: str) -> None:
    """1000049 would pass the check once it had zeros before it: it is a personnel number in the wrong field."""
    with pytest.raises(ValueError, match="no citizen-service number"):
        citizen_service_number(text)


@pytest.mark.parametrize(
    ("text", "sent"), [("NL54 RABO 0338 8520 93", "NL54RABO0338852093"), ("be71 0961 2345 6769", "BE71096123456769")]
)
def test_an_iban_has_no_spaces(text: str, sent: str) -> None:
    assert iban(text) == sent


def test_check_digits_that_pass_the_sum_alone_are_none() -> None:
    """00, 01 and 99 give the same rest as 97, 98 and 02: nobody gives them out."""
    body = "RABO0338852093"
    passing = [f"{digits:02}" for digits in range(100) if _passes(f"NL{digits:02}{body}")]
    assert passing == ["54"]
    for digits, other in (("97", "00"), ("98", "01"), ("02", "99")):
        account = next(f"NL{digits}RABO{number:010}" for number in range(200) if _sum(f"NL{digits}RABO{number:010}"))
        assert iban(account)
        with pytest.raises(ValueError, match="no IBAN"):
            iban(f"NL{other}{account[4:]}")


@pytest.mark.parametrize("text", ["NL55RABO0338852093", "NL54RABO033885209", "0338852093", "NL٥٤RABO0338852093", ""])
def test_what_is_no_iban(text: str) -> None:
    with pytest.raises(ValueError, match="no IBAN"):
        iban(text)


@pytest.mark.parametrize("text", [None, "", " ", "NOTPROVIDED", "not provided", "n.v.t.", "XXXXXXXX", "-", "00000000"])
def test_a_word_for_no_bic_is_none(text: str | None) -> None:
    assert bic(text) is None


def test_a_bic() -> None:
    assert bic("rabonl2u") == "RABONL2U"
    for text in ("CANARY", "RABONL2", "RABOQQ2U"):
        with pytest.raises(ValueError, match="no BIC"):
            bic(text)


def _passes(text: str) -> bool:
    try:
        iban(text)
    except ValueError:
        return False
    return True


def _sum(account: str) -> bool:
    """Tell whether the sum of ISO 13616 is right."""
    moved = account[4:] + account[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def test_a_bank_that_no_list_knows_yet_is_a_bank() -> None:
    """The lists of a country's banks are older than its newest bank: the check digits of the whole decide."""
    assert iban("BE16 1120 0000 0174") == "BE16112000000174"
