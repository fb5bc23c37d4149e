"""What a fault run showed, as text for people, and everything that speaks against it."""

from collections.abc import Iterator

from tests.live.faults.injector import Recovery
from tests.live.faults.result import RunResult

BATCH_RECORDS_MAX = 1000
"""`batch_max_records` by default: what may be read again after a graceful stop."""


def objections(result: RunResult, *, evidence: bool = True) -> list[str]:
    """Why the run is not good: losses, differences, slow recoveries, or that it proved nothing."""
    verdict = result.verdict
    found = [f"{kind}: {count}" for kind in ("lost", "doubled", "wrong") if (count := getattr(verdict, kind))]
    found += verdict.problems
    found += [f"a process ended by itself: {end}" for end in result.unexpected_ends]
    found += [
        f"{recovery.what} took {recovery.seconds:.1f} s, at most {recovery.limit_s:.0f} s are allowed"
        for recovery in result.recoveries
        if recovery.seconds is not None and recovery.seconds > recovery.limit_s
    ]
    found += [
        f"a graceful stop left {records} records of a partition to be read again"
        for records in result.left_to_redeliver
        if records > BATCH_RECORDS_MAX
    ]
    if result.waiting:
        found.append(f"not drained: {result.waiting}")
    if result.proof:
        found.append(f"verify: {result.proof}")
    if evidence:
        found += [
            f"the run proves nothing: it saw no {what}" for what, count in result.evidence.items() if not count
        ]
    return found


def summary(result: RunResult) -> str:
    """The whole run on one page."""
    return "\n".join(_lines(result))


def _lines(result: RunResult) -> Iterator[str]:
    settings, verdict = result.settings, result.verdict
    yield f"seed {settings.seed}: {settings.events} events, {len(result.faults)} faults, {result.seconds:.0f} s"
    yield f"lost {verdict.lost}, doubled {verdict.doubled}, wrong {verdict.wrong}"
    yield f"verify: {result.proof or 'holds'}; drained: {result.waiting or 'everything'}"
    yield ""
    yield from (f"  {count:>9} {what}" for what, count in result.evidence.items())
    yield from (f"  {count:>9} {what}" for what, count in verdict.checked.items())
    yield ""
    yield f"  {'recovery':<44} {'n':>3} {'median':>7} {'worst':>7} {'limit':>6}"
    for what in dict.fromkeys(recovery.what for recovery in result.recoveries):
        yield _recovery_line(what, [recovery for recovery in result.recoveries if recovery.what == what])
    if result.latencies_ms:
        p99 = result.latencies_ms[len(result.latencies_ms) * 99 // 100]
        middle = result.latencies_ms[len(result.latencies_ms) // 2]
        yield f"  event → its unit's topic in quiet: median {middle} ms, p99 {p99} ms"
    if result.left_to_redeliver:
        most = max(result.left_to_redeliver)
        yield f"  records of one partition left to be read again after a graceful stop: at most {most}"


def _recovery_line(what: str, recoveries: list[Recovery]) -> str:
    times = sorted(recovery.seconds for recovery in recoveries if recovery.seconds is not None)
    if not times:
        return f"  {what:<44} {len(recoveries):>3}   nothing was waiting"
    middle, worst, limit = times[len(times) // 2], times[-1], recoveries[0].limit_s
    return f"  {what:<44} {len(times):>3} {middle:>6.1f}s {worst:>6.1f}s {limit:>5.0f}s"
