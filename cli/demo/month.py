"""The demo's month as the platform tells it: every record in the order of publishing, corrections included."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from cli.demo.calls import Switchboard
from cli.demo.centre import Centre
from cli.demo.uses import ToldUse, uses_of
from contracts.events.call import CallDetailRecord

CORRECTED_CALLS = (50, 150, 250)
OVERTAKEN_CALL = 250
VOIDED_CALL = 350
"""Which of the answered calls, counted as they are drawn, the platform corrects or withdraws afterwards."""

CORRECTION_DELAY = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One record and when the platform told it (UTC)."""

    call: CallDetailRecord
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Every call record in the order of publishing, and how many legs stay once corrections have replaced theirs.

    uses: what comes with the calls that are not withdrawn.
    """

    records: tuple[Told, ...]
    live_legs: int
    uses: tuple[ToldUse, ...]


def month_of_calls(*, centre: Centre, seed: int, calls: int) -> Month:
    """The seed's month of `calls` calls; transfers, corrections and the withdrawn call come on top."""
    rng = Random(f"ringledger demo {seed}")  # noqa: S311 (a repeatable demo, not a secret)
    legs = tuple(Switchboard(centre=centre, rng=rng, name=f"s{seed}").calls(calls))
    records = [Told(call=leg, told_at=leg.ended_at) for leg in legs]
    voided = set()
    for correction in _corrections(legs):
        records.append(correction)
        if correction.call.voided:
            voided.add((correction.call.call_id, correction.call.leg_id))
    records.sort(key=lambda told: (told.told_at, told.call.call_id, told.call.leg_id, told.call.revision))
    uses = sorted(
        uses_of(leg for leg in legs if (leg.call_id, leg.leg_id) not in voided),
        key=lambda told: (told.told_at, told.use.usage_key),
    )
    return Month(records=tuple(records), live_legs=len(legs) - len(voided), uses=tuple(uses))


def _corrections(legs: Iterable[CallDetailRecord]) -> Iterator[Told]:
    """Three calls were shorter than first told, one never was.

    One correction overtakes the record it corrects, as happens where a platform delivers in parallel: the
    higher revision counts whatever the order.
    """
    answered = 0
    for leg in legs:
        answered += leg.answered_at is not None
        if leg.answered_at is None:
            continue
        if answered in CORRECTED_CALLS:
            talk_ms = (leg.ended_at - leg.answered_at) // timedelta(milliseconds=1)
            shorter = leg.answered_at + timedelta(milliseconds=talk_ms // 2)
            delay = -timedelta(milliseconds=1) if answered == OVERTAKEN_CALL else CORRECTION_DELAY
            corrected = replace(leg, revision=2, ended_at=shorter, billable_duration_ms=None)
            yield Told(call=corrected, told_at=leg.ended_at + delay)
        elif answered == VOIDED_CALL:
            yield Told(call=replace(leg, revision=2, voided=True), told_at=leg.ended_at + CORRECTION_DELAY)
