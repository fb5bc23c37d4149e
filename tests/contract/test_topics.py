"""Topics keep to their law, and the AsyncAPI document says of each what the broker is told."""

import json
import re
from typing import Any

import pytest
import yaml

from chassis.topic_creation import specs_of
from contracts.generate.asyncapi import DAY_MS, channel_id
from contracts.generate.files import ASYNCAPI
from contracts.topics import (
    CUSTOMER,
    OPERATOR,
    PLATFORM,
    SERVICES,
    TOPICS,
    UNIT_COSTS,
    companions,
    group_of,
    unit_costs_topic,
)
from tests.contract.examples import ROOT

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / ASYNCAPI).read_text(encoding="utf-8"))
NAME = re.compile(
    r"(?P<producer>[a-z]+(-[a-z]+)*)\.([a-z]+(-[a-z]+)*s|directory|(rated-)?usage)(\.\{unit\})?\.v[1-9][0-9]*"
)
"""`<producer>.<plural-noun>.v<major>`; a directory is one thing, and usage has no plural."""
LONGEST_NAME = 249
"""The longest topic name Kafka takes."""


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_is_named_by_its_producer_a_plural_noun_and_its_major_version(topic: Any) -> None:
    named = NAME.fullmatch(topic.name)
    assert named
    assert named["producer"] == ("telephony" if topic.producer == PLATFORM else topic.producer.replace("_", "-"))


@pytest.mark.parametrize(
    "name", ["Usage.calls.v1", "usage.call.v1", "usage.calls", "usage_rating.calls.v1", "a.b.cs.v1"]
)
def test_other_names_break_the_law(name: str) -> None:
    assert not NAME.fullmatch(name)


def test_every_topic_and_every_event_is_declared_once() -> None:
    names = [topic.name for topic in TOPICS]
    events = [kind.name for topic in TOPICS for kind in topic.events]
    assert len(names) == len(set(names))
    assert len(events) == len(set(events))
    assert {reader for topic in TOPICS for reader in topic.consumers} <= {*SERVICES, CUSTOMER}


def test_a_unit_s_topic_cannot_be_taken_for_an_account_s_unassigned_topic() -> None:
    account = "a" * 63
    unit = "5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"
    assert unit_costs_topic(account, unit) == f"reporting.unit-costs.{unit}.v1"
    assert unit_costs_topic(account, None) == f"reporting.unit-costs.{account}.unassigned.v1"
    assert unit_costs_topic(unit, None) != unit_costs_topic(account, unit)
    assert len(unit_costs_topic(account, None)) <= LONGEST_NAME


def test_the_document_has_the_channels_that_are_created_with_partitions_and_retention() -> None:
    told = {
        spec.name: (spec.partitions, -1 if spec.retention_days is None else spec.retention_days * DAY_MS)
        for spec in specs_of()
    }
    written = {}
    for channel in DOCUMENT["channels"].values():
        kafka = channel["bindings"]["kafka"]
        written[channel["address"]] = (kafka["partitions"], kafka["topicConfiguration"]["retention.ms"])
    assert written.pop(UNIT_COSTS.name) == (1, 397 * DAY_MS)
    assert written == told


def test_dead_letters_and_replays_belong_to_one_group() -> None:
    for topic in TOPICS:
        readers = [name for name in topic.consumers if name in SERVICES]
        beside = companions(topic)
        assert len(beside) == 2 * len(readers)
        for dead, again in zip(beside[::2], beside[1::2], strict=True):
            assert dead.name == f"{topic.name}.{group_of(dead.producer)}.dlq"
            assert again.name == f"{topic.name}.{group_of(dead.producer)}.replay"
            assert (again.producer, again.consumers) == (OPERATOR, (dead.producer,))
            assert len(again.name) <= LONGEST_NAME


def test_operations_are_those_declared() -> None:
    everything = [named for topic in TOPICS for named in (topic, *companions(topic))]
    sends = {(topic.producer, channel_id(topic)) for topic in everything if topic.producer in SERVICES}
    receives = {(name, channel_id(topic)) for topic in everything for name in topic.consumers if name in SERVICES}
    found: dict[str, set[tuple[str, str]]] = {"send": set(), "receive": set()}
    for name, operation in DOCUMENT["operations"].items():
        service, action, _ = name.split("-", 2)
        assert action == operation["action"]
        found[action].add((service, operation["channel"]["$ref"].removeprefix("#/channels/")))
        if action == "receive":
            assert operation["bindings"]["kafka"]["groupId"]["enum"] == [group_of(service)]
    assert found == {"send": sends, "receive": receives}


def test_every_reference_of_the_document_leads_somewhere() -> None:
    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT))
    assert len(references) > 100
    for reference in references:
        if reference.startswith("#/"):
            node: Any = DOCUMENT
            for step in reference.removeprefix("#/").split("/"):
                node = node[step]
        else:
            assert (ROOT / ASYNCAPI.parent / reference).resolve().is_file(), reference
