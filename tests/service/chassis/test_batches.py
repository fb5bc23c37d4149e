"""A batch is one transaction: position, deduplication, effects, dead letters, fates and messages, or nothing."""

import asyncio
from collections import Counter
from dataclasses import replace

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import INFRASTRUCTURE_ERRORS
from chassis.intake.batch import Batch, Fate, RecordFailed
from chassis.intake.transaction import BatchTransaction, PositionLost
from chassis.outbox.headers import unpack_headers
from chassis.outbox.packing import unpack_messages
from tests.service.chassis.conftest import GROUP, OUT, Intaking, nothing_more
from tests.support.noting import SCHEMA, Notes
from tests.support.records import AT, SOURCE, note


async def test_an_older_epoch_changes_nothing(intaking: Intaking) -> None:
    await intaking.take(note("a"))
    lost = replace(intaking)
    assert await intaking.claim() == 2
    before = await intaking.state()
    with pytest.raises(PositionLost, match="notes/0 at 1, epoch 1"):
        await lost.take(note("b"))
    assert await intaking.state() == before
    await intaking.take(note("b"))
    assert await intaking.effects() == ["a", "b"]


@pytest.mark.parametrize("stands_at", [0, 2, 7])
async def test_only_who_read_from_the_position_moves_it(intaking: Intaking, stands_at: int) -> None:
    await intaking.take(note("a"))
    before = await intaking.state()
    with pytest.raises(PositionLost):
        await replace(intaking, next_offset=stands_at).take(note("b"))
    assert await intaking.state() == before


async def test_repeats_change_nothing_wherever_they_come(intaking: Intaking) -> None:
    other_order = orjson.dumps(dict(reversed(orjson.loads(note("a", number=1)).items())))
    first = await intaking.take(note("a", number=1), note("a", number=1), note("b"))
    second = await intaking.take(other_order, note("b"), note("c"))
    beside = intaking.elsewhere(1)
    await beside.claim()
    third = await beside.take(note("c"), note("a", number=1))
    assert (first.fates[Fate.ACCEPTED], first.fates[Fate.DUPLICATE]) == (2, 1)
    assert (second.fates[Fate.ACCEPTED], second.fates[Fate.DUPLICATE]) == (1, 2)
    assert (third.fates[Fate.ACCEPTED], third.fates[Fate.DUPLICATE], third.lists) == (0, 2, [])
    assert sorted(await intaking.effects()) == ["a", "b", "c"]


async def test_an_identity_is_account_source_and_id_together(intaking: Intaking) -> None:
    values = [note("a"), note("a", account="other"), note("a").replace(SOURCE.encode(), b"elsewhere")]
    done = await intaking.take(*values)
    assert done.fates[Fate.ACCEPTED] == 3


async def test_other_content_under_a_known_identity_is_held_back_with_its_record(intaking: Intaking) -> None:
    done = await intaking.take(note("a"), note("a", number=9), note("b"))
    later = await intaking.take(note("b", later=True), key=b"its key")
    assert (done.fates[Fate.ACCEPTED], done.fates[Fate.CONFLICT], later.fates[Fate.CONFLICT]) == (2, 1, 1)
    rows = await intaking.pool.fetch("SELECT * FROM event_conflict ORDER BY record_offset")
    assert [(row["record_offset"], row["event_id"], row["source"]) for row in rows] == [
        (1, "a", SOURCE),
        (3, "b", SOURCE),
    ]
    assert [row["record_value"] for row in rows] == [note("a", number=9), note("b", later=True)]
    assert rows[1]["record_key"] == b"its key"
    assert await intaking.effects() == ["a", "b"]
    numbers = await intaking.pool.fetch("SELECT DISTINCT number FROM effect")
    assert [row["number"] for row in numbers] == [0], "what was said first stands"


async def test_what_is_too_old_to_know_is_held_back_and_not_remembered(intaking: Intaking) -> None:
    done = await intaking.take(note("old"), note("new"), too_old=1)
    assert (done.fates[Fate.ACCEPTED], done.fates[Fate.CONFLICT]) == (1, 1)
    assert [row["event_id"] for row in await intaking.pool.fetch("SELECT event_id FROM seen_event")] == ["new"]
    assert await intaking.pool.fetchval("SELECT reason FROM event_conflict") == "too old"


async def test_dead_letters_leave_with_the_batch_unchanged(intaking: Intaking) -> None:
    own = [("trace", b"\xff"), ("nothing", None)]
    work = intaking.work([b"no JSON", note("a"), None], key=b"\x00key", headers=own)
    done = await intaking.apply(work)
    assert (done.fates[Fate.DEAD_LETTER], done.fates[Fate.ACCEPTED]) == (2, 1)
    row = await intaking.pool.fetchrow("SELECT * FROM outbox WHERE topic = $1", f"notes.{GROUP}.dlq")
    sent = unpack_messages(row["messages"])
    assert (sent.keys, sent.values) == ([b"\x00key"] * 2, [b"no JSON", None])
    headers = [unpack_headers(packed) for packed in sent.headers or ()]
    assert [one[:2] for one in headers] == [own, own]
    assert [dict(one)["dlq_code"] for one in headers] == [b"not_json", b"empty"]
    assert [dict(one)["dlq_offset"] for one in headers] == [b"0", b"2"]


