"""Facts of billing_units in: accounts and numbers are adopted, and whoever waited for one is tried again."""

from chassis.intake.batch import Batch
from contracts.events.facts import AccountFact, NumberFact
from services.usage_rating import store


async def on_directory_fact(batch: Batch) -> None:
    """Adopt accounts and numbers at their highest version; other facts do not concern rating.

    Nobody waits for a number: a call to one that is not known yet is priced as one whose type nobody said.
    """
    changed = set()
    numbers = [event.data for event in batch.events if isinstance(event.data, NumberFact)]
    if numbers:
        await store.upsert_numbers(batch.connection, numbers)
    for event in batch.events:
        fact = event.data
        if isinstance(fact, AccountFact):
            terms = store.AccountTerms(currency=fact.currency, zone=fact.zone, anchor_day=fact.anchor_day)
            await store.upsert_account(batch.connection, fact.account_id, fact.version, terms, deleted=fact.deleted)
            changed.add(fact.account_id)
    for account_id in sorted(changed):
        await batch.connection.execute(store.QUERIES["insert_suspense_retry"], account_id, batch.recorded_at)
