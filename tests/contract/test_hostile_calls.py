"""Call records as nobody should send them: each is refused, or read as documented, quickly and without a crash."""

import json
from time import process_time
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.events.call import CallDetailRecord
from tests.contract.examples import READERS, example

CALL = "ringledger.call-recorded.v1"
CPU_S_MAX = 0.05
DEEP = 10_000


def read(raw: bytes) -> CallDetailRecord:
    """The record, read as a consumer reads it; fails when that costs more than 50 ms of CPU."""
    started = process_time()
    try:
        call: CallDetailRecord = READERS[CALL].validate_json(raw)
        return call
    finally:
        spent = process_time() - started
        assert spent < CPU_S_MAX, f"{spent:.3f} s"


def with_token(field: str, token: str) -> bytes:
    """The example with the field's value replaced by a JSON token, written as it stands."""
    data = example(CALL)["data"] | {field: "\0here"}
    return json.dumps(data).replace('"\\u0000here"', token).encode("utf-8", "surrogatepass")


NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b"  \n",
    "text": b"call 17 ended",
    "cut off": json.dumps(example(CALL)["data"]).encode()[:-1],
    "two documents": b"{}{}",
    "not UTF-8": b'{"account_id":"\xff\xfe"}',
    "UTF-16": json.dumps(example(CALL)["data"]).encode("utf-16"),
    "binary": bytes(range(256)),
    "a list": b"[]",
    "a string": b'"{}"',
    "null": b"null",
    "an empty object": b"{}",
    "objects 10,000 deep": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "lists 10,000 deep": b"[" * DEEP + b"]" * DEEP,
    "open lists 10,000 deep": b"[" * DEEP,
}

WRONG: dict[str, tuple[str, str]] = {
    "true for a number": ("revision", "true"),
    "a number as text": ("revision", '"1"'),
    "a float": ("revision", "1.0"),
    "underscores": ("billable_duration_ms", '"1_000"'),
    "spaces around": ("billable_duration_ms", '" 12 "'),
    "full-width digits": ("billable_duration_ms", '"１２"'),
    "NaN": ("billable_duration_ms", "NaN"),
    "Infinity": ("billable_duration_ms", "Infinity"),
    "-Infinity": ("billable_duration_ms", "-Infinity"),
    "a negative duration": ("billable_duration_ms", "-1"),
    "31 days and a millisecond": ("billable_duration_ms", str(31 * 24 * 3600 * 1000 + 1)),
    "an exponent": ("billable_duration_ms", "1e3"),
    "a huge exponent": ("billable_duration_ms", "1E+1000000"),
    "2**63": ("billable_duration_ms", str(2**63)),
    "4,000 digits": ("billable_duration_ms", "9" * 4000),
    "100,000 digits": ("billable_duration_ms", "9" * 100_000),
    "revision 0": ("revision", "0"),
    "revision 2**31": ("revision", str(2**31)),
    "1 for true": ("voided", "1"),
    "text for true": ("voided", '"yes"'),
    "year 1": ("started_at", '"0001-01-01T00:00:00Z"'),
    "year 1000": ("started_at", '"1000-06-02T08:00:00Z"'),
    "year 1999": ("started_at", '"1999-12-31T23:59:59.999999Z"'),
    "year 2100": ("started_at", '"2100-01-01T00:00:00Z"'),
    "year 9999": ("started_at", '"9999-12-31T23:59:59Z"'),
    "year 10000": ("started_at", '"10000-01-01T00:00:00Z"'),
    "no zone": ("started_at", '"2026-06-02T08:00:00"'),
    "a zone of 24 hours": ("started_at", '"2026-06-02T08:00:00+24:00"'),
    "a space for T": ("started_at", '"2026-06-02 08:00:00Z"'),
    "a date": ("started_at", '"2026-06-02"'),
    "30 February": ("started_at", '"2026-02-30T08:00:00Z"'),
    "hour 24": ("started_at", '"2026-06-02T24:00:00Z"'),
    "a leap second": ("started_at", '"2026-06-30T23:59:60Z"'),
    "an epoch number": ("started_at", "1543540774"),
    "an epoch as text": ("started_at", '"1543540774"'),
    "an epoch in ms as text": ("started_at", '"1543540774000"'),
    "Arabic-Indic digits in an instant": ("started_at", '"٢٠٢٦-06-02T08:00:00Z"'),
    "a newline after an instant": ("started_at", '"2026-06-02T08:00:00Z\\n"'),
    "no instant": ("ended_at", "null"),
    "Arabic-Indic digits in a number": ("other_party", '"+٤٩٣٠٢٣١٢٥٠٤٧"'),
    "full-width digits in a number": ("other_party", '"+４９３０２３１２５０４７"'),
    "a newline after a number": ("other_party", '"+493023125047\\n"'),
    "no plus": ("other_party", '"493023125047"'),
    "national": ("other_party", '"03023125047"'),
    "6 digits": ("other_party", '"+493023"'),
    "16 digits": ("other_party", '"+4930231250471234"'),
    "a number with spaces": ("other_party", '"+49 30 23125047"'),
    "anonymous": ("other_party", '"anonymous"'),
    "a megabyte of digits": ("other_party", '"+' + "4" * 1_000_000 + '"'),
    "an empty account": ("account_id", '""'),
    "a dot in an account": ("account_id", '"harbour.care"'),
    "an underscore in an account": ("account_id", '"harbour_care"'),
    "an account of 64 characters": ("account_id", '"' + "a" * 64 + '"'),
    "NUL": ("call_id", '"a\\u0000b"'),
    "a raw NUL": ("call_id", '"a\0b"'),
    "a lone surrogate, escaped": ("call_id", '"\\ud800"'),
    "a lone surrogate, raw": ("call_id", '"\ud800"'),
    "an id with a space": ("call_id", '"a b"'),
    "a number for an id": ("call_id", "17"),
    "an unknown direction": ("direction", '"sideways"'),
    "a capital": ("direction", '"Outbound"'),
    "a list for an object": ("linked_call", "[]"),
    "an object without its fields": ("linked_call", "{}"),
    "NaN in text": ("own_number", '"NaN"'),
}

