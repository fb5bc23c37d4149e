"""Each unit's own topic: there soon after the unit, gapless whoever writes it, whole for a new subscriber."""

import asyncio
import sys
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import orjson
from aiokafka.admin import AIOKafkaAdminClient

from contracts.events.charge import Charge
from contracts.topics import unit_costs_topic
from tests.service.reporting.conftest import Publisher, Running, read_topic
from tests.support.unit_costs import (
    a_charge,
    a_charge_record,
    a_fact_record,
    a_unit_fact,
    a_unit_id,
    an_account_fact,
)

UNITS = ("north", "south", None)
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "follow_unit_costs.py"
PATIENCE_S = 60


def topic_of(account: str, unit: str | None) -> str:
    return unit_costs_topic(account, None if unit is None else a_unit_id(unit, account))


async def topics_of(kafka: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def published_all(running: Running, account: str, count: int) -> None:
    """Wait until every charge of the account is recorded and every lane of it published."""
    connection = await asyncpg.connect(running.dsn, server_settings={"search_path": "reporting"})
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                facts = await connection.fetchval("SELECT count(*) FROM charge_fact WHERE account_id = $1", account)
                waiting = await connection.fetchval(
                    "SELECT count(*) FROM outbox WHERE starts_with(lane, $1)", f"unit-costs/{account}/"
                )
                if facts == count and waiting == 0:
                    return
                await asyncio.sleep(0.2)
    finally:
        await connection.close()


async def subscribed(running: Running, topic: str) -> list[dict[str, Any]]:
    """What a new subscriber has after dropping repeats by number."""
    lines: list[dict[str, Any]] = []
    for record in await read_topic(running.kafka, topic):
        line = orjson.loads(record.value)["data"]
        if not lines or line["seq"] > lines[-1]["seq"]:
            lines.append(line)
    return lines


async def test_a_unit_s_topic_is_there_before_its_first_cost(
    running: Running, publish: Publisher, account: str
) -> None:
    await publish.facts([a_fact_record(an_account_fact(account)), a_fact_record(a_unit_fact("north", account))])
    wanted = {topic_of(account, "north"), topic_of(account, None)}
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if wanted <= await topics_of(running.kafka):
                break
            await asyncio.sleep(0.5)
    assert await subscribed(running, topic_of(account, "north")) == []


async def test_two_members_write_one_unit_s_topic_without_a_gap(
    running: Running, publish: Publisher, account: str
) -> None:
    """The charges of every unit lie on all partitions, so both members number the same units at once."""
    dice = Random(7)
    charges = [
        a_charge(n, f"0.{dice.randrange(10**6):06d}", account=account, unit=dice.choice(UNITS)) for n in range(3000)
    ]
    values = [a_charge_record(charge) for charge in charges]
    repeats = dice.sample(values, 90)
    await publish.charges([*values, *repeats])
    await published_all(running, account, len(charges))

    seen: list[dict[str, Any]] = []
    for unit in UNITS:
        lines = await subscribed(running, topic_of(account, unit))
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
        total = Decimal(0)
        for line in lines:
            total += Decimal(line["amount"])
            assert Decimal(line["running_total"]) == total
        assert total == total_of([charge for charge in charges if charge.unit_id == lines[0]["unit_id"]])
        seen += lines
    assert sorted(line["charge_id"] for line in seen) == sorted(charge.charge_id for charge in charges)
    assert await owners(running) == {"ringledger.reporting-member-1", "ringledger.reporting-member-2"}


async def owners(running: Running) -> set[str]:
    """Who took up the partitions of charges that this test wrote to."""
    connection = await asyncpg.connect(running.dsn, server_settings={"search_path": "reporting"})
    try:
        rows = await connection.fetch(
            "SELECT DISTINCT owner FROM input_position WHERE topic = 'billing-units.charges.v1' AND next_offset > 0"
        )
        return {row["owner"] for row in rows}
    finally:
        await connection.close()


def total_of(charges: list[Charge]) -> Decimal:
    return sum((charge.amount for charge in charges), Decimal(0))


async def test_older_messages_by_the_api_are_those_of_the_topic(
    running: Running, publish: Publisher, account: str
) -> None:
    charges = [a_charge(n, "0.250000", account=account) for n in range(25)]
    await publish.charges([a_charge_record(charge) for charge in charges])
    await published_all(running, account, len(charges))
    lines = await subscribed(running, topic_of(account, "north"))
    path, fetched, after = f"/api/v1/unit-costs/{a_unit_id('north', account)}", [], "0"
    with running.client(account) as client:
        while after is not None:
            page = client.get(path, params={"after_seq": after, "limit": 10}).json()
            fetched += page["data"]
            after = page["next_cursor"]
        assert client.get("/api/v1/unit-costs/unassigned").status_code == 404
    assert fetched == lines
    assert len(fetched) == 25


async def test_the_example_follows_a_unit(running: Running, publish: Publisher, account: str) -> None:
    charges = [a_charge(n, "0.500000", account=account) for n in range(4)]
    await publish.charges([a_charge_record(charge) for charge in charges])
    await published_all(running, account, len(charges))
    process = await asyncio.create_subprocess_exec(
        sys.executable, EXAMPLE, running.kafka, topic_of(account, "north"), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            lines = [(await process.stdout.readline()).decode().split() for _ in charges]
    finally:
        process.kill()
        await process.wait()
    assert [line[0] for line in lines] == ["1", "2", "3", "4"]
    assert lines[-1] == ["4", "2026-10-05", "0.500000", "EUR", "2.000000"]
