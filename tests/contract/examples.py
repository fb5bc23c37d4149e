"""The committed examples and the strict reader of each event's data, for the tests of this folder."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from contracts.generate.files import EXAMPLES, SCHEMAS
from contracts.generate.schemas import event_types

ROOT = Path(__file__).parents[2]
READERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind.data) for name, kind in event_types().items()}


def example(name: str) -> dict[str, Any]:
    """The committed example of an event type."""
    event: dict[str, Any] = json.loads((ROOT / EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return event


def schema(name: str) -> dict[str, Any]:
    """The committed JSON Schema of an event type."""
    found: dict[str, Any] = json.loads((ROOT / SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def data_of(name: str) -> Any:
    """The example's data as its dataclass."""
    return READERS[name].validate_json(json.dumps(example(name)["data"]))
