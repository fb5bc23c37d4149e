"""Makes each unit's topic soon after its fact, and at the latest before its first message."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chassis.broker_errors import BROKER_ERRORS
from chassis.database import ACQUIRE_TIMEOUT_S, Pool
from chassis.outbox.producer import NotConfirmed
from chassis.topic_creation import TopicCreationFailed, TopicSpec, create_topics
from contracts.topics import UNIT_COSTS, unit_costs_topic
from services.reporting.store import UnitKey
from services.reporting.store.costs import unit_id_of
from services.reporting.store.units import list_lanes_without_topic, update_topic_created

TOPICS_AT_ONCE = 100
NOT_CREATED: tuple[type[BaseException], ...] = (TopicCreationFailed, *BROKER_ERRORS)
_PREFIX = UNIT_COSTS.name.partition("{")[0]


@dataclass(slots=True, kw_only=True)
class UnitTopics:
    """Creates topics of units; what it once saw exist it does not ask the broker for again."""

    pool: Pool
    bootstrap_servers: str
    replication_factor: int
    _known: set[str] = field(default_factory=set)
    _checked_all: bool = False

    async def create_missing(self) -> int:
        """Create the topics of units that came since the last time; how many units were looked after.

        The first time after a start every unit is looked at, so that a broker made anew gets its topics back.
        """
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            units = await list_lanes_without_topic(connection, every_unit=not self._checked_all)
        for start in range(0, len(units), TOPICS_AT_ONCE):
            chunk = units[start : start + TOPICS_AT_ONCE]
            await self._create(_topic_of(unit) for unit in chunk)
            async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
                await update_topic_created(connection, chunk)
        self._checked_all = True
        return len(units)

    async def prepare(self, topic: str) -> None:
        """Before a message goes to a topic: create it if it is a unit's and not known to exist.

        Raises NotConfirmed when the broker does not do it; the message then waits.
        """
        if topic.startswith(_PREFIX) and topic not in self._known:
            try:
                await self._create([topic])
            except NOT_CREATED as error:
                raise NotConfirmed(f"topic {topic} was not created: {error!r}") from error

    async def _create(self, topics: Iterable[str]) -> None:
        missing = [topic for topic in topics if topic not in self._known]
        if not missing:
            return
        specs = [
            TopicSpec(name=name, partitions=UNIT_COSTS.partitions, retention_days=UNIT_COSTS.retention_days)
            for name in missing
        ]
        await create_topics(self.bootstrap_servers, specs, replication_factor=self.replication_factor)
        self._known.update(missing)


def _topic_of(unit: UnitKey) -> str:
    account_id, key = unit
    return unit_costs_topic(account_id, unit_id_of(key))
