"""Messages and what is metered find who owes them as calls do, and move as calls do."""

from decimal import Decimal
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from contracts.events.charge import CHARGE_ALLOCATED, Charge
from contracts.events.rated_usage import RatedUsage
from contracts.generate.schemas import event_schema
from contracts.topics import CHARGES
from tests.support.allocating import Allocating
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    a_rated_message,
    a_working_account,
    an_assignment,
    its_reversal,
    unit_id,
)


def a_metered_use(key: str = "storage-1", **more: Any) -> RatedUsage:
    """Recording storage: no channel, no direction, no number."""
    of_a_meter = {"category": "metered", "meter": "recording_storage", "own_number": None}
    return a_rated_message(key, channel=None, direction=None, **{**of_a_meter, **more})


async def test_a_message_is_owed_by_override_then_number_then_user(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account(), an_assignment("agent-17", kind="user", unit="Sales"))
    await allocating.rate(
        a_rated_message("by-number", user_id="agent-17"),
        a_rated_message("by-user", own_number=None, user_id="agent-17"),
        a_rated_message("by-override", unit_override=unit_id("Sales")),
        a_metered_use("storage-of-user", user_id="agent-17"),
        a_metered_use("storage-of-nobody"),
    )
    found = [
        (charge["category"], charge["allocation"]["rule"], charge["unit_id"])
        for charge in await allocating.charges()
    ]
    assert found == [
        ("message", "number", unit_id("Claims")),
        ("message", "user", unit_id("Sales")),
        ("message", "override", unit_id("Sales")),
        ("metered", "user", unit_id("Sales")),
        ("metered", "unassigned", None),
    ]


async def test_what_is_published_is_valid_and_taken_back_exactly(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    message, metered = a_rated_message(), a_metered_use()
    await allocating.rate(message, its_reversal(message), metered)
    schema = Draft202012Validator(event_schema(CHARGE_ALLOCATED))
    events = await allocating.published(CHARGES.name)
    assert [list(schema.iter_errors(event)) for event in events] == [[], [], []]
    charges = [TypeAdapter(Charge).validate_json(orjson.dumps(event["data"])) for event in events]
    assert [charge.amount for charge in charges] == [Decimal("0.14"), Decimal("-0.14"), Decimal("0.14")]
    assert (charges[0].channel, charges[0].direction, charges[2].channel) == ("sms", "outbound", None)


async def test_a_message_moves_with_its_number(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_message(), a_metered_use(own_number=NUMBER))
    claims = an_assignment(version=2, until="2026-06-01T00:00:00Z")
    await allocating.adopt(claims, an_assignment(unit="Sales", since="2026-06-01T00:00:00Z"))
    await allocating.work_off()
    _, live = await allocating.owed(ACCOUNT)
    assert list(live.values()) == [{unit_id("Sales")}] * 2
