"""Events over HTTP while the broker goes away and comes back: nothing is claimed meanwhile, nothing lost after."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from chassis.topic_creation import create_topics, specs_of
from cli.stack.kafka import LocalKafka
from contracts.topics import CALLS
from tests.conftest import FreshDatabase
from tests.service.portal.test_api_keys import issue
from tests.support.broker import Broker
from tests.support.front import Front, portal_on
from tests.support.platform import MANY, call_event
from tests.support.schemas import migrated


@pytest.fixture
async def server(own_servers: None, scratch: Path) -> AsyncIterator[LocalKafka]:
    """A broker that the test may stop."""
    server = LocalKafka(scratch / "kafka")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def front(fresh_database: FreshDatabase, server: LocalKafka) -> AsyncIterator[Front]:
    """Portal that reaches that broker."""
    await create_topics(server.bootstrap_servers, specs_of([CALLS]))
    async with portal_on(await fresh_database(migrated("portal")), server.bootstrap_servers) as made:
        yield made


async def test_a_broker_that_went_away_is_said_and_repeating_brings_everything_in_once_it_is_back(
    front: Front, server: LocalKafka
) -> None:
    before, during = [[call_event(f"{when}-{number}") for number in range(50)] for when in ("before", "during")]
    issued = await issue(front, access_groups=["publish_events"])
    async with front.by_key(issued["api_key"]) as client:

        async def send(events: list[dict[str, Any]]) -> httpx.Response:
            content = orjson.dumps(events)
            return await client.post("/api/v1/events", content=content, headers={"Content-Type": MANY})

        assert (await send(before)).json()["data"]["accepted"] == 50
        server.stop()
        away = await send(during)
        assert (away.status_code, away.headers["Retry-After"]) == (503, "5"), away.text
        assert (away.json()["accepted"], away.json()["unconfirmed"]) == (0, 50)
        assert {one["status"] for one in away.json()["results"]} == {"unconfirmed"}
        server.start()
        back = await send(during)
        assert back.status_code == 202, back.text
    values = [
        orjson.loads(record.value)["id"] for record in await Broker(server.bootstrap_servers).records(CALLS.name)
    ]
    assert {event["id"] for event in [*before, *during]} == set(values)
