"""Files of numbers: the column that is named, else every value; what cannot be read is refused as a whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.number_file import FILE_BYTES_MAX, NUMBERS_MAX, FileRefused, read_number_file

FIRST, SECOND = "+442079460030", "+442079460031"


@pytest.mark.parametrize(
    "text",
    [
        f"{FIRST}\n{SECOND}\n",
        f"\ufeff{FIRST}\r\n\r\n {SECOND} ",
        f"{FIRST},{SECOND}",
        f"{FIRST}\t{SECOND}",
        f"{FIRST};{SECOND};\n",
        f"Number\n{FIRST}\n{SECOND}\n",
        f'Desk;Phone number\r\n"One; left";{FIRST}\r\nTwo;{SECOND}\r\nThree;\r\nFour\r\n',
        f"e164,name\n{FIRST},One\n{SECOND},Two\n",
        f'"{FIRST}"\n"{SECOND}"',
    ],
)
def test_numbers_are_read_from_a_column_or_a_list(text: str) -> None:
    assert read_number_file(text.encode()) == (FIRST, SECOND)


def test_of_a_table_that_names_no_column_of_numbers_nothing_is_left_out_unseen() -> None:
    assert read_number_file(f"One,{FIRST}\nTwo,{SECOND}\n".encode()) == ("One", FIRST, "Two", SECOND)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "names no number"),
        (b"\n ,,\n", "names no number"),
        (b"Number\n", "names no number"),
        (FIRST.encode("utf-16"), "not text in UTF-8"),
        (b"PK\x03\x04\x00\x00", "not text in UTF-8"),
        (f'"{FIRST}'.encode(), "cannot be read as CSV"),
        (b"1\n" * (NUMBERS_MAX + 1), "has 10,001 numbers, and at most 10,000"),
        (b"1" * (FILE_BYTES_MAX + 1), "has 262,145 bytes, and at most 262,144"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, says: str) -> None:
    found = read_number_file(content)
    assert isinstance(found, FileRefused) and says in found.says


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    found = read_number_file(content)
    assert isinstance(found, FileRefused) or all(value == value.strip() != "" for value in found)


@given(st.lists(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), min_size=1))
def test_a_list_comes_out_as_it_was_written(numbers: list[str]) -> None:
    for separator in ("\n", "\r\n", ",", ";", "\t"):
        assert read_number_file(separator.join(numbers).encode()) == tuple(numbers)
