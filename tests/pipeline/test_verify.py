"""The proof on a month that went the whole way: it holds, and every change behind the services' backs is named."""

import orjson

from chassis.database import Connection
from cli.demo.centre import ACCOUNT_ID, MONTH
from contracts.topics import CALLS, SERVICES
from tests.pipeline.conftest import CALL_COUNT
from tests.support.proving import broken, names, proven, ringledger
from tests.support.tampering import (
    NAMED_BY_DIGEST,
    ONLY_WHILE_IT_WAITS,
    PREVIEWED,
    a_cent_more,
    money_columns,
    without_row,
)
from tests.support.way_of_a_call import WayOfACall


async def test_a_month_that_went_the_whole_way_holds(way: WayOfACall) -> None:
    verdict = await proven(way)
    assert verdict.holds, broken(verdict)
    assert verdict.settled
    charges, reported = verdict.conservation
    assert (charges.flow, charges.account_id, reported.flow) == ("charges", ACCOUNT_ID, "reported")
    assert charges.upstream.records > CALL_COUNT
    assert charges.upstream.amount == reported.downstream.amount > 0
    assert len(verdict.checks) > 40


async def test_the_command_says_so_and_ends_with_0(way: WayOfACall) -> None:
    code, output, _ = await ringledger(way, "verify")
    assert code == 0, output
    assert output.startswith("HOLDS: ")
    code, output, _ = await ringledger(
        way, "verify", "--json", "--account", ACCOUNT_ID, "--period", MONTH.start_on.isoformat()
    )
    assert (code, orjson.loads(output)["holds"]) == (0, True)


async def test_a_cent_in_any_table_that_carries_money_is_named(way: WayOfACall, admin: Connection) -> None:
    columns = await money_columns(admin, SERVICES)
    assert len(columns) >= 8
    for column in columns:
        if (column.name, column.column) in ONLY_WHILE_IT_WAITS or column.name in PREVIEWED:
            continue
        async with a_cent_more(admin, column) as tampered:
            verdict = await proven(way)
        assert not verdict.holds, f"a cent in {column.name}.{column.column} was not seen"
        assert names(verdict, tampered.ids), (column, tampered.ids, broken(verdict))
        differences = {
            abs(row["difference"])
            for check in verdict.checks
            for row in check.rows
            if row.get("difference") is not None
        }
        if (column.name, column.column) not in NAMED_BY_DIGEST:
            assert {str(difference) for difference in differences} == {"0.010000"}, (column, differences)
    assert (await proven(way)).holds


async def test_the_command_names_a_difference_and_ends_with_5(way: WayOfACall, admin: Connection) -> None:
    (column,) = [c for c in await money_columns(admin, SERVICES) if c.name == "billing_units.charge"]
    async with a_cent_more(admin, column) as tampered:
        code, output, _ = await ringledger(way, "verify")
    assert code == 5
    assert output.startswith("DOES NOT HOLD: ")
    assert all(name in output for name in tampered.ids)
    assert (await ringledger(way, "verify"))[0] == 0


async def test_a_call_or_second_too_many_is_named(way: WayOfACall, admin: Connection) -> None:
    for table, quantity in (
        ("usage_rating.rated_usage", "calls"),
        ("billing_units.charge", "billed_s"),
        ("reporting.charge_fact", "duration_ms"),
        ("reporting.unit_day_cost", "calls"),
    ):
        place = await admin.fetchrow(
            f"UPDATE {table} SET {quantity} = {quantity} + 1 WHERE (tableoid, ctid) = "
            f"(SELECT tableoid, ctid FROM {table} LIMIT 1) RETURNING tableoid, ctid"
        )
        verdict = await proven(way)
        await admin.execute(
            f"UPDATE {table} SET {quantity} = {quantity} - 1 WHERE tableoid = $1 AND ctid = $2", *place
        )
        assert not verdict.holds, (table, quantity)
    assert (await proven(way)).holds


async def test_a_lost_fate_is_named(way: WayOfACall, admin: Connection) -> None:
    where = await admin.fetchrow(
        "SELECT topic, partition, first_offset FROM usage_rating.offset_fate WHERE topic = $1 LIMIT 1", CALLS.name
    )
    condition = "topic = $1 AND partition = $2 AND first_offset = $3"
    async with without_row(admin, "usage_rating.offset_fate", condition, *where):
        found = broken(await proven(way))
    assert {"usage_rating: positions", "all: accepted means recorded"} & found.keys(), found
    assert (await proven(way)).holds


async def test_a_lost_charge_is_named(way: WayOfACall, admin: Connection) -> None:
    row = await admin.fetchrow(
        """
        SELECT min(charge_id::text)::uuid AS charge_id, rated_usage_id, sum(amount) AS amount
        FROM billing_units.charge GROUP BY rated_usage_id HAVING count(*) = 1 AND sum(amount) > 0 LIMIT 1
        """
    )
    async with without_row(admin, "billing_units.charge", "charge_id = $1", row["charge_id"]):
        verdict = await proven(way)
    found = broken(verdict)
    assert row["rated_usage_id"] in {lost["id"] for lost in found["all: nothing lost"]}
    assert row["charge_id"] in {more["charge_id"] for more in found["all: no report without charge"]}
    charges = next(line for line in verdict.conservation if line.flow == "charges")
    assert charges.difference == row["amount"]
    assert (await proven(way)).holds


async def test_a_changed_audit_entry_is_named_by_the_command(way: WayOfACall, admin: Connection) -> None:
    entry = await admin.fetchrow("SELECT account_id, seq, caller_id FROM usage_rating.audit_entry LIMIT 1")
    say = "UPDATE usage_rating.audit_entry SET caller_id = $3 WHERE account_id = $1 AND seq = $2"
    await admin.execute(say, entry["account_id"], entry["seq"], "eve")
    found = broken(await proven(way))
    code, output, _ = await ringledger(way, "verify")
    await admin.execute(say, *entry)
    assert [row["seq"] for row in found["usage_rating: audit log"]] == [entry["seq"]]
    assert code == 5 and "audit log" in output and "was changed" in output
    assert (await proven(way)).holds
