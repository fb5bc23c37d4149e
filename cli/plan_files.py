"""Reads a rate plan from a file: a plan document (JSON or YAML) or a price deck (CSV)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from services.usage_rating.domain.deck import DeckTerms, read_deck
from services.usage_rating.domain.document import parse_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems

_TEXT_TAGS = frozenset({"tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"})


class PlanUnreadable(Exception):
    """The file holds no plan at all; the message says why and what to do."""


def is_deck(path: Path) -> bool:
    """Whether the file's name says it is a price deck and not a plan document."""
    return path.suffix.lower() == ".csv"


def read_plan_deck(path: Path, terms: DeckTerms) -> RatePlan | Problems:
    """The plan a deck states under these terms. Raises PlanUnreadable."""
    return read_deck(_text(path), terms)


def read_plan_document(path: Path) -> RatePlan | Problems:
    """The plan a document states, JSON or YAML by its suffix. Raises PlanUnreadable."""
    readers = {".json": _from_json, ".yaml": _from_yaml, ".yml": _from_yaml}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise PlanUnreadable(f"{path}: a plan is a .json, .yaml or .csv file")
    document = read(path, _text(path))
    if not isinstance(document, Mapping):
        raise PlanUnreadable(f"{path}: a plan document is one object, not a {type(document).__name__}")
    return parse_document(document)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PlanUnreadable(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PlanUnreadable(f"{path}: byte {error.start} is not UTF-8: save the file as UTF-8") from error


def _from_json(path: Path, text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise PlanUnreadable(f"{path}: not JSON: {error}") from error


def _from_yaml(path: Path, text: str) -> object:
    try:
        return yaml.load(text, Loader=_PlanLoader)  # noqa: S506 (a SafeLoader that knows fewer types)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PlanUnreadable(f"{path}: not YAML: {error}") from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once; JSON readers otherwise keep the last silently."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


class _PlanLoader(yaml.SafeLoader):
    """YAML whose prices and instants stay the text they are: 0.2 never becomes a float."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML reads the class attribute)
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _TEXT_TAGS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: _PlanLoader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    return _without_doubles(loader.construct_pairs(node, deep=True))


_PlanLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
