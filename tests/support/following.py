"""What belongs to a call: recordings, detections and analyses of its leg, as they are rated."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from contracts.events.rated_usage import Category, RatedUsage
from contracts.values.ids import IdKind, derived_id
from services.billing_units.handlers.following import FollowingHandler
from tests.support.allocating import RECORDED_AT, Allocating
from tests.support.directory import ACCOUNT, a_rated_message


def a_rated_recording(
    call: str = "call-1", key: str = "recording-1", *, category: Category = "recording", **more: Any
) -> RatedUsage:
    """A recording of a call's leg, or what else belongs to it."""
    rated = a_rated_message(key, category=category, channel=None, direction=None, own_number=None, **more)
    follows = str(derived_id(IdKind.USAGE, ACCOUNT, "pbx", call, "1"))
    certificate = replace(rated.certificate, billed_s=120, segments=None, quantity=None, unit_price=None)
    return replace(
        rated,
        call_id=call,
        leg_id="1",
        follows=follows,
        duration_ms=117_500,
        billed_s=120,
        certificate=certificate,
    )


async def follow(allocating: Allocating, *, after: timedelta = timedelta(seconds=1), per_chunk: int = 500) -> int:
    """Let the job work off all that is due, so long after the records of the test; how many uses it looked at."""
    now: datetime = RECORDED_AT + after
    job = FollowingHandler(pool=allocating.pool, clock=lambda: now, per_chunk=per_chunk)
    looked = 0
    while more := await job.work_off():
        looked += more
    return looked
