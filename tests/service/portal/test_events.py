"""`POST /api/v1/events`: each event checked as its consumer does, accepted once confirmed, nothing else claimed."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import orjson
import pytest

from chassis.intake.events import EventReader
from chassis.topic_creation import create_topics, specs_of
from contracts.events.envelope import CONTENT_TYPE
from contracts.topics import CALLS, DIRECTORY, USAGE
from services.portal.handlers.platform_events import ITEMS_MAX
from tests.conftest import FreshDatabase
from tests.service.portal.test_api_keys import issue
from tests.support.broker import Broker
from tests.support.front import Front, portal_on
from tests.support.platform import BAD, MANY, ONE, call_event, user_event
from tests.support.schemas import migrated
from tests.support.uses import a_message, usage_message

PATH = "/api/v1/events"


@pytest.fixture
async def broker(kafka_bootstrap: str) -> Broker:
    """The run's broker with the declared topics."""
    await create_topics(kafka_bootstrap, specs_of([CALLS, USAGE, DIRECTORY]))
    return Broker(kafka_bootstrap)


@pytest.fixture
async def open_front(fresh_database: FreshDatabase, broker: Broker) -> AsyncIterator[Front]:
    """Portal that reaches the broker."""
    async with portal_on(await fresh_database(migrated("portal")), broker.servers) as made:
        yield made


async def a_publisher(front: Front, account: str = "acme", **more: Any) -> httpx.AsyncClient:
    issued = await issue(front, account, access_groups=["publish_events"], **more)
    return front.by_key(issued["api_key"])


