"""Statements: what is signed is read back whole, and nothing else is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chassis.guard import DEVELOPMENT_OPERATOR_KEY, Guard
from chassis.signing_keys import KeyRing
from chassis.statements import (
    OPERATOR_KEY_ID,
    STATEMENT_BYTES_MAX,
    SigningKey,
    Unproven,
    public_text,
    read_private,
    read_public,
    sign,
    verify,
)
from cli.service_api import DEVELOPMENT_KEY
from contracts.events.facts import SigningKeyFact
from contracts.values.access import UNITS_MAX, Caller, CallerKind, Privilege
from contracts.values.ids import IdKind, derived_id
from tests.support.callers import a_caller

NOW = datetime(2026, 7, 1, 12, 0, 0, 250_000, tzinfo=UTC)
KEY = SigningKey(key_id="k1", private=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey(key_id="k1", private=Ed25519PrivateKey.from_private_bytes(bytes(32)))

CALLERS = st.builds(
    Caller,
    account_id=st.text(min_size=1, max_size=63),
    kind=st.sampled_from(CallerKind),
    caller_id=st.text(max_size=60),
    privileges=st.frozensets(st.sampled_from(Privilege)),
    units=st.none() | st.frozensets(st.uuids().map(str), max_size=UNITS_MAX),
    request_id=st.text(max_size=60),
)


def read(text: str, *, audience: str = "reporting", at: datetime = NOW, key: SigningKey = KEY) -> Caller | Unproven:
    def find(key_id: str, now: datetime) -> object:
        return key.private.public_key() if key_id == key.key_id else None

    return verify(text, audience=audience, now=at, find_key=find)  # type: ignore[arg-type]


@given(CALLERS)
def test_what_is_signed_is_read_back_whole(caller: Caller) -> None:
    assert read(sign(caller, audience="reporting", now=NOW, key=KEY)) == caller


@given(st.data())
def test_a_statement_changed_anywhere_is_not_believed(data: st.DataObject) -> None:
    text = sign(a_caller("acme", Privilege.EDIT_BILLING), audience="reporting", now=NOW, key=KEY)
    signed_length = text.rindex(".")
    place = data.draw(st.integers(0, signed_length - 1))
    other = data.draw(st.sampled_from("ABCDabcd0123_-.").filter(lambda letter: letter != text[place]))
    assert isinstance(read(text[:place] + other + text[place + 1 :]), Unproven)


@pytest.mark.parametrize(
    ("seconds", "good"), [(-6, False), (-4, True), (0, True), (59, True), (60, False), (3600, False)]
)
def test_it_is_good_for_sixty_seconds(seconds: int, good: bool) -> None:
    text = sign(a_caller(), audience="reporting", now=NOW, key=KEY)
    assert isinstance(read(text, at=NOW + timedelta(seconds=seconds)), Caller) == good


def test_another_audience_and_another_key_prove_nothing() -> None:
    text = sign(a_caller(), audience="reporting", now=NOW, key=KEY)
    assert isinstance(read(text, audience="billing_units"), Unproven)
    assert isinstance(read(text, key=OTHER), Unproven)
    assert isinstance(read(text, key=SigningKey(key_id="k2", private=KEY.private)), Unproven)


@pytest.mark.parametrize(
    "text",
    ["", ".", "v1", "v1.k1", "v1.k1.e30", "v1.k1.e30.AAAA", "v2.k1.e30.AAAA", "é.k1.e30.AAAA", "v1.k1.%%.%%"],
)
def test_what_is_no_statement_proves_nothing(text: str) -> None:
    assert isinstance(read(text), Unproven)


def test_a_statement_has_room_for_the_longest_limit_and_no_more() -> None:
    units = [str(derived_id(IdKind.DIRECTORY, "unit", str(number))) for number in range(UNITS_MAX + 1)]
    longest = sign(a_caller("a" * 63, *Privilege, units=units[1:]), audience="reporting", now=NOW, key=KEY)
    assert len(longest) < STATEMENT_BYTES_MAX
    assert isinstance(read(longest), Caller)
    assert isinstance(read(sign(a_caller(units=units), audience="reporting", now=NOW, key=KEY)), Unproven)
    assert isinstance(read(longest + "A" * STATEMENT_BYTES_MAX), Unproven)


def a_fact(*, version: int = 1, hours: int = 24, key_id: str = "k1") -> SigningKeyFact:
    return SigningKeyFact(
        key_id=key_id,
        version=version,
        public_key=public_text(KEY.private.public_key()),
        valid_from_at=NOW,
        valid_until_at=NOW + timedelta(hours=hours),
    )


def test_a_ring_knows_only_published_keys_while_they_are_valid() -> None:
    ring = KeyRing()
    ring.take(a_fact())
    assert ring.find("k1", NOW) is None, "half of the topic is not what was published"
    ring.complete = True
    found = ring.find("k1", NOW)
    assert found is not None and public_text(found) == a_fact().public_key
    assert ring.find("k2", NOW) is None
    assert ring.find("k1", NOW - timedelta(seconds=1)) is None
    assert ring.find("k1", NOW + timedelta(hours=24)) is None


def test_a_withdrawn_key_stays_withdrawn_whatever_the_order() -> None:
    for order in ((1, 2), (2, 1)):
        ring = KeyRing(complete=True)
        for version in order:
            ring.take(a_fact(version=version, hours=24 if version == 1 else 1))
        assert ring.find("k1", NOW + timedelta(hours=2)) is None
        assert ring.find("k1", NOW) is not None


def test_nobody_can_publish_the_operator_s_key() -> None:
    ring = KeyRing(complete=True)
    ring.take(a_fact(key_id=OPERATOR_KEY_ID))
    assert ring.find(OPERATOR_KEY_ID, NOW) is None


@pytest.mark.parametrize("header", ["", "Statement", "Bearer x", "Statement x", "Basic YTpi"])
def test_a_guard_lets_in_statements_only(header: str) -> None:
    guard = Guard(audience="reporting", clock=lambda: NOW, keys=KeyRing(complete=True))
    assert isinstance(guard.read(header), Unproven)


def test_the_development_pair_is_a_pair() -> None:
    assert public_text(read_private(DEVELOPMENT_KEY).public_key()) == DEVELOPMENT_OPERATOR_KEY
    assert public_text(read_public(DEVELOPMENT_OPERATOR_KEY)) == DEVELOPMENT_OPERATOR_KEY
