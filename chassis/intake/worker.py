"""Takes slices of its partitions one after another: reads, applies, retries, and finds the guilty record."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aiokafka import TopicPartition

from chassis import metrics
from chassis.clock import Clock, monotonic_s
from chassis.database import INFRASTRUCTURE_ERRORS
from chassis.intake.batch import Conflict, DeadLetter, Fate, RecordFailed, Slice
from chassis.intake.claims import Claims
from chassis.intake.dead_letters import DeadLetterLimit
from chassis.intake.events import Event, EventReader, Record, RecordRefused
from chassis.intake.partitions import Hold, Partitions
from chassis.intake.transaction import BatchTransaction, Done, Handler, PositionLost, Work
from chassis.logs import get_logger
from chassis.outbox.publisher import Committed, PartitionPublisher
from chassis.stripes import Stripes

LOG = get_logger(__name__)
ATTEMPTS_BEFORE_BISECTION = 3
BACKOFF_S = (0.3, 0.6, 1.2, 2.5, 5.0)
READ_BETWEEN_YIELDS = 250
NOT_THE_RECORDS_FAULT: tuple[type[BaseException], ...] = (*INFRASTRUCTURE_ERRORS, PositionLost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What is done with one topic.

    reader: for its event types. handler: loads, decides, records. stripes: taken for the batch's accounts
    before anything is read. refusal: what makes an event invalid beyond its fields, or None.
    """

    topic: str
    reader: EventReader
    handler: Handler
    stripes: Sequence[Stripes] = ()
    refusal: Callable[[Any], str | None] | None = None


