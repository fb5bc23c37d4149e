"""Records that can never be a call, each with what must be said of it."""

from dataclasses import dataclass

import orjson

from contracts.events.call import CALL_RECORDED
from tests.support.builders import a_call
from tests.support.rating_records import call_message

ARABIC_INDIC = "+٤٩٣٠١٢٣٤٥٦٧"
ODD_NAME = "x-\udcff\udc80"
"""A header's name of the bytes `x-`, FF, 80, which are no UTF-8."""

LARGEST = 1_048_450
"""Bytes of a value that still fits into a broker's largest message (1,048,588 with its envelope)."""


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A record that can never be a call, and what must be said of it."""

    what: str
    value: bytes | None
    code: str
    says: str
    headers: tuple[tuple[str, bytes | None], ...] = ()


def changed(what: str, says: str, **fields: object) -> Bad:
    """A good call but for these fields, None left out."""
    event = orjson.loads(call_message(a_call(call_id=what), what))
    event["data"] |= fields
    return Bad(what=what, value=orjson.dumps(event), code="invalid", says=says)


def raw(what: str, value: bytes | None, code: str, says: str) -> Bad:
    return Bad(what=what, value=value, code=code, says=says)


GOOD = call_message(a_call(call_id="good-like"), "good-like")
DATA = orjson.dumps(orjson.loads(GOOD)["data"])
BINARY = {
    "ce_specversion": b"1.0",
    "ce_id": b"binary",
    "ce_source": b"pbx",
    "ce_type": CALL_RECORDED.name.encode(),
    "ce_time": b"2026-03-02T10:01:00Z",
}


def binary(what: str, code: str, says: str, **headers: bytes | None) -> Bad:
    """A call in binary mode with headers changed, None left out."""
    given = {**BINARY, **{f"ce_{name}": value for name, value in headers.items()}}
    kept = tuple((name, value) for name, value in given.items() if value is not None)
    return Bad(what=what, value=DATA, code=code, says=says, headers=kept)


BAD = [
    raw("no value", None, "empty", "the record has no value"),
    raw("nothing", b"", "not_json", "zero-length"),
    raw("not JSON", b"BYE sip:me@example", "not_json", "line 1 column 1"),
    raw("cut off", GOOD[:-20], "not_json", "line 1"),
    raw("not UTF-8", GOOD.replace(b"good-like", b"\xff\xfe"), "not_json", "not valid UTF-8"),
    raw("a list", b"[" + GOOD + b"]", "not_an_object", "expected a JSON object, found list"),
    raw("NaN", GOOD.replace(b'"billable_duration_ms":null', b'"billable_duration_ms":NaN'), "not_json", "NaN"),
    raw("Infinity", GOOD.replace(b'"revision":1', b'"revision":Infinity'), "not_json", "Infinity"),
    raw("deep", GOOD[:-1] + b',"x":' + b"[" * 900 + b"]" * 900 + b"}", "invalid", "recursion limit"),
    raw("largest", GOOD[:-1] + b',"x":"' + b"x" * (LARGEST - len(GOOD) - 7) + b'"}', "too_large", "at most 262144"),
    raw("no envelope", DATA, "not_a_cloudevent", "ce_specversion"),
    raw("type", GOOD.replace(b"call-recorded", b"fax-recorded"), "unknown_type", "ringledger.fax-recorded.v1"),
    binary("no id header", "bad_header", "header ce_id: Field required", id=None),
    binary("no type header", "bad_header", "header ce_type: Field required", type=None),
    binary("id header not UTF-8", "bad_header", "header ce_id is not UTF-8", id=b"\xff\xfe"),
    changed("number-as-text", "data.billable_duration_ms: Input should be a valid int", billable_duration_ms="60"),
    changed("true-as-number", "data.revision: Input should be a valid integer", revision=True),
    changed("half-a-millisecond", "data.billable_duration_ms", billable_duration_ms=0.5),
    changed("number-as-id", "data.leg_id: Input should be a valid string", leg_id=17),
    changed("no-direction", "data.direction: Input should be 'inbound', 'outbound' or 'internal'", direction=None),
    changed("negative", "data.billable_duration_ms: Input should be greater than", billable_duration_ms=-1),
    changed("absurd", "data.billable_duration_ms: Input should be less than or equal", billable_duration_ms=2**62),
    changed("beyond-64-bits", "data.billable_duration_ms", billable_duration_ms=2**63),
    changed("ended-first", "ended_at is before started_at", ended_at="2026-03-02T09:59:59Z"),
    changed("answered-last", "ended_at is before answered_at", answered_at="2026-03-02T10:05:00Z"),
    changed("answered-first", "answered_at is before started_at", answered_at="2026-03-01T00:00:00Z"),
    changed("a-year-long", "ended_at is more than 31 days after started_at", ended_at="2027-03-02T10:00:00Z"),
    changed("year-1000", "data.started_at: an instant lies in", started_at="1000-01-01T00:00:00Z"),
    changed("year-9999", "data.ended_at: an instant lies in", ended_at="9999-12-31T23:59:59Z"),
    changed("no-zone", "data.ended_at", ended_at="2026-03-02T10:01:00"),
    changed("epoch", "data.started_at: Input should be a valid string", started_at=1_772_445_600),
    changed("unicode-digits", "data.other_party: String should match pattern", other_party=ARABIC_INDIC),
    changed("full-width-digits", "data.other_party", other_party="+４９３０１２３４５６"),
    changed("not-e164", "data.other_party", other_party="0049 30 123456"),
    changed("too-long", "data.other_party", other_party="+1234567890123456"),
    changed("line-break", "data.other_party", other_party="+4930123456\n"),
    changed("nul", "data.campaign_id", campaign_id="a\x00b"),
    changed("account-with-a-dot", "data.account_id", account_id="ac.me"),
]  # fmt: skip
