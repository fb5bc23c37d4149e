"""Uses read back from the tables they are stored in; another kind of use joins here with a reader of its own."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from contracts.events.call import CallDetailRecord

_CALLS = TypeAdapter(list[CallDetailRecord])


def stored_calls(contents: Sequence[bytes]) -> list[CallDetailRecord]:
    """Calls as they came, all in one reading: each was valid when it was stored."""
    return _CALLS.validate_json(b"[" + b",".join(contents) + b"]")
