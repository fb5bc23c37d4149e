"""The example of a use that is no call: a text message of the contact centre."""

from datetime import UTC, datetime

from contracts.events.usage import UsageRecord


def a_text_message(
    *, account_id: str, own_number: str, other_party: str, user_id: str, team_id: str
) -> UsageRecord:
    """An SMS of two segments, sent when the example's call had ended."""
    return UsageRecord(
        account_id=account_id,
        usage_key="sms-88213",
        kind="message",
        channel="sms",
        direction="outbound",
        other_party=other_party,
        own_number=own_number,
        sent_at=datetime(2026, 6, 2, 8, 18, 2, 120000, tzinfo=UTC),
        characters=171,
        encoding="gsm7",
        user_id=user_id,
        team_id=team_id,
    )
