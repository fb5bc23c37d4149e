"""The calls of the benchmark: the same for the same seed and month, to prefixes of the plan."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from cli.publishing import PlatformRecord
from contracts.events.call import CALL_RECORDED, CallDetailRecord, Channel, Direction
from contracts.events.envelope import encode
from contracts.topics import CALLS
from tests.bench.centre import ACCOUNT_ID, NUMBERS, SOURCE, UNITS, USERS

SEED = 20_260_101
MONTH = timedelta(days=28)
OUTBOUND_CHANNELS: tuple[Channel, ...] = ("manual", "click_to_call", "dialer")
INBOUND_SHARE, INTERNAL_SHARE = 0.30, 0.02
ANSWERED_SHARE = 0.85
OVERRIDE_SHARE = 0.01
NUMBER_DIGITS = 12
"""Digits of a number called; no prefix of a deck is longer."""

TALK_MEAN_S = 180


def call_records(count: int, *, prefixes: Sequence[str], since: datetime) -> Iterator[PlatformRecord]:
    """`count` calls spread evenly over the 28 days from `since`, each with an id nobody has used before."""
    rng = Random(SEED)
    step = MONTH / count
    for number in range(count):
        call = _call(rng, prefixes, since + number * step)
        value = encode(
            kind=CALL_RECORDED,
            event_id=_uuid(rng),
            source=SOURCE,
            time=call.ended_at + timedelta(seconds=2),
            data=call,
        )
        yield PlatformRecord(topic=CALLS.name, key=f"{ACCOUNT_ID}|{call.call_id}".encode(), value=value)


def _call(rng: Random, prefixes: Sequence[str], started_at: datetime) -> CallDetailRecord:
    direction, channel, other_party = _way(rng, prefixes)
    answered_at = None
    ended_at = started_at + timedelta(seconds=rng.randint(5, 40))
    if rng.random() < ANSWERED_SHARE:
        answered_at = ended_at
        ended_at += timedelta(milliseconds=1 + int(rng.expovariate(1 / TALK_MEAN_S) * 1000))
    return CallDetailRecord(
        account_id=ACCOUNT_ID,
        call_id=_uuid(rng),
        leg_id="1",
        direction=direction,
        channel=channel,
        other_party=other_party,
        disposition="no_answer" if answered_at is None else "answered",
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        own_number=rng.choice(NUMBERS),
        user_id=rng.choice(USERS),
        queue_id=f"queue-{rng.randrange(12):02d}",
        unit_override=rng.choice(UNITS) if rng.random() < OVERRIDE_SHARE else None,
    )


def _way(rng: Random, prefixes: Sequence[str]) -> tuple[Direction, Channel, str]:
    share = rng.random()
    if share < INBOUND_SHARE:
        return "inbound", "inbound", f"+4989{rng.randrange(10**7):07d}"
    if share < INBOUND_SHARE + INTERNAL_SHARE:
        return "internal", "manual", f"internal:{rng.randrange(1000, 1400)}"
    prefix = rng.choice(prefixes)
    missing = max(0, NUMBER_DIGITS - len(prefix))
    rest = f"{rng.randrange(10**missing):0{missing}d}" if missing else ""
    return "outbound", rng.choice(OUTBOUND_CHANNELS), f"+{prefix}{rest}"


def _uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
