"""Follows one unit's costs from the first to the newest: `follow_unit_costs.py BROKERS TOPIC`."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def follow(brokers: str, topic: str, seen: int = 0) -> None:
    """Print each cost once, in order. seen: the last number handled; keep it with what you do with a cost."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest")
    async with consumer:
        async for record in consumer:
            cost = json.loads(record.value)["data"]
            if cost["seq"] <= seen:
                continue  # A repeat: delivery is at least once.
            if cost["seq"] > seen + 1:  # Older than the topic keeps: get them from the API, then go on.
                sys.exit(f"GET /api/v1/unit-costs/{cost['unit_id'] or 'unassigned'}?after_seq={seen}")
            seen = cost["seq"]
            line = (seen, cost["use_on"], cost["amount"], cost["currency"], cost["running_total"])
            print(*line, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(follow(*sys.argv[1:3], *map(int, sys.argv[3:])))
