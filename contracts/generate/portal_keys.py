"""The example of a public key by which services know portal's statements."""

from datetime import UTC, datetime
from typing import Any

from contracts.events.envelope import EventType
from contracts.events.facts import SIGNING_KEY_FACT, SigningKeyFact


def signing_key() -> tuple[EventType[Any], SigningKeyFact]:
    """A key that is valid for two days."""
    return SIGNING_KEY_FACT, SigningKeyFact(
        key_id="k20260602-7f3kq0zb",
        version=1,
        public_key="FsVzDw5T6Pz7oHpZ0m8kSgFq3p6cYxJrT2LhQ9vKc1E",
        valid_from_at=datetime(2026, 6, 2, tzinfo=UTC),
        valid_until_at=datetime(2026, 6, 4, tzinfo=UTC),
    )
