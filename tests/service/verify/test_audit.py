"""`ringledger verify` names every entry of an audit log that was changed, removed, moved or added by hand."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.audit.recording import record_all
from chassis.clock import system_clock
from chassis.database import Connection
from cli.verify.audit import run_audit_check
from cli.verify.snapshot import open_snapshot
from cli.verify.verdict import CheckResult
from contracts.values.access import Privilege
from contracts.values.audit import Change
from tests.conftest import FreshDatabase
from tests.service.verify.test_queries import all_services
from tests.support.callers import a_caller

ENTRIES = 6


@pytest.fixture
async def dsn(fresh_database: FreshDatabase) -> str:
    """Two accounts with six entries each in billing_units, of which `acme` is tampered with."""
    dsn = await fresh_database(all_services)
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "billing_units"})
    for account in ("acme", "other"):
        for number in range(ENTRIES):
            caller = a_caller(account, Privilege.ADMINISTER)
            change = Change(action="unit.change", subject=f"unit-{number}", before="{}", after='{"name": "é"}')
            async with connection.transaction():
                await record_all(connection, caller, [change], system_clock())
    await connection.close()
    return dsn


@pytest.fixture
async def admin(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "billing_units"})
    yield connection
    await connection.close()


async def checked(dsn: str, service: str = "billing_units", account: str | None = None) -> CheckResult:
    async with open_snapshot(dsn, account_id=account, period=None) as snapshot:
        return await run_audit_check(snapshot, service)


async def test_whole_chains_hold_and_services_are_apart(dsn: str) -> None:
    for service in ("usage_rating", "billing_units", "reporting", "portal"):
        assert (await checked(dsn, service)).holds, service


TAMPERED = {
    "what": "UPDATE audit_entry SET after = '{}' WHERE account_id = 'acme' AND seq = 3",
    "who": "UPDATE audit_entry SET caller_id = 'eve' WHERE account_id = 'acme' AND seq = 3",
    "when": "UPDATE audit_entry SET at = at - interval '1 us' WHERE account_id = 'acme' AND seq = 3",
    "whose": "UPDATE audit_entry SET account_id = 'acme', seq = 7 WHERE account_id = 'other' AND seq = 6",
    "removed": "DELETE FROM audit_entry WHERE account_id = 'acme' AND seq = 3",
    "the first removed": "DELETE FROM audit_entry WHERE account_id = 'acme' AND seq = 1",
    "the last removed": "DELETE FROM audit_entry WHERE account_id = 'acme' AND seq = 6",
    "all removed": "DELETE FROM audit_entry WHERE account_id = 'acme'",
    "all removed with the head": "WITH gone AS (DELETE FROM audit_entry WHERE account_id = 'acme') "
    "UPDATE audit_head SET seq = 0 WHERE account_id = 'acme'",
    "reordered": "UPDATE audit_entry SET seq = 100 WHERE account_id = 'acme' AND seq = 3; "
    "UPDATE audit_entry SET seq = 3 WHERE account_id = 'acme' AND seq = 4; "
    "UPDATE audit_entry SET seq = 4 WHERE account_id = 'acme' AND seq = 100",
    "the head": "UPDATE audit_head SET hash = '\\x00' WHERE account_id = 'acme'",
    "the head removed": "DELETE FROM audit_head WHERE account_id = 'acme'",
    "added": "INSERT INTO audit_entry SELECT account_id, 7, at, caller_kind, caller_id, action, subject, before, "
    "after, request_id, previous_hash, hash FROM audit_entry WHERE account_id = 'acme' AND seq = 6",
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_tampering_is_named(dsn: str, admin: Connection, how: str) -> None:
    await admin.execute(TAMPERED[how])
    found = await checked(dsn)
    assert not found.holds
    assert all(row["account_id"] in {"acme", "other"} and row["why"] for row in found.rows)
    if how in {"what", "who", "when"}:
        assert [(row["seq"], row["why"], row["subject"]) for row in found.rows] == [(3, "was changed", "unit-2")]
    if how == "removed":
        assert [(row["seq"], row["why"]) for row in found.rows] == [(4, "does not follow from the one before it")]
    if how == "reordered":
        assert {row["seq"] for row in found.rows} == {3, 4, 5}
    assert not (await checked(dsn, account="acme")).holds
    if how != "whose":
        assert (await checked(dsn, account="other")).holds


async def test_many_findings_are_counted_and_some_shown(dsn: str, admin: Connection) -> None:
    await admin.execute("UPDATE audit_entry SET request_id = 'other'")
    found = await checked(dsn)
    assert found.offending == 2 * ENTRIES == len(found.rows)
