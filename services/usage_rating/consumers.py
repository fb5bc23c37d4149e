"""Kafka in: which topics this service reads, and what handles each."""

from chassis.intake.events import EventReader
from chassis.intake.worker import Route
from chassis.stripes import StripeClass, Stripes
from contracts.events.usage_refusals import usage_refusal
from contracts.topics import BILLING_UNITS_FACTS, CALLS, USAGE, replay_topic
from services.usage_rating.domain.rating import refusal_of
from services.usage_rating.handlers.accounts import on_directory_fact
from services.usage_rating.handlers.uses import UsesHandler

SERVICE = "usage_rating"
TOPICS = (CALLS, USAGE, BILLING_UNITS_FACTS)


def subscribed_topics() -> list[str]:
    """The names this service subscribes to: its topics, each with the topic its dead letters return by."""
    return [name for topic in TOPICS for name in (topic.name, replay_topic(topic.name, SERVICE))]


def routes(on_call_recorded: UsesHandler, on_usage_recorded: UsesHandler, *, record_max_bytes: int) -> list[Route]:
    """Uses are priced under shared stripes; a fact of an account takes its stripe alone."""
    calls = EventReader(CALLS.events, max_bytes=record_max_bytes)
    usage = EventReader(USAGE.events, max_bytes=record_max_bytes)
    facts = EventReader(BILLING_UNITS_FACTS.events, max_bytes=record_max_bytes)
    decide = (Stripes(kind=StripeClass.DIRECTORY), Stripes(kind=StripeClass.PERIOD))
    change = (Stripes(kind=StripeClass.DIRECTORY, exclusive=True),)

    return [
        *(
            Route(topic=topic, reader=calls, handler=on_call_recorded, stripes=decide, refusal=refusal_of)
            for topic in (CALLS.name, replay_topic(CALLS.name, SERVICE))
        ),
        *(
            Route(topic=topic, reader=usage, handler=on_usage_recorded, stripes=decide, refusal=usage_refusal)
            for topic in (USAGE.name, replay_topic(USAGE.name, SERVICE))
        ),
        *(
            Route(topic=topic, reader=facts, handler=on_directory_fact, stripes=change)
            for topic in (BILLING_UNITS_FACTS.name, replay_topic(BILLING_UNITS_FACTS.name, SERVICE))
        ),
    ]
