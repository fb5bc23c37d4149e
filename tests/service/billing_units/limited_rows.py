"""What of billing_units' tables a caller limited to Claims could read at all, whatever a statement asks."""

import asyncpg

from tests.support.directory import NUMBER, unit_id

CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")
OF_ALL = {"account", "audit_entry", "audit_head", "directory", "reattribution"}
"""What a statement for a limited caller could read of the account as a whole: its zone, and who made the changes
that moved charges. The log's operations are for Admins without a limit only."""

OWN = {
    "spend_change": "unit_key",
    "unit_spend": "unit_key",
    "budget_version": "unit_id",
    "budget_alert": "unit_id",
    "unit": "unit_id",
    "assignment": "unit_id",
    "assignment_version": "unit_id",
    "charge": "unit_id",
    "number": "number",
    "team": "team_id",
    "team_membership": "team_id",
    "directory_user": "user_id",
}
SEEN = {
    "spend_change": {CLAIMS},
    "unit_spend": {CLAIMS},
    "budget_version": {CLAIMS},
    "budget_alert": {CLAIMS},
    "unit": {CLAIMS},
    "assignment": {CLAIMS},
    "assignment_version": {CLAIMS},
    "charge": {CLAIMS},
    "number": {NUMBER},
    "team": {"evening"},
    "team_membership": {"evening"},
    "directory_user": {"agent-17"},
}
UNSEEN = {"allocation", "follower", "reversal_wait", "unassigned_alert_version", "unassigned_share"}
OUTGOING = {"outbox", "outbox_lane", "event_conflict", "conflict_resolution", "seen_event"}
"""The chassis' own, with lanes and messages of the account's commands; no operation shows them to anybody."""


async def put_spend(database: str) -> None:
    """Rows of every table of budgets, for both units and for nobody."""
    admin = await asyncpg.connect(database, server_settings={"search_path": "billing_units"})
    units = [CLAIMS, SALES]
    try:
        await admin.execute(
            """
            INSERT INTO unit_spend SELECT * FROM spend_change;
            INSERT INTO unassigned_alert_version VALUES ('harbour-care', 1, 5, 0, 'tests', now(), '');
            INSERT INTO unassigned_share (account_id, booked_period, passed, times, changed_at)
            VALUES ('harbour-care', '2026-06-01', true, 1, now());
            """
        )
        await admin.execute(
            """
            INSERT INTO budget_version
            SELECT 'harbour-care', unit, 1, '2026-06-01', NULL, 10, 'EUR', '{50}', 'tests', now(), ''
            FROM unnest($1::uuid[]) unit
            """,
            units,
        )
        await admin.execute(
            """
            INSERT INTO budget_alert
            SELECT 'harbour-care', unit, '2026-06-01', 10, 50, now() FROM unnest($1::uuid[]) unit
            """,
            units,
        )
    finally:
        await admin.close()
