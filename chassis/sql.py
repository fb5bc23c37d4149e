"""Reads `queries.sql`: each statement named and described, fetched by its name."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

_HEADER = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)


class Queries(Mapping[str, str]):
    """The statements of one `queries.sql`, by name. A name that is not there raises KeyError."""

    def __init__(self, package: str, filename: str = "queries.sql") -> None:
        self.package = package
        text = files(package).joinpath(filename).read_text("utf-8")
        parts = _HEADER.split(text)
        self._statements = {
            name: statement.strip() for name, statement in zip(parts[1::2], parts[2::2], strict=True)
        }

    def __getitem__(self, name: str) -> str:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)
