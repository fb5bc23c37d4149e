"""A record is read as an event or refused with a code and a sentence that says where it is wrong."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.intake.events import Event, EventReader, RecordRefused
from tests.support.records import NOTED, Noted, a_record, binary_headers, envelope, note

MAX_BYTES = 10_000
READER = EventReader([NOTED], max_bytes=MAX_BYTES)
DATA = {"account_id": "acme", "word": "word", "number": 3}


def read(value: bytes | None, headers: list[tuple[str, bytes | None]] | None = None) -> Event[Noted]:
    return READER.read(a_record(value, headers=headers or ()))


def refused(value: bytes | None, headers: list[tuple[str, bytes | None]] | None = None) -> tuple[str, str]:
    with pytest.raises(RecordRefused) as caught:
        read(value, headers)
    return caught.value.code, caught.value.detail


def test_a_structured_event_is_read() -> None:
    event = read(envelope("e1", DATA))
    assert (event.account_id, event.source, event.event_id, event.type) == ("acme", "platform", "e1", NOTED.name)
    assert event.data == Noted(account_id="acme", word="word", number=3)
    assert orjson.loads(event.content) == DATA


def test_both_content_modes_say_the_same() -> None:
    structured = read(envelope("e1", DATA))
    binary = read(orjson.dumps(DATA), [("traceparent", b"\xff"), ("nothing", None), *binary_headers("e1")])
    assert binary._replace(record=None) == structured._replace(record=None)


def test_a_header_name_that_is_no_text_matters_in_the_envelope_only() -> None:
    odd = [("x-\udcff", b"1"), *binary_headers("e1")]
    assert read(orjson.dumps(DATA), odd).event_id == "e1"
    said = refused(orjson.dumps(DATA), [("ce_\udcff", b"1"), *binary_headers("e1")])
    assert said == ("bad_header", "header ce_\\udcff is not UTF-8")
    assert read(envelope("e1", DATA), [("ce_\udcff", b"1")]).event_id == "e1"


@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        (None, "empty", "the record has no value"),
        (b"", "not_json", "Input is a zero-length, empty document"),
        (b'{"id": ', "not_json", "line 1"),
        (b'{"id": "\xff"}', "not_json", "not valid UTF-8"),
        (b'{"id": "\\ud800"}', "not_json", "surrogate"),
        (b'{"n": NaN}', "not_json", "NaN and Infinity are not JSON"),
        (b'{"n": -Infinity}', "not_json", "NaN and Infinity are not JSON"),
        (b'{"n": 1e999}', "not_json", "infinity"),
        (b"[1, 2]", "not_an_object", "expected a JSON object, found list"),
        (b'"text"', "not_an_object", "found str"),
        (b"null", "not_an_object", "found NoneType"),
        (b"x" * (MAX_BYTES + 1), "too_large", "10001 bytes; at most 10000 are read"),
        (orjson.dumps(DATA), "not_a_cloudevent", "neither `specversion` in the value nor ce_specversion"),
        (envelope("e1", DATA, kind="test.other.v1"), "unknown_type", "'test.other.v1' does not belong here"),
        (envelope("", DATA), "invalid", "id: "),
        (envelope("e1", DATA, source="two words"), "invalid", "source: "),
        (envelope("e1", None), "invalid", "data: "),
        (envelope("e1", {**DATA, "number": True}), "invalid", "data.number: "),
        (envelope("e1", {**DATA, "number": "3"}), "invalid", "data.number: "),
        (envelope("e1", {**DATA, "number": 2**63}), "invalid", "data.number: "),
        (envelope("e1", {**DATA, "word": "a\x00b"}), "invalid", "data.word: "),
        (envelope("e1", {"account_id": "acme"}), "invalid", "data.word: Field required"),
    ],
)
def test_what_is_no_event_is_refused_saying_where(value: bytes | None, code: str, says: str) -> None:
    found, detail = refused(value)
    assert found == code
    assert says in detail


@pytest.mark.parametrize(
    ("headers", "code", "says"),
    [
        (binary_headers(id=b"\xff\xfe"), "bad_header", "header ce_id is not UTF-8"),
        (binary_headers(time=b"yesterday"), "bad_header", "header ce_time: "),
        (binary_headers()[:1], "bad_header", "header ce_id: Field required"),
        (binary_headers(kind="test.other.v1"), "unknown_type", "test.other.v1"),
        ([("ce_specversion", None)], "not_a_cloudevent", "ce_specversion"),
    ],
)
def test_binary_mode_is_refused_by_its_headers(
    headers: list[tuple[str, bytes | None]], code: str, says: str
) -> None:
    found, detail = refused(orjson.dumps(DATA), headers)
    assert found == code
    assert says in detail


def test_a_refusal_does_not_repeat_the_value_but_for_the_type() -> None:
    assert "+4930123456" not in refused(envelope("e1", {**DATA, "number": "+4930123456"}))[1]
    assert len(refused(envelope("e1", DATA, kind="t" * 5000))[1]) < 200


@pytest.mark.parametrize("depth", [50, 190, 199, 200, 254, 255, 1000, 1030, 4000])
def test_depth_is_bounded_and_never_an_error_of_ours(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    for value in (note("e1")[:-2] + b',"deep":' + nested + b"}}", note("e1")[:-1] + b',"deep":' + nested + b"}"):
        if depth < 198:
            assert read(value).event_id == "e1"
        elif depth > 200:
            assert refused(value)[0] in {"invalid", "not_json"}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    try:
        read(value, binary_headers())
    except RecordRefused as refusal:
        assert refusal.code and refusal.detail


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.from_regex(r"x[a-z]{0,3}", fullmatch=True), JSON_VALUES, max_size=4), st.data())
def test_order_and_spacing_do_not_change_the_hash(unknown: dict[str, object], draw: st.DataObject) -> None:
    data = {**DATA, **unknown}
    names = draw.draw(st.permutations(list(data)))
    event = {**orjson.loads(envelope("e2", None)), "data": {name: data[name] for name in names}, "later": 1}
    spaced = orjson.dumps(dict(reversed(event.items())), option=orjson.OPT_INDENT_2)
    assert read(spaced).content_hash == read(envelope("e1", data)).content_hash


@pytest.mark.parametrize(
    "other",
    [
        {**DATA, "number": 4},
        {**DATA, "unknown": None},
        {**DATA, "unknown": {"a": [1, 2]}},
        {"account_id": "acme", "word": "word"},
    ],
)
def test_other_content_has_another_hash_unknown_fields_included(other: dict[str, object]) -> None:
    assert read(envelope("e1", other)).content_hash != read(envelope("e1", DATA)).content_hash


def test_the_type_is_part_of_the_content() -> None:
    other = type(NOTED)(name="test.noted-too.v1", data=Noted, summary="The same fields under another name.")
    reader = EventReader([NOTED, other], max_bytes=MAX_BYTES)
    first, second = (reader.read(a_record(envelope("e1", DATA, kind=kind.name))) for kind in (NOTED, other))
    assert first.content == second.content
    assert first.content_hash != second.content_hash


def test_what_a_repeated_key_says_last_counts_for_fields_and_content_alike() -> None:
    event = read(note("e1", number=1)[:-2] + b',"number":7}}')
    assert event.data.number == 7
    assert orjson.loads(event.content)["number"] == 7
