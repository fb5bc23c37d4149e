"""Kafka in: which topics this service reads, and what handles each."""

from collections.abc import Awaitable, Callable

from chassis.intake.batch import Batch
from chassis.intake.events import EventReader
from chassis.intake.worker import Route
from contracts.topics import BILLING_UNITS_FACTS, CHARGES, Topic, replay_topic
from services.reporting.handlers.charges import record_charges
from services.reporting.handlers.facts import adopt_facts

SERVICE = "reporting"
HANDLERS: tuple[tuple[Topic, Callable[[Batch], Awaitable[None]]], ...] = (
    (CHARGES, record_charges),
    (BILLING_UNITS_FACTS, adopt_facts),
)


def routes(*, record_max_bytes: int) -> list[Route]:
    """Charges and facts, each from its topic and from the topic of dead letters sent again.

    No stripes: nothing here is decided by what a change of the directory could overtake.
    """
    return [
        Route(topic=name, reader=EventReader(topic.events, max_bytes=record_max_bytes), handler=handler)
        for topic, handler in HANDLERS
        for name in (topic.name, replay_topic(topic.name, SERVICE))
    ]


def subscribed_topics() -> list[str]:
    """The names this service's subscriber reads."""
    return [route.topic for route in routes(record_max_bytes=1)]
