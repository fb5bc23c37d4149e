"""Kafka in: which topic this service reads, and what handles it."""

from chassis.intake.events import EventReader
from chassis.intake.worker import Route
from contracts.topics import BILLING_UNITS_FACTS, replay_topic
from services.portal.handlers.accounts import adopt_accounts

SERVICE = "portal"


def routes(*, record_max_bytes: int) -> list[Route]:
    """Facts, from their topic and from the topic of dead letters sent again.

    No stripes: an account's model decides nothing that is recorded here.
    """
    reader = EventReader(BILLING_UNITS_FACTS.events, max_bytes=record_max_bytes)
    return [
        Route(topic=name, reader=reader, handler=adopt_accounts)
        for name in (BILLING_UNITS_FACTS.name, replay_topic(BILLING_UNITS_FACTS.name, SERVICE))
    ]


def subscribed_topics() -> list[str]:
    """The names this service's subscriber reads."""
    return [route.topic for route in routes(record_max_bytes=1)]
