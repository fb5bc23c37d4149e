"""Advisory stripes: what keeps a decision from reading what a concurrent change overtakes (DESIGN §5).

A batch takes the stripes of its accounts shared before it reads; a change takes its account's stripe
exclusively as its first statement. READ COMMITTED and a statement of its own: the batch then reads only
after the change has committed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from zlib import crc32

from chassis.database import Connection

STRIPES = 256


class StripeClass(Enum):
    """What a stripe guards. The order of taking is the order here, ascending within a class."""

    DIRECTORY = "directory"
    PERIOD = "period"


def _class_number(schema: str, kind: StripeClass) -> int:
    return crc32(f"{schema}:{kind.value}".encode()) & 0x7FFFFFFF


def stripe_of(account_id: str) -> int:
    """The stripe of an account, 0–255."""
    return crc32(account_id.encode()) % STRIPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripes:
    """One class of stripes to take, shared by those who decide, exclusively by those who change."""

    kind: StripeClass
    exclusive: bool = False


async def take_stripes(
    connection: Connection, *, schema: str, stripes: Sequence[Stripes], accounts: Iterable[str]
) -> None:
    """Take the accounts' stripes until the transaction ends: class by class, ascending within each."""
    numbers = sorted({stripe_of(account) for account in accounts})
    for wanted in sorted(stripes, key=lambda stripe: list(StripeClass).index(stripe.kind)):
        lock = "pg_advisory_xact_lock" if wanted.exclusive else "pg_advisory_xact_lock_shared"
        await connection.execute(
            f"SELECT {lock}($1, stripe) FROM unnest($2::int[]) AS stripe",
            _class_number(schema, wanted.kind),
            numbers,
        )


async def take_all_stripes(connection: Connection, *, schema: str, kind: StripeClass) -> None:
    """Take every stripe of a class exclusively, for a change that may touch any account."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock($1, stripe) FROM generate_series(0, $2) AS stripe",
        _class_number(schema, kind),
        STRIPES - 1,
    )
