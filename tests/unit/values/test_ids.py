"""Derived ids are the UUIDv5 of the compact JSON array of all inputs; new ids are UUIDv7 in the order of time."""

import json
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID, uuid5

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.values.ids import IdKind, derived_id, time_ordered_id

TEXTS = st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=6)
KINDS = st.sampled_from(list(IdKind))
INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis takes naive bounds and adds the zone
    max_value=datetime(2099, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
RANDOM = st.binary(min_size=10, max_size=10)


@given(kind=KINDS, inputs=TEXTS)
@example(kind=IdKind.CHARGE, inputs=['"', "\\", "\x00\x1f\x7f\u2028", "ü€😀", ""])
def test_a_derived_id_is_the_standard_s_uuid5_of_the_json_array(kind: IdKind, inputs: list[str]) -> None:
    name = json.dumps(inputs, ensure_ascii=False, separators=(",", ":"))
    assert derived_id(kind, *inputs) == uuid5(UUID(kind.value), name)


@given(kind=KINDS, first=TEXTS, second=TEXTS)
def test_different_inputs_give_different_ids(kind: IdKind, first: list[str], second: list[str]) -> None:
    assert (derived_id(kind, *first) == derived_id(kind, *second)) == (first == second)


def test_inputs_are_kept_apart_and_so_are_kinds() -> None:
    assert derived_id(IdKind.USAGE, "a", "bc") != derived_id(IdKind.USAGE, "ab", "c")
    assert derived_id(IdKind.USAGE, "a,b") != derived_id(IdKind.USAGE, "a", "b")
    assert len({derived_id(kind, "a") for kind in IdKind}) == len(IdKind)


@pytest.mark.parametrize(
    ("kind", "pinned"),
    [
        ("USAGE", "29f06b45-eac6-5545-ba22-ce802094a4d4"),
        ("RATED_USAGE", "73176268-a07f-53dc-b140-dcfd25c89be2"),
        ("CHARGE", "ea76ac55-cb36-5f7d-b8eb-8691b941653d"),
        ("REPORT", "6cd55ee9-722a-589d-956d-8091f1fbc030"),
        ("FACT", "870e8b5a-78c6-5cc8-ab36-778a060152e1"),
        ("DIRECTORY", "8f973733-3c97-5a33-b929-026705880582"),
        ("CALL_EVENT", "7b14b607-786b-59cf-8580-986875639ca4"),
    ],
)
def test_a_derived_id_never_changes_once_given(kind: str, pinned: str) -> None:
    assert str(derived_id(IdKind[kind], "account", "call")) == pinned


@given(at=INSTANTS, random=RANDOM)
def test_a_new_id_holds_its_millisecond_and_its_randomness(at: datetime, random: bytes) -> None:
    new = time_ordered_id(at, lambda size: random[:size])
    assert new.version == 7
    assert new.variant == RFC_4122
    assert new.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    bits = int.from_bytes(random, "big")
    assert new.int >> 64 & 0x0FFF == bits >> 64 & 0x0FFF
    assert new.int & (1 << 62) - 1 == bits & (1 << 62) - 1


@given(first=INSTANTS, second=INSTANTS, random=RANDOM)
def test_new_ids_sort_by_millisecond(first: datetime, second: datetime, random: bytes) -> None:
    earlier, later = sorted((first, second))
    low = time_ordered_id(earlier, lambda size: b"\xff" * size)
    high = time_ordered_id(later + timedelta(milliseconds=1), lambda size: random[:size])
    assert low < high
    assert str(low) < str(high)


@pytest.mark.parametrize("millisecond", range(0, 1000, 7))
def test_no_millisecond_is_lost_to_floating_point(millisecond: int) -> None:
    at = datetime(2026, 6, 2, 8, 0, 0, millisecond * 1000, tzinfo=UTC)
    assert (time_ordered_id(at, bytes).int >> 80) % 1000 == millisecond
