"""What tests find in the vault was put there: digits of a fingerprint are no personnel number."""

from unpacking import without_digests


def test_a_number_inside_a_fingerprint_is_not_found_and_one_beside_it_is() -> None:
    fingerprint = b"2e10056a1026d4b621291f75"
    assert without_digests(b'["' + fingerprint + b'", "1005"]') == b'["", "1005"]'
    assert b"00000000000C" in without_digests(b"00000000000C00000000000C")
