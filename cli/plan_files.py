"""Reads a rate plan from a file: a plan document (JSON or YAML) or a price deck (CSV)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
import yaml

from services.usage_rating.domain.deck import DeckTerms, read_deck, read_rows
from services.usage_rating.domain.document import parse_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems

if TYPE_CHECKING:
    from cli.commands.deck_options import DeckOptions
    from cli.decks.reading import ProfiledDeck

_DOCUMENTS = frozenset({".json", ".yaml", ".yml"})
_DECKS = frozenset({".csv", ".txt", ".tsv"})
_TEXT_TAGS = frozenset({"tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"})


class PlanUnreadable(Exception):
    """The file holds no plan at all; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """What a file says. deck: what its profile made of a vendor's deck, None of any other file."""

    plan: RatePlan | Problems
    deck: "ProfiledDeck | None" = None


def is_document(path: Path) -> bool:
    """Whether the file's name says it is a plan document and not a price deck."""
    return path.suffix.lower() in _DOCUMENTS


def read_plan_deck(path: Path, terms: DeckTerms) -> RatePlan | Problems:
    """The plan a deck in the neutral layout states under these terms. Raises PlanUnreadable."""
    return read_deck(_text(path), terms)


def read_plan(path: Path, options: "DeckOptions") -> ReadPlan:
    """The plan of a file, a deck under these options. Raises PlanUnreadable, or BadParameter for an option."""
    if is_document(path):
        if options != type(options)():
            raise typer.BadParameter("options of a deck: a plan document says all that itself")
        return ReadPlan(plan=read_plan_document(path))
    if path.suffix.lower() not in _DECKS:
        raise PlanUnreadable(f"{path}: a plan is a .json, .yaml or .csv file")
    if options.profile is None:
        if options.origination is not None:
            raise typer.BadParameter(
                "only a deck read by a --profile tells callers apart", param_hint="--origination"
            )
        return ReadPlan(plan=read_plan_deck(path, options.terms(path)))
    return _profiled(path, options, options.profile)


def _profiled(path: Path, options: "DeckOptions", name: str) -> ReadPlan:
    from cli.decks.origination import choose_origination
    from cli.decks.profile import UnknownProfile, load_profile
    from cli.decks.reading import read_profiled

    try:
        profile = load_profile(name)
    except UnknownProfile as error:
        raise PlanUnreadable(str(error)) from error
    deck = read_profiled(_text(path, profile.encoding), profile)
    choose_origination(deck, options.callers())
    if deck.problems and not deck.rows:
        return ReadPlan(plan=Problems(items=tuple(deck.problems)), deck=deck)
    plan = read_rows(deck.table(), options.terms(path))
    found = plan.items if isinstance(plan, Problems) else ()
    named = [replace(problem, field=_headers(problem.field, deck.headers)) for problem in found]
    # A row that could not be read is told once, in its vendor's words.
    told = {problem.row for problem in deck.problems}
    problems = [*deck.problems, *(problem for problem in named if problem.row not in told or problem.row is None)]
    if problems:
        plan = Problems(items=tuple(sorted(problems, key=lambda problem: problem.row or 0)))
    return ReadPlan(plan=plan, deck=deck)


def _headers(columns: str, headers: Mapping[str, str]) -> str:
    """The vendor's headers of neutral columns."""
    return ", ".join(headers.get(column, column) for column in columns.split(", "))


def read_plan_document(path: Path) -> RatePlan | Problems:
    """The plan a document states, JSON or YAML by its suffix. Raises PlanUnreadable."""
    read = _from_json if path.suffix.lower() == ".json" else _from_yaml
    document = read(path, _text(path))
    if not isinstance(document, Mapping):
        raise PlanUnreadable(f"{path}: a plan document is one object, not a {type(document).__name__}")
    return parse_document(document)


def _text(path: Path, encoding: str = "utf-8") -> str:
    try:
        return path.read_bytes().decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except OSError as error:
        raise PlanUnreadable(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PlanUnreadable(
            f"{path}: byte {error.start} is not {encoding.upper()}: save the file as UTF-8"
        ) from error


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
