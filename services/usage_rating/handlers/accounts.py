"""Facts of billing_units in: accounts are adopted, and whoever waited for one is tried again."""

from chassis.intake.batch import Batch
from contracts.events.facts import AccountFact
from services.usage_rating import store


async def on_directory_fact(batch: Batch) -> None:
    """Adopt accounts at their highest version; other facts of the directory do not concern rating."""
    changed = set()
    for event in batch.events:
        fact = event.data
        if isinstance(fact, AccountFact):
            terms = store.AccountTerms(currency=fact.currency, zone=fact.zone, anchor_day=fact.anchor_day)
            await store.upsert_account(batch.connection, fact.account_id, fact.version, terms, deleted=fact.deleted)
            changed.add(fact.account_id)
    for account_id in sorted(changed):
        await batch.connection.execute(store.QUERIES["insert_suspense_retry"], account_id, batch.recorded_at)