async def test_a_named_event_fails_alone_and_is_not_seen(intaking: Intaking) -> None:
    with pytest.raises(RecordFailed) as failed:
        await intaking.take(note("a"), note("bad", word="guilty"), note("b"))
    assert failed.value.event.event_id == "bad"
    assert await intaking.effects() == []
    rest = intaking.work([note("a"), note("bad", word="guilty"), note("b")])
    rest = replace(rest, events=[event for event in rest.events if event.event_id != "bad"])
    with pytest.raises(asyncpg.CheckViolationError):
        await intaking.apply(rest)
    assert await intaking.effects() == [], "an offset without a fate is not let through"


async def test_a_rehearsal_leaves_no_trace_even_of_repeats(intaking: Intaking) -> None:
    await intaking.take(note("a"))
    before = await intaking.state()
    transaction = BatchTransaction(pool=intaking.pool, schema=SCHEMA, group=GROUP)
    for values in ([note("a")], [note("b"), note("a")], [note("c", number=3)]):
        await transaction.rehearse(intaking.work(values), Notes(out=OUT), (), AT)
        assert await intaking.state() == before
    with pytest.raises(ValueError, match="cannot bear"):
        await transaction.rehearse(intaking.work([note("x", word="raise")]), Notes(out=OUT), (), AT)
    with pytest.raises(asyncpg.DataError):
        await transaction.rehearse(intaking.work([note("x", word="data")]), Notes(out=OUT), (), AT)
    assert await intaking.state() == before


KINDS = st.sampled_from(["fresh", "repeat", "conflict", "bad", "late"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(KINDS, min_size=1, max_size=12), st.integers(0, 3), st.data())
async def test_every_offset_has_one_fate(
    intaking: Intaking, kinds: list[str], absent: int, draw: st.DataObject
) -> None:
    await intaking.claim()
    start, known = intaking.next_offset, f"known-{intaking.next_offset}"
    await intaking.take(note(known))
    fate_of = {
        "fresh": Fate.ACCEPTED,
        "repeat": Fate.DUPLICATE,
        "conflict": Fate.CONFLICT,
        "bad": Fate.DEAD_LETTER,
        "late": Fate.SUSPENSE,
    }
    values = [
        {
            "fresh": note(f"{start}-{index}"),
            "repeat": note(known),
            "conflict": note(known, number=index + 1),
            "bad": b"?",
            "late": note(f"{start}-{index}", word="wait"),
        }[kind]
        for index, kind in enumerate(kinds)
    ]

    async def handler(batch: Batch) -> None:
        for event in batch.events:
            if event.data.word == "wait":
                batch.suspend(event)

    done = await intaking.apply(intaking.work(values, absent=absent), handler)
    expected = Counter(fate_of[kind] for kind in kinds) + Counter({Fate.ABSENT: absent})
    assert +done.fates == expected
    row = await intaking.pool.fetchrow("SELECT * FROM offset_fate WHERE first_offset = $1", start + 1)
    assert {fate: row[fate.value] for fate in Fate if row[fate.value]} == dict(expected)
    assert row["last_offset"] + 1 == intaking.next_offset == start + 1 + absent + len(kinds)


async def test_a_connection_that_dies_before_commit_leaves_nothing_and_is_the_database_s_fault(
    intaking: Intaking, database: str
) -> None:
    admin = await asyncpg.connect(database)

    async def handler(batch: Batch) -> None:
        await Notes(out=OUT)(batch)
        pid = await batch.connection.fetchval("SELECT pg_backend_pid()")
        await admin.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)

    before = await intaking.state()
    with pytest.raises(INFRASTRUCTURE_ERRORS):
        await intaking.apply(intaking.work([note("a")]), handler)
    await admin.close()
    assert await intaking.state() == before
    await intaking.take(note("a"))
    assert await intaking.effects() == ["a"]


async def test_two_partitions_with_the_same_identities_do_not_lock_each_other_out(intaking: Intaking) -> None:
    """Identities are inserted in key order, whatever order the log has them in."""
    beside = intaking.elsewhere(1)
    await beside.claim()
    names = [f"n{number:03}" for number in range(300)]
    for round_number in range(4):
        values = [note(f"{round_number}-{name}") for name in names]
        one, other = await asyncio.gather(
            intaking.apply(intaking.work(values), nothing_more),
            beside.apply(beside.work(values[::-1]), nothing_more),
        )
        assert one.fates[Fate.ACCEPTED] + other.fates[Fate.ACCEPTED] == len(names)
