"""Checks after each run that the work was really done: a fast process that drops calls must not win."""

from dataclasses import dataclass
from decimal import Decimal

import asyncpg

from contracts.topics import RATED_USAGE
from tests.bench.ground import Database, Ground
from tests.bench.subjects import BILLING_UNITS, USAGE_RATING, Service


class WrongEffect(AssertionError):
    """The measured process did not do what it was measured for; the figure means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a service made of its records. amount: the sum of its money, in the account's currency."""

    records: int
    messages: int
    amount: Decimal
    by_rule: dict[str, int]


async def effect_of(service: Service, ground: Ground, database: Database, count: int) -> Effect:
    """Every record accepted once and every message published, or WrongEffect."""
    connection = await asyncpg.connect(database.administrator_dsn)
    try:
        accepted, passed = await connection.fetchrow(
            f"""
            SELECT coalesce(sum(accepted), 0)::bigint, coalesce(sum(last_offset - first_offset + 1), 0)::bigint
            FROM {service.name}.offset_fate WHERE topic = $1
            """,
            service.reads.name,
        )
        if (accepted, passed) != (count, count):
            raise WrongEffect(f"{service.name} passed {passed} records and accepted {accepted} of {count}")
        effect = await (_of_billing_units if service is BILLING_UNITS else _of_usage_rating)(connection, count)
    finally:
        await connection.close()
    published = await ground.record_count(service.sends)
    if published != effect.messages:
        raise WrongEffect(f"{service.name} made {effect.messages} messages, the broker has {published}")
    return effect


async def _of_usage_rating(connection: asyncpg.Connection, count: int) -> Effect:
    rows, amount, priced = await connection.fetchrow(
        "SELECT count(*), sum(amount), count(*) FILTER (WHERE amount > 0) FROM usage_rating.rated_usage"
    )
    if rows != count or priced < count // 2:
        raise WrongEffect(f"{USAGE_RATING.name}: {rows} ratings of {count} calls, {priced} above zero")
    return Effect(records=count, messages=rows, amount=amount, by_rule={"above zero": priced})


async def _of_billing_units(connection: asyncpg.Connection, count: int) -> Effect:
    """The shares of all charges sum to what was rated; what was rated is read from the ratings' own table."""
    rows, amount = await connection.fetchrow("SELECT count(*), sum(amount) FROM billing_units.charge")
    rated = await connection.fetchval("SELECT sum(amount) FROM usage_rating.rated_usage")
    if rated is not None and amount != rated:
        raise WrongEffect(
            f"{BILLING_UNITS.name}: charges sum to {amount}, rated usage of {RATED_USAGE.name} to {rated}"
        )
    rules = await connection.fetch("SELECT rule, count(*) FROM billing_units.charge GROUP BY rule ORDER BY rule")
    by_rule = {row["rule"]: row["count"] for row in rules}
    if rows < count or not {"number", "user", "override"} <= by_rule.keys():
        raise WrongEffect(f"{BILLING_UNITS.name}: {rows} charges of {count} uses by rule {by_rule}")
    return Effect(records=count, messages=rows, amount=amount, by_rule=by_rule)
