"""The services' statements without their account conditions: row-level security alone keeps accounts apart."""

import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from chassis.sql import Queries

CONDITION = re.compile(r"\b(?:\w+\.)?account_id = \$1\b")
ALWAYS_TRUE = "$1::text IS NOT NULL"
"""It still uses the parameter, so that the statement takes what it took."""


@contextmanager
def stripped_queries(*, but: Collection[str] = ()) -> Iterator[int]:
    """How many conditions were taken out, of every statement of every service, while this lasts.

    but: statements that are left whole.
    """
    found = {id(queries): queries for module in _service_modules() for queries in _queries_in(module)}
    kept = {key: queries._statements for key, queries in found.items()}
    count = 0
    try:
        for queries in found.values():
            stripped = {
                name: (text, 0) if name in but else CONDITION.subn(ALWAYS_TRUE, text)
                for name, text in queries.items()
            }
            queries._statements = {name: text for name, (text, _) in stripped.items()}
            count += sum(times for _, times in stripped.values())
        yield count
    finally:
        for key, queries in found.items():
            queries._statements = kept[key]


def _service_modules() -> list[object]:
    return [module for name, module in list(sys.modules.items()) if name.startswith("services.")]


def _queries_in(module: object) -> list[Queries]:
    return [value for value in vars(module).values() if isinstance(value, Queries)]
