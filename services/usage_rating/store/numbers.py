"""The account's own numbers as billing_units publishes them: what prices by number type ask for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.database import Connection
from contracts.events.facts import NumberFact
from services.usage_rating.domain.plan import NumberKind
from services.usage_rating.store.queries import QUERIES


class HeldNumber(NamedTuple):
    """A number of an account in [from_at, until_at), and its type where the platform said one."""

    kind: NumberKind | None
    from_at: datetime
    until_at: datetime | None

    def holds_at(self, instant: datetime) -> bool:
        """Whether the account holds the number then."""
        return self.from_at <= instant and (self.until_at is None or instant < self.until_at)


async def list_held_numbers(
    connection: Connection, asked: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], HeldNumber]:
    """Those of the numbers (account, E.164) that are known."""
    pairs = sorted(asked)
    rows = await connection.fetch(
        QUERIES["list_held_numbers"], [account for account, _ in pairs], [number for _, number in pairs]
    )
    return {
        (row["account_id"], row["number"]): HeldNumber(row["kind"], row["from_at"], row["until_at"]) for row in rows
    }


async def upsert_numbers(connection: Connection, facts: Sequence[NumberFact]) -> None:
    """Adopt facts of numbers unless newer ones are known."""
    await connection.execute(
        QUERIES["upsert_numbers"],
        [fact.account_id for fact in facts],
        [fact.number for fact in facts],
        [fact.version for fact in facts],
        [fact.kind for fact in facts],
        [fact.from_at for fact in facts],
        [fact.until_at for fact in facts],
        [fact.deleted for fact in facts],
    )
