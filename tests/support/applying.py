"""Applies records with a service's own handlers and transaction, as a member that dies before it publishes."""

from collections.abc import Sequence
from typing import Any

from chassis.clock import system_clock
from chassis.database import open_pool
from chassis.intake.batch import Slice
from chassis.intake.transaction import QUERIES, BatchTransaction, Work, lane_of
from chassis.intake.worker import Route
from chassis.migrate import ingest_role
from chassis.outbox.lanes import QUERIES as LANE_QUERIES
from cli.verify.log import open_log
from contracts.topics import group_of
from tests.support.schemas import as_role
from tests.support.way_of_a_call import WayOfACall


async def apply_unread(way: WayOfACall, *, service: str, routes: Sequence[Route], topic: str) -> int:
    """Apply what the service has not read of a topic, and publish nothing; how many records."""
    route = next(route for route in routes if route.topic == topic)
    group, dsn = group_of(service), as_role(way.dsn, ingest_role(service))
    pool = await open_pool(dsn, schema=service, application_name="test", max_size=2)
    transaction = BatchTransaction(pool=pool, schema=service, group=group)
    applied = 0
    try:
        async with open_log(way.kafka) as log:
            for (_, partition), extent in (await log.extents([topic])).items():
                position = await pool.fetchrow(
                    QUERIES["claim_position"], group, topic, partition, "test", extent.start
                )
                unread = {(topic, partition): (position["next_offset"], extent.end)}
                records = [record async for chunk in log.read(unread) for record in chunk]
                if not records:
                    continue
                lane = lane_of(topic, partition)
                await pool.execute(LANE_QUERIES["insert_lane"], lane, None, False)
                await pool.execute(LANE_QUERIES["take_lane"], lane, position["epoch"])
                work = Work(
                    slice=Slice(topic=topic, partition=partition, generation=0, records=records),
                    expected=position["next_offset"],
                    epoch=position["epoch"],
                    events=[route.reader.read(record) for record in records],
                    dead=(),
                    quarantined=(),
                )
                await transaction.apply(work, route.handler, route.stripes, system_clock())
                applied += len(records)
    finally:
        await pool.close()
    return applied


async def read_at(kafka: str, place: str) -> Any:
    """The record at `topic/partition@offset`."""
    where, _, offset = place.rpartition("@")
    topic, _, partition = where.rpartition("/")
    async with open_log(kafka) as log:
        wanted = {(topic, int(partition)): (int(offset), int(offset) + 1)}
        (record,) = [record async for chunk in log.read(wanted) for record in chunk]
    return record
