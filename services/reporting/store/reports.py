"""Reports as they were when made."""

from uuid import UUID

from chassis.database import Connection
from contracts.events.charge import UNASSIGNED
from contracts.events.report import UnitReport, UnitReportLine
from services.reporting.store import QUERIES
from services.reporting.store.costs import unit_id_of


async def insert_report(connection: Connection, report: UnitReport) -> None:
    """Keep a report with its lines."""
    await connection.execute(
        QUERIES["insert_report"],
        report.account_id,
        report.report_id,
        report.booked_period,
        report.currency,
        report.as_of,
        report.total_calls,
        report.total_billed_s,
        report.total_amount,
    )
    await connection.execute(
        QUERIES["insert_report_lines"],
        report.account_id,
        report.report_id,
        [line.unit_id or UNASSIGNED for line in report.lines],
        [line.calls for line in report.lines],
        [line.duration_ms for line in report.lines],
        [line.billed_s for line in report.lines],
        [line.amount for line in report.lines],
    )


async def find_report(connection: Connection, account_id: str, report_id: UUID) -> UnitReport | None:
    """A report of this account, None when there is no such one."""
    row = await connection.fetchrow(QUERIES["find_report"], account_id, report_id)
    if row is None:
        return None
    lines = await connection.fetch(QUERIES["list_report_lines"], account_id, report_id)
    return UnitReport(
        **dict(row) | {"report_id": str(row["report_id"])},
        lines=tuple(
            UnitReportLine(
                unit_id=unit_id_of(line["unit_key"]),
                calls=line["calls"],
                duration_ms=line["duration_ms"],
                billed_s=line["billed_s"],
                amount=line["amount"],
            )
            for line in lines
        ),
    )
