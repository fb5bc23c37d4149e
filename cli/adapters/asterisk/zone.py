"""Whether the zone the operator named is the one the file was written in."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cli.adapters.asterisk.rows import Row
from cli.adapters.outcomes import FileRefused, Finding, Reason, ZoneFound

_QUARTER_S = 900


def check(rows: Sequence[Row], zone: ZoneInfo) -> tuple[ZoneFound, list[Finding]]:
    """How local times compare with the epochs in `uniqueid`, to 15 minutes, and the rows that stray.

    Each row is compared with the zone's offset at its own epoch, so a file over a clock change agrees. A
    stray row is kept with its local time: the epoch dates the channel, and later rows of a long conference
    truly begin hours after it. Raises FileRefused when most rows disagree.
    """
    offsets: Counter[int] = Counter()
    deviations: Counter[int] = Counter()
    strays: list[Finding] = []
    for row in rows:
        if row.epoch is None:
            continue
        seconds = int((row.local.replace(tzinfo=UTC) - datetime.fromtimestamp(row.epoch, UTC)).total_seconds())
        deviation = _quarters(seconds - _zone_offset_s(row.epoch, zone))
        offsets[_quarters(seconds)] += 1
        deviations[deviation] += 1
        if deviation:
            detail = f"{deviation * 15:+d} min"
            strays.append(Finding(rows=(row.number,), reason=Reason.STRAY, detail=detail))
    if not deviations:
        return ZoneFound(zone=zone.key, commonest_offset_min=None, rows_checked=0), []
    commonest = offsets.most_common(1)[0][0] * 15
    if deviations.most_common(1)[0][0] != 0:
        raise FileRefused(_refusal(commonest, deviations.most_common(1)[0], deviations.total(), rows, zone))
    found = ZoneFound(zone=zone.key, commonest_offset_min=commonest, rows_checked=deviations.total())
    return found, strays


def offset_text(minutes: int) -> str:
    """An offset as people write it: −300 → `UTC-05:00`."""
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _refusal(commonest: int, deviation: tuple[int, int], checked: int, rows: Sequence[Row], zone: ZoneInfo) -> str:
    epoch = next(row.epoch for row in rows if row.epoch is not None)
    given = offset_text(_zone_offset_s(epoch, zone) // 60)
    return (
        f"the file was not written in {zone.key}: {deviation[1]} of {checked} rows are {deviation[0] * 15:+d} min "
        f"away from it by the epoch in uniqueid; the commonest offset is {offset_text(commonest)}, the zone's was "
        f"{given} then; give --timezone a zone that was {offset_text(commonest)}"
    )


def _zone_offset_s(epoch: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(epoch, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _quarters(seconds: int) -> int:
    """Whole quarters of an hour, the nearest; half a quarter goes up."""
    return (seconds + _QUARTER_S // 2) // _QUARTER_S
