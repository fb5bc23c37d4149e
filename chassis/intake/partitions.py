"""What this process knows of each partition it was given: generation, claim and expected offset.

A *generation* is a stretch of records that the consumer delivered without a gap of its own making: it ends
with every rebalance and every seek. Records of an older generation are dropped unread.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from aiokafka import ConsumerRebalanceListener, TopicPartition


class Hold(Enum):
    """How far this process may act on a partition."""

    UNCLAIMED = "unclaimed"
    HELD = "held"
    WAITING = "waiting"
    """Lost to another process; nothing is done until longer than the session time-out has passed."""
    STOPPED = "stopped"
    """Stopped by an alarm; only an operator starts it again."""


@dataclass(slots=True)
class PartitionState:
    """The state of one partition in this process.

    next_offset and epoch hold while HELD. anchored: this generation began with a seek of ours to
    `next_offset`, so an offset missing at its start does not exist in the log. failures: how often what stands
    at the position failed without the database or broker being at fault; it outlives a generation, or a
    batch that is read again between its attempts would never be looked into.
    """

    generation: int = 0
    hold: Hold = Hold.UNCLAIMED
    next_offset: int = 0
    epoch: int = 0
    anchored: bool = False
    alarm: str | None = None
    failures: int = 0


class Partitions(ConsumerRebalanceListener):  # type: ignore[misc]
    """The partitions of this process. As a rebalance listener it forgets claims before it awaits anything:
    aiokafka hands out records while an awaiting listener still runs, and swallows its exceptions.

    show: tells the group where partitions stand that are given up; it raises nothing and is soon done.
    """

    def __init__(self, show: Callable[[Mapping[TopicPartition, int]], Awaitable[None]]) -> None:
        self._states: dict[TopicPartition, PartitionState] = {}
        self._show = show
        self.assigned: frozenset[TopicPartition] = frozenset()
        self.joined = False

    def __getitem__(self, partition: TopicPartition) -> PartitionState:
        state = self._states.get(partition)
        if state is None:
            state = self._states[partition] = PartitionState()
        return state

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Forget every claim; queued records of these partitions are dropped, their next owner reads them."""
        standing = self.held()
        self.assigned = frozenset()
        self._forget(revoked)
        await self._show(standing)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin a new generation; the first batch of each partition claims it."""
        self.assigned = frozenset(assigned)
        self.joined = True
        self._forget(self.assigned)

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            state = self[partition]
            state.generation += 1
            state.anchored = False
            if state.hold is not Hold.STOPPED:
                state.hold = Hold.UNCLAIMED

    def held(self) -> dict[TopicPartition, int]:
        """The partitions this process holds, with the offset it will read next."""
        return {
            partition: self[partition].next_offset
            for partition in self.assigned
            if self[partition].hold is Hold.HELD
        }

    def owns(self, partition: TopicPartition, epoch: int) -> bool:
        """Whether this process still believes to hold the partition under `epoch`.

        A partition stopped by an alarm is still its own: what was committed before leaves.
        """
        state = self[partition]
        return partition in self.assigned and state.hold in (Hold.HELD, Hold.STOPPED) and state.epoch == epoch

    def stop(self, partition: TopicPartition, alarm: str) -> None:
        """Stop a partition with an alarm that /readyz?verbose shows."""
        state = self[partition]
        state.generation += 1
        state.hold = Hold.STOPPED
        state.alarm = alarm

    @property
    def alarms(self) -> dict[str, str]:
        """Stopped partitions and why."""
        return {
            f"{partition.topic}/{partition.partition}": state.alarm
            for partition, state in self._states.items()
            if state.alarm is not None
        }
