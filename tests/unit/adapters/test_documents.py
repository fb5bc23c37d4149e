"""The records of JSON files, however they stand in them, and what is said of broken ones."""

import json
import re
from decimal import Decimal

import pytest

from cli.adapters.documents import Record, records
from cli.adapters.fields import FieldFault, identifier, instant, number, text, whole
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import FileRefused, Finding

A, B = {"id": "a"}, {"id": "b"}


def read(content: str | bytes) -> list[Record | Finding]:
    raw = content if isinstance(content, bytes) else content.encode()
    return list(records(raw.splitlines(keepends=True), list_key="items"))


def ids(content: str) -> list[object]:
    return [one.fields["id"] if isinstance(one, Record) else one.detail for one in read(content)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"items": [A, B], "total": 2}),
        json.dumps([A, B], indent=2),
        f"{json.dumps(A)}\n\n{json.dumps(B)}\n",
        json.dumps(A) + json.dumps(B),
        json.dumps(A, indent=1) + json.dumps(B, indent=1),
        '{"id": "a", "name": "\u2028"}\r\n{"id": "b"}\r\n',
        json.dumps({"items": [A]}) + "\n" + json.dumps({"items": [B]}),
    ],
)
def test_two_records_however_they_stand(content: str) -> None:
    assert ids(content) == ["a", "b"]
    assert [one.number for one in read(content) if isinstance(one, Record)] == [1, 2]


def test_a_broken_line_costs_no_other_record() -> None:
    assert ids('{"id": "a"}\n{"id": \n[7]\n{"id": "b"}') == [
        "a",
        "not JSON: Expecting value at column 8",
        "not a JSON object",
        "b",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file holds no records"),
        (b'{"items": []}', "the file holds no records"),
        (b'{"id": \n}', "not JSON: Expecting value in line 2, column 1"),
        (b'{"id": "a", "id": "b"}', "not JSON: an object names a key twice"),
        (b'{"id": NaN}', "not JSON: NaN is not a number"),
        (b'{"id": "\xff"}', "byte 9 is not UTF-8"),
        (b"[" * 200_000, "not JSON:"),
    ],
)
def test_a_file_that_is_none(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused, match=re.escape(sentence)):
        read(content)


def test_fields_are_read_strictly() -> None:
    (one,) = read('{"t": " x ", "n": 7, "d": 31.333, "e": "", "b": true, "at": "2024-02-30T10:00:00Z", "i": "07"}')
    assert isinstance(one, Record)
    fields = one.fields
    assert (text(fields, "t"), text(fields, "n"), text(fields, "e"), text(fields, "missing")) == (
        "x",
        "7",
        None,
        None,
    )
    assert (number(fields, "d"), whole(fields, "i"), whole(fields, "e")) == (Decimal("31.333"), 7, None)
    for read_field, name in ((text, "b"), (text, "d"), (whole, "d"), (number, "t"), (number, "b"), (instant, "at")):
        with pytest.raises(FieldFault, match=f"^{name} is not"):
            read_field(fields, name)


def test_an_identifier_is_visible_and_short() -> None:
    assert identifier("Zürich 1" + "x" * 200) == "Z_rich_1" + "x" * 120


def test_without_a_region_numbers_are_international() -> None:
    rules = NumberRules(region=None)
    read_number = rules.e164("442079460000")
    assert read_number is not None
    assert (read_number.number, read_number.bare_international) == ("+442079460000", False)
    assert rules.e164("+4930901820") is not None
    assert rules.e164("02079460000") is None
