"""Starts a service that is known to be wrong, to see whether the harness notices.

`python -m tests.live.faults.wrong_variant VARIANT services.usage_rating --role ingest`. Here, and only here,
parts of the product are replaced: that is what is being tested.
"""

import asyncio
import runpy
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.database import Connection, Pool
from chassis.intake import transaction
from chassis.intake.batch import Conflict
from chassis.intake.events import Event
from chassis.outbox.lanes import MessageList, Outgoing
from chassis.outbox.packing import unpack_messages
from chassis.outbox.producer import LaneProducer
from chassis.outbox.publisher import Committed, PartitionPublisher
from contracts.values.ids import IdKind
from services.billing_units.handlers import commands
from services.usage_rating.handlers import messages

POLL_S = 0.002
WORK_AFTER_OUTBOX_S = 0.05


def no_fence() -> None:
    """The position is moved whatever epoch and offset it stands at.

    The harness has dropped the key of `offset_fate` too: it refuses a batch that begins where another began,
    and so was found to be a second fence.
    """
    transaction.QUERIES._statements["move_position"] = """
        UPDATE input_position SET next_offset = $6
        WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND $4::bigint > 0 AND $5::bigint >= 0
        RETURNING true
    """


def no_deduplication() -> None:
    """Every record is new: neither the event's id nor its leg is looked up, a repeat is another use."""

    async def all_fresh(
        connection: Connection, events: list[Event[Any]]
    ) -> tuple[list[Event[Any]], int, list[Conflict]]:
        return list(events), 0, []

    known = messages.derived_text
    count = iter(range(sys.maxsize))

    def another_use(kind: IdKind, *inputs: str) -> Any:
        return known(kind, *inputs, str(next(count))) if kind is IdKind.USAGE else known(kind, *inputs)

    transaction._deduplicate = all_fresh  # type: ignore[assignment]
    messages.derived_text = another_use


def outbox_by_id() -> None:
    """The outbox is polled by an id that is drawn well before COMMIT; the harness has added the column `id`.

    The right product writes the outbox last. Who does not know why writes it somewhere and goes on working.
    """
    written_last = Outgoing.record

    async def record_early(self: Outgoing, connection: Connection, recorded_at: datetime) -> list[MessageList]:
        lists = await written_last(self, connection, recorded_at)
        await connection.execute("SELECT pg_sleep(random() * $1)", WORK_AFTER_OUTBOX_S)
        return lists

    Outgoing.record = record_early  # type: ignore[method-assign]
    PartitionPublisher.__init__ = _poller_init  # type: ignore[method-assign]
    PartitionPublisher.offer = _offer_nothing  # type: ignore[method-assign]
    PartitionPublisher.run = _poll_by_id  # type: ignore[method-assign]
    PartitionPublisher.drained = _drained_at_once  # type: ignore[method-assign]


def _poller_init(self: Any, pool: Pool, producer: LaneProducer, tasks: int = 4) -> None:
    self._pool, self._producer = pool, producer


async def _offer_nothing(self: Any, committed: Committed) -> None:
    return


async def _drained_at_once(self: Any) -> None:
    return


async def _poll_by_id(self: Any) -> None:
    last = 0
    while True:
        rows = await self._pool.fetch(
            "SELECT id, lane, first_seq, topic, messages FROM outbox WHERE id > $1 ORDER BY id LIMIT 50",
            last,
        )
        for row in rows:
            await self._producer.publish(
                row["lane"],
                MessageList(
                    first_seq=row["first_seq"],
                    topic=row["topic"],
                    messages=unpack_messages(row["messages"]),
                ),
            )
            last = row["id"]
            await self._pool.execute("DELETE FROM outbox WHERE id = $1", last)
        await asyncio.sleep(POLL_S)


def check_then_insert() -> None:
    """A number's unit is looked up and then written, with neither the account's stripe nor the constraint.

    The harness has dropped the constraint.
    """

    async def take_nothing(connection: Connection, **_: Any) -> None:
        return

    commands.take_stripes = take_nothing


VARIANTS: dict[str, Callable[[], None]] = {
    "no_fence": no_fence,
    "no_deduplication": no_deduplication,
    "outbox_by_id": outbox_by_id,
    "check_then_insert": check_then_insert,
}


def main() -> None:
    """Make the process wrong, then run the module as `python -m` would."""
    _, variant, module, *arguments = sys.argv
    VARIANTS[variant]()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
