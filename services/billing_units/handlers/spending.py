"""Adds up what units spent, and announces what somebody should act on: budgets used up so far, too much on nobody.

Both jobs take away what others left for them (changes of spend; marks of whose alerts are due) in the transaction
in which they record what came of it. Killed anywhere, all of a run happened or nothing, messages included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chassis.clock import Clock
from chassis.database import ACQUIRE_TIMEOUT_S, Connection, Pool
from chassis.outbox.lanes import Outgoing, open_standing_lane
from contracts.events.alert import (
    BUDGET_STAGE_REACHED,
    UNASSIGNED_SHARE_PASSED,
    BudgetStage,
    UnassignedShare,
)
from contracts.events.envelope import EventType, encode
from contracts.topics import ALERTS
from contracts.values.calendar import local_day, period_of, zone_of
from contracts.values.ids import IdKind, derived_id
from services.billing_units.domain.budgets import percent_of, reached
from services.billing_units.handlers.charge_messages import SOURCE
from services.billing_units.store import alerts, spending
from services.billing_units.store.alerts import Due, DueBudget, Passed, Share

LANE = "alerts"
CHANGES_PER_RUN = 20_000
MARKS_PER_RUN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingHandler:
    """Adds up and announces; any number of processes may, each takes what no other has taken."""

    pool: Pool
    clock: Clock
    changes_per_run: int = CHANGES_PER_RUN
    marks_per_run: int = MARKS_PER_RUN

    async def add_up(self) -> int:
        """Add waiting changes to what units spent, and mark whose alerts are due; how many changes there were."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            return await spending.add_up(connection, self.changes_per_run)

    async def announce(self) -> int:
        """Decide the alerts that are due; how many units and accounts were looked at."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            now = self.clock()
            dues = await alerts.take_due(connection, self.marks_per_run)
            wanted = await _of_open_periods(connection, dues, now) if dues else []
            if wanted:
                keys = sorted({(due.account_id, due.period) for due in wanted})
                before = await alerts.lock_shares(connection, keys, now)
                outgoing = await open_standing_lane(connection, LANE)
                await _announce_stages(connection, outgoing, await alerts.list_due_budgets(connection, wanted), now)
                shares = await alerts.list_shares(connection, keys)
                decided = [(share, before[share.account_id, share.period]) for share in shares]
                await _announce_shares(connection, outgoing, decided, now)
                await outgoing.record(connection, now)
            return len(dues)


def alert_periods(now: datetime, zone: str, anchor_day: int) -> tuple[date, date]:
    """The periods whose alerts are announced: the present one, and the one before, in which late use is booked.

    What lies further back is history: who loads it is not told of every stage that it once reached.
    """
    present = period_of(local_day(now, zone_of(zone)), anchor_day=anchor_day)
    before = period_of(present.start_on - timedelta(days=1), anchor_day=anchor_day)
    return before.start_on, present.start_on


async def _of_open_periods(connection: Connection, dues: Sequence[Due], now: datetime) -> list[Due]:
    calendars = await alerts.list_calendars(connection, {due.account_id for due in dues})
    periods = {account: alert_periods(now, *calendar) for account, calendar in calendars.items()}
    return [due for due in dues if due.period in periods.get(due.account_id, ())]


async def _announce_stages(
    connection: Connection, outgoing: Outgoing, budgets: Sequence[DueBudget], now: datetime
) -> None:
    """Each stage once for an amount, whoever else decides at the same time."""
    found = [
        (budget, stage)
        for budget in budgets
        for stage in reached(budget.stages, budget.spent, budget.amount)
        if stage not in budget.announced
    ]
    if not found:
        return
    new = await alerts.insert_budget_alerts(connection, found, now)
    for budget, stage in found:
        if (budget.account_id, budget.unit_id, budget.period, stage) in new:
            message = BudgetStage(
                account_id=budget.account_id,
                unit_id=budget.unit_id,
                booked_period=budget.period,
                currency=budget.currency,
                budget_amount=budget.amount,
                budget_version=budget.version,
                stage_percent=stage,
                spent=budget.spent,
                reached_at=now,
            )
            said = (budget.unit_id, budget.period.isoformat(), str(budget.amount), str(stage))
            _send(outgoing, BUDGET_STAGE_REACHED, message, said, now)


async def _announce_shares(
    connection: Connection, outgoing: Outgoing, decided: Sequence[tuple[Share, Passed]], now: datetime
) -> None:
    """A share when it passes its threshold, and again only after it was below."""
    changed = []
    for share, before in decided:
        passes = share.threshold.is_passed(share.unassigned, share.total)
        if passes == before.passed:
            continue
        times = before.times + passes
        changed.append(((share.account_id, share.period), Passed(passed=passes, times=times)))
        if passes:
            message = UnassignedShare(
                account_id=share.account_id,
                booked_period=share.period,
                currency=share.currency,
                unassigned_amount=share.unassigned,
                total_amount=share.total,
                share_percent=percent_of(share.unassigned, share.total),
                threshold_percent=share.threshold.percent,
                times=times,
                passed_at=now,
            )
            _send(outgoing, UNASSIGNED_SHARE_PASSED, message, (share.period.isoformat(), str(times)), now)
    if changed:
        await alerts.update_shares(connection, changed, now)


def _send(
    outgoing: Outgoing,
    kind: EventType[Any],
    message: BudgetStage | UnassignedShare,
    said: Sequence[str],
    now: datetime,
) -> None:
    """said: what makes the alert the one it is, so that it has one id for ever."""
    alert_id = derived_id(IdKind.ALERT, message.account_id, kind.name, *said)
    value = encode(kind=kind, event_id=alert_id, source=SOURCE, time=now, data=message)
    outgoing.send(ALERTS.name, key=message.account_id.encode(), value=value)
