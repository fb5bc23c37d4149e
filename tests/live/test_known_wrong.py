"""The harness is shown to see: services that are known to be wrong are caught, each by what it does wrong."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.live.faults.assignments import assign_at_once
from tests.live.faults.result import RunResult, RunSettings
from tests.live.faults.run import fault_run
from tests.live.faults.schedule import Fault, FaultKind
from tests.support.databases import Databases
from tests.support.schemas import migrated

PAUSE = Fault(kind=FaultKind.PAUSE, service="usage_rating", down_s=0)
WITH_IDS = (
    "ALTER TABLE usage_rating.outbox ADD COLUMN id bigserial",
    "GRANT USAGE ON SEQUENCE usage_rating.outbox_id_seq TO ringledger_usage_rating_ingest",
)
WITHOUT_FATES_KEY = ("ALTER TABLE usage_rating.offset_fate DROP CONSTRAINT offset_fate_pkey",)
WITHOUT_CONSTRAINT = ("ALTER TABLE billing_units.assignment DROP CONSTRAINT one_unit_for_a_number",)


@pytest.mark.usefixtures("own_servers")
async def test_a_missing_fence_is_caught(scratch: Path) -> None:
    result = await _run(
        scratch,
        "no_fence",
        members_at_start=2,
        schedule=(PAUSE, PAUSE),
        faults=2,
        prepare=WITHOUT_FATES_KEY,
    )

    assert result.verdict.lost + result.verdict.doubled > 0
    assert any("fates for" in problem for problem in result.verdict.problems)


@pytest.mark.usefixtures("own_servers")
async def test_missing_deduplication_is_caught(scratch: Path) -> None:
    result = await _run(scratch, "no_deduplication")

    assert result.verdict.doubled > 100
    assert any("accepted or suspended" in problem for problem in result.verdict.problems)


@pytest.mark.usefixtures("own_servers")
async def test_an_outbox_polled_by_id_is_caught(scratch: Path) -> None:
    writers = (("BATCH_WORKERS", "8"), ("BATCH_MAX_RECORDS", "40"))
    result = await _run(scratch, "outbox_by_id", prepare=WITH_IDS, extra=writers)

    # Whatever left by the outbox may be missing: ratings on their topic, or dead letters on theirs.
    missing = ("different messages", "is not among the dead letters")
    assert result.verdict.lost > 0
    assert any(sign in problem for problem in result.verdict.problems for sign in missing)


async def test_check_then_insert_is_caught(databases: Databases, tmp_path: Path) -> None:
    """200 wishes for one number at once: one is granted, unless the check and the insert are apart."""
    right = await assign_at_once(databases, migrated("billing_units"), tmp_path)
    wrong = await assign_at_once(
        databases,
        migrated("billing_units"),
        tmp_path,
        variant="check_then_insert",
        prepare=WITHOUT_CONSTRAINT,
    )

    assert (right.granted, right.refused, right.holders) == (1, 199, 1)
    assert wrong.granted > 1
    assert wrong.holders > 1


async def _run(
    folder: Path,
    variant: str | None,
    *,
    members_at_start: int = 1,
    schedule: tuple[Fault, ...] = (),
    faults: int = 0,
    prepare: tuple[str, ...] = (),
    extra: tuple[tuple[str, str], ...] = (),
) -> RunResult:
    settings = RunSettings(
        seed=3,
        events=12_000,
        faults=faults,
        seconds=6,
        services=("usage_rating",),
        schedule=schedule,
        variant=variant,
        members_at_start=members_at_start,
        prepare=prepare,
        extra=extra,
        quiet_events=1,
        drain_patience_s=3,
    )
    async with asyncio.timeout(180):
        result = await fault_run(settings, folder, lambda words: None, keep=True)
    sys.stdout.write("\n".join([f"{variant}: {result.seconds:.0f} s", *result.verdict.problems[:3], ""]))
    return result
