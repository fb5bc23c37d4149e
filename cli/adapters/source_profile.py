"""A source profile: what the imports of one source always need, kept in a small TOML file of the operator's."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from cli.adapters.outcomes import FileRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProfile:
    """The keys of the file are these fields; each stands for the option of the same name.

    source and format: names. timezone and region: of local times and national numbers. strip, trunk
    and own: lists. profile: a layout of columns. mapping: a file, found from the folder of this one. A key left out
    is None or empty.
    """

    source: str | None = None
    format: str | None = None
    timezone: str | None = None
    region: str | None = None
    strip: tuple[str, ...] = ()
    profile: str | None = None
    trunk: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    mapping: Path | None = None


KEYS = tuple(field.name for field in fields(SourceProfile))
_LISTS = ("strip", "trunk", "own")


def read_source_profile(path: Path) -> SourceProfile:
    """The profile in a file. Raises FileRefused, with the line, for a key that is not known or a wrong value."""
    try:
        text = path.read_text(encoding="utf-8")
        keys = tomllib.loads(text)
    except OSError as error:
        raise FileRefused(f"--source-profile {path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileRefused(f"--source-profile {path} is not TOML: {error}") from error
    values: dict[str, object] = {}
    for key, value in keys.items():
        place = f"--source-profile {path}, line {_line_of(key, text)}"
        if key not in KEYS:
            raise FileRefused(f"{place}: {key!r} is not a key of a source profile; those are {', '.join(KEYS)}")
        values[key] = _checked(key, value, place)
    if "mapping" in values:
        values["mapping"] = path.parent / str(values["mapping"])
    return SourceProfile(**values)  # type: ignore[arg-type]


def _checked(key: str, value: object, place: str) -> object:
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise FileRefused(f'{place}: {key!r} is a list of texts, like ["99901"]')
        return tuple(value)
    if not isinstance(value, str) or not value:
        raise FileRefused(f'{place}: {key!r} is a text, like "America/New_York"')
    return value


def _line_of(key: str, text: str) -> int:
    """The line where a top-level key or table of this name begins; 1 where it is written in an unusual way."""
    begins = re.compile(rf"\s*\[?\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if begins.match(line)), 1)
