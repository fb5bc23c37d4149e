"""What Schemathesis is told of this API: instants that have sense, ids that exist, and what more must hold.

Schemathesis imports this in a process of its own; KNOWN names a file with the ids of the account that it asks as.
"""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import schemathesis
from hypothesis import strategies as st

KNOWN = "RINGLEDGER_FUZZ_KNOWN"
CLOSED, OPEN = "additionalProperties", frozenset({"Problem"})
_known = json.loads(Path(os.environ[KNOWN]).read_text("utf-8")) if KNOWN in os.environ else {}
_instants = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001

schemathesis.openapi.format("date-time", _instants.map(lambda moment: moment.isoformat().replace("+00:00", "Z")))
schemathesis.openapi.format("date", st.dates(date(2000, 1, 2), date(2099, 12, 30)).map(date.isoformat))


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Close every object: here an answer may say nothing that the document does not."""
    for name, schema in raw_schema["components"]["schemas"].items():
        if name not in OPEN and schema.get("type") == "object" and "properties" in schema:
            schema.setdefault(CLOSED, False)


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Every other time ids that exist, in a request that is to be right."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.path_parameters = _with_known(case.path_parameters)
        case.query = _with_known(case.query)
        case.body = _with_known(case.body)
    return case


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Who asks is not signed out by what they ask."""
    if case.path_parameters and case.path_parameters.get("person_id") == _known.get("caller"):
        case.path_parameters = case.path_parameters | {"person_id": _known["person_id"][0]}


@schemathesis.check
def what_the_document_allows_is_not_called_invalid(context: Any, response: Any, case: Any) -> None:
    """A request that the document allows may be refused for what stands, not for its form."""
    mode = case.meta.generation.mode if case.meta else None
    if mode is not None and mode.is_positive and response.status_code == 422:
        said = response.json()
        assert said["code"] != "invalid", f"the document allows what is refused: {said}"


@schemathesis.check
def a_problem_names_its_request(context: Any, response: Any, case: Any) -> None:
    """A refusal is a problem with a stable code, whose status is the answer's."""
    if response.status_code >= 400 and case.method.upper() != "HEAD":
        said = response.json()
        assert said["status"] == response.status_code, said
        assert said["code"].isidentifier(), said


def _with_known(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    return {name: _known_or(name, value) for name, value in found.items()}


def _known_or(name: str, value: Any) -> Any:
    """One of the known values of that name, or the drawn one, as the drawn one itself decides."""
    known = _known.get(name)
    if not known or not isinstance(value, str):
        return value
    drawn = crc32(value.encode("utf-8", "replace"))
    return known[drawn // 2 % len(known)] if drawn % 2 else value
