"""What services subscribe to and publish is what `contracts.topics` declares, and so AsyncAPI too."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import contracts.topics
from chassis.clock import system_clock
from chassis.intake.consumer import Intake
from chassis.settings import ServiceSettings
from contracts.topics import SERVICES, TOPICS, UNIT_COSTS, Topic, group_of, replay_topic

ROOT = Path(__file__).parents[2]


def declared_topics(service: str) -> set[str]:
    """What the service must read: its topics and the replay topic of each."""
    read = [topic.name for topic in TOPICS if service in topic.consumers]
    return {*read, *(replay_topic(name, service) for name in read)}


def running_subscriptions(service: str) -> set[str]:
    """The topics of the FastStream subscriber that the service's own routes make."""
    consumers = import_module(f"services.{service}.consumers")
    given: dict[str, Any] = {"record_max_bytes": 1024}
    handlers = {"reporting": (), "portal": (), "usage_rating": (None, None)}.get(service, (None,))
    intake = Intake(
        settings=ServiceSettings(kafka_bootstrap_servers="127.0.0.1:9", instance="test"),
        group=group_of(service),
        schema=service,
        pool=None,
        publisher=None,  # type: ignore[arg-type]
        routes=consumers.routes(*handlers, **given),
        clock=system_clock,
    )
    subscribed: set[str] = set()
    for subscriber in intake.broker.subscribers:
        names: Any = subscriber
        subscribed |= set(names.topic_names)
    return subscribed


def published_topics(service: str) -> set[Topic]:
    """The declared topics that the service's code hands to an outbox lane."""
    found = set()
    for path in (ROOT / "services" / service).rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        found |= {topic for name in _sent_to(tree) if isinstance(topic := getattr(contracts.topics, name), Topic)}
        if any(isinstance(node, ast.Name) and node.id == "unit_costs_topic" for node in ast.walk(tree)):
            found.add(UNIT_COSTS)
    return found


def _sent_to(tree: ast.AST) -> Iterator[str]:
    """Names X of `….send(X.name, …)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "send":
            topic = node.args[0] if node.args else None
            if isinstance(topic, ast.Attribute) and topic.attr == "name" and isinstance(topic.value, ast.Name):
                yield topic.value.id


READING = [service for service in SERVICES if declared_topics(service)]


@pytest.mark.parametrize("service", READING)
def test_a_service_subscribes_to_the_topics_declared_for_it_and_no_others(service: str) -> None:
    assert running_subscriptions(service) == declared_topics(service)
    consumers = import_module(f"services.{service}.consumers")
    assert set(consumers.subscribed_topics()) == declared_topics(service)


def test_a_service_for_which_no_topic_is_declared_has_no_consumers() -> None:
    with_consumers = [name for name in SERVICES if list((ROOT / "services" / name).glob("consumers*"))]
    assert with_consumers == READING


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_publishes_to_the_topics_declared_for_it_and_no_others(service: str) -> None:
    declared = {topic for topic in TOPICS if topic.producer == service}
    assert published_topics(service) == declared
    assert declared


def test_a_topic_that_is_sent_to_is_noticed() -> None:
    sent = ast.parse(
        "def f(o):\n    o.send(CHARGES.name, key=b'', value=b'')\n    o.send(x, key=b'')\n    o.send()\n"
    )
    assert list(_sent_to(sent)) == ["CHARGES"]