async def send(client: httpx.AsyncClient, body: Any, kind: str = MANY, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await client.post(PATH, content=content, headers={"Content-Type": kind, **headers})


def named(records: Sequence[Any], ids: set[str]) -> list[Any]:
    """The records of these events; other tests publish to the same topics."""
    return [record for record in records if orjson.loads(record.value)["id"] in ids]


async def test_what_is_accepted_is_in_its_topic_under_its_key(open_front: Front, broker: Broker) -> None:
    one, first, second, user = (
        call_event("one"), call_event("first"), call_event("first", event_id="second"), user_event("eve-of-events")
    )  # fmt: skip
    async with await a_publisher(open_front) as client:
        alone = await send(client, one, f"{ONE}; charset=utf-8")
        together = await send(client, [first, user, second])
    assert (alone.status_code, together.status_code) == (202, 202), together.text
    assert alone.json()["data"] == {
        "accepted": 1,
        "refused": 0,
        "unconfirmed": 0,
        "results": [{"status": "accepted", "id": one["id"], "topic": CALLS.name}],
    }
    assert [(result["id"], result["topic"]) for result in together.json()["data"]["results"]] == [
        (first["id"], CALLS.name),
        (user["id"], DIRECTORY.name),
        (second["id"], CALLS.name),
    ]
    calls = named(await broker.records(CALLS.name), {one["id"], first["id"], second["id"]})
    assert {(record.key, dict(record.headers)["content-type"].decode()) for record in calls} == {
        (b"acme|one", CONTENT_TYPE),
        (b"acme|first", CONTENT_TYPE),
    }
    same_call = [orjson.loads(record.value) for record in calls if record.key == b"acme|first"]
    assert same_call == [first, second], "in their order, unchanged"
    [entry] = named(await broker.records(DIRECTORY.name), {user["id"]})
    assert (entry.key, orjson.loads(entry.value)) == (b"acme", user)
    reader = EventReader(CALLS.events, max_bytes=262_144)
    assert {reader.read(record).event_id for record in calls} == {one["id"], "of-first", "second"}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_wrong_is_refused_with_why_and_where_and_its_neighbours_are_accepted(
    open_front: Front, broker: Broker, what: str
) -> None:
    event, code, pointer, says = BAD[what]
    good = call_event(f"beside {what}".replace(" ", "-"))
    async with await a_publisher(open_front) as client:
        mixed = await send(client, [good, event])
        alone = await send(client, event, ONE)
    assert mixed.status_code == 202, mixed.text
    assert (mixed.json()["data"]["accepted"], mixed.json()["data"]["refused"]) == (1, 1)
    accepted, refused = mixed.json()["data"]["results"]
    assert (accepted["status"], accepted["id"]) == ("accepted", good["id"])
    assert (refused["status"], refused["code"], refused["pointer"]) == ("refused", code, f"/1{pointer}")
    assert says in refused["detail"]
    assert alone.status_code == 202, "the results say so, also where none is accepted"
    told = alone.json()["data"]
    assert (told["accepted"], told["refused"], told["unconfirmed"]) == (0, 1, 0)
    assert [(one["status"], one["code"], one["pointer"]) for one in told["results"]] == [("refused", code, pointer)]
    assert len(named(await broker.records(CALLS.name), {good["id"]})) == 1


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", call_event(), 415, "unsupported_media_type"),
        ("", call_event(), 415, "unsupported_media_type"),
        (MANY, [], 422, "empty"),
        (MANY, call_event(), 422, "not_a_list"),
        (MANY, b"[{]", 422, "not_json"),
        (MANY, b"[NaN]", 422, "not_json"),
        (MANY, b'["' + b"\xff" + b'"]', 422, "not_json"),
        (MANY, [7] * (ITEMS_MAX + 1), 422, "too_many_events"),
        (MANY, b"[" + b"[" * 300 + b"]" * 300 + b"]", 422, "nested_too_deeply"),
        (ONE, b"", 422, "not_json"),
        (ONE, b'{"specversion": "1.0"', 422, "not_json"),
        (ONE, b"[" * 2000, 422, "not_json"),
        (ONE, b"x" * 1_048_577, 413, "too_large"),
    ],
)
async def test_a_body_that_is_no_list_of_events_is_refused_whole(
    front: Front, kind: str, body: Any, status: int, code: str
) -> None:
    async with await a_publisher(front) as client:
        answer = await send(client, body, kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert len(answer.json()["detail"]) > 10


async def test_only_a_key_that_may_publish_publishes_and_only_for_its_account(open_front: Front) -> None:
    unit = "5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"
    reader = open_front.by_key((await issue(open_front, access_groups=["edit_billing"]))["api_key"])
    limited = await a_publisher(open_front, units=[unit])
    await open_front.person("boss", role="admin")
    admin = open_front.by_cookie(await open_front.sign_in("boss"))
    for client, code in (
        (reader, "missing_privilege"),
        (limited, "limited_to_units"),
        (admin, "missing_privilege"),
    ):
        async with client:
            refused = await send(client, call_event(), ONE)
        assert (refused.status_code, refused.json()["code"]) == (403, code)
    async with open_front.operator("*") as client:
        answer = await send(client, [call_event("of-any"), call_event("of-any", account="other")])
        assert answer.json()["data"]["accepted"] == 2, "an operator sends for any account"
        person = {"sign_in_name": "pbx", "name": "PBX", "password": "correct horse battery"}
    async with open_front.operator() as client:
        refused = await client.post("/api/v1/people", json=person | {"access_groups": ["publish_events"]})
        assert refused.status_code == 422 and "publish_events" in refused.json()["detail"]


async def test_without_a_broker_nothing_is_claimed_and_the_same_may_be_sent_again(
    front: Front, open_front: Front
) -> None:
    good, bad = call_event("away"), BAD["no start"][0]
    once = {"Idempotency-Key": "nightly-7"}
    async with await a_publisher(front) as client:
        for _ in range(2):
            away = await send(client, [good, bad], MANY, **once)
            assert (away.status_code, away.json()["code"]) == (503, "not_confirmed")
            assert away.headers["Retry-After"] == "5" and "does no harm" in away.json()["detail"]
            assert [one["status"] for one in away.json()["results"]] == ["unconfirmed", "refused"]
    async with await a_publisher(open_front) as client:
        answers = [await send(client, [good, bad], MANY, **once) for _ in range(2)]
        other = await send(client, [good], MANY, **once)
    assert [answer.status_code for answer in answers] == [202, 202]
    assert "idempotency-replayed" not in answers[0].headers and answers[1].headers["idempotency-replayed"] == "true"
    assert answers[0].json() == answers[1].json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_thousand_events_are_taken_at_once(open_front: Front, broker: Broker) -> None:
    events = [call_event(f"of-many-{number}") for number in range(ITEMS_MAX)]
    async with await a_publisher(open_front) as client:
        answer = await send(client, events)
    assert answer.status_code == 202, answer.text
    assert [one["id"] for one in answer.json()["data"]["results"]] == [event["id"] for event in events]
    assert len(named(await broker.records(CALLS.name), {event["id"] for event in events})) == ITEMS_MAX


async def test_a_message_goes_to_the_topic_of_usage_under_its_key(open_front: Front, broker: Broker) -> None:
    good = orjson.loads(usage_message(a_message("sms-of-http"), "sms-of-http-1"))
    short = {**good, "id": "sms-of-http-2", "data": {**good["data"], "segments": None}}
    async with await a_publisher(open_front) as client:
        answer = await send(client, [good, short])
    taken, refused = answer.json()["data"]["results"]
    assert (answer.status_code, taken["status"], taken["topic"]) == (202, "accepted", USAGE.name)
    assert (refused["code"], refused["pointer"]) == ("invalid", "/1/data")
    assert "segments: missing" in refused["detail"]
    [record] = named(await broker.records(USAGE.name), {good["id"], short["id"]})
    assert record.key == b"acme|sms-of-http"
