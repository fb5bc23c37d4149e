"""A small export through a real broker: what is published, and that a second import is the same events."""

import asyncio
import os
import sys
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from pydantic import TypeAdapter

from contracts.events.call import CallDetailRecord
from contracts.topics import CALLS
from tests.unit.adapters.exports import HEADER, a_dialled_row, a_row, an_inbound_row

RECORD = TypeAdapter(CallDetailRecord)
RUN_S = 60


@pytest.fixture
def account() -> str:
    """An account of this test's own: the broker and its topic of calls may serve other tests too."""
    return f"import-{uuid4().hex[:12]}"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Two outbound legs, an inbound one of two rows, an internal row and a short code."""
    inbound = {"uniqueid": "1709650900.1"}
    rows = [
        a_dialled_row(seconds=60, uniqueid="1709650800.1"),
        a_row(uniqueid="1709650800.2"),
        a_dialled_row("999012125550199", uniqueid="1709650810.1", seconds=30),
        a_dialled_row("911", uniqueid="1709650820.1"),
        an_inbound_row(at="2024-03-05 10:01:40", seconds=20, **inbound),
        an_inbound_row(at="2024-03-05 10:02:00", seconds=10, **inbound),
    ]
    file = tmp_path / "calls.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    return file


async def imported(bootstrap: str, file: Path, account: str, *options: str) -> dict[str, object]:
    """Runs the command on an Asterisk file as an operator does and gives its summary."""
    given = ("--format", "asterisk", "--timezone", "America/New_York", "--region", "US", "--strip", "9990")
    return await imported_by(bootstrap, file, account, *given, *options)


async def imported_by(bootstrap: str, file: Path, account: str, *options: str) -> dict[str, object]:
    """Runs the command as an operator does and gives its summary."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "cdrs", "import", str(file), "--json"),
        *("--account", account, *options),
        env={**os.environ, "RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS": bootstrap},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), RUN_S)
    assert process.returncode == 0, errors.decode()
    summary = orjson.loads(output)
    assert isinstance(summary, dict)
    return summary


async def published(bootstrap: str, account: str) -> list[ConsumerRecord]:
    """Every record of the account on the topic of calls, in the order of partitions and offsets."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed"
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(CALLS.name, number) for number in range(CALLS.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[ConsumerRecord] = []
        while [partition for partition in partitions if await consumer.position(partition) < ends[partition]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [record for record in records if record.key and record.key.startswith(account.encode())]
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


@pytest.fixture
async def calls_topic(kafka_bootstrap: str) -> str:
    """The bootstrap servers of a broker that has the topic of calls."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        if CALLS.name not in await admin.list_topics():
            await admin.create_topics([NewTopic(CALLS.name, CALLS.partitions, 1)])
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()
    return kafka_bootstrap


async def test_the_legs_of_a_file_arrive_and_a_second_import_is_the_same_events(
    calls_topic: str, export: Path, account: str
) -> None:
    summary = await imported(calls_topic, export, account)
    assert (summary["rows"], summary["published"]) == (6, 3)
    records = await published(calls_topic, account)
    calls = {
        record.key.decode(): RECORD.validate_json(orjson.dumps(orjson.loads(record.value)["data"]))
        for record in records
    }
    assert {key: call.billable_duration_ms for key, call in calls.items()} == {
        f"{account}|1709650800.1": 60_000,
        f"{account}|1709650810.1": 30_000,
        f"{account}|1709650900.1": 30_000,
    }
    assert {call.other_party for call in calls.values()} == {"+12125550123", "+12125550199", "+13105550177"}

    again = await imported(calls_topic, export, account)
    assert again["published"] == 3
    both = await published(calls_topic, account)
    assert len(both) == 6
    assert {record.value for record in both} == {record.value for record in records}


async def test_from_row_leaves_out_what_was_confirmed_before(calls_topic: str, export: Path, account: str) -> None:
    summary = await imported(calls_topic, export, account, "--from-row", "4")
    assert summary["published"] == 2
    keys = {record.key.decode() for record in await published(calls_topic, account)}
    assert keys == {f"{account}|1709650810.1", f"{account}|1709650900.1"}


async def test_a_later_version_of_a_record_arrives_as_a_higher_revision_of_the_same_leg(
    calls_topic: str, tmp_path: Path, account: str
) -> None:
    profile = tmp_path / "centre.toml"
    profile.write_text('format = "amazon-connect"\nsource = "centre"\n')
    file = tmp_path / "contacts.json"
    for end, updated in (("15:01:00", "15:03:00"), ("15:01:30", "15:04:00"), ("15:01:00", "15:03:00")):
        file.write_bytes(orjson.dumps(a_contact(end, updated)))
        summary = await imported_by(calls_topic, file, account, "--source-profile", str(profile))
        assert (summary["rows"], summary["published"], summary["source"]) == (1, 1, "centre")
    first, second, first_again = await published(calls_topic, account)
    assert first.value == first_again.value
    records = [RECORD.validate_json(orjson.dumps(orjson.loads(one.value)["data"])) for one in (first, second)]
    assert {record.leg_id for record in records} == {"contact-1"}
    assert records[1].revision > records[0].revision


def a_contact(end: str, updated: str) -> dict[str, object]:
    """A contact record of Amazon Connect with its times of 5 March."""
    return {
        "ContactId": "contact-1",
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": "2024-03-05T15:00:00Z",
        "ConnectedToSystemTimestamp": "2024-03-05T15:00:00Z",
        "DisconnectTimestamp": f"2024-03-05T{end}Z",
        "LastUpdateTimestamp": f"2024-03-05T{updated}Z",
        "CustomerEndpoint": {"Address": "+13105550177", "Type": "TELEPHONE_NUMBER"},
        "SystemEndpoint": {"Address": "+12125550100", "Type": "TELEPHONE_NUMBER"},
    }