HARMLESS: dict[str, bytes] = {
    "an unknown field": with_token("skill", '"gold"'),
    "an unknown object": with_token("skill", '{"level":[1,2,{"x":null}]}'),
    "an unknown megabyte": with_token("skill", '"' + "x" * 1_000_000 + '"'),
    "an unknown name with NUL": with_token("skill\0", "1"),
    "spaces between": json.dumps(example(CALL)["data"], indent=4).encode(),
}


@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_record_is_refused(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        read(raw)


@pytest.mark.parametrize(("field", "token"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_refused(field: str, token: str) -> None:
    with pytest.raises(ValidationError):
        read(with_token(field, token))


@pytest.mark.parametrize("field", ["account_id", "call_id", "leg_id", "direction", "other_party", "started_at"])
def test_a_missing_field_is_refused_by_name(field: str) -> None:
    data = example(CALL)["data"]
    del data[field]
    with pytest.raises(ValidationError) as refused:
        read(json.dumps(data).encode())
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=HARMLESS)
def test_what_readers_do_not_know_is_ignored(raw: bytes) -> None:
    assert read(raw) == read(json.dumps(example(CALL)["data"]).encode())


def test_of_a_field_given_twice_the_last_counts() -> None:
    raw = json.dumps(example(CALL)["data"]).encode()
    assert read(raw[:-1] + b',"revision":2,"revision":3}').revision == 3


def test_an_unknown_field_10_000_deep_is_refused_because_no_reader_can_pass_it() -> None:
    with pytest.raises(ValidationError, match="recursion limit"):
        read(with_token("skill", "[" * DEEP + "]" * DEEP))


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-06-02T08:00:00Z", 0),
        ("2026-06-02T08:00:00.5Z", 500_000),
        ("2026-06-02T10:00:00.123456+02:00", 123_456),
        ("2026-06-02T08:00:00.999999999Z", 999_999),
    ],
)
def test_instants_in_every_form_of_rfc_3339_are_read_and_cut_to_microseconds(text: str, microsecond: int) -> None:
    started: Any = read(with_token("started_at", json.dumps(text))).started_at
    assert started.utcoffset() is not None
    assert started.timestamp() // 1 == 1_780_387_200
    assert started.microsecond == microsecond
