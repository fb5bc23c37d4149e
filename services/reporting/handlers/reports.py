"""Sums up a booked period by unit, and makes the report of one when asked."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox.lanes import open_command_lane
from contracts.events.envelope import encode
from contracts.events.report import UNIT_REPORT_MADE, UnitReport, UnitReportLine
from contracts.topics import REPORTS
from contracts.values.calendar import local_day, period_of, zone_of
from services.reporting.domain.summary import Summary, summarise
from services.reporting.handlers.charges import SOURCE
from services.reporting.store.costs import find_last_period, list_period_costs
from services.reporting.store.reports import insert_report
from services.reporting.store.units import AccountTerms, find_account


class UnknownAccount(LookupError):
    """No fact of this account has come and nothing of it was ever charged."""


class NotAPeriod(ValueError):
    """The day asked for begins no billing period, and nothing was booked under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSummary:
    """A summary and the first day of the period it is about."""

    booked_period: date
    summary: Summary


async def sum_up_period(
    connection: Connection,
    account_id: str,
    period: date | None,
    *,
    now: datetime,
    group: str = "unit",
    only: frozenset[str] | None = None,
) -> PeriodSummary:
    """What each unit cost in a booked period; without one, in the latest that has costs, else the present one.

    only: the units that may be seen, None for all and what is unassigned; the latest period is of these too.
    Raises UnknownAccount, NotAPeriod, or MixedCurrencies when the account's costs are not in one currency.
    """
    terms = await find_account(connection, account_id)
    last = await find_last_period(connection, account_id, only)
    if terms is None and last is None:
        raise UnknownAccount(f"nothing is known of account {account_id}")
    booked = period or last or _present_period(terms, now)
    units, rows = await list_period_costs(connection, account_id, booked, group=group)
    if not rows and terms is not None:
        start = period_of(booked, anchor_day=terms.anchor_day).start_on
        if start != booked:
            raise NotAPeriod(f"no billing period begins on {booked}; the one that holds it begins on {start}")
    currency = terms.currency if terms else (rows[0].currency if rows else None)
    if currency is None:
        raise NotAPeriod(f"nothing was booked in {booked}, and the account's periods are not known yet")
    return PeriodSummary(booked_period=booked, summary=summarise(rows, units=units, currency=currency, only=only))


def _present_period(terms: AccountTerms | None, now: datetime) -> date:
    assert terms is not None, "an account without terms has costs"
    return period_of(local_day(now, zone_of(terms.zone)), anchor_day=terms.anchor_day).start_on


async def make_unit_report(
    connection: Connection, account_id: str, period: date, *, report_id: UUID, now: datetime
) -> UnitReport:
    """Make, keep and publish the report of a period. Raises as `sum_up_period` does."""
    found = await sum_up_period(connection, account_id, period, now=now)
    total = found.summary.total
    report = UnitReport(
        account_id=account_id,
        report_id=str(report_id),
        booked_period=found.booked_period,
        currency=found.summary.currency,
        as_of=now,
        lines=tuple(
            UnitReportLine(
                unit_id=line.row.unit_id,
                calls=line.row.quantities.calls,
                duration_ms=line.row.quantities.duration_ms,
                billed_s=line.row.quantities.billed_s,
                amount=line.row.quantities.amount,
            )
            for line in found.summary.lines
        ),
        total_calls=total.calls,
        total_billed_s=total.billed_s,
        total_amount=total.amount,
    )
    await insert_report(connection, report)
    outgoing = await open_command_lane(connection, account_id)
    value = encode(kind=UNIT_REPORT_MADE, event_id=report_id, source=SOURCE, time=now, data=report)
    outgoing.send(REPORTS.name, key=account_id.encode(), value=value)
    await outgoing.record(connection, now)
    return report
