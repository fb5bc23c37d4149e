"""What facts tell of accounts: by which model their people may do what."""

from collections.abc import Sequence

from chassis.database import Connection
from contracts.events.facts import AccountFact
from contracts.values.access import AccessModel
from services.portal.store import QUERIES


def access_of(told: AccessModel | None) -> AccessModel:
    """The model that counts. told: as a fact has told it, None while no fact of the account has come.

    Access groups count then: an account that was never put into the directory was never set to basic roles.
    """
    return told or "access_groups"


async def upsert_accounts(connection: Connection, facts: Sequence[AccountFact]) -> None:
    """Adopt accounts, each once, in the order of their ids, unless a newer version is known."""
    await connection.execute(
        QUERIES["upsert_accounts"],
        [fact.account_id for fact in facts],
        [fact.version for fact in facts],
        [fact.access for fact in facts],
        [fact.deleted for fact in facts],
    )


async def get_access(connection: Connection, account_id: str) -> AccessModel:
    """The model that counts in an account."""
    return access_of(await connection.fetchval(QUERIES["find_access"], account_id))
