"""Adopts accounts from billing_units' facts, and says by which model people of one may do what."""

from dataclasses import dataclass

from chassis.database import Pool, account_transaction
from chassis.intake.batch import Batch
from contracts.events.facts import AccountFact
from contracts.values.access import AccessModel
from services.portal.store.accounts import get_access, upsert_accounts


async def adopt_accounts(batch: Batch) -> None:
    """Keep the newest version of each account; facts of anything else are none of portal's."""
    newest: dict[str, AccountFact] = {}
    for event in batch.events:
        fact = event.data
        if isinstance(fact, AccountFact):
            known = newest.setdefault(fact.account_id, fact)
            if fact.version > known.version:
                newest[fact.account_id] = fact
    if newest:
        await upsert_accounts(batch.connection, [newest[account_id] for account_id in sorted(newest)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Accounts as portal knows them."""

    pool: Pool

    async def access(self, account_id: str) -> AccessModel:
        """By which model people of the account may do what."""
        async with account_transaction(self.pool, account_id) as connection:
            return await get_access(connection, account_id)
