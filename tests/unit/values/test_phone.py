"""E.164 in ASCII digits and nothing else; parties; numbers masked for logs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.phone import E164_PATTERN, PARTY_PATTERN, is_e164, masked

NUMBERS = st.from_regex(r"\+[0-9]{7,15}", fullmatch=True)

NOT_E164 = [
    "",
    "+",
    "4930123456",
    "+123456",
    "+1234567890123456",
    "+49 30 123456",
    "+4930123456\n",
    " +4930123456",
    "+٤٩٣٠١٢٣٤٥٦",
    "+４９３０１２３４５６",
    "+49301234５6",
    "++4930123456",
    "+4930123456\0",
    "withheld",
]


@given(number=NUMBERS)
def test_seven_to_fifteen_digits_after_a_plus(number: str) -> None:
    assert is_e164(number)
    assert re.search(E164_PATTERN, number)
    assert re.search(PARTY_PATTERN, number)


@pytest.mark.parametrize("text", NOT_E164)
def test_anything_else_is_no_number(text: str) -> None:
    assert not is_e164(text)


@given(text=st.text(alphabet="+0123456789٤４ \n", max_size=18))
def test_what_passes_is_plus_and_ascii_digits(text: str) -> None:
    digits = text[1:]
    assert is_e164(text) == (text[:1] == "+" and digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15)


@pytest.mark.parametrize("text", ["withheld", "internal", "internal:4711", "internal:sip:ada", "+4930123456"])
def test_parties(text: str) -> None:
    assert re.search(PARTY_PATTERN, text)


@pytest.mark.parametrize(
    "text", ["", "Withheld", "withheld:1", "internal:", "internal: 1", "internal:" + "1" * 65, "4711", "anonymous"]
)
def test_no_parties(text: str) -> None:
    assert not re.search(PARTY_PATTERN, text)


@given(number=NUMBERS)
def test_a_masked_number_shows_all_but_its_last_four_digits(number: str) -> None:
    hidden = masked(number)
    assert len(hidden) == len(number)
    assert hidden == f"{number[:-4]}****"


def test_what_is_no_number_is_not_masked() -> None:
    assert masked("internal:4711") == "internal:4711"
    assert masked("withheld") == "withheld"