@dataclass(slots=True, kw_only=True)
class Worker:
    """Applies slices of the partitions that fall to it, in order; one transaction at a time."""

    routes: Mapping[str, Route]
    partitions: Partitions
    claims: Claims
    transaction: BatchTransaction
    publisher: PartitionPublisher
    clock: Clock
    new_limit: Callable[[], DeadLetterLimit]
    limits: dict[TopicPartition, DeadLetterLimit]
    horizon: timedelta | None
    on_commit: Callable[[TopicPartition, Slice, Done], None]

    async def run(self, queue: "asyncio.Queue[Slice]") -> None:
        """Take slices until cancelled. Nothing escapes: what cannot be applied waits or stops its partition."""
        while True:
            taken = await queue.get()
            try:
                await self._take(taken)
            finally:
                queue.task_done()

    async def _take(self, taken: Slice) -> None:
        partition = TopicPartition(taken.topic, taken.partition)
        state = self.partitions[partition]
        tries = 0
        while True:
            try:
                await self._apply(partition, taken)
                return
            except PositionLost as lost:
                metrics.BATCH_FAILURES.labels(taken.topic, "position_lost").inc()
                LOG.warning("position_lost", where=str(lost))
                self.claims.wait_and_reclaim(partition)
                return
            except Exception as error:
                # Nothing may escape, or the neighbours of a bad record would be lost with it. After an
                # error at COMMIT nobody knows what became of it: claim again, the position decides.
                infrastructure = isinstance(error, INFRASTRUCTURE_ERRORS)
                metrics.BATCH_FAILURES.labels(
                    taken.topic, "infrastructure" if infrastructure else "statement"
                ).inc()
                LOG.warning("batch_rolled_back", topic=taken.topic, partition=taken.partition, error=repr(error))
                state.hold = Hold.UNCLAIMED
                state.failures += 0 if infrastructure else 1
                await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                tries += 1

    async def _apply(self, partition: TopicPartition, taken: Slice) -> None:
        state = self.partitions[partition]
        if state.generation != taken.generation:
            return
        if state.hold is Hold.UNCLAIMED:
            await self.claims.claim(at_hand=partition)
        if state.generation != taken.generation or state.hold is not Hold.HELD:
            return
        rest = _from_offset(taken, state.next_offset)
        metrics.REDELIVERED.labels(taken.topic).inc(len(taken.records) - (len(rest.records) if rest else 0))
        if rest is None:
            await self.claims.look_again(partition)
            return
        if rest.first_offset > state.next_offset and not await self.claims.gap_is_absent(partition, taken):
            return
        started_s = monotonic_s()
        work = await self._read(rest, expected=state.next_offset, epoch=state.epoch)
        if state.failures >= ATTEMPTS_BEFORE_BISECTION:
            done = await self._apply_sifted(work)
        else:
            done = await self._apply_naming_the_guilty(work)
        self._committed(partition, rest, done, started_s)
        await self.publisher.offer(
            Committed(
                lane=f"{partition.topic}/{partition.partition}",
                epoch=work.epoch,
                lists=done.lists,
                still_owned=lambda: self.partitions.owns(partition, work.epoch),
            )
        )

    async def _read(self, taken: Slice, *, expected: int, epoch: int) -> Work:
        route = self.routes[taken.topic]
        events: list[Event[Any]] = []
        dead: list[DeadLetter] = []
        quarantined: list[Conflict] = []
        oldest_ms = 0
        if self.horizon is not None:
            oldest_ms = int((self.clock() - self.horizon).timestamp() * 1000)
        for index, record in enumerate(taken.records):
            if index % READ_BETWEEN_YIELDS == READ_BETWEEN_YIELDS - 1:
                await asyncio.sleep(0)
            try:
                event = route.reader.read(record)
            except RecordRefused as refused:
                dead.append(DeadLetter(record=record, code=refused.code, detail=refused.detail))
                continue
            refusal = route.refusal(event.data) if route.refusal is not None else None
            if refusal is not None:
                dead.append(DeadLetter(record=record, code="invalid", detail=refusal))
            elif record.timestamp < oldest_ms:
                reason = "older than the horizon of deduplication"
                quarantined.append(Conflict(event=event, reason=reason))
            else:
                events.append(event)
        return Work(slice=taken, expected=expected, epoch=epoch, events=events, dead=dead, quarantined=quarantined)

    async def _apply_naming_the_guilty(self, work: Work) -> Done:
        """Apply; an event that the handler names as guilty is dead-lettered and the rest applied anew."""
        route = self.routes[work.slice.topic]
        while True:
            try:
                return await self.transaction.apply(work, route.handler, route.stripes, self.clock())
            except RecordFailed as failed:
                work = _without(work, failed)

    async def _apply_sifted(self, work: Work) -> Done:
        """The batch failed again and again with the database well: only what fails by itself is dead-lettered."""
        good: list[Event[Any]] = []
        guilty: list[DeadLetter] = []
        await self._sift(work, work.events, good, guilty)
        for letter in guilty:
            LOG.error("guilty_record", topic=work.slice.topic, offset=letter.record.offset, error=letter.detail)
        return await self._apply_naming_the_guilty(replace(work, events=good, dead=[*work.dead, *guilty]))

    async def _sift(
        self, work: Work, events: Sequence[Event[Any]], good: list[Event[Any]], guilty: list[DeadLetter]
    ) -> None:
        """Bisect events into the good and the guilty, each judged behind the good ones before it.

        So an event that needs an earlier one of its batch is not blamed for the half it was tried in.
        """
        failure = await self._failure_of(work, [*good, *events])
        if failure is None:
            good.extend(events)
        elif len(events) == 1:
            guilty.append(_letter(events[0], failure))
        else:
            half = len(events) // 2
            await self._sift(work, events[:half], good, guilty)
            await self._sift(work, events[half:], good, guilty)

    async def _failure_of(self, work: Work, events: Sequence[Event[Any]]) -> Exception | None:
        """What goes wrong with these events alone, tried and rolled back; None when nothing does."""
        route = self.routes[work.slice.topic]
        rehearsed = replace(work, events=events, dead=(), quarantined=())
        try:
            await self.transaction.rehearse(rehearsed, route.handler, route.stripes, self.clock())
        except NOT_THE_RECORDS_FAULT:
            raise
        except Exception as error:
            return error
        return None

    def _committed(self, partition: TopicPartition, applied: Slice, done: Done, started_s: float) -> None:
        state = self.partitions[partition]
        state.failures = 0
        if state.hold is Hold.HELD and state.generation == applied.generation:
            state.next_offset = applied.next_offset
        topic = partition.topic
        metrics.BATCHES.labels(topic).inc()
        metrics.BATCH_RECORDS.labels(topic).observe(len(applied.records))
        metrics.BATCH_SECONDS.labels(topic).observe(monotonic_s() - started_s)
        for fate, count in done.fates.items():
            metrics.RECORDS.labels(topic, fate.value).inc(count)
        # In numbers, because a producer may claim a year that no datetime can hold.
        age_s = self.clock().timestamp() - applied.records[-1].timestamp / 1000
        metrics.EVENT_AGE.labels(topic).set(max(0.0, age_s))
        self.on_commit(partition, applied, done)
        limit = self.limits.setdefault(partition, self.new_limit())
        if limit.exceeded(now_s=monotonic_s(), read=len(applied.records), dead=done.fates[Fate.DEAD_LETTER]):
            alarm = "too many dead letters: at least the limit and more than the share set"
            LOG.error("partition_stopped", topic=topic, partition=partition.partition, alarm=alarm)
            self.partitions.stop(partition, alarm)


def _from_offset(taken: Slice, offset: int) -> Slice | None:
    """The part of a slice from `offset` on; None when nothing is left."""
    if taken.first_offset >= offset:
        return taken
    records: list[Record] = [record for record in taken.records if record.offset >= offset]
    return replace(taken, records=records) if records else None


def _without(work: Work, failed: RecordFailed) -> Work:
    rest = [event for event in work.events if event is not failed.event]
    return replace(work, events=rest, dead=[*work.dead, _letter(failed.event, failed)])


def _letter(event: Event[Any], failure: Exception) -> DeadLetter:
    if isinstance(failure, RecordFailed) and failure.event is event:
        return DeadLetter(record=event.record, code=failure.code, detail=failure.detail)
    return DeadLetter(record=event.record, code="failed", detail=f"{type(failure).__name__}: {failure}")
