"""How long a call takes in peace: from the broker's hands to a line in its unit's topic."""

from collections.abc import Sequence

from contracts.topics import CALLS
from tests.live.faults.ground import Ground
from tests.live.faults.load import MARK
from tests.live.faults.log import read_topic
from tests.live.faults.units import Subscriber

USAGE_SQL = "SELECT event_id, usage_id::text AS usage_id FROM usage_rating.usage WHERE event_id = ANY ($1::text[])"


async def measure(ground: Ground, quiet: dict[int, str], subscribers: Sequence[Subscriber]) -> list[int]:
    """Milliseconds for each quiet event, sorted. quiet: event id by number, first words of legs only.

    From the timestamp its sender gave the record to the timestamp of the line that reporting published.
    """
    sent_ms: dict[str, int] = {}
    async for record in read_topic(ground.kafka.bootstrap_servers, CALLS.name, CALLS.partitions):
        number = int(dict(record.headers)[MARK])
        if number in quiet:
            sent_ms.setdefault(quiet[number], record.timestamp)
    seen_ms: dict[str, int] = {}
    for subscriber in subscribers:
        for usage_id, written_ms in subscriber.seen_at.items():
            seen_ms[usage_id] = max(written_ms, seen_ms.get(usage_id, 0))
    rows = await ground.query(USAGE_SQL, list(sent_ms))
    return sorted(seen_ms[row["usage_id"]] - sent_ms[row["event_id"]] for row in rows if row["usage_id"] in seen_ms)
