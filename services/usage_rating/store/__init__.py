"""Every statement of this service, one typed function each, by noun; the SQL is in queries.sql."""

from services.usage_rating.store.accounts import (
    AccountTerms,
    get_plan_document,
    list_accounts,
    list_activations,
    upsert_account,
)
from services.usage_rating.store.legs import LegRow, insert_new_legs, lock_legs, update_leg
from services.usage_rating.store.numbers import HeldNumber, list_held_numbers, upsert_numbers
from services.usage_rating.store.queries import EVERY_ACCOUNT, QUERIES
from services.usage_rating.store.suspense import (
    RecordKind,
    SuspendedCall,
    SuspenseRow,
    delete_suspense,
    insert_suspense,
    list_suspended,
)
from services.usage_rating.store.usage import (
    RatedRow,
    UsageRow,
    find_call_revision,
    get_published,
    insert_rated,
    insert_usage,
)

__all__ = [
    "EVERY_ACCOUNT",
    "QUERIES",
    "AccountTerms",
    "HeldNumber",
    "LegRow",
    "RatedRow",
    "RecordKind",
    "SuspendedCall",
    "SuspenseRow",
    "UsageRow",
    "delete_suspense",
    "find_call_revision",
    "get_plan_document",
    "get_published",
    "insert_new_legs",
    "insert_rated",
    "insert_suspense",
    "insert_usage",
    "list_accounts",
    "list_activations",
    "list_held_numbers",
    "list_suspended",
    "lock_legs",
    "update_leg",
    "upsert_account",
    "upsert_numbers",
]
