"""What failed alone, what contradicts and what has no price: found, shown and dealt with by the commands."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest

from chassis.database import Connection
from cli.demo.centre import ACCOUNT_ID, contact_centre
from cli.demo.month import Told
from cli.demo.records import call_record
from cli.publishing import PlatformRecord
from contracts.events.directory import AccountRecorded, DirectoryEvent
from contracts.topics import CALLS, DIRECTORY, replay_topic
from tests.support.allocating import message_of
from tests.support.bad_calls import ODD_NAME
from tests.support.broker import Broker, Message
from tests.support.builders import a_call
from tests.support.proving import broken, proven, ringledger, settled
from tests.support.way_of_a_call import WayOfACall, play

SMALL_RECORDS = {"USAGE_RATING_RECORD_MAX_BYTES": "1024"}
NUMBER = "+4930123456"
SHOWN_ODD_NAME = "x-\\xff\\x80"


def a_record(call_id: str, *, account_id: str = ACCOUNT_ID, seconds: int = 60) -> PlatformRecord:
    """A call on 20 October."""
    call = a_call(
        call_id=call_id, account_id=account_id, answered="2026-10-20T09:00:00Z", seconds=seconds, to=NUMBER
    )
    return call_record(Told(call=call, told_at=call.ended_at))


def with_note(record: PlatformRecord) -> PlatformRecord:
    """The same call with a field nobody knows, too large for a small limit."""
    document = orjson.loads(record.value)
    document["data"]["note"] = "x" * 2000
    return replace(record, value=orjson.dumps(document))


@pytest.fixture(scope="module", autouse=True)
def running(way: WayOfACall) -> Iterator[None]:
    """The services run for all tests of this file, and stand still after it."""
    way.start()
    yield
    way.stop()


async def asked(way: WayOfACall, *command: str) -> Any:
    """What a command answers in JSON."""
    code, output, errors = await ringledger(way, *command, "--json")
    assert code == 0, errors
    return orjson.loads(output)


async def addresses(way: WayOfACall) -> set[str]:
    """Where every dead letter was read from."""
    return {letter["address"] for letter in (await asked(way, "dlq", "list"))["letters"]}


async def test_a_dead_letter_is_shown_masked_and_taken_once_what_stopped_it_is_gone(way: WayOfACall) -> None:
    rated = (await proven(way)).conservation[0].upstream.calls
    poison = PlatformRecord(topic=CALLS.name, key=b"k", value=b"no JSON, but " + NUMBER.encode())
    way.stop(("usage_rating",))
    way.start(("usage_rating",), **SMALL_RECORDS)
    await play(way.kafka, [with_note(a_record("noted-1")), poison])
    verdict = await settled(way)
    way.stop(("usage_rating",))
    assert verdict.holds, broken(verdict)

    listed = await asked(way, "dlq", "list")
    assert listed["codes"] == {"too_large": 1, "not_json": 1}
    addresses = {letter["code"]: letter["address"] for letter in listed["letters"]}
    _, output, _ = await ringledger(way, "dlq", "show", addresses["not_json"])
    assert NUMBER not in output
    assert NUMBER[:-4] + "****" in output
    (document,) = await asked(way, "dlq", "show", addresses["not_json"], "--reveal")
    assert NUMBER in document["value"]

    assert (await asked(way, "dlq", "replay", "--all", "--dry-run"))["sent"] == 0
    assert (await asked(way, "dlq", "replay", "--code", "too_large"))["sent"] == 1
    assert (await asked(way, "dlq", "replay", addresses["not_json"]))["sent"] == 1
    assert (await asked(way, "dlq", "replay", "--all"))["sent"] == 0
    assert (await asked(way, "dlq", "replay", "--code", "too_large", "--again"))["sent"] == 1

    way.start(("usage_rating",))
    verdict = await settled(way)
    assert verdict.holds, broken(verdict)
    assert verdict.conservation[0].upstream.calls == rated + 1
    listed = await asked(way, "dlq", "list", "--code", "not_json")
    again = f"{replay_topic(CALLS.name, 'usage_rating')}/0/"
    assert sorted(letter["address"].startswith(again) for letter in listed["letters"]) == [False, True]


async def test_a_header_name_that_is_no_text_costs_its_neighbours_nothing(way: WayOfACall) -> None:
    rated = (await settled(way)).conservation[0].upstream.calls
    before = await addresses(way)
    good = [a_record(f"beside-{number}") for number in range(3)]
    odd = [(ODD_NAME, b"\xff")]
    messages = [Message(value=record.value, key=record.key) for record in good]
    messages[1] = replace(messages[1], headers=odd)
    messages.insert(1, Message(value=b"oddly named", key=b"k", headers=odd))
    await Broker(way.kafka).publish_in_one_batch(CALLS.name, messages)
    verdict = await settled(way)
    assert verdict.holds, broken(verdict)
    assert verdict.conservation[0].upstream.calls == rated + len(good)
    (first,) = await addresses(way) - before
    (document,) = await asked(way, "dlq", "show", first)
    assert (document["value"], document["headers"][SHOWN_ODD_NAME]) == ("oddly named", "\\xff")
    assert (await asked(way, "dlq", "replay", first))["sent"] == 1
    verdict = await settled(way)
    assert verdict.holds, broken(verdict)
    (again,) = await addresses(way) - before - {first}
    (document,) = await asked(way, "dlq", "show", again)
    assert document["headers"].items() >= {SHOWN_ODD_NAME: "\\xff", "replay_of": first}.items()


async def test_a_unit_id_of_another_account_is_refused_and_its_neighbours_stand(
    way: WayOfACall, admin: Connection
) -> None:
    before = await addresses(way)
    (unit, *_) = contact_centre().units
    entries: list[DirectoryEvent] = [
        AccountRecorded(account_id="late", version=1, name="Late", currency="EUR", zone="Europe/Berlin"),
        replace(unit, account_id="late"),
        replace(unit, account_id="late", unit_id=str(UUID(int=7))),
    ]
    told = [PlatformRecord(topic=DIRECTORY.name, key=b"late", value=message_of(entry)) for entry in entries]
    await play(way.kafka, told)
    verdict = await settled(way)
    assert verdict.holds, broken(verdict)
    (refused,) = await addresses(way) - before
    (document,) = await asked(way, "dlq", "show", refused)
    assert (document["service"], document["code"]) == ("billing_units", "unit_id_taken")
    assert ACCOUNT_ID not in document["detail"]
    assert await admin.fetchval("SELECT name FROM billing_units.account WHERE account_id = 'late'") == "Late"
    rows = await admin.fetch("SELECT unit_id FROM billing_units.unit WHERE account_id = 'late'")
    assert [row["unit_id"] for row in rows] == [UUID(int=7)]


async def test_a_conflict_is_decided_once_by_somebody(way: WayOfACall) -> None:
    first, second = a_record("told-twice", seconds=60), a_record("told-twice", seconds=61)
    await play(way.kafka, [first])
    await settled(way)
    await play(way.kafka, [second])
    verdict = await settled(way)
    assert verdict.holds, broken(verdict)
    (conflict,) = await asked(way, "conflicts", "list", "--account", ACCOUNT_ID)
    (shown,) = await asked(way, "conflicts", "show", conflict["address"])
    assert NUMBER not in shown["value"]
    code, _, errors = await ringledger(way, "conflicts", "resolve", conflict["address"], "--by", "ada")
    assert (code, "--keep-first" in errors) == (2, True)
    decide = ("conflicts", "resolve", conflict["address"], "--keep-first", "--by")
    assert "the first stands" in (await ringledger(way, *decide, "ada"))[1]
    assert "was decided before" in (await ringledger(way, *decide, "bob"))[1]
    assert await asked(way, "conflicts", "list") == []
    (decided,) = await asked(way, "conflicts", "list", "--all")
    assert (decided["resolution"], decided["resolved_by"]) == ("kept_first", "ada")


async def test_suspense_is_counted_by_reason(way: WayOfACall) -> None:
    await play(way.kafka, [a_record("unknown-1", account_id="nobody"), a_record("unknown-2", account_id="nobody")])
    verdict = await settled(way)
    assert verdict.holds, broken(verdict)
    assert verdict.suspense == {"unknown_account": 2}
    listed = await asked(way, "suspense", "list", "--account", "nobody")
    assert [(row["reason"], row["legs"]) for row in listed["counts"]] == [("unknown_account", 2)]
    assert {leg["account_id"] for leg in listed["legs"]} == {"nobody"}


async def test_what_is_not_there_is_said(way: WayOfACall) -> None:
    code, _, errors = await ringledger(way, "dlq", "show", "telephony.calls.v1/0/999999")
    assert (code, "no dead letter" in errors) == (2, True)
    code, _, errors = await ringledger(way, "conflicts", "show", "telephony.calls.v1/0/x")
    assert (code, "no conflict" in errors) == (2, True)
    code, _, errors = await ringledger(way, "dlq", "list", "--service", "nobody")
    assert (code, "no service" in errors) == (2, True)
