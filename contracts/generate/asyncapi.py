"""The AsyncAPI 3.0 document, written from `contracts.topics`: who sends what to whom on which topic."""

from typing import Any

import yaml

from contracts.events.envelope import CONTENT_TYPE
from contracts.generate.schemas import event_types
from contracts.topics import SERVICES, TOPICS, UNIT_COSTS, Topic, companions, group_of

KAFKA_BINDING = "0.5.0"
DAY_MS = 24 * 3600 * 1000
SCHEMA_FOLDER = "../contracts/schemas"

Node = dict[str, Any]


def asyncapi_document() -> Node:
    """The whole document; channels in the order of a call's way, each topic before its companions."""
    topics = [named for topic in TOPICS for named in (topic, *companions(topic))]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ringledger",
            "version": "1",
            "description": "Written by `python -m contracts.generate` from contracts/topics.py.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {channel_id(topic): _channel(topic) for topic in topics},
        "operations": dict(pair for topic in topics for pair in _operations(topic)),
        "components": {"messages": {name: _message(name) for name in event_types()}},
    }


def channel_id(topic: Topic) -> str:
    """The topic's name, or for the topic of every unit its name without the place of the unit."""
    return topic.name.replace(".{unit}", "")


def as_yaml(document: Node) -> str:
    """The document as YAML in the order given."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _channel(topic: Topic) -> Node:
    channel: Node = {
        "address": topic.name,
        "description": f"{topic.summary} Key: {topic.key}. Kept {_kept(topic)}.",
        "messages": {kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in topic.events},
    }
    if topic.name == UNIT_COSTS.name:
        channel["parameters"] = {
            "unit": {"description": "A billing unit's id, or `<account id>.unassigned` for what no unit owes."}
        }
    retention_ms = -1 if topic.retention_days is None else topic.retention_days * DAY_MS
    channel["bindings"] = {
        "kafka": {
            "partitions": topic.partitions,
            "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": retention_ms},
            "bindingVersion": KAFKA_BINDING,
        }
    }
    return channel


def _kept(topic: Topic) -> str:
    return "for ever" if topic.retention_days is None else f"{topic.retention_days} days"


def _operations(topic: Topic) -> list[tuple[str, Node]]:
    senders = [topic.producer] if topic.producer in SERVICES else []
    receivers = [name for name in topic.consumers if name in SERVICES]
    pairs = [(_operation_id(name, "send", topic), _operation(topic, "send")) for name in senders]
    for name in receivers:
        group = {"type": "string", "enum": [group_of(name)]}
        bindings = {"kafka": {"groupId": group, "bindingVersion": KAFKA_BINDING}}
        receive = _operation(topic, "receive") | {"bindings": bindings}
        pairs.append((_operation_id(name, "receive", topic), receive))
    return pairs


def _operation_id(service: str, action: str, topic: Topic) -> str:
    return f"{service}-{action}-{channel_id(topic)}"


def _operation(topic: Topic, action: str) -> Node:
    channel = f"#/channels/{channel_id(topic)}"
    messages = [{"$ref": f"{channel}/messages/{kind.name}"} for kind in topic.events]
    return {"action": action, "channel": {"$ref": channel}, "messages": messages}


def _message(name: str) -> Node:
    kind = event_types()[name]
    return {
        "name": name,
        "title": kind.data.__name__,
        "summary": kind.summary,
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"{SCHEMA_FOLDER}/{name}.json"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": KAFKA_BINDING}},
    }
