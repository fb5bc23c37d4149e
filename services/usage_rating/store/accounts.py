"""What rating knows of accounts, their plans and activations."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.database import Connection
from services.usage_rating.domain.activation import Activation
from services.usage_rating.store.queries import EVERY_ACCOUNT, QUERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """What rating needs of an account: its currency, the zone of its days, the first day of its periods."""

    currency: str
    zone: str
    anchor_day: int


async def list_accounts(connection: Connection, account_ids: Iterable[str]) -> dict[str, AccountTerms]:
    """The accounts that are known, by id."""
    rows = await connection.fetch(QUERIES["list_accounts"], list(account_ids))
    return {
        row["account_id"]: AccountTerms(currency=row["currency"], zone=row["zone"], anchor_day=row["anchor_day"])
        for row in rows
    }


async def upsert_account(
    connection: Connection, account_id: str, version: int, terms: AccountTerms, *, deleted: bool
) -> None:
    """Adopt an account's fact unless a newer one is known."""
    await connection.execute(
        QUERIES["upsert_account"],
        account_id,
        version,
        terms.currency,
        terms.zone,
        terms.anchor_day,
        deleted,
    )


async def list_activations(connection: Connection, account_ids: Iterable[str]) -> list[Activation]:
    """Activations of these accounts and of everybody."""
    rows = await connection.fetch(QUERIES["list_activations"], list(account_ids))
    return [
        Activation(
            activation_id=str(row["activation_id"]),
            plan_id=row["plan_id"],
            plan_version=row["plan_version"],
            effective_at=row["effective_at"],
            account_id=None if row["account_id"] == EVERY_ACCOUNT else row["account_id"],
        )
        for row in rows
    ]


async def get_plan_document(connection: Connection, account_id: str, plan_id: str, version: int) -> str:
    """The canonical JSON of a version of the account's plan, or of everybody's. Raises LookupError when none is."""
    document = await connection.fetchval(QUERIES["get_plan_document"], account_id, plan_id, version)
    if document is None:
        raise LookupError(f"plan {plan_id} of account {account_id} has no version {version}")
    return str(document)
