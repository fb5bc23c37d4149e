"""The mapping file: which fields of a saved page mean what, and what its types and dispositions are."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from cli.adapters.checked import phrase
from cli.adapters.outcomes import FileRefused
from contracts.events.call import Channel

DEFAULT = Path(__file__).with_name("mapping.toml")
_STRICT = ConfigDict(extra="forbid", strict=True)

Key = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNames:
    """Where a record keeps each thing; a dot goes into an object. from_ and to are the two numbers."""

    __pydantic_config__ = _STRICT

    call_id: Key
    type: Key
    disposition: Key
    from_: Annotated[Key, Field(alias="from")]
    to: Key
    started_at: Key
    ended_at: Key
    duration: Key | None = None
    talk: Key | None = None
    answered_at: Key | None = None
    user_id: Key | None = None
    team_id: Key | None = None
    queue_id: Key | None = None
    campaign_id: Key | None = None
    updated_at: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallType:
    """What a type of record is. billable: the duration that an answered call of it is charged for."""

    __pydantic_config__ = _STRICT

    direction: Literal["inbound", "outbound"]
    channel: Channel
    billable: Literal["duration", "talk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """Types that are no calls."""

    __pydantic_config__ = _STRICT

    messages: list[str]
    other: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispositions:
    """Which outcomes are an answered line, which are none, and which are not yet any."""

    __pydantic_config__ = _STRICT

    answered: list[str]
    unanswered: list[str]
    open: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """The whole file. instants and durations: how times are written."""

    __pydantic_config__ = _STRICT

    records: Key
    instants: Literal["epoch", "rfc3339", "local"]
    durations: Literal["seconds", "milliseconds", "clock"]
    fields: FieldNames
    types: Mapping[str, CallType]
    kinds: Kinds
    dispositions: Dispositions


_MAPPING = TypeAdapter(FieldMapping)


def read_mapping(path: Path | None) -> FieldMapping:
    """The mapping in a file; None is the one that Ringledger ships. Raises FileRefused with the place."""
    chosen = path or DEFAULT
    try:
        written = tomllib.loads(chosen.read_text(encoding="utf-8"))
        mapping = _MAPPING.validate_json(orjson.dumps(written))
    except OSError as error:
        raise FileRefused(f"--mapping {chosen} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileRefused(f"--mapping {chosen} is not TOML: {error}") from error
    except ValidationError as error:
        raise FileRefused(f"--mapping {chosen}: {phrase(error)}") from error
    for name in {one.billable for one in mapping.types.values()}:
        if getattr(mapping.fields, name) is None:
            raise FileRefused(f"--mapping {chosen}: a type is billed by {name!r}, but fields.{name} is not said")
    _check_once(mapping, chosen)
    return mapping


def _check_once(mapping: FieldMapping, path: Path) -> None:
    """A type or a disposition has one meaning."""
    types = [*mapping.types, *mapping.kinds.messages, *mapping.kinds.other]
    outcomes = [word for one in fields(Dispositions) for word in getattr(mapping.dispositions, one.name)]
    twice = sorted({word for words in (types, outcomes) for word in words if words.count(word) > 1})
    if twice:
        raise FileRefused(f"--mapping {path}: {', '.join(twice)} is given two meanings")
