"""Numbers are hidden wherever they stand in a record, and nothing else is."""

import pytest

from cli.masking import shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b'{"other_party":"+4930123456"}', '{"other_party":"+493012****"}'),
        (b'{"other_party":"\\u002b4930123456"}', '{"other_party":"\\u002b493012****"}'),
        (b"call 004930123456 failed", "call 00493012**** failed"),
        (b"2026-10-05T12:10:14.123Z", "2026-10-05T12:10:14.123Z"),
        (b"6f1d2a0e-6c1b-5e0a-9a55-123456781234", "6f1d2a0e-6c1b-5e0a-9a55-123456781234"),
        (b"\xff+4930123456", "\\xff+493012****"),
        (None, None),
    ],
)
def test_numbers_are_masked(value: bytes | None, text: str | None) -> None:
    assert shown(value, reveal=False) == text


def test_who_may_see_them_sees_them() -> None:
    assert shown(b"+4930123456", reveal=True) == "+4930123456"
