"""What the system has to show in the end: sums of its tables and contents of its topics, read from outside."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from contracts.topics import CALLS, CHARGES, RATED_USAGE, dead_letter_topic
from tests.live.faults.ground import Ground
from tests.live.faults.load import MARK
from tests.live.faults.log import read_topic
from tests.live.faults.oracle import digest

Place = tuple[int, int]
"""Partition and offset in the calls topic."""

RATED_SQL = """
    SELECT u.account_id, u.event_id, r.live, r.calls, r.amount, r.billed_s, r.duration_ms
    FROM (SELECT account_id, usage_id, min(event_id) AS event_id FROM usage_rating.usage GROUP BY 1, 2) u
    LEFT JOIN (
        SELECT account_id, usage_id, sum(CASE kind WHEN 'rated' THEN 1 ELSE -1 END) AS live, sum(calls) AS calls,
               sum(amount * 1000000)::bigint AS amount, sum(billed_s) AS billed_s, sum(duration_ms) AS duration_ms
        FROM usage_rating.rated_usage GROUP BY 1, 2
    ) r USING (account_id, usage_id)
"""
CHARGED_SQL = """
    SELECT u.account_id, u.event_id, c.unit, c.amount, c.calls, c.billed_s, c.duration_ms
    FROM (
        SELECT account_id, usage_id, coalesce(unit_id::text, 'unassigned') AS unit, sum(calls) AS calls,
               sum(amount * 1000000)::bigint AS amount, sum(billed_s) AS billed_s, sum(duration_ms) AS duration_ms
        FROM billing_units.charge GROUP BY 1, 2, 3
    ) c
    JOIN (SELECT account_id, usage_id, min(event_id) AS event_id FROM usage_rating.usage GROUP BY 1, 2) u
        USING (account_id, usage_id)
"""
FATES_SQL = """
    SELECT topic, partition, max(last_offset) + 1 AS passed, sum(last_offset - first_offset + 1) AS offsets,
           count(*) FILTER (WHERE first_offset <> follows) AS breaks, sum(accepted) AS accepted,
           sum(duplicate) AS duplicate, sum(conflict) AS conflict, sum(dead_letter) AS dead_letter,
           sum(suspense) AS suspense, sum(absent) AS absent
    FROM (
        SELECT *, coalesce(lag(last_offset) OVER (PARTITION BY topic, partition ORDER BY first_offset) + 1, 0)
                  AS follows
        FROM {service}.offset_fate
    ) fate GROUP BY 1, 2
"""
REPORTED_SQL = """
    SELECT count(*) FILTER (WHERE f.charge_id IS NULL) AS lost,
           count(*) FILTER (WHERE c.charge_id IS NULL) AS invented,
           count(*) FILTER (WHERE c.amount <> f.amount OR coalesce(c.unit_id::text, 'unassigned') <> f.unit_key)
               AS changed
    FROM billing_units.charge c
    FULL JOIN reporting.charge_fact f ON f.account_id = c.account_id AND f.charge_id = c.charge_id
"""


@dataclass(slots=True)
class CallsLog:
    """The calls topic as it lies on the broker: where each numbered record stands."""

    places: dict[int, list[Place]] = field(default_factory=dict)
    ends: Counter[int] = field(default_factory=Counter)

    @property
    def records(self) -> int:
        return sum(len(found) for found in self.places.values())


async def read_calls_log(ground: Ground) -> CallsLog:
    """Where every record of the load lies, repeats of a re-sending producer included."""
    log = CallsLog()
    async for record in read_topic(ground.kafka.bootstrap_servers, CALLS.name, CALLS.partitions):
        number = int(next(value for name, value in record.headers if name == MARK))
        log.places.setdefault(number, []).append((record.partition, record.offset))
        log.ends[record.partition] = max(log.ends[record.partition], record.offset + 1)
    return log


async def read_dead_letters(ground: Ground) -> dict[Place, tuple[int, bytes]]:
    """By place in the calls topic: the record's number and the digest of what it was; repeats dropped."""
    found: dict[Place, tuple[int, bytes]] = {}
    topic = dead_letter_topic(CALLS.name, "usage_rating")
    async for record in read_topic(ground.kafka.bootstrap_servers, topic, 1):
        added = {name: value for name, value in record.headers if name.startswith("dlq_")}
        own = tuple(
            (name, value)
            for name, value in record.headers
            if not name.startswith("dlq_") and name not in ("lane", "lane_seq")
        )
        number = int(dict(own)[MARK])
        place = (int(added["dlq_partition"]), int(added["dlq_offset"]))
        found[place] = (number, digest(record.key, record.value, own))
    return found


async def count_distinct_messages(ground: Ground, topic: str) -> tuple[int, int]:
    """(different event ids, records) of a topic of ours."""
    ids: set[str] = set()
    records = 0
    async for record in read_topic(ground.kafka.bootstrap_servers, topic, RATED_USAGE.partitions):
        ids.add(orjson.loads(record.value)["id"])
        records += 1
    return len(ids), records


async def dead_letters_elsewhere(ground: Ground) -> int:
    """Dead letters of services that are given only what ours wrote: each is a fault of ours."""
    count = 0
    for topic, service in ((RATED_USAGE.name, "billing_units"), (CHARGES.name, "reporting")):
        async for _ in read_topic(ground.kafka.bootstrap_servers, dead_letter_topic(topic, service), 1):
            count += 1
    return count


async def fates_of(ground: Ground, service: str) -> Sequence[Any]:
    """One row for each partition a service read: how far it passed, and what became of the offsets."""
    return await ground.query(FATES_SQL.format(service=service))
