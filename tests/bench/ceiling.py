"""The ceiling: raw aiokafka, batches of 1,000, one `TypeAdapter`, one COPY of all charge columns, nothing else.

Run as a process of its own, `python -m tests.bench.ceiling`. It prints how many records are in the database
after each batch, so that whoever started it can read the clocks at the same instants. Written first and then
left alone: whatever the services do better or worse is seen against the same figure. It has the services'
event loop and thresholds of the cycle collector, because without them it would be lower, not more honest.
"""

import argparse
import asyncio
import gc
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import TypeAdapter

from contracts.events.call import CallDetailRecord
from contracts.events.fields import Identifier, Instant, message
from contracts.topics import CALLS

BATCH_RECORDS = 1000
SCHEMA = "bench_ceiling"
TABLE = "charge"


@message
class CallRecorded:
    """The whole CloudEvents record, validated in one pass."""

    specversion: str
    id: Identifier
    source: Identifier
    type: Identifier
    time: Instant
    data: CallDetailRecord


COLUMNS = {
    "account_id": "text",
    "charge_id": "uuid",
    "rated_usage_id": "uuid",
    "usage_id": "uuid",
    "rating_revision": "integer",
    "allocation_revision": "integer",
    "kind": "text",
    "cause_id": "uuid",
    "category": "text",
    "direction": "text",
    "channel": "text",
    "occurred_at": "timestamptz",
    "billed_at": "timestamptz",
    "use_on": "date",
    "booked_period": "date",
    "currency": "text",
    "amount": "numeric(20,6)",
    "calls": "bigint",
    "duration_ms": "bigint",
    "billed_s": "bigint",
    "rule": "text",
    "units": "smallint",
    "directory_revision": "integer",
    "matched": "text",
    "flags": "text[]",
    "unit_id": "uuid",
    "reverses": "uuid",
    "own_number": "text",
    "user_id": "text",
    "team_id": "text",
    "queue_id": "text",
    "campaign_id": "text",
    "prefix": "text",
    "country": "text",
    "other_party_token": "text",
    "linked_call_id": "text",
    "linked_leg_id": "text",
    "recorded_at": "timestamptz",
}
"""Every field of the charge contract with its type; the table has one primary key and no other index."""

_AMOUNT = Decimal("0.123456")
_PERIOD = date(2026, 1, 1)
_UNIT = UUID(int=1)
_TOKEN = "k1.00112233445566778899aabbccddeeff"


def charge_row(call: CallDetailRecord, charge_id: UUID, recorded_at: datetime) -> tuple[Any, ...]:
    """A charge of the right shape and size; nothing in it is computed."""
    return (
        call.account_id,
        charge_id,
        charge_id,
        charge_id,
        1,
        1,
        "charge",
        charge_id,
        "call",
        call.direction,
        call.channel,
        call.started_at,
        call.ended_at,
        _PERIOD,
        _PERIOD,
        "EUR",
        _AMOUNT,
        1,
        60_000,
        60,
        "number",
        1,
        1,
        call.own_number,
        [],
        _UNIT,
        None,
        call.own_number,
        call.user_id,
        call.team_id,
        call.queue_id,
        call.campaign_id,
        "4930",
        None,
        _TOKEN,
        None,
        None,
        recorded_at,
    )


async def create_table(connection: Any) -> None:
    """An ordinary, logged table."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    await connection.execute(f"CREATE SCHEMA {SCHEMA}")
    await connection.execute(f"CREATE TABLE {SCHEMA}.{TABLE} ({columns}, PRIMARY KEY (account_id, charge_id))")


async def consume(bootstrap_servers: str, dsn: str, count: int) -> None:
    """Read `count` records from the topic's beginning and copy a charge for each, a batch at a time."""
    adapter = TypeAdapter(CallRecorded)
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off", "timezone": "UTC"})
    await create_table(connection)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    consumer.assign([TopicPartition(CALLS.name, partition) for partition in range(CALLS.partitions)])
    done = 0
    columns = list(COLUMNS)
    while done < count:
        batches = await consumer.getmany(timeout_ms=200, max_records=BATCH_RECORDS)
        recorded_at = datetime.now(UTC)
        rows = []
        for records in batches.values():
            for record in records:
                done += 1
                rows.append(charge_row(adapter.validate_json(record.value).data, UUID(int=done), recorded_at))
        if rows:
            await connection.copy_records_to_table(TABLE, schema_name=SCHEMA, columns=columns, records=rows)
            sys.stdout.write(f"{done}\n")
            sys.stdout.flush()
    await consumer.stop()
    await connection.close()


def main() -> None:
    """Read the addresses from the command line and run to the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ceiling", description=__doc__)
    parser.add_argument("--bootstrap-servers", required=True)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(consume(options.bootstrap_servers, options.dsn, options.count))


if __name__ == "__main__":
    main()
