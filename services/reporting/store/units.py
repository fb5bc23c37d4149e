"""Accounts and units as facts tell of them, and the counters of the units' topics."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chassis.database import Connection
from contracts.events.facts import AccountFact, UnitFact
from services.reporting.store import QUERIES, UnitKey


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """What a report needs of an account: its currency, the zone of its days, the first day of its periods."""

    currency: str
    zone: str
    anchor_day: int


async def upsert_accounts(connection: Connection, facts: Sequence[AccountFact]) -> None:
    """Adopt accounts, each once, in the order of their ids, unless a newer version is known."""
    await connection.execute(
        QUERIES["upsert_accounts"],
        [fact.account_id for fact in facts],
        [fact.version for fact in facts],
        [fact.currency for fact in facts],
        [fact.zone for fact in facts],
        [fact.anchor_day for fact in facts],
        [fact.deleted for fact in facts],
    )


async def upsert_units(connection: Connection, facts: Sequence[UnitFact]) -> None:
    """Adopt units, each once, in the order of account and id, unless a newer version is known."""
    await connection.execute(
        QUERIES["upsert_units"],
        [fact.account_id for fact in facts],
        [fact.unit_id for fact in facts],
        [fact.version for fact in facts],
        [fact.archived_at for fact in facts],
        [fact.deleted for fact in facts],
    )


async def insert_unit_lanes(connection: Connection, units: Collection[UnitKey]) -> None:
    """Begin the counters of units that have none yet."""
    accounts, keys = _columns(units)
    await connection.execute(QUERIES["insert_unit_lanes"], accounts, keys)


async def lock_unit_lanes(connection: Connection, units: Collection[UnitKey]) -> dict[UnitKey, int]:
    """The last number of each unit's topic, locked in one order; made where a unit has no counter yet."""
    found = await _lock_all(connection, units)
    if len(found) < len(units):
        await insert_unit_lanes(connection, units)
        found = await _lock_all(connection, units)
    return found


async def _lock_all(connection: Connection, units: Collection[UnitKey]) -> dict[UnitKey, int]:
    accounts, keys = _columns(units)
    rows = await connection.fetch(QUERIES["lock_unit_lanes"], accounts, keys)
    return {(row["account_id"], row["unit_key"]): row["last_seq"] for row in rows}


async def update_unit_lanes(connection: Connection, last_seqs: Mapping[UnitKey, int]) -> None:
    """Move the counters of locked units."""
    accounts, keys = _columns(last_seqs)
    await connection.execute(
        QUERIES["update_unit_lanes"],
        accounts,
        keys,
        [last_seqs[unit] for unit in zip(accounts, keys, strict=True)],
    )


async def list_lanes_without_topic(connection: Connection, *, every_unit: bool = False) -> list[UnitKey]:
    """Units whose topic is not known to exist, or every unit."""
    rows = await connection.fetch(QUERIES["list_lanes_without_topic"], every_unit)
    return [(row["account_id"], row["unit_key"]) for row in rows]


async def update_topic_created(connection: Connection, units: Collection[UnitKey]) -> None:
    """Note that these units' topics exist."""
    accounts, keys = _columns(units)
    await connection.execute(QUERIES["update_topic_created"], accounts, keys)


async def find_account(connection: Connection, account_id: str) -> AccountTerms | None:
    """The account's terms, None when no fact of it has come yet."""
    row = await connection.fetchrow(QUERIES["find_account"], account_id)
    return None if row is None else AccountTerms(**dict(row))


async def find_unit_lane(connection: Connection, account_id: str, unit_key: str) -> int | None:
    """The last number of a unit's topic, None for a unit nobody ever heard of."""
    last_seq: int | None = await connection.fetchval(QUERIES["find_unit_lane"], account_id, unit_key)
    return last_seq


def _columns(units: Collection[UnitKey]) -> tuple[list[str], list[str]]:
    """Accounts and unit keys as parallel columns, in the one order in which rows of units are locked."""
    ordered = sorted(units)
    return [unit[0] for unit in ordered], [unit[1] for unit in ordered]
