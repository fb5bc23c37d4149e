"""The audit chain notices every change, also from the outside, with nothing but an export."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from chassis.audit.reading import shown
from contracts.values.access import CallerKind, Privilege
from contracts.values.audit import BEGINNING, Change, Kept, broken_at, changed_at, follows, next_entry
from docs.examples.check_audit_log import check
from tests.support.callers import a_caller

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def a_chain(length: int) -> list[Kept]:
    chain: list[Kept] = []
    for number in range(length):
        entry = next_entry(
            a_caller("acme", Privilege.ADMINISTER),
            Change(action="person.change", subject=f"é{number}", before="{}", after='{"active":false}'),
            at=NOW + timedelta(seconds=number),
            seq=number,
            previous_hash=chain[-1][1] if chain else BEGINNING,
        )
        chain.append((entry, entry.hash))
    return chain


def lines_of(chain: Sequence[Kept]) -> list[str]:
    """The chain as its export writes it."""
    return [json.dumps(shown(kept), ensure_ascii=False) for kept in chain]


@given(st.integers(1, 8), st.data())
def test_no_entry_can_be_changed_left_out_or_moved(length: int, data: st.DataObject) -> None:
    chain = a_chain(length)
    assert broken_at(chain) is None and changed_at(chain) is None
    assert check(lines_of(chain)) == f"{length} entries, whole; the last hash is {chain[-1][1].hex()}"
    place = data.draw(st.integers(0, length - 1))
    entry, kept = chain[place]
    for changed in (
        replace(entry, caller_id="somebody-else"),
        replace(entry, at=entry.at + timedelta(microseconds=1)),
        replace(entry, change=replace(entry.change, after=None)),
        replace(entry, change=replace(entry.change, before="")),
        replace(entry, request_id="another"),
    ):
        altered = [*chain[:place], (changed, kept), *chain[place + 1 :]]
        assert broken_at(altered) == changed_at(altered) == entry.seq
        assert check(lines_of(altered)) == f"entry {entry.seq} was changed"
        # Who can write the hash too breaks the next link instead, unless it is the last.
        forged = [*chain[:place], (changed, changed.hash), *chain[place + 1 :]]
        if place + 1 < length:
            assert broken_at(forged) == entry.seq + 1
            assert check(lines_of(forged)) == f"entry {entry.seq + 1} does not follow from the one before it"
    unlinked = [*chain[:place], (replace(entry, previous_hash=bytes([1]) * 32), kept), *chain[place + 1 :]]
    assert broken_at(unlinked) == entry.seq
    if place < length - 1:
        without = chain[:place] + chain[place + 1 :]
        assert check(lines_of(without)) == f"entry {entry.seq + 1} does not follow from the one before it"
        assert place == 0 or broken_at(without) == entry.seq + 1
        swapped = [*chain[:place], chain[place + 1], chain[place], *chain[place + 2 :]]
        assert broken_at(swapped) is not None and "does not follow" in check(lines_of(swapped))


def test_a_later_first_entry_is_believed_of_a_page_and_not_of_a_chain() -> None:
    (entry, kept), *_ = page = a_chain(4)[2:]
    assert broken_at(page) is None
    assert not follows(entry, kept, seq=0, previous_hash=BEGINNING)


def test_the_same_instant_in_another_zone_is_the_same_entry() -> None:
    ((entry, kept),) = a_chain(1)
    assert replace(entry, at=entry.at.astimezone(timezone(timedelta(hours=9)))).hash == kept


def test_records_name_who_asks_by_kind_and_id() -> None:
    assert a_caller(kind=CallerKind.OPERATOR).author == "operator somebody"
    assert a_caller("acme", Privilege.ADMINISTER, kind=CallerKind.API_KEY).author == "api key somebody"
