"""Commands on budgets and on the threshold of Unassigned: refused when they have changed meanwhile, each a fact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.audit.recording import record_change
from chassis.database import Connection
from chassis.outbox.lanes import open_command_lane
from contracts.events import facts
from contracts.events.charge import UNASSIGNED
from contracts.events.envelope import EventType, encode, to_json
from contracts.topics import BILLING_UNITS_FACTS
from contracts.values.audit import Change
from contracts.values.calendar import local_day, period_of, zone_of
from contracts.values.ids import IdKind, derived_id
from services.billing_units.domain.budgets import Budget, Threshold, plan_of, stages_refusal
from services.billing_units.handlers.charge_messages import SOURCE
from services.billing_units.handlers.commands import Commands, Refusal, no_account, no_unit
from services.billing_units.handlers.spending import alert_periods
from services.billing_units.store import budgets, listing
from services.billing_units.store.budgets import SaidBudget, SaidThreshold, Saying

Expected = Callable[[int], bool]
"""Whether the version that stands is one that the caller has seen (`If-Match`); 0: nothing was ever said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A budget to be. from_period: the first day of a period, the present one unless said; only: for it alone."""

    amount: Decimal
    stages: tuple[int, ...]
    from_period: date | None
    only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was said of a unit's budget up to a version, as spans in order of time."""

    unit_id: str
    version: int
    spans: Sequence[Budget]


async def put_budget(
    commands: Commands, account_id: str, unit_id: str, wanted: Wanted, expected: Expected
) -> Plan | Refusal:
    """Let a unit have a budget from a period on, whatever was said of these periods before."""
    says = stages_refusal(wanted.stages)
    if wanted.amount <= 0:
        says = f"amount: a budget is more than 0, not {wanted.amount}"
    if says is not None:
        return Refusal(code="invalid_entry", says=says)
    async with commands.changing(account_id) as connection:
        unit = await _unit(connection, account_id, unit_id, expected)
        if isinstance(unit, Refusal):
            return unit
        if unit.archived_at is not None:
            return Refusal(
                code="unit_archived", says=f"Unit {unit.name!r} is archived: it takes no budget any more."
            )
        now = commands.clock()
        from_period = _begin_of(unit, wanted.from_period, now)
        if isinstance(from_period, Refusal):
            return from_period
        until_period = period_of(from_period, anchor_day=unit.anchor_day).end_on if wanted.only else None
        budget = Budget(
            from_period=from_period,
            until_period=until_period,
            amount=wanted.amount,
            currency=unit.currency,
            stages=wanted.stages,
        )
        return await _say(commands, connection, account_id, unit, budget, now)


async def end_budget(
    commands: Commands, account_id: str, unit_id: str, from_period: date | None, expected: Expected
) -> Plan | Refusal:
    """Let a unit have no budget from a period on, the present one unless said."""
    async with commands.changing(account_id) as connection:
        unit = await _unit(connection, account_id, unit_id, expected)
        if isinstance(unit, Refusal):
            return unit
        now = commands.clock()
        begin = _begin_of(unit, from_period, now)
        if isinstance(begin, Refusal):
            return begin
        spans = plan_of([said.budget for said in unit.said])
        if all(span.until_period is not None and span.until_period <= begin for span in spans):
            return Refusal(code="not_found", says=f"Unit {unit.name!r} has no budget from {begin.isoformat()} on.")
        nothing = Budget(from_period=begin, until_period=None, amount=None, currency=unit.currency, stages=())
        return await _say(commands, connection, account_id, unit, nothing, now)


async def put_threshold(
    commands: Commands, account_id: str, threshold: Threshold, expected: Expected
) -> SaidThreshold | Refusal:
    """Let an account be told of *Unassigned* from another share on."""
    async with commands.changing(account_id) as connection:
        account = await listing.find_account(connection, account_id)
        if account is None:
            return no_account(account_id)
        before = await budgets.find_unassigned_alert(connection, account_id)
        version = 0 if before is None else before.saying.version
        if not expected(version):
            return _changed("The threshold", version)
        now = commands.clock()
        saying = Saying(version=version + 1, author=commands.author, recorded_at=now)
        said = SaidThreshold(threshold=threshold, saying=saying)
        await budgets.insert_unassigned_alert_version(connection, account_id, said)
        periods = alert_periods(now, account["zone"], account["anchor_day"])
        await budgets.insert_alerts_due(connection, account_id, UNASSIGNED, periods)
        fact = facts.UnassignedAlertFact(
            account_id=account_id,
            version=saying.version,
            threshold_percent=threshold.percent,
            minimum_amount=threshold.minimum_amount,
        )
        fact_id = derived_id(IdKind.FACT, "unassigned_alert", account_id, str(saying.version))
        change = Change(
            action="unassigned-alert.change",
            subject=account_id,
            before=None if before is None else to_json(before.threshold).decode(),
            after=to_json(threshold).decode(),
        )
        await _publish(commands, connection, facts.UNASSIGNED_ALERT_FACT, fact, fact_id, change, now)
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """A unit with its account's calendar and currency, and all that was said of its budget."""

    unit_id: str
    name: str
    archived_at: datetime | None
    currency: str
    zone: str
    anchor_day: int
    said: Sequence[SaidBudget]

    @property
    def version(self) -> int:
        """Of what was said last; 0 where nothing was."""
        return self.said[-1].saying.version if self.said else 0


