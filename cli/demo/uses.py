"""What comes with the demo's calls: recordings, machine detection, and texts to callers whom nobody reached."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from cli.demo.centre import ACCOUNT_ID, MONTH, ZONE
from contracts.events.call import CallDetailRecord
from contracts.events.usage import Encoding, UsageRecord
from contracts.values.calendar import local_day
from contracts.values.phone import is_e164

RECORDED_OF_100 = 30
TEXTED_OF_100 = 20
UNICODE_OF_100 = 25
"""How many texts have a character that GSM-7 lacks, and so half the room."""

TEXT_DELAY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldUse:
    """One record of a use that is no call, and when the platform told it (UTC)."""

    use: UsageRecord
    told_at: datetime


def uses_of(legs: Iterable[CallDetailRecord]) -> Iterator[ToldUse]:
    """The uses that come with these legs, drawn for each leg by itself: more calls change none of them."""
    for leg in legs:
        rng = Random(f"uses of {leg.call_id} {leg.leg_id}")  # noqa: S311 (a repeatable demo, not a secret)
        if leg.channel == "dialer":
            yield _told(leg, "detection", used_at=leg.answered_at or leg.ended_at)
        if leg.answered_at is not None and rng.randrange(100) < RECORDED_OF_100:
            talk_ms = (leg.ended_at - leg.answered_at) // timedelta(milliseconds=1)
            yield _told(leg, "recording", used_at=leg.ended_at, duration_ms=talk_ms)
        sent_at = leg.ended_at + TEXT_DELAY
        missed = leg.answered_at is None and leg.direction == "inbound" and is_e164(leg.other_party)
        if missed and rng.randrange(100) < TEXTED_OF_100 and local_day(sent_at, ZONE) in MONTH:
            yield ToldUse(use=_text(leg, sent_at, rng), told_at=sent_at)


def _told(leg: CallDetailRecord, kind: str, *, used_at: datetime, duration_ms: int | None = None) -> ToldUse:
    use = UsageRecord(
        account_id=ACCOUNT_ID,
        usage_key=f"{kind}-{leg.call_id}-{leg.leg_id}",
        kind="detection" if kind == "detection" else "recording",
        call_id=leg.call_id,
        leg_id=leg.leg_id,
        duration_ms=duration_ms,
        used_at=used_at,
    )
    return ToldUse(use=use, told_at=used_at)


def _text(leg: CallDetailRecord, sent_at: datetime, rng: Random) -> UsageRecord:
    encoding: Encoding = "ucs2" if rng.randrange(100) < UNICODE_OF_100 else "gsm7"
    return UsageRecord(
        account_id=ACCOUNT_ID,
        usage_key=f"text-{leg.call_id}-{leg.leg_id}",
        kind="message",
        channel="sms",
        direction="outbound",
        other_party=leg.other_party,
        own_number=leg.own_number,
        team_id=leg.team_id,
        sent_at=sent_at,
        characters=rng.randrange(40, 240),
        encoding=encoding,
    )
