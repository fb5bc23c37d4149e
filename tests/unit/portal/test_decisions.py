"""There is always a key published in time, secrets are told apart, and a path leads to one service."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.credentials import (
    api_key_text,
    as_text,
    folded_name,
    form_token,
    hash_of,
    is_form_token,
    is_secret,
    password_problem,
    read_api_key,
)
from services.portal.domain.key_plan import AHEAD, LIFE, KnownKey, key_to_use, next_validity, withdrawn
from services.portal.domain.routing import ROUTES, STREAMED, service_of
from services.portal.domain.throttle import NAME_ATTEMPTS_MAX, subject_of, too_many

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def known_key(number: int, valid_from_at: datetime, valid_until_at: datetime) -> KnownKey:
    return KnownKey(
        key_id=f"k{number}",
        version=1,
        public_key="x" * 43,
        valid_from_at=valid_from_at,
        valid_until_at=valid_until_at,
    )


def ours(key: KnownKey) -> bool:
    return key.key_id != "theirs"


@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=60))
def test_there_is_always_a_key_and_all_but_the_first_were_published_ahead(pauses_s: list[int]) -> None:
    """The job may pause for up to eleven hours; in between, any instant finds a valid key."""
    now, known = NOW, list[KnownKey]()
    for number, pause_s in enumerate(pauses_s):
        validity = next_validity(known, now=now, ours=ours)
        if validity is not None:
            assert not known or validity[0] == now + AHEAD
            known.append(known_key(number, *validity))
        for moment in (now, now + timedelta(seconds=pause_s)):
            using = key_to_use(known, now=moment, ours=ours)
            assert using is not None and using.valid_from_at <= moment < using.valid_until_at
        now += timedelta(seconds=pause_s)


def test_a_key_that_began_only_now_is_used_last() -> None:
    old, new = known_key(1, NOW - LIFE / 2, NOW + LIFE / 2), known_key(2, NOW, NOW + LIFE)
    assert key_to_use([old, new], now=NOW, ours=ours) == old
    assert key_to_use([old, new], now=NOW + timedelta(seconds=6), ours=ours) == new
    assert key_to_use([new], now=NOW, ours=ours) == new
    assert key_to_use([], now=NOW, ours=ours) is None


def test_keys_of_a_former_secret_end_and_are_replaced_at_once() -> None:
    theirs = replace(known_key(1, NOW - LIFE / 2, NOW + LIFE / 2), key_id="theirs")
    assert withdrawn([theirs], now=NOW, ours=ours) == [replace(theirs, version=2, valid_until_at=NOW)]
    assert next_validity([theirs], now=NOW, ours=ours) == (NOW, NOW + LIFE)
    assert key_to_use([theirs], now=NOW, ours=ours) is None
    assert withdrawn([known_key(2, NOW, NOW + LIFE)], now=NOW, ours=ours) == []


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_an_api_key_is_read_back_and_a_changed_secret_is_not_it(key_id: UUID, raw: bytes) -> None:
    secret = as_text(raw)
    read = read_api_key(api_key_text(key_id, secret))
    assert read is not None and (read.key_id, read.secret) == (key_id, secret)
    assert is_secret(secret, hash_of(secret))
    assert not is_secret(secret[:-1] + ("A" if secret[-1] != "A" else "B"), hash_of(secret))


@pytest.mark.parametrize(
    "text", ["", "rlk", "rlk_", "rlk_x_y", "key_00000000000000000000000000000000_s", "rlk_é_é"]
)
def test_what_is_no_api_key_is_none(text: str) -> None:
    assert read_api_key(text) is None


def test_a_form_token_belongs_to_one_session() -> None:
    assert is_form_token(form_token("one"), "one")
    assert not is_form_token(form_token("one"), "two")
    assert not is_form_token("", "one")
    assert not is_form_token("é", "one")


def test_names_are_folded_and_passwords_have_a_length() -> None:
    assert folded_name("  Ada@Harbour-Care.Example ") == "ada@harbour-care.example"
    assert password_problem("short") and password_problem("x" * 201)
    assert password_problem("correct horse battery") is None


def test_too_many_attempts_are_too_many() -> None:
    assert not too_many(of_name=NAME_ATTEMPTS_MAX, of_address=1)
    assert too_many(of_name=NAME_ATTEMPTS_MAX + 1, of_address=1)
    assert too_many(of_name=1, of_address=61)
    assert subject_of("name", "x") != subject_of("address", "x")


def test_the_longest_prefix_of_a_path_says_who_answers() -> None:
    for prefix, service in ROUTES.items():
        assert service_of(prefix) == service_of(f"{prefix}/x/y") == service
    assert service_of("audit/usage-rating/export") == "usage_rating"
    assert [service_of(path) for path in ("", "audit", "audit/portal", "audit-log", "units", "plansx")] == [
        None
    ] * 6
    assert all(service_of(path) for path in STREAMED)
