"""What an import of a file makes, for tests of the adapters: by format, as the command reads it."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cli.adapters.formats import Given, outcomes
from cli.adapters.leg_records import record_of
from cli.adapters.outcomes import Finding, Leg, Outcome
from cli.adapters.summary import Summary


def imported(name: str, content: bytes | str | Any, **given: Any) -> list[Outcome]:
    """The outcomes of a file of this format; content that is no text is written as JSON."""
    if not isinstance(content, bytes):
        text = content if isinstance(content, str) else json.dumps(content)
        content = text.encode()
    return list(outcomes(content.splitlines(keepends=True), name, Given(account_id="acme", **given)))


def imported_file(name: str, file: Path, **given: Any) -> list[Outcome]:
    """The outcomes of a file that is there."""
    return imported(name, file.read_bytes(), **given)


def summed(found: Sequence[Outcome]) -> Summary:
    """The summary of these outcomes."""
    summary = Summary()
    for outcome in found:
        summary.add(outcome)
    return summary


def reasons(found: Sequence[Outcome]) -> list[tuple[tuple[int, ...], str]]:
    """The rows and reasons of the findings, in order."""
    return [(outcome.rows, outcome.reason.key) for outcome in found if isinstance(outcome, Finding)]


def event_ids(found: Sequence[Outcome]) -> list[str]:
    """The ids of the events that the legs are published as."""
    events = [json.loads(record_of(leg, "platform").value) for leg in found if isinstance(leg, Leg)]
    return [event["id"] for event in events]


def at(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text)
