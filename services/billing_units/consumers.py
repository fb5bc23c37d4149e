"""Kafka in: which topics this service reads, and what handles each."""

from chassis.intake.events import EventReader
from chassis.intake.worker import Route
from chassis.stripes import StripeClass, Stripes
from contracts.events.refusals import refusal_of
from contracts.topics import DIRECTORY, RATED_USAGE, replay_topic
from services.billing_units.handlers.directory import on_directory_event
from services.billing_units.handlers.usage import UsageHandler

SERVICE = "billing_units"
TOPICS = (RATED_USAGE, DIRECTORY)


def routes(on_usage_rated: UsageHandler, *, record_max_bytes: int) -> list[Route]:
    """Use is allocated under shared stripes; a change of the directory takes its account's stripe alone."""
    usage = EventReader(RATED_USAGE.events, max_bytes=record_max_bytes)
    entries = EventReader(DIRECTORY.events, max_bytes=record_max_bytes)
    decide = (Stripes(kind=StripeClass.DIRECTORY),)
    change = (Stripes(kind=StripeClass.DIRECTORY, exclusive=True),)
    return [
        *(
            Route(topic=topic, reader=usage, handler=on_usage_rated, stripes=decide)
            for topic in (RATED_USAGE.name, replay_topic(RATED_USAGE.name, SERVICE))
        ),
        *(
            Route(topic=topic, reader=entries, handler=on_directory_event, stripes=change, refusal=refusal_of)
            for topic in (DIRECTORY.name, replay_topic(DIRECTORY.name, SERVICE))
        ),
    ]


def subscribed_topics() -> list[str]:
    """The names of all topics that `routes` reads."""
    return [name for topic in TOPICS for name in (topic.name, replay_topic(topic.name, SERVICE))]