async def _unit(connection: Connection, account_id: str, unit_id: str, expected: Expected) -> _Unit | Refusal:
    """The unit, when what was said of its budget is what the caller expects."""
    account = await listing.find_account(connection, account_id)
    row = await listing.find_unit(connection, account_id, unit_id)
    if account is None or row is None:
        return no_unit(unit_id)
    unit = _Unit(
        unit_id=unit_id,
        name=row["name"],
        archived_at=row["archived_at"],
        currency=account["currency"],
        zone=account["zone"],
        anchor_day=account["anchor_day"],
        said=await budgets.list_budget_versions(connection, account_id, unit_id),
    )
    return unit if expected(unit.version) else _changed(f"The budget of unit {unit.name!r}", unit.version)


def _changed(what: str, version: int) -> Refusal:
    says = f"{what} is at version {version} by now: read it again, then decide."
    return Refusal(code="changed_meanwhile", says=says, more={"version": version})


def _begin_of(unit: _Unit, asked: date | None, now: datetime) -> date | Refusal:
    """The first day of the period from which on something is to be; a budget begins with a period."""
    day = asked or local_day(now, zone_of(unit.zone))
    period = period_of(day, anchor_day=unit.anchor_day)
    if asked is None or asked == period.start_on:
        return period.start_on
    says = (
        f"from_period: a budget begins with a period, and {asked.isoformat()} lies within the one from "
        f"{period.start_on.isoformat()} to {period.end_on.isoformat()}: say one of these two"
    )
    return Refusal(code="invalid_entry", says=says)


async def _say(
    commands: Commands, connection: Connection, account_id: str, unit: _Unit, budget: Budget, now: datetime
) -> Plan:
    """Append what is said, let alerts be decided by it, and publish all that holds now."""
    saying = Saying(version=unit.version + 1, author=commands.author, recorded_at=now)
    said = SaidBudget(budget=budget, saying=saying)
    await budgets.insert_budget_version(connection, account_id, unit.unit_id, said)
    periods = [period for period in alert_periods(now, unit.zone, unit.anchor_day) if budget.holds(period)]
    await budgets.insert_alerts_due(connection, account_id, unit.unit_id, periods)
    former = [said.budget for said in unit.said]
    spans = plan_of([*former, budget])
    change = Change(
        action="budget.change",
        subject=unit.unit_id,
        before=_told(plan_of(former)) if former else None,
        after=_told(spans),
    )
    fact = facts.BudgetFact(
        account_id=account_id, unit_id=unit.unit_id, version=saying.version, spans=tuple(map(_span, spans))
    )
    fact_id = derived_id(IdKind.FACT, "budget", account_id, unit.unit_id, str(saying.version))
    await _publish(commands, connection, facts.BUDGET_FACT, fact, fact_id, change, now)
    return Plan(unit_id=unit.unit_id, version=saying.version, spans=spans)


def _span(budget: Budget) -> facts.BudgetSpan:
    assert budget.amount is not None, "a plan has no span without a budget"
    return facts.BudgetSpan(
        from_period=budget.from_period,
        until_period=budget.until_period,
        amount=budget.amount,
        currency=budget.currency,
        stages=budget.stages,
    )


def _told(plan: Sequence[Budget]) -> str:
    """All that holds, for the audit log."""
    return to_json({"budgets": [_span(span) for span in plan]}).decode()


async def _publish(
    commands: Commands,
    connection: Connection,
    kind: EventType[Any],
    fact: facts.BudgetFact | facts.UnassignedAlertFact,
    fact_id: UUID,
    change: Change,
    now: datetime,
) -> None:
    """The fact and the entry of the audit log; the chain and the lane come last."""
    outgoing = await open_command_lane(connection, fact.account_id)
    value = encode(kind=kind, event_id=fact_id, source=SOURCE, time=now, data=fact)
    outgoing.send(BILLING_UNITS_FACTS.name, key=fact.account_id.encode(), value=value)
    await record_change(connection, commands.asked_by, change, now)
    await outgoing.record(connection, now)
