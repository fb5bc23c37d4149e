"""What services subscribe to and publish is what `contracts.topics` declares, and so AsyncAPI too.

Each service's `consumers` gives `subscribed_topics()`: the names its running subscribers read.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import pytest

from contracts.topics import SERVICES, TOPICS, replay_topic


def declared_topics(service: str) -> set[str]:
    """What the service must read: its topics and the replay topic of each."""
    read = [topic.name for topic in TOPICS if service in topic.consumers]
    return {*read, *(replay_topic(name, service) for name in read)}


def consumers_of(service: str) -> ModuleType:
    """The service's Kafka door; a service that reads a topic has one."""
    name = f"services.{service}.consumers"
    if find_spec(f"services.{service}.app") is None:
        pytest.skip(f"{service} is not wired yet")
    return import_module(name)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_subscribes_to_the_topics_declared_for_it_and_no_others(service: str) -> None:
    assert set(consumers_of(service).subscribed_topics()) == declared_topics(service)
